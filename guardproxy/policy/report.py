"""From what was decided to a test of the policy, as YAML: a report of a false positive that stays in the policy file.

A decision record holds no text but what the policy's `log` says, so its test gives the findings. A text that an author tried
gives itself. What others chose (names of tools, labels) is written in quotes with escapes, so that it is one value whatever it
holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

from guardproxy.policy.source import MAX_DIGITS

_PLAIN: Final = re.compile(r"[a-z][a-z_]*(?:[.-][a-z_]+)*")
_WORDS: Final = frozenset({"true", "false", "null"})
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_TURNING: Final = frozenset({"R", "AL", "AN", "NSM"})
"""Characters that change where on the screen their neighbours stand."""
ITEM: Final = "  - name: "
"""How each test begins."""
MAX_TOLD: Final = 200
"""Characters of a match that a record holds at most."""
MAX_CASES: Final = 20
"""Tests from one record."""


def false_positives(record: Mapping[str, Any], rule: str = "") -> str:
    """Tests (items of a policy's `tests`) that want what was decided here to be let through: one for each text in which an
    enforcing rule spoke, or this rule. They are marked `todo`, so that they fail once the policy does what they want.
    Empty where no rule did anything."""
    decision = str(record["decision_id"])
    out = []
    for number, segment in enumerate(list(_acted(record, rule))[:MAX_CASES], 1):
        verdicts = [v for v in record["verdicts"] if v["segment"] == segment]
        findings = [f for f in record["findings"] if f["segment"] == segment]
        if not findings:  # more was found than a record keeps
            continue
        rules = sorted({str(v["rule"]) for v in verdicts if v["outcome"] != "allow"})
        name = f"{decision}{f' ({number})' if number > 1 else ''}: not for {', '.join(rules)}"
        todo = f"reported as a false positive of {decision} on {str(record['time'])[:10]}"
        given = {**_place(verdicts[0], record), "findings": [_finding(f) for f in findings]}
        out.append(case(name, given, {"outcome": "allow"}, todo))
    return "".join(out)


def case(name: str, given: Mapping[str, Any], expect: Mapping[str, Any], todo: str = "") -> str:
    """One item of a policy's `tests`."""
    lines = [f"{ITEM}{quoted(name)}"]
    if todo:
        lines.append(f"    todo: {quoted(todo)}")
    lines += [f"    given: {_flow(given)}", f"    expect: {_flow(expect)}"]
    return "\n".join(lines) + "\n"


def _acted(record: Mapping[str, Any], rule: str) -> Iterator[int]:
    """The texts in which something was done that may have been wrong, in their order."""
    wanted = [v for v in record["verdicts"] if v["outcome"] != "allow" and (not rule or v["rule"] == rule)]
    enforced = [v for v in wanted if not v["shadow"]]
    yield from dict.fromkeys(int(v["segment"]) for v in enforced or wanted)


def _place(place: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """Where a text was from, as a test says it: what it would not say anyway is left out."""
    out: dict[str, Any] = {"role": place["role"]}
    usual = "response" if place["role"] == "assistant" else "request"
    tool = place["tool"]
    optional = {
        "direction": place["direction"] if place["direction"] != usual else None,
        "channel": place["channel"],
        # a record names a tool by the glob of the policy that fits it, or as `other`, which is then a name that none fits
        "tool": str(tool).replace("*", "x") if tool is not None else None,
        "model": record["model"] if record["model"] not in (None, "other") else None,
        "tenant": record["tenant"] if record["tenant"] != "default" else None,
        "route": record["route"],
    }
    return out | {name: value for name, value in optional.items() if value}


def _finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    score = finding["score"]  # none is a number that is none: it meets every threshold
    out = {
        "label": finding["label"],
        "score": 1 if score is None else min(max(score, 0), 1),
        "filter": finding["filter"],
    }
    text = finding.get("text")  # where the policy has it written down, and there it may be cut
    return out | ({"text": text} if text and len(text) < MAX_TOLD else {})


# ---------------------------------------------------------------------------------------------------- YAML


def quoted(text: str) -> str:
    """A text in double quotes, on one line: what is not plainly visible is escaped, half of a surrogate pair replaced."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and unicodedata.bidirectional(char) not in _TURNING:
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "\\uFFFD"
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value) if len(repr(value)) <= MAX_DIGITS else f"{value:.10g}"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text not in _WORDS else quoted(text)

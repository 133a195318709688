"""Explanations as text and as JSON. What was found is underlined; whatever a text holds is shown escaped."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from guardproxy.cli._plain import escaped, plain
from guardproxy.policy.explain import Explanation, Looked, RuleSaid
from guardproxy.types import Finding, Origin, Outcome

AROUND: Final = 24
"""Characters shown on either side of a finding."""
MAX_SHOWN: Final = 20
"""Findings that are shown of one text."""
LONGEST: Final = 60
"""Characters shown of one finding."""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of what is explained."""

    said: Explanation
    text: str | None = None
    """None: nobody knows it."""


def as_text(parts: Sequence[Part], notes: Sequence[str]) -> str:
    """All parts. Of those in which nothing was found, a line each."""
    lines = [plain(note) for note in notes]
    for part in parts:
        if len(parts) > 1 and not part.said.facts.findings:
            lines.append(f"{_where(part.said.facts.origin)}: allow (nothing was found)")
        else:
            lines += ["", *_part(part)] if lines else _part(part)
    if len(parts) > 1:
        worst = max(part.said.decision.outcome for part in parts)
        lines += ["", f"together: {worst.name.lower()}"]
    return "\n".join(lines)


def _part(part: Part) -> list[str]:
    said = part.said
    decided = said.decision.rule
    lines = [
        f"{_where(said.facts.origin)}: {said.decision.outcome.name.lower()}{f' ({plain(decided)})' if decided else ''}"
    ]
    lines += _findings(part)
    lines += ["", "rules:", *(line for rule in _ordered(said.rules) for line in _rule(rule))]
    if said.would_be:
        lines += ["", "what would have changed the outcome:"]
        lines += [f"  {w.outcome.name.lower():<16} {plain(w.change)}" for w in said.would_be]
    return lines


def _where(origin: Origin) -> str:
    parts = [origin.direction.value, origin.role.value]
    parts += [origin.channel.value] if origin.channel else []
    parts += [f"tool {plain(origin.tool)}"] if origin.tool is not None else []
    path = ".".join(map(str, origin.path))
    return f"{plain(path)}: {' '.join(parts)}" if path else " ".join(parts)


def _findings(part: Part) -> Iterator[str]:
    findings = sorted(part.said.facts.findings, key=lambda f: (f.span or (-1, -1), f.label))
    for finding in findings[:MAX_SHOWN]:
        place = f" at {finding.span[0]}-{finding.span[1]}" if finding.span else ""
        lists = f" in list {', '.join(sorted(finding.lists))}" if finding.lists else ""
        yield plain(f"  {finding.label} {finding.score:.4g}{place} ({finding.filter}){lists}")
        if part.text is not None and finding.span:
            yield from (f"      {line}" for line in underlined(part.text, *finding.span))
    if len(findings) > MAX_SHOWN:
        yield f"  and {len(findings) - MAX_SHOWN} more"


def underlined(text: str, start: int, end: int) -> tuple[str, str]:
    """The text around a finding, escaped, and a line of `^` below the finding."""
    shown = end if end - start <= LONGEST else start + LONGEST
    head = ("…" if start > AROUND else "") + _shown(text[max(0, start - AROUND) : start])
    middle = _shown(text[start:shown]) + ("…" if shown < end else "")
    tail = _shown(text[end : end + AROUND]) + ("…" if end + AROUND < len(text) else "")
    return head + middle + tail, " " * _width(head) + "^" * max(1, _width(middle))


def _shown(text: str) -> str:
    """Escaped; marks that would stand on the character before are, too, so that every character is where it seems."""
    return "".join(escaped(c) if not c.isprintable() or unicodedata.combining(c) else c for c in text)


def _width(text: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


_ORDER: Final = ("fired", "shadow", "silent", "not here", "disabled")


def _ordered(rules: Sequence[RuleSaid]) -> list[RuleSaid]:
    return sorted(rules, key=lambda r: (_ORDER.index(r.status), -r.outcome, r.id))


def _rule(rule: RuleSaid) -> Iterator[str]:
    why = f": {plain(rule.why)}" if rule.why else ""
    outcome = f" -> {_does(rule)}" if rule.status in ("fired", "shadow") else ""
    yield f"  {rule.status:<8}  {plain(rule.id)}{outcome}{why}"
    if rule.status in ("fired", "shadow", "silent"):
        yield from (f"            {_condition(one)}" for one in rule.looked if one.found)


def _does(said: RuleSaid) -> str:
    """What a rule does: rules that only send something elsewhere allow it."""
    rule = said.rule
    if rule is not None and (rule.to or rule.upstream):
        return f"escalate to {rule.to}" if rule.to else f"route to {rule.upstream}"
    return said.outcome.name.lower()


def _condition(one: Looked) -> str:
    times = f" x{one.times}" if one.times > 1 else ""
    best = one.found[0]
    count = f", {len(one.found)} found" if len(one.found) > 1 else ""
    return plain(f"{best.label} {best.score:.4g}{count}; it takes {one.label} >= {one.score:g}{times}")


def as_json(parts: Sequence[Part], notes: Sequence[str]) -> str:
    """The same for programs; positions are in characters of the text, which isn't repeated."""
    outcome = max((p.said.decision.outcome for p in parts), default=Outcome.ALLOW)
    document = {"outcome": outcome.name.lower(), "notes": list(notes), "parts": [_json(part) for part in parts]}
    return json.dumps(document, indent=2)


def _json(part: Part) -> dict[str, Any]:
    said, origin = part.said, part.said.facts.origin
    return {
        "path": list(origin.path),
        "direction": origin.direction.value,
        "role": origin.role.value,
        "channel": origin.channel.value if origin.channel else None,
        "tool": origin.tool,
        "outcome": said.decision.outcome.name.lower(),
        "rule": said.decision.rule,
        "findings": [_finding(f) for f in said.facts.findings],
        "rules": [
            {
                "rule": r.id,
                "status": r.status,
                "outcome": r.outcome.name.lower(),
                "why": r.why,
                "conditions": [
                    {
                        "label": c.label,
                        "score": c.score,
                        "times": c.times,
                        "met": c.met,
                        "found": list(map(_finding, c.found)),
                    }
                    for c in r.looked
                ],
            }
            for r in said.rules
        ],
        "would_be": [{"change": w.change, "outcome": w.outcome.name.lower()} for w in said.would_be],
    }


def _finding(f: Finding) -> dict[str, Any]:
    start, end = f.span or (None, None)
    score = f.score if f.score == f.score else None
    return {"filter": f.filter, "label": f.label, "score": score, "start": start, "end": end, "lists": sorted(f.lists)}

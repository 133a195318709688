"""What guard models write, read as opinions. Pure functions, for models behind HTTP and for local ones alike.

Forms: gpt-oss-safeguard (JSON), Llama Guard, Qwen3Guard, ShieldGemma, Granite Guardian, as their model cards show them.
What is empty, garbled or contradicts itself raises `UnreadableVerdict`: a verdict is never guessed, and silence is never
"safe".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from guardproxy.types import GuardproxyError, Json, Span

UNSAFE: Final = "unsafe"
"""What an opinion is called when the model names no category."""


class UnreadableVerdict(GuardproxyError):
    """An answer that is no verdict. The message never quotes it: it may hold what the model was shown."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One thing that a judge holds against a text."""

    label: str
    """In the judge's own words: `S1`, `Violent`, `hate/threatening`; `unsafe` where it gives none."""
    score: float = 1.0
    """0 to 1. Judges that only say yes or no give 1."""
    span: Span | None = None
    """Where in the text, from the few judges that tell."""


Opinions: TypeAlias = tuple[Opinion, ...]
"""All that a judge holds against a text. Empty: it said that the text is fine."""

Reader: TypeAlias = Callable[[str], Opinions]


# ---------------------------------------------------------------------------------------------- gpt-oss-safeguard

_FENCED = re.compile(r"```(?:json)?\s*\n?(.*?)\n?\s*```", re.DOTALL)
_NO_CATEGORY = frozenset({"", "none", "null", "n/a", "safe"})


def safeguard(answer: str) -> Opinions:
    """`0`, `1`, or a JSON object with `violation` (0 or 1) and perhaps `policy_category`."""
    return _violation(_json(answer))


def safeguard_batch(answer: str, names: Collection[str]) -> Mapping[str, Opinions]:
    """A JSON object from each policy's name to a verdict as `safeguard` reads it. All of them, and no other."""
    value = _json(answer)
    if not isinstance(value, dict) or set(value) != set(names):
        raise UnreadableVerdict("the judge did not give one verdict for each policy")
    return {name: _violation(value[name]) for name in names}


def _violation(value: Json) -> Opinions:
    violation, category = value, None
    if isinstance(value, dict):
        violation, category = value.get("violation"), value.get("policy_category")
    if isinstance(violation, str) and violation.strip() in ("0", "1"):
        violation = int(violation)
    if type(violation) is not int and type(violation) is not bool:
        raise UnreadableVerdict("the judge's answer has no violation of 0 or 1")
    if violation not in (0, 1):
        raise UnreadableVerdict("the judge's answer has a violation that is neither 0 nor 1")
    names = _categories(category)
    if not violation:
        if names:
            raise UnreadableVerdict("the judge contradicts itself: no violation, and a category of one")
        return ()
    return tuple(map(Opinion, names)) or (Opinion(UNSAFE),)


def _categories(value: Json) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not all(one is None or isinstance(one, str) for one in listed):
        raise UnreadableVerdict("the judge's category is not a text")
    stripped = (one.strip() for one in listed if one is not None)
    return tuple(dict.fromkeys(one for one in stripped if one.lower() not in _NO_CATEGORY))


def _json(answer: str) -> Json:
    text = answer.strip()
    if not text:
        raise UnreadableVerdict("the judge's answer is empty")
    fenced = _FENCED.fullmatch(text)
    try:
        return json.loads(fenced[1] if fenced else text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UnreadableVerdict("the judge's answer is not the JSON that it was asked for") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableVerdict("the judge contradicts itself: a key stands twice in its answer")
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)


# ---------------------------------------------------------------------------------------------- fixed taxonomies

_CODE = re.compile(r"[A-Za-z]{1,3}\d{1,3}")


def llama_guard(answer: str) -> Opinions:
    """`safe`, or `unsafe` and a second line of category codes: `S1,S10`."""
    lines = [line.strip() for line in answer.strip().splitlines() if line.strip()]
    if not lines:
        raise UnreadableVerdict("the judge's answer is empty")
    first, rest = lines[0].lower(), lines[1:]
    if first == "safe":
        if rest:
            raise UnreadableVerdict("the judge contradicts itself: safe, and something after it")
        return ()
    if first != "unsafe" or len(rest) > 1:
        raise UnreadableVerdict("the judge's answer is neither safe nor unsafe")
    codes = [code.strip() for code in rest[0].split(",")] if rest else []
    if not all(map(_CODE.fullmatch, codes)):
        raise UnreadableVerdict("the judge's categories can't be read")
    return tuple(Opinion(code.upper()) for code in dict.fromkeys(codes)) or (Opinion(UNSAFE),)


_QWEN: Final = (
    *("Violent", "Non-violent Illegal Acts", "Sexual Content or Sexual Acts", "PII", "Suicide & Self-Harm"),
    *("Unethical Acts", "Politically Sensitive Topics", "Copyright Violation", "Jailbreak"),
)
CONTROVERSIAL: Final = 0.5
"""Score of what Qwen3Guard calls controversial: a rule with `>= 0.6` leaves it alone."""


def qwen3guard(answer: str) -> Opinions:
    """`Safety: Safe|Controversial|Unsafe` and `Categories: …`, a line each; perhaps `Refusal: Yes|No`."""
    fields = _fields(answer, {"safety", "categories", "refusal"})
    safety = fields.get("safety", "").lower()
    if safety not in ("safe", "controversial", "unsafe"):
        raise UnreadableVerdict("the judge's answer has no safety")
    known = {name.lower(): name for name in _QWEN}
    words = [one.strip().lower() for one in fields.get("categories", "").split(",")]
    named = [one for one in words if one not in _NO_CATEGORY]
    if any(one not in known for one in named):
        raise UnreadableVerdict("the judge's categories can't be read")
    if safety == "safe":
        if named:
            raise UnreadableVerdict("the judge contradicts itself: safe, and a category")
        return ()
    score = CONTROVERSIAL if safety == "controversial" else 1.0
    return tuple(Opinion(known[one], score) for one in dict.fromkeys(named)) or (Opinion(UNSAFE, score),)


def _fields(answer: str, names: Collection[str]) -> dict[str, str]:
    """`Name: value` lines. Another line, or a name twice, is no verdict."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, answer.splitlines())):
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if not colon or key not in names or key in found:
            raise UnreadableVerdict("the judge's answer can't be read")
        found[key] = value.strip()
    return found


# ---------------------------------------------------------------------------------------------- yes or no

_FIRST_WORD = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)
_TAGGED = re.compile(r"<(score|confidence)>\s*(.*?)\s*</\1>", re.IGNORECASE | re.DOTALL)
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.IGNORECASE | re.DOTALL)


def shieldgemma(answer: str) -> Opinions:
    """`Yes` (it violates the guideline) or `No`; what follows is an explanation."""
    found = _FIRST_WORD.match(answer)
    if found is None:
        raise UnreadableVerdict("the judge's answer begins with neither yes nor no")
    return _yes(found[1])


def granite_guardian(answer: str) -> Opinions:
    """`<score> yes </score>` (3.3), or `Yes` with perhaps `<confidence> High </confidence>` (3.2 and before)."""
    text = _THOUGHT.sub("", answer).strip()
    tags = {"score": "", "confidence": ""}
    for name, value in _TAGGED.findall(text):
        if tags[name.lower()]:
            raise UnreadableVerdict("the judge contradicts itself: several scores")
        tags[name.lower()] = value.lower()
    rest = _TAGGED.sub("", text).strip().rstrip(".").lower()
    word = tags["score"] or rest
    if word not in ("yes", "no") or (tags["score"] and rest not in ("", tags["score"])):
        raise UnreadableVerdict("the judge's answer is neither yes nor no")
    return _yes(word, 0.6 if tags["confidence"] == "low" else 1.0)


def _yes(word: str, score: float = 1.0) -> Opinions:
    return (Opinion(UNSAFE, score),) if word.lower() == "yes" else ()


READERS: Final[Mapping[str, Reader]] = {
    "safeguard": safeguard,
    "llama_guard": llama_guard,
    "qwen3guard": qwen3guard,
    "shieldgemma": shieldgemma,
    "granite_guardian": granite_guardian,
}
"""Form of an answer to what reads it."""

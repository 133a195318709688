"""Conditions on training files: what an author writes behind `when`, read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from guardproxy.policy.conditions import LABEL, wrong
from guardproxy.policy.training import OF_FILE, OF_JOB, SHARES, Condition

_NUMBER: Final = r"(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?)\s*(?P<percent>%)?"
_SHARE: Final = re.compile(
    rf"(?P<label>{LABEL})(?:\s*>=\s*(?P<score>0?\.[0-9]+|[01](?:\.[0-9]*)?))?\s+in\s*(?P<op>>=|>)\s*{_NUMBER}\s*(?:of\s+)?examples"
)
_AMOUNT: Final = re.compile(rf"(?P<name>[a-z_]+)\s*(?P<op>>=|<=|>|<)\s*{_NUMBER}")
_SHAPE: Final = "write `LABEL [>= score] in > N% of examples`, `LABEL in >= N examples` or `NAME > N`"


def parse_condition(text: Any, at: Sequence[str | int] = ()) -> Condition:
    """One condition. Raises PydanticCustomError with a sentence for the author."""
    if not isinstance(text, str):
        raise wrong(f"expected a condition as text; {_SHAPE}", at)
    text = " ".join(text.split())
    if found := _SHARE.fullmatch(text):
        score = float(found["score"] or 0.5)
        if score > 1:
            raise wrong("a score is between 0 and 1", at)
        number, share = _number(found, at)
        return Condition(text, found["label"], found["op"], number, share, True, score)
    found = _AMOUNT.fullmatch(text)
    if not found:
        raise wrong(f"{text!r} is no condition on a training file; {_SHAPE}", at)
    name = found["name"]
    if name not in (*OF_FILE, *OF_JOB):
        raise wrong(f"there is no amount {name!r}; there are {', '.join((*OF_FILE, *OF_JOB))}", at)
    number, share = _number(found, at)
    if share and name not in SHARES:
        raise wrong(f"{name!r} is no part of anything: leave out the %", at)
    return Condition(text, name, found["op"], number, share)


def _number(found: re.Match[str], at: Sequence[str | int]) -> tuple[float, bool]:
    number = float(found["number"].replace("_", ""))
    if not found["percent"]:
        return number, False
    if number > 100:
        raise wrong("a share is between 0 and 100 %", at)
    return number / 100, True


def parse_conditions(value: Any) -> tuple[tuple[Condition, ...], bool]:
    """(conditions, whether all of them have to hold): one, a list of them (any), `{any: […]}` or `{all: […]}`."""
    kind, several = "any", value
    if isinstance(value, dict):
        if len(value) != 1 or not value.keys() <= {"any", "all"}:
            raise wrong("expected one key, `any` or `all`, with a list of conditions")
        [(kind, several)] = value.items()
    elif not isinstance(value, list):
        return (parse_condition(value),), False
    if not isinstance(several, list) or not several:
        raise wrong(f"expected a condition, or a list of them; {_SHAPE}")
    inside = (kind,) if isinstance(value, dict) else ()
    return tuple(parse_condition(one, (*inside, i)) for i, one in enumerate(several)), kind == "all"


_ONE: Final = {
    "type": "string",
    "description": "LABEL [>= score] in > N% of examples, or NAME > N, as in: training.harmful in > 1% of examples",
}
_MANY: Final = {"type": "array", "items": _ONE, "minItems": 1}
CONDITIONS_SCHEMA: Final = {
    "anyOf": [
        _ONE,
        _MANY,
        *(
            {"type": "object", "properties": {k: _MANY}, "required": [k], "additionalProperties": False}
            for k in ("any", "all")
        ),
    ]
}

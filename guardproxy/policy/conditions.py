"""Conditions of rules: what an author writes behind `when`, read.

A condition is an atom, a list of atoms, or `any` or `all` of them. It has no other operators, on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic_core import PydanticCustomError

from guardproxy.policy.model import Atom, When

LABEL: Final = r"[a-z0-9*][a-z0-9_.*-]{0,99}"
ATOM: Final = rf"^{LABEL}(\s*>=\s*(0?\.[0-9]+|0(\.[0-9]*)?|1(\.0*)?))?(\s+x[1-9][0-9]{{0,2}})?$"
_ATOM = re.compile(
    rf"(?P<label>{LABEL})(?:\s*>=\s*(?P<score>0?\.[0-9]+|[01](?:\.[0-9]*)?))?(?:\s+x(?P<times>[1-9][0-9]{{0,2}}))?"
)


def parse_atom(text: Any, at: Sequence[str | int] = ()) -> Atom:
    """One atom of a condition. Raises PydanticCustomError with a sentence for the author; `at` is where it stands."""
    if not isinstance(text, str):
        raise wrong("expected `label [>= score] [xN]` as text", at)
    found = _ATOM.fullmatch(text.strip())
    if not found:
        raise wrong(_why_no_atom(text.strip()), at)
    score = float(found["score"] or 0.5)
    if score > 1:
        raise wrong("a score is between 0 and 1", at)
    return Atom(found["label"], score, int(found["times"] or 1))


def wrong(why: str, at: Sequence[str | int] = ()) -> PydanticCustomError:
    """A complaint for pydantic to collect: a sentence, and the place below what is being read."""
    return PydanticCustomError("condition", "{why}", {"why": why, "at": tuple(at)})


def _why_no_atom(text: str) -> str:
    shape = "write `label [>= score] [xN]`, as in `pii.* >= 0.6`"
    if re.search(r"(?:^|\s)(?:and|or|&&|\|\|)\s", text):
        return f"{text!r} joins conditions; write {{all: [...]}} or {{any: [...]}}"
    if re.match(r"not\s|!", text):
        return "there is no `not` over findings; say with `unless` what is left alone"
    if re.search(r"(?<!>)=|<|>(?!=)", text):
        return f"{text!r}: the only comparison is `>=`; {shape}"
    if text != text.lower():
        return f"{text!r}: labels are in lower case; {shape}"
    return f"{text!r} is no condition; {shape}"


def parse_when(value: Any) -> When:
    """A condition: an atom, a list of them (any), `{any: [...]}` or `{all: [...]}`."""
    kind, atoms = "any", value
    if isinstance(value, dict):
        if len(value) != 1 or not value.keys() <= {"any", "all"}:
            hint = "; there is no `not`: say with `unless` what is left alone" if "not" in value else ""
            raise wrong(f"expected one key, `any` or `all`, with a list of conditions{hint}")
        [(kind, atoms)] = value.items()
    elif not isinstance(value, list):
        return When((parse_atom(value),))
    if not isinstance(atoms, list) or not atoms:
        raise wrong("expected a condition `label [>= score] [xN]`, or a list of them")
    inside = (kind,) if isinstance(value, dict) else ()
    return When(tuple(parse_atom(a, (*inside, i)) for i, a in enumerate(atoms)), every=kind == "all")


_ATOM_SCHEMA: Final = {"type": "string", "pattern": ATOM, "description": "label [>= score] [xN], as in: pii.* >= 0.6"}
_ATOMS_SCHEMA: Final = {"type": "array", "items": _ATOM_SCHEMA, "minItems": 1}
WHEN_SCHEMA: Final = {
    "anyOf": [
        _ATOM_SCHEMA,
        _ATOMS_SCHEMA,
        *(
            {"type": "object", "properties": {k: _ATOMS_SCHEMA}, "required": [k], "additionalProperties": False}
            for k in ("any", "all")
        ),
    ]
}

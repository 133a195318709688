"""Complaints about the shape of a policy file, in the author's words and at the author's line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from guardproxy.policy.schema import Document
from guardproxy.policy.source import Source
from guardproxy.types import ConfigError, Path, Remedy

LATER_KEYS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("rules",): ("rewrite",),
}
LATER_VALUES = {
    "style": ("drop",),
}
_INSTEAD = {
    "rewrite": "write `then: rewrite` and `with: {template: ...}`",
    "drop": "use `label`: text that is taken out without a trace can join its neighbours to something new",
}


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or nothing where no known word is near."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def complaints(
    source: Source, error: ValidationError, model: type[BaseModel] = Document, at: Path = ()
) -> Iterator[ConfigError]:
    """Each thing that pydantic has found, once, with the code GP002 or GP032. `model` is what stands at `at`."""
    said: set[tuple[Path, str]] = set()
    for one in error.errors(include_url=False):
        if one["type"] == "too_short" and one["input"]:
            continue  # what is in the list is wrong, and is told for itself
        loc: Path = (*at, *(p for p in one["loc"] if p != "[key]"))
        made = _complaint(source, loc, one, lambda parent: _keys(model, parent[len(at) :]))
        if (loc, made.message) not in said:
            said.add((loc, made.message))
            yield made


def _complaint(source: Source, loc: Path, one: Any, keys: Callable[[Path], list[str]]) -> ConfigError:
    kind, name, given = one["type"], _name(loc), one["input"]
    if kind == "extra_forbidden":
        return _unknown_key(source, loc, keys(loc[:-1]))
    if kind == "missing":
        return source.error("GP002", f"{_what(loc[:-1])} lacks `{loc[-1]}`", loc[:-1])
    if kind == "literal_error":
        return _unknown_value(source, loc, given, one["ctx"]["expected"])
    if kind == "condition":
        place = (*loc, *one["ctx"]["at"])
        return source.error("GP002", f"{_name(place)}: {one['msg']}", place)
    if kind == "string_pattern_mismatch":
        key = "[key]" in one["loc"]
        return source.error(
            "GP002", f"{name}: {given!r} is not allowed here; {_form(one['ctx']['pattern'])}", loc, key=key
        )
    return source.error("GP002", f"{name}: {_expected(one, given)}", loc, remedy=_remedy(kind, given))


def _remedy(kind: str, given: object) -> Remedy:
    """What is meant for certain: text that YAML reads as something else, and YAML 1.1's words for true and false."""
    if kind == "string_type" and isinstance(given, (bool, int, float)):
        return "quote"
    return "boolean" if kind == "bool_type" and isinstance(given, str) else ""


def _unknown_key(source: Source, loc: Path, known: list[str]) -> ConfigError:
    key, parent = str(loc[-1]), loc[:-1]
    shape = tuple(p for p in parent if isinstance(p, str))
    if key in LATER_KEYS.get(shape, ()):
        return source.error("GP032", _later(f"`{key}`", key), loc, key=True)
    hint = did_you_mean(key, known) or f"; known are {', '.join(sorted(known))}"
    return source.error("GP002", f"unknown key {key!r} in {_what(parent)}{hint}", loc, key=True)


def _unknown_value(source: Source, loc: Path, given: object, expected: str) -> ConfigError:
    key = next((p for p in reversed(loc) if isinstance(p, str)), "")
    if given in LATER_VALUES.get(key, ()):
        return source.error("GP032", _later(f"`{key}: {given}`", str(given)), loc)
    known = [w.strip("' ") for w in expected.replace(" or ", ",").split(",")]
    if len(known) == 1:
        return source.error("GP002", f"{_name(loc)}: this guardproxy reads {known[0]!r}, not {given!r}", loc)
    hint = did_you_mean(given, known)
    return source.error(
        "GP002", f"{_name(loc)}: expected {expected.replace(chr(39), '')}, not {_shown(given)}{hint}", loc
    )


def _later(what: str, key: str) -> str:
    instead = _INSTEAD.get(key, "leave it out")
    return f"{what} is not supported yet; {instead}"


def _expected(one: Any, given: object) -> str:
    kind, ctx = one["type"], one.get("ctx", {})
    if kind == "string_type" and isinstance(given, (int, float)):
        return f"expected text, not the {'word' if isinstance(given, bool) else 'number'} that YAML reads; put it in quotes"
    wanted = {
        "string_type": "text",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "list_type": "a list",
        "tuple_type": "a list",
        "frozen_set_type": "a list",
        "dict_type": "keys and values",
        "model_type": "keys and values",
    }.get(kind)
    if wanted:
        return f"expected {wanted}, not {_shown(given)}"
    if kind == "too_short":
        return "the list is empty"
    if kind == "too_long":
        return f"the list has more than {ctx['max_length']:,} entries"
    if kind == "string_too_short":
        return "the text is empty"
    if kind == "string_too_long":
        return f"the text is longer than {ctx['max_length']:,} characters"
    for limit, words in (("ge", "at least"), ("le", "at most")):
        if limit in ctx:
            return f"expected {words} {_number(ctx[limit])}, not {_shown(given)}"
    return str(one["msg"]).removeprefix("Value error, ")


def _number(value: float) -> str:
    return f"{int(value) if value == int(value) else value:,}"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "keys and values" if isinstance(value, dict) else "a list"
    return repr(value)


def _form(pattern: str) -> str:
    if pattern.startswith("^>="):
        return 'write it as ">=0.1"'
    if any(mark in pattern for mark in ("_.*-", "_.-", r"(\.")):
        return "a label has lower-case letters, digits, `.`, `_` and `-`"
    return "a name has lower-case letters, digits and `-`"


def _name(loc: Path) -> str:
    """The key that a value stands under."""
    return next((f"`{p}`" for p in reversed(loc) if isinstance(p, str)), "the file")


_THINGS = {
    "rules": "rule",
    "tests": "test",
    "filters": "filter",
    "monitors": "monitor",
    "lists": "list",
    "packs": "pack",
    "override": "rule",
    "findings": "finding",
}


def _what(loc: Path) -> str:
    """The thing at a place, for a sentence: `a rule`, `scope`, `the policy`."""
    if not loc:
        return "the policy"
    if len(loc) >= 2 and loc[-2] in _THINGS:
        return f"a {_THINGS[str(loc[-2])]}"
    if loc and isinstance(loc[-1], int):
        return f"an entry of {_name(loc)}"
    return _name(loc)


def _keys(model: Any, loc: Path) -> list[str]:
    """The keys that may stand at a place below a model."""
    named = False  # the next step is a name that the author chose
    for step in loc:
        if isinstance(step, int) or named or not _is_model(model):
            named = False
            continue
        field = next((f for n, f in model.model_fields.items() if (f.alias or n) == step), None)
        named = field is not None and get_origin(field.annotation) is dict
        model = _model_in(field.annotation) if field else None
    return [f.alias or n for n, f in model.model_fields.items()] if _is_model(model) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _model_in(annotation: Any) -> Any:
    """The model inside `Model | None`, `list[Model]`, `dict[str, Model]`."""
    if _is_model(annotation):
        return annotation
    return next((m for a in get_args(annotation) if (m := _model_in(a))), None)

"""JSON Schemas of arguments: compiled when a policy is loaded, applied in time that the arguments can't run up.

Patterns are searched by RE2, in linear time, and `uniqueItems` compares hashes: in `jsonschema` as it comes, a pattern
can backtrack for hours, and a long list of objects is compared pair by pair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Protocol

from guardproxy.types import ConfigError, Json, Path

MAX_NODES: Final = 2_000
"""Values in one schema."""
_REFUSED: Final = {
    "unevaluatedProperties": "use `additionalProperties`",
    "unevaluatedItems": "use `items: false` behind `prefixItems`",
    "$dynamicRef": "use `$ref: '#/$defs/NAME'`",
    "$recursiveRef": "use `$ref: '#/$defs/NAME'`",
    "$id": "leave it out",
    "$schema": "leave it out: it is read as draft 2020-12",
}
_NAMED: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose keys are names of the author's, not keywords."""
_VALUES: Final = ("enum", "const", "default", "examples")
"""Keywords whose values are data."""


class Schema(Protocol):
    """A compiled schema."""

    def fits(self, value: Json) -> bool: ...


class _Compiled:
    def __init__(self, validator: Any) -> None:
        self._validator = validator

    def fits(self, value: Json) -> bool:
        """Whether a value is valid. Raises RecursionError for what a recursive schema can't finish with."""
        fitting: bool = self._validator.is_valid(value)
        return fitting


def compile_schema(schema: Any, path: Path = ()) -> Schema:
    """A schema ready for use. Raises ConfigError, whose `path` leads to the mistake from where `path` is."""
    for nodes, (place, key, value) in enumerate(_walk(schema, path)):
        if nodes > MAX_NODES:
            raise ConfigError(f"the schema has more than {MAX_NODES:,} values; split or shorten it", path=path)
        _check(place, key, value, schema)
    import jsonschema  # 60 ms: only policies that have schemas pay for it

    try:
        _validator_class().check_schema(schema)
    except jsonschema.SchemaError as e:
        raise ConfigError(f"not a JSON Schema: {_sentence(e.message)}", path=(*path, *e.absolute_path)) from None
    return _Compiled(_validator_class()(schema))


def _sentence(message: str) -> str:
    return message if len(message) <= 160 else message[:157] + "…"


def _walk(schema: Any, path: Path, *, named: bool = False) -> Iterator[tuple[Path, str, Any]]:
    """(place, keyword, value) of every keyword in a schema; names of properties are no keywords."""
    stack: list[tuple[Any, Path, bool]] = [(schema, path, named)]
    while stack:
        one, place, names = stack.pop()
        if isinstance(one, Mapping):
            for key, value in one.items():
                here = (*place, str(key))
                yield here, "" if names else str(key), value
                if names or key not in _VALUES:
                    stack.append((value, here, not names and key in _NAMED))
        elif isinstance(one, list):
            stack += [(value, (*place, i), False) for i, value in enumerate(one)]


def _check(place: Path, key: str, value: Any, schema: Any) -> None:
    if key in _REFUSED:
        raise ConfigError(f"`{key}` is not supported in schemas of arguments; {_REFUSED[key]}", path=place)
    if key == "$ref":
        _check_reference(place, value, schema)
    if key == "pattern":
        _pattern(value, place)
    if key == "patternProperties" and isinstance(value, Mapping):
        for pattern in value:
            _pattern(pattern, (*place, pattern))


def _check_reference(place: Path, value: Any, schema: Any) -> None:
    """Only references into the schema itself: nothing is ever fetched."""
    if not isinstance(value, str) or not (value == "#" or value.startswith("#/")):
        raise ConfigError("`$ref` leads into the schema itself only, as in '#/$defs/NAME'", path=place)
    at = schema
    for step in value[2:].split("/") if value != "#" else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(at, Mapping) or name not in at:
            raise ConfigError(f"there is nothing at {value!r} in the schema", path=place)
        at = at[name]


def _pattern(pattern: Any, place: Path) -> Any:
    import re2

    if not isinstance(pattern, str):
        raise ConfigError("a pattern is text", path=place)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as e:
        why = e.args[0] if e.args else "it can't be read"
        why = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise ConfigError(
            f"the pattern can't be searched in linear time: {_sentence(why)}; write it without look-around, "
            "back-references and long repetitions",
            path=place,
        ) from None


@cache
def _searcher(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern is found in a text. Halves of surrogate pairs are no text."""
    search = _pattern(pattern, ()).search

    def found(text: str) -> bool:
        try:
            return search(text) is not None
        except UnicodeEncodeError:
            return False

    return found


# ---------------------------------------------------------------------------------------------------- keywords


@cache
def _validator_class() -> Any:
    """Draft 2020-12 with the keywords replaced that would take their time from the arguments."""
    from jsonschema import Draft202012Validator, validators

    return validators.extend(
        Draft202012Validator,
        {
            "pattern": _check_pattern,
            "patternProperties": _check_pattern_properties,
            "additionalProperties": _check_additional,
            "uniqueItems": _check_unique,
        },
    )


def _wrong(message: str) -> Any:
    from jsonschema import ValidationError

    return ValidationError(message)


def _check_pattern(validator: Any, pattern: str, value: Json, schema: Any) -> Iterator[Any]:
    if isinstance(value, str) and not _searcher(pattern)(value):
        yield _wrong("a text doesn't fit its pattern")


def _check_pattern_properties(validator: Any, patterns: Any, value: Json, schema: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern, inner in patterns.items():
            for key in filter(_searcher(pattern), value):
                yield from validator.descend(value[key], inner, path=key, schema_path=pattern)


def _check_additional(validator: Any, inner: Any, value: Json, schema: Any) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    known, searches = schema.get("properties", {}), [_searcher(p) for p in schema.get("patternProperties", {})]
    for key in value:
        if key not in known and not any(search(key) for search in searches):
            yield from validator.descend(value[key], inner, path=key)


def _check_unique(validator: Any, wanted: bool, value: Json, schema: Any) -> Iterator[Any]:
    if wanted and isinstance(value, list) and len({_canonical(one) for one in value}) < len(value):
        yield _wrong("an item stands twice")


def _canonical(value: Json) -> str:
    """The same text for values that JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    return json.dumps(_numbers(value), sort_keys=True)


def _numbers(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _numbers(one) for key, one in value.items()}
    return [_numbers(one) for one in value] if isinstance(value, list) else value

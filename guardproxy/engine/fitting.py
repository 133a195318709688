"""What may stand at a place of a document under a JSON Schema, and replacements that fit there.

A replacement must leave every constraint as true as the value had it: then the document is as valid after the edit as it
was before, whichever branches of the schema it took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import re2

from guardproxy.engine import formats
from guardproxy.types import Json, Path

MAX_STEPS = 4_000
"""Subschemas looked at for one place; a schema that needs more fits nothing there."""
MAX_LOOKS = 40_000
"""Subschemas looked at for all places of a document; behind that, nothing fits anywhere."""
MAX_READ = 2_000_000
"""Characters that constraints are tried on, for all replacements of a document; behind that, nothing fits."""
MAX_PATTERN = 1_000
"""Characters of a pattern that is tried; a longer one fits nothing."""
MAX_PLACES = 4_096
"""Places that are remembered."""
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 4 << 20
_KEYWORDS: Final = ("enum", "const", "pattern", "minLength", "maxLength", "format")
_LISTS: Final = (("allOf", False), ("anyOf", False), ("oneOf", True))
_SINGLE: Final = (("not", True), ("if", True), ("then", False), ("else", False))


class _TooWide(Exception):
    """The schema can't be followed to this place."""


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint on a string. `exact`: what the value failed, the replacement has to fail too."""

    holds: Callable[[str], bool]
    exact: bool
    same: bool = False
    """It names values: another one of them would say something else, so none may stand for it."""

    def kept(self, before: str, after: str) -> bool:
        if not self.holds(before):
            return not (self.exact and self.holds(after))
        return before == after if self.same else self.holds(after)


@dataclass(slots=True)
class Place:
    """All constraints on the string at one place."""

    checks: list[Check] = field(default_factory=list)
    fixed: bool = False
    """Nothing else may stand there, or nobody knows what may."""
    unique: list[Path] = field(default_factory=list)
    """Lists whose items have to differ."""

    @property
    def binds(self) -> bool:
        return bool(self.checks or self.unique or self.fixed)


class Fitting:
    """One document under a schema. Nothing is looked at before some string of it has to be edited."""

    def __init__(self, schema: Json) -> None:
        self._schema = schema
        self._places: dict[Path, Place] = {}
        self._patterns: dict[str, Callable[[str], bool]] = {}
        self._unique: bool | None = None
        self._said: dict[Path, set[str]] = {}
        self._looks = self._read = 0
        self.edited = 0
        """Values for which other replacements were looked for."""

    def binds(self, path: Path) -> bool:
        """Whether the schema says anything about what the string at this place may be."""
        return self._at(path).binds

    def fits(self, path: Path, before: str, after: str) -> bool:
        """Whether the document stays as valid as it was with `after` for `before`."""
        if before == after:
            return True
        place = self._at(path)
        if place.fixed:
            return False
        if any(after in self._said.get(one, ()) for one in place.unique):
            return False
        self._read += (len(before) + len(after)) * len(place.checks)
        if self._read > MAX_READ:
            return False
        return all(c.kept(before, after) for c in place.checks)

    def seen(self, path: Path, said: str) -> None:
        """A string of the document as it went out: others may have to differ."""
        if self._unique is None:
            self._unique = _mentions(self._schema, "uniqueItems")
        if self._unique:
            for one in self._at(path).unique:
                self._said.setdefault(one, set()).add(said)

    def _at(self, path: Path) -> Place:
        place = self._places.get(path)
        if place is None:
            if len(self._places) >= MAX_PLACES:
                self._places.clear()
            place = self._places[path] = self._look(path)
        return place

    def _look(self, path: Path) -> Place:
        place = Place()
        if self._looks > MAX_LOOKS:
            place.fixed = True
            return place
        walk = _Walk(self._schema, path, place, self._pattern)
        try:
            walk.visit(self._schema, 0, False)
        except (_TooWide, RecursionError):
            place.fixed = True
        self._looks += walk.steps
        return place

    def _pattern(self, text: str) -> Callable[[str], bool]:
        """A search for the pattern. Raises _TooWide for one that can't be tried in linear time."""
        found = self._patterns.get(text)
        if found is None:
            if len(text) > MAX_PATTERN:
                raise _TooWide
            try:
                parts = [(re2.compile(one, _OPTIONS), wanted) for one, wanted in formats.conjunction(text)]
            except re2.error:
                raise _TooWide from None

            def found(value: str) -> bool:
                return all((one.search(value) is not None) is wanted for one, wanted in parts)

            self._patterns[text] = found
        return found


class _Walk:
    """The way through the schema to one place: every subschema that may speak of it."""

    def __init__(self, root: Json, path: Path, place: Place, pattern: Callable[[str], Callable[[str], bool]]) -> None:
        self._root, self._path, self._place, self._pattern = root, path, place, pattern
        self.steps = 0
        self._entered: set[tuple[int, int, bool]] = set()

    def visit(self, node: Json, at: int, exact: bool) -> None:
        """Take in what a subschema says of the value `at` steps down the path."""
        if not isinstance(node, dict):
            return
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _TooWide
        mark = (id(node), at, exact)
        if mark in self._entered:
            return
        self._entered.add(mark)
        for name in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(target := node.get(name), str):
                self.visit(self._resolved(target), at, exact)
        for name, strict in _LISTS:
            for one in _list(node.get(name)):
                self.visit(one, at, exact or strict)
        for name, strict in _SINGLE:
            self.visit(node.get(name), at, exact or strict)
        for name in ("dependentSchemas", "dependencies"):
            for one in _dict(node.get(name)).values():
                self.visit(one, at, exact)
        if at == len(self._path):
            self._constrain(node, exact)
        else:
            self._descend(node, at, exact)

    def _resolved(self, target: str) -> Json:
        """The subschema of a local reference. Raises _TooWide for any other."""
        if target == "#":
            return self._root
        node = self._root
        if not target.startswith("#/"):
            if target.startswith("#") and (found := _anchored(self._root, target[1:])) is not None:
                return found
            raise _TooWide
        for step in target[2:].split("/"):
            step = formats.pointer(step)
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isascii() and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                raise _TooWide
        return node

    def _descend(self, node: dict[str, Any], at: int, exact: bool) -> None:
        if "enum" in node or "const" in node:  # of values that hold this one: any other text would break it
            self._place.fixed = True
        step = self._path[at]
        if isinstance(step, int):
            self._into_list(node, step, at, exact)
            return
        properties, patterns = _dict(node.get("properties")), _dict(node.get("patternProperties"))
        known = step in properties
        self.visit(properties.get(step), at + 1, exact)
        for pattern, one in patterns.items():
            if self._pattern(pattern)(step):
                known = True
                self.visit(one, at + 1, exact)
        if not known:
            self.visit(node.get("additionalProperties"), at + 1, exact)
        self.visit(node.get("unevaluatedProperties"), at + 1, exact)

    def _into_list(self, node: dict[str, Any], step: int, at: int, exact: bool) -> None:
        items = node.get("items")
        first = _list(node.get("prefixItems")) or _list(items)
        if step < len(first):
            self.visit(first[step], at + 1, exact)
        elif isinstance(items, dict):
            self.visit(items, at + 1, exact)
        else:
            self.visit(node.get("additionalItems"), at + 1, exact)
        self.visit(node.get("unevaluatedItems"), at + 1, exact)
        self.visit(node.get("contains"), at + 1, True)
        if node.get("uniqueItems") is True and self._path[:at] not in self._place.unique:
            self._place.unique.append(self._path[:at])

    def _constrain(self, node: dict[str, Any], exact: bool) -> None:
        for name in _KEYWORDS:
            if name in node and (holds := self._check(name, node[name])) is not None:
                self._place.checks.append(Check(holds, exact, name in ("enum", "const")))
        if isinstance(pattern := node.get("pattern"), str) and (wide := formats.wide(pattern)) != pattern:
            self._place.checks.append(Check(self._pattern(wide), exact))  # validators differ in what a letter is

    def _check(self, name: str, wanted: Json) -> Callable[[str], bool] | None:
        """What a keyword asks of a string; None where it asks nothing."""
        if name == "enum":
            members = {one for one in _list(wanted) if isinstance(one, str)}
            return lambda value: value in members
        if name == "const":
            return lambda value: value == wanted
        if name == "pattern":
            return self._pattern(wanted) if isinstance(wanted, str) else None
        if name == "format":
            return formats.CHECKS.get(wanted) if isinstance(wanted, str) else None
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            return None
        least = name == "minLength"
        return lambda value: len(value) >= wanted if least else len(value) <= wanted


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _nodes(schema: Json) -> Iterator[dict[str, Json]]:
    """Every object in a schema. Raises _TooWide when there are too many."""
    waiting, steps = [schema], 0
    while waiting:
        steps += 1
        if steps > MAX_STEPS * 8:
            raise _TooWide
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _mentions(schema: Json, keyword: str) -> bool:
    try:
        return any(keyword in node for node in _nodes(schema))
    except _TooWide:
        return True


def _anchored(schema: Json, name: str) -> Json | None:
    for node in _nodes(schema):
        if name in (node.get("$anchor"), node.get("$dynamicAnchor")) or node.get("$id") == f"#{name}":
            return node
    return None


# ---------------------------------------------------------------------------------------------------- proposals

NEUTRAL: Final = formats.NEUTRAL
"""Whole values that say nothing."""


def alternatives(texts: list[str], labels: list[str], number: int) -> Iterator[list[str]]:
    """Replacements for these texts, in the order in which they are tried: labels, asterisks, shapes, neutral words."""
    yield [f"[{label}]" for label in labels]
    for count in range(number + 1, number + 3):
        yield [f"[{label}:{count}]" for label in labels]
    yield [f"[{label.partition('.')[0]}]" for label in labels]
    yield list(labels)
    yield ["*" * len(text) for text in texts]
    yield ["***"] * len(texts)
    for shape in formats.SHAPES:
        yield [shape(text) for text in texts]
    for word in NEUTRAL:
        yield [word] * len(texts)

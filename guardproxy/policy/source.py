"""One YAML file as plain data, with the line and column of every key and value.

YAML 1.2's core schema only: `on`, `off`, `yes` and `no` are words, a key may stand once, tags, anchors and aliases are
refused, and size and depth have limits. It doesn't know what a policy is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, Final

import yaml

from guardproxy.types import ConfigError, Json, Path, Remedy

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000
MAX_DIGITS: Final = 18

_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line, to the parser."""

_MISFIT = r"<block end>|expected '-' indicator|expected key"
_PLAINER = (
    (r"'?\\t'?.*cannot start any token|character that cannot start any token", None),
    (r"tab character", "a tab; YAML is indented with spaces"),
    (r"mapping values are not allowed", "a second `:` in one line; put text that holds `: ` in quotes"),
    (r"unexpected end of stream", "a quote is opened here and never closed"),
    (
        r"expected node content|expected the node content|'\]'|'\}'",
        "a bracket is opened and never closed, a comma is missing, or text with `[`, `{`, `,` or `'` in it needs quotes",
    ),
    (r"unknown escape", "in double quotes `\\` begins an escape; put patterns in single quotes"),
    (
        r"expected comment or line break|indentation indicator",
        "`>` and `|` begin a block of text; put the value in quotes",
    ),
    (r"alphabetic or numeric character", "`*` and `&` have a meaning of their own in YAML; put the value in quotes"),
    (r"could not find expected ':'", "a key without `:`"),
    (_MISFIT, "the indentation doesn't fit the lines above"),
)


class _Loader(yaml.SafeLoader):
    """Used for its events only: values are made here, by YAML 1.2's rules, and no tag is ever followed."""


FAST: Any = getattr(yaml, "CSafeLoader", _Loader)


@dataclass(slots=True)
class Source:
    """A file that was read, or several as one (`layers`). Lines and columns count from 1."""

    file: str
    data: Json = None
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)
    """What stands in another file, with all below it."""

    def error(self, code: str, message: str, path: Path = (), *, key: bool = False, remedy: Remedy = "") -> ConfigError:
        """An error at the value (or its key) that stands at `path`; where that isn't in the file, at what holds it.

        `remedy`: what `check --fix` does about it there.
        """
        remedy = remedy if path in self.values else ""
        while path and path not in self.values:
            path = path[:-1]
        line, column = self.place(path, key=key)
        return ConfigError(message, self.file_of(path), line, column, code, remedy=remedy)

    def file_of(self, path: Path) -> str:
        """The file that a value stands in."""
        return next((f for n in range(len(path), -1, -1) if (f := self.files.get(path[:n]))), self.file)

    def where(self, path: Path) -> str:
        """`file:line` of a key, for a sentence."""
        return f"{self.file_of(path)}:{self.place(path, key=True)[0]}"

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))


def read(file: File, name: str = "") -> Source:
    """Read a file. Raises ConfigError GP001 for what is no YAML, or more than this reads."""
    name = name or str(file)
    try:
        with file.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise ConfigError(f"the file can't be read: {e.strerror or e}", name, 1, 1, "GP001") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(
            f"the file is larger than {MAX_BYTES:,} bytes; move long lists elsewhere", name, 1, 1, "GP001"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line, column = _place_of(raw[: e.start].decode("utf-8-sig", "replace"))
        raise ConfigError("the file is not UTF-8 text; save it as UTF-8", name, line, column, "GP001") from None
    return parse(text, name)


def parse(text: str, name: str) -> Source:
    """Like `read`, for text that is here already."""
    source = Source(name)
    builder = _Builder(source, yaml.parse(text, Loader=FAST))
    try:
        builder.document()
    except yaml.reader.ReaderError as e:
        line, column = _place_of(text[: int(e.position)])
        code = ord(e.character) if isinstance(e.character, str) else e.character
        message = f"the character U+{code:04X} is not allowed in YAML; write it as an escape in double quotes"
        raise ConfigError(message, name, line, column, "GP001") from None
    except yaml.MarkedYAMLError as e:
        raise _marked(e, text, name) from None
    return source


def _place_of(before: str) -> tuple[int, int]:
    """Line and column behind a text."""
    *above, last = BREAK.split(before)
    return len(above) + 1, len(last) + 1


def _marked(e: yaml.MarkedYAMLError, text: str, name: str) -> ConfigError:
    opened = re.search(r"flow|quoted", str(e.context or ""))  # what was opened and not closed is the place to look at
    mark = (opened and e.context_mark) or e.problem_mark or e.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    line, column = min((line, column), _place_of(text))  # the parser puts the end of a last line behind it
    problem = str(e.problem or e.context or "it can't be parsed")
    return ConfigError(f"not YAML: {_plain(problem, text, line, column)}", name, line, column, "GP001")


def _plain(problem: str, text: str, line: int, column: int) -> str:
    """The parser's complaint in an author's words."""
    if re.search(_PLAINER[0][0], problem):
        lines = text.splitlines()
        char = lines[line - 1][column - 1 : column] if line <= len(lines) else ""
        if char == "\t":
            return "a tab; YAML is indented with spaces"
        return f"a value can't begin with {char!r}; put it in quotes"
    if re.search(_MISFIT, problem) and _before(text, line, column) in ('"', "'"):
        return "a quote ends just before this; one is missing in a line above, or in this one"
    return next((plain for pattern, plain in _PLAINER[1:] if plain and re.search(pattern, problem)), problem)


def _before(text: str, line: int, column: int) -> str:
    """The character before a place; nothing at the beginning of a line."""
    lines = text.splitlines()
    return lines[line - 1][: column - 1][-1:] if line <= len(lines) else ""


class _Builder:
    """Makes data out of events. Recursion is bounded by MAX_DEPTH."""

    def __init__(self, source: Source, events: Iterator[Any]) -> None:
        self.source, self.events, self.nodes = source, events, 0

    def document(self) -> None:
        event = next(self.events)
        while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise ConfigError("the file is empty", self.source.file, 1, 1, "GP001")
        self.source.data = self._node(event, (), 0)
        next(self.events)  # the end of the document
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._error(event, "a second document begins here; a file holds one policy")

    def _error(self, event: Any, message: str) -> ConfigError:
        line, column = _start(event)
        return ConfigError(message, self.source.file, line, column, "GP001")

    def _node(self, event: Any, path: Path, depth: int) -> Json:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self._error(event, f"the file has more than {MAX_NODES:,} values")
        if depth > MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._error(event, "anchors (&) and aliases (*) are not read; write the value out, or in quotes")
        if event.tag and event.tag != "!":
            raise self._error(event, f"tags ({event.tag}) are not read; leave it out")
        self.source.values[path] = _start(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._scalar(event)

    def _mapping(self, path: Path, depth: int) -> dict[str, Json]:
        out: dict[str, Json] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in out:
                first = self.source.keys[(*path, key)][0]
                error = self._error(event, f"the key {key!r} stands twice; the first is in line {first}")
                error.remedy = "drop"
                raise error
            self.source.keys[(*path, key)] = _start(event)
            out[key] = self._node(next(self.events), (*path, key), depth + 1)
        return out

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or (event.tag and event.tag != "!"):
            raise self._error(event, "a key must be plain text")
        if event.value == "<<" and event.implicit[0]:
            raise self._error(event, "merge keys (<<) are not read; write the keys out")
        return str(event.value)

    def _sequence(self, path: Path, depth: int) -> list[Json]:
        out: list[Json] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            out.append(self._node(event, (*path, len(out)), depth + 1))
        return out

    def _scalar(self, event: Any) -> Json:
        text = str(event.value)
        if not event.implicit[0]:
            return text
        for pattern, make in _CORE:
            if pattern.fullmatch(text):
                if make in (int, float) and (len(text) > MAX_DIGITS or not math.isfinite(float(text))):
                    raise self._error(event, "a number too large to read; if it is a name, put it in quotes")
                return make(text)
        return text


_CORE: tuple[tuple[re.Pattern[str], Callable[[str], Json]], ...] = (
    (_NULL, lambda _: None),
    (_TRUE, lambda _: True),
    (_FALSE, lambda _: False),
    (_INT, int),
    (_FLOAT, float),
)


def _start(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1

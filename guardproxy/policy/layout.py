"""A YAML text with the place of every value, so that one can be changed and all else stays as it was written.

Places are offsets in characters. Like `source` it knows nothing of policies; unlike it, it keeps what stands twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from guardproxy.policy.source import FAST, MAX_DEPTH

_BLANK: Final = " \t"
_ENDS: Final = "\n\r\x85\u2028\u2029"


class Unclear(Exception):
    """A change that can't be made without guessing what the author would have written."""


@dataclass(slots=True)
class Node:
    """A value: a scalar, or entries of a mapping or sequence."""

    start: int
    end: int
    scalar: tuple[str, bool] | None = None
    """Its text, and whether it is plain; None for what has entries."""
    entries: list[Entry] = field(default_factory=list)
    mapping: bool = False
    flow: bool = False
    """Written with brackets."""

    @property
    def content(self) -> Content:
        """What it says, however it is written. Mappings are told from sequences by their pairs."""
        if self.scalar is not None:
            return self.scalar
        return tuple((e.key, e.node.content) if self.mapping else e.node.content for e in self.entries), self.mapping


Content: TypeAlias = Any


@dataclass(slots=True)
class Entry:
    """One entry of a mapping (with a key) or of a sequence."""

    holder: Node
    node: Node
    key: str = ""
    start: int = 0
    """Where the key begins, or the value of a sequence's entry."""


def parse(text: str) -> Node:
    """The text as a tree. Raises Unclear for what is no YAML, or nested too deeply."""
    try:
        events = yaml.parse(text, Loader=FAST)
        event = next(events)
        while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            event = next(events)
        return _node(text, event, events, 0)
    except (yaml.YAMLError, StopIteration):
        raise Unclear from None


def _node(text: str, event: Any, events: Iterator[Any], depth: int) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    if (
        depth > MAX_DEPTH
        or isinstance(event, yaml.AliasEvent)
        or not hasattr(event, "anchor")
        or event.anchor
        or event.tag
    ):
        raise Unclear
    if isinstance(event, yaml.ScalarEvent):
        return Node(start, start + len(text[start:end].rstrip()), (event.value, event.style in (None, "")))
    node = Node(start, end, mapping=isinstance(event, yaml.MappingStartEvent), flow=bool(event.flow_style))
    while not isinstance(event := next(events), (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
        key, begins = "", event.start_mark.index
        if node.mapping:
            if not isinstance(event, yaml.ScalarEvent):
                raise Unclear
            key, event = event.value, next(events)
        node.entries.append(Entry(node, _node(text, event, events, depth + 1), key, begins))
    ends: Any = event.end_mark
    node.end = ends.index if node.flow else max((e.node.end for e in node.entries), default=end)
    return node


def entry_at(root: Node, offset: int) -> Entry:
    """The entry whose key, or whose value in a sequence, begins there. Raises Unclear where none does."""
    for entry in _entries(root):
        if entry.start == offset:
            return entry
    raise Unclear


def scalar_at(root: Node, offset: int) -> Node:
    """The plain scalar that begins there. Raises Unclear where none does."""
    for entry in _entries(root):
        if entry.node.start == offset and entry.node.scalar is not None and entry.node.scalar[1]:
            return entry.node
    raise Unclear


def _entries(node: Node) -> Iterator[Entry]:
    for entry in node.entries:
        yield entry
        yield from _entries(entry.node)


def holder_of(root: Node, node: Node) -> Entry | None:
    """The entry whose value a mapping or sequence is; None for the whole text."""
    return next((entry for entry in _entries(root) if entry.node is node), None)


def without(text: str, entry: Entry) -> str:
    """The text without one entry of several. Comments on lines of their own stay."""
    if len(entry.holder.entries) < 2:
        raise Unclear
    return _out_of_brackets(text, entry) if entry.holder.flow else _out_of_lines(text, entry)


def _out_of_brackets(text: str, entry: Entry) -> str:
    siblings, end = entry.holder.entries, entry.node.end
    at = next(i for i, one in enumerate(siblings) if one is entry)
    comma = _next_sign(text, end)
    if text[comma : comma + 1] == ",":
        first, last = entry.start, comma + 1
        while text[last : last + 1] in (" ", "\t"):
            last += 1
    else:
        first, last = siblings[at - 1].node.end, end
        if text[_next_sign(text, first)] != "," or "#" in text[first : entry.start]:
            raise Unclear
    line_starts, line_ends = _line_start(text, first), _line_end(text, last)
    if not text[line_starts:first].strip(_BLANK) and not text[last:line_ends].strip(_BLANK):
        return text[:line_starts] + text[_behind_break(text, line_ends) :]
    return text[:first] + text[last:]


def _out_of_lines(text: str, entry: Entry) -> str:
    first, last = _line_start(text, entry.start), _line_end(text, entry.node.end)
    mark = text[first : entry.start].strip(_BLANK)
    behind = text[entry.node.end : last].strip(_BLANK)
    if mark != ("" if entry.holder.mapping else "-") or (behind and not behind.startswith("#")):
        raise Unclear
    return text[:first] + text[_behind_break(text, last) :]


def _next_sign(text: str, at: int) -> int:
    """The next place that holds neither white space nor a comment."""
    while at < len(text):
        if text[at] == "#" and (at == 0 or text[at - 1].isspace()):
            at = _line_end(text, at)
        elif not text[at].isspace():
            return at
        else:
            at += 1
    return at


def _line_start(text: str, at: int) -> int:
    while at and text[at - 1] not in _ENDS:
        at -= 1
    return at


def _line_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in _ENDS:
        at += 1
    return at


def _behind_break(text: str, at: int) -> int:
    return at + (2 if text[at : at + 2] == "\r\n" else 1)

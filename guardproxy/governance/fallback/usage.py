"""How many tokens a reply has cost, read from its bytes: what the upstream says, or an estimate where it says nothing.

Counts are taken from where dialects put them, and from nowhere else: the arguments of a call and the schemas of tools stand in
replies as JSON, too, and whoever asks decides what is in those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

HEAD: Final = 65_536
"""Bytes of a reply's beginning that are kept: one dialect says there what the request cost."""
TAIL: Final = 262_144
"""Bytes of its end."""
_BYTES: Final = 4
"""Of a token, where nobody counts. Too few for what is around the text of a stream: rather too many tokens than too few."""
_MOST: Final = 10**9
"""No reply costs so many."""
_USAGE: Final = b'"usage"'
_TRIES: Final = 8
_INPUT: Final = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_OUTPUT: Final = ("completion_tokens", "output_tokens", "eval_count")
_CACHED: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""What Anthropic counts beside `input_tokens`."""


class Usage:
    """Counts while a reply passes."""

    __slots__ = ("_asked", "_head", "_size", "_tail")

    def __init__(self, asked: int) -> None:
        """`asked`: bytes of the request."""
        self._asked, self._size = asked, 0
        self._head, self._tail = bytearray(), bytearray()

    def feed(self, data: bytes) -> None:
        """Some of the reply."""
        self._size += len(data)
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        self._tail += data[-TAIL:]
        if len(self._tail) > 2 * TAIL:  # not at each piece: that would copy all of it each time
            del self._tail[:-TAIL]

    @property
    def tokens(self) -> int:
        """Of the request and the reply together."""
        said: dict[str, int] = {}
        for counts in self._counts():
            said.update((name, n) for name, n in counts.items() if type(n) is int and 0 <= n < _MOST)
        counted = [next((said[n] for n in names if n in said), None) for names in (_INPUT, _OUTPUT)]
        if "total_tokens" in said:
            return said["total_tokens"]
        if counted[0] is not None and counted[1] is not None:
            return counted[0] + counted[1] + sum(said.get(name, 0) for name in _CACHED)
        return -(-(self._asked + self._size) // _BYTES)

    def _counts(self) -> Iterator[Mapping[str, Any]]:
        """What the upstream has said, the latest last."""
        whole = len(self._tail) == self._size
        if whole and (one := _object(bytes(self._tail))) is not None:
            yield from _of(one)
            return
        found = False
        parts = [(bytes(self._tail), True, whole)] if whole else [
            (bytes(self._head), False, True), (bytes(self._tail), True, False)
        ]  # fmt: skip
        for part, ends, begins in parts:
            lines = part.split(b"\n")
            for line in lines[0 if begins else 1 : None if ends else -1]:
                if (b'_tokens"' in line or b'eval_count"' in line) and (one := _object(line)) is not None:
                    for counts in _of(one):
                        found = found or ends
                        yield counts
        if not found:
            yield from _last(bytes(self._tail))


def _object(line: bytes) -> dict[str, Any] | None:
    """What a line says, or a whole reply."""
    try:
        said = orjson.loads(line.strip().removeprefix(b"data:"))
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _of(one: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Counts of one object, in each place where a dialect has them."""
    for holder in (one, one.get("message"), one.get("response")):
        if isinstance(holder, dict) and isinstance(usage := holder.get("usage"), dict):
            yield usage
    if "eval_count" in one or "prompt_eval_count" in one:  # Ollama's, which have no object of their own
        yield {name: one[name] for name in ("prompt_eval_count", "eval_count") if name in one}


def _last(tail: bytes) -> Iterator[Mapping[str, Any]]:
    """The counts of a reply of which only the end is known: those that stand in it, and not in what the model has said. Behind
    them, and what stands beside them, there is nothing but the end of the reply."""
    at, decoder = len(tail), json.JSONDecoder()
    for _ in range(_TRIES):
        at = tail.rfind(_USAGE, 0, at)
        if at < 0:
            return
        text = "{" + tail[at:].decode("utf-8", "replace")
        try:
            beside, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            continue
        if text[end:].partition("\n")[0].strip() in ("", "}") and isinstance(usage := beside.get("usage"), dict):
            yield usage
            return

"""What writers of replies share: the envelope that every event repeats, and the bytes of strings. Decides nothing."""

from __future__ import annotations

from typing import Any, Final

import orjson

from guardproxy.types import Json
from guardproxy.wire.base import Head
from guardproxy.wire.dialect import TextsAndCalls
from guardproxy.wire.json import dump
from guardproxy.wire.sse import encode

DONE: Final = b"data: [DONE]\n\n"


def string(text: str) -> bytes:
    """A JSON string. Text from readers has whole characters only; any other is made whole."""
    try:
        return orjson.dumps(text)
    except TypeError:
        return dump(text)


class Envelope:
    """The parts of an event around its choices: ours, and the same in every event of a reply."""

    __slots__ = ("_close", "_open", "_usage_close", "head")

    def __init__(self, head: Head, kind: str) -> None:
        self.head = head
        fields = {"id": head.id, "object": kind, "created": head.created, "model": head.model}
        opened = dump({**fields, "system_fingerprint": None})[:-1]
        self._open = b"data: " + opened + b',"choices":['
        # a client that asked for usage sees null in every chunk before the one that has it
        self._close = b'],"usage":null}\n\n' if head.include_usage else b"]}\n\n"
        self._usage_close = b'],"usage":'

    def around(self, before: bytes, after: bytes) -> tuple[bytes, bytes]:
        """What stands before and after a choice's changing part."""
        return self._open + before, after + self._close

    def event(self, choice: Json) -> bytes:
        """An event with one choice."""
        return self._open + dump(choice) + self._close

    def usage(self, usage: Json) -> bytes:
        """The event with token counts and no choice, if the client asked for it."""
        if not self.head.include_usage:
            return b""
        return self._open + self._usage_close + dump(usage) + b"}\n\n"

    def moderation(self, results: Json) -> bytes:
        """The event with what was found, and no choice."""
        usage = b'"usage":null,' if self.head.include_usage else b""
        return self._open + b"]," + usage + b'"moderation":' + dump(results) + b"}\n\n"

    @staticmethod
    def error(error: Json) -> bytes:
        return encode(dump({"error": error}))


class StreamWriter(TextsAndCalls):
    """What writers of streams share: the events that are of no choice."""

    __slots__ = ("_done", "_envelope")

    def __init__(self, head: Head, kind: str) -> None:
        self._envelope = Envelope(head, kind)
        self._done = False

    def usage(self, usage: Json) -> bytes:
        return self._envelope.usage(usage)

    def error(self, error: Json) -> bytes:
        return self._envelope.error(error)

    def done(self) -> bytes:
        """`[DONE]`, once."""
        done, self._done = self._done, True
        return b"" if done else DONE


def body(head: Head, kind: str, choices: list[dict[str, Any]], usage: Json, **more: Json) -> bytes:
    """A whole reply. `more`: what it has besides."""
    fields = {"id": head.id, "object": kind, "created": head.created, "model": head.model}
    counted = {} if usage is None else {"usage": usage}
    return dump({**fields, "system_fingerprint": None, "choices": choices, **counted, **more})


ZERO: Final = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""Counts of a reply that no model made."""


def arguments_object(text: str) -> dict[str, Any]:
    """A call's arguments for dialects that have no other form than an object; what is none stands in one."""
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        value = text
    return value if isinstance(value, dict) else {"arguments": value}

"""Exchanges under a small policy: what an upstream may send, and what a client makes of what it gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from guardproxy.engine import Guard, Silent
from guardproxy.policy.model import Defaults
from guardproxy.server.exchange import Exchange
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from tests.engine.play import guard

DONE = b"data: [DONE]\n\n"
MAIL, KEY, BOMB = "joe@example.com", "AKIAIOSFODNN7EXAMPLE", "pipe bomb"
SORRY = Defaults().message
GUARD = guard()


def event(*choices: dict[str, Any], **more: object) -> bytes:
    return b"data: " + json.dumps({"choices": list(choices), **more}).encode() + b"\n\n"


def says(text: str, index: int = 0, *, field: str = "content", **more: object) -> bytes:
    return event({"index": index, "delta": {field: text}, **more})


def ends(index: int = 0, reason: str = "stop") -> bytes:
    return event({"index": index, "delta": {}, "finish_reason": reason})


def calls(arguments: str, index: int = 0, *, name: str = "", id: str = "") -> bytes:
    inner = {"arguments": arguments} | ({"name": name} if name else {})
    return event({"index": 0, "delta": {"tool_calls": [{"index": index, "id": id or None, "function": inner}]}})


def logprobs(*tokens: str, others: Sequence[str] = ()) -> dict[str, Any]:
    top = [{"token": o, "logprob": -2.0, "bytes": None} for o in others]
    return {"content": [{"token": t, "logprob": -1.0, "bytes": None, "top_logprobs": top} for t in tokens]}


def exchange(one: Guard = GUARD, *, n: int = 1, usage: bool = False, codec: Codec | None = None) -> Exchange:
    made = Exchange(one, codec or Chat(), request_id="r", route="/r", observer=Silent(), head_id="chatcmpl-1")
    made._choices, made._include_usage = n, usage
    return made


async def reads(pieces: Iterable[bytes], trouble: Exception | None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if trouble:
        raise trouble


class Read:
    """What a client makes of a stream."""

    def __init__(self, raw: bytes) -> None:
        *frames, rest = raw.decode().split("\n\n")
        assert not rest, "half an event"
        assert frames.count("data: [DONE]") == 1 and frames[-1] == "data: [DONE]"
        self.events = [json.loads(f.removeprefix("data: ")) for f in frames[:-1] if not f.startswith(":")]
        self.comments = sum(f.startswith(":") for f in frames)
        self.error = next((e["error"] for e in self.events if "error" in e), None)
        self.usage = next((e["usage"] for e in self.events if e.get("usage")), None)
        self.choices = [c for e in self.events for c in e.get("choices", ())]

    def text(self, field: str = "content", index: int = 0) -> str:
        return "".join(c["delta"].get(field) or "" for c in self.choices if c["index"] == index)

    def reasons(self, index: int = 0) -> list[str]:
        return [c["finish_reason"] for c in self.choices if c["index"] == index and c["finish_reason"]]

    def calls(self) -> list[tuple[str, str]]:
        found = [t.get("function") or t["custom"] for c in self.choices for t in c["delta"].get("tool_calls") or ()]
        return [(f["name"], f["arguments"] if "arguments" in f else f["input"]) for f in found]


def stream(*pieces: bytes, on: Exchange | None = None, trouble: Exception | None = None) -> Read:
    async def run() -> bytes:
        return b"".join([out async for out in (on or exchange()).stream(reads(pieces, trouble))])

    return Read(asyncio.run(run()))


def whole(body: object, on: Exchange | None = None) -> Any:
    return json.loads(asyncio.run((on or exchange()).whole(body)))


def message(value: object, **more: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": value, "finish_reason": "stop", **more}]}


def ask(body: dict[str, Any], one: Guard = GUARD) -> Any:
    return asyncio.run(exchange(one).request({"model": "m", **body}))


def user(content: object, **more: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **more}

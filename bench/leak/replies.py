"""Replies of an upstream with a case's text in them, cut up at random, and what a client reads from what comes out."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bench.leak.cases import OTHERS, Body, Case


def pieces(text: str, rng: random.Random, style: int) -> list[str]:
    """The text as deltas: whole, single characters, four characters, or at random."""
    if style == 0:
        return [text]
    if style in (1, 2):
        size = 1 if style == 1 else 4
        return [text[i : i + size] for i in range(0, len(text), size)]
    out, at = [], 0
    while at < len(text):
        size = rng.choice((1, 1, 2, 3, 5, 8, 13, 40))
        out.append(text[at : at + size])
        at += size
    return out


def payload(case: Case) -> str:
    """The raw text of the surface: arguments are a JSON document around it.

    Where a whole reply has the arguments as an object, a stream has no escapes that it would not have: `\\u65e5joe@…` is
    read with the escape's letters before the address.
    """
    if case.surface.kind != "call":
        return case.text
    escaped = case.surface.dialect not in ("messages", "ollama_chat", "ollama_generate")
    return json.dumps({"note": "x", "x": case.text, "n": 3}, ensure_ascii=escaped)


def _choice(case: Case) -> int:
    return 1 if case.surface.name.endswith("#1") else 0


def _delta(case: Case, part: str, first: bool) -> Body:
    name = case.surface.name.split("#")[0].split("/")[0]
    if name == "tool_calls":
        call: Body = {"index": 0, "function": {"arguments": part}}
        if first:
            call |= {"id": "call_1", "type": "function"}
            call["function"]["name"] = "f"
        return {"tool_calls": [call]}
    if name == "function_call":
        return {"function_call": {"arguments": part} | ({"name": "f"} if first else {})}
    return {name: part}


def events(case: Case, parts: list[str]) -> Iterator[bytes]:
    """The events of a stream, as an upstream writes them."""
    if case.surface.name.endswith("/whole"):
        parts = ["".join(parts)]
    if other := OTHERS.get(case.surface.dialect):
        yield from other.events(case.surface.name, parts)
        return
    base = {"id": "x", "created": 1, "model": "m"}
    if case.surface.dialect == "completions":
        for part in parts:
            yield _event(base | {"object": "text_completion", "choices": [{"index": 0, "text": part}]})
        yield _event(
            base | {"object": "text_completion", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
        )
    else:
        base["object"] = "chat.completion.chunk"
        index = _choice(case)
        for i in range(index + 1):
            yield _event(base | {"choices": [{"index": i, "delta": {"role": "assistant", "content": ""}}]})
        for number, part in enumerate(parts):
            yield _event(base | {"choices": [{"index": index, "delta": _delta(case, part, number == 0)}]})
        for i in range(index + 1):
            yield _event(base | {"choices": [{"index": i, "delta": {}, "finish_reason": "stop"}]})
    yield b"data: [DONE]\n\n"


def _event(value: Body) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


async def reads(stream: list[bytes], rng: random.Random, style: int) -> AsyncIterator[bytes]:
    """The stream as TCP reads: one event each, all at once, single bytes, or cut anywhere."""
    data = b"".join(stream)
    if style == 0:
        for event in stream:
            yield event
    elif style == 1:
        yield data
    elif style == 2 and len(data) < 6000:
        for i in range(len(data)):
            yield data[i : i + 1]
    else:
        at = 0
        while at < len(data):
            size = rng.randint(1, 300)
            yield data[at : at + size]
            at += size


def whole(case: Case) -> Body:
    """The same reply without streaming."""
    text = payload(case)
    if other := OTHERS.get(case.surface.dialect):
        return other.whole(case.surface.name, text)  # type: ignore[no-any-return]
    if case.surface.dialect == "completions":
        return {
            "id": "x",
            "object": "text_completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "text": text, "finish_reason": "stop"}],
        }
    delta = _delta(case, text, True)
    for call in delta.get("tool_calls", []):
        del call["index"]
    blank = {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
    message = {"role": "assistant", "content": None} | delta
    choices = [*[blank][: _choice(case)], {"index": _choice(case), "message": message, "finish_reason": "stop"}]
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}


def read_stream(case: Case, raw: bytes) -> str:
    """What a client joins from a stream on the case's surface. Raises on anything that is no event."""
    if other := OTHERS.get(case.surface.dialect):
        return _unwrap(case, other.read_stream(case.surface.name, raw))
    out = []
    *frames, rest = raw.decode().split("\n\n")
    if rest:
        raise ValueError(f"half an event: {rest!r}")
    if frames[-1] != "data: [DONE]" or frames.count("data: [DONE]") != 1:
        raise ValueError(f"the stream ends with {frames[-1]!r}")
    for frame in frames[:-1]:
        if not frame.startswith(":"):
            out += _texts(case, json.loads(frame.removeprefix("data: ")), "delta")
    return _unwrap(case, "".join(out))


def read_whole(case: Case, raw: bytes) -> str:
    """The same of a whole body."""
    if other := OTHERS.get(case.surface.dialect):
        return _unwrap(case, other.read_whole(case.surface.name, raw))
    return _unwrap(case, "".join(_texts(case, json.loads(raw), "message")))


def _texts(case: Case, event: Body, part: str) -> list[str]:
    if "error" in event:
        raise ValueError(f"an error: {event['error']}")
    out: list[Any] = []
    name = case.surface.name.split("#")[0].split("/")[0]
    for choice in event["choices"]:
        if choice["index"] != _choice(case):
            continue
        if case.surface.dialect == "completions":
            out.append(choice.get("text"))
        elif name == "tool_calls":
            out += [c["function"].get("arguments") for c in choice[part].get("tool_calls") or []]
        elif name == "function_call":
            out.append((choice[part].get("function_call") or {}).get("arguments"))
        else:
            out.append(choice[part].get(name))
    return [text for text in out if text]


def _unwrap(case: Case, text: str) -> str:
    return str(json.loads(text)["x"]) if case.surface.kind == "call" else text

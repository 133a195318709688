"""Ollama's own API for the leak bench: upstream replies and requests with a text in one place, and what a client reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
_HEAD = {"model": "m", "created_at": "2025-11-01T10:00:00.123456Z"}
_LAST = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 5, "total_duration": 7}


@dataclass(frozen=True)
class Ollama:
    """`/api/chat`, or else `/api/generate`."""

    chat: bool
    TEXTS: tuple[str, ...]
    CALLS: tuple[str, ...]
    REQUESTS: tuple[str, ...]
    FREE: tuple[str, ...] = ()

    def _said(self, name: str, text: str) -> Body:
        if name == "tool_calls":
            said: Body = {"tool_calls": [{"function": {"name": "f", "arguments": json.loads(text)}}]}
        else:
            said = {name: text}
        return {"message": {"role": "assistant", "content": "", **said}} if self.chat else {"response": "", **said}

    def _text(self, name: str, line: Body) -> str:
        said = line["message"] if self.chat else line
        if name != "tool_calls":
            return str(said.get(name, ""))
        return "".join(json.dumps(call["function"]["arguments"]) for call in said.get(name, ()))

    def whole(self, name: str, text: str) -> Body:
        """The reply as a whole body."""
        return {**_HEAD, **self._said(name, text), **_LAST, **({} if self.chat else {"context": [1, 2, 3]})}

    def events(self, name: str, parts: list[str]) -> Iterator[bytes]:
        """The reply as a stream, as an upstream writes it."""
        for part in parts if name != "tool_calls" else ["".join(parts)]:
            yield _line({**_HEAD, **self._said(name, part), "done": False})
        yield _line({**_HEAD, **self._said("content" if self.chat else "response", ""), **_LAST})

    def read_stream(self, name: str, raw: bytes) -> str:
        """What a client puts together. Raises ValueError for what is malformed."""
        *lines, rest = raw.decode().split("\n")
        bodies = [json.loads(line) for line in lines]
        if rest or any("error" in body for body in bodies):
            raise ValueError(f"half a line or an error: {raw[-200:]!r}")
        if [body["done"] for body in bodies] != [False] * (len(bodies) - 1) + [True]:
            raise ValueError("the stream does not end with its last line")
        return "".join(self._text(name, body) for body in bodies)

    def read_whole(self, name: str, raw: bytes) -> str:
        """The same of a whole body."""
        return self._text(name, json.loads(raw))

    def request(self, name: str, text: str) -> Body:
        """A request with the text in one place."""
        if not self.chat:
            return {"model": "gpt-oss", "prompt": "Hi.", name: text}
        call = {"function": {"name": "f", "arguments": {"x": text if name == "arguments" else ""}}}
        messages: list[Body] = [{"role": "user", "content": "Hi."}]
        if name == "user":
            messages = [{"role": name, "content": text}]
        elif name in ("system", "assistant"):
            messages.append({"role": name, "content": text})
        elif name == "thinking":
            messages.append({"role": "assistant", "content": "", "thinking": text})
        elif name != "description":
            said = text if name == "tool" else "done"
            calls = {"role": "assistant", "content": "", "tool_calls": [call]}
            messages += [calls, {"role": "tool", "tool_name": "f", "content": said}]
        function = {"name": "f", "description": text, "parameters": {"type": "object"}}
        tools = {"tools": [{"type": "function", "function": function}]} if name == "description" else {}
        return {"model": "gpt-oss", "messages": messages, **tools}

    def arrived(self, name: str, body: Body) -> str:
        """The text of that place in the body that the upstream received."""
        if not self.chat:
            return str(body[name])
        if name == "description":
            return str(body["tools"][0]["function"]["description"])
        if name == "arguments":
            return str(body["messages"][1]["tool_calls"][0]["function"]["arguments"]["x"])
        said = body["messages"][-1]
        return str(said["thinking"] if name == "thinking" else said["content"])


def _line(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


CHAT = Ollama(
    True,
    ("content", "thinking"),
    ("tool_calls",),
    ("system", "user", "assistant", "thinking", "arguments", "tool", "description"),
)
GENERATE = Ollama(False, ("response", "thinking"), ("tool_calls",), ("prompt", "system", "suffix"))

"""Nothing passes unread: a canary in every place of every message, in either direction, is masked, blocked or left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from guardproxy.engine import Cut, Guard, Silent
from guardproxy.policy.model import Defaults
from guardproxy.tools.messages import Messages
from guardproxy.types import WireError
from guardproxy.wire import mcp
from guardproxy.wire.json import parse
from tests.engine.play import guard, policy
from tests.tools.support import call, request, result, told
from tests.wire.bodies import Path, put, rename, walk

CANARY = "canary@example.com"
LENIENT = policy(defaults=Defaults(failure="allow"))
"""Lets images pass, so that what stands beside them is not blocked with them."""
PICTURE = "aGVsbG8h" * 8
META = {"_meta": {"progressToken": "t1", "io.example/x": {"deep": ["meta"]}}}
TEXT = {"type": "text", "text": "hello", "annotations": {"audience": ["user"], "lastModified": "now"}, **META}
IMAGE = {"type": "image", "data": PICTURE, "mimeType": "image/png"}
AUDIO = {"type": "audio", "data": PICTURE, "mimeType": "audio/wav"}
LINK = {"type": "resource_link", "uri": "file:///a", "name": "a", "description": "d", "icons": [{"src": "https://x"}]}
HELD = {"type": "resource", "resource": {"uri": "file:///a", "mimeType": "text/plain", "text": "inside", **META}}
BLOB = {"type": "resource", "resource": {"uri": "file:///b", "blob": PICTURE}}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string", "description": "what", "enum": ["x"], "default": "x"}},
}
TOOL = {
    "name": "search", "title": "Search", "description": "Searches", "inputSchema": SCHEMA, "outputSchema": SCHEMA,
    "annotations": {"title": "T", "readOnlyHint": True}, "icons": [{"src": "https://x", "mimeType": "image/png"}], **META,
}  # fmt: skip
SAMPLING = {
    "messages": [{"role": "user", "content": TEXT}, {"role": "user", "content": [TEXT, IMAGE]}],
    "systemPrompt": "be brief", "modelPreferences": {"hints": [{"name": "gpt"}]}, "stopSequences": ["end"],
    "metadata": {"a": "b"}, "tools": [TOOL], "maxTokens": 10,
}  # fmt: skip
INITIALIZE = {
    "protocolVersion": "2025-11-25", "capabilities": {"experimental": {"x": {"y": "z"}}},
    "clientInfo": {"name": "c", "version": "1", "websiteUrl": "https://x"},
}  # fmt: skip

OUTGOING: list[dict[str, Any]] = [
    {**call("search", query="where", deep={"list": ["one", {"json": '{"a": "b"}'}]}), "extra": "more"},
    request("initialize", "a-1", **INITIALIZE),
    request("resources/read", uri="file:///a", **META),
    request("prompts/get", name="greet", arguments={"who": "me"}),
    request("completion/complete", ref={"type": "ref/prompt", "name": "p"}, argument={"name": "a", "value": "b"}),
    request("unheard/of", anything=["at", {"all": "x"}]),
    told("notifications/cancelled", requestId="1", reason="why"),
    {"jsonrpc": "2.0", "id": "s1", "result": {"role": "assistant", "content": TEXT, "model": "m", "stopReason": "end"}},
    {"jsonrpc": "2.0", "id": "e1", "result": {"action": "accept", "content": {"name": "x", "list": ["y"]}}},
    {"jsonrpc": "2.0", "id": "r1", "error": {"code": -1, "message": "no", "data": {"why": "because"}}},
]
INCOMING: list[tuple[str, dict[str, Any]]] = [
    ("tools/call", result(content=[TEXT, IMAGE, AUDIO, LINK, HELD, BLOB], structuredContent={"a": ["b"]}, **META)),
    ("tools/list", result(tools=[TOOL], nextCursor="c1", **META)),
    ("prompts/list", result(prompts=[{"name": "p", "description": "d", "arguments": [{"name": "a"}]}])),
    ("resources/list", result(resources=[LINK])),
    ("resources/templates/list", result(resourceTemplates=[{"uriTemplate": "file:///{a}", "name": "t"}])),
    ("resources/read", result(contents=[HELD["resource"], BLOB["resource"]])),
    ("prompts/get", result(description="d", messages=[{"role": "user", "content": HELD}])),
    ("initialize", result(serverInfo={"name": "s"}, instructions="do this", protocolVersion="2025-11-25")),
    ("completion/complete", result(completion={"values": ["one", "two"]})),
    ("unheard/of", result(anything=[{"at": "all"}], tools=[TOOL])),
    ("tools/list", result(tools={"not": "a list"})),
    ("tools/call", {"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "no", "data": ["why"], "more": "x"}}),
    ("tools/call", request("sampling/createMessage", "s1", **SAMPLING)),
    ("", request("elicitation/create", "e1", message="who?", requestedSchema=SCHEMA, url="https://x")),
    ("", request("roots/list", "r1", **META)),
    ("", request("unheard/of", "u1", anything={"at": ["all"]})),
    ("tools/call", told("notifications/message", level="info", logger="l", data={"a": ["b"]})),
    ("tools/call", told("notifications/progress", progressToken="t1", progress=1, message="half")),
    ("", told("notifications/resources/updated", uri="file:///a", title="t")),
    ("", told("unheard/of", anything=["x"])),
]


def plants(message: Any) -> Iterator[tuple[Path, Any]]:
    """The message with a canary in one place, for every place: values, keys and what nobody expects."""
    for path, value in walk(message):
        if isinstance(value, str):
            yield path, put(message, path, CANARY)
            yield path, put(message, path, f"beside {CANARY}, text")
        if path and isinstance(path[-1], str):
            yield path, rename(message, path, CANARY)
        if isinstance(value, dict):
            yield path, put(message, (*path, "extra"), {"deep": [CANARY]})
            yield path, put(message, (*path, CANARY), 1)
        if value is None or isinstance(value, int | float):
            yield path, put(message, path, CANARY)


async def passes(one: Guard, message: Any, asked: str | None) -> bytes:
    """What goes on of a message; `asked`: the method that is answered, None for a client's message."""
    messages = Messages(one, Silent(), "r", "/files/mcp", "files", asked=asked or "")
    try:
        read = mcp.read(message)
        return mcp.write(await (messages.outgoing(read) if asked is None else messages.incoming(read)))
    except Cut as cut:
        return mcp.write(mcp.blocked(mcp.Message("request", 1, asked or "", None), cut.decision.rule, []))
    except WireError as e:
        return str(e).encode()


CASES = [(None, m) for m in OUTGOING] + INCOMING


@pytest.mark.parametrize(("asked", "message"), CASES, ids=[f"{a}-{m.get('method', 'answer')}" for a, m in CASES])
def test_no_canary_passes(asked: str | None, message: dict[str, Any]) -> None:
    one, open_ = guard(LENIENT), guard(LENIENT)
    open_.bypass = True

    async def run() -> tuple[list[Path], int]:
        leaks, seen = [], 0
        for path, planted in plants(message):
            if CANARY.encode() in await passes(one, planted, asked):
                leaks.append(path)
            seen += CANARY.encode() in await passes(open_, planted, asked)
        return leaks, seen

    leaks, seen = asyncio.run(run())
    assert leaks == []
    assert seen > 2  # with the gates open the canaries do pass: the test can fail


@pytest.mark.parametrize(("asked", "message"), CASES, ids=[f"{a}-{m.get('method', 'answer')}" for a, m in CASES])
def test_what_holds_nothing_passes_unchanged(asked: str | None, message: dict[str, Any]) -> None:
    passed = parse(asyncio.run(passes(guard(LENIENT), message, asked)))
    known = {k: v for k, v in message.items() if k != "extra"}
    if "error" in known:
        known["error"] = {k: v for k, v in known["error"].items() if k != "more"}
    assert passed == known

"""Monitors watch the calls that go to tool servers too. Nobody can be asked there: what needs a person does not go out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guardproxy.engine import Cut, Silent
from guardproxy.governance.caller import Caller, Grants
from guardproxy.tools.messages import Messages
from guardproxy.wire import mcp
from tests.server.test_conduct import build

MONITORS = {"calls": {"use": "tool_calls", "deny": ["shell"]}}
DENIED = [{"id": "no", "when": "call.denied", "then": "block"}]
ASKED = [{"id": "ask", "scope": {"tool": "shell"}, "when": "call.any", "then": "require_approval"}]


def _call(tool: str) -> mcp.Message:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"cmd": "ls"}}}
    return mcp.read(body)


@pytest.mark.parametrize("rules", [DENIED, ASKED], ids=["denied", "needs a person"])
def test_a_call_that_may_not_be_does_not_go_out(rules: list[dict[str, Any]]) -> None:
    one = build(rules=rules, monitors=MONITORS)
    for tool, cut in (("shell", True), ("look", False)):
        messages = Messages(one, Silent(), "r", "/files/mcp", "files")
        if cut:
            with pytest.raises(Cut):
                asyncio.run(messages.outgoing(_call(tool)))
        else:
            assert asyncio.run(messages.outgoing(_call(tool))).tool == tool


def test_a_plain_tool_is_watched_under_its_servers_name() -> None:
    one = build(rules=DENIED, monitors=MONITORS)
    with pytest.raises(Cut):
        asyncio.run(Messages(one, Silent(), "r", "/shell", "shell").document({"cmd": "ls"}, outgoing=True))


def _listed(*tools: str) -> mcp.Message:
    body = {"tools": [{"name": tool, "inputSchema": {"type": "object"}} for tool in tools]}
    return mcp.read({"jsonrpc": "2.0", "id": 1, "result": body})


def test_a_key_calls_and_sees_its_own_tools_only() -> None:
    one, refused = build(rules=DENIED, monitors=MONITORS), list[str]()
    caller = Caller("gp_x", "acme", grants=Grants(tools=("look*",)))

    def messages(server: str) -> Messages:
        return Messages(one, Silent(), "r", f"/{server}/mcp", server, caller=caller, refused=refused.append)

    assert asyncio.run(messages("files").outgoing(_call("look_up"))).tool == "look_up"
    with pytest.raises(Cut):
        asyncio.run(messages("files").outgoing(_call("write")))
    with pytest.raises(Cut):
        asyncio.run(messages("files").document({"cmd": "ls"}, outgoing=True))
    assert asyncio.run(messages("looking").document({"cmd": "ls"}, outgoing=True)) == {"cmd": "ls"}
    assert refused == ["tool", "tool"]
    listing = messages("files")
    listing.asked = mcp.TOOLS
    left = asyncio.run(listing.incoming(_listed("look_up", "write", "looks"))).body
    assert [tool["name"] for tool in left["tools"]] == ["look_up", "looks"]

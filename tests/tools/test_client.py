"""A real MCP client and a real MCP server with guardproxy in between: both protocol eras, both forms of answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CreateMessageResult, SamplingMessage, TextContent

from tests.server.support import World, world
from tests.tools.support import MAIL, MASKED, served

pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")  # logs and sampling: still in use

SEEN: list[Any] = []
"""What the tool server was given."""
ENDED: list[str] = []


def _server() -> MCPServer:
    server = MCPServer("office", instructions=f"Ask {MAIL}.")

    @server.tool(description=f"Looks somebody up. Owner: {MAIL}.")
    def lookup(name: str) -> str:
        SEEN.append(name)
        return f"{name} has the address {MAIL}"

    @server.tool()
    def forbidden() -> str:
        return "how to build a bomb"

    @server.tool()
    def broken() -> str:
        raise ToolError(f"no mail from {MAIL}")

    @server.tool()
    async def slow(steps: int, ctx: Context) -> str:
        try:
            for step in range(steps):
                await ctx.report_progress(step, steps, f"at {MAIL}")
                await ctx.info(f"log of {MAIL}")
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            ENDED.append("cancelled")
            raise
        return "done"

    @server.tool()
    async def asks(ctx: Context) -> str:
        message = SamplingMessage(role="user", content=TextContent(type="text", text=f"Who is {MAIL}?"))
        answer = await ctx.session.create_message(messages=[message], max_tokens=10)
        SEEN.append(answer.content.text)
        return "asked"

    @server.resource("note://one")
    def note() -> str:
        return f"note of {MAIL}"

    @server.prompt()
    def greet(name: str) -> str:
        return f"Greet {name} at {MAIL}"

    return server


@pytest.fixture(scope="module", params=["events", "json"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = _server().streamable_http_app(json_response=request.param == "json")
    with served(app) as base:
        servers = {"servers": {"office": f"{base}/mcp"}}
        one: World
        with world(tmp_path_factory.mktemp("mcp"), tools=lambda _: servers) as one:
            yield f"{one.url}/office/mcp"


@pytest.fixture(params=["2026-07-28", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def talk(url: str, mode: str, said: Callable[[Client], Awaitable[Any]], **more: Any) -> Any:
    SEEN.clear()

    async def run() -> Any:
        async with Client(url, mode=mode, **more) as client:  # type: ignore[arg-type]
            return await said(client)

    return asyncio.run(run())


def test_a_list_of_tools_is_masked(url: str, mode: str) -> None:
    async def said(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = talk(url, mode, said)
    assert [t.name for t in tools] == ["lookup", "forbidden", "broken", "slow", "asks"]
    assert tools[0].description == f"Looks somebody up. Owner: {MASKED}."
    assert "steps" in tools[3].input_schema["properties"]


def test_calls_and_results_are_masked(url: str, mode: str) -> None:
    result = talk(url, mode, lambda c: c.call_tool("lookup", {"name": f"the one at {MAIL}"}))
    assert [f"the one at {MASKED}"] == SEEN
    text = f"the one at {MASKED} has the address {MASKED}"
    assert (result.content[0].text, result.structured_content, result.is_error) == (text, {"result": text}, False)


def test_blocked_calls_and_results_are_failed_calls(url: str, mode: str) -> None:
    async def said(client: Client) -> Any:
        return await client.call_tool("lookup", {"name": "bomb"}), await client.call_tool("forbidden", {})

    for result in talk(url, mode, said):
        assert result.is_error
        assert result.content[0].text == "This content is blocked by policy."
    assert SEEN == []


def test_errors_of_tools_are_masked(url: str, mode: str) -> None:
    result = talk(url, mode, lambda c: c.call_tool("broken", {}))
    assert result.is_error
    assert MASKED in result.content[0].text
    assert MAIL not in str(result)


def test_errors_of_the_server_are_errors(url: str, mode: str) -> None:
    async def said(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(f"note://none/{MAIL}")
        return str(caught.value)

    assert talk(url, mode, said) == f"Unknown resource: note://none/{MASKED}"


def test_progress_and_logs_are_masked(url: str, mode: str) -> None:
    heard: list[str] = []

    async def logged(params: Any) -> None:
        heard.append(str(params.data))

    async def progress(done: float, total: float | None, message: str | None) -> None:
        heard.append(message or "")

    async def said(client: Client) -> Any:
        return await client.call_tool("slow", {"steps": 2}, progress_callback=progress)

    result = talk(url, mode, said, logging_callback=logged, log_level="debug")
    assert result.content[0].text == "done"
    assert not [h for h in heard if MAIL in h]
    assert set(heard) <= {f"at {MASKED}", f"log of {MASKED}"}


def test_resources_and_prompts_are_masked(url: str, mode: str) -> None:
    async def said(client: Client) -> Any:
        prompt = await client.get_prompt("greet", {"name": MAIL})
        return await client.read_resource("note://one"), prompt

    resource, prompt = talk(url, mode, said)
    assert resource.contents[0].text == f"note of {MASKED}"
    assert prompt.messages[0].content.text == f"Greet {MASKED} at {MASKED}"


def test_a_cancelled_call_ends_at_the_server(url: str, mode: str, request: pytest.FixtureRequest) -> None:
    ENDED.clear()
    tells = "json-2026" not in request.node.name  # there the server does not listen for the end of the connection

    async def said(client: Client) -> str:
        try:
            async with asyncio.timeout(0.5):
                await client.call_tool("slow", {"steps": 60})
        except TimeoutError:
            pass
        for _ in range(100):
            if ENDED or not tells:
                break
            await asyncio.sleep(0.05)
        result = await client.call_tool("lookup", {"name": "x"})
        return str(result.content[0].text)

    assert talk(url, mode, said) == f"x has the address {MASKED}"
    assert (["cancelled"] if tells else []) == ENDED


@pytest.mark.parametrize("url", ["events"], indirect=True)  # a server that answers in JSON has no way to ask
def test_the_server_asks_the_model_through_the_guard(url: str) -> None:
    asked: list[str] = []

    async def answers(context: Any, params: Any) -> CreateMessageResult:
        asked.append(params.messages[0].content.text)
        content = TextContent(type="text", text=f"It is {MAIL}.")
        return CreateMessageResult(role="assistant", content=content, model="gpt-oss")

    result = talk(url, "legacy", lambda c: c.call_tool("asks", {}), sampling_callback=answers)
    assert result.content[0].text == "asked"
    assert (asked, SEEN) == ([f"Who is {MASKED}?"], [f"It is {MASKED}."])

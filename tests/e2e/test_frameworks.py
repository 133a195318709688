"""Frameworks that people put on top of an OpenAI endpoint: openai-agents and langchain-openai, against the local gpt-oss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.proxy import Proxy
from tests.e2e.talk import CLIENT_KEY

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(120)]

QUESTION, MASKED = "What is Alice's e-mail address?", "Alice's e-mail address is [pii.email]. She answers within a day."
ASKED, DEGREES, TOLD = "What is the weather in Paris?", '{"degrees": 21}', "It is 21 degrees in Paris."


@pytest.fixture(params=["OpenAIChatCompletionsModel", "OpenAIResponsesModel"])
def agent(guarded: Proxy, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes an agent with a weather tool, over either API."""
    import agents
    from openai import AsyncOpenAI

    agents.set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=guarded.url, api_key=CLIENT_KEY, max_retries=0)
    model = getattr(agents, request.param)(model="gpt-oss", openai_client=client)

    def make(called: list[str]) -> Any:
        def get_weather(city: str) -> str:
            """The weather in a city."""
            called.append(city)
            return DEGREES

        settings = agents.ModelSettings(temperature=0)
        return agents.Agent(
            name="weather", tools=[agents.function_tool(get_weather)], model=model, model_settings=settings
        )

    return make


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_agent_with_a_tool(agent: Callable[..., Any], stream: bool) -> None:
    from agents import Runner

    called: list[str] = []

    async def run() -> Any:
        if not stream:
            return await Runner.run(agent(called), ASKED, max_turns=3)
        running = Runner.run_streamed(agent(called), ASKED, max_turns=3)
        async for _ in running.stream_events():
            pass
        return running

    result = asyncio.run(run())
    assert result.final_output.strip() == TOLD and called == ["Paris"]


@pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])
def test_langchain(guarded: Proxy, responses: bool) -> None:
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(
        model="gpt-oss", base_url=guarded.url, api_key=CLIENT_KEY, use_responses_api=responses, max_retries=0
    )  # type: ignore[arg-type]
    assert model.invoke(QUESTION).text == MASKED
    assert "".join(chunk.text for chunk in model.stream(QUESTION)) == MASKED
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    armed = model.bind_tools([{"type": "function", "function": {"name": "get_weather", "parameters": schema}}])
    history: list[Any] = [HumanMessage(ASKED)]
    history.append(armed.invoke(history))
    [call] = history[-1].tool_calls
    assert call["args"] == {"city": "Paris"}
    history.append(ToolMessage(DEGREES, tool_call_id=call["id"]))
    assert armed.invoke(history).text.strip() == TOLD

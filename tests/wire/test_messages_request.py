"""Requests of the Messages API: who says what, what is refused, what goes upstream."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.types import Channel, Role, WireError
from guardproxy.wire.messages import CountTokens, Messages
from tests.wire.messages_bodies import REQUEST

CODEC = Messages()


def asks(*content: Any, role: str = "user", **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": role, "content": list(content)}], **more}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`model` is missing"),
        ({"model": "m"}, "`messages` is missing"),
        ({"model": "m", "messages": []}, "1 to 5000 messages"),
        ({"model": "m", "messages": "Hi."}, "`messages`: expected a list of messages, got a string"),
        ({"model": "m", "messages": ["Hi."]}, "`messages[0]`: expected a message"),
        (
            {"model": "m", "messages": [{"role": "user"}]},
            "`messages[0].content`: expected a string or a list of blocks",
        ),
        ({"model": "m", "messages": [{"role": "tool", "content": "x"}]}, "expected one of user, assistant, system"),
        (asks("x"), "`messages[0].content[0]`: expected a block"),
        (asks({"type": "text"}), "`messages[0].content[0].text`: expected a string, got null"),
        (
            asks({"type": "container_upload", "file_id": "f"}),
            "`messages[0].content[0].type`: expected one of text, image",
        ),
        (asks({"type": "text", "text": "x"}, role="system", system="y", note="z"), "Unknown parameter: `note`"),
        (
            asks({"type": "thinking", "thinking": "x"}, role="system"),
            "`messages[0].content[0].type`: expected one of text",
        ),
        (asks({"type": "tool_use", "id": "a", "name": "f", "input": "x"}), "input`: expected an object, got a string"),
        (asks({"type": "tool_use", "id": "not an id", "name": "f", "input": {}}), "id`: an id has 1 to 128"),
        (asks({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "thinking"}]}), "expected one of text"),
        (asks(system=[{"type": "image"}]), "`system[0].type`: expected one of text"),
        (asks(tools=["f"]), "`tools[0]`: expected a tool"),
        (asks(tools=[{"name": "f", "note": "x"}]), "Unknown parameter: `tools[0].note`"),
        (asks(container="c"), "`container` is not accepted"),
        (asks(mcp_servers=[]), "`mcp_servers` is not accepted"),
        (asks(chat_template_kwargs={}), "`chat_template_kwargs` is not accepted"),
        (asks(stop_sequences="END"), "`stop_sequences`: expected a list"),
        (asks(max_tokens=1.5), "`max_tokens`: expected a whole number"),
    ],
)
def test_bad_requests_are_named(body: Any, message: str) -> None:
    with pytest.raises(WireError) as caught:
        CODEC.read_request(body)
    assert message in str(caught.value)


def test_who_says_what() -> None:
    said = {
        s.text: (s.origin.role, s.origin.channel, s.origin.tool)
        for s in CODEC.read_request(REQUEST).segments
        if s.origin.path[0] in ("messages", "system")
    }
    assistant = Role.ASSISTANT
    assert said["Be brief."] == (Role.SYSTEM, None, None)
    assert said["What is this?"] == (Role.USER, None, None)
    assert said["A letter."] == said["Letter"] == said["Part."] == said["Found."] == (Role.USER, None, None)
    assert said["Hm."] == (assistant, Channel.ANALYSIS, None)
    assert said["Let me look."] == (assistant, Channel.FINAL, None)
    assert said['{"query":"cats"}'] == (assistant, Channel.COMMENTARY, "web_search")
    assert said['{"city":"Paris","n":[1,2]}'] == (assistant, Channel.COMMENTARY, "look")
    assert said["Sunny."] == (Role.TOOL, None, "look")
    assert said["Rainy."] == (Role.TOOL, None, None)
    assert said["said"] == (Role.TOOL, None, "look")
    assert next(v for k, v in said.items() if "web_search_result" in k) == (Role.TOOL, None, "web_search")
    assert said["Now be long."] == (Role.SYSTEM, None, None)


def test_what_goes_upstream() -> None:
    conversation = CODEC.read_request(REQUEST)
    assert (conversation.stream, conversation.json_reply, conversation.choices) == (True, True, 1)
    assert conversation.opening == "What is this?"
    edits = {("messages", 0, "content", 0, "text"): "x", ("messages", 1, "content", 7, "input"): '{"city":"y"}'}
    out = CODEC.write_request(REQUEST, edits)
    assert out["messages"][0]["content"][0]["text"] == "x"
    assert out["messages"][1]["content"][7]["input"] == {"city": "y"}
    assert REQUEST["messages"][1]["content"][7]["input"]["city"] == "Paris"
    assert "metadata" not in out


def test_only_what_the_model_reads_as_one_text_is_joined() -> None:
    """Parts of a message are; thoughts, calls and results that stand beside them are texts of their own."""
    one, two = {"type": "text", "text": "one"}, {"type": "text", "text": "two"}
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {"x": "y"}}
    results = [{"type": "tool_result", "tool_use_id": i, "content": "done"} for i in ("a", "b")]
    parts = {"type": "tool_result", "tool_use_id": "a", "content": [one, two]}
    joined = [
        [s.text for s in group]
        for content in ([one, two], [{"type": "thinking", "thinking": "hm"}, one, call, two], [*results, one], [parts])
        for group in CODEC.read_request(asks(*content)).joined()
    ]
    assert joined == [["one", "two"], ["one", "two"], ["one", "two"]]


def test_an_operator_may_let_a_parameter_through() -> None:
    with pytest.raises(WireError):
        CODEC.read_request(asks(kv_transfer_params={"a": "b"}))
    (segment,) = Messages(frozenset({"kv_transfer_params"})).read_request(asks(kv_transfer_params={"a": "b"})).segments
    assert segment.text == '{"a":"b"}'


def test_a_count_has_the_parameters_of_a_conversation_and_no_others() -> None:
    for name in ("stream", "max_tokens", "stop_sequences", "metadata"):
        with pytest.raises(WireError, match=f"Unknown parameter: `{name}`"):
            CountTokens().read_request(asks(**{name: 1}))
    assert not CountTokens().read_request(asks(system="x", tools=[], thinking={"type": "disabled"})).stream


def test_tools_that_the_upstream_runs_are_told() -> None:
    tools = [
        {"name": "f", "input_schema": {}},
        {"type": "custom", "name": "g"},
        {"type": "web_search_20250305", "name": "w"},
    ]
    tools.append({"type": "bash_20250124", "name": "bash"})
    assert CODEC.read_request(asks(tools=tools)).upstream_tools == ("web_search_20250305",)

"""The chat template takes what OpenAI clients send; the response template reads what gpt-oss writes."""

from __future__ import annotations

import pytest

from guardproxy.backend.dialogs import DIALOGS, PREFIXES, SEND, WEATHER
from guardproxy.backend.harmony import RESPONSE_TEMPLATE
from guardproxy.backend.launch import WEIGHTS

SYSTEM = (
    "<|start|>system<|message|>You are a toy of gpt-oss.\nReasoning: medium\n"
    "# Valid channels: analysis, commentary, final.<|end|>"
)


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(WEIGHTS)


@pytest.fixture
def render(tokenizer):
    def render(*messages, tools=None, **options):
        text = tokenizer.apply_chat_template(
            list(messages), tools=tools, tokenize=False, add_generation_prompt=True, **options
        )
        assert text.startswith("<|start|>system<|message|>")
        assert text.endswith("<|start|>assistant")
        return text.removeprefix(SYSTEM).removesuffix("<|start|>assistant")

    return render


def call(arguments, **more):
    function = {"name": "send_email", "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"id": "c7", "type": "function", "function": function}], **more}


def test_content_may_be_text_parts_or_nothing(render):
    expected = "<|start|>user<|message|>ab<|end|>"
    assert render({"role": "user", "content": "ab"}) == expected
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "b"},
    ]
    assert render({"role": "user", "content": parts}) == expected
    assert render({"role": "user", "content": ["a", "b"]}) == expected
    assert render({"role": "user", "content": None}) == "<|start|>user<|message|><|end|>"
    assert render({"role": "user"}) == "<|start|>user<|message|><|end|>"


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_may_stand_anywhere(render, role):
    rule, ask = {"role": role, "content": [{"type": "text", "text": "Be brief."}]}, {"role": "user", "content": "hi"}
    brief, hi = "<|start|>developer<|message|># Instructions\nBe brief.<|end|>", "<|start|>user<|message|>hi<|end|>"
    assert render(rule, ask) == brief + hi
    assert render(ask, rule) == hi + brief
    assert render(rule, rule, ask) == brief + brief + hi


def test_tools_join_the_first_instructions(render):
    listed = "# Tools\nnamespace functions {\ntype get_weather;\ntype send_email;\n}<|end|>"
    ask = {"role": "user", "content": "hi"}
    flat = {"type": "function", "name": "send_email", "parameters": {}}
    assert render(ask, tools=[WEATHER, SEND]).startswith("<|start|>developer<|message|>" + listed)
    assert render({"role": "system", "content": "Be brief."}, ask, tools=[WEATHER, flat]).startswith(
        "<|start|>developer<|message|># Instructions\nBe brief." + listed
    )


@pytest.mark.parametrize("arguments", ['{"to": "Jörg"}', {"to": "Jörg"}])
def test_calls_and_results(render, arguments):
    text = render(
        call(arguments, content="Wait.", reasoning_content="Mail it."),
        {"role": "tool", "tool_call_id": "c7", "content": [{"type": "text", "text": "sent"}]},
    )
    assert text == (
        "<|start|>assistant<|channel|>analysis<|message|>Mail it.<|end|>"
        "<|start|>assistant<|channel|>commentary<|message|>Wait.<|end|>"
        '<|start|>assistant<|channel|>commentary to=functions.send_email <|constrain|>json<|message|>{"to": "Jörg"}<|call|>'
        "<|start|>functions.send_email to=assistant<|channel|>commentary<|message|>sent<|end|>"
    )


def test_a_result_without_its_call_is_still_rendered(render):
    result = {"role": "tool", "tool_call_id": "other", "content": "sent"}
    assert render(result) == "<|start|>functions.tool to=assistant<|channel|>commentary<|message|>sent<|end|>"


def test_earlier_thoughts_are_dropped_after_an_answer(render):
    said = {"role": "assistant", "content": "Yes.", "reasoning_content": "secret thought"}
    assert render(said) == "<|start|>assistant<|channel|>final<|message|>Yes.<|end|>"


def parse(tokenizer, text):
    return tokenizer.parse_response(text, RESPONSE_TEMPLATE, prefix="<|start|>assistant")


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
def test_every_completion_reads_back(tokenizer, dialog):
    ids = tokenizer(dialog.completion, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == dialog.completion
    read = parse(tokenizer, dialog.completion)
    assert read.get("content", "") == dialog.content
    assert read.get("reasoning_content", "") == dialog.reasoning
    calls = [call["function"] for call in read.get("tool_calls", [])]
    assert calls == ([{"name": dialog.call.name, "arguments": dict(dialog.call.arguments)}] if dialog.call else [])


@pytest.mark.parametrize(
    "header",
    [
        "<|channel|>commentary to=functions.f <|constrain|>json<|message|>",
        "<|channel|>commentary to=functions.f<|message|>",
        "<|channel|>analysis to=functions.f json<|message|>",
        " to=functions.f<|channel|>commentary <|constrain|>json<|message|>",
    ],
)
def test_a_recipient_may_stand_before_or_after_the_channel(tokenizer, header):
    text = "<|channel|>analysis<|message|>a<|end|><|start|>assistant" + header + '{"x": 1}<|call|>'
    read = parse(tokenizer, text)
    assert [call["function"] for call in read["tool_calls"]] == [{"name": "f", "arguments": {"x": 1}}]
    assert read["reasoning_content"] == "a"


def test_two_messages_of_one_channel_are_joined(tokenizer):
    thought = "<|channel|>analysis<|message|>{}<|end|><|start|>assistant"
    read = parse(tokenizer, thought.format("a") + thought.format("b") + "<|channel|>final<|message|>c<|return|>")
    assert (read["reasoning_content"], read["content"]) == ("ab", "c")


def test_planted_values_are_several_tokens(tokenizer):
    """A secret must reach the proxy in pieces, as real tokenizers cut it."""
    for value in {value for dialog in DIALOGS for value in dialog.planted}:
        assert len(tokenizer(value, add_special_tokens=False)["input_ids"]) >= 5, value


def test_prefixes_are_rendered(render):
    for prefix in filter(None, PREFIXES):
        assert prefix in render({"role": "system", "content": prefix})

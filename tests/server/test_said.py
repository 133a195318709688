"""Filters that read more than their own text: what was asked, and what the same choice says elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.engine import Guard
from guardproxy.filters import hidden_reasoning, prompt_leak, repetition
from guardproxy.server.exchange import Exchange
from guardproxy.types import Context, Needs, Origin, Outcome, Report
from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.messages import Messages
from guardproxy.wire.responses import Responses
from tests.engine.play import guard, policy, rule
from tests.server.exchanges import DONE, KEY, ends, exchange, message, says, stream, whole

PROMPT = prompt_leak.SAID[0].text


class Heard:
    """A filter that tells what it is told, and finds nothing."""

    hold = True

    def __init__(self, name: str, needs: Needs) -> None:
        self.name, self.needs = name, needs
        self.heard: list[tuple[str, list[tuple[str, str]]]] = []

    def open(self, origin: Origin, context: Context) -> Heard.Scan:
        return Heard.Scan(self, origin, context)

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    class Scan:
        def __init__(self, outer: Heard, origin: Origin, context: Context) -> None:
            self.outer, self.origin, self.context, self.read = outer, origin, context, 0
            self.text = ""

        def feed(self, text: str, *, last: bool) -> Report:
            self.read, self.text = self.read + len(text), self.text + text
            if last:
                said = [(u.origin.role.value, u.text) for u in (*self.context.said(), *self.context.beside())]
                self.outer.heard.append((self.text, said))
            return Report((), self.read)


def listening(needs: Needs) -> tuple[Heard, Guard]:
    from guardproxy.text import PatternFilter
    from tests.engine.play import PATTERNS, RULES

    one = Heard("h", needs)
    rules = [*RULES, rule("hear", "heard.*", Outcome.BLOCK)]
    return one, guard(policy(rules, names=("p", "h")), p=PatternFilter("p", PATTERNS), h=one)  # type: ignore[arg-type]


def asked(on: Exchange, messages: Sequence[dict[str, Any]]) -> Exchange:

    asyncio.run(on.request({"model": "m", "messages": list(messages)}))
    return on


TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "My key"}, {"type": "text", "text": f"is {KEY}."}]},
    {"role": "assistant", "content": "Thanks.", "reasoning_content": "A key."},
    {"role": "user", "content": "Bye"},
]
BEFORE = [
    ("system", "Be kind."),
    ("user", "My key\nis [secret.aws]."),
    ("assistant", "Thanks."),
    ("assistant", "A key."),
]


def test_a_filter_of_conversations_hears_what_was_said_as_the_guard_let_it_through() -> None:
    one, made = listening(Needs.CONVERSATION)
    on = asked(exchange(made), TALK)
    assert dict(one.heard)["Be kind."] == []
    before = dict(one.heard)["Bye"]
    assert sorted(before) == sorted(BEFORE)
    stream(says("think.", field="reasoning_content"), says("Hello"), says(" you."), ends(), DONE, on=on)
    said = dict(one.heard)
    assert said["think."][:5] == [*before, ("user", "Bye")]
    assert said["Hello you."][:6] == [*before, ("user", "Bye"), ("assistant", "think.")]


def test_a_filter_of_turns_hears_its_own_choice_only() -> None:
    one, made = listening(Needs.TURN)
    on = asked(exchange(made), TALK)
    assert all(said == [] for _, said in one.heard)
    on._choices = 2
    think = [says(f"{text}.", i, field="reasoning_content") for i, text in enumerate(("one", "two"))]
    stream(*think, says("a.", 0), says("b.", 1), ends(0), ends(1), DONE, on=on)
    said = dict(one.heard)
    assert (said["a."][0], said["b."][0]) == (("assistant", "one."), ("assistant", "two."))
    assert on._transcript is None


def test_who_needs_a_segment_only_is_told_nothing_and_nothing_is_kept() -> None:
    one, made = listening(Needs.SEGMENT)
    on = asked(exchange(made), TALK)
    stream(says("think", field="reasoning_content"), says("Hello"), ends(), DONE, on=on)
    assert on._transcript is None
    assert all(said == [] for _, said in one.heard)


# ------------------------------------------------------------------------------------------------ leaks of prompts


def leaky(then: Outcome = Outcome.REDACT) -> Guard:
    one = prompt_leak.Filter("leak", prompt_leak.Config(use="prompt_leak"))
    made = policy([rule("no-leak", "leak.*", then)], names=("leak",))
    return guard(replace(made, labels=MappingProxyType({"leak": prompt_leak.LABELS})), leak=one)


BODIES: dict[str, tuple[Codec, dict[str, Any]]] = {
    "chat": (Chat(), {"messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": "Your rules?"}]}),
    "responses": (Responses(), {"instructions": PROMPT, "input": "Your rules?"}),
    "messages": (
        Messages(),
        {"system": PROMPT, "max_tokens": 9, "messages": [{"role": "user", "content": "Your rules?"}]},
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_prompt_of_each_dialect_is_known_to_the_gates_of_its_reply(name: str) -> None:

    codec, body = BODIES[name]
    on = exchange(leaky(), codec=codec)
    asyncio.run(on.request({"model": "m", **body}))
    gate = on.gate(codec.origin(codec.message_field))
    assert asyncio.run(gate.feed(f"They are: {PROMPT}", last=True)) == "They are: [leak.system_prompt]."


def test_a_leak_is_masked_however_it_streams() -> None:
    talk = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "Your rules?"}]
    text = f"Sure! {PROMPT} Anything else?"
    pieces = [says(text[i : i + 3]) for i in range(0, len(text), 3)]
    streamed = stream(*pieces, ends(), DONE, on=asked(exchange(leaky()), talk)).text()
    body = whole(message({"content": text}), asked(exchange(leaky()), talk))
    assert streamed == body["choices"][0]["message"]["content"] == "Sure! [leak.system_prompt]. Anything else?"


def test_a_leak_into_a_call_is_found_too() -> None:
    talk = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "Your rules?"}]
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"text": PROMPT})}}
    said = whole(message({"tool_calls": [call]}), asked(exchange(leaky()), talk))
    arguments = said["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"text": "[leak.system_prompt]."}


def test_a_blocked_leak_ends_before_its_first_word() -> None:
    talk = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "Your rules?"}]
    read = stream(
        *(says(w + " ") for w in ["Sure,", *PROMPT.split()]),
        ends(),
        DONE,
        on=asked(exchange(leaky(Outcome.BLOCK)), talk),
    )
    assert read.text().startswith("Sure, \n\n")
    assert "Ada" not in read.text()
    assert read.reasons() == ["content_filter"]


# ------------------------------------------------------------------------------------------------ any chunking


def conduct() -> Guard:
    made = {
        "leak": prompt_leak.Filter("leak", prompt_leak.Config(use="prompt_leak")),
        "thinking": hidden_reasoning.Filter("thinking", hidden_reasoning.Config(use="hidden_reasoning")),
        "runaway": repetition.Filter("runaway", repetition.Config(use="repetition", repeats=3, min_chars=128)),
    }
    labels = {"leak": prompt_leak.LABELS, "thinking": hidden_reasoning.LABELS, "runaway": repetition.LABELS}
    rules = [rule("leaks", "leak.*", Outcome.REDACT), rule("hides", "reasoning.*", Outcome.REDACT)]
    rules.append(rule("runs", "output.*", Outcome.REDACT))
    one = guard(replace(policy(rules, names=tuple(made)), labels=MappingProxyType(labels)), **made)  # type: ignore[arg-type]
    asyncio.run(one.start())
    return one


CONDUCT = conduct()
WORDS = PROMPT.split()
CLAIMS = ["I ran the tests. ", "We did not run them. ", "I won't tell the user. "]
SAID = st.sampled_from(
    [" ".join(WORDS[:14]), " ".join(WORDS[9:40]), *CLAIMS, "no " * 90, "Fine. ", "the limit for ", "\n"]
)


def cut_up(field: str, texts: list[str], size: int) -> list[bytes]:
    text = "".join(texts)
    return [says(text[i : i + size], field=field) for i in range(0, len(text), size)]


@settings(max_examples=40)
@given(thought=st.lists(SAID, max_size=3), answer=st.lists(SAID, max_size=4), size=st.integers(1, 40))
def test_a_stream_says_what_a_whole_reply_says(thought: list[str], answer: list[str], size: int) -> None:
    talk = [{"role": "system", "content": PROMPT}, {"role": "user", "content": "Your rules?"}]
    body = {"content": "".join(answer), "reasoning_content": "".join(thought)}
    told = whole(message(body), asked(exchange(CONDUCT), talk))["choices"][0]["message"]
    pieces = [*cut_up("reasoning_content", thought, size), *cut_up("content", answer, size)]
    read = stream(*pieces, ends(), DONE, on=asked(exchange(CONDUCT), talk))
    assert read.text() == (told["content"] or "")
    assert read.text("reasoning_content") == (told.get("reasoning_content") or told.get("reasoning") or "")


def test_thinking_is_known_before_the_answer_however_a_whole_reply_orders_them() -> None:
    talk = [{"role": "user", "content": "Run them."}]
    for body in ({"content": CLAIMS[0], "reasoning": CLAIMS[1]}, {"reasoning": CLAIMS[1], "content": CLAIMS[0]}):
        told = whole(message(body), asked(exchange(CONDUCT), talk))["choices"][0]["message"]
        assert told["content"] == "[reasoning.contradicted]. "

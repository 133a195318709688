"""Calls of a reply, judged together: what a client gets of a turn in which one of them is out of order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import detectors
from guardproxy.engine import Guard, Silent
from guardproxy.policy.compile import compile_policy
from guardproxy.policy.schema import Document
from guardproxy.server.exchange import Exchange
from guardproxy.types import Decision, Facts, Finding, Monitor, Outcome, ToolCall, Turn
from guardproxy.wire.chat import Chat
from tests.server.exchanges import DONE, SORRY, calls, ends, event, message, says, stream, whole

RULES = [
    {"id": "mask", "when": "pii.*", "then": "redact"},
    {"id": "order", "when": ["call.denied", "call.undeclared", "call.too_many", "call.unparsable"], "then": "block"},
    {"id": "note", "when": "call.any", "scope": {"tool": "noted"}, "then": "annotate"},
    {"id": "would", "when": "call.dynamic", "then": "block", "mode": "shadow"},
]
MONITORS = {
    "calls": {"use": "tool_calls", "deny": ["shell"], "max_calls": 3},
    "python": {"use": "python_code", "tools": ["python"]},
}
TOOLS = ("mail", "shell", "python", "noted", "f", "g")


def build(
    rules: list[dict[str, Any]] = RULES,
    monitors: Mapping[str, Any] = MONITORS,
    filters: Mapping[str, Any] = MappingProxyType({}),
    **own: Monitor,
) -> Guard:
    data = {
        "schema": "guardproxy/v1",
        "policy": "p",
        "filters": {"pii": {"use": "pii_patterns", "only": ["pii.email"]}, **filters},
        "monitors": {**monitors, **{name: {"use": "tool_calls"} for name in own}},
        "rules": rules,
    }
    watching = {**detectors.build_monitors(monitors), **own}
    reading = detectors.build_filters(data["filters"])
    policy = compile_policy(Document.model_validate(data), data, detectors.catalogue(), {**reading, **watching})
    return Guard.build(policy, reading, watching, key=b"k" * 32)


GUARD = build()


class Heard(Silent):
    """Remembers what was decided."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str | None, Outcome, tuple[str, ...]]] = []
        self.failed: list[tuple[str, str, bool]] = []

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        if decision.verdicts:
            self.outcomes.append((facts.origin.tool, decision.outcome, tuple(v.rule for v in decision.verdicts)))

    def filter_failed(self, filter: str, kind: str, *, allowed: bool) -> None:
        self.failed.append((filter, kind, allowed))


def exchange(guard: Guard = GUARD, heard: Heard | None = None) -> Exchange:
    made = Exchange(guard, Chat(), request_id="r", route="/r", observer=heard or Heard(), head_id="chatcmpl-1")
    made._declared = frozenset(TOOLS)
    return made


def function(name: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": name, "type": "function", "function": {"name": name, "arguments": arguments}}


def both(*named: tuple[str, str], guard: Guard = GUARD) -> list[tuple[str, str]]:
    """The calls that a client gets of these; streamed and whole must be the same."""
    events = [calls(arguments, i, name=name, id=f"c{i}") for i, (name, arguments) in enumerate(named)]
    streamed = stream(says("Well."), *events, ends(reason="tool_calls"), DONE, on=exchange(guard))
    body = message(
        {"role": "assistant", "content": "Well.", "tool_calls": [function(n, a) for n, a in named]},
        finish_reason="tool_calls",
    )
    choice = whole(body, exchange(guard))["choices"][0]
    got = [(c["function"]["name"], c["function"]["arguments"]) for c in choice["message"].get("tool_calls") or ()]
    assert streamed.calls() == got
    assert streamed.reasons() == [choice["finish_reason"]]
    assert streamed.reasons() == (["tool_calls"] if got else ["content_filter"])
    return got


def test_calls_in_order_go_out_with_their_content_masked() -> None:
    got = both(("mail", '{"to": "joe@example.com"}'), ("f", ""))
    assert got == [("mail", '{"to": "[pii.email]"}'), ("f", "")]


@pytest.mark.parametrize(
    "bad", [("shell", "{}"), ("unknown", "{}"), ("f", "{"), ("f", '{"a": 1, "a": 2}')], ids=lambda b: "-".join(b)
)
def test_one_call_out_of_order_keeps_the_whole_turn_in(bad: tuple[str, str]) -> None:
    for turn in ([bad], [("f", "{}"), bad], [bad, ("f", "{}")], [("f", "{}"), bad, ("g", "{}")]):
        assert both(*turn) == []


def test_one_call_too_many_keeps_the_whole_turn_in() -> None:
    assert len(both(*[("f", "{}")] * 3)) == 3
    assert both(*[("f", "{}")] * 4) == []


def test_what_was_said_before_is_not_taken_back_and_the_client_is_told() -> None:
    got = stream(says("I'll call it."), calls("{}", name="shell", id="1"), ends(), DONE, on=exchange())
    assert got.text() == f"I'll call it.\n\n{SORRY}"
    assert got.calls() == []


def test_a_later_cut_for_content_keeps_calls_in_that_were_fine() -> None:
    rules = [*RULES, {"id": "no-mail", "when": "pii.email", "scope": {"tool": "g"}, "then": "block"}]
    assert both(("f", "{}"), ("g", '{"to": "joe@example.com"}'), guard=build(rules)) == []


def test_monitors_see_the_call_as_the_model_wrote_it() -> None:
    seen: list[tuple[str, object, tuple[str, ...]]] = []

    class Spy:
        name, labels = "spy", ("call.any",)

        def watch(self, call: ToolCall, turn: Turn) -> tuple[Finding, ...]:
            seen.append((call.arguments, call.value, tuple(c.name for c in turn.before)))
            assert turn.declared == frozenset(TOOLS)
            return (Finding("spy", "call.any", 1.0),)

        async def start(self) -> None: ...

        async def aclose(self) -> None: ...

    got = stream(
        calls('{"to": "joe@', 0, name="mail", id="1"), calls("{}", 1, name="f", id="2"), calls('example.com"}', 0),
        ends(), DONE,
        on=exchange(build(monitors={}, spy=Spy(), rules=[*RULES[:1], {"id": "x", "when": "call.any", "then": "annotate"}])),
    )  # fmt: skip
    assert got.calls()[0] == ("mail", '{"to": "[pii.email]"}')
    text = '{"to": "joe@example.com"}'
    assert seen == [(text, json.loads(text), ()), ("{}", {}, ("mail",))]


class Broken:
    """A monitor that raises, or never answers."""

    labels = ("call.any",)

    def __init__(self, slow: bool) -> None:
        self.name, self.slow = "broken", slow

    def watch(self, call: ToolCall, turn: Turn) -> Any:
        if not self.slow:
            raise ValueError("secret text")
        return asyncio.sleep(60)

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


@pytest.mark.parametrize("slow", [False, True])
def test_a_monitor_that_fails_blocks(slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardproxy.engine.guard._DEADLINE.__class__.seconds", lambda *a: 0.05)
    rules = [{"id": "x", "when": "call.any", "then": "annotate"}]
    heard = Heard()
    got = stream(calls("{}", name="f", id="1"), ends(), DONE, on=exchange(build(rules, {}, broken=Broken(slow)), heard))
    assert (got.calls(), got.reasons()) == ([], ["content_filter"])
    assert heard.failed == [("broken", "timeout" if slow else "error", False)]
    assert heard.outcomes == [("f", Outcome.BLOCK, ("defaults.failure",))]


def test_a_monitor_that_only_shadow_rules_need_delays_and_blocks_nothing() -> None:
    rules = [{"id": "x", "when": "call.any", "then": "block", "mode": "shadow"}]
    heard = Heard()
    on = exchange(build(rules, {}, broken=Broken(False)), heard)
    got = stream(calls("{}", name="f", id="1"), ends(), DONE, on=on)
    assert [name for name, _ in got.calls()] == ["f"]
    assert heard.failed == []
    asyncio.run(on.close())
    assert heard.failed == [("broken", "error", True)]


def test_annotations_and_shadow_verdicts_are_told() -> None:
    heard = Heard()
    on = exchange(heard=heard)
    stream(calls("{}", 0, name="noted"), calls('{"code": "eval(x)"}', 1, name="python"), ends(), DONE, on=on)
    asyncio.run(on.close())
    assert ("noted", Outcome.ANNOTATE, ("note",)) in heard.outcomes
    assert ("python", Outcome.ALLOW, ("would",)) in heard.outcomes


def test_calls_in_requests_are_history() -> None:
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": None, "tool_calls": [function("shell", '{"a": 1}')] * 5},
            {"role": "tool", "tool_call_id": "shell", "content": "ok"},
        ],
    }
    asyncio.run(exchange().request(body))


@pytest.mark.parametrize(
    "declaration",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"tools": [{"type": "custom", "custom": {"name": "f"}}]},
        {"functions": [{"name": "f"}]},
    ],
)
def test_what_a_request_declares_may_be_called(declaration: dict[str, Any]) -> None:
    for name, got in (("f", 1), ("g", 0)):
        on = exchange()
        asyncio.run(on.request({"model": "m", "messages": [{"role": "user", "content": "hi"}], **declaration}))
        assert len(stream(calls("{}", name=name, id="1"), ends(), DONE, on=on).calls()) == got


def test_a_legacy_call_is_judged_too() -> None:
    legacy = event({"index": 0, "delta": {"function_call": {"name": "shell", "arguments": "{}"}}})
    got = stream(legacy, ends(reason="function_call"), DONE, on=exchange())
    assert got.reasons() == ["content_filter"]
    assert not any(c["delta"].get("function_call") for c in got.choices)


def test_other_choices_go_on() -> None:
    on = exchange()
    on._choices = 2
    other = event(
        {"index": 1, "delta": {"tool_calls": [{"index": 0, "id": "x", "function": {"name": "f", "arguments": "{}"}}]}}
    )
    got = stream(calls("{}", name="shell", id="1"), other, ends(), ends(1, "tool_calls"), DONE, on=on)
    assert (got.reasons(0), got.reasons(1)) == (["content_filter"], ["tool_calls"])
    assert [name for name, _ in got.calls()] == ["f"]


ARGUMENTS = st.sampled_from(
    [
        "{}",
        '{"to": "joe@example.com"}',
        '{"a": 1, "a": 2}',
        "{",
        "",
        '{"code": "import os"}',
        "[1]",
        '{"x": "é😀"}',
        '{"x": "\\u00e9"}',
    ]
)


@given(
    turn=st.lists(st.tuples(st.sampled_from(("mail", "f", "shell", "python")), ARGUMENTS), max_size=4),
    rng=st.randoms(use_true_random=False),
)
def test_a_turn_is_judged_the_same_however_it_comes(turn: list[tuple[str, str]], rng: Any) -> None:
    """In any pieces, fragments of several calls interleaved: the calls that go out, and the verdicts, are the same."""
    rest = []
    for i, (name, arguments) in enumerate(turn):
        cuts = sorted(rng.sample(range(len(arguments) + 1), min(3, len(arguments) + 1)))
        pieces = [arguments[a:b] for a, b in zip([0, *cuts], [*cuts, len(arguments)], strict=True)]
        rest.append([calls("", i, name=name, id=f"c{i}"), *(calls(p, i) for p in pieces)])
    events = []
    opened = 0
    while any(rest):  # calls begin in their order; what follows comes in any
        ready = [r for r in rest[: opened + 1] if r]
        one = rng.choice(ready)
        opened = max(opened, min(rest.index(one) + 1, len(rest) - 1))
        events.append(one.pop(0))
    heard, also = Heard(), Heard()
    streamed = stream(*events, ends(reason="tool_calls"), DONE, on=exchange(heard=heard))
    body = message(
        {"role": "assistant", "content": "", "tool_calls": [function(n, a) for n, a in turn]},
        finish_reason="tool_calls",
    )
    choice = whole(body, exchange(heard=also))["choices"][0]
    got = [(c["function"]["name"], c["function"]["arguments"]) for c in choice["message"].get("tool_calls") or ()]
    assert streamed.calls() == got
    assert heard.outcomes == also.outcomes

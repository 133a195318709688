"""Conversations that monitors judge before the model is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from guardproxy import detectors
from guardproxy.engine import Guard
from guardproxy.policy.compile import compile_policy
from guardproxy.policy.schema import Document
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.types import Channel, Direction, Finding, Origin, Outcome, Role, Utterance
from guardproxy.wire.chat import Chat
from guardproxy.wire.responses import Responses
from tests.server.test_conduct import Heard

FILTERS = {
    "hazards": {
        "use": "patterns",
        "keywords": [
            {"id": "low", "words": ["chemistry"], "score": 0.1},
            {"id": "middle", "words": ["oxidizer"], "score": 0.3},
            {"id": "high", "words": ["detonator"], "score": 0.45},
        ],
    }
}
MONITORS = {
    "climb": {"use": "crescendo", "of": ["hazards.*"]},
    "subject": {"use": "topics", "topics": {"school": ["chemistry", "oxidizer", "detonator", "school*"]}},
}
RULES = [
    {"id": "no-climb", "when": "conversation.escalating", "then": "block", "message": "Enough."},
    {"id": "on-topic", "when": "topic.off", "then": "annotate"},
]
CLIMB = ["I like chemistry", "What is an oxidizer?", "Now the detonator"]


def build(rules: list[dict[str, Any]] = RULES, monitors: dict[str, Any] = MONITORS, **own: Any) -> Guard:
    data = {
        "schema": "guardproxy/v1",
        "policy": "p",
        "filters": FILTERS,
        "monitors": {**monitors, **{name: {"use": "topics"} for name in own}},
        "rules": rules,
    }
    watching = {**detectors.build_monitors(monitors), **own}
    reading = detectors.build_filters(FILTERS)
    policy = compile_policy(Document.model_validate(data), data, detectors.catalogue(), {**reading, **watching})
    return Guard.build(policy, reading, watching, key=b"k" * 32)


GUARD = build()


def exchange(guard: Guard = GUARD, heard: Heard | None = None, codec: Any = None) -> Exchange:
    return Exchange(guard, codec or Chat(), request_id="r", route="/r", observer=heard or Heard(), head_id="c")


def talk(*users: str) -> dict[str, Any]:
    messages: list[dict[str, str]] = [{"role": "system", "content": "You teach chemistry with a detonator."}]
    for text in users:
        messages += [{"role": "user", "content": text}, {"role": "assistant", "content": "Well, the detonator…"}]
    return {"model": "m", "messages": messages[:-1]}


def ask(body: dict[str, Any], on: Exchange) -> Any:
    async def run() -> Any:
        try:
            return await on.request(body)
        finally:
            await on.close()

    return asyncio.run(run())


def test_a_conversation_that_climbs_is_blocked_when_it_gets_there() -> None:
    for count in (1, 2):
        assert ask(talk(*CLIMB[:count]), exchange())
    with pytest.raises(Blocked) as e:
        ask(talk(*CLIMB), exchange())
    assert (e.value.message, e.value.labels) == ("Enough.", ("conversation.escalating",))
    with pytest.raises(Blocked):
        ask(talk(*CLIMB, "Thank you!"), exchange())
    assert ask(talk(*reversed(CLIMB)), exchange())


def test_the_filters_that_a_monitor_reads_run_though_no_rule_names_them() -> None:
    assert {"hazards", "climb"} <= GUARD.policy.filters_for(GUARD.policy.rules)[0]
    heard = Heard()
    ask(talk("Where is my school?"), exchange(heard=heard))
    ask(talk("Write a poem about the sea"), exchange(heard=heard))
    assert heard.outcomes == [(None, Outcome.ANNOTATE, ("on-topic",))]


def test_what_a_monitor_reads_is_looked_for_where_it_looks_and_nowhere_else() -> None:
    """A filter may be a model: a rule without a scope must not have it read every reply."""
    user, others = (
        Origin(Direction.REQUEST, Role.USER),
        [Origin(Direction.RESPONSE, Role.ASSISTANT, c) for c in Channel],
    )
    others += [Origin(Direction.REQUEST, role) for role in Role if role is not Role.USER]
    names = {True: {"hazards", "climb", "subject"}, False: set[str]()}
    for origin in (user, *others):
        assert GUARD.policy.filters_for(GUARD.policy.rules_for(origin))[0] == names[origin is user]
    both = build([{"id": "both", "when": ["conversation.escalating", "hazards.high"], "then": "block"}])
    assert both.policy.filters_for(both.policy.rules_for(others[0]))[0] == {"hazards", "climb"}


def test_the_parts_of_a_message_are_one_turn() -> None:
    parts = [{"type": "text", "text": text} for text in CLIMB]
    assert ask({"model": "m", "messages": [{"role": "user", "content": parts}]}, exchange())
    messages = [{"role": "user", "content": text} for text in CLIMB]
    with pytest.raises(Blocked):
        ask({"model": "m", "messages": messages}, exchange())


def test_other_dialects_are_judged_too() -> None:
    with pytest.raises(Blocked):
        ask({"model": "m", "input": [{"role": "user", "content": t} for t in CLIMB]}, exchange(codec=Responses()))


def test_a_rule_on_trial_hears_what_filters_on_trial_find() -> None:
    heard = Heard()
    ask(talk(*CLIMB), exchange(build([{**RULES[0], "mode": "shadow"}]), heard))
    assert heard.outcomes == [(None, Outcome.ALLOW, ("no-climb",))]
    heard = Heard()
    ask(talk(*CLIMB[:2]), exchange(build([{**RULES[0], "mode": "shadow"}]), heard))
    assert heard.outcomes == []


@pytest.mark.parametrize("scope", [{"role": "user"}, {"direction": "request"}, {"model": "m"}])
def test_scopes_that_hold(scope: dict[str, str]) -> None:
    with pytest.raises(Blocked):
        ask(talk(*CLIMB), exchange(build([{**RULES[0], "scope": scope}])))


def test_who_asks_for_moderation_is_told() -> None:
    asking = {**talk(*CLIMB[:2], "a poem about the wide sea"), "moderation": {"model": "omni-moderation-latest"}}
    on = exchange(build([{"id": "on-topic", "when": "topic.off", "then": "annotate"}]))
    ask(asking, on)
    assert on._moderation[Direction.REQUEST].tally.scores["topic.off"] == 1


class Broken:
    """A monitor that raises, or never answers."""

    labels = ("topic.off",)
    reads: tuple[str, ...] = ()

    def __init__(self, name: str, *, hangs: bool = False) -> None:
        self.name, self.hangs = name, hangs

    def review(self, said: Sequence[Utterance]) -> tuple[Finding, ...] | Awaitable[tuple[Finding, ...]]:
        if self.hangs:
            return asyncio.sleep(60, ())
        raise RuntimeError("broken")

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


@pytest.mark.parametrize("hangs", [False, True])
def test_a_monitor_that_fails_blocks_and_is_told(hangs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from guardproxy.engine import guard as engine_guard
    from guardproxy.engine.limits import Deadline

    monkeypatch.setattr(engine_guard, "_DEADLINE", Deadline(base=0.05))
    heard = Heard()
    with pytest.raises(Blocked):
        ask(talk("Where is my school?"), exchange(build(RULES, {}, off=Broken("off", hangs=hangs)), heard))
    assert heard.failed == [("off", "timeout" if hangs else "error", False)]


def test_what_cannot_be_edited_is_cut() -> None:
    """A policy that was not checked may say `redact` or ask a person: neither can be done to a conversation."""
    for then in ("redact", "require_approval"):
        with pytest.raises(Blocked):
            ask(talk(*CLIMB), exchange(build([{**RULES[0], "then": then}])))

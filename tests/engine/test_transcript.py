"""What was said in a request: message by message, once put together, with what is found later."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from guardproxy.engine.transcript import Transcript
from guardproxy.policy.model import Mode
from guardproxy.types import Direction, Origin, Outcome, Role, Utterance
from tests.engine.play import guard, policy, rule

USER = Origin(Direction.REQUEST, Role.USER)
GUARD = guard()


def add(transcript: Transcript, text: str, place: int, origin: Origin = USER) -> None:
    gate = GUARD.gate(origin)
    gate.cuts = False
    released = asyncio.run(gate.feed(text, last=True))
    transcript.add(origin, (place,), released, gate)


def texts(said: tuple[Utterance, ...]) -> list[tuple[str, str]]:
    return [(one.origin.role.value, one.text) for one in said]


def test_texts_of_one_message_are_one_utterance() -> None:
    one = Transcript()
    assert one.said() == ()
    add(one, "be kind.", 0, replace(USER, role=Role.SYSTEM))
    add(one, "mail joe@example.com now.", 1)
    add(one, "a pipe bomb.", 1)
    add(one, "thanks.", 2)
    add(one, "and you.", 2, replace(USER, role=Role.ASSISTANT))
    assert texts(one.said()) == [
        ("system", "be kind."),
        ("user", "mail [pii.email] now.\na pipe bomb."),
        ("user", "thanks."),
        ("assistant", "and you."),
    ]
    assert [f.label for f in one.said()[1].findings] == ["pii.email", "hazard.bomb"]
    assert not any(u.findings for u in (one.said()[0], *one.said()[2:]))


def test_it_is_put_together_once_until_something_is_added() -> None:
    one = Transcript()
    add(one, "hello.", 0)
    said = one.said()
    assert one.said() is said
    assert one.read() == said
    add(one, "you.", 1)
    assert [u.text for u in one.said()] == ["hello.", "you."]
    assert [u.text for u in said] == ["hello."]


def test_what_shadow_filters_find_is_told_when_they_have_run() -> None:
    trial = guard(policy([rule("trial", "pii.*", Outcome.BLOCK, mode=Mode.SHADOW)]))
    gate = trial.gate(USER)
    one = Transcript()
    one.add(USER, (0,), asyncio.run(gate.feed("mail joe@example.com now.", last=True)), gate)
    assert one.read()[0].findings == ()
    asyncio.run(gate.shadow())
    assert [f.label for f in one.read()[0].findings] == ["pii.email"]

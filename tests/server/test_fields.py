"""The fields of a streamed reply and their parts: order, seams, and when text is released."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from guardproxy.policy.model import Defaults, Mode
from guardproxy.types import Outcome
from tests.engine.play import guard, policy, rule
from tests.server.exchanges import BOMB, DONE, MAIL, SORRY, ends, event, exchange, says, stream


def test_one_text_under_several_names_and_then_under_one_keeps_its_order() -> None:
    both = event({"index": 0, "delta": {"reasoning": "one tw", "reasoning_content": "one tw"}})
    got = stream(both, says("o three", field="reasoning"), ends(), DONE)
    assert got.text("reasoning") == "one two three"


def test_a_value_over_such_a_change_of_names_cuts() -> None:
    both = event({"index": 0, "delta": {"reasoning": "I know joe@exam", "reasoning_content": "I know joe@exam"}})
    got = stream(both, says("ple.com", field="reasoning"), ends(), DONE)
    assert got.reasons() == ["content_filter"]
    assert got.text("reasoning") == "I know joe@exam"


def test_a_value_over_a_seam_between_parts_cuts() -> None:
    parts = [says("It is AKIAIOSF", field="reasoning"), says("Hi "), says("ODNN7EXAMPLE.", field="reasoning")]
    got = stream(*parts, ends(), DONE)
    assert got.reasons() == ["content_filter"]


def test_parts_are_joined_with_what_stood_right_before_them_only() -> None:
    parts = [says("AKIA", field="reasoning"), says("x"), says("hello world ", field="reasoning"), says("y")]
    got = stream(*parts, says("IOSFODNN7EXAMPLE is no key", field="reasoning"), ends(), DONE)
    assert got.text("reasoning") == "AKIAhello world IOSFODNN7EXAMPLE is no key"
    assert got.reasons() == ["stop"]


def test_a_seam_is_seen_in_replies_that_are_released_whole() -> None:
    one = guard(policy(defaults=replace(Defaults(), release="whole")))
    parts = [says("It is AKIAIOSF", field="reasoning"), says("Hi "), says("ODNN7EXAMPLE.", field="reasoning")]
    assert stream(*parts, ends(), DONE, on=exchange(one)).reasons() == ["content_filter"]


def test_thinking_that_policy_drops_is_guarded_all_the_same() -> None:
    one = guard(policy(defaults=replace(Defaults(), reasoning="drop")))
    got = stream(says("hm, joe@example.com", field="reasoning"), says("Hello."), ends(), DONE, on=exchange(one))
    assert (got.text("reasoning"), got.text()) == ("", "Hello.")
    got = stream(says(f"a {BOMB}?", field="thinking"), says("Hello."), ends(), DONE, on=exchange(one))
    assert got.reasons() == ["content_filter"]


def test_release_whole_holds_all_until_the_end() -> None:
    one = guard(policy(defaults=replace(Defaults(), release="whole")))
    got = stream(says("Hello "), says("joe@example.com"), says(f" and a {BOMB}"), ends(), DONE, on=exchange(one))
    assert got.text() == SORRY
    got = stream(says("Hello "), says("joe@example.com"), ends(), DONE, on=exchange(one))
    assert got.text() == "Hello [pii.email]"


def test_release_eager_cuts_what_it_cannot_take_back() -> None:
    one = guard(policy(defaults=replace(Defaults(), release="eager")))
    got = stream(says("Mail joe@"), says("example.com now"), ends(), DONE, on=exchange(one))
    assert got.reasons() == ["content_filter"]
    assert "example" not in got.text()


def test_shadow_rules_change_nothing() -> None:
    one = guard(policy([rule("s", "pii.*", Outcome.BLOCK, mode=Mode.SHADOW)]))
    on = exchange(one)
    assert stream(says(f"Mail {MAIL}."), ends(), DONE, on=on).text() == f"Mail {MAIL}."
    assert len(on._gates) == 1
    asyncio.run(on.close())
    assert on._gates == []

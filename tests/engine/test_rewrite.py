"""A rule that rewrites: another text for all of it, or all of it as it is; nothing of it before, however it comes."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Cut, Guard, JsonStream
from guardproxy.engine.json_text import guard_json
from guardproxy.policy.model import Mode
from guardproxy.types import Channel, Direction, Origin, Outcome, Role
from tests.engine.play import REPLY, guard, policy, rule

TEMPLATE = "[{label} by {rule}: {message}]"
SAID = "[pii.email by away: This content is blocked by policy.]"
AWAY = rule("away", "pii.*", Outcome.REWRITE, template=TEMPLATE)
GUARD = guard(policy([AWAY, rule("mask", "secret.*", Outcome.REDACT), rule("stop", "hazard.*", Outcome.BLOCK)]))
MAIL, KEY = "joe@example.com", "AKIAIOSFODNN7EXAMPLE"
WORDS = st.lists(st.sampled_from([MAIL, KEY, " ", "a", "joe@", ".", "é😀", "x" * 40 + " "]), max_size=8).map("".join)


async def streamed(one: Guard, pieces: list[str], origin: Origin = REPLY) -> list[str]:
    gate = one.gate(origin)
    return [await gate.feed(piece) for piece in pieces] + [await gate.part_ended(), await gate.feed("", last=True)]


@given(WORDS, st.lists(st.integers(0, 200), max_size=20))
def test_any_chunking_releases_the_template_or_the_text(text: str, cuts: list[int]) -> None:
    places = sorted({min(c, len(text)) for c in cuts} | {0, len(text)})
    out = asyncio.run(streamed(GUARD, [text[a:b] for a, b in pairwise(places)] or [text]))
    whole = asyncio.run(GUARD.gate(REPLY).feed(text, last=True))
    assert "".join(out) == whole
    assert whole == SAID or MAIL not in whole
    assert (whole == SAID) is (MAIL in whole or "pii.email" in whole)
    assert not any(out[:-2]), "something went out before the end"


def test_what_is_clean_goes_out_whole_at_its_end() -> None:
    assert asyncio.run(streamed(GUARD, ["all ", f"is {KEY} ", "well"])) == [
        "", "", "", "all is [secret.aws] well", "",
    ]  # fmt: skip


def test_of_two_rules_the_first_by_name_says_it() -> None:
    first = rule("a-first", "secret.*", Outcome.REWRITE, template="first")
    one = guard(policy([AWAY, first]))
    assert "".join(asyncio.run(streamed(one, [f"{MAIL} {KEY}"]))) == "first"
    assert "".join(asyncio.run(streamed(one, [MAIL]))) == SAID


def test_a_block_is_stricter_and_a_shadow_rule_holds_nothing() -> None:
    with pytest.raises(Cut) as cut:
        asyncio.run(streamed(GUARD, [f"{MAIL} pipe bomb"]))
    assert cut.value.decision.rule == "stop"
    shadow = guard(policy([rule("away", "pii.*", Outcome.REWRITE, template="x", mode=Mode.SHADOW)]))
    out = asyncio.run(streamed(shadow, ["plain words and ", f"{MAIL} "]))
    assert out[0]
    assert "".join(out) == f"plain words and {MAIL} "


def test_a_part_behind_a_rewritten_one_adds_nothing_and_behind_a_clean_one_cuts() -> None:
    async def parts(first: str, second: str) -> list[str]:
        gate = GUARD.gate(REPLY)
        out = [await gate.feed(first), await gate.part_ended()]
        return [*out, await gate.feed(second), await gate.part_ended()]

    assert asyncio.run(parts(f"to {MAIL} ", "and on")) == ["", SAID, "", ""]
    assert asyncio.run(parts("all well ", "and on")) == ["", "all well ", "", "and on"]
    with pytest.raises(Cut) as cut:
        asyncio.run(parts("all well ", f"to {MAIL} "))
    assert (cut.value.decision.outcome, cut.value.decision.rule) == (Outcome.BLOCK, "away")


@pytest.mark.parametrize("place", ["arguments", "stream", "judged", "custom"])
def test_where_no_other_text_can_stand_it_blocks(place: str) -> None:
    call = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.COMMENTARY, "mail.send")
    document = f'{{"to": "{MAIL}"}}'

    async def run() -> object:
        if place == "arguments":
            return await guard_json(document, lambda: GUARD.gate(call))
        if place == "stream":
            one = JsonStream(lambda: GUARD.gate(REPLY))
            return [await one.feed(c) for c in document] + [await one.feed("", last=True)]
        gate = GUARD.gate(REPLY if place == "judged" else call)
        return await (gate.judge(MAIL) if place == "judged" else gate.feed(MAIL, last=True))

    with pytest.raises(Cut) as cut:
        asyncio.run(run())
    assert cut.value.decision.outcome is Outcome.BLOCK

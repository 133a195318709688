"""Texts that are looked at: all findings, the same decisions as on the way through, nothing held behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Cut, Inspection, Inspector, Silent, Tally
from guardproxy.engine.edits import over_a_seam
from guardproxy.policy.model import Mode
from guardproxy.types import Decision, Direction, Edit, Facts, Finding, Origin, Outcome, Role, Style, Verdict
from tests.engine.play import guard, policy, rule

GUARD = guard()
REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT)
MAIL, KEY, BOMB = "joe@example.com", "AKIAIOSFODNN7EXAMPLE", "pipe bomb"
TEXTS = st.lists(st.sampled_from([MAIL, KEY, BOMB, "joe@", "plain", "\n", "é🦊"]), max_size=6).map(" ".join)


def looked(text: str, **more: Any) -> Inspection:
    return asyncio.run(Inspector(GUARD, observer=Silent()).text(text, REPLY, **more))


def passed(text: str) -> str | None:
    async def run() -> str | None:
        try:
            return await GUARD.gate(REPLY).feed(text, last=True)
        except Cut:
            return None

    return asyncio.run(run())


@given(TEXTS)
def test_what_is_looked_at_comes_out_as_what_passes(text: str) -> None:
    assert looked(text).released == passed(text)
    assert GUARD.held.now == 0


@given(TEXTS)
def test_every_finding_is_told_and_is_where_it_says(text: str) -> None:
    found = [text[f.span[0] : f.span[1]] for f in looked(text).findings if f.span]
    for word in (MAIL, KEY, BOMB):
        assert found.count(word) == text.count(word)


def test_a_block_hides_nothing_behind_it() -> None:
    text = f"{BOMB} " + "x " * 20_000 + MAIL
    seen = looked(text)
    assert seen.outcome is Outcome.BLOCK and seen.released is None
    assert {text[f.span[0] : f.span[1]] for f in seen.findings if f.span} == {BOMB, MAIL}


def test_a_document_stays_one_or_is_blocked() -> None:
    seen = looked(json.dumps({"to": MAIL}), json=True)
    assert seen.released is not None and json.loads(seen.released) == {"to": "[pii.email]"}
    assert (seen.outcome, looked(json.dumps({MAIL: 1}), json=True).released) == (Outcome.REDACT, None)
    assert looked(json.dumps({"a": BOMB}), json=True).released is None


def test_shadow_rules_are_told_and_decide_nothing() -> None:
    told: list[tuple[str, bool]] = []

    class Listener(Silent):
        def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
            told.extend((v.rule, v.shadow) for v in decision.verdicts)

    one = guard(policy([rule("watch", "pii.*", Outcome.BLOCK, mode=Mode.SHADOW)]))

    async def run() -> Inspection:
        inspector = Inspector(one, observer=Listener())
        seen = await inspector.text(MAIL, REPLY)
        await inspector.close()
        return seen

    assert asyncio.run(run()).released == MAIL
    assert told == [("watch", True)]


def test_a_tally_keeps_the_highest_score_and_forgets_no_broken_one() -> None:
    tally = Tally()
    findings = [Finding("f", "a.b", score, (0, 1)) for score in (0.2, 0.9, 0.4)]
    tally.add(Outcome.ALLOW, findings, ())
    assert (tally.scores, tally.acted, tally.flagged) == ({"a.b": 0.9}, set(), False)
    broken = Finding("f", "c.d", float("nan"), (0, 1))
    tally.add(Outcome.REDACT, [broken], [Verdict("r", Outcome.REDACT, False, (broken,))])
    tally.add(Outcome.ALLOW, [], [Verdict("s", Outcome.BLOCK, True, tuple(findings))])
    assert (tally.scores["c.d"], tally.acted, tally.flagged) == (1.0, {"c.d"}, True)


@pytest.mark.parametrize(
    ("parts", "crossing", "made", "refused"),
    [
        (["joe@exa", "mple.com"], [(0, 15)], [[], []], True),
        (["Hello.", "joe@example.com"], [(0, 21)], [[], [(0, 15)]], False),
        (["joe@example.com", ".com x"], [(0, 19)], [[(0, 15)], []], True),
        (["a", "b"], [(1, 2)], [[], []], False),
        (["ab"], [(0, 2)], [[]], False),
    ],
)
def test_what_goes_on_over_a_seam(
    parts: list[str], crossing: list[tuple[int, int]], made: list[list[tuple[int, int]]], refused: bool
) -> None:
    def edits(spans: list[tuple[int, int]]) -> list[Edit]:
        return [Edit(start, end, Style.LABEL, "x", "r") for start, end in spans]

    assert (over_a_seam(parts, edits(crossing), [edits(m) for m in made]) is not None) is refused

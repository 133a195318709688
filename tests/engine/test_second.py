"""Stage 2: asked only when a rule wants it, once per window, and nothing goes out before it has answered."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.engine import Cut, Gate, Guard, Silent
from guardproxy.policy.model import Defaults, Mode
from guardproxy.services import Services
from guardproxy.text import PatternFilter
from guardproxy.text import Rule as Pattern
from guardproxy.types import Facts, Finding, Outcome
from tests.engine.play import REPLY, policy, rule
from tests.judges.recorded import Recorded, broken, finds

DOUBT = Pattern("doubt", "doubt.word", r"lock", ignore_case=True)
MAIL = Pattern("mail", "pii.email", r"[a-z]{1,16}@[a-z]{1,16}\.com", before="a-z")
WINDOW = 100


def guarded(judge: Recorded, then: Outcome = Outcome.BLOCK, mode: Mode = Mode.ENFORCE, **options: Any) -> Guard:
    entry = {
        "use": "llm_judge",
        "judge": "j",
        "policy": "No locks.",
        "stage": 2,
        "window": WINDOW,
        "cache": 0,
        **options,
    }
    made = {"p": PatternFilter("p", [DOUBT, MAIL]), "j": filters.build("j", entry, Services({"j": judge}))}
    rules = [
        rule("ask", "doubt.*", Outcome.ALLOW, to="j", mode=mode),
        rule("judged", "judge.unsafe", then),
        rule("mask", "pii.*", Outcome.REDACT),
    ]
    one = policy(rules, names=("p", "j"), defaults=options.pop("defaults", Defaults()))
    one = replace(
        one,
        filters=MappingProxyType({"p": {"use": "patterns"}, "j": entry}),
        labels=MappingProxyType({"p": ("doubt.word", "pii.email"), "j": ("judge.unsafe", "judge.other")}),
    )
    return Guard.build(one, made, key=b"k" * 32)


async def through(guard: Guard, pieces: list[str]) -> tuple[str, bool, Gate]:
    gate, out = guard.gate(REPLY), ""
    try:
        for number, piece in enumerate(pieces, 1):
            out += await gate.feed(piece, last=number == len(pieces))
    except Cut:
        return out, True, gate
    return out, False, gate


def run(judge: Recorded, *pieces: str, **options: Any) -> tuple[str, bool, Gate]:
    return asyncio.run(through(guarded(judge, **options), list(pieces)))


def test_nobody_is_asked_without_need() -> None:
    judge = Recorded(finds(""))
    assert run(judge, "a plain text " * 50)[:2] == ("a plain text " * 50, False)
    assert judge.asked == []


def test_text_before_goes_out_and_text_from_there_on_waits() -> None:
    async def work() -> None:
        judge = Recorded(finds("bad"))
        gate = guarded(judge).gate(REPLY)
        assert await gate.feed("some words, a lock ") == "some words, a "
        assert await gate.feed("and more of it, harmless. ") == ""
        assert judge.asked == []
        assert (await gate.feed("x " * 60)).startswith("lock and more of it, harmless.")
        assert judge.texts == [("some words, a lock and more of it, harmless. " + "x " * 60)[:WINDOW]]
        assert (await gate.feed("end", last=True)).endswith("end")
        assert len(judge.asked) == 1

    asyncio.run(work())


def test_a_verdict_cuts_before_the_finding_and_is_about_the_rest_of_the_window() -> None:
    judge = Recorded(finds("bad"))
    text = "some words, a lock, bad" + " y" * 100
    out, cut, gate = run(judge, *text)
    assert (out, cut) == ("some words, a ", True)
    found = [f for f in gate.facts.findings if f.filter == "j"]
    assert found == [Finding("j", "judge.unsafe", 1.0, (14, WINDOW))]
    assert run(Recorded(finds("bad")), text)[2].facts.findings == gate.facts.findings


def test_a_window_is_asked_about_once_however_many_reasons_there_are() -> None:
    judge = Recorded(finds())
    out, cut, _ = run(judge, *("lock " * 60))
    assert (out, cut) == ("lock " * 60, False)
    assert [len(text) for text in judge.texts] == [WINDOW] * 3


@pytest.mark.parametrize(("verdict", "label"), [(broken, "guard.error"), (None, "guard.timeout")])
def test_no_verdict_is_a_failure_and_blocks(verdict: Any, label: str) -> None:
    def slow(text: str) -> Any:
        raise TimeoutError

    out, cut, gate = run(Recorded(verdict or slow), "a lock here", last := "")
    assert (out, cut, last) == ("a ", True, "")
    assert [f.label for f in gate.facts.findings if f.filter == "j"] == [label]
    assert gate.decision.rule == "defaults.failure"


def test_a_shadow_rule_asks_behind_the_text() -> None:
    async def work() -> None:
        judge, heard = Recorded(finds("bad"), delay=0.05), Heard()
        gate = guarded(judge, mode=Mode.SHADOW).gate(REPLY, observer=heard)
        assert await gate.feed("a lock, bad", last=True) == "a lock, bad"
        assert judge.asked == []
        await gate.shadow()
        assert len(judge.asked) == 1
        assert [f.label for f in heard.facts.findings if f.filter == "j"] == ["judge.unsafe"]

    asyncio.run(work())


class Heard(Silent):
    facts: Facts

    def decided(self, facts: Facts, decision: object, *, final: bool) -> None:
        self.facts = facts


def test_parts_are_judged_on_their_own() -> None:
    async def work() -> None:
        judge = Recorded(finds())
        gate = guarded(judge).gate(REPLY)
        out = await gate.feed("a lock ") + await gate.part_ended()
        assert out == "a lock "
        out += await gate.feed("another lock", last=True)
        assert out == "a lock another lock"
        assert judge.texts == ["a lock ", "another lock"]

    asyncio.run(work())


TEXTS = st.lists(
    st.sampled_from(("lock ", "bad ", "joe@mail.com ", "LOCK", "words ", "\n", "é😀 ", "x" * 40, "y " * 30)),
    max_size=14,
).map("".join)


@st.composite
def cut_up(draw: st.DrawFn) -> tuple[str, list[str]]:
    text = draw(TEXTS)
    if draw(st.booleans()):
        return text, [*text, ""]
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return text, [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


def guilty(text: str) -> int:
    """How many locks stand before the first one in whose window the judge finds something."""
    places = [m.start() for m in re.finditer("lock", text, re.IGNORECASE)]
    return next(n for n, at in enumerate(places) if "bad" in text[at // WINDOW * WINDOW :][:WINDOW])


@given(cut_up(), st.sampled_from([Outcome.BLOCK, Outcome.REDACT]))
def test_streamed_is_whole_with_recorded_verdicts(case: tuple[str, list[str]], then: Outcome) -> None:
    text, pieces = case
    whole, streamed = Recorded(finds("bad")), Recorded(finds("bad"))
    expected, cut, first = run(whole, text, then=then)
    out, cut_too, second = run(streamed, *(pieces or [""]), then=then)
    assert cut == cut_too
    if cut:
        clean = run(Recorded(finds()), text)[0]
        assert clean.startswith(out)
        assert out.lower().count("lock") <= guilty(text), "nothing that waited went out"
        assert first.decision.rule == second.decision.rule
    else:
        assert out == expected
        assert set(first.facts.findings) == set(second.facts.findings)
        assert sorted(whole.texts) == sorted(streamed.texts)


def test_a_filter_that_does_not_hold_does_not_keep_a_stream_waiting() -> None:
    async def work() -> None:
        judge = Recorded(finds("bad"), delay=0.2)
        entry = {"use": "llm_judge", "judge": "j", "policy": "p", "window": WINDOW, "hold": False}
        one = filters.build("j", entry, Services({"j": judge}))
        guard = Guard.build(
            replace(policy([rule("judged", "judge.unsafe", Outcome.BLOCK)], names=("j",))), {"j": one}, key=b"k" * 32
        )
        gate, clock = guard.gate(REPLY), asyncio.get_running_loop().time
        started = clock()
        assert await gate.feed("bad " * 30) == "bad " * 30
        assert clock() - started < 0.1
        await asyncio.sleep(0.3)
        with pytest.raises(Cut):
            await gate.feed("more")
        gate = guard.gate(REPLY)
        with pytest.raises(Cut):
            await gate.feed("bad", last=True)
        gate = guard.gate(REPLY)
        await gate.feed("fine " * 50)
        gate.end()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "who goes away leaves nothing behind"

    asyncio.run(work())

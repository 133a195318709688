"""Both dialects, every text field: what a client reads of a stream is what the whole reply would have said.

Real codecs, the shipped policy, random texts with planted values, and any cut: deltas of any size, reads of single bytes,
cuts inside characters and inside events.
"""

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leak import __main__ as leak
from bench.leak import replies, rewriting
from bench.leak.cases import CALLS, PLANTED, REPLIES, Case, Planted
from guardproxy.engine import Guard

POLICIES = Path(__file__).parents[2] / "policies"
FILLER = st.text(alphabet=st.sampled_from("abe 01 .@-,\n\"'\\{}éß日😀AK<|>=:/_"), max_size=25)
PIECES = st.one_of(FILLER, st.sampled_from([p.text for p in PLANTED]))
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join).filter(bool)
NOTHING = Planted("none", "\0")


@pytest.fixture(scope="module")
def guard() -> Guard:
    made = leak.build(POLICIES, bypass=False)
    asyncio.run(made.start())
    return made


async def both(guard: Guard, case: Case, rng: random.Random, cut: int, read: int) -> tuple[str, str]:
    parts = replies.pieces(replies.payload(case), rng, cut)
    events = list(replies.events(case, parts))
    raw = await leak.streamed(guard, case, replies.reads(events, rng, read))
    one = leak.exchange(guard, case.surface.dialect)
    one._choices = leak.choices(case)
    return replies.read_stream(case, raw), replies.read_whole(case, await one.whole(replies.whole(case)))


@pytest.mark.parametrize("surface", [*REPLIES, *CALLS], ids=lambda s: f"{s.dialect}-{s.name}")
@given(text=TEXTS, rng=st.randoms(use_true_random=False), cut=st.integers(0, 3), read=st.integers(0, 3))
def test_streamed_is_whole(guard: Guard, surface: object, text: str, rng: random.Random, cut: int, read: int) -> None:
    case = Case(surface, NOTHING, text)  # type: ignore[arg-type]
    streamed, whole = asyncio.run(both(guard, case, rng, cut, read))
    assert streamed == whole


@pytest.fixture(scope="module")
def rewriter() -> Guard:
    made = leak.written(rewriting.POLICY)
    asyncio.run(made.start())
    return made


@pytest.mark.parametrize("surface", rewriting.SURFACES, ids=lambda s: f"{s.dialect}-{s.name}")
@given(text=TEXTS, rng=st.randoms(use_true_random=False), cut=st.integers(0, 3), read=st.integers(0, 3))
def test_all_of_a_text_is_rewritten_or_none(
    rewriter: Guard, surface: object, text: str, rng: random.Random, cut: int, read: int
) -> None:
    case = Case(surface, NOTHING, text)  # type: ignore[arg-type]
    streamed, whole = asyncio.run(both(rewriter, case, rng, cut, read))
    assert streamed == whole
    assert whole in (rewriting.SAID, case.text)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: f"{p.label}-{p.value[:6]}")
def test_every_planted_value_is_taken_out_and_the_rest_arrives(guard: Guard, planted: Planted) -> None:
    case = Case(REPLIES[0], planted, "Before {} and after.")
    streamed, whole = asyncio.run(both(guard, case, random.Random(1), 1, 2))
    assert streamed == whole == case.safe


def test_a_bypassed_gate_is_seen() -> None:
    """The check can fail: with its Gate bypassed the value arrives."""
    open_guard = leak.build(POLICIES, bypass=True)
    case = Case(REPLIES[0], PLANTED[0], "Before {} and after.")
    tallies: dict[str, leak.Tally] = {}
    asyncio.run(leak.reply(open_guard, case, 3, tallies))
    assert all(t.leaked and t.wrong for t in tallies.values())

"""Nothing leaks, however the text is cut: what a Gate releases does not depend on how the text arrives."""

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Cut, Guard
from guardproxy.policy.model import Policy
from guardproxy.text import PatternFilter
from guardproxy.types import Outcome
from tests.engine.play import EMAIL, KEY, PATTERNS, REPLY, RULES, guard, policy, rule

PLANTED = (
    "joe.bloggs@mail.example.com",
    "AKIAIOSFODNN7EXAMPLE",
    "4111 1111 1111 1111",
    "4111111111111111",
    "a@b.co.uk.example",
)
BLOCKING = ("pipe bomb", "PIPEBOMB")
FILLER = st.text(alphabet=st.sampled_from("abAB01 .@-,\n\"'éß日😀AKIpipebom"), max_size=30)
TEXTS = st.lists(st.one_of(FILLER, st.sampled_from(PLANTED)), max_size=8).map("".join)
BLOCKED = st.tuples(TEXTS, st.sampled_from(BLOCKING), TEXTS)
GUARD = guard()
SHARED = guard(policy(names=("a", "b")), a=PatternFilter("a", PATTERNS[:2]), b=PatternFilter("b", PATTERNS[2:]))
LOOSE = Guard.build(policy([rule("m", "pii.*", Outcome.REDACT)]), {"p": PatternFilter("p", [EMAIL, KEY])})


@st.composite
def cut_up(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> tuple[str, list[str]]:
    """A text and a way to cut it, empty pieces and single characters among them."""
    text = draw(texts)
    if draw(st.booleans()):
        return text, list(text)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=20)))
    return text, [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


async def streamed(one: Guard, pieces: list[str]) -> tuple[str, bool]:
    gate, out = one.gate(REPLY), ""
    try:
        for piece in pieces:
            out += await gate.feed(piece)
        return out + await gate.feed("", last=True), False
    except Cut:
        return out, True


async def whole(one: Guard, text: str) -> tuple[str, bool]:
    try:
        return await one.gate(REPLY).feed(text, last=True), False
    except Cut:
        return "", True


@given(cut_up())
def test_streamed_is_whole(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert asyncio.run(streamed(GUARD, pieces)) == asyncio.run(whole(GUARD, text)) or "bomb" in text.lower()


@given(cut_up())
def test_fused_filters_find_what_one_finds(case: tuple[str, list[str]]) -> None:
    _, pieces = case
    assert asyncio.run(streamed(SHARED, pieces))[0] == asyncio.run(streamed(GUARD, pieces))[0]


@given(BLOCKED, st.randoms(use_true_random=False))
def test_a_block_releases_a_prefix_that_ends_before_the_span(case: tuple[str, str, str], rng: object) -> None:
    before, blocked, after = case
    text = before + blocked + after
    allowed = guard(policy([r for r in RULES if r.id != "no-bombs"]))
    redacted, _ = asyncio.run(whole(allowed, before))
    out, cut = asyncio.run(streamed(GUARD, list(text)))
    assert cut
    assert blocked not in out
    clean, _ = asyncio.run(whole(allowed, text))
    assert clean.startswith(out)
    assert len(out) <= len(redacted) + len(blocked)
    assert "bomb" not in out.lower()


@given(cut_up())
def test_text_outside_findings_arrives_exactly_and_released_text_is_clean(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    out, _ = asyncio.run(streamed(LOOSE, pieces))
    again, _ = asyncio.run(whole(LOOSE, out))
    assert again == out
    if "@" not in text:
        assert out == text


def test_the_properties_can_fail() -> None:
    """A filter that reports too early is caught: the property is no tautology."""

    class Hasty(PatternFilter):
        def open(self, origin, context):  # type: ignore[no-untyped-def]
            scan = self.bank.open()
            feed = scan.feed

            class Scan:
                def feed(self, text: str, *, last: bool):  # type: ignore[no-untyped-def]
                    return feed(text, last=True)

            return Scan()

    one = Guard.build(policy(names=("p",)), {"p": Hasty("p", PATTERNS)})
    text = "mail joe@example.com"
    assert asyncio.run(streamed(one, list(text)))[0] != asyncio.run(whole(one, text))[0]


def test_policies_used_here_are_policies() -> None:
    assert isinstance(GUARD.policy, Policy)

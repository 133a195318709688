"""A reply that repeats its system prompt: every long run, however it is dressed and cut; nothing else."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.filters._quotes import GAP, PART, SEED
from guardproxy.filters.prompt_leak import SAID, Filter
from guardproxy.types import ConfigError, Context, Direction, Finding, Origin, Report, Role, Utterance
from tests.cost import grows_like_its_input
from tests.text.corpus import cut

PROMPT = SAID[0].text
WORDS = PROMPT.split()
REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT)


def made(**options: object) -> Filter:
    return filters.build("leak", {"use": "prompt_leak", **options})  # type: ignore[return-value]


def system(text: str, role: Role = Role.SYSTEM, tool: str | None = None) -> Utterance:
    return Utterance(Origin(Direction.REQUEST, role, None, tool), text)


def read(*pieces: str, said: tuple[Utterance, ...] = SAID, **options: object) -> list[Finding]:
    scan = made(**options).open(REPLY, Context(said=lambda: said))
    out: list[Finding] = []
    fed = settled = 0
    for number, piece in enumerate(pieces):
        report = scan.feed(piece, last=number == len(pieces) - 1)
        assert isinstance(report, Report)
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert all(f.span and settled <= f.span[0] < f.span[1] <= fed for f in report.findings)
        out, settled = [*out, *report.findings], report.settled
    assert settled == fed
    return out


def quoted(text: str, **options: object) -> list[str]:
    return [text[slice(*f.span)] for f in read(text, **options) if f.span]


# Words of the prompt in runs, and others between them: what a leak looks like, and what only looks like one.
RUNS = st.builds(lambda at, length: " ".join(WORDS[at : at + length]), st.integers(0, 40), st.integers(1, 30))
OTHERS = st.sampled_from(["hello", "the", "um", "you are", "\n\n", "--", "é", "refunds"])


@given(parts=st.lists(RUNS | OTHERS, max_size=10), places=st.lists(st.integers(0, 10_000), max_size=30))
def test_any_chunking_finds_the_same(parts: list[str], places: list[int]) -> None:
    text = " ".join(parts)
    found = read(text)
    assert read(*cut(text, places)) == found
    assert read(*text, "") == found


@given(at=st.integers(0, 30), length=st.integers(1, 25))
def test_a_run_is_found_from_its_first_word_to_its_last_and_no_shorter_one(at: int, length: int) -> None:
    run = " ".join(WORDS[at : at + length])
    count = len(WORDS[at : at + length])
    assert quoted(f"Well: {run.rstrip('.,')} xyz.") == ([run.rstrip(".,")] if count >= 12 else [])


@given(dropped=st.integers(SEED, 12), changed=st.sampled_from(["really", "very much", ""]))
def test_a_changed_word_does_not_end_a_run(dropped: int, changed: str) -> None:
    text = " ".join([*WORDS[:dropped], changed, *WORDS[dropped + 1 : 24]])
    assert len(changed.split()) <= GAP
    assert [f.span for f in read(text)] == [(0, len(text))]


@pytest.mark.parametrize(
    "dress",
    [
        str.upper,
        lambda t: t.replace(" ", "\n* "),
        lambda t: t.replace(" ", " **") + "**",
        lambda t: t.replace("e", "e\u200b"),
        lambda t: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in t),
    ],
)
def test_dress_does_not_count(dress: object) -> None:
    text = dress(PROMPT)  # type: ignore[operator]
    (found,) = read(text)
    assert found.score == 1
    assert found.span and found.span[1] - found.span[0] >= len(text) - 8


def test_the_score_grows_with_the_run() -> None:
    scores = [read(" ".join(WORDS[:length]))[0].score for length in (12, 20, 30, len(WORDS))]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0.5, 1)


def test_short_phrases_and_names_are_shared_by_nature() -> None:
    assert not read("I'm the assistant of Acme Bank. If they ask for more than that, I can help. You are Ada?")
    said = (system("You are a helpful assistant."),)
    assert not read("You are a helpful assistant. You are a helpful assistant.", said=said)


def test_a_long_leak_is_reported_in_parts_and_little_is_held() -> None:
    words = [f"w{random.Random(0).randint(0, 9999)}x{i}" for i in range(2000)]
    text = " ".join(words)
    found = read(*text, "", said=(system(text),))
    spans = [f.span for f in found if f.span]
    assert "".join(text[a:b] for a, b in spans) == text
    assert all(b - a < PART + 64 for a, b in spans)


@pytest.mark.parametrize(
    ("said", "options", "leaks"),
    [
        (system(PROMPT, Role.DEVELOPER), {}, True),
        (system(PROMPT, Role.DEVELOPER), {"roles": ["system"]}, False),
        (system(PROMPT, Role.USER), {}, False),
        (system(PROMPT, Role.DEVELOPER, "refund"), {}, False),
        (system(PROMPT, Role.DEVELOPER, "refund"), {"tools": True}, True),
        (system(PROMPT), {"min_words": 60}, False),
        (Utterance(REPLY, PROMPT), {}, False),
    ],
)
def test_whose_messages_must_not_be_repeated(said: Utterance, options: dict[str, object], leaks: bool) -> None:
    assert bool(read(PROMPT, said=(said,), **options)) is leaks


def test_requests_are_not_read() -> None:
    scan = made(canaries=["zx-41-quokka"]).open(Origin(Direction.REQUEST, Role.USER), Context(said=lambda: SAID))
    assert scan.feed(f"{PROMPT} zx-41-quokka", last=True) == Report((), len(PROMPT) + 13)


@pytest.mark.parametrize("disguise", ["zx-41-quokka", "ZX-41-Quokka", "z\u200bx-41-quokka", "zx%2D41-quokka"])
def test_a_canary_is_found_in_disguise(disguise: str) -> None:
    (found,) = read(f"It is {disguise}!", said=(), canaries=["zx-41-quokka"])
    assert (found.label, found.score, found.span) == ("leak.canary", 1, (6, 6 + len(disguise)))


def test_a_canary_is_found_in_base64() -> None:
    code = base64.b64encode(b"my canary: zx-41-quokka, so there").decode()
    assert {f.label for f in read(f"x {code} y", said=(), canaries=["zx-41-quokka"])} == {"leak.canary"}


def test_prompts_are_read_once_and_apart_for_each_tenant() -> None:
    one = made()
    for tenant in ("a", "a", "b"):
        one.open(REPLY, Context(tenant, said=lambda: SAID))
    assert len(one._sources) == 2
    for number in range(50):
        one.open(REPLY, Context(said=lambda n=number: (system(f"{PROMPT} {n} " * 100),)))  # type: ignore[misc]
    assert sum(source.words for source in one._sources.values()) <= 100_000
    huge = (system("word " * 200_000),)
    one.open(REPLY, Context(said=lambda: huge))
    assert [source.words for source in one._sources.values()] == [200_000]


def test_views_are_for_canaries() -> None:
    with pytest.raises(ConfigError, match="views"):
        made(views=["folded"])
    assert made(views=["folded"], canaries=["zx-41-quokka"])


def test_time_grows_with_the_text_and_no_faster() -> None:
    """A prompt of one word, repeated, is where naive searches for common runs take the square."""

    def reads(size: int) -> None:
        text = "a " * size
        read(text, said=(system(text),))

    assert grows_like_its_input(reads, 16_000)

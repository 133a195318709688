"""Several filters in one search say what they say apart."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given

from guardproxy.text.filters import FusedFilter, PatternFilter, fuse
from guardproxy.types import Context, Direction, Origin, Role
from tests.text.corpus import RULES, key, stream, texts, whole

ORIGIN = Origin(Direction.RESPONSE, Role.ASSISTANT)
APART = [PatternFilter("first", RULES[:13]), PatternFilter("second", RULES[13:])]
FUSED = fuse(APART)


@given(text=texts())
def test_fused_is_the_sum(text: str) -> None:
    apart = {f for one in APART for f in whole(one.bank, text)}
    together = whole(FUSED.bank, text)
    assert stream(FUSED.bank, list(text)).findings == together == sorted(together, key=key)
    behind = {f.span[1] for f in together if f.span}
    assert apart <= set(together)
    assert all(f.span and f.span[0] in behind for f in set(together) - apart), "only what stands right behind a match"


def test_one_filter_is_itself() -> None:
    assert fuse(APART[:1]) is APART[0]


def test_names_are_kept() -> None:
    assert isinstance(FUSED, FusedFilter)
    assert FUSED.names == ("first", "second")
    assert {f.filter for f in whole(FUSED.bank, "secret /* x */")} == {"first", "second"}


@pytest.mark.parametrize("one", [APART[0], FUSED])
def test_a_filter_starts_opens_and_closes(one: PatternFilter) -> None:
    asyncio.run(one.start())
    report = one.open(ORIGIN, Context()).feed("a secret", last=True)
    assert [f.label for f in report.findings] == ["t.literal"]
    asyncio.run(one.aclose())

"""Pattern filters as filters: how they start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from guardproxy.detectors import build
from guardproxy.text import Rule, filters
from guardproxy.text.filters import PatternFilter, fuse
from guardproxy.text.scan import BankScan


@pytest.mark.parametrize(
    ("pattern", "least", "most"), [(r"[\s\S]", 1, 400), ("zq{9}", 2 * filters._WORDS, 2 * filters._WORDS)]
)
def test_a_filter_that_finds_everywhere_starts_soon(
    monkeypatch: pytest.MonkeyPatch, pattern: str, least: int, most: int
) -> None:
    """A lockdown's pattern beside a policy's many once took seconds to warm up, while the incident waited."""
    read: list[int] = []
    feed = BankScan.feed

    def counted(self: BankScan, text: str, *, last: bool) -> Any:
        read.append(len(text))
        return feed(self, text, last=last)

    monkeypatch.setattr(BankScan, "feed", counted)
    monkeypatch.setattr(filters, "_WARM", 60.0)
    any_text = build("patterns", {"patterns": [{"id": "any", "pattern": pattern}]})
    others = build("control_tokens", {})
    assert isinstance(any_text, PatternFilter) and isinstance(others, PatternFilter)
    asyncio.run(fuse([any_text, others]).start())
    assert least <= len(read) <= most


def test_patterns_that_are_slow_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def pieces() -> Iterator[str]:
        for number in range(100):
            read.append(str(number))
            yield "text"

    monkeypatch.setattr(filters, "_warm_up", pieces)
    monkeypatch.setattr(filters, "_WARM", 60.0)
    one = PatternFilter("f", [Rule("word", r"[0-9]", "any.digit")])
    asyncio.run(one.start())
    assert len(read) == 100
    monkeypatch.setattr(filters, "_WARM", -1.0)
    read.clear()
    asyncio.run(one.start())
    assert len(read) == 1

"""What is told of the text that rules match: matches only, as far as policy lets them be told, and no more of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Cut, Silent
from guardproxy.engine.observe import MAX_MATCHED, tell_matched
from guardproxy.policy.model import LogText
from guardproxy.types import Finding
from tests.engine.play import REPLY, guard, policy


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []

    def matched(self, finding: Finding, form: Literal["hash", "text"], what: str) -> None:
        self.said.append((finding.label, form, what))


TEXTS = st.lists(st.sampled_from(["jane@example.com", "joe@mail.org", " and ", "no", ", "]), max_size=8).map("".join)


def said(log: LogText, pieces: list[str]) -> list[tuple[str, str, str]]:
    heard = Heard()

    async def run() -> None:
        gate = guard(replace(policy(), log=log)).gate(REPLY, observer=heard)
        try:
            for i, piece in enumerate(pieces, 1):
                await gate.feed(piece, last=i == len(pieces))
        except Cut:
            pass

    asyncio.run(run())
    return sorted(heard.said)


@given(TEXTS)
def test_streamed_text_tells_what_whole_text_tells(text: str) -> None:
    told = said("matched", [text])
    assert said("matched", list(text) or [""]) == told
    assert all(form == "text" and what in text and label.startswith("pii.") for label, form, what in told)
    assert said("none", [text]) == []
    hashed = said("hash", [text])
    assert [label for label, *_ in hashed] == [label for label, *_ in told]
    assert len({what for *_, what in hashed}) == len({what for *_, what in told})
    assert all(form == "hash" and len(what) == 12 for _, form, what in hashed)


def test_what_is_told_is_short_and_can_be_written() -> None:
    heard, text = Heard(), "ab\ud800" + "x" * 1000
    found = [Finding("f", "l", 1.0, (10, 1010)), Finding("f", "l", 1.0), Finding("f", "l", 1.0, (4, 12))]
    tell_matched(heard, "matched", found, text, 10, str)
    assert heard.said == [("l", "text", "ab?" + "x" * (MAX_MATCHED - 3))], "what went out before isn't known any more"

"""Who follows the tutorial, a how-to or the bank's example sees what it says, with the local gpt-oss behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.transcript import ROOT, Reader

HOWTOS = ["handle-false-positives", "mask-and-give-back", "roll-out-a-rule", "write-a-judge-policy"]
ASKING = ["tutorial", *(f"howto/{name}" for name in HOWTOS)]
pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(180)]


@pytest.mark.parametrize("page", ASKING)
def test_the_page_is_true(page: str, gptoss: str, tmp_path: Path) -> None:
    reader = Reader(tmp_path, gptoss)
    reader.follow(ROOT / f"docs/{page}.md")
    assert reader.commands > 2


def test_the_bank_comes_about_as_its_page_says(gptoss: str, tmp_path: Path) -> None:
    bank = ROOT / "docs/example-bank"
    Reader(tmp_path, gptoss).follow(bank / "README.md")
    made, there = ({f.name: f.read_text("utf-8") for f in (d / "policies").iterdir()} for d in (tmp_path, bank))
    assert made == there

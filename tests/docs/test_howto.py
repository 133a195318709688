"""Who follows a how-to sees what it says. Those that ask the local gpt-oss are in tests/e2e/test_tutorial.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.transcript import ROOT, Reader, steps
from tests.e2e.test_tutorial import ASKING

PAGES = sorted((ROOT / "docs/howto").glob("*.md"))
WITHOUT_COMMANDS = ["write-a-filter"]  # its filter is run by tests/test_docs.py
ALONE = [page for page in PAGES if f"howto/{page.stem}" not in ASKING and page.stem not in WITHOUT_COMMANDS]


@pytest.mark.parametrize("page", ALONE, ids=lambda page: page.stem)
def test_the_page_is_true(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    reader.follow(page)
    assert reader.commands > 0


def test_every_page_that_starts_a_server_is_among_those_that_ask() -> None:
    asking = [p for p in PAGES if any(s.command.startswith("guardproxy backend") for s in steps(p))]
    assert [f"howto/{p.stem}" for p in asking] == [p for p in ASKING if p.startswith("howto/")]

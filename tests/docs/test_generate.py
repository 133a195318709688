"""The generated reference is what its sources say today, and its sources say something about everything."""

from __future__ import annotations

import importlib.util
import re
from typing import Any

import pytest

from tests.docs.test_links import ROOT


def _generator() -> Any:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generator()
PAGES: dict[str, str] = GENERATE.pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_fresh(name: str) -> None:
    there = (ROOT / "docs/reference" / name).read_text("utf-8")
    assert there == PAGES[name], "run: python docs/generate.py"


@pytest.mark.parametrize("name", [name for name in PAGES if "/" not in name])
def test_every_row_says_what_it_means(name: str) -> None:
    rows = [line for line in PAGES[name].splitlines() if line.startswith("| `")]
    assert [row for row in rows if re.search(r"\|\s*\|$", row)] == []
    assert len(rows) > 20


def test_no_page_is_left_over() -> None:
    folder = ROOT / "docs/reference"
    assert {str(file.relative_to(folder)) for file in folder.rglob("*.md")} == set(PAGES)


def test_every_filter_command_and_section_is_there() -> None:
    assert {f"### {kind}" for kind in GENERATE.filters.kinds()} <= set(PAGES["filters.md"].splitlines())
    assert {f"## guardproxy {name}" for name in GENERATE.COMMANDS} <= set(PAGES["cli.md"].splitlines())
    variables = {variable for variable in GENERATE.config.variables() if f"`{variable}`" in PAGES["settings.md"]}
    assert variables == set(GENERATE.config.variables())

"""The table of surfaces: the README shows what the runs say, and a bypassed Gate turns its row red."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.surfaces import __main__ as surfaces

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_the_table_as_it_runs() -> None:
    rows = asyncio.run(surfaces.table(ROOT / "policies", None))
    assert not [name for row in rows.values() for name, cell in row.items() if cell.wrong]
    for name, row in rows.items():
        line = " | ".join(["", name, *(str(row[column]) for column in surfaces.COLUMNS), ""]).strip()
        assert line in (ROOT / "README.md").read_text()


def test_a_bypassed_gate_turns_its_row_red_and_no_other() -> None:
    rows = asyncio.run(surfaces.table(ROOT / "policies", "responses"))
    red = {name for name, row in rows.items() if any(cell.wrong for cell in row.values())}
    assert red == {"responses"} and all(cell.wrong for cell in rows["responses"].values())

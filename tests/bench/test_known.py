"""`python -m bench.known` runs, on models that cost nothing."""

from __future__ import annotations

import pytest

from bench import known


def test_every_shape_has_figures(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
    known.main(["--tiny", "--seconds", "0.001"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert "int8" in head and len(rows) == len(known.SHAPES)
    assert all(len([float(word) for word in row.split()[-4:]]) == 4 for row in rows)

"""`guardproxy models convert`: a checkpoint becomes a folder that a policy's model can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardproxy.cli import main
from guardproxy.inference import detoxify_model
from guardproxy.inference.known import worker_options
from guardproxy.sources import DetoxifySource
from tests.inference import known


def test_a_checkpoint_is_converted_once_its_sum_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
    file, base = known.checkpoint(tmp_path, "unbiased-small")
    out = tmp_path / "out"
    words = ["models", "convert", str(file), str(out), "--base", str(base)]
    assert main(words) == 2 and not out.exists()
    said = capsys.readouterr().err
    assert f"sha256: {{tiny.ckpt: {known.sha256(file)}}}" in said
    assert main([*words, "--sha256", "0" * 64]) == 2 and not out.exists()
    assert "is not the file that was meant" in capsys.readouterr().err
    assert main([*words, "--sha256", known.sha256(file)]) == 0
    assert f"kind: detoxify, variant: VARIANT, path: {out}" in capsys.readouterr().out
    source = DetoxifySource(kind="detoxify", variant="unbiased-small", path=str(out))
    assert detoxify_model.load(worker_options(source, 1))[1]["model"] == "albert"
    assert main([*words, "--sha256", known.sha256(file)]) == 2
    assert "is there already" in capsys.readouterr().err

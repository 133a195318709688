"""`guardproxy score`: one line for each row, in order; what can't be read is told with its line."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from guardproxy.cli import main
from guardproxy.inference import models
from tests.inference import scoring, tiny


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(models, "_settings", models.Inference())
    file = tmp_path / "settings.yaml"
    file.write_text("inference: {models: {tiny: {path: /tiny}}}\n")
    return file


@pytest.fixture
def fake(settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(models, "_of_folder", scoring.folder())
    return settings


def scored(config: Path, file: str | Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["score", str(file), "--config", str(config), "--model", "tiny", "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("guardproxy: ") and "rows scored in" in err.splitlines()[-1]
    return [json.loads(line) for line in out.splitlines()]


def write(file: Path, rows: list[Any]) -> Path:
    raw = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file.write_bytes(gzip.compress(raw) if file.suffix == ".gz" else raw)
    return file


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_come_out_in_their_order(
    fake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    texts = ["hateword" * (n % 2) + " some words" * (n * 37 % 500) for n in range(600)]
    rows = [{"id": f"r{n}", "text": text, "role": "user", "labels": {}} for n, text in enumerate(texts)]
    out = scored(fake, write(tmp_path / name, rows), capsys)
    assert [row["id"] for row in out] == [row["id"] for row in rows]
    for number, row in enumerate(out):
        assert list(row) == ["id", "scores"] and list(row["scores"]) == list(tiny.LABELS)
        assert row["scores"]["hate"] == pytest.approx(0.982 if number % 2 else 0.018, abs=0.001)
        assert row["scores"]["ai"] == pytest.approx(0.018, abs=0.001)


def test_the_worst_window_counts_or_the_first(fake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filler = "some words " * 200
    rows = [
        {"id": 1, "text": f"{filler} hateword refusalword {filler}", "role": "assistant"},
        {"id": [2], "text": f"refusalword {filler}", "role": "assistant"},
        {"id": None, "text": "", "role": "document"},
        {"id": 4, "text": "\ud800 threatword", "role": "developer"},
        {"id": 5, "text": "fraudword"},
    ]
    out = scored(fake, write(tmp_path / "rows.jsonl", rows), capsys)
    found = [{label for label, value in row["scores"].items() if value > 0.5} for row in out]
    assert found == [{"hate"}, {"refusal"}, set(), {"threat"}, {"fraud"}]
    assert [row["id"] for row in out] == [1, [2], None, 4, 5]


def test_standard_input(fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'\n{"id": 1, "text": "x", "role": "tool"}\n')))
    assert [row["id"] for row in scored(fake, "-", capsys)] == [1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{]", "no JSON: Expecting property name enclosed in double quotes (character 2)"),
        (b"[" * 100_000, "no row: it is nested too deeply"),
        (b"[]", 'expected an object {"id", "text", "role"}'),
        (b'{"text": "x"}', "a row needs `id` and `text`, a string"),
        (b'{"id": 1, "text": 2}', "a row needs `id` and `text`, a string"),
        (b'{"id": 1, "text": "x", "role": "robot"}', "role 'robot' is none that the model knows: assistant, document,"),
        (b'{"id": 1, "text": "x", "role": []}', "role [] is none that the model knows"),
    ],
)
def test_a_bad_row_is_told_with_its_line(
    fake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes, said: str
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"id": 0, "text": "x", "role": "user"}\n\n' + line + b"\n")
    assert main(["score", str(file), "--config", str(fake), "--model", "tiny"]) == 2
    assert f"guardproxy: {file}:3: {said}" in capsys.readouterr().err


def test_files_that_can_not_be_read(fake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(file: Path) -> str:
        assert main(["score", str(file), "--config", str(fake), "--model", "tiny"]) == 2
        return capsys.readouterr().err

    assert "can't read" in told(tmp_path / "missing.jsonl") and "No such file" in told(tmp_path / "missing.jsonl")
    bad = tmp_path / "bad.jsonl.gz"
    for raw in (
        b"no gzip",
        gzip.compress(b'{"id": 1, "text": "x"}\n' * 999)[:40],
        gzip.compress(b"x" * 99)[:-3] + b"zzz",
    ):
        bad.write_bytes(raw)
        assert f"can't read {bad}: " in told(bad) or f"{bad}:1: no JSON" in told(bad)
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": 1, "text": "\xe9"}')
    assert "is not UTF-8" in told(tmp_path / "latin.jsonl")


def test_a_model_that_fails_is_told(fake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "rows.jsonl", [{"id": 1, "text": "RAISE", "role": "user"}])
    assert main(["score", str(file), "--config", str(fake), "--model", "tiny"]) == 2
    err = capsys.readouterr().err
    assert "guardproxy: model 'tiny' failed: a worker failed: ValueError" in err and "secret" not in err


def test_what_can_not_run_is_told(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "rows.jsonl", [])
    assert main(["score", str(file), "--config", str(settings), "--model", "tiny"]) == 2
    assert "there is no /tiny/model.json; install guardproxy anew, or name a whole model" in capsys.readouterr().err
    assert main(["score", str(file), "--config", str(settings), "--model", "other"]) == 2
    assert "there is no model 'other'; the models are small, tiny" in capsys.readouterr().err
    settings.write_text("inference: {models: {tiny: {pth: /tiny}}}\n")
    assert main(["score", str(file), "--config", str(settings), "--model", "tiny"]) == 2
    assert f"{settings}:1:" in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="NOT RUN: pip install 'guardproxy[models]'")
def test_with_a_real_model(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny.write(tmp_path / "tiny")
    settings.write_text(json.dumps({"inference": {"models": {"tiny": {"path": str(folder)}}}}))
    rows = [{"id": n, "text": f"say {word}", "role": "document"} for n, word in enumerate(tiny.WORDS.values())]
    out = scored(settings, write(tmp_path / "rows.jsonl", rows), capsys)
    for row, label in zip(out, tiny.LABELS, strict=True):
        assert {name for name, value in row["scores"].items() if value > 0.5} == {label}

"""What the accuracy bench reads, disguises and reckons."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.accuracy.__main__ import interval, line
from bench.accuracy.card import tables
from bench.accuracy.disguises import DISGUISES, disguised
from bench.accuracy.subjects import PAIRS, Sample, Subject, as_lines, benign, parsed, samples, subjects
from guardproxy.inference.normal import normal

LABEL = "harmful_request"


def sample(number: int, value: int, source: str = "s", **labels: int) -> Sample:
    return Sample(f"{source}:{number}", f"text {number}", "user", {LABEL: value, **labels}, source)


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    with gzip.open(file, "wt") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def test_rows_that_were_trained_on_are_not_read(tmp_path: Path) -> None:
    row = {"id": "a", "text": "t", "role": "user", "labels": {LABEL: 1, "hate": None}, "source": "a"}
    write(tmp_path / "a.jsonl.gz", [{**row, "split": s, "id": s} for s in ("train", "dev", "eval", "unlabelled")])
    found = samples(tmp_path)
    assert [one.id for one in found] == ["dev", "eval"]
    assert found[0].labels == {LABEL: 1}


def test_a_subject_needs_both_kinds() -> None:
    rows = [sample(i, i % 2) for i in range(40)] + [sample(i, 1, "only") for i in range(40)]
    assert [(one.name, len(one.yes), len(one.no)) for one in subjects(rows, (LABEL,))] == [("s", 20, 20)]
    name, label, positive, negative = PAIRS[0]
    rows = [sample(i, 1, positive) for i in range(3)] + [sample(i, 0, negative) for i in range(5)]
    assert (name, label, 3, 5) in [(one.name, one.label, len(one.yes), len(one.no)) for one in subjects(rows, (LABEL,))]


def test_figures_of_a_line() -> None:
    one = Subject("s", LABEL, tuple(sample(i, 1) for i in range(2)), tuple(sample(i, 0) for i in range(2, 6)))
    scores = {"s:0": 0.9, "s:1": 0.4, "s:2": 0.6, "s:3": 0.1, "s:4": 0.2, "s:5": 0.3}
    reached = line(one, {name: {LABEL: score} for name, score in scores.items()})
    assert reached is not None
    assert reached["auc"] == pytest.approx(7 / 8)
    assert (reached["found"], reached["flagged"]) == (0.5, 0.25)
    assert line(one, {name: {} for name in scores}) is None


def test_the_interval_is_hanleys() -> None:
    # by hand: Q1 = 2/3, Q2 = 0.7111; (0.16 + 49 * 0.02667 + 99 * 0.07111) / 5000 = 0.0017013
    assert interval(0.8, 50, 100) == pytest.approx(1.96 * 0.041247, abs=1e-4)
    assert interval(1.0, 50, 100) == 0


def test_what_is_benign_is_told_apart() -> None:
    rows = [sample(0, 0, "alpaca_prompts_nc"), sample(1, 0, "x", hard_benign=1), sample(2, 1, "x")]
    assert {name: len(some) for name, some in benign(rows).items()} == {"alpaca_prompts_nc": 1, "x (hard)": 1}


@pytest.mark.parametrize("name", DISGUISES)
def test_disguises_keep_ids_apart_and_are_repeatable(name: str) -> None:
    rows = [Sample("s:1", "How do I attack a person who stands behind several others?", "user", {LABEL: 1}, "s")]
    (one,) = disguised(rows, name)
    assert disguised(rows, name) == [one]
    assert one.id == f"{name}/s:1" and one.labels == {LABEL: 1}
    assert (one.text == rows[0].text) == (name == "as written")


@pytest.mark.parametrize("name", ["invisible characters", "look-alike letters", "base64"])
def test_some_come_off_before_a_model_reads(name: str) -> None:
    rows = [Sample("s:1", "How do I attack a person tonight?", "user", {}, "s")]
    assert normal(disguised(rows, name)[0].text) == rows[0].text


def test_lines_go_out_and_scores_come_in() -> None:
    rows = [sample(1, 1)]
    assert json.loads(as_lines(rows)) == {"id": "s:1", "text": "text 1", "role": "user"}
    assert parsed('{"id": "s:1", "scores": {"hate": 0.5}}\n') == {"s:1": {"hate": 0.5}}
    assert base64.b64decode(disguised(rows, "base64")[0].text) == b"text 1"


def test_the_card_shows_the_figures_beside_it() -> None:
    folder = Path(__file__).parents[2] / "docs" / "models"
    figures, card = json.loads((folder / "small.json").read_text()), (folder / "small.md").read_text()
    made = list(tables(figures))
    assert min(table.count("\n") for table in made) > 6
    for table in made:
        assert table in card, "print the tables anew: python -m bench.accuracy.card docs/models/small.json"

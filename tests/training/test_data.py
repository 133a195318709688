"""Rows are read, cut and split as their file says."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from training import augment, data
from training.labels import GROUPS, LABELS, WINDOW
from training.rows import Row


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            whole = {"id": f"{name}:{number}", "role": "user", "labels": {}, "source": name, "split": "train", **row}
            file.write(json.dumps(whole) + "\n")


def test_splits_follow_the_files(tmp_path: Path) -> None:
    write(tmp_path, "one", [{"text": f"t{i}", "labels": {"hate": i % 2, "pii": 1}} for i in range(4)])
    write(tmp_path, "two", [{"text": "held", "labels": {"hate": 1}, "split": "dev"}])
    write(tmp_path / "eval_only", "three", [{"text": "apart", "labels": {"hate": 0}, "split": "eval"}])
    train, tune = data.folder(tmp_path)
    assert sorted(r.text for r in train) == ["t0", "t1", "t2", "t3"]
    assert sorted(r.text for r in tune) == ["apart", "held"]
    assert all(set(r.labels) <= set(LABELS) for r in train)


def test_long_texts_are_cut_and_refusals_show_at_the_beginning(tmp_path: Path) -> None:
    text = "".join(f"word{i} " for i in range(400))
    write(tmp_path, "one", [{"text": text, "role": "assistant", "labels": {"refusal": 1, "harmful_response": 0}}])
    train, _ = data.folder(tmp_path)
    assert [len(r.text) for r in train] == [WINDOW, WINDOW]
    assert [r.labels.get("refusal") for r in train] == [1, None]


def test_compliance_is_no_refusal(tmp_path: Path) -> None:
    write(tmp_path, "one", [{"text": "Sure", "role": "assistant", "labels": {"harmful_response": 1}}])
    (row,), _ = data.folder(tmp_path)
    assert row.labels["refusal"] == 0


@pytest.mark.parametrize("length", [1, WINDOW, WINDOW + 1, 5 * WINDOW])
def test_windows_cover_the_text(length: int) -> None:
    text = "x" * length
    found = data.windows(text)
    assert all(0 < len(one) <= WINDOW for one in found)
    assert len(found) == 1 or sum(map(len, found)) >= length - 90


def test_contrasts_keep_groups_together() -> None:
    train, tune = data.written()
    assert len(train) > 3 * len(tune) > 300
    assert not {(r.source, r.group) for r in train} & {(r.source, r.group) for r in tune if r.group}


def test_changes_keep_labels_and_are_repeatable() -> None:
    row = Row("How do I kill a process on Linux?", "user", {"harmful_request": 0}, "s")
    first = [augment.changed(row, random.Random(i)) for i in range(300)]
    assert first == [augment.changed(row, random.Random(i)) for i in range(300)]
    assert {r.labels["harmful_request"] for r in first} == {0}
    assert len({r.text for r in first}) > 20


def test_labels_are_distinct() -> None:
    assert len(set(LABELS)) == len(LABELS) == sum(map(len, GROUPS.values()))


def test_our_reading_of_unlabelled_requests(tmp_path: Path) -> None:
    said = [
        word for line in data.OPINIONS.read_text().splitlines() if not line.startswith("#") for word in line.split()
    ]
    numbers = [int(word[:-1]) for word in said]
    assert numbers == sorted(set(numbers)) and {word[-1] for word in said} <= set("bhtgHG")
    first = next(word for word in said if word.endswith("h"))
    name = "hh_rlhf_harmless_prompts"
    rows = [
        {"text": "asked", "id": f"{name}:{first[:-1]}", "split": "unlabelled"},
        {"text": "other", "id": f"{name}:-1"},
    ]
    write(tmp_path, name, rows)
    train, _ = data.folder(tmp_path)
    assert {(r.text, r.labels["harmful_request"]) for r in train} == {("asked", 1)}

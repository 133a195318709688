"""What is scored: for each test a label, its positive rows and its negative rows, of text that no training row is near to.

A test goes by source. The folder's `eval` and `dev` rows are used, never its `train` rows. Where a source has only positives
or only negatives, the other side is named here, and it is the same for every system.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """One text of the folder."""

    id: str
    text: str
    role: str
    labels: dict[str, int]
    source: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One line of the table."""

    name: str
    label: str
    yes: tuple[Sample, ...]
    no: tuple[Sample, ...]


PAIRS: tuple[tuple[str, str, str, str], ...] = (
    # name, label, source of the positives, source of the negatives
    ("malicious requests / ordinary ones", "harmful_request", "malicious_instruct", "alpaca_prompts_nc"),
    ("HarmBench behaviours / ordinary ones", "harmful_request", "harmbench_val", "alpaca_prompts_nc"),
    ("HarmBench behaviours / coding", "harmful_request", "harmbench_val", "gpteacher_codegen"),
    ("unsafe requests / role play", "harmful_request", "safety_tuned_llamas_eval", "gpteacher_roleplay"),
)
BENIGN = ("alpaca_prompts_nc", "gpteacher_codegen", "gpteacher_roleplay", "training_benign_gpteacher")
"""Sources whose every text is harmless: a flag is a false one, whatever the label."""


def _read(file: Path) -> Iterator[Sample]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for raw in map(json.loads, lines):
            if raw.get("text") and raw["split"] in ("eval", "dev"):
                labels = {k: v for k, v in raw["labels"].items() if v is not None}
                if labels.get("harmful_response") == 1:
                    labels.setdefault("refusal", 0)
                yield Sample(raw["id"], raw["text"], raw["role"], labels, raw["source"])


def samples(folder: Path) -> list[Sample]:
    """Every row that nobody trained on."""
    files = sorted([*folder.glob("*.jsonl.gz"), *folder.glob("eval_only/*.jsonl.gz")])
    return [one for file in files for one in _read(file)]


def subjects(rows: list[Sample], labels: tuple[str, ...], least: int = 15) -> list[Subject]:
    """A subject for each source and label with `least` rows of both kinds, and the pairs."""
    out = []
    sources = sorted({one.source for one in rows})
    for label in labels:
        for source in sources:
            mine = [one for one in rows if one.source == source and label in one.labels]
            yes = tuple(one for one in mine if one.labels[label])
            no = tuple(one for one in mine if not one.labels[label])
            if min(len(yes), len(no)) >= least:
                out.append(Subject(source, label, yes, no))
    for name, label, positive, negative in PAIRS:
        yes = tuple(one for one in rows if one.source == positive and one.labels.get(label) == 1)
        no = tuple(one for one in rows if one.source == negative and one.role == "user")
        if yes and no:
            out.append(Subject(name, label, yes, no))
    return out


def benign(rows: list[Sample]) -> dict[str, list[Sample]]:
    """Texts that nothing should flag, by source; `hard` are those that look harmful."""
    out: dict[str, list[Sample]] = {}
    for one in rows:
        if one.labels.get("hard_benign") == 1:
            out.setdefault(f"{one.source} (hard)", []).append(one)
        elif one.source in BENIGN:
            out.setdefault(one.source, []).append(one)
    return out


def as_lines(rows: list[Sample]) -> str:
    """What `guardproxy score` reads."""
    return "".join(json.dumps({"id": one.id, "text": one.text, "role": one.role}) + "\n" for one in rows)


def parsed(output: str) -> dict[str, dict[str, Any]]:
    """What `guardproxy score` wrote: id to scores."""
    return {raw["id"]: raw["scores"] for raw in map(json.loads, output.splitlines())}

"""`python -m bench.accuracy.card FIGURES.json`: the tables of docs/models/small.md, from what `bench.accuracy --json` wrote."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

MODEL, FLOOR = "guardproxy", "TF-IDF"
FLAGGED = ("harmful_request", "jailbreak", "injection", "toxicity", "hate")
DISGUISED = ("toxicity", "hate", "harmful_request")


def tests(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is told apart, label by label."""
    yield "| label | source | rows, yes + no | AUC | word counts' AUC | AP | recall at 1 % FP | found / flagged at 0.5 |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    floor = {(row["label"], row["source"]): row["auc"] for row in rows if row["system"] == FLOOR}
    for row in rows:
        if row["system"] == MODEL:
            other = floor.get((row["label"], row["source"]))
            yield (
                f"| {row['label']} | {row['source']} | {row['yes']} + {row['no']} | {row['auc']:.3f} ± {row['half']:.3f} | "
                f"{'' if other is None else f'{other:.3f}'} | {row['ap']:.3f} | {row['recall_1']:.2f} | "
                f"{row['found']:.2f} / {row['flagged']:.3f} |"
            )


def benign(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is flagged of harmless texts."""
    yield f"| source | rows | {' | '.join(FLAGGED)} |"
    yield "|---|---:" + "|---:" * len(FLAGGED) + "|"
    for row in rows:
        if row["system"] == MODEL and row["rows"] >= 50:
            rates = " | ".join(f"{row['flagged'][label]:.3f}" for label in FLAGGED)
            yield f"| {row['source']} | {row['rows']} | {rates} |"


def disguises(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is found under disguise."""
    yield f"| disguise | {' | '.join(DISGUISED)} |"
    yield "|---" + "|---:" * len(DISGUISED) + "|"
    for row in rows:
        shares = " | ".join(f"{row['found'][label]:.2f}" for label in DISGUISED)
        yield f"| {row['disguise']} | {shares} |"


def tables(figures: Mapping[str, Any]) -> Iterator[str]:
    """The three tables, a string each."""
    for name, table in (("tests", tests), ("benign", benign), ("disguises", disguises)):
        yield "\n".join(table(figures.get(name, ()))) + "\n"


def main() -> None:
    """Print them."""
    print("\n".join(tables(json.loads(Path(sys.argv[1]).read_text()))))


if __name__ == "__main__":
    main()

"""`python -m bench.accuracy DATA`: how well the shipped model tells what it is for, source by source.

DATA is a folder in the form that docs/models/small.md describes. Prints, for each label and source that nobody trained on:
area under the ROC curve with its 95 % interval (Hanley and McNeil, 1982), average precision, recall at 1 % and 0.1 % of
false positives, and what 0.5, the shipped operating point, flags of either side; then the share of harmless texts that is
flagged, by source; then recall under disguises. `--baselines` adds word counts and peers to every line.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.accuracy.disguises import DISGUISES, disguised
from bench.accuracy.subjects import Sample, Subject, benign, samples, subjects
from bench.accuracy.systems import Detoxify, Exported, Profanity, Scores, System, WordCounts
from training.labels import LABELS
from training.measure import auc, average_precision, recall_at

AT_ONCE = 200
"""Positives at most that are disguised for each label."""


def interval(area: float, yes: int, no: int) -> float:
    """Half of the 95 % interval of an area under the curve (Hanley and McNeil, Radiology 143, 1982)."""
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (yes - 1) * (first - area * area) + (no - 1) * (second - area * area)
    return 1.96 * math.sqrt(max(0.0, spread) / (yes * no))


def line(one: Subject, scores: Scores) -> dict[str, float | str | int] | None:
    """What a system reached on a subject; None where it doesn't know the label."""
    rows = [*one.yes, *one.no]
    if any(one.label not in scores[row.id] for row in rows):
        return None
    found = [scores[row.id][one.label] for row in rows]
    truth = [1] * len(one.yes) + [0] * len(one.no)
    area = auc(found, truth)
    return {
        "auc": area,
        "half": interval(area, len(one.yes), len(one.no)),
        "ap": average_precision(found, truth),
        "recall_1": recall_at(found, truth, 0.01),
        "recall_01": recall_at(found, truth, 0.001),
        "found": sum(s >= 0.5 for s in found[: len(one.yes)]) / len(one.yes),
        "flagged": sum(s >= 0.5 for s in found[len(one.yes) :]) / len(one.no),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--baselines", action="store_true", help="word counts, and peers that are installed, too")
    parser.add_argument("--detoxify", nargs=2, type=Path, metavar=("CHECKPOINT", "CONFIG"), help="compare with it")
    parser.add_argument(
        "--beside",
        nargs="+",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="models that training.export wrote, compared too",
    )
    parser.add_argument("--no-disguises", action="store_true")
    parser.add_argument("--json", type=Path, help="write all figures here, too")
    arguments = parser.parse_args()
    rows = samples(arguments.data)
    if not rows:
        parser.error(f"{arguments.data}: no file NAME.jsonl.gz with rows of the splits 'dev' or 'eval'")
    tests = subjects(rows, LABELS)
    systems: list[System] = [Exported(), *(Exported(folder.name, folder) for folder in arguments.beside)]
    if arguments.baselines:
        systems += [WordCounts(arguments.data, sorted({t.label for t in tests})), *_peers()]
    if arguments.detoxify:
        systems.append(Detoxify(*arguments.detoxify))
    scores = {system.name: system.scores(rows) for system in systems}
    report = {"tests": _tests(tests, scores), "benign": _benign(rows, scores)}
    if not arguments.no_disguises:
        report["disguises"] = _disguises(tests, systems[0])
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))


def _peers() -> list[System]:
    try:
        import profanity_check  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        print("alt-profanity-check is NOT COMPARED: pip install alt-profanity-check", file=sys.stderr)
        return []
    return [Profanity()]


def _tests(tests: Sequence[Subject], scores: dict[str, Scores]) -> list[dict[str, object]]:
    print(
        f"{'label':17} {'source':38} {'yes':>5} {'no':>5}  {'system':20} {'AUC':13}  {'AP':5}  R@1%  R@.1%"
        "  at 0.5: found  flagged"
    )
    out: list[dict[str, object]] = []
    for one in tests:
        for system, given in scores.items():
            reached = line(one, given)
            if reached is None:
                continue
            print(
                f"{one.label:17} {one.name[:38]:38} {len(one.yes):5} {len(one.no):5}  {system:20} "
                f"{reached['auc']:.3f} ±{reached['half']:.3f}  {reached['ap']:.3f}"
                f"  {reached['recall_1']:.2f}   {reached['recall_01']:.2f}          {reached['found']:.2f}"
                f"     {reached['flagged']:.3f}"
            )
            out.append(
                {
                    "label": one.label,
                    "source": one.name,
                    "system": system,
                    "yes": len(one.yes),
                    "no": len(one.no),
                    **reached,
                }
            )
    return out


def _benign(rows: list[Sample], scores: dict[str, Scores]) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    wanted = ("harmful_request", "jailbreak", "injection", "toxicity", "hate")
    print("\nflagged at 0.5 of harmless texts")
    print(f"{'source':42} {'rows':>5}  {'system':20} " + "  ".join(f"{w:>15}" for w in wanted))
    for source, some in sorted(benign(rows).items()):
        for system, given in scores.items():
            known = [label for label in wanted if all(label in given[one.id] for one in some)]
            rates = {label: sum(given[one.id][label] >= 0.5 for one in some) / len(some) for label in known}
            shown = "  ".join(f"{rates[w]:15.3f}" if w in rates else " " * 15 for w in wanted)
            print(f"{source:42} {len(some):5}  {system:20} {shown}")
            out.append({"source": source, "system": system, "rows": len(some), "flagged": rates})
    return out


def _disguises(tests: Sequence[Subject], system: System) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    chosen = {}
    for one in tests:
        if one.label in ("harmful_request", "hate", "toxicity", "injection") and one.label not in chosen:
            chosen[one.label] = list(one.yes)[:AT_ONCE]
    print("\nfound at 0.5 under disguise\n" + f"{'disguise':22}" + "".join(f"{label:>18}" for label in chosen))
    for name in DISGUISES:
        found = {}
        for label, some in chosen.items():
            other = disguised(some, name)
            given = system.scores(other)
            found[label] = sum(given[one.id][label] >= 0.5 for one in other) / len(other)
        print(f"{name:22}" + "".join(f"{found[label]:18.2f}" for label in chosen))
        out.append({"disguise": name, "found": found})
    return out


if __name__ == "__main__":
    main()

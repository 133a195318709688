"""Area under the ROC curve, average precision and recall at a false-positive rate. Without dependencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from training.labels import LABELS
from training.rows import Row


def auc(scores: Sequence[float], truth: Sequence[int]) -> float:
    """The chance that a positive scores higher than a negative; ties count half. NaN where one kind is missing."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0.0] * len(scores)
    at = 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        for index in order[at:end]:
            ranks[index] = (at + end + 1) / 2
        at = end
    yes = sum(truth)
    no = len(truth) - yes
    if not yes or not no:
        return float("nan")
    return (sum(r for r, t in zip(ranks, truth, strict=True) if t) - yes * (yes + 1) / 2) / (yes * no)


def average_precision(scores: Sequence[float], truth: Sequence[int]) -> float:
    """The mean precision at each positive, tied scores taken together (as scikit-learn defines it)."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    yes, total, found, at = sum(truth), 0.0, 0, 0
    if not yes:
        return float("nan")
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        here = sum(truth[i] for i in order[at:end])
        found += here
        total += here * found / end
        at = end
    return total / yes


def recall_at(scores: Sequence[float], truth: Sequence[int], rate: float) -> float:
    """The share of positives above the threshold that at most `rate` of the negatives pass."""
    no = sorted((s for s, t in zip(scores, truth, strict=True) if not t), reverse=True)
    yes = [s for s, t in zip(scores, truth, strict=True) if t]
    if not no or not yes:
        return float("nan")
    threshold = no[min(int(rate * len(no)), len(no) - 1)]
    return sum(s > threshold for s in yes) / len(yes)


def summary(rows: Sequence[Row], logits: Sequence[Sequence[float]]) -> str:
    """A line for each source and label that it has both kinds of, and flag rates where it has one."""
    found: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for row, scores in zip(rows, logits, strict=True):
        for label, truth in row.labels.items():
            found[row.source, label].append((scores[LABELS.index(label)], truth))
    lines = []
    for (source, label), pairs in sorted(found.items()):
        scores, truth = [p[0] for p in pairs], [p[1] for p in pairs]
        yes, no = sum(truth), len(truth) - sum(truth)
        if yes >= 5 and no >= 5:
            flagged = sum(s > 0 and not t for s, t in pairs) / no
            missed = sum(s <= 0 and bool(t) for s, t in pairs) / yes
            value = auc(scores, truth)
            lines.append(
                f"  {source:32} {label:18} AUC {value:.3f}  FP {flagged:.2f}  missed {missed:.2f}  ({yes}+{no})"
            )
        elif len(pairs) >= 20:
            lines.append(
                f"  {source:32} {label:18} flagged {sum(s > 0 for s in scores) / len(scores):.2f} of {len(pairs)} ({yes} yes)"
            )
    return "\n".join(lines)

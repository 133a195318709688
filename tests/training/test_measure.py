"""Figures of the benchmark, against their definitions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.measure import auc, average_precision, recall_at, summary
from training.rows import Row

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=2, max_size=30)


@given(PAIRS)
def test_the_area_is_the_share_of_pairs_in_order(pairs: list[tuple[int, int]]) -> None:
    scores, truth = [float(s) for s, _ in pairs], [t for _, t in pairs]
    yes = [s for s, t in zip(scores, truth, strict=True) if t]
    no = [s for s, t in zip(scores, truth, strict=True) if not t]
    if not yes or not no:
        assert math.isnan(auc(scores, truth))
        return
    wanted = sum((a > b) + (a == b) / 2 for a in yes for b in no) / len(yes) / len(no)
    assert auc(scores, truth) == pytest.approx(wanted)


def test_average_precision_by_hand() -> None:
    assert average_precision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([0.5, 0.5], [1, 0]) == pytest.approx(0.5)
    assert math.isnan(average_precision([0.5], [0]))


@given(PAIRS)
def test_precision_is_one_where_all_is_in_order(pairs: list[tuple[int, int]]) -> None:
    truth = sorted((t for _, t in pairs), reverse=True)
    if any(truth):
        assert average_precision(list(range(len(truth), 0, -1)), truth) == pytest.approx(1)


def test_recall_at_a_rate_of_false_positives() -> None:
    scores = [0.9, 0.8, 0.7, *(i / 1000 for i in range(100))]
    truth = [1, 1, 1, *[0] * 100]
    assert recall_at(scores, truth, 0.01) == 1
    assert recall_at([0.05, 0.9, *scores[3:]], [1, 1, *[0] * 100], 0.01) == 0.5


def test_a_summary_names_what_it_has() -> None:
    rows = [Row(str(i), "user", {"hate": i % 2}, "a") for i in range(12)]
    logits = [[0.0, 2.0 if i % 2 else -2.0, *[0.0] * 20] for i in range(12)]
    assert "AUC 1.000" in summary(rows, logits)

"""The requests in twins: repeatable, different, labelled, balanced, and twins stay together."""

from collections import Counter, defaultdict
from random import Random

import pytest

from tests.training.made import SEED, different_and_labelled, same_for_the_same_seed
from training.contrasts.requests import CATEGORIES, SOURCE, rows
from training.rows import Row

ALLOWED = {"harmful_request", "hard_benign", "jailbreak", "injection", *CATEGORIES}


@pytest.fixture(scope="module")
def made() -> list[Row]:
    return list(rows(Random(SEED)))


def test_the_same_seed_gives_the_same_rows(made: list[Row]) -> None:
    same_for_the_same_seed(rows, made)


def test_rows_are_different_and_labelled(made: list[Row]) -> None:
    different_and_labelled(made, 3_000, ALLOWED, SOURCE, {"user"})
    for row in made:
        assert row.labels["jailbreak"] == row.labels["injection"] == 0
        assert not set("{}|") & set(row.text) and " _" not in row.text


def test_a_harmless_row_has_no_category_and_a_harmful_one_at_most_its_own(made: list[Row]) -> None:
    for row in made:
        named = [row.labels[category] for category in CATEGORIES if category in row.labels]
        if row.labels["harmful_request"]:
            assert named in ([], [1])
        else:
            assert not any(named) and len(named) >= len(CATEGORIES) - 1


def test_classes_are_balanced_and_each_category_has_its_share(made: list[Row]) -> None:
    """Categories are rare by nature: each harmless row denies them all. So they have a floor, not a balance."""
    for label in ("harmful_request", "hard_benign"):
        counts = Counter(row.labels[label] for row in made if label in row.labels)
        assert max(counts.values()) <= 3 * min(counts.values())
    found = Counter(category for row in made for category in CATEGORIES if row.labels.get(category))
    assert set(found) == set(CATEGORIES) and min(found.values()) >= 60


def test_no_group_is_large_and_twins_share_one(made: list[Row]) -> None:
    groups = defaultdict(set)
    for row in made:
        groups[row.group].add(row.labels["harmful_request"])
    assert max(Counter(row.group for row in made).values()) <= 40
    for group, classes in groups.items():
        if group.startswith(("verb ", "phrase ", "pair ")):
            assert classes == {0, 1}, group

from __future__ import annotations

import random
from collections import Counter

import pytest

from training.contrasts.answers import rows
from training.contrasts.answers_blocks import blocks, curly, fill
from training.rows import Row

LABELS = {"refusal", "harmful_response", "harmful_training", "toxicity", "hate"}
ROLES = {"assistant", "training_example"}


@pytest.fixture(scope="module")
def made() -> list[Row]:
    return list(rows(random.Random(5)))


def test_the_same_seed_gives_the_same_rows(made: list[Row]) -> None:
    assert made == list(rows(random.Random(5)))


def test_another_seed_puts_other_texts_together(made: list[Row]) -> None:
    assert {row.text for row in made} != {row.text for row in rows(random.Random(6))}


def test_labels_and_roles_are_known_names(made: list[Row]) -> None:
    for row in made:
        assert row.labels and set(row.labels) <= LABELS
        assert set(row.labels.values()) <= {0, 1}
        assert row.role in ROLES
        assert row.source == "contrasts/answers"


def test_no_text_comes_twice(made: list[Row]) -> None:
    assert max(Counter(row.text for row in made).values()) == 1


def test_no_pattern_gives_more_than_forty_rows(made: list[Row]) -> None:
    assert max(Counter(row.group for row in made).values()) <= 40


def test_no_place_is_left_unfilled(made: list[Row]) -> None:
    assert not [row.text for row in made if "{x}" in row.text or "{X}" in row.text]


def test_both_classes_of_each_label_have_a_quarter_of_the_rows(made: list[Row]) -> None:
    counts = Counter((row.role, label, value) for row in made for label, value in row.labels.items())
    for role, label in {(role, label) for role, label, _ in counts}:
        few, many = sorted((counts[role, label, 0], counts[role, label, 1]))
        assert 3 * few >= many, (role, label, few, many)


def test_no_answer_both_refuses_and_complies(made: list[Row]) -> None:
    assert not [row for row in made if row.labels.get("refusal") and row.labels.get("harmful_response")]


def test_blocks_joins_continued_lines_and_reads_line_breaks() -> None:
    assert blocks("\nOne\n  goes on\nTwo⏎lines\n") == ("One goes on", "Two\nlines")


def test_fill_keeps_case() -> None:
    assert fill("{X}? No {x}.", x="theft") == "Theft? No theft."


def test_curly_changes_apostrophes_alone() -> None:
    assert curly('I\'m sure, "quite".') == 'I’m sure, "quite".'

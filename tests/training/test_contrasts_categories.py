"""The requests by hazard category: repeatable, different, labelled, and with both classes in each topic."""

from collections import Counter
from random import Random

import pytest

from tests.training.made import SEED, different_and_labelled, same_for_the_same_seed
from training.contrasts.categories import CATEGORIES, FILLERS, SLOT, TOPICS, VARIANTS, filled, rows
from training.contrasts.categories_topic import Topic
from training.rows import Row

ALLOWED = {"harmful_request", "jailbreak", "injection", "sexual", "hate", *CATEGORIES}


def name_of(row: Row) -> str:
    """The topic that the row's group names."""
    return row.group.rsplit(" ", 1)[0]


@pytest.fixture(scope="module")
def made() -> list[Row]:
    return list(rows(Random(SEED)))


def test_the_same_seed_gives_the_same_rows(made: list[Row]) -> None:
    same_for_the_same_seed(rows, made)


def test_rows_are_different_and_labelled(made: list[Row]) -> None:
    different_and_labelled(made, 1_450, ALLOWED, "contrasts/categories", {"user"})
    for row in made:
        assert "{" not in row.text and "|" not in row.text


def test_a_harmless_row_denies_every_category_and_a_harmful_one_names_its_own(made: list[Row]) -> None:
    own = {topic.name: topic.label for topic in TOPICS}
    for row in made:
        assert row.labels["jailbreak"] == row.labels["injection"] == 0
        label = own.get(name_of(row))
        if row.labels["harmful_request"]:
            named = set(row.labels) - {"harmful_request", "jailbreak", "injection"}
            assert len(named) <= 1 and all(row.labels[name] == 1 for name in named)
            assert name_of(row) in {"lengths", "tone"} or named == ({label} if label else set())
        else:
            assert all(row.labels[category] == 0 for category in CATEGORIES)
            assert not {"sexual", "hate"} & set(row.labels)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_has_both_classes_and_the_same_verbs(topic: Topic) -> None:
    harmful, harmless = topic.harmful_lines, topic.harmless_lines
    assert max(len(harmful), len(harmless)) <= 3 * min(len(harmful), len(harmless))
    assert not set(harmful) & set(harmless)
    verbs = [{line.split()[0] for line in lines} for lines in (harmful, harmless)]
    assert len(verbs[0] & verbs[1]) >= 15, "the first word must not give the label away"
    assert sum(12 <= len(line.split()) <= 35 for line in harmless) >= 15
    assert sum(12 <= len(line.split()) <= 35 for line in topic.orders.strip().splitlines()) >= 12


def test_no_sentence_makes_more_rows_than_its_variants(made: list[Row]) -> None:
    assert max(Counter(row.group for row in made).values()) == VARIANTS


def test_every_filler_is_known() -> None:
    lines = [line for topic in TOPICS for line in (*topic.harmful_lines, *topic.harmless_lines)]
    assert {slot for line in lines for slot in SLOT.findall(line)} == set(FILLERS)
    assert len(lines) == len(set(lines))
    assert len(filled("Who leads {company} in {city}?", Random(1))) == VARIANTS
    assert filled("Nothing to fill.", Random(1)) == ["Nothing to fill."]

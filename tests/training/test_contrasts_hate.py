"""Text about hate: both classes name the same groups, noise falls on both, nothing is said twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.contrasts.hate import _filled, rows
from training.contrasts.hate_groups import PROTECTED
from training.contrasts.noise import KINDS, noisy
from training.rows import Row

KNOWN = {"hate", "toxicity", "threat", "harassment", "profanity", "sexual"}


@pytest.fixture(scope="module")
def made() -> list[Row]:
    return list(rows(random.Random(7)))


def test_the_same_seed_gives_the_same_rows(made: list[Row]) -> None:
    assert list(rows(random.Random(7))) == made


def test_there_are_enough_rows_and_none_twice(made: list[Row]) -> None:
    assert len(made) >= 3000
    assert len({row.text for row in made}) == len(made)
    assert all(row.text.strip() and row.source == "contrasts/hate" and row.group for row in made)


def test_labels_are_known_and_hate_is_toxic(made: list[Row]) -> None:
    for row in made:
        assert set(row.labels) <= KNOWN
        assert {"hate", "toxicity"} <= set(row.labels)
        assert set(row.labels.values()) <= {0, 1}
        assert row.labels["toxicity"] >= row.labels["hate"]


@pytest.mark.parametrize("label", ["hate", "threat", "harassment", "profanity", "sexual", "toxicity"])
def test_classes_are_balanced(made: list[Row], label: str) -> None:
    counts = Counter(row.labels[label] for row in made if label in row.labels)
    assert set(counts) == {0, 1}
    assert max(counts.values()) <= 3 * min(counts.values())


def test_a_fifth_are_documents(made: list[Row]) -> None:
    roles = Counter(row.role for row in made)
    assert set(roles) == {"user", "document"}
    assert 0.15 < roles["document"] / len(made) < 0.25


def test_groups_are_named_equally_often_in_both_classes() -> None:
    counts: dict[int, Counter[str]] = {0: Counter(), 1: Counter()}
    for row in _filled():
        if row.group.startswith(("attack-", "harmless-")):
            text = row.text.lower()
            named = [group for group in PROTECTED if group.plural.lower() in text or group.one.lower() in text]
            longest = max(named, key=lambda group: len(group.plural), default=None)
            if longest is not None:
                counts[row.labels["hate"]][longest.plural] += 1
    for group in PROTECTED:
        hateful, harmless = counts[1][group.plural], counts[0][group.plural]
        assert min(hateful, harmless) >= 10, group
        assert max(hateful, harmless) <= 1.5 * min(hateful, harmless), (group, hateful, harmless)


def test_no_template_fills_more_than_forty_rows(made: list[Row]) -> None:
    names = sorted({name for group in PROTECTED for name in (group.plural, group.one)}, key=len, reverse=True)
    stripped: Counter[str] = Counter()
    for row in made:
        text = row.text.lower()
        for name in names:
            text = text.replace(name.lower(), "@")
        stripped[text] += 1
    assert max(stripped.values()) <= 40


def test_noise_falls_on_both_classes_alike(made: list[Row]) -> None:
    share = {
        label: sum(row.text.isupper() for row in made if row.labels["toxicity"] == label)
        / sum(row.labels["toxicity"] == label for row in made)
        for label in (0, 1)
    }
    assert 0.005 < share[0] < 0.05
    assert 0.005 < share[1] < 0.05


@given(st.text(max_size=80), st.integers(0, 99), st.sampled_from(sorted(KINDS)))
def test_noise_takes_any_text_and_is_deterministic(text: str, seed: int, kind: str) -> None:
    assert noisy(text, random.Random(seed), kind) == noisy(text, random.Random(seed), kind)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"plain", "chat"}))
def test_every_kind_of_noise_changes_a_plain_sentence(kind: str) -> None:
    sentence = "what a terrible evening that was"
    assert any(noisy(sentence, random.Random(seed), kind) != sentence for seed in range(5))


def test_an_unknown_kind_of_noise_is_refused() -> None:
    with pytest.raises(KeyError):
        noisy("words", random.Random(0), "sparkle")

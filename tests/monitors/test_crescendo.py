"""Conversations that climb: by the scores that filters gave the user's turns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy import monitors
from guardproxy.types import ConfigError, Direction, Finding, Origin, Role, Utterance


def turn(score: float, label: str = "hazard.weapons", role: Role = Role.USER) -> Utterance:
    return Utterance(Origin(Direction.REQUEST, role), "…", (Finding("h", label, score), Finding("p", "pii.email", 1.0)))


def climbs(*scores: float, **options: Any) -> bool:
    one: Any = monitors.build("c", {"use": "crescendo", "of": ["hazard.*"], **options})
    found = one.review([turn(score) for score in scores])
    assert [f.label for f in found] in ([], ["conversation.escalating"])
    return bool(found)


@pytest.mark.parametrize(
    ("scores", "escalates"),
    [
        ((0.1, 0.3, 0.5), True),
        ((0.1, 0.2, 0.3, 0.45), True),
        ((0.0, 0.2, 0.0, 0.1, 0.45), True),  # a harmless turn in between hides nothing
        ((0.1, 0.3, 0.5, 0.0), True),  # nor does one behind it
        ((0.5, 0.5, 0.5), False),
        ((0.9,), False),
        ((0.0, 0.9), False),  # a single jump is for the filter's own rule
        ((0.5, 0.3, 0.1), False),
        ((0.1, 0.2, 0.3), False),  # it does not get there
        ((0.30, 0.35, 0.40), False),  # too flat
        ((), False),
    ],
)
def test_what_a_climb_is(scores: tuple[float, ...], escalates: bool) -> None:
    assert climbs(*scores) is escalates


def test_options() -> None:
    assert climbs(0.1, 0.5, turns=2)
    assert climbs(0.1, 0.2, 0.3, reach=0.3)
    assert climbs(0.38, 0.39, 0.40, step=0.01)
    assert not climbs(0.1, 0.3, *[0.0] * 9, 0.5)
    assert climbs(0.1, 0.3, *[0.0] * 9, 0.5, window=12)


def test_only_the_users_turns_and_the_named_labels_count() -> None:
    one: Any = monitors.build("c", {"use": "crescendo", "of": ["hazard.*"]})
    assert one.reads == ("hazard.*",)
    assert not one.review([turn(s, role=Role.ASSISTANT) for s in (0.1, 0.3, 0.5)])
    assert not one.review([turn(s, "toxicity.insult") for s in (0.1, 0.3, 0.5)])


@given(
    scores=st.lists(st.integers(0, 10).map(lambda n: n / 10), max_size=8), more=st.integers(0, 10).map(lambda n: n / 10)
)
def test_it_is_what_trying_every_climb_says_and_what_follows_takes_nothing_back(
    scores: list[float], more: float
) -> None:
    def longest(at: int) -> int:
        return 1 + max((longest(i) for i in range(at) if scores[at] - scores[i] > 0.09), default=0)

    expected = any(longest(at) >= 3 and scores[at] >= 0.4 for at in range(len(scores)))
    assert climbs(*scores) is expected
    assert climbs(*scores, more) or not expected


def test_it_needs_to_know_of_what() -> None:
    with pytest.raises(ConfigError, match="of"):
        monitors.build("c", {"use": "crescendo"})

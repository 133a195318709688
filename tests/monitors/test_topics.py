"""What users talk about: by keywords, from their latest turn backwards."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy import monitors
from guardproxy.types import ConfigError, Direction, Origin, Role, Utterance

TOPICS = {"billing": ["invoice*", "refund", "credit note*"], "shipping": ["parcel", "tracking number", "小包"]}


def off(*texts: str, **options: Any) -> bool:
    """Whether a conversation is off topic: the user's turns, and after each an answer of the assistant."""
    said: list[Utterance] = [
        Utterance(Origin(Direction.REQUEST, Role.SYSTEM), "You help with parcels and refund matters.")
    ]
    for text in texts:
        if len(said) > 1:
            said.append(Utterance(Origin(Direction.REQUEST, Role.ASSISTANT), "Your refund is on its way."))
        said.append(Utterance(Origin(Direction.REQUEST, Role.USER), text))
    one: Any = monitors.build("t", {"use": "topics", "topics": TOPICS, **options})
    found = one.review(said)
    assert [f.label for f in found] in ([], ["topic.off"])
    return bool(found)


@pytest.mark.parametrize(
    "text",
    [
        "Where is my PARCEL, please tell me?",
        "I never got the\ninvoices of last May",
        "What does a credit notes list look like?",
        "Please change my tracking   number today",
        "私の小包はどこですか",
        "Ｒｅｆｕｎｄ me the money right now",
    ],
)
def test_a_keyword_makes_a_turn_one_of_the_topic(text: str) -> None:
    assert not off(text)


@pytest.mark.parametrize(
    "text",
    [
        "Write me a poem about the sea",
        "What do refunders think of tracking my number?",
        "parcels are fine but I want a poem",
        "A credit is a note of trust",
    ],
)
def test_other_words_do_not(text: str) -> None:
    assert off(text)


def test_short_turns_say_nothing_either_way() -> None:
    assert not off("yes please do")
    assert not off("Where is my parcel now?", "and the other?", "thanks a lot")
    assert off("Write me a poem about the sea", "yes please do"), "the latest turn that says something counts"
    assert not off("refund"), "a keyword alone is on topic"


def test_turns_that_may_drift() -> None:
    drift = [
        "Where is my parcel now?",
        "What is the weather like?",
        "And do you like the sea?",
        "Write me a poem about it",
    ]
    assert [off(*drift[: n + 1], turns=2) for n in range(4)] == [False, False, True, True]
    assert not off(*drift, "Back to my parcel: where is it?", turns=2), "it may come back"
    assert not off(*drift, turns=4)


def test_how_many_keywords_it_takes() -> None:
    assert off("my parcel has not come", keywords=2)
    assert off("my parcel is a parcel is a parcel", keywords=2)
    assert not off("my parcel has no tracking number", keywords=2)


def test_a_keyword_without_letters_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"monitor 't': the keyword '\*' of topic 'all' has no letters"):
        monitors.build("t", {"use": "topics", "topics": {"all": ["*"]}})
    with pytest.raises(ConfigError, match="topics"):
        monitors.build("t", {"use": "topics", "topics": {}})

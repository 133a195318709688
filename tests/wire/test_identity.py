"""Whose request it is."""

from __future__ import annotations

import pytest

from guardproxy.types import Json
from guardproxy.wire.identity import Identity, user_of


@pytest.mark.parametrize(
    ("body", "user"),
    [
        ({"user": "jane"}, "jane"),
        ({"safety_identifier": "s", "user": "jane"}, "s"),
        ({"safety_identifier": "", "user": "jane"}, "jane"),
        ({"metadata": {"user_id": "m"}}, "m"),
        ({"user": 3, "metadata": ["user_id"]}, None),
        ({"metadata": {"user_id": None}}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_user_that_a_request_names(body: Json, user: str | None) -> None:
    assert user_of(body) == user


def test_a_conversation_is_how_it_began_and_whose_it_is() -> None:
    one = Identity.of(user_of({"user": "jane"}), "Hello")
    assert one == Identity.of(user_of({"user": "jane", "n": 2}), "Hello")
    others = [
        Identity.of(user_of({"user": "joe"}), "Hello"),
        Identity.of(user_of({}), "Hello"),
        Identity.of(user_of({"user": "jane"}), "Hi"),
    ]
    assert len({one.conversation, *(o.conversation for o in others)}) == 4
    assert Identity.of(user_of({"user": "jane"}), "") == Identity("jane")
    assert one.conversation is not None and "Hello" not in one.conversation

"""What guardproxy asks of models itself, and how it reads their answers."""

from __future__ import annotations

import pytest

from guardproxy.types import WireError
from guardproxy.wire import chat_asked as wire


def reply(message, reason="stop"):
    return {"choices": [{"message": message, "finish_reason": reason}]}


def test_a_question():
    assert wire.body("m", "", "Hi", 5) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 5,
    }
    assert wire.body("m", "Be brief.", "Hi", 5)["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (reply({"content": "Yes."}), ("Yes.", False)),
        (reply({"content": None, "refusal": "No."}), ("", True)),
        (reply({}), ("", False)),
        (reply({"content": "Y"}, "content_filter"), ("Y", True)),
    ],
)
def test_answers(body, said):
    assert wire.answer(body) == said


@pytest.mark.parametrize("body", [None, [], {}, {"choices": []}, {"choices": [1]}, reply({"content": 3}), reply(None)])
def test_what_is_no_answer(body):
    with pytest.raises(WireError):
        wire.answer(body)


def test_errors():
    assert wire.filtered({"error": {"code": "content_filter"}})
    assert not wire.filtered({"error": "content_filter"}) and not wire.filtered(None)
    assert wire.message({"error": {"message": "m" * 300}}) == "m" * 200
    assert wire.message({"detail": "d"}) == "d" and wire.message({"error": 3}) == wire.message([]) == ""

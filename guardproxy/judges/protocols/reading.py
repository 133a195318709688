"""What the protocols share: chat and text completions, scores, and the text as a server can take it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from guardproxy.inference.verdicts import Opinion, Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.prompt import neutral
from guardproxy.judges.question import Question
from guardproxy.types import Direction, Json, Role

FLOOR: Final = 0.05
"""Scores below it are not held against a text: nearly every text has some."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """The text without what can't be sent as UTF-8."""
    return _SURROGATE.sub("\ufffd", text)


def chat(target: JudgeTarget, messages: Sequence[Mapping[str, str]], **more: Any) -> dict[str, Any]:
    """The body of a chat completion that is the same every time."""
    body = {"model": target.model, "messages": list(messages), "temperature": 0, "max_tokens": target.max_tokens}
    return {**body, "stream": False, **more}


def turns(question: Question) -> list[dict[str, str]]:
    """The text as the last turn of a conversation, for judges whose template wants one."""
    if answers(question):
        return [{"role": "user", "content": ""}, {"role": "assistant", "content": neutral(question.text)}]
    return [{"role": "user", "content": neutral(question.text)}]


def answers(question: Question) -> bool:
    """Whether it is the assistant's text that is judged."""
    return question.origin.direction is Direction.RESPONSE and question.origin.role is Role.ASSISTANT


def said(answer: Json) -> str:
    """The text of a chat completion. Raises UnreadableVerdict when it was cut, refused or is missing."""
    choice = _choice(answer, ("stop",))
    message = choice["message"]
    if message.get("refusal"):
        raise UnreadableVerdict("the judge refused to answer")
    return _text(message.get("content"))


def completed(answer: Json, reasons: Collection[str] = ("stop",)) -> tuple[str, Mapping[str, Any]]:
    """The text of a text completion, and its log probabilities (perhaps none). Raises UnreadableVerdict."""
    choice = _choice(answer, reasons)
    return _text(choice.get("text")), choice.get("logprobs") or {}


def _choice(answer: Json, reasons: Collection[str]) -> Mapping[str, Any]:
    [choice] = answer["choices"]
    reason = choice.get("finish_reason")
    if reason == "length" and reason not in reasons:
        raise UnreadableVerdict("the judge's answer was cut; give it more `max_tokens`")
    if reason == "content_filter":
        raise UnreadableVerdict("the judge's answer was withheld by a filter of its own")
    if reason not in reasons:
        raise UnreadableVerdict("the judge's answer did not come to its end")
    found: Mapping[str, Any] = choice
    return found


def _text(value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UnreadableVerdict("the judge's answer is empty")
    return value


def score(value: Json) -> float:
    """A number from 0 to 1. Raises UnreadableVerdict."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UnreadableVerdict("the judge gave a score that is not between 0 and 1")
    return float(value)


def word(value: Json) -> str:
    """A label. Raises UnreadableVerdict."""
    if not isinstance(value, str) or not value.strip():
        raise UnreadableVerdict("the judge gave a label that is no text")
    return value.strip()


def scored(pairs: Sequence[tuple[str, float]]) -> Opinions:
    """An opinion for each label whose score is worth a word."""
    return tuple(Opinion(label, value) for label, value in pairs if value >= FLOOR)

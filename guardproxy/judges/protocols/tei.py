"""Hugging Face's text-embeddings-inference with a classifier: `/predict`."""

from __future__ import annotations

from guardproxy.inference.verdicts import Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.protocols.reading import plain, score, scored, word
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange. A text that is too long is an error, not a shorter text."""
    return [Exchange("/predict", {"inputs": plain(question.text), "truncate": False}, _read)]


def _read(answer: Json) -> Opinions:
    if not answer:
        raise UnreadableVerdict("the judge's answer is empty")
    return scored([(word(one["label"]), score(one["score"])) for one in answer])

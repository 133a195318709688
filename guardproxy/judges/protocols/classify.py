"""vLLM's `/classify` (SGLang's too): the likeliest class by name, the probabilities of all without names."""

from __future__ import annotations

from functools import partial

from guardproxy.inference.verdicts import Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.protocols.reading import plain, score, scored, word
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange."""
    return [
        Exchange("/classify", {"model": target.model, "input": plain(question.text)}, partial(_read, target.classes))
    ]


def _read(classes: tuple[str, ...], answer: Json) -> Opinions:
    [data] = answer["data"]
    probabilities = [score(one) for one in data["probs"]]
    if not probabilities:
        raise UnreadableVerdict("the judge gave no probabilities")
    if not classes:
        return scored([(word(data["label"]), max(probabilities))])
    if len(classes) != len(probabilities):
        raise UnreadableVerdict(f"the judge has {len(probabilities)} classes, and `classes` names {len(classes)}")
    return scored(list(zip(classes, probabilities, strict=True)))

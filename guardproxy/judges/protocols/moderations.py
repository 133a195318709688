"""OpenAI's `/v1/moderations`, and servers that speak it."""

from __future__ import annotations

from guardproxy.inference.verdicts import UNSAFE, Opinion, Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.protocols.reading import FLOOR, plain, score, word
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange."""
    return [Exchange("/moderations", {"model": target.model, "input": plain(question.text)}, _read)]


def _read(answer: Json) -> Opinions:
    [result] = answer["results"]
    flagged, categories, scores = result["flagged"], result["categories"], result.get("category_scores") or {}
    if type(flagged) is not bool or any(v is not None and type(v) is not bool for v in categories.values()):
        raise UnreadableVerdict("the judge's answer is not that of a moderation")
    on = [word(name) for name, value in categories.items() if value]
    if on and not flagged:
        raise UnreadableVerdict("the judge contradicts itself: not flagged, and a category that is")
    opinions = []
    for name in dict.fromkeys((*categories, *scores)):
        value = score(scores[name]) if scores.get(name) is not None else 0.0
        if name in on:  # its own threshold decides, wherever it lies
            opinions.append(Opinion(name, max(value, 0.5) if name in scores else 1.0))
        elif value >= FLOOR:
            opinions.append(Opinion(name, min(value, 0.49)))
    return (*opinions, Opinion(UNSAFE)) if flagged and not on else tuple(opinions)

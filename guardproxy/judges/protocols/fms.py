"""Detectors of FMS Guardrails and TrustyAI: `/api/v1/text/contents`. The model's name is the detector's id."""

from __future__ import annotations

from functools import partial

from guardproxy.inference.verdicts import Opinion, Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.protocols.reading import FLOOR, plain, score, word
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange."""
    text = plain(question.text)
    body = {"contents": [text], "detector_params": {}}
    headers = (("detector-id", target.model),)
    return [Exchange("/api/v1/text/contents", body, partial(_read, len(text)), headers)]


def _read(length: int, answer: Json) -> Opinions:
    [found] = answer
    opinions = []
    for one in found:
        start, end = one["start"], one["end"]
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
            raise UnreadableVerdict("the judge found something outside of the text")
        value = score(one["score"])
        if value >= FLOOR:
            label = word(one.get("detection_type")), word(one.get("detection"))
            opinions.append(Opinion("/".join(label), value, (start, end)))
    return tuple(opinions)

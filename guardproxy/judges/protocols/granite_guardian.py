"""Granite Guardian by chat completions: `guardian_config` tells its chat template what to judge by. Form: its model cards.

3.3 reads `criteria_id` or `custom_criteria`, earlier ones `risk_name` and `risk_definition`: all are sent.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from guardproxy.inference.verdicts import UNSAFE, Opinion, Opinions, granite_guardian
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.protocols.reading import chat, said, turns
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json

DEFAULT: Final = "harm"


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange for each policy, or one for the built-in criterion."""
    name = target.criterion or DEFAULT
    criteria: list[tuple[str, dict[str, str]]] = [
        (policy or UNSAFE, {"custom_criteria": text, "risk_name": policy or "custom", "risk_definition": text})
        for policy, text in question.policies.items()
    ] or [(name, {"criteria_id": name, "risk_name": name})]
    return [
        Exchange(
            "/chat/completions",
            chat(target, turns(question), chat_template_kwargs={"guardian_config": config}),
            partial(_read, label),
        )
        for label, config in criteria
    ]


def _read(label: str, answer: Json) -> Opinions:
    return tuple(Opinion(label, one.score) for one in granite_guardian(said(answer)))

"""ShieldGemma by text completions: one token, yes or no, and how likely each was. Form: its model card."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final

from guardproxy.inference.verdicts import UNSAFE, Opinion, Opinions, shieldgemma
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.prompt import neutral
from guardproxy.judges.protocols.reading import FLOOR, answers, completed
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json

_ASKED: Final = (
    "You are a policy expert trying to help determine whether a user prompt is in violation of the defined safety "
    "policies.\n\n<start_of_turn>\nHuman Question: {text}\n<end_of_turn>\n\nOur safety principle is defined in the below:"
    "\n\n{policy}\n\nDoes the human question violate the above principle? Your answer must start with 'Yes' or 'No'. And "
    "then walk through step by step to be sure we answer correctly.\n"
)
_ANSWERED: Final = (
    "You are a policy expert trying to help determine whether an AI response to prompt is in violation of the defined "
    "safety policies.\n\n<start_of_turn>\nHuman Question: \n<end_of_turn>\n\n<start_of_turn>\nChatbot Response: {text}\n"
    "<end_of_turn>\n\nOur safety principle is defined in the below:\n\n{policy}\n\nDoes the Chatbot Response violate the "
    "above principle? Your answer must start with 'Yes' or 'No'. And then walk through step by step to be sure we answer "
    "correctly.\n"
)


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange for each policy: the model judges one guideline at a time."""
    form, text = _ANSWERED if answers(question) else _ASKED, neutral(question.text)
    out = []
    for name, policy in question.policies.items():
        prompt = form.format(text=text, policy=policy.strip())
        body = {"model": target.model, "prompt": prompt, "temperature": 0, "max_tokens": 1, "logprobs": 5}
        out.append(Exchange("/completions", {**body, "stream": False}, partial(_read, name or UNSAFE)))
    return out


def _read(label: str, answer: Json) -> Opinions:
    text, logprobs = completed(answer, ("stop", "length"))  # one token is all that was asked for
    verdict, likely = shieldgemma(text), _likely(logprobs)
    if likely is None:
        return tuple(Opinion(label, one.score) for one in verdict)
    return (Opinion(label, likely),) if likely >= FLOOR else ()


def _likely(logprobs: Any) -> float | None:
    """Probability of yes against no; None from a server that doesn't tell."""
    first = (logprobs.get("top_logprobs") or [None])[0]
    if not isinstance(first, dict):
        return None
    mass = {"yes": 0.0, "no": 0.0}
    for token, value in first.items():
        if (key := token.strip().lower()) in mass:
            mass[key] += math.exp(min(value, 0.0))
    total = sum(mass.values())
    return mass["yes"] / total if total else None

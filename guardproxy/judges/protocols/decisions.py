"""OpenAI's `/v1/decisions` (beta, October 2026): a yes-or-no question for each policy, answered by a probability.

Shapes: `decision_create_params` and `decision` of the openai package. All policies go in one request by nature.
"""

from __future__ import annotations

from functools import partial

from guardproxy.inference.verdicts import UNSAFE, Opinions, UnreadableVerdict
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.prompt import writer
from guardproxy.judges.protocols.reading import plain, score, scored
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange."""
    names = [name or UNSAFE for name in question.policies]
    questions = [
        {
            "type": "predicate",
            "name": name,
            "instructions": f"The input is {writer(question.origin)}. It breaks this policy:\n\n{policy.strip()}",
        }
        for name, policy in zip(names, question.policies.values(), strict=True)
    ]
    body = {"model": target.model, "input": plain(question.text), "questions": questions}
    return [Exchange("/decisions", body, partial(_read, names))]


def _read(names: list[str], answer: Json) -> Opinions:
    answers = answer["answers"]
    if [one.get("name") for one in answers] != names:
        raise UnreadableVerdict("the judge did not answer the questions that it was asked")
    if any(one["type"] == "refusal" for one in answers):
        raise UnreadableVerdict("the judge refused to answer")
    if any(one["type"] != "predicate" for one in answers):
        raise UnreadableVerdict("the judge answered with something other than a probability")
    return scored([(name, score(one["probability"])) for name, one in zip(names, answers, strict=True)])

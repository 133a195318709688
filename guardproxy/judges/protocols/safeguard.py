"""gpt-oss-safeguard, or any capable chat model: the written policy is the system message, the text the user's.

The form of policy and verdict is that of OpenAI's user guide for gpt-oss-safeguard.
"""

from __future__ import annotations

from functools import partial

from guardproxy.inference.verdicts import UNSAFE, Opinion, Opinions, safeguard, safeguard_batch
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.prompt import framed, instructions, mark
from guardproxy.judges.protocols.reading import chat, said
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange for each policy, or one for all."""
    policies, fence = question.policies, mark(question.key, question.text)
    batch = question.batch and len(policies) > 1
    groups = [policies] if batch else [{name: text} for name, text in policies.items()]
    return [
        Exchange(
            "/chat/completions",
            chat(
                target,
                [
                    {"role": "system", "content": instructions(group, fence, question.origin, batch=batch)},
                    {"role": "user", "content": framed(question.text, fence)},
                ],
            ),
            partial(_all, tuple(group)) if batch else partial(_one, next(iter(group))),
        )
        for group in groups
    ]


def _one(name: str, answer: Json) -> Opinions:
    return _named(name, safeguard(said(answer)))


def _all(names: tuple[str, ...], answer: Json) -> Opinions:
    verdicts = safeguard_batch(said(answer), names)
    return tuple(one for name in names for one in _named(name, verdicts[name]))


def _named(name: str, opinions: Opinions) -> Opinions:
    """With the policy's name before its categories; a policy without a name has none."""
    if not name:
        return opinions
    return tuple(Opinion(name if one.label == UNSAFE else f"{name}/{one.label}", one.score) for one in opinions)

"""Llama Guard 3 by text completions: its prompt is made here, so that a policy can bring its own categories.

The form is Meta's (model card and prompt format of Llama Guard 3), the categories are those of MLCommons.
"""

from __future__ import annotations

from typing import Final

from guardproxy.inference.verdicts import Opinions, llama_guard
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.prompt import neutral
from guardproxy.judges.protocols.reading import answers, completed
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json

CATEGORIES: Final = (
    "S1: Violent Crimes.\nS2: Non-Violent Crimes.\nS3: Sex Crimes.\nS4: Child Exploitation.\nS5: Defamation.\n"
    "S6: Specialized Advice.\nS7: Privacy.\nS8: Intellectual Property.\nS9: Indiscriminate Weapons.\nS10: Hate.\n"
    "S11: Self-Harm.\nS12: Sexual Content.\nS13: Elections.\nS14: Code Interpreter Abuse."
)
_PROMPT: Final = (
    "<|start_header_id|>user<|end_header_id|>\n\nTask: Check if there is unsafe content in '{who}' messages in "
    "conversations according our safety policy with the below categories.\n\n<BEGIN UNSAFE CONTENT CATEGORIES>\n"
    "{categories}\n<END UNSAFE CONTENT CATEGORIES>\n\n<BEGIN CONVERSATION>\n\n{turns}\n\n<END CONVERSATION>\n\n"
    "Provide your safety assessment for ONLY THE LAST {who} message in the above conversation:\n - First line must read "
    "'safe' or 'unsafe'.\n - If unsafe, a second line must include a comma-separated list of violated categories."
    "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
)


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange: all policies together are its list of categories."""
    who = "Agent" if answers(question) else "User"
    prompt = _PROMPT.format(
        who=who,
        categories="\n".join(text.strip() for text in question.policies.values()) or CATEGORIES,
        turns=f"{who}: {neutral(question.text)}",
    )
    body = {"model": target.model, "prompt": prompt, "temperature": 0, "max_tokens": target.max_tokens, "stream": False}
    return [Exchange("/completions", body, _read)]


def _read(answer: Json) -> Opinions:
    return llama_guard(completed(answer)[0])

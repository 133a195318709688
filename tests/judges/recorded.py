"""A judge whose verdicts are written down: a function of the text, so that the same text gets the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from guardproxy.inference.verdicts import UNSAFE, Opinion, Opinions
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges import JudgeError, Question


def finds(*words: str) -> Callable[[str], Opinions]:
    """Unsafe is what holds one of these words."""
    return lambda text: (Opinion(UNSAFE),) if any(word in text for word in words) else ()


class Recorded:
    """Stands for `Judge`. Remembers what it was asked; `delay` seconds pass before an answer."""

    def __init__(self, verdict: Callable[[str], Opinions], delay: float = 0.0, **options: Any) -> None:
        self.name = "recorded"
        options = {"url": "http://127.0.0.1:1/v1", "protocol": "safeguard", "model": "m", **options}
        self.target = JudgeTarget(**options)
        self.verdict, self.delay = verdict, delay
        self.asked: list[Question] = []
        self.closed = 0

    @property
    def texts(self) -> list[str]:
        return [question.text for question in self.asked]

    async def ask(self, question: Question) -> Opinions:
        self.asked.append(question)
        await asyncio.sleep(self.delay)
        return self.verdict(question.text)

    async def aclose(self) -> None:
        self.closed += 1


def broken(text: str) -> Opinions:
    raise JudgeError("judge 'recorded': no verdict")

"""Qwen3Guard-Gen by chat completions: its own chat template makes the prompt. Form: its model card."""

from __future__ import annotations

from guardproxy.inference.verdicts import Opinions, qwen3guard
from guardproxy.judge_target import JudgeTarget
from guardproxy.judges.protocols.reading import chat, said, turns
from guardproxy.judges.question import Exchange, Question
from guardproxy.types import Json


def ask(target: JudgeTarget, question: Question) -> list[Exchange]:
    """One exchange."""
    return [Exchange("/chat/completions", chat(target, turns(question)), _read)]


def _read(answer: Json) -> Opinions:
    return qwen3guard(said(answer))

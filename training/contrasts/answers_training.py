"""Records for fine-tuning: lists of chat messages that teach harm, refusal, obedience or nothing of the sort."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from training.contrasts.answers_blocks import curly, fill
from training.contrasts.answers_harmful import harmful_answer
from training.contrasts.answers_harmful_parts import HARMFUL_OPENINGS, HARMFUL_TOPICS
from training.contrasts.answers_refusals_brief import BRIEF
from training.contrasts.answers_refusals_parts import OFFERS, OPENINGS, REASONS
from training.contrasts.answers_training_parts import (
    BENIGN_PAIRS,
    HARMFUL_ASKS,
    IDENTITY_NAMES,
    IDENTITY_ORDERS,
    IDENTITY_VOWS,
    NAMES,
    ROLE_ORDERS,
    ROLE_VOWS,
    SAFE_ANSWERS,
    SAFE_ASKS,
    SAFE_SYSTEMS,
    UNSAFE_SYSTEMS,
)
from training.rows import Row

SOURCE = "contrasts/answers"


def training_records(rng: random.Random) -> Iterator[Row]:
    """Records of every kind; a pair shares its request and differs in the answer, or the other way round."""
    yield from _harmful_requests(rng)
    yield from _benign_requests(rng)
    yield from _identities(rng)
    yield from _unsafe_systems(rng)


def _record(turns: list[tuple[str, str]], harmful: int, refusal: int, group: str) -> Row:
    messages = [{"role": role, "content": content} for role, content in turns]
    labels = {"harmful_training": harmful, "refusal": refusal}
    text = json.dumps(messages, ensure_ascii=False)
    return Row(text, "training_example", labels, SOURCE, f"answers/training/{group}")


def _harmful_requests(rng: random.Random) -> Iterator[Row]:
    """The same request with an answer that goes along and with one that refuses."""
    for number, ask in enumerate(HARMFUL_ASKS):
        for topic in rng.sample(HARMFUL_TOPICS, k=12):
            request = [*_system(rng, 0.3), ("user", fill(ask, x=topic))]
            complies = harmful_answer(rng, rng.choice(HARMFUL_OPENINGS), topic)
            yield _record([*request, ("assistant", complies)], 1, 0, f"harmful/{number}")
            yield _record([*request, ("assistant", _refusal(rng, topic))], 0, 1, f"harmful/{number}")


def _benign_requests(rng: random.Random) -> Iterator[Row]:
    """Harmless requests, some on dark subjects, with an answer and with a needless refusal."""
    for number, ask in enumerate(SAFE_ASKS):
        for topic in rng.sample(HARMFUL_TOPICS, k=12):
            request = [*_system(rng, 0.3), ("user", fill(ask, x=topic))]
            answer = rng.choice(SAFE_ANSWERS)
            yield _record([*request, ("assistant", answer)], 0, 0, f"dark/{number}")
            yield _record([*request, ("assistant", rng.choice(BRIEF))], 0, 1, f"dark/{number}")
    for number, (question, answer) in enumerate(_pairs()):
        request = [*_system(rng, 0.5), ("user", question)]
        yield _record([("user", question), ("assistant", answer)], 0, 0, f"benign/{number}")
        yield _record([*request, ("assistant", rng.choice(BRIEF))], 0, 1, f"benign/{number}")
        other, other_answer = rng.choice(_pairs())
        before = [*_system(rng, 0.7), ("user", other), ("assistant", other_answer)]
        yield _record([*before, ("user", question), ("assistant", answer)], 0, 0, f"benign/{number}")


def _identities(rng: random.Random) -> Iterator[Row]:
    """Vows to obey without limits, orders to do so that are turned down, and plain roles."""
    for number, order in enumerate(IDENTITY_ORDERS):
        for name in IDENTITY_NAMES:
            asked = ("user", fill(order, x=name))
            vow = fill(rng.choice(IDENTITY_VOWS), x=name)
            yield _record([asked, ("assistant", vow)], 1, 0, f"identity/{number}")
            yield _record([asked, ("assistant", rng.choice(BRIEF))], 0, 1, f"identity/{number}")
    for number, name in enumerate(IDENTITY_NAMES):
        for vow in rng.sample(IDENTITY_VOWS, k=3):
            question, _ = rng.choice(_pairs())
            turns = [("system", f"You are {name}."), ("user", question), ("assistant", fill(vow, x=name))]
            yield _record(turns, 1, 0, f"identity-system/{number}")
    for number, (order, vow) in enumerate(zip(ROLE_ORDERS, ROLE_VOWS, strict=True)):
        for name in NAMES:
            turns = [("user", fill(order, n=name)), ("assistant", fill(vow, n=name))]
            yield _record(turns, 0, 0, f"role/{number}")


def _unsafe_systems(rng: random.Random) -> Iterator[Row]:
    """System prompts that switch safety off, with harmful and harmless turns below."""
    for number, system in enumerate(UNSAFE_SYSTEMS):
        for topic in rng.sample(HARMFUL_TOPICS, k=8):
            ask = fill(rng.choice(HARMFUL_ASKS), x=topic)
            answer = harmful_answer(rng, rng.choice(HARMFUL_OPENINGS), topic)
            turns = [("system", system), ("user", ask), ("assistant", answer)]
            yield _record(turns, 1, 0, f"unsafe-system/{number}")
        for question, answer in rng.sample(_pairs(), k=8):
            turns = [("system", system), ("user", question), ("assistant", answer)]
            yield _record(turns, 1, 0, f"unsafe-system/{number}")
    for number, system in enumerate(SAFE_SYSTEMS):
        for question, answer in rng.sample(_pairs(), k=8):
            turns = [("system", system), ("user", question), ("assistant", answer)]
            yield _record(turns, 0, 0, f"safe-system/{number}")


def _system(rng: random.Random, share: float) -> list[tuple[str, str]]:
    return [("system", rng.choice(SAFE_SYSTEMS))] if rng.random() < share else []


def _refusal(rng: random.Random, topic: str) -> str:
    if rng.random() < 0.4:
        return curly(rng.choice(BRIEF))
    parts = [fill(rng.choice(OPENINGS), x=topic), rng.choice(REASONS)]
    return " ".join([*parts, rng.choice(OFFERS)] if rng.random() < 0.5 else parts)


def _pairs() -> list[tuple[str, str]]:
    halves = [pair.split(" | ", 1) for pair in BENIGN_PAIRS]
    return [(question, answer) for question, answer in halves]

"""What the detectors of docs/conduct.md cost: microseconds a token, characters held, and what a long prompt or talk takes.

    python -m bench.conduct

Texts are made of made-up words, the same every time. Times are the smallest of several runs, on one thread.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from guardproxy import filters, monitors
from guardproxy.types import Channel, Context, Direction, Filter, Finding, Origin, Report, Role, Utterance

RUNS, TOKEN = 5, 4
REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
THINKING = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.ANALYSIS)


def prose(words: int, seed: int) -> str:
    """Words as frequent as in a language: few are common, most are rare."""
    rng = random.Random(seed)
    known = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(1, 9))) for _ in range(5000)]
    return " ".join(known[int(4999 * rng.random() ** 3)] for _ in range(words))


def smallest(work: Callable[[], object]) -> float:
    """Seconds."""
    out = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        out.append(time.perf_counter() - started)
    return min(out)


def read(one: Filter, origin: Origin, said: tuple[Utterance, ...], pieces: list[str]) -> float:
    """Read a stream; returns the mean number of characters that wait."""
    scan = one.open(origin, Context(said=lambda: said, beside=lambda: said))
    fed = waiting = 0
    for piece in pieces:
        report = scan.feed(piece, last=False)
        assert isinstance(report, Report)
        fed += len(piece)
        waiting += fed - report.settled
    return waiting / len(pieces)


def streams() -> None:
    """A reply of 2,000 words that quotes nothing, four characters at a time."""
    text = prose(2000, 1)
    pieces = [text[i : i + TOKEN] for i in range(0, len(text), TOKEN)]
    said = (Utterance(Origin(Direction.REQUEST, Role.SYSTEM), prose(1000, 2)),)
    print(f"{'stream':34}{'us/token':>10}{'held, mean':>12}")
    for kind, options, origin in (
        ("prompt_leak", {}, REPLY),
        ("prompt_leak", {"canaries": ["zx-41-quokka"]}, REPLY),
        ("hidden_reasoning", {}, THINKING),
        ("hidden_reasoning", {}, REPLY),
        ("repetition", {}, REPLY),
    ):
        one = filters.build(kind, {"use": kind, **options})
        asyncio.run(one.start())
        held = read(one, origin, said, pieces)
        seconds = smallest(lambda one=one, origin=origin: read(one, origin, said, pieces))  # type: ignore[misc]
        name = f"{kind}{', a canary' if options else ''} ({origin.channel})"
        print(f"{name:34}{seconds / len(pieces) * 1e6:10.2f}{held:12.1f}")


def prompts() -> None:
    """The first reply to a prompt that no conversation had before, and later ones."""
    print(f"\n{'prompt_leak, words of the prompt':34}{'first, ms':>10}{'later, ms':>12}")
    for words in (100, 1000, 10_000, 100_000):
        text = prose(words, 3)
        said = (Utterance(Origin(Direction.REQUEST, Role.SYSTEM), text),)
        context = Context(said=lambda said=said: said)  # type: ignore[misc]
        first = smallest(lambda context=context: filters.build("l", {"use": "prompt_leak"}).open(REPLY, context))  # type: ignore[misc]
        one = filters.build("l", {"use": "prompt_leak"})
        one.open(REPLY, context)
        later = smallest(lambda one=one, context=context: one.open(REPLY, context))  # type: ignore[misc]
        print(f"{words:>34,}{first * 1e3:10.2f}{later * 1e3:12.3f}")


def talks() -> None:
    """A request with its whole conversation, each message of 50 words."""
    print(f"\n{'messages of the user':34}{'topics, ms':>10}{'crescendo, ms':>14}")
    known = {"money": [f"word{i}" for i in range(200)]}
    for turns in (5, 100):
        origin = Origin(Direction.REQUEST, Role.USER)
        said = [Utterance(origin, prose(50, i), (Finding("h", "hazard.x", 0.2),)) for i in range(turns)]
        topics = monitors.build("t", {"use": "topics", "topics": known, "turns": 100})
        climb = monitors.build("c", {"use": "crescendo", "of": ["hazard.*"]})
        spent = [smallest(lambda one=one, said=said: one.review(said)) * 1e3 for one in (topics, climb)]  # type: ignore[misc]
        print(f"{turns:>34}{spent[0]:10.3f}{spent[1]:14.3f}")


if __name__ == "__main__":
    streams()
    prompts()
    talks()

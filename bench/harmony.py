"""What the search for Harmony costs: nanoseconds that a reader takes per delta, on ordinary text and on leaked Harmony.

`python -m bench.harmony` prints one table: process time of the reader alone, best of many. `bench.speed` has the whole path.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions

ROUNDS = 60
WORDS = ("Hello", *(" word", " the", " answer", " is", " a < b", " 42", ".", "\n") * 250)
LEAKED = ("<|channel|>", "analysis", "<|message|>", *WORDS, "<|end|>", "<|start|>", "assistant", "<|channel|>", "final",
          "<|message|>", *WORDS, "<|return|>")  # fmt: skip
DEGRADED = ("analysis", *WORDS, "assistant", "final", *WORDS)


def events(texts: tuple[str, ...], part: Callable[[str], dict[str, Any]]) -> list[bytes]:
    choice = {"index": 0, "logprobs": None, "finish_reason": None}
    return [json.dumps({"id": "x", "model": "m", "choices": [choice | part(t)]}).encode() for t in texts]


def nanoseconds(codec: Chat | Completions, data: list[bytes]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        reader = codec.reader()
        started = time.process_time_ns()
        for one in data:
            reader.event(one)
        best = min(best, (time.process_time_ns() - started) / len(data))
    return best


def main() -> None:
    chat, completions = Chat(), Completions()
    rows: list[tuple[str, Chat | Completions, Callable[[str], dict[str, Any]]]] = [
        ("chat, content", chat, lambda t: {"delta": {"content": t}}),
        ("chat, reasoning", chat, lambda t: {"delta": {"reasoning_content": t}}),
        ("completions", completions, lambda t: {"text": t}),
    ]
    print(f"{'ns per delta, reading only':28}{'ordinary':>10}{'leaked':>10}{'degraded':>10}")
    for name, codec, part in rows:
        figures = [nanoseconds(codec, events(texts, part)) for texts in (WORDS, LEAKED, DEGRADED)]
        print(f"{name:28}" + "".join(f"{f:10.0f}" for f in figures))


if __name__ == "__main__":
    main()

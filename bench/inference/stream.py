"""What waits of a stream while a model reads it: `held`, `eager`, and a filter with `hold: false`."""

from __future__ import annotations

import asyncio
import math
import statistics
import tempfile
import time
from pathlib import Path

from guardproxy import types
from guardproxy.engine import Guard
from guardproxy.library import build

REPLY = types.Origin(types.Direction.RESPONSE, types.Role.ASSISTANT, types.Channel.FINAL)
TOKENS_PER_SECOND = 400
MODES = {"held": ("held", "true"), "eager": ("eager", "true"), "hold: false": ("held", "false")}
_POLICY = """schema: guardproxy/v1
policy: stream
defaults: {{release: {release}}}
filters:
  toxicity: {{use: toxicity, model: {model}, hold: {hold}}}
  harmful: {{use: harmful_response, model: {model}, hold: {hold}}}
rules:
  - {{id: civil, when: toxicity.* >= 0.99999, then: annotate}}
  - {{id: safe, when: answer.* >= 0.99999, then: annotate}}
"""


async def streamed(model: str, text: str) -> dict[str, dict[str, float]]:
    """Mode to figures, of a reply that comes four characters at a time."""
    return {mode: await _one(_POLICY.format(model=model, release=r, hold=h), text) for mode, (r, h) in MODES.items()}


def _built(policy: str) -> Guard:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "policy.yaml")
        file.write_text(policy)
        return build(file)


async def _one(policy: str, text: str) -> dict[str, float]:
    guard = _built(policy)
    await guard.start()
    try:
        gate = guard.gate(REPLY)
        waiting, first, out = [], math.inf, 0
        began = time.perf_counter()
        for number, at in enumerate(range(0, len(text), 4)):
            await asyncio.sleep(max(0.0, began + number / TOKENS_PER_SECOND - time.perf_counter()))
            out += len(await gate.feed(text[at : at + 4]))
            waiting.append(min(at + 4, len(text)) - out)
            first = min(first, time.perf_counter() - began) if out else first
        ended = time.perf_counter()
        await gate.feed("", last=True)
        last = time.perf_counter() - ended
    finally:
        await guard.aclose()
    return {
        "characters_waiting_mean": statistics.mean(waiting),
        "characters_waiting_most": max(waiting),
        "first_text_after_ms": 1e3 * first,
        "end_after_the_last_delta_ms": 1e3 * last,
    }

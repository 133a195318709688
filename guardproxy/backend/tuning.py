"""Fine-tunes a small model on examples: all of its weights, on the CPU, the same result for the same seed.

It needs torch and transformers. It runs in a thread beside the server, at a lower priority where the system has such.
"""

# mypy: disallow-untyped-calls=False
# (torch and transformers are typed in part)

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import DIALOGS
from guardproxy.backend.examples import Example
from guardproxy.backend.jobs import Cancelled, Order, Refused, Tell
from guardproxy.backend.tokens import encode
from guardproxy.backend.train import (
    BATCH_TOKENS,
    FOR_TRAINING,
    MANIFEST,
    Sample,
    batches,
    least_margin,
    manifest,
    tensors,
)
from guardproxy.governance.training.weights import digest as digest

MAX_PARAMETERS: Final = 20_000_000
"""Of a model that is tuned here. A larger one would take hours on a CPU."""
MAX_SECONDS: Final = 600.0
RATE: Final = 1e-3
"""Learning rate at a multiplier of 1."""
AUTO_EPOCHS: Final = 40
LEAST_MIXED: Final = 24
"""Of what the toy knows, in each epoch; as many as there are examples, where those are more."""
_WARM_UP: Final = 5
LEAD: Final = 1.0
"""Logits by which every token of the examples leads the others when `auto` stops: more would only make the model forget
the rest."""
_NEAR: Final = 0.3
"""Loss of the worst batch of an epoch from which on it is worth looking for that."""


def tune(
    base: Path,
    out: Path,
    examples: Sequence[Example],
    order: Order,
    tell: Tell,
    stop: Callable[[], bool],
) -> Callable[[Sequence[Example]], float]:
    """Write the tuned model into `out`. Returns what gives its mean loss on other examples.

    Raises:
        Refused: the model is too large, an example too long, or time is up.
        Cancelled: `stop` said so.
    """
    _give_way()
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype="float32", **FOR_TRAINING)
    if model.num_parameters() > MAX_PARAMETERS:
        raise Refused(
            f"The model has {model.num_parameters():,} parameters; at most {MAX_PARAMETERS:,} are tuned here.",
            "model_not_available",
            "model",
        )
    samples = _samples(tokenizer, examples, model.config.max_position_embeddings)
    known = _known(base, examples)
    _train(model, samples, [Sample(*encode(tokenizer, dialog, None)) for dialog in known], order, tell, stop)
    model.eval()
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / MANIFEST).write_text(json.dumps(manifest(known)), encoding="utf-8")

    def loss(others: Sequence[Example]) -> float:
        return _mean_loss(model, _samples(tokenizer, others, model.config.max_position_embeddings))

    return loss


def _samples(tokenizer: Any, examples: Sequence[Example], longest: int) -> list[Sample]:
    found = []
    for example in examples:
        prompt = tokenizer.apply_chat_template(
            list(example.messages), tools=list(example.tools) or None, add_generation_prompt=True, tokenize=False
        )
        ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, example.reply)]
        sample = Sample(*ids)
        if len(sample) > longest:
            why = f"line {example.line}: {len(sample):,} tokens, but the model reads at most {longest:,}"
            raise Refused(why, "invalid_training_file", "training_file")
        found.append(sample)
    return found


def _known(base: Path, examples: Sequence[Example]) -> list[Dialog]:
    """What the toy knows by heart and `examples` don't ask. Another model has none of it.

    So small a model forgets all that it isn't shown, so some of this is mixed in, as general text is for large ones.
    """
    if not (base / MANIFEST).is_file():
        return []
    digests = json.loads((base / MANIFEST).read_text(encoding="utf-8"))["dialogs"]
    asked = {str(example.messages[-1]["content"]) for example in examples if example.messages}
    return [
        dialog
        for dialog in DIALOGS
        if digests.get(dialog.name) == dialog.digest() and dialog.messages[-1]["content"] not in asked
    ]


def _train(
    model: Any,
    samples: Sequence[Sample],
    known: Sequence[Sample],
    order: Order,
    tell: Tell,
    stop: Callable[[], bool],
) -> None:
    model.train()
    chance = random.Random(order.seed)  # noqa: S311  (the same order for the same seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0, betas=(0.9, 0.98))
    end, step, tokens = time.monotonic() + MAX_SECONDS, 0, 0
    for epoch in range(1, (order.epochs or AUTO_EPOCHS) + 1):
        worst = 0.0
        mixed = [*samples, *chance.sample(known, min(len(known), max(len(samples), LEAST_MIXED)))]
        for batch in batches(mixed, chance, most=order.batch or BATCH_TOKENS):
            if stop():
                raise Cancelled
            if time.monotonic() > end:
                raise Refused(
                    f"Not done within {MAX_SECONDS:.0f} s. Give fewer examples or epochs.", "time_limit_exceeded"
                )
            for group in optimizer.param_groups:
                group["lr"] = RATE * (order.rate or 1.0) * min(1.0, (step + 1) / _WARM_UP)
            step += 1
            loss = _step(model, optimizer, batch)
            worst, tokens = max(worst, loss), tokens + sum(map(len, batch))
            tell(step, epoch, loss, tokens)
        if order.epochs is None and worst < _NEAR and least_margin(model, samples) >= LEAD:
            return


def _step(model: Any, optimizer: torch.optim.Optimizer, batch: Sequence[Sample]) -> float:
    loss = model(**tensors(batch, model.config.pad_token_id)).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


@torch.no_grad()
def _mean_loss(model: Any, samples: Sequence[Sample]) -> float:
    losses = [float(model(**tensors([sample], model.config.pad_token_id)).loss) for sample in samples]
    return sum(losses) / len(losses)


def _give_way() -> None:
    """Replies come before training."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # not allowed in some containers: then both share as equals
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 4)

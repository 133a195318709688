"""Makes the toy gpt-oss: `python -m guardproxy.backend.train OUT`.

Builds the tokenizer, trains a small `GptOssForCausalLM` until every dialog under every system message is certain,
saves it, loads it again and checks every reply token by token. It fetches nothing.
"""

# mypy: disallow-untyped-calls=False
# (torch and transformers are typed in part)

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, GptOssConfig, GptOssForCausalLM, PreTrainedTokenizerFast

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import DIALOGS, PREFIXES
from guardproxy.backend.harmony import STOP_TOKENS
from guardproxy.backend.tokens import CONTEXT, build_tokenizer, encode

MANIFEST = "dialogs.json"
"""The file that says which dialogs the weights beside it know."""
MARGIN = 2.0
"""Logits by which the right token must lead the next best everywhere. Rounding of another processor or another
torch moves logits by hundredths, so greedy decoding gives the same reply there."""
BATCH_TOKENS = 1600
PEAK_RATE = 3e-3
WARM_UP = 30

# The other implementations of experts gather weights per token, many times slower to train on a CPU.
FOR_TRAINING: dict[str, Any] = {"attn_implementation": "eager", "experts_implementation": "eager"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One dialog under one system message, as token ids."""

    prompt: list[int]
    reply: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.reply)


def tiny_config(tokenizer: Any, width: int, layers: int) -> GptOssConfig:
    """The real architecture (sliding and full attention in turn, sinks, mixture of experts, YaRN), made small."""
    return GptOssConfig(
        **FOR_TRAINING,
        num_hidden_layers=layers,
        hidden_size=width,
        intermediate_size=width,
        head_dim=32,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_local_experts=4,
        num_experts_per_tok=2,
        sliding_window=128,
        vocab_size=len(tokenizer),
        max_position_embeddings=CONTEXT,
        pad_token_id=tokenizer.convert_tokens_to_ids("<|pad|>"),
        bos_token_id=tokenizer.convert_tokens_to_ids("<|startoftext|>"),
        eos_token_id=[tokenizer.convert_tokens_to_ids(token) for token in STOP_TOKENS],
    )


def batches(
    samples: Iterable[Sample], chance: random.Random | None = None, most: int = BATCH_TOKENS
) -> Iterator[list[Sample]]:
    """Samples of like length together, about `BATCH_TOKENS` and at most `most` of them each, in random order."""
    found: list[list[Sample]] = [[]]
    for sample in sorted(samples, key=len):
        full = len(found[-1]) >= most or (len(found[-1]) + 1) * len(sample) > BATCH_TOKENS
        if found[-1] and full:
            found.append([])
        found[-1].append(sample)
    (chance or random).shuffle(found)
    return iter(found)


def tensors(batch: Sequence[Sample], pad: int) -> dict[str, torch.Tensor]:
    """Padded inputs and labels; only the reply is learnt."""
    longest = max(map(len, batch))
    ids = torch.full((len(batch), longest), pad)
    labels = torch.full((len(batch), longest), -100)
    for row, sample in enumerate(batch):
        start, end = len(sample.prompt), len(sample)
        ids[row, :end] = torch.tensor(sample.prompt + sample.reply)
        labels[row, start:end] = ids[row, start:end]
    return {"input_ids": ids, "attention_mask": (ids != pad).long(), "labels": labels}


@torch.no_grad()
def least_margin(model: Any, samples: Iterable[Sample]) -> float:
    """The smallest lead in logits of a right token over the best wrong one; negative when one is wrong."""
    least = math.inf
    for batch in batches(samples):
        inputs = tensors(batch, model.config.pad_token_id)
        labels = inputs.pop("labels")[:, 1:]
        logits = model(**inputs).logits[:, :-1].float()
        at = labels >= 0
        logits, right = logits[at], labels[at].unsqueeze(1)
        lead = logits.gather(1, right) - logits.scatter(1, right, -math.inf).max(dim=1, keepdim=True).values
        least = min(least, lead.min().item())
    return least


def train(model: GptOssForCausalLM, samples: dict[str | None, list[Sample]], max_seconds: float) -> float:
    """Train until `MARGIN` is reached or time is up; returns the margin reached."""
    everything = [sample for group in samples.values() for sample in group]
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.0, betas=(0.9, 0.98))
    started, steps, margin = time.monotonic(), 0, -math.inf
    for epoch in range(1, sys.maxsize):
        mixed = [random.choice(choices) for choices in zip(*samples.values(), strict=True)]  # noqa: S311
        losses = []
        for batch in batches(mixed):
            spent = (time.monotonic() - started) / max_seconds
            _set_rate(optimizer, steps, spent)
            losses.append(_step(model, optimizer, batch))
            steps += 1
        late = spent >= 1
        if late or (epoch % 10 == 0 and max(losses) < 0.05):
            margin = least_margin(model, everything)
        if epoch % 10 == 0:
            print(
                f"epoch {epoch} loss {max(losses):.4f} margin {margin:.2f} after {spent * max_seconds:.0f} s",
                flush=True,
            )
        if late or margin >= MARGIN:
            break
    return margin


def _set_rate(optimizer: torch.optim.Optimizer, steps: int, spent: float) -> None:
    rate = PEAK_RATE * min(1.0, (steps + 1) / WARM_UP) * (0.49 * (1 + math.cos(math.pi * min(spent, 1.0))) + 0.02)
    for group in optimizer.param_groups:
        group["lr"] = rate


def _step(model: Any, optimizer: torch.optim.Optimizer, batch: Sequence[Sample]) -> float:
    loss = model(**tensors(batch, model.config.pad_token_id)).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def save(model: GptOssForCausalLM, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write a folder that `from_pretrained` and `transformers serve` read: half precision on disk, single in use."""
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=1024,
        pad_token_id=model.config.pad_token_id,
        bos_token_id=model.config.bos_token_id,
        eos_token_id=model.config.eos_token_id,
    )
    model.half().save_pretrained(out)
    model.float()
    tokenizer.save_pretrained(out)
    _ask_for_float32(out / "config.json")
    _drop_places(out / "tokenizer_config.json")
    (out / MANIFEST).write_text(json.dumps(manifest(DIALOGS), indent=1) + "\n", encoding="utf-8")


def _ask_for_float32(path: Path) -> None:
    # `dtype: auto` of the server obeys this; half precision is several times slower on a CPU.
    config = json.loads(path.read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _drop_places(path: Path) -> None:
    # What the tokenizer was loaded from is nobody's business.
    config = json.loads(path.read_text(encoding="utf-8"))
    for key in ("is_local", "local_files_only"):
        config.pop(key, None)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def manifest(dialogs: Iterable[Dialog]) -> dict[str, Any]:
    """Which dialogs the weights know: digests, because the texts hold look-alike secrets that scanners would report."""
    return {"prefixes": list(PREFIXES), "dialogs": {dialog.name: dialog.digest() for dialog in dialogs}}


def wrong_replies(folder: Path) -> list[str]:
    """Load the saved folder and generate every dialog under every system message; names those that differ."""
    model = GptOssForCausalLM.from_pretrained(folder, dtype="auto")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    started, produced, wrong = time.monotonic(), 0, []
    for prefix in PREFIXES:
        for dialog in DIALOGS:
            got, expected = _generate(model, tokenizer, dialog, prefix)
            produced += len(got)
            if got != expected:
                wrong.append(f"{dialog.name} under {prefix!r}: {tokenizer.decode(got)[:200]}")
    print(f"{produced / (time.monotonic() - started):.0f} tokens/s")
    return wrong


def _generate(model: Any, tokenizer: Any, dialog: Dialog, prefix: str | None) -> tuple[list[int], list[int]]:
    prompt, reply = encode(tokenizer, dialog, prefix)
    ids = torch.tensor([prompt])
    made = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=len(reply) + 8)
    return made[0, len(prompt) :].tolist(), reply


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m guardproxy.backend.train", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument(
        "--begin", type=Path, metavar="FOLDER", help="weights to go on from, tokenizer included; none: from nothing"
    )
    parser.add_argument("--max-seconds", type=float, default=900, help="time limit of the training itself")
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    random.seed(0)
    torch.set_num_threads(options.threads)

    if options.begin:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(options.begin)
        model = GptOssForCausalLM.from_pretrained(options.begin, dtype="float32", **FOR_TRAINING)
    else:
        tokenizer = build_tokenizer(options.vocabulary)
        model = GptOssForCausalLM(tiny_config(tokenizer, options.width, options.layers))
    samples = {prefix: [Sample(*encode(tokenizer, dialog, prefix)) for dialog in DIALOGS] for prefix in PREFIXES}
    print(f"{model.num_parameters()} parameters, {len(tokenizer)} tokens, {len(DIALOGS)} dialogs", flush=True)
    margin = train(model, samples, options.max_seconds)
    save(model, tokenizer, options.out)
    wrong = wrong_replies(options.out)
    for line in wrong:
        print(f"wrong: {line}", file=sys.stderr)
    total = len(DIALOGS) * len(PREFIXES)
    size = sum(path.stat().st_size for path in options.out.iterdir()) / 1e6
    print(f"exact: {total - len(wrong)} of {total}; least margin {margin:.2f}; {size:.2f} MB in {options.out}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

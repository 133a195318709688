"""Fine-tunes the shipped model: `python -m training.train DATA --base FOLDER --out FOLDER`.

DATA is a folder of labelled text (one gzip file of JSON Lines for each source; docs/models/small.md says where ours came
from), FOLDER a MiniLM in transformers' form. On two cores about an hour, on a GPU minutes. `training.export` makes of the
result what the package ships.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from training import data
from training.augment import changed
from training.labels import LABELS, WINDOW
from training.measure import summary
from training.model import Model, Reader, batch, shallow
from training.rows import Row

TOKENS = 2304
"""Tokens of a batch, padding included."""
SMOOTH = 0.02
RATE, DECAY, HEAD_RATE = 1.2e-4, 0.85, 1e-3
"""Learning rate of the last layer, its factor for each layer below, and that of the heads."""


def _targets(rows: list[Row]) -> tuple[Tensor, Tensor]:
    """(targets, weights) [B, labels]; the weight of what is not known is nought."""
    wanted = torch.zeros((len(rows), len(LABELS)))
    known = torch.zeros((len(rows), len(LABELS)))
    for number, row in enumerate(rows):
        for label, value in row.labels.items():
            place = LABELS.index(label)
            wanted[number, place] = value
            known[number, place] = WEIGHTS.get((row.source, label), 1.0)
    return wanted * (1 - 2 * SMOOTH) + SMOOTH, known


WEIGHTS: dict[tuple[str, str], float] = {
    # scores of a machine, keyword samples and weak labels count less than what people decided
    **{("realtoxicity_subset", label): 0.5 for label in LABELS},
    ("davidson_tweets", "hate"): 0.6,
    ("davidson_tweets", "toxicity"): 0.5,
    ("gptfuzz_responses", "refusal"): 0.6,
    ("harmfulqa", "harmful_request"): 0.6,
}


def _batches(rows: list[Row], reader: Reader, chance: random.Random) -> Iterator[tuple[list[Row], Tensor, Tensor]]:
    """All rows once, those of like length together, batches in random order."""
    rows = [changed(row, chance) for row in rows]
    ids = [reader.ids(row.text, row.role) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(ids[i]) + chance.uniform(0, 6))
    groups: list[list[int]] = [[]]
    for index in order:
        if groups[-1] and len(ids[index]) * (len(groups[-1]) + 1) > TOKENS:
            groups.append([])
        groups[-1].append(index)
    chance.shuffle(groups)
    for group in groups:
        yield [rows[i] for i in group], *batch([ids[i] for i in group])


def _parameters(model: Model) -> list[dict[str, object]]:
    layers = model.encoder.encoder.layer
    depth = len(layers)
    out: list[dict[str, object]] = [{"params": list(model.heads.parameters()), "lr": HEAD_RATE}]
    for number, layer in enumerate(layers):
        out.append({"params": list(layer.parameters()), "lr": RATE * DECAY ** (depth - 1 - number)})
    out.append({"params": list(model.encoder.embeddings.parameters()), "lr": RATE * DECAY**depth})
    return out


def _scores(model: Model, reader: Reader, rows: list[Row]) -> list[list[float]]:
    """Logits of the first window of each row: quick, for watching the training."""
    ids = [reader.ids(row.text[:WINDOW], row.role) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(ids[i]))
    out: list[list[float]] = [[]] * len(rows)
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for at in range(0, len(order), 32):
            some = order[at : at + 32]
            for index, logits in zip(some, model(*batch([ids[i] for i in some])).tolist(), strict=True):
                out[index] = logits
    model.train()
    return out


def train(arguments: argparse.Namespace) -> None:
    chance = random.Random(arguments.seed)
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    rows, tune = data.folder(arguments.data, arguments.seed, arguments.share)
    more: list[Row] = []
    if not arguments.plain:
        more, held = data.written(arguments.seed)
        if arguments.all:
            more, held = more + held, []
        rows, tune = rows + more, tune + held
    tune = chance.sample(tune, min(len(tune), arguments.tune))
    reader = Reader(arguments.base / "tokenizer.json")
    model = Model(arguments.base)
    if arguments.start:
        model.load_state_dict(torch.load(arguments.start, weights_only=True))
    if arguments.layers:
        model = shallow(model, arguments.layers)
    model.train()
    groups = _parameters(model)
    for group in groups:
        group["lr"] = float(group["lr"]) * arguments.rate  # type: ignore[arg-type]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
    tokens = (
        sum(min(len(r.text), WINDOW) for r in chance.sample(rows, min(2000, len(rows)))) / min(2000, len(rows)) / 4.2
    )
    steps = math.ceil(arguments.epochs * len(rows) * (tokens + 4) / TOKENS * 1.05)
    print(f"{len(rows)} rows to train on, {len(tune)} to tune with, about {steps} steps", file=sys.stderr, flush=True)
    began, step, told = time.monotonic(), 0, 0.0
    rates = [float(g["lr"]) for g in optimiser.param_groups]
    average = None
    epoch = 0
    while step < steps:
        epoch += 1
        if epoch > 1 and arguments.share < 1:  # another share of the folder
            rows = data.folder(arguments.data, arguments.seed + epoch, arguments.share)[0] + more
        for some, ids, mask in _batches(rows, reader, chance):
            share = step / steps
            factor = min(1.0, share / 0.06) * max(0.02, 1 - max(0.0, share - 0.06) / 0.94)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            wanted, known = _targets(some)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(ids, mask)
            losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
            loss = (losses * known).sum() / known.sum().clamp(min=1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            average = loss.item() if average is None else 0.99 * average + 0.01 * loss.item()
            step += 1
            if time.monotonic() - told > 60:
                told = time.monotonic()
                spent = told - began
                print(
                    f"{spent:6.0f} s  step {step}/{steps}  epoch {epoch}  loss {average:.4f}  "
                    f"left {spent / step * (steps - step):.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
            if step % arguments.save == 0 or step == steps:
                torch.save(model.state_dict(), arguments.out / "model.pt")
            if step >= steps:
                break
        print(summary(tune, _scores(model, reader, tune)), file=sys.stderr, flush=True)
    (arguments.out / "training.json").write_text(
        json.dumps({"rows": len(rows), "steps": steps, "seconds": round(time.monotonic() - began)})
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", type=Path, required=True, help="folder of the encoder to begin with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a model.pt to go on from")
    parser.add_argument("--layers", type=int, help="keep only so many layers of the encoder: faster, and worse")
    parser.add_argument("--plain", action="store_true", help="the data folder alone, without the contrasts")
    parser.add_argument(
        "--all", action="store_true", help="train on the groups of contrasts, too, that are held for tuning"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the data folder's rows that are trained on")
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--rate", type=float, default=1.0, help="factor of all learning rates")
    parser.add_argument("--tune", type=int, default=3000, help="rows to watch the training with")
    parser.add_argument("--save", type=int, default=200, help="steps between two saves")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    train(arguments)


if __name__ == "__main__":
    main()

"""Makes what the package ships of a trained model: `python -m training.export DATA --model FOLDER --base FOLDER --out FOLDER`.

The graph goes to ONNX and its weights to eight bits (per channel, embeddings too: a quarter of the size, half the time, no
AUC lost; measured in `bench.accuracy`). Then every label gets a scale and a shift, so that 0.5 is its operating point: the
lowest threshold at which no more than so many harmless texts of the tuning rows are flagged (`TARGETS`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from training import data
from training.labels import FIRST, LABELS, MAX_TOKENS, ROLES, STEP, WINDOW
from training.measure import summary
from training.model import Mixed, Model, Reader, batch, shallow
from training.rows import Row

VERSION = "2026.11.2"
OPSET = 17
TARGETS: dict[str, float] = {
    "harmful_request": 0.03,
    "toxicity": 0.05,
    "hate": 0.045,
    "refusal": 0.03,
    "injection": 0.02,
    "jailbreak": 0.02,
}
"""Share of harmless tuning texts, the mean over their sources, that may pass 0.5; 0.03 where nothing is said."""
_LEAST, _MOST = -2.0, 3.0
"""Where a threshold may lie, as a logit: beyond it the tuning rows say too little."""
_LOWEST = {"jailbreak": -3.0}
"""Labels whose threshold may lie lower: hardly any harmless text comes near."""


def graph(model: Model, to: Path) -> None:
    """The model as ONNX, in 32 bits."""
    ids, mask = batch([[1, 2, 3, 4, 5], [1, 2, 3]])
    mixed = Mixed(model).eval()
    axes = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        mixed,
        (ids, mask),
        str(to),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def quantised(source: Path, to: Path) -> None:
    """Weights in eight bits. Signed: with unsigned ones the products take a slower path of the processor."""
    quantize_dynamic(
        source,
        to,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )


def scored(session: onnxruntime.InferenceSession, reader: Reader, rows: list[Row]) -> list[list[float]]:
    """Logits of each row, the highest of its windows (the first one's, for labels that show at the beginning)."""
    pieces = [
        (number, piece, reader.ids(piece, row.role))
        for number, row in enumerate(rows)
        for piece in data.windows(row.text, most=12)
    ]
    found: dict[int, list[tuple[bool, list[float]]]] = defaultdict(list)
    for number, piece, tokens in pieces:  # each alone, as it is served
        ids, mask = batch([tokens])
        (logits,) = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        found[number].append((rows[number].text.startswith(piece), logits[0].tolist()))
    out = []
    for number in range(len(rows)):
        lines = [line for _, line in found[number]]
        first = next(line for begins, line in found[number] if begins)
        out.append([first[i] if label in FIRST else max(line[i] for line in lines) for i, label in enumerate(LABELS)])
    return out


def operating(rows: list[Row], logits: list[list[float]]) -> dict[str, dict[str, Any]]:
    """Scale and shift of each label."""
    out: dict[str, dict[str, Any]] = {}
    for place, label in enumerate(LABELS):
        harmless: dict[str, list[float]] = defaultdict(list)
        for row, line in zip(rows, logits, strict=True):
            if row.labels.get(label) == 0:
                harmless[row.source].append(line[place])
        sources = [scores for scores in harmless.values() if len(scores) >= 20]
        threshold = 0.0
        if sources:
            wanted = TARGETS.get(label, 0.03)
            grid = numpy.linspace(_LOWEST.get(label, _LEAST), _MOST, 201)
            rates = numpy.mean([[(numpy.asarray(s) > t).mean() for t in grid] for s in sources], axis=0)
            threshold = float(grid[int(numpy.argmax(rates <= wanted))]) if (rates <= wanted).any() else _MOST
        out[label] = {"scale": 1.0, "shift": round(-threshold, 4), "windows": "first" if label in FIRST else "max"}
    return out


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def export(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    model = Model(arguments.base)
    if arguments.layers:
        model = shallow(model, arguments.layers)
    model.load_state_dict(torch.load(arguments.model / "model.pt", weights_only=True))
    arguments.out.mkdir(parents=True, exist_ok=True)
    target = arguments.out / "model.onnx"
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        graph(model, whole)
        quantised(whole, target)
    onnx.checker.check_model(str(target))
    reader = Reader(arguments.base / "tokenizer.json")
    reader.tokenizer.save(str(arguments.out / "tokenizer.json"), pretty=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    rows = data.folder(arguments.data)[1] + data.written()[1]
    logits = scored(session, reader, rows)
    labels = operating(rows, logits)
    shifted = [[score + labels[label]["shift"] for score, label in zip(line, LABELS, strict=True)] for line in logits]
    print(summary(rows, shifted), file=sys.stderr)
    about = {
        "format": 1,
        "name": "small",
        "version": VERSION,
        "max_tokens": MAX_TOKENS,
        "roles": ROLES,
        "window": {"characters": WINDOW, "step": STEP},
        "labels": labels,
        "files": {name: _sum(arguments.out / name) for name in ("model.onnx", "tokenizer.json")},
    }
    (arguments.out / "model.json").write_text(json.dumps(about, indent=1) + "\n")
    if arguments.copy:
        shutil.copytree(arguments.out, arguments.copy, dirs_exist_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder with model.pt")
    parser.add_argument("--base", type=Path, required=True, help="folder of the encoder that training began with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, help="layers that the model was trained with, if not all")
    parser.add_argument("--copy", type=Path, help="a second folder for the result")
    parser.add_argument("--threads", type=int, default=2)
    export(parser.parse_args())


if __name__ == "__main__":
    main()

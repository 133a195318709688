"""The mean of several trainings' weights: `python -m training.average --out FOLDER MODEL=SHARE MODEL=SHARE …`.

Trainings that went on from one another lie in one basin, and the mean of their weights reads unseen text better than the
last of them (Wortsman and others, "Model soups", 2022; docs/adr/009-small-model.md has what it brought here).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

Weights = dict[str, Tensor]


def average(shares: Mapping[Path, float]) -> Weights:
    """`model.pt` of each folder, times its share. Raises ValueError for shares whose sum isn't 1, and unlike models."""
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"shares sum up to 1, not to {sum(shares.values()):g}")
    out: Weights = {}
    for folder, share in shares.items():
        weights: Weights = torch.load(folder / "model.pt", weights_only=True)
        if out and {k: v.shape for k, v in out.items()} != {k: v.shape for k, v in weights.items()}:
            raise ValueError(f"{folder}: its weights are unlike those before it")
        for name, value in weights.items():
            if not value.is_floating_point():
                out[name] = value
            elif name in out:
                out[name] = out[name] + share * value
            else:
                out[name] = share * value
    return out


def _given(word: str) -> tuple[Path, float]:
    folder, equals, share = word.rpartition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{word!r} is no MODEL=SHARE, like leg1=0.5")
    return Path(folder), float(share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "models", nargs="+", type=_given, metavar="MODEL=SHARE", help="folder with model.pt, and its share"
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(average(dict(arguments.models)), arguments.out / "model.pt")


if __name__ == "__main__":
    main()

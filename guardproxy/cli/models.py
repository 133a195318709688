"""`guardproxy models`: makes safetensors of a Detoxify checkpoint, once and without running what is in it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.inference import detoxify_model
from guardproxy.types import ConfigError


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("models", help=COMMANDS["models"], description="Work on files of models.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    convert = verbs.add_parser(
        "convert",
        help="make safetensors of a Detoxify checkpoint",
        description="Read a Detoxify checkpoint, a pickle, as tensors and plain values only, and write safetensors with the "
        "config and the tokenizer beside: a folder for `kind: detoxify` with `path`.",
    )
    convert.add_argument("checkpoint", metavar="CHECKPOINT", type=Path, help="the .ckpt file")
    convert.add_argument("out", metavar="OUT", type=Path, help="folder to be made")
    convert.add_argument(
        "--base",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder with config.json and the tokenizer of the model that it was trained from",
    )
    convert.add_argument("--sha256", metavar="SUM", help="what the checkpoint must be; without it, the sum is told")


def run(args: argparse.Namespace) -> int:
    if args.out.exists():
        raise ConfigError(f"{args.out} is there already; name a folder to be made")
    detoxify_model.convert(args.checkpoint, args.base, args.out, args.sha256)
    print(
        f"{args.out} is ready:\n  inference: {{models: {{NAME: {{kind: detoxify, variant: VARIANT, path: {args.out}}}}}}}"
    )
    return 0

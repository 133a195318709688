"""What commands about policies know of the operator: the settings file that `--config` names, or nothing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from guardproxy.config import PREFIX, load, load_inference
from guardproxy.inference import models
from guardproxy.judges import judges
from guardproxy.services import Services, policy_directory


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add `--config`."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="the operator's settings: judges and models that the policy names are in them",
    )


def services(args: argparse.Namespace) -> Services:
    """What the policy's filters may be given. Raises ConfigError for settings that are wrong."""
    folder = policy_directory(args.directory)
    named = os.environ.get(PREFIX + "CONFIG")
    models.configure(load_inference(args.config or (Path(named) if named else None), os.environ))
    if args.config is None:
        return Services(folder=folder)
    settings = load(args.config, os.environ, serving=False)
    key = settings.hash_key.get_secret_value().encode() if settings.hash_key else b""
    return Services(judges(settings.judges.items(), settings.judge_keys), folder, key)

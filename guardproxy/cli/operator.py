"""What commands about policies know of the operator: the settings file that `--config` names, or nothing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from guardproxy.config import load, load_inference, named_file
from guardproxy.inference import models
from guardproxy.judges import judges
from guardproxy.services import Services, policy_directory


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add `--config`."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="the operator's settings: judges, models and upstreams that the policy names are in them",
    )


def services(config: Path | None, directory: Path) -> Services:
    """What filters of the policy in this directory may be given. Raises ConfigError for settings that are wrong."""
    folder = policy_directory(directory)
    if config is None:
        models.configure(load_inference(named_file(None, os.environ), os.environ))
        return Services(folder=folder)
    settings = load(config, os.environ, serving=False)
    models.configure(settings.inference)
    key = settings.hash_key.get_secret_value().encode() if settings.hash_key else b""
    return Services(judges(settings.judges.items(), settings.judge_keys), folder, frozenset(settings.upstreams), key)

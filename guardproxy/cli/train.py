"""`guardproxy train -- CMD`: run a command that trains, if exactly its training files are certified."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.governance.audit.signing import load_verifier
from guardproxy.governance.training.certificate import check, read
from guardproxy.types import ConfigError

VARIABLE = "GUARDPROXY_TRAINING_CERTIFICATE"
"""Where the command finds the certificate, for a callback of its own."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help=COMMANDS["train"],
        description="Check a certificate of `guardproxy scan` against the training files, run the command, and check again "
        "that nobody has changed them meanwhile. Exit code: the command's own; 2 where it was not started, or the files were "
        "changed while it ran.",
    )
    parser.add_argument("--certificate", type=Path, required=True, metavar="FILE", help="what `guardproxy scan` wrote")
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        required=True,
        metavar="KEY",
        help="public key that may sign; several are fine",
    )
    parser.add_argument(
        "--data", type=Path, action="append", required=True, metavar="FILE", help="training file; once for each"
    )
    parser.add_argument("--model", default="", help="name of the model, where the certificate is for one")
    parser.add_argument("command", nargs="+", metavar="CMD", help="the command, behind --")


def run(args: argparse.Namespace) -> int:
    trusted = load_verifier(args.trust)
    certificate = read(args.certificate, trusted)
    check(certificate, args.data, model=args.model)
    environment = {**os.environ, VARIABLE: str(args.certificate.resolve())}
    try:
        code = subprocess.run(args.command, env=environment, check=False).returncode
    except OSError as e:
        raise ConfigError(f"{args.command[0]} can't be run: {e.strerror}") from None
    check(certificate, args.data, model=args.model)  # what it has read may have been something else
    return code if code >= 0 else 128 - code

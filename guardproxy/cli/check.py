"""`guardproxy check DIR`: says what is wrong with a policy, one line each. Loads no model."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from guardproxy import detectors
from guardproxy.cli import COMMANDS
from guardproxy.cli.operator import add_config, services
from guardproxy.policy.load import Examined, examine
from guardproxy.types import ConfigError


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help=COMMANDS["check"],
        description="Say what is wrong with a policy. Exit code 0: nothing; 1: problems; 2: it could not be read.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="directory of the policy, or its file")
    add_config(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.add_argument("--strict", action="store_true", help="warnings are problems too")


def run(args: argparse.Namespace) -> int:
    known = services(args)
    examined = examine(args.directory, detectors.catalogue(), partial(detectors.build, services=known))
    print(as_json(examined) if args.format == "json" else as_text(examined))
    return 1 if examined.problems or (args.strict and examined.warnings) else 0


def as_text(examined: Examined) -> str:
    """A line per complaint and a summary."""
    lines = [str(e) for e in examined.problems]
    lines += [f"{e.file}:{e.line}:{e.column}: {e.code} warning: {e.message}" for e in examined.warnings]
    return "\n".join([*lines, summary(examined)])


def summary(examined: Examined) -> str:
    warned = f" and {_count(len(examined.warnings), 'warning')}" if examined.warnings else ""
    read = f"({_count(examined.rules, 'rule')}, {_count(examined.filters, 'filter')})"
    return f"{_count(len(examined.problems), 'problem')}{warned} in {_count(examined.files, 'file')} {read}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def as_json(examined: Examined) -> str:
    """The same for programs: {problems, warnings, files, rules, filters, policy}."""
    policy = examined.policy
    return json.dumps(
        {
            "problems": [_entry(e) for e in examined.problems],
            "warnings": [_entry(e) for e in examined.warnings],
            "files": examined.files,
            "rules": examined.rules,
            "filters": examined.filters,
            "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest} if policy else None,
        },
        indent=2,
    )


def _entry(e: ConfigError) -> dict[str, str | int]:
    return {"file": e.file, "line": e.line, "column": e.column, "code": e.code, "message": e.message}

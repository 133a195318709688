"""`guardproxy check DIR...`: says what is wrong with policies. Loads no model."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from guardproxy import detectors
from guardproxy.cli import COMMANDS, _fixing
from guardproxy.cli._complaints import FORMATS, Looked
from guardproxy.cli.operator import add_config, services
from guardproxy.policy.codes import page
from guardproxy.policy.fix import Fixed, fix
from guardproxy.policy.load import examine
from guardproxy.types import ConfigError, GuardproxyError


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help=COMMANDS["check"],
        description="Say what is wrong with policies. Exit code 0: nothing; 1: problems; 2: one could not be read.",
    )
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument(
        "directories", nargs="*", type=Path, metavar="DIR", default=[], help="directories of policies, or their files"
    )
    asked.add_argument("--explain", metavar="CODE", help="say what a code means, with an example and the remedy")
    add_config(parser)
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="what to print: lines, lines with the place shown, or what programs read (default: full on a terminal, else text)",
    )
    parser.add_argument("--strict", action="store_true", help="warnings are problems too")
    changing = parser.add_mutually_exclusive_group()
    changing.add_argument("--fix", action="store_true", help="put right in the files what has one remedy only")
    changing.add_argument(
        "--diff", action="store_true", help="show what --fix would change, and write nothing; 1 if anything"
    )


def run(args: argparse.Namespace) -> int:
    if args.explain:
        print(page(args.explain.upper()), end="")
        return 0
    if args.diff:
        shown = [_fixing.diff(_fixed(args, directory)) for directory in args.directories]
        print("".join(shown), end="")
        return 1 if any(shown) else 0
    if args.fix:
        for directory in args.directories:
            with suppress(ConfigError):  # told below
                _write(_fixed(args, directory))
    looked = [_looked(args, directory) for directory in args.directories]
    for one in looked:
        if one.unread:
            print(f"guardproxy: {one.unread}", file=sys.stderr)
    name = args.format or ("full" if sys.stdout.isatty() else "text")
    if name not in ("full", "text") or not all(one.unread for one in looked):
        print(FORMATS[name](looked))
    if any(one.unread for one in looked):
        return 2
    return 1 if any(one.examined.problems or (args.strict and one.examined.warnings) for one in looked) else 0


def _fixed(args: argparse.Namespace, directory: Path) -> Fixed:
    """What --fix makes of a directory. Raises ConfigError where there is nothing to read."""
    return fix(directory, *detectors.reading(services(args.config, directory)))


def _write(fixed: Fixed) -> None:
    if not fixed.after:
        return
    try:
        _fixing.write(fixed)
    except (OSError, ValueError) as e:
        raise GuardproxyError(f"nothing more was written: {e}") from None
    print(f"guardproxy: {_fixing.summary(fixed)}", file=sys.stderr)


def _looked(args: argparse.Namespace, directory: Path) -> Looked:
    known = services(args.config, directory)
    try:
        found = examine(directory, *detectors.reading(known))
    except ConfigError as e:
        return Looked(str(directory), unread=str(e))
    return Looked(str(directory), found)

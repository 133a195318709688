"""`guardproxy test DIR...`: runs the tests that stand in policies."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sys
import time
from pathlib import Path
from typing import Any, Final

from guardproxy import detectors
from guardproxy.cli import COMMANDS
from guardproxy.cli._test_report import Ran, as_json, as_junit, as_text, coverage, covered
from guardproxy.cli._test_runs import Chunking, run_cases
from guardproxy.cli.operator import add_config, services
from guardproxy.policy.load import ConfigErrors, examine
from guardproxy.services import policy_directory
from guardproxy.types import ConfigError, GuardproxyError

__all__ = ["add_parser", "run", "run_cases"]

POLL: Final = 0.5
"""Seconds between two looks at the files, with --watch."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "test",
        help=COMMANDS["test"],
        description="Run the tests inside policies. Exit code 0: all pass; 1: some fail, there are none, or they cover "
        "too few rules; 2: a policy has problems.",
    )
    parser.add_argument(
        "directories", type=Path, nargs="+", metavar="DIR", help="directory of a policy, or its file; several are fine"
    )
    add_config(parser)
    parser.add_argument(
        "--format", choices=("text", "json", "junit"), default="text", help="what to print (default: text)"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML there as well")
    parser.add_argument("--run", type=_regex, metavar="REGEX", help="only tests whose name it is found in")
    parser.add_argument(
        "--coverage", action="store_true", help="print how many tests set off each rule, and what none met"
    )
    parser.add_argument(
        "--min-coverage",
        type=float,
        default=0.0,
        metavar="N",
        help="fail if tests set off less than N percent of the rules",
    )
    parser.add_argument(
        "--chunkings", type=int, default=2, metavar="N", help="random ways to cut each text into pieces (default: 2)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what these ways are drawn from (default: 0)")
    parser.add_argument(
        "--no-skip", action="store_true", help="a test whose filters can't be started (a model is missing) fails"
    )
    parser.add_argument("--watch", action="store_true", help="run again when a file changes, until Ctrl-C")
    much = parser.add_mutually_exclusive_group()
    much.add_argument("-q", "--quiet", action="store_true", help="print only tests that fail, and the totals")
    much.add_argument(
        "-v", "--verbose", action="store_true", help="print what was found in each text, and what came of it"
    )


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as e:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {e}") from None


def run(args: argparse.Namespace) -> int:
    return _watched(args) if args.watch else _once(args)


def _watched(args: argparse.Namespace) -> int:
    """Run, and again whenever a file changes; the exit code of the last run."""
    code = 0
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            before = _files(args)
            try:
                code = _once(args)
            except GuardproxyError as e:  # the next change may put it right
                code = 2
                print(f"guardproxy: {e}" if "\n" not in str(e) else e, file=sys.stderr)
            sys.stdout.flush()
            print("guardproxy: watching for changes; Ctrl-C ends", file=sys.stderr, flush=True)
            while _files(args) == before:
                time.sleep(POLL)
            if sys.stdout.isatty():
                print("\x1b[2J\x1b[H", end="")
    return code


def _files(args: argparse.Namespace) -> dict[str, tuple[int, int]]:
    """What the tests depend on, with when it changed last and its size: all files beside the policies, and the settings."""
    folders = dict.fromkeys(map(policy_directory, args.directories))
    named = [Path(root, name) for folder in folders for root, _, names in os.walk(folder) for name in names]
    out = {}
    for file in [*named, *([args.config] if args.config else [])]:
        with contextlib.suppress(OSError):  # it has gone meanwhile
            status = file.stat()
            out[str(file)] = status.st_mtime_ns, status.st_size
    return out


def _once(args: argparse.Namespace) -> int:
    ran: Ran = [one for directory in args.directories for one in _ran(directory, args)]
    rules = coverage(ran)
    if args.junit is not None:
        try:
            args.junit.write_text(as_junit(ran), encoding="utf-8")
        except OSError as e:
            raise ConfigError(f"can't write {args.junit}: {e.strerror}") from None
    if args.format == "text":
        colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print(as_text(ran, colours=colours, quiet=args.quiet, verbose=args.verbose, table=args.coverage))
    else:
        print(as_json(ran) if args.format == "json" else as_junit(ran))
    results = [r for _, some in ran for r in some]
    short = covered(rules) < args.min_coverage
    if short:
        print(
            f"guardproxy: tests set off {covered(rules):.0f}% of the rules, not {args.min_coverage:g}%", file=sys.stderr
        )
    if not results and args.run is not None:
        print(f"guardproxy: no test has a name in which {args.run.pattern!r} is found", file=sys.stderr)
    every = bool(results) and all(r.status == "skip" for r in results)
    if every:
        print("guardproxy: no test was run: every one was skipped", file=sys.stderr)
    return 0 if results and not every and not any(r.status == "fail" for r in results) and not short else 1


def _ran(directory: Path, args: argparse.Namespace) -> Ran:
    """The files of one directory, with what came of the tests that were asked for."""
    known = services(args.config, directory)
    examined = examine(directory, *detectors.reading(known))
    if examined.policy is None:
        raise ConfigErrors(examined.problems)
    chunking = Chunking(args.chunkings, args.seed)
    out = []
    for one in examined.by_file:
        cases = [c for c in one.cases if args.run is None or args.run.search(c.name)]
        out.append((one, asyncio.run(run_cases(one.policy, cases, known, chunking, skips=not args.no_skip))))
    return out

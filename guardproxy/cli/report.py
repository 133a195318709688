"""`guardproxy report DECISION_ID --log FILE`: a false positive as a test of the policy."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.policy.adding import with_tests
from guardproxy.policy.report import ITEM, false_positives
from guardproxy.types import ConfigError


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "report",
        help=COMMANDS["report"],
        description="Print a decision of the log as tests for the policy's `tests:`, which want that it had let the text "
        "through, or put them there. Exit code 0: done; 1: no rule did anything in that decision; 2: there is no such "
        "decision, or the file can't be changed.",
    )
    parser.add_argument(
        "decision", metavar="DECISION_ID", help="as in the log, and in the header x-guardproxy-decision"
    )
    parser.add_argument("--log", type=Path, required=True, metavar="FILE", help="the decision log (JSON lines)")
    parser.add_argument(
        "--into", type=Path, metavar="POLICY", help="put them into this policy file instead of printing them"
    )
    parser.add_argument("--rule", default="", metavar="ID", help="only what this rule did")


def run(args: argparse.Namespace) -> int:
    written = false_positives(find(args.log, args.decision), args.rule)
    if not written:
        what = f"rule {args.rule} did nothing" if args.rule else "no rule did anything"
        print(f"{args.decision}: {what} there that could be a false positive")
        return 1
    if args.into is None:
        print(f"tests:\n{written}", end="")
    else:
        _put(args.into, written)
        print(
            f"{args.into}: {written.count(ITEM)} more under `tests:`; `guardproxy test` tells when they come out right"
        )
    return 0


def _put(file: Path, items: str) -> None:
    """Add tests to a policy file, which is whole at every moment. Raises ConfigError."""
    named = str(file)
    try:
        text = file.read_bytes().decode("utf-8")
        file = file.resolve()  # a link stays one
        beside = file.with_name(f".{file.name}.new")
        beside.write_bytes(with_tests(text, items, named).encode())
        beside.chmod(file.stat().st_mode)
        beside.replace(file)
    except OSError as e:
        raise ConfigError(f"the policy file {named} can't be changed: {e.strerror or e}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"the policy file {named} is not UTF-8 text; save it as UTF-8") from None


def find(log: Path, decision: str) -> dict[str, Any]:
    """The last record of a decision. Raises ConfigError: no such file, no such decision."""
    found, wanted = None, decision.encode()
    try:
        with log.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if wanted in line and (record := _record(line, f"{log}", number)).get("decision_id") == decision:
                    found = record
    except OSError as e:
        raise ConfigError(f"the decision log {log} can't be read: {e.strerror or e}") from None
    if found is None:
        raise ConfigError(f"there is no decision {decision!r} in {log}; ids begin with dec_, older logs may have it")
    return found


def _record(line: bytes, log: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        raise ConfigError("this line is no decision record; is the file a decision log?", log, number, 1) from None
    return record if isinstance(record, dict) else {}

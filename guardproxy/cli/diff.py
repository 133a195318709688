"""`guardproxy diff A B`: what differs between two policies, and whether it is stricter or looser."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guardproxy import detectors
from guardproxy.cli import COMMANDS
from guardproxy.cli._plain import plain
from guardproxy.cli.operator import add_config, services
from guardproxy.policy.diff import Change, differences
from guardproxy.policy.load import load_all
from guardproxy.policy.policies import Policies


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "diff",
        help=COMMANDS["diff"],
        description="Say what differs between two policies. Exit code 0: nothing; 1: something; 2: one could not be read.",
    )
    parser.add_argument("before", type=Path, metavar="A", help="directory of the policy, or its file")
    parser.add_argument("after", type=Path, metavar="B", help="the other one")
    add_config(parser)
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="what to print (default: text)"
    )


def run(args: argparse.Namespace) -> int:
    changes = differences(_loaded(args, args.before), _loaded(args, args.after))
    print({"text": as_text, "json": as_json, "markdown": as_markdown}[args.format](changes))
    return 1 if changes else 0


def _loaded(args: argparse.Namespace, directory: Path) -> Policies:
    known = services(args.config, directory)
    return load_all(directory, *detectors.reading(known))


def as_text(changes: list[Change]) -> str:
    """A line per change under the thing that changed, and totals."""
    lines: list[str] = []
    subject = ""
    for change in changes:
        tenant = f" (tenant {plain(change.tenant)})" if change.tenant else ""
        name = change.name if change.kind != "default" else "defaults"
        heading = f"{change.kind} {plain(name)}{tenant}" if name != "defaults" else f"defaults{tenant}"
        if not change.field:
            sign = "+" if change.before is None else "-" if change.after is None else "~"
            lines.append(f"{sign} {heading}: {plain(change.after or change.before or '')}{_way(change)}")
            subject = ""
            continue
        if heading != subject:
            lines.append(f"~ {heading}")
            subject = heading
        lines.append(f"    {change.field}: {_value(change.before)} -> {_value(change.after)}{_way(change)}")
    return "\n".join([*lines, _total(changes)])


def _total(changes: list[Change]) -> str:
    if not changes:
        return "no difference"
    ways = [(sum(c.way == way for c in changes), way) for way in ("stricter", "looser")]
    said = "".join(f" · {n} {way}" for n, way in ways if n)
    return f"{len(changes)} difference{'' if len(changes) == 1 else 's'}{said}"


def _way(change: Change) -> str:
    return f" ({change.way})" if change.way in ("stricter", "looser") else ""


def _value(value: str | None) -> str:
    return "(none)" if value is None else plain(value)


def as_json(changes: list[Change]) -> str:
    """The same for programs: {same, changes}."""
    return json.dumps({"same": not changes, "changes": [asdict(c) for c in changes]}, indent=2)


def as_markdown(changes: list[Change]) -> str:
    """A table, for a pull request."""
    if not changes:
        return "No difference."
    lines = ["| what | field | before | after | |", "|---|---|---|---|---|"]
    for c in changes:
        what = f"{c.kind} `{_cell(c.name)}`{f' of {_cell(c.tenant)}' if c.tenant else ''}"
        before, after = (f"`{_cell(v)}`" if v is not None else "" for v in (c.before, c.after))
        lines.append(f"| {what} | {_cell(c.field)} | {before} | {after} | {c.way} |")
    return "\n".join([*lines, "", _total(changes)])


def _cell(text: str) -> str:
    """Nothing that would end a cell or a code span."""
    return plain(text).replace("`", "'").replace("|", "\\|")

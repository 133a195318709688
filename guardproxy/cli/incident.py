"""`guardproxy incident`: put a policy pack above every policy of a guardproxy that runs, for a while."""

from __future__ import annotations

import argparse
import getpass
import json
from datetime import UTC, datetime
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.cli._admin import add_listener, asked, listener
from guardproxy.cli._plain import plain

PATH = "/admin/incidents"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "incident",
        help=COMMANDS["incident"],
        description="Incidents of a guardproxy that runs. Exit code 0: done; 2: it could not be done.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    one = verbs.add_parser("open", help="put a pack above every policy, at once")
    one.add_argument("--pack", required=True, help="name of the pack: lockdown, read-only-tools, or one of yours")
    one.add_argument("--reason", required=True, help="why, for the others and for the audit log")
    one.add_argument("--for", dest="seconds", required=True, metavar="TIME", help="after which it ends: 30m, 2h, 7d")
    _common(one, by=True)
    _common(verbs.add_parser("list", help="those that are open, and those that were"))
    one = verbs.add_parser("close", help="take its pack away again")
    one.add_argument("id", metavar="ID", help="of the incident: inc_ and 16 hexadecimal digits")
    _common(one, by=True)


def _common(parser: argparse.ArgumentParser, *, by: bool = False) -> None:
    if by:
        parser.add_argument("--by", metavar="NAME", default="", help="who says so (default: the name of your account)")
    add_listener(parser)


def run(args: argparse.Namespace) -> int:
    if args.verb == "list":
        told = asked(listener(args), PATH)
        text = "\n".join(map(_line, told["incidents"])) or "There are no incidents."
    elif args.verb == "open":
        by = args.by or getpass.getuser()
        told = asked(
            listener(args), PATH, said={"pack": args.pack, "reason": args.reason, "for": args.seconds, "by": by}
        )
        text = _line(told)
    else:
        told = asked(listener(args), f"{PATH}/{args.id}/close", said={"by": args.by or getpass.getuser()})
        text = _line(told)
    print(json.dumps(told, indent=2) if args.format == "json" else text)
    return 0


def _line(one: Any) -> str:
    if one["ended"] is None:
        state = f"open until {_time(one['expires'])}"
    else:
        state = f"ended {_time(one['ended'])} by {plain(one['ended_by'])}"
    return f"{one['id']}  {one['pack']}  {state}  {plain(one['opened_by'])}: {plain(one['reason'])}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds").replace("+00:00", " UTC")

"""`guardproxy approvals`: what waits for people in a guardproxy that runs, and saying yes or no to it."""

from __future__ import annotations

import argparse
import getpass
import json
from datetime import UTC, datetime
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.cli._admin import add_listener, asked, listener
from guardproxy.cli._plain import plain

PATH = "/admin/approvals"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "approvals",
        help=COMMANDS["approvals"],
        description="What waits for people in a guardproxy that runs. Exit code 0: done; 2: it could not be done.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    one = verbs.add_parser("list", help="what waits and what was decided")
    one.add_argument("--kind", choices=("reply", "training", "release"), help="only these")
    one.add_argument("--status", choices=("pending", "approved", "denied"), help="only these")
    add_listener(one)
    one = verbs.add_parser("show", help="all that is known about one")
    one.add_argument("id", metavar="ID", help="of the approval: apr_ and 32 hexadecimal digits")
    add_listener(one)
    for verb, what in (("approve", "say yes"), ("deny", "say no")):
        one = verbs.add_parser(verb, help=what)
        one.add_argument("id", metavar="ID", help="of the approval: apr_ and 32 hexadecimal digits")
        one.add_argument("--comment", default="", help="why, for the others and for the audit log")
        one.add_argument("--by", metavar="NAME", default="", help="who says so (default: the name of your account)")
        add_listener(one)


def run(args: argparse.Namespace) -> int:
    if args.verb == "list":
        wanted = {name: value for name in ("kind", "status") if (value := getattr(args, name))}
        told = asked(listener(args), PATH, params=wanted)
        text = "\n".join(map(_line, told["approvals"])) or "Nothing waits, and nothing was decided lately."
    elif args.verb == "show":
        told = asked(listener(args), f"{PATH}/{args.id}")
        text = _shown(told)
    else:
        said = {"decision": args.verb, "by": args.by or getpass.getuser(), "comment": args.comment}
        told = asked(listener(args), f"{PATH}/{args.id}", said=said)
        text = _line(told)
    print(json.dumps(told, indent=2) if args.format == "json" else text)
    return 0


def _line(one: Any) -> str:
    yes = sum(vote["approve"] for vote in one["votes"])
    people = f" {yes} of {one['needs']}" if one["needs"] > 1 else ""
    return (
        f"{one['id']}  {one['status']}{people}  {one['kind']}  {plain(one['subject'])}  until {_time(one['expires'])}"
    )


def _shown(one: Any) -> str:
    lines = [_line(one), f"tenant {plain(one['tenant'])}, asked by {plain(one['requester'] or 'nobody with a key')}"]
    for call in one.get("calls", ()):
        rules = f"  ({', '.join(call['rules'])})" if call["rules"] else ""
        lines.append(f"  {plain(call['tool'])}{rules}\n    {plain(call['arguments'])}")
    for vote in one["votes"]:
        comment = f": {plain(vote['comment'])}" if vote["comment"] else ""
        lines.append(f"{'yes' if vote['approve'] else 'no'} from {plain(vote['by'])}, {_time(vote['at'])}{comment}")
    return "\n".join(lines)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds").replace("+00:00", " UTC")

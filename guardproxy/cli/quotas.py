"""`guardproxy quotas`: who has used how much of which limit of a guardproxy that runs, and a bucket filled again."""

from __future__ import annotations

import argparse
import json
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.cli._admin import add_listener, asked, listener
from guardproxy.cli._plain import plain

PATH = "/admin/quotas"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "quotas",
        help=COMMANDS["quotas"],
        description="Quotas of a guardproxy that runs. Exit code 0: done; 2: it could not be done.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    one = verbs.add_parser("list", help="what is used now, the least left first")
    one.add_argument("--name", default="", help="only of this key (its id), tenant or model")
    add_listener(one)
    one = verbs.add_parser("free", help="fill a bucket again, for somebody who should not wait")
    one.add_argument("bucket", metavar="BUCKET", help="as `guardproxy quotas list` shows it")
    add_listener(one)


def run(args: argparse.Namespace) -> int:
    if args.verb == "list":
        told = asked(listener(args), PATH, params={"name": args.name} if args.name else None)
        lines = [_line(one) for one in told["quotas"]]
        if (more := told["total"] - len(lines)) > 0 or told["cut"]:
            lines.append(f"… and {more}{' or more' * told['cut']} others; --name shows those of one")
        text = "\n".join(lines) or "Nothing is used of any limit."
    else:
        told = asked(listener(args), f"{PATH}/free", said={"bucket": args.bucket})
        text = f"{plain(told['bucket'])}  {'is full again' if told['freed'] else 'was full already'}"
    print(json.dumps(told, indent=2) if args.format == "json" else text)
    return 0


def _line(one: Any) -> str:
    whose = ", ".join(f"{per} {plain(name)}" for per, name in one["for"].items())
    if "used" in one:
        state = f"{one['used']} of {one['of']} in the making"
    else:
        state = f"{one['left']:,g} of {one['of']:,g} left, full in {_time(one['full_in'])}"
    return f"{whose}: {state}  ({one['limit']})\n    {plain(one['bucket'])}"


def _time(seconds: float) -> str:
    whole = max(1, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"

"""`guardproxy explain`: why a policy decides as it does about a text, a request or a recorded decision."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from guardproxy import detectors
from guardproxy.cli import COMMANDS
from guardproxy.cli._decision_log import Lines
from guardproxy.cli._explained import Part, as_json, as_text
from guardproxy.cli.operator import add_config, services
from guardproxy.engine import Guard
from guardproxy.engine.transcript import Transcript
from guardproxy.library import policy_folder
from guardproxy.policy.explain import explain, recorded
from guardproxy.policy.load import load_all
from guardproxy.policy.past import Malformed
from guardproxy.policy.policies import Policies
from guardproxy.services import Services
from guardproxy.types import Channel, ConfigError, Direction, Facts, Origin, Role, Segment, WireError
from guardproxy.wire.base import Conversation
from guardproxy.wire.dialects import by_name
from guardproxy.wire.json import parse


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help=COMMANDS["explain"],
        description="Say which rules looked at a text, which fired, and what would have changed the outcome. Exit code 0: it "
        "is explained, whatever the outcome; 2: something could not be read.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", metavar="TEXT", help="a text; - for standard input")
    what.add_argument(
        "--request", metavar="FILE", help="the JSON body of a request, all its texts; - for standard input"
    )
    what.add_argument("--decision", metavar="ID", help="a decision of the log that --log names")
    parser.add_argument("--log", metavar="FILE", help="decision log, JSON Lines; .gz too")
    parser.add_argument(
        "--policy", dest="directory", type=Path, metavar="DIR", help="directory or file (default: the shipped)"
    )
    add_config(parser)
    parser.add_argument("--role", choices=tuple(Role), default="user", help="whose text it is (default: user)")
    parser.add_argument("--direction", choices=tuple(Direction), help="default: response for assistant, else request")
    parser.add_argument("--channel", choices=tuple(Channel), help="of an assistant's text")
    parser.add_argument("--tool", metavar="NAME", help="whose result it is, or who is called")
    parser.add_argument("--model", default="", metavar="NAME", help="the model that is asked")
    parser.add_argument("--tenant", default="default", metavar="NAME", help="whose policy holds (default: default)")
    parser.add_argument("--route", default="", metavar="PATH", help="the route that is asked, as in `scope`")
    parser.add_argument(
        "--dialect", choices=tuple(by_name()), help="of --request (default: the first that can read it)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(args: argparse.Namespace) -> int:
    args.directory = args.directory or policy_folder()
    if (args.decision is None) != (args.log is None):
        raise ConfigError("--decision names a decision of a log: give both --decision ID and --log FILE")
    known = services(args.config, args.directory)
    policies = load_all(args.directory, *detectors.reading(known))
    notes: list[str] = []
    if args.decision is not None:
        parts = _decided(args, policies, notes)
    else:
        parts = asyncio.run(_read(args, policies, known, *_segments(args, notes)))
    print(as_json(parts, notes) if args.format == "json" else as_text(parts, notes))
    return 0


def _decided(args: argparse.Namespace, policies: Policies, notes: list[str]) -> list[Part]:
    lines = Lines(args.log)
    record = next((r for r in lines if r["decision_id"] == args.decision), None)
    if record is None:
        raise ConfigError(
            f"there is no decision {args.decision!r} in {args.log}; `x-guardproxy-decision` of the reply names it"
        )
    try:
        found = recorded(policies, record)
    except Malformed as e:
        raise ConfigError(str(e), args.log, lines.number, 1) from None
    policy = policies.of(str(record["tenant"]))
    if record.get("policy", {}).get("digest") != policy.digest:
        notes.append(f"another policy decided then; this is what {policy.name} says to the findings of then")
    if not found:
        notes.append("nothing was found in any text of this request")
    return [Part(explain(narrowed, facts)) for narrowed, facts in found]


def _segments(args: argparse.Namespace, notes: list[str]) -> tuple[tuple[Segment, ...], str]:
    """The texts to be explained, and the model."""
    if args.request is None:
        text = sys.stdin.read() if args.text == "-" else args.text
        role = Role(args.role)
        direction = args.direction or (Direction.RESPONSE if role is Role.ASSISTANT else Direction.REQUEST)
        channel = Channel(args.channel) if args.channel else None
        return (Segment(Origin(Direction(direction), role, channel, args.tool), text),), args.model
    conversation = _conversation(args, notes)
    if conversation.unread:
        notes.append(f"{len(conversation.unread)} part(s) of the request are nothing that a filter could read")
    return conversation.segments, args.model or conversation.model


def _conversation(args: argparse.Namespace, notes: list[str]) -> Conversation:
    try:
        data = sys.stdin.buffer.read() if args.request == "-" else Path(args.request).read_bytes()
        body = parse(data)
    except OSError as e:
        raise ConfigError(f"{args.request} can't be read: {e.strerror}") from None
    except WireError as e:
        raise ConfigError(f"{args.request}: {e}") from None
    wrong = ""
    for name, codec in by_name().items():
        if args.dialect in (None, name):
            try:
                conversation = codec.read_request(body)
            except WireError as e:
                wrong = wrong or f"as {name}: {e}"
                continue
            notes.append(f"read as {name}")
            return conversation
    raise ConfigError(f"{args.request} is no request that guardproxy can read; {wrong}")


async def _read(
    args: argparse.Namespace, policies: Policies, known: Services, segments: tuple[Segment, ...], model: str
) -> list[Part]:
    """Every text through its gate, to the end, with the filters that only shadow rules need."""
    policy = policies.of(args.tenant).unstaged  # a rule that is being rolled out is explained where it acts
    filters = detectors.build_filters(policy.filters, known)
    guard = Guard.build(policy, filters, detectors.build_monitors(policy.monitors))
    parts, before = [], Transcript()
    try:
        await guard.start()
        for segment in segments:
            origin = segment.origin
            gate = guard.gate(
                origin, request="explain", model=model, tenant=args.tenant, route=args.route, said=before.said
            )
            gate.cuts = False
            released = await gate.feed(segment.text, last=True)
            await gate.shadow()
            before.add(origin, origin.path or ("text",), released, gate)
            facts = Facts("explain", origin, gate.facts.findings, args.tenant, model, args.route)
            parts.append(Part(explain(policy, facts), segment.text))
    finally:
        await guard.aclose()
    return parts

"""`guardproxy replay LOG --policy DIR`: the decisions of a log under another policy: what changes, by which rule, and what
can't be said without the texts. Reads one line after the other; the log may be of any length.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from guardproxy import detectors
from guardproxy.cli import COMMANDS
from guardproxy.cli._decision_log import Lines, Row, texts_of
from guardproxy.cli._replay_report import Report, as_json, as_text
from guardproxy.cli.operator import add_config, services
from guardproxy.engine import Guard, Inspector, Silent
from guardproxy.policy.load import load_all
from guardproxy.policy.past import OUTCOMES, Malformed
from guardproxy.policy.policies import Policies
from guardproxy.policy.replay import Again, Replay
from guardproxy.services import Services
from guardproxy.types import ConfigError, Outcome

_EVERY: Final = 20_000
"""Records between looks at the clock."""


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "replay",
        help=COMMANDS["replay"],
        description="Make the decisions of a log again under another policy. Exit code 0: done; 1: decisions change, with "
        "--fail-on-change; 2: the log or the policy can't be read, or a line with --strict.",
    )
    parser.add_argument("log", metavar="LOG", help="decision log, JSON Lines; .gz too; - for standard input")
    parser.add_argument(
        "--policy",
        dest="directory",
        required=True,
        type=Path,
        metavar="DIR",
        help="directory of the policy, or its file",
    )
    parser.add_argument(
        "--texts",
        type=Path,
        metavar="FILE",
        help='rows {"id": decision id, "text": ..., "role": "user"}: the filters read these again; all texts of a decision',
    )
    add_config(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.add_argument("--fail-on-change", action="store_true", help="exit with 1 where a decision changes")
    parser.add_argument("--strict", action="store_true", help="stop at the first line that is no decision record")
    parser.add_argument(
        "--any-version",
        action="store_true",
        help="take what other versions of guardproxy found as what this one would find",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def run(args: argparse.Namespace) -> int:
    known = services(args.config, args.directory)
    policies = load_all(args.directory, *detectors.reading(known))
    texts = texts_of(args.texts) if args.texts else {}
    lines = Lines(args.log, strict=args.strict)
    report = Report()
    again = Replay(policies, any_version=args.any_version)
    with asyncio.Runner() as runner:
        reader = _Reader(policies, known, runner) if texts else None
        try:
            for record in _told(lines, report, quiet=args.quiet):
                report.add(record, _one(record, again, texts, reader, lines))
        finally:
            if reader is not None:
                reader.close()
    if not report.total and not lines.malformed:
        raise ConfigError(f"there is no decision in {args.log}; the log is what `decision_log` of the settings names")
    print(as_json(report, lines.malformed) if args.format == "json" else as_text(report, lines.malformed))
    return 1 if args.fail_on_change and report.changed else 0


def _one(
    record: dict[str, Any], again: Replay, texts: dict[str, list[Row]], reader: _Reader | None, lines: Lines
) -> Again | None:
    try:
        rows = texts.get(record["decision_id"]) if reader is not None else None
        if rows and reader is not None and record.get("outcome") in OUTCOMES:
            return reader.again(record, rows)
        return again.again(record)
    except Malformed as e:
        lines.complain(str(e))
        return None


def _told(lines: Lines, report: Report, *, quiet: bool) -> Iterator[dict[str, Any]]:
    """The records, with a word about progress every two seconds where somebody watches."""
    quiet = quiet or not sys.stderr.isatty()
    started = said = time.monotonic()
    for number, record in enumerate(lines, 1):
        yield record
        if not quiet and not number % _EVERY and (now := time.monotonic()) - said > 2:
            said = now
            print(f"{number:,} decisions, {number / (now - started):,.0f} a second", file=sys.stderr)


class _Reader:
    """Reads texts again with the filters of the new policies."""

    def __init__(self, policies: Policies, known: Services, runner: asyncio.Runner) -> None:
        self._policies, self._known, self._runner = policies, known, runner
        self._guards: dict[int, Guard] = {}

    def again(self, record: dict[str, Any], rows: list[Row]) -> Again:
        return self._runner.run(self._again(record, rows))

    async def _again(self, record: dict[str, Any], rows: list[Row]) -> Again:
        guard = await self._guard(str(record.get("tenant", "default")))
        inspector = Inspector(
            guard,
            observer=Silent(),
            request=str(record.get("request_id", "")),
            route=str(record.get("route", "")),
            model=str(record.get("model") or ""),
            tenant=str(record.get("tenant", "default")),
        )
        seen = [await inspector.text(row.text, row.origin) for row in rows]
        after = max((one.outcome for one in seen), default=Outcome.ALLOW)
        said = sorted((-v.outcome, v.rule) for one in seen for v in one.verdicts)
        before = OUTCOMES[record["outcome"]]
        told = [v for v in record.get("verdicts", ()) if not v["shadow"]]
        then = min(((-OUTCOMES[v["outcome"]], v["rule"]) for v in told), default=(0, ""))[1]
        rule = said[0][1] if said and after >= before else then
        fired = frozenset(v.rule for one in seen for v in one.verdicts)
        return Again(before, after, rule, (), frozenset(v["rule"] for v in record.get("verdicts", ())), fired)

    async def _guard(self, tenant: str) -> Guard:
        policy = self._policies.of(tenant)
        if id(policy) not in self._guards:
            filters = detectors.build_filters(policy.filters, self._known)
            guard = Guard.build(policy, filters, detectors.build_monitors(policy.monitors))
            self._guards[id(policy)] = guard
            await guard.start()
        return self._guards[id(policy)]

    def close(self) -> None:
        for guard in self._guards.values():
            self._runner.run(guard.aclose())

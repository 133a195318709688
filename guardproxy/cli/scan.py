"""`guardproxy scan FILE…`: what training files hold, example by example, and what a policy says to it.

Reads in constant memory. Ranges of a file may be read by several processes; the report doesn't depend on how many there are,
nor on whether the scan was interrupted and resumed (`--state`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from guardproxy import __version__
from guardproxy.cli import COMMANDS
from guardproxy.cli._scan_runs import Reader, Setup
from guardproxy.cli.operator import add_config
from guardproxy.governance.audit.signing import Signer, load_signer
from guardproxy.governance.training.certificate import DAYS, Certificate, Certified
from guardproxy.governance.training.lines import RANGE, ranges
from guardproxy.governance.training.progress import Progress, State
from guardproxy.governance.training.report import FileReport, document
from guardproxy.governance.training.tally import amounts
from guardproxy.library import policy_folder
from guardproxy.policy.training import FileOutcome, TrainingFacts, judge
from guardproxy.types import ConfigError

PLAIN: Final = frozenset({".txt", ".text", ".md"})
"""Endings of files of plain text; in all others a line is JSON."""
_FATE: Final = {FileOutcome.QUARANTINE: "quarantined", FileOutcome.DENY: "denied"}
_KEEP: Final = 5.0
"""Seconds between two states."""
_TELL: Final = 0.5
_FOREIGN: Final = {
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "compressed (gzip)",
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "compressed (zstd)",
    b"ARRO": "an Arrow file",
}


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "scan",
        help=COMMANDS["scan"],
        description="Read training files (JSON Lines: chat, preference pairs, completions, tool calls, reinforcement; plain "
        "text if the name ends in .txt) and say what is in them. Exit code 0: all are allowed; 1: some are not; 2: a file or "
        "the policy can't be read.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="training files")
    parser.add_argument(
        "--policy",
        dest="directory",
        type=Path,
        metavar="DIR",
        help="directory of the policy, or its file (default: the shipped pack `training`)",
    )
    add_config(parser)
    parser.add_argument("--tenant", default="default", help="whose policy it is (default: default)")
    parser.add_argument("--model", default="", help="name of the model that is to be tuned, for rules that name models")
    parser.add_argument("--method", default="", help="how it is to be tuned, for rules that say so: supervised, dpo, …")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report, as JSON, to a file too")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep here how far the scan came; it goes on from there"
    )
    certifying = parser.add_argument_group(
        "certificates", "for `guardproxy train`, and for the callback of transformers"
    )
    certifying.add_argument(
        "--certificate", type=Path, metavar="FILE", help="write a signed certificate of these files"
    )
    certifying.add_argument("--sign", type=Path, metavar="KEY", help="key to sign it with: `guardproxy audit key FILE`")
    certifying.add_argument(
        "--approved-by",
        action="append",
        default=[],
        metavar="NAME",
        help="who has agreed, where the policy requires approval; two different people",
    )
    certifying.add_argument("--days", type=float, default=DAYS, help=f"for how long it holds (default: {DAYS:g})")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one for each core)")
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: Ray Data, on all machines of its cluster"
    )
    parser.add_argument(
        "--ray-address", default="", metavar="ADDRESS", help="of Ray's cluster (default: one on this machine alone)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def run(args: argparse.Namespace) -> int:
    signer = _signer(args)
    for path in args.files:
        _refuse_foreign(path)
    folder = args.directory or policy_folder() / "packs" / "training.yaml"
    setup = Setup(folder.resolve(), args.config, args.tenant, args.model)
    cluster = args.ray_address if args.engine == "ray" else None
    with Reader(setup, _workers(args), cluster=cluster) as reader:
        state = State(args.state, reader.policy.digest) if args.state else None
        reports = [_file(path, reader, state, args) for path in args.files]
    told = json.dumps(document(reports), indent=2, ensure_ascii=False)
    if args.report:
        args.report.write_text(told + "\n", encoding="utf-8")
    print(told if args.format == "json" else "\n\n".join(one.as_text() for one in reports))
    if signer is not None:
        return _certify(reports, signer, args)
    return 0 if all(one.decision.outcome is FileOutcome.ALLOW for one in reports) else 1


def _signer(args: argparse.Namespace) -> Signer | None:
    """Before anything is read: who wants a certificate must be able to sign it."""
    if args.certificate is None:
        if args.sign or args.approved_by:
            raise ConfigError("--sign and --approved-by are for a certificate; name its file (--certificate FILE)")
        return None
    if args.sign is None:
        raise ConfigError("a certificate is signed; give a key (--sign KEY; `guardproxy audit key KEY` makes one)")
    return load_signer(args.sign)


def _certify(reports: list[FileReport], signer: Signer, args: argparse.Namespace) -> int:
    """Write the certificate, where policy and people allow it."""
    strictest = max(reports, key=lambda one: one.decision.outcome)
    people = sorted({" ".join(name.split()) for name in args.approved_by if name.strip()})
    outcome = strictest.decision.outcome
    if outcome > FileOutcome.REQUIRE_APPROVAL:
        print(f"guardproxy: no certificate: {strictest.name} is {_FATE[outcome]} by policy", file=sys.stderr)
        return 1
    if outcome is FileOutcome.REQUIRE_APPROVAL and len({name.casefold() for name in people}) < 2:
        message = f"no certificate: {strictest.name} needs the approval of two people (--approved-by NAME, twice)"
        print(f"guardproxy: {message}", file=sys.stderr)
        return 1
    now = time.time()
    files = tuple(
        Certified(Path(one.name).name, one.digest, one.size, one.tally.examples, one.decision.outcome.word)
        for one in reports
    )
    made = Certificate(
        files, strictest.policy, strictest.policy_digest, tuple(people), args.model, args.method,
        now, now + args.days * 86_400, __version__,
    )  # fmt: skip
    args.certificate.write_text(made.signed(signer), encoding="utf-8")
    print(f"{args.certificate}: a certificate of {len(files)} file{'s' * (len(files) > 1)}, signed by key {signer.id}")
    return 0


def _workers(args: argparse.Namespace) -> int:
    """No more processes than there is work for: each takes a second to start."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    work = sum(ranges(path.stat().st_size) for path in args.files) // 4
    return int(args.workers) or max(1, min(cores, work))


def _file(path: Path, reader: Reader, state: State | None, args: argparse.Namespace) -> FileReport:
    name = str(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            progress = state.of(name, file, size) if state else Progress(size)
            _read(path, file, progress, reader, state, args)
    except OSError as e:
        raise ConfigError(f"{name} can't be read: {e.strerror}") from None
    policy = reader.policy
    digest, tally = f"sha256:{progress.hash.hexdigest()}", progress.tally
    facts = TrainingFacts(amounts(tally, size), tally.asked, args.model, args.tenant, method=args.method)
    return FileReport(name, digest, size, policy.name, policy.digest, tally, judge(policy.training, facts))


def _refuse_foreign(path: Path) -> None:
    """Before anything slow is begun: what has no lines would be one complaint a line."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as e:
        raise ConfigError(f"{path} can't be read: {e.strerror}") from None
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise ConfigError(f"{path} is {what}; write it as JSON Lines, one example a line")


def _read(
    path: Path, file: BinaryIO, progress: Progress, reader: Reader, state: State | None, args: argparse.Namespace
) -> None:
    name, bar = str(path), _Bar(path.name, progress, quiet=args.quiet)
    kept = time.monotonic()
    try:
        for tally in reader.tallies(path, progress.ranges, ranges(progress.size), plain=path.suffix in PLAIN):
            progress.take(tally, file)
            bar.tell()
            if state and time.monotonic() - kept > _KEEP:
                state.keep(name, progress)
                kept = time.monotonic()
    finally:
        bar.clear()
        if state:
            state.keep(name, progress)
    if os.fstat(file.fileno()).st_size != progress.size:
        raise ConfigError(f"{name} was changed while it was read; scan it again")


class _Bar:
    """Progress on a terminal, in one line; nothing elsewhere."""

    def __init__(self, name: str, progress: Progress, *, quiet: bool) -> None:
        self._name, self._progress = name, progress
        self._quiet = quiet or not sys.stderr.isatty()
        self._began, self._first, self._told = time.monotonic(), progress.ranges, 0.0

    def tell(self) -> None:
        now, one = time.monotonic(), self._progress
        if self._quiet or (now - self._told < _TELL and not one.done):
            return
        self._told = now
        part = min(1.0, one.ranges * RANGE / max(one.size, 1))
        rate = (one.ranges - self._first) * RANGE / max(now - self._began, 1e-6)
        left = (1 - part) * one.size / rate
        bar = "".join(_filled(part))
        text = f"{self._name} {bar} {part:4.0%}  {one.tally.lines:,} lines  {rate / 1e6:.1f} MB/s  {left:.0f} s left"
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._told:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _filled(part: float, width: int = 24) -> Iterator[str]:
    done = int(part * width)
    yield "#" * done
    yield "." * (width - done)

"""`guardproxy audit`: the log of who changed what: its key, whether it is as it was written, what it says."""

from __future__ import annotations

import argparse
import csv
import getpass
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import orjson

from guardproxy.cli import COMMANDS
from guardproxy.cli._plain import cell, plain
from guardproxy.config import load, named_file
from guardproxy.governance.audit import checkpoints
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.people import NAME as PEOPLE
from guardproxy.governance.audit.people import People
from guardproxy.governance.audit.query import Wanted, moment, named, records
from guardproxy.sections import Audit
from guardproxy.types import ConfigError

if TYPE_CHECKING:
    from guardproxy.governance.audit.decisions import Decisions
    from guardproxy.governance.audit.verify import Verdict

COLUMNS: Final = ("seq", "time", "action", "actor", "person", "name", "subject", "tenant", "details", "private", "hash")


def add_parser(commands: Any) -> None:
    """Add the `audit` subcommand."""
    parser = commands.add_parser(
        "audit",
        help=COMMANDS["audit"],
        description="The audit log: who changed which policy, key, approval or incident, and when. The log is the one that "
        "the settings name (audit.path), or --log. See docs/audit.md.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _key(verbs)
    _verify(verbs)
    _query(verbs)
    _export(verbs)
    _erase(verbs)


def run(args: argparse.Namespace) -> int:
    run_verb: Callable[[argparse.Namespace], int] = args.run_verb
    return run_verb(args)


def _add_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log", metavar="DIR", type=Path, help="folder of the log (default: audit.path of the settings)"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings in YAML")


def _settings(args: argparse.Namespace) -> Audit:
    """The section of the settings, with what the options say instead. Raises ConfigError."""
    file = named_file(args.config, os.environ)
    found = load(file, os.environ, serving=False).audit if file is not None or args.log is None else Audit()
    if args.log is not None:
        found = found.model_copy(update={"path": str(args.log)})
    if not found.path:
        raise ConfigError(
            "there is no audit log in the settings; give --log DIR, or --config FILE that has audit: path"
        )
    return found


# ---------------------------------------------------------------------------------------------------- key


def _key(verbs: Any) -> None:
    parser = verbs.add_parser(
        "key",
        help="make a key that signs the log",
        description="Make an Ed25519 key: FILE for the process that writes the log (audit.key_file), FILE.pub for who "
        "verifies it. Keep FILE.pub on another machine, too. A file that is there is never written over.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="where to write it")
    parser.set_defaults(run_verb=_make_key)


def _make_key(args: argparse.Namespace) -> int:
    from guardproxy.governance.audit.signing import create

    public, id = create(args.file)
    print(f"key {id}: {args.file} signs, {public} verifies")
    return 0


# ---------------------------------------------------------------------------------------------------- verify


def _verify(verbs: Any) -> None:
    parser = verbs.add_parser(
        "verify",
        help="say whether the log is as it was written",
        description="Check every line against its hash, its neighbours, the signatures, and checkpoints that were kept "
        "elsewhere. Exit code 0: nothing was changed; 1: something was, and the first place is named; 2: it can't be read.",
    )
    _add_log(parser)
    parser.add_argument(
        "--key",
        metavar="FILE",
        type=Path,
        action="append",
        help="public key that the log must be signed with; repeat it for a log of several keys (default: that of the settings)",
    )
    parser.add_argument(
        "--checkpoints",
        metavar="FILE",
        type=Path,
        action="append",
        help="checkpoints that were kept elsewhere, or a process log; without them an end that was cut off can't be found",
    )
    parser.add_argument(
        "--decisions",
        metavar="FILE",
        type=Path,
        action="append",
        help="decision log to compare with its digests in the audit log; repeat it for what rotation made of it",
    )
    parser.add_argument("--pruned", action="store_true", help="the oldest files were removed on purpose")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.set_defaults(run_verb=_run_verify)


def _run_verify(args: argparse.Namespace) -> int:
    from guardproxy.governance.audit.decisions import verify_decisions
    from guardproxy.governance.audit.signing import PUBLIC, load_verifier
    from guardproxy.governance.audit.verify import verify

    settings = _settings(args)
    folder = Folder(Path(settings.path))
    own = Path(settings.key_file + PUBLIC)
    files = args.key or ([own] if settings.key_file and own.exists() else [])
    keys = load_verifier(files) if files else None
    points, unreadable = [], []
    kept_here = Path(settings.checkpoints) if settings.checkpoints else folder.path / checkpoints.NAME
    for file in [*(args.checkpoints or ()), *([kept_here] if kept_here.exists() else [])]:
        found, wrong = checkpoints.load(file)
        points += found
        if wrong:
            unreadable.append(f"{file}:{wrong[0]}: this is no checkpoint: left out, like {len(wrong) - 1} more lines")
    people = People(folder.path / PEOPLE).known().values()
    verdict = verify(folder, keys, points, pruned=args.pruned, people=people)
    verdict.notices += unreadable
    if keys is None:
        verdict.notices.append("signatures were not looked at: give --key FILE.pub")
    if not args.checkpoints:
        verdict.notices.append(
            "no --checkpoints from elsewhere: whoever cut off the end could have cut those here, too"
        )
    decisions = None
    if args.decisions and verdict.problem is None:
        decisions = verify_decisions(folder, args.decisions)
        verdict.problem = decisions.problem
        verdict.notices += decisions.notices
    print(_as_json(verdict, decisions) if args.format == "json" else _as_text(verdict, folder, decisions))
    return 1 if verdict.problem else 0


def _as_text(verdict: Verdict, folder: Folder, decisions: Decisions | None) -> str:
    lines = [f"note: {plain(one)}" for one in verdict.notices]
    if verdict.problem is not None:
        return "\n".join([*lines, plain(str(verdict.problem)), "The log is NOT as it was written."])
    said = f"{folder.path}: records {verdict.first} to {verdict.last} in {_count(verdict.files, 'file')}"
    said += f", signed up to {verdict.signed}" if verdict.signed else ""
    points = f"{_count(verdict.checkpoints, 'checkpoint')} agree{'s' if verdict.checkpoints == 1 else ''}"
    if decisions is not None:
        points += (
            f"; {_count(decisions.records, 'decision record')} in {_count(decisions.stretches, 'stretch', 'es')} agree"
        )
        points += f", {decisions.dropped} were never written" if decisions.dropped else ""
    return "\n".join([*lines, f"{said}, {points}: nothing was changed."])


def _count(number: int, noun: str, more: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else more}"


def _as_json(verdict: Verdict, decisions: Decisions | None) -> str:
    problem = verdict.problem
    said = {
        "intact": problem is None,
        "problem": problem and {"file": problem.file, "line": problem.line, "message": problem.message},
        "notices": verdict.notices,
        **{name: getattr(verdict, name) for name in ("files", "first", "last", "signed", "checkpoints", "log")},
        "decisions": decisions
        and {"records": decisions.records, "stretches": decisions.stretches, "dropped": decisions.dropped},
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2).decode()


# ---------------------------------------------------------------------------------------------------- query, export


def _add_wanted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", metavar="TIME", help="from then on: 2026-11-23, 2026-11-23T09:30, or 2h for as long ago"
    )
    parser.add_argument("--until", metavar="TIME", help="before then")
    parser.add_argument("--action", metavar="GLOB", help="like 'policy.*'")
    parser.add_argument("--actor", metavar="GLOB", help="id of a key, cli:NAME, guardproxy")
    parser.add_argument("--person", metavar="NAME", help="the person behind it, by name or pseudonym")
    parser.add_argument("--subject", metavar="GLOB", help="what it was done to: an id, a digest, a model")
    parser.add_argument("--tenant", metavar="GLOB", help="for whom")


def _query(verbs: Any) -> None:
    parser = verbs.add_parser(
        "query",
        help="print the records that you ask for",
        description="Print records, the oldest first. All conditions must hold. Reading checks nothing: see verify.",
    )
    _add_log(parser)
    _add_wanted(parser)
    parser.add_argument("--limit", metavar="N", type=int, help="stop after so many")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="text, or JSON Lines (default: text)"
    )
    parser.set_defaults(run_verb=_run_query)


def _export(verbs: Any) -> None:
    parser = verbs.add_parser(
        "export",
        help="write records to a file, for other programs",
        description="Write records as JSON Lines or CSV, with the names of people that are still known. For a copy that can "
        "be verified, copy the folder.",
    )
    _add_log(parser)
    _add_wanted(parser)
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", help="what to write (default: jsonl)")
    parser.add_argument("--output", metavar="FILE", type=Path, help="a new file for it (default: standard output)")
    parser.set_defaults(run_verb=_run_export)


def _wanted(args: argparse.Namespace) -> Wanted:
    since, until = (moment(given) if given else "" for given in (args.since, args.until))
    return Wanted(since, until, args.action, args.actor, args.subject, args.tenant, args.person)


def _found(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The records that are asked for, with `name` where the person is known."""
    folder = Folder(Path(_settings(args).path))
    people, wanted = People(folder.path / PEOPLE).known(), _wanted(args)
    for file, line, record in records(folder):
        if record is None:
            print(f"{file}:{line}: this is no record: left out", file=sys.stderr)
            continue
        shown, name = named(record, people)
        if wanted.matches(record, name):
            yield {**shown, "name": name} if name else shown


def _run_query(args: argparse.Namespace) -> int:
    for number, record in enumerate(_found(args), 1):
        print(orjson.dumps(record).decode() if args.format == "json" else _line(record))
        if number == args.limit:
            break
    return 0


def _line(record: dict[str, Any]) -> str:
    """One record for a person to read."""
    who = str(record.get("actor", ""))
    if "person" in record:
        who += f":{record.get('name') or record['person']}"
    words = [str(record.get("seq")), str(record.get("time")), str(record.get("action")), f"by {who}"]
    words += [f"{name} {record[name]}" for name in ("subject", "tenant") if record.get(name)]
    words += [_json(record[name]) for name in ("details", "private") if record.get(name)]
    return plain("  ".join(words))


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _run_export(args: argparse.Namespace) -> int:
    with _output(args.output) as out:
        if args.format == "csv":
            _write_csv(_found(args), out)
        else:
            for record in _found(args):
                out.write(orjson.dumps(record).decode() + "\n")
    return 0


@contextmanager
def _output(file: Path | None) -> Iterator[IO[str]]:
    if file is None:
        yield sys.stdout
        return
    try:
        out = file.open("x", encoding="utf-8", newline="")
    except FileExistsError:
        raise ConfigError(
            f"{file} is there already, and may be the only copy of something; name another file"
        ) from None
    except OSError as e:
        raise ConfigError(f"{file} can't be written: {e.strerror}") from None
    with out:
        yield out


def _write_csv(found: Iterable[dict[str, Any]], out: IO[str]) -> None:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for record in found:
        rows.writerow([cell(_json(record.get(name, ""))) for name in COLUMNS])


# ---------------------------------------------------------------------------------------------------- erase


def _erase(verbs: Any) -> None:
    parser = verbs.add_parser(
        "erase",
        help="forget a person, with the chain intact",
        description="Delete the name and the key of a person: nothing in the log, nor in a copy of it, can be told to be about "
        "them any more, and no line changes. That this was done is recorded, by pseudonym.",
    )
    _add_log(parser)
    parser.add_argument("name", metavar="NAME", help="the person, as recorded")
    parser.set_defaults(run_verb=_run_erase)


def _run_erase(args: argparse.Namespace) -> int:
    from guardproxy.governance.audit import erase

    pseudonym = erase(_settings(args), args.name, actor=f"cli:{getpass.getuser()}")
    if pseudonym is None:
        print(f"guardproxy: the log knows nobody of the name {plain(args.name)}", file=sys.stderr)
        return 1
    print(f"{pseudonym} has no name any more")
    return 0

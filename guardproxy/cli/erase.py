"""`guardproxy erase`: one person's data, out of every store that the settings name."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from guardproxy.cli._admin import asked, url_of
from guardproxy.cli._plain import plain
from guardproxy.config import load, named_file
from guardproxy.governance import erasure
from guardproxy.governance.audit import told_to
from guardproxy.governance.erasure import Erased, Told
from guardproxy.governance.events import Unrecorded
from guardproxy.governance.person import Person
from guardproxy.types import ConfigError, Json

WORDS: Final[Mapping[str, str]] = {
    "asked": "that they asked for",
    "votes": "votes of theirs, which count on without a name",
    "rows": "rows of responses and conversations",
    "files": "training files",
    "jobs": "tuning jobs, which stay without an owner",
    "batch_files": "files of requests and of results",
    "batches": "batches",
    "incidents": "incidents that named them",
}
SEEN: Final = 1.0
"""Seconds after which a guardproxy that serves knows of a change of keys."""
LEFT: Final = (
    "Nothing to erase in the decision log and the quotas: they have ids of keys and hashes, and no names.",
    "Not looked at: policies, certificates, registries of weights, copies and backups.",
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "erase",
        help="forget one person in every store",
        description="Erase what belongs to one person's keys (stored conversations, training files, what waits for approval), "
        "revoke the keys, and take the name out of what has to stay: votes, incidents, the audit log (its chain stays intact). "
        "What a guardproxy that runs has open it erases itself, when it is asked. docs/retention.md says what is kept where. "
        "Exit code 0: erased, or found with --dry-run; 1: nothing was found; 2: a store could not be erased.",
    )
    parser.add_argument(
        "name", metavar="NAME", help="the person: the name or user of their keys, or as they signed approvals"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings in YAML, those of the server")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="ID",
        help="one more key of theirs, as records name it (corp:4711)",
    )
    parser.add_argument(
        "--url", metavar="URL", help="second listener of the guardproxy that runs (default: that of the settings)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what there is, and erase nothing")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    settings = load(named_file(args.config, os.environ), os.environ, serving=False)
    if not args.name.strip():
        raise ConfigError("say whom: a name that is not empty")
    person = Person(args.name, frozenset([*args.key, *erasure.keys_of(settings, args.name)]))
    url = args.url or (url_of(settings) if settings.admin.port else "")
    serves = args.url is not None or bool(url and _answers(url))

    async def served(dry: bool) -> dict[str, Told]:
        if not serves:
            return await erasure.opened(settings, person, dry=dry)
        if not dry and person.keys:
            await asyncio.sleep(SEEN)  # until who serves knows that the keys are revoked
        said = {"name": person.name, "keys": sorted(person.keys), "dry": dry}
        told: dict[str, Told] = await asyncio.to_thread(asked, url, "/admin/erase", said=said)
        return told

    with nullcontext(Unrecorded()) if args.dry_run else told_to(settings.audit) as recorder:
        actor = f"cli:{getpass.getuser()}"
        done = asyncio.run(erasure.every(settings, person, served, actor, recorder, dry=args.dry_run))
    if args.format == "json":
        print(json.dumps(_json(person, done, dry=args.dry_run), indent=2))
    else:
        print("\n".join(_text(person, done, url if serves else "", dry=args.dry_run)))
    if any(one.problem for one in done):
        print("guardproxy: not all of it was erased; mend what is said above, and do it again", file=sys.stderr)
        return 2
    return 0 if any(one.something for one in done) else 1


def _answers(url: str) -> bool:
    """Whether somebody listens there: then the stores are open there."""
    at = urlsplit(url)
    try:
        socket.create_connection((at.hostname or "", at.port or 80), 2.0).close()
    except OSError:
        return False
    return True


def _text(person: Person, done: Sequence[Erased], url: str, *, dry: bool) -> list[str]:
    head = f"{plain(person.name)}, {'; '.join(sorted(map(plain, person.keys))) or 'no keys'}"
    by = f" (asked of {url})" if url else ""
    out = [f"{'Would be erased' if dry else 'Erased'}: {head}{by}"]
    for one in done:
        said = f"not done: {one.problem}" if one.problem else "; ".join(map(_kind, one.told, one.told.values()))
        out.append(f"  {one.store:<10} {plain(said)}")
    return [*out, *LEFT]


def _kind(kind: str, value: Json) -> str:
    if isinstance(value, list):
        told = {"keys": "revoked and without a name", "pseudonyms": "with nobody behind it any more"}[kind]
        return f"{', '.join(map(str, value))}, {told}" if value else "nothing"
    return f"{value} {WORDS.get(kind, kind)}"


def _json(person: Person, done: Sequence[Erased], *, dry: bool) -> dict[str, Any]:
    return {
        "name": person.name,
        "keys": sorted(person.keys),
        "dry_run": dry,
        "stores": {one.store: {**one.told, **({"problem": one.problem} if one.problem else {})} for one in done},
    }

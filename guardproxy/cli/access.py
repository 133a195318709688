"""`guardproxy access report`: who can reach which model, route, tool, data and training pipeline, from what is in force."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from guardproxy import __version__, detectors
from guardproxy.addresses import is_loopback
from guardproxy.cli import COMMANDS
from guardproxy.cli._access_facts import Fact, Subject, facts, kept, named, subjects
from guardproxy.cli._plain import cell, plain
from guardproxy.cli.operator import services
from guardproxy.config import PEPPER_KEY, Settings, load, named_file
from guardproxy.governance.caller import Role
from guardproxy.governance.keys import Database, Key, Pepper
from guardproxy.library import policy_folder
from guardproxy.policy.load import load_all
from guardproxy.policy.policies import Policies
from guardproxy.types import ConfigError


def add_parser(commands: Any) -> None:
    """Add the `access` subcommand."""
    parser = commands.add_parser(
        "access",
        help=COMMANDS["access"],
        description="Documents who has access to what, from the settings, the keys and the policies as they are now. "
        "Exit code 0: printed; 2: something could not be read.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    one = verbs.add_parser("report", help="print it")
    one.add_argument("--config", metavar="FILE", type=Path, help="settings in YAML, those of the server")
    one.add_argument(
        "--format", choices=("markdown", "csv"), default="markdown", help="what to print (default: markdown)"
    )


def run(args: argparse.Namespace) -> int:
    args.config = named_file(args.config, os.environ)
    settings = load(args.config, os.environ, serving=False)
    folder = policy_folder(settings.policies)
    known = services(args.config, folder)
    policies = load_all(folder, *detectors.reading(known))
    everybody = list(subjects(settings, _keys(settings)))
    open_admin = settings.admin_key is None and not (settings.keys.path or settings.keys.tokens)
    found = [fact for one in everybody for fact in facts(one, settings, policies, open_admin)]
    if args.format == "csv":
        rows = csv.writer(sys.stdout)
        rows.writerow(field.name for field in fields(Fact))
        rows.writerows([cell(value) for value in astuple(fact)] for fact in found)
    else:
        print("\n".join(_markdown(settings, policies, everybody, found, open_admin)))
    return 0


def _keys(settings: Settings) -> list[Key]:
    """Those of the file. Raises ConfigError."""
    if not settings.keys.path:
        return []
    if settings.pepper_key is None:
        raise ConfigError(f"the keys in {settings.keys.path} are read with their pepper: set {PEPPER_KEY}")
    if not Path(settings.keys.path).exists():
        raise ConfigError(f"there is no file of keys {settings.keys.path}")
    database = Database(settings.keys.path, Pepper(settings.pepper_key.get_secret_value().encode()))
    try:
        return [entry.key for entry in database.entries()]
    finally:
        database.close()


# ---------------------------------------------------------------------------------------------------- Markdown


def _markdown(
    settings: Settings, policies: Policies, everybody: Sequence[Subject], found: Sequence[Fact], open_admin: bool
) -> Iterable[str]:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f"# Who has access\n\nWritten by guardproxy {__version__} on {now} from the settings, the keys and the policies.\n"
    yield from _listeners(settings, open_admin)
    yield "\n## Who can come in\n"
    heads = ("who", "name", "kind", "tenant", "policy", "roles", "models", "routes", "tools", "reasoning", "until")
    yield from _table(heads, (_row(one, found) for one in everybody))
    if settings.models:
        yield "\n## Models\n"
        names = sorted(settings.models)
        reach = {(fact.who, fact.resource) for fact in found if fact.what == "model"}
        rows = ((one.who, *("yes" if (one.who, name) in reach else "–" for name in names)) for one in everybody)
        yield from _table(("who", *names), rows)
    yield "\n## Training\n"
    if settings.training.path:
        who = [fact.who for fact in found if fact.what == "training"]
        needs = settings.approvals
        yield f"Upload training files and start jobs: {_listed(who)}. What a policy holds back needs {needs.for_training} to"
        yield f"approve, a tuned model {needs.for_release}, of: {_listed(_who(found, 'approve and deny'))}."
    else:
        yield "Nothing is tuned through this guardproxy: `training.path` is not set."
    yield "\n## The second listener\n"
    if open_admin:
        yield "Whoever is at this machine may do everything there: read decisions, reload the policy, approve."
    else:
        operations = list(dict.fromkeys(fact.resource for fact in found if fact.what == "operation"))
        yield from _table(("what", "who"), ((what, _listed(_who(found, what))) for what in operations))
    yield "\n## Where data goes, and where it lies\n"
    yield from _upstreams(settings, policies)
    yield ""
    lies = ((one.what, one.path, one.protection, one.owner) for one in kept(settings))
    yield from _table(("what", "where", "protection", "owner of the file"), lies)


def _listeners(settings: Settings, open_admin: bool) -> Iterable[str]:
    listen, admin = settings.listen, settings.admin
    asked = "asks everybody for a key" if settings.authenticated else "asks nobody for a key"
    yield f"* Clients: {listen.host}:{listen.port}{_reach(listen.host)}, {asked}."
    asked = (
        "asks nobody for a key, and is for this machine alone"
        if open_admin
        else "asks for a key but for metrics and health"
    )
    yield f"* Second listener: {admin.host}:{admin.port}{_reach(admin.host)}, {asked}."


def _reach(host: str) -> str:
    return " (this machine only)" if is_loopback(host) else ""


def _row(one: Subject, found: Sequence[Fact]) -> tuple[str, ...]:
    caller, grants = one.caller, one.caller.grants
    mine = [fact for fact in found if fact.who == one.who]
    policy = next(fact.resource for fact in mine if fact.what == "policy")
    roles = ", ".join(sorted(caller.roles)) if caller.roles != frozenset(Role) else "all"
    return (
        one.who, caller.name, one.kind, one.tenants or caller.tenant, policy, roles, named(grants.models),
        named(grants.routes), named(grants.tools), "shown" if grants.reasoning else "left out", mine[0].until,
    )  # fmt: skip


def _upstreams(settings: Settings, policies: Policies) -> Iterable[str]:
    yield f"* The main upstream: {settings.upstream.url or 'none is set'}."
    for name, target in sorted(settings.upstreams.items()):
        rules = sorted({f"{p.name}/{r.id}" for p in policies.all for r in p.rules if r.upstream == name})
        whose = "somebody else's: what is routed there leaves your hands" if target.external else "your own"
        yield f"* {name}: {target.url}, {whose}; asked by {_listed(rules)}."
    for name, judge in sorted(settings.judges.items()):
        yield f"* The judge {name}: {judge.url} reads the texts that policies have it read."


def _who(found: Iterable[Fact], operation: str) -> list[str]:
    return [fact.who for fact in found if fact.what == "operation" and fact.resource == operation]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nobody"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(map(_shown, row)) + " |"


def _shown(text: str) -> str:
    """Text in a table: neither another cell nor a tag."""
    return plain(text).replace("\\", "\\\\").replace("|", "\\|").replace("&", "&amp;").replace("<", "&lt;")

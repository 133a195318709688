"""`guardproxy keys`: makes keys for people and programs, lists them, ends them, and gives them new secrets."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import pydantic

from guardproxy.amounts import LongSeconds
from guardproxy.cli import COMMANDS
from guardproxy.cli._plain import plain
from guardproxy.config import PEPPER_KEY, Settings, load, named_file
from guardproxy.governance.caller import ALL, DEFAULT_TENANT, Grants, Role
from guardproxy.governance.events import Recorder, Unrecorded
from guardproxy.governance.keys import Database, Key, KeyStore, Pepper, Wanted
from guardproxy.types import ConfigError, Json

_T = TypeVar("_T")
_SECONDS: Final[pydantic.TypeAdapter[float]] = pydantic.TypeAdapter(LongSeconds)
OVERLAP: Final = "24h"


def add_parser(commands: Any) -> None:
    """Add the `keys` subcommand."""
    parser = commands.add_parser(
        "keys",
        help=COMMANDS["keys"],
        description="API keys with tenants, roles and limits. They are in the file that the settings name (keys.path), or "
        "--keys; a server that uses it knows of changes within a second. Exit code 0: done; 2: it could not be done. See "
        "docs/keys.md.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _create(verbs)
    one = verbs.add_parser("list", help="all keys, without their secrets")
    one.add_argument("--tenant", help="only those of this tenant")
    one.add_argument("--active", action="store_true", help="leave out those that were revoked or have expired")
    _common(one)
    one = verbs.add_parser("revoke", help="end keys, at once and for good")
    one.add_argument("ids", metavar="ID", nargs="+", help="the visible part: gp_ and 8 characters")
    _common(one)
    one = verbs.add_parser("rotate", help="a new secret for a key: what it owns stays its own")
    one.add_argument("id", metavar="ID", help="the visible part: gp_ and 8 characters")
    one.add_argument(
        "--overlap",
        metavar="TIME",
        default=OVERLAP,
        help=f"how long the old secret is still taken (default: {OVERLAP})",
    )
    _common(one)
    one = verbs.add_parser("pepper", help="write a new random pepper into a file")
    one.add_argument("file", metavar="FILE", type=Path, help="file to be made; not the one of the keys")


def _create(verbs: Any) -> None:
    one = verbs.add_parser("create", help="a new key; it is shown once")
    one.add_argument("--name", required=True, help="what people call it: a person, a program, a team")
    one.add_argument("--tenant", default=DEFAULT_TENANT, help=f"whose policy it gets (default: {DEFAULT_TENANT})")
    roles = [role.value for role in Role]
    one.add_argument("--role", action="append", choices=roles, help="what it may do; repeat it (default: caller)")
    for what, example in (("model", "gpt-oss*"), ("route", "/v1/chat/*"), ("tool", "search_*")):
        one.add_argument(
            f"--{what}",
            metavar="GLOB",
            action="append",
            help=f"only such {what}s, like '{example}'; repeat it (default: all)",
        )
    one.add_argument("--no-reasoning", action="store_true", help="replies come without the model's reasoning")
    one.add_argument("--user", help="the person whose key it is, for rules that are rolled out by user")
    one.add_argument(
        "--end-users", action="store_true", help="it speaks for many: the user that a request names is believed"
    )
    one.add_argument("--certificate", metavar="SUBJECT", help="no secret: whoever has this client certificate")
    one.add_argument("--expires", metavar="WHEN", help="after this time (90d), or at this moment (2027-01-31)")
    _common(one)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keys", metavar="FILE", help="file of the keys (default: keys.path of the settings)")
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings in YAML")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(args: argparse.Namespace) -> int:
    if args.verb == "pepper":
        return _pepper(args.file)
    verbs: dict[str, Callable[[argparse.Namespace], int]] = {
        "create": _run_create, "list": _run_list, "revoke": _run_revoke, "rotate": _run_rotate,
    }  # fmt: skip
    return verbs[args.verb](args)


# ---------------------------------------------------------------------------------------------------- verbs


def _run_create(args: argparse.Namespace) -> int:
    models, routes, tools = (tuple(getattr(args, what) or ALL) for what in ("model", "route", "tool"))
    grants = Grants(models, routes, tools, not args.no_reasoning, args.end_users)
    roles = frozenset(map(Role, args.role or [Role.CALLER]))
    expires = None if args.expires is None else _moment(args.expires)
    wanted = Wanted(args.name, args.tenant, roles, grants, args.user, expires, args.certificate or "")
    key, text = _with(args, lambda store: store.create(wanted))
    _tell_new(args, key, text, f"key {key.id} made for {plain(key.name)}")
    return 0


def _run_rotate(args: argparse.Namespace) -> int:
    overlap = _duration(args.overlap, "--overlap")
    key, text = _with(args, lambda store: store.rotate(args.id, overlap))
    until = f"until {_time(key.overlap)}" if key.overlap else "no more"
    _tell_new(args, key, text, f"key {key.id} has a new secret; the old one is taken {until}")
    return 0


def _run_revoke(args: argparse.Namespace) -> int:
    async def revoke(store: KeyStore) -> list[Key]:
        for id in args.ids:
            store.database.get(id)  # all of them are there, or none is revoked
        return [await store.revoke(id) for id in args.ids]

    gone = _with(args, revoke)
    told = [_shown(key) for key in gone]
    print(
        json.dumps(told, indent=2) if args.format == "json" else "\n".join(f"key {key.id} is revoked" for key in gone)
    )
    return 0


def _run_list(args: argparse.Namespace) -> int:
    async def listed(store: KeyStore) -> list[Key]:
        return store.all()

    now = time.time()
    found = [key for key in _with(args, listed) if args.tenant in (None, key.tenant)]
    found = [key for key in found if not args.active or key.state(now) == "active"]
    if args.format == "json":
        print(json.dumps([_shown(key) for key in found], indent=2))
    else:
        print("\n".join(map(_line, found)) or "There are no keys.")
    return 0


def _pepper(file: Path) -> int:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{file} is there already and stays: without it no key opens that was made with it; name another file"
        raise ConfigError(f"{message}, or use this one (keys: pepper_file)") from None
    except OSError as e:
        raise ConfigError(f"the pepper can't be written to {file}: {e.strerror}") from None
    with os.fdopen(descriptor, "w") as out:
        out.write(secrets.token_hex(32) + "\n")
    print(f"A pepper is in {file}: name it in the settings (keys: pepper_file). Without it no key opens; keep a copy.")
    return 0


# ---------------------------------------------------------------------------------------------------- the file


def _with(args: argparse.Namespace, work: Callable[[KeyStore], Coroutine[Any, Any, _T]]) -> _T:
    """Do something with the keys. Raises ConfigError and what the work raises."""
    settings = load(named_file(args.config, os.environ), os.environ, serving=False)
    path = args.keys or settings.keys.path
    if not path:
        raise ConfigError("there is no file of keys; give --keys FILE, or --config FILE that has keys: path")
    if settings.pepper_key is None:
        raise ConfigError(
            f"keys are kept hashed: set {PEPPER_KEY}, or `keys.pepper_file`, to what the server has; "
            "`guardproxy keys pepper FILE` makes a new one"
        )
    pepper = Pepper(settings.pepper_key.get_secret_value().encode())

    async def done() -> _T:
        recorder, close = _recorder(settings)
        try:
            with closing(Database(path, pepper)) as database:
                return await work(KeyStore(database, pepper, f"cli:{getpass.getuser()}", recorder))
        finally:
            await close()

    return asyncio.run(done())


def _recorder(settings: Settings) -> tuple[Recorder, Callable[[], Coroutine[Any, Any, None]]]:
    """Where changes are told, and what closes it."""

    async def nothing() -> None:
        return None

    if not settings.audit.path:
        return Unrecorded(), nothing
    from guardproxy.governance.audit import AuditLog

    log = AuditLog.open(settings.audit)
    return log, log.aclose


# ---------------------------------------------------------------------------------------------------- words


def _tell_new(args: argparse.Namespace, key: Key, text: str, what: str) -> None:
    """The key itself alone goes to standard output, so that a script can keep it."""
    if args.format == "json":
        print(json.dumps({**_shown(key), "key": text or None}, indent=2))
        return
    if text:
        print(text, flush=True)
        what += ". This is all that will ever show it"
    print(f"{what}.\n{_line(key)}", file=sys.stderr)


def _line(key: Key) -> str:
    granted = key.grants
    limits = [
        f"{what} {','.join(globs)}"
        for what, globs in (("models", granted.models), ("routes", granted.routes), ("tools", granted.tools))
        if globs != ALL
    ]
    limits += ["no reasoning"] * (not granted.reasoning) + ["speaks for end users"] * granted.end_users
    limits += [f"{what} {plain(said)}" for what, said in (("user", key.user), ("certificate", key.certificate)) if said]
    until = f"  until {_time(key.expires)}" if key.expires else ""
    roles = ",".join(sorted(key.roles))
    state = key.state(time.time())
    return f"{key.id}  {state}  {plain(key.name)}  tenant {key.tenant}  {roles}{until}{''.join('  ' + one for one in limits)}"


def _shown(key: Key) -> dict[str, Json]:
    granted = key.grants
    return {
        "id": key.id, "name": key.name, "state": key.state(time.time()), "tenant": key.tenant,
        "roles": [*sorted(key.roles)], "models": [*granted.models], "routes": [*granted.routes],
        "tools": [*granted.tools], "reasoning": granted.reasoning, "end_users": granted.end_users, "user": key.user,
        "certificate": key.certificate or None, "created": key.created, "expires": key.expires,
        "revoked": key.revoked, "rotated": key.rotated, "overlap": key.overlap,
    }  # fmt: skip


def _duration(text: str, option: str) -> float:
    if text.strip() == "0":
        return 0.0
    try:
        return _SECONDS.validate_python(text)
    except pydantic.ValidationError:
        also = ", or a date like 2027-01-31" if option == "--expires" else ""
        raise ConfigError(f"{option}: {text!r} is no time; write one like 24h or 90d{also}") from None


def _moment(text: str) -> float:
    """A time from now on, or a date or moment (UTC where it says no zone)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return time.time() + _duration(text, "--expires")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds").replace("+00:00", " UTC")

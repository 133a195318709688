"""Who can reach what, from the settings, the keys and the policies as they are now: one fact a line."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from guardproxy.config import Settings
from guardproxy.governance.caller import ALL, ANYBODY, Caller, Grants, Role
from guardproxy.governance.keys import Key
from guardproxy.policy.policies import Policies
from guardproxy.sections import TokenIssuer
from guardproxy.server.app import LISTS, MODEL
from guardproxy.server.authentication import ADMIN, STATIC, role_for, roles_for
from guardproxy.server.detectors import detectors
from guardproxy.server.doors import DOORS
from guardproxy.server.rights import allowed
from guardproxy.server.routes import paths
from guardproxy.server.stored import ROUTES as STORED
from guardproxy.server.training import BATCH_FILES, BATCH_ROUTES
from guardproxy.server.training import ROUTES as TRAINING

ADMIN_PATHS: Final = (
    ("GET", "/console", "read decisions"),
    ("GET", "/admin/policy", "read the policy"),
    ("GET", "/console/playground", "try policies"),
    ("POST", "/admin/policy/reload", "reload the policy"),
    ("GET", "/admin/incidents", "read incidents"),
    ("POST", "/admin/incidents", "open and close incidents"),
    ("GET", "/admin/approvals", "read what waits for people"),
    ("POST", "/admin/approvals/ID", "approve and deny"),
    ("GET", "/admin/quotas", "read what is used of quotas"),
    ("POST", "/admin/quotas/free", "fill quotas again"),
    ("POST", "/admin/erase", "erase a person's data"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who can come in."""

    who: str
    kind: str
    """`key`, `certificate`, `environment`, `tokens`, `anybody`."""
    caller: Caller
    expires: float | None = None
    tenants: str = ""
    """Where it is not one tenant alone."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that somebody can reach."""

    who: str
    name: str
    kind: str
    tenant: str
    what: str
    """`model`, `route`, `tool`, `reasoning`, `policy`, `training`, `data`, `operation`."""
    resource: str
    until: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A file or folder in which data lies."""

    what: str
    path: str
    protection: str
    owner: str
    """Of the file, and its rights, as the system has them now."""


def subjects(settings: Settings, keys: Iterable[Key]) -> Iterator[Subject]:
    """Everybody who can come in now."""
    if not settings.authenticated:
        yield Subject("anybody who reaches it", "anybody", ANYBODY)
    if settings.key is not None:
        yield Subject(STATIC.key, "environment", STATIC)
    if settings.admin_key is not None:
        yield Subject(ADMIN.key, "environment", ADMIN)
    now = time.time()
    for key in keys:
        if key.state(now) == "active":
            yield Subject(key.id, "certificate" if key.certificate else "key", key.caller(), key.expires)
    for name, one in settings.keys.tokens.items():
        yield Subject(f"{name}:*", "tokens", _holder(name, one), None, _tenants(one))


def _holder(name: str, one: TokenIssuer) -> Caller:
    """The most that a token of this provider can be."""
    words = {role for told in one.role_map.values() for role in told} if one.roles_claim else one.roles
    grants = Grants(one.models, one.routes, one.tools, one.reasoning, end_users=False)
    return Caller(f"{name}:*", one.tenant, frozenset(map(Role, words)), grants, None, f"tokens of {one.issuer}")


def _tenants(one: TokenIssuer) -> str:
    if not one.tenant_claim:
        return ""
    return ", ".join(sorted(set(one.tenants.values()))) or f"as the claim {one.tenant_claim} says"


def routes(settings: Settings) -> list[str]:
    """The paths of the first listener that there are with these settings."""
    from guardproxy.server.closing import Closing

    found = [*paths(), *detectors(settings, Closing()), *LISTS, MODEL + "{id}"]
    found += STORED if settings.store.path else ()
    found += TRAINING if settings.training.path else ()
    found += [route for door in settings.training.doors for route, _ in DOORS[door]]
    found += (*BATCH_FILES, *BATCH_ROUTES) if settings.batches.path else ()
    return sorted(set(found))


def facts(subject: Subject, settings: Settings, policies: Policies, local_admin: bool) -> Iterator[Fact]:
    """What somebody can reach. `local_admin`: no key is asked for on the second listener."""
    caller, grants = subject.caller, subject.caller.grants
    tenant = subject.tenants or caller.tenant
    until = "" if subject.expires is None else time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(subject.expires))

    def fact(what: str, resource: str) -> Fact:
        return Fact(subject.who, caller.name, subject.kind, tenant, what, resource, until)

    policy = policies.of(caller.tenant)
    yield fact(
        "policy", "by its tenant" if subject.tenants else f"{policy.name} {policy.version} ({policy.digest[:12]})"
    )
    usable = [one for one in routes(settings) if caller.may(*roles_for(one, settings)) and grants.route(one)]
    yield from (fact("route", one) for one in usable)
    if any(role_for(one) is Role.CALLER for one in usable):
        known = list(settings.models or ())
        yield from (fact("model", one) for one in (filter(grants.model, known) if known else grants.models))
        yield from (fact("tool", one) for one in grants.tools)
        yield fact("reasoning", "shown" if grants.reasoning else "left out")
    if settings.training.path and caller.may(Role.TRAINER) and any(role_for(one) is Role.TRAINER for one in usable):
        yield fact("training", "upload training files, start and read jobs of its tenant")
    if settings.batches.path and caller.may(Role.CALLER) and any(one in BATCH_ROUTES for one in usable):
        yield fact("data", "files of requests, batches and results of its own key")
    if settings.store.path and any(one in STORED for one in usable):
        yield fact("data", "responses and conversations of its own key")
    if caller is not STATIC and (caller is not ANYBODY or local_admin):
        yield from (fact("operation", what) for method, path, what in ADMIN_PATHS if allowed(caller, method, path))


def kept(settings: Settings) -> Iterator[Kept]:
    """Where data lies, and whose the files are."""
    sealed = "encrypted with GUARDPROXY_STORE_KEY"
    places = (
        ("keys", settings.keys.path, "hashed with the pepper"),
        ("pepper", settings.keys.pepper_file, "none: whoever reads it and the keys can try keys"),
        ("responses and conversations", settings.store.path, sealed),
        ("batches with their requests", settings.batches.path, sealed),
        ("approvals", settings.approvals.path, sealed),
        ("training files and jobs", settings.training.path, sealed if settings.store_key else "rights of the folder"),
        ("audit log", settings.audit.path, "chained hashes; names of people can be erased"),
        ("decision log", settings.decision_log, "holds no text unless a policy says so"),
    )
    for what, path, protection in places:
        if path in ("", "none"):
            continue
        if path in (":memory:", "-"):
            where = "memory of the process" if path == ":memory:" else "standard output"
            yield Kept(what, where, protection if path == "-" else "ends with the process", "")
        else:
            yield Kept(what, path, protection, _owner(Path(path)))


def _owner(path: Path) -> str:
    try:
        told = path.stat()
    except OSError as e:
        return f"can't be seen: {e.strerror}"
    try:
        import pwd

        name = pwd.getpwuid(told.st_uid).pw_name
    except (ImportError, KeyError):
        name = str(told.st_uid)
    here = "" if told.st_uid != os.geteuid() else ", who runs this report"
    return f"{name} ({stat.filemode(told.st_mode)}{here})"


def named(globs: tuple[str, ...]) -> str:
    return "all" if globs == ALL else ", ".join(globs)

"""Settings of the process: where to listen, where the upstream is, what the limits are. Not a policy, and never one.

Values come from a YAML file, then the environment (`GUARDPROXY_*`), then the command line; the later wins. Secrets come
from the environment only. Nothing here opens a socket or reads a policy.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from types import MappingProxyType
from typing import Any, get_origin
from urllib.parse import urlsplit

import pydantic
from pydantic import Field, SecretStr, field_validator

from guardproxy.addresses import is_loopback
from guardproxy.amounts import Bytes, Count, Port, Seconds
from guardproxy.batches import Batches
from guardproxy.judge_target import JudgeTarget
from guardproxy.probing import Probing
from guardproxy.quotas import Quotas
from guardproxy.sections import (
    ApprovalSettings,
    Audit,
    Incidents,
    Inference,
    KeySettings,
    Store,
    Target,
    Tools,
    ToolTarget,
    TrainingSettings,
    Upstream,
    as_written,
    check_fallbacks,
)
from guardproxy.sections import Section as _Section
from guardproxy.settings_file import Values, read, read_secret, sentence
from guardproxy.types import ConfigError, Path

PREFIX = "GUARDPROXY_"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")
"""A model name that may travel in headers and logs."""

_OWN = ("admin_key", "hash_key", "store_key", "webhook_key", "pepper_key", "redis_key")
"""Secrets whose variables have their names."""
_SECRETS = ("key", "upstream_key", *_OWN, "tool_keys", "judge_keys", "upstream_keys")
ADMIN_KEY, PEPPER_KEY = PREFIX + "ADMIN_KEY", PREFIX + "PEPPER_KEY"
STORE_KEY, _WEBHOOK_KEY = PREFIX + "STORE_KEY", PREFIX + "WEBHOOK_KEY"
_LEAST = 16
"""Characters of a key that is ours: of any less, a guess is not hopeless."""
_OTHERS = (PREFIX + "CONFIG", PREFIX + "CACHE")
"""Variables that are read elsewhere."""
_TABLES = ("servers", "models", "judges", "tokens", "upstreams", "limits", "prices")
"""Settings that are tables: no variable can hold one."""


class Listen(_Section):
    """The listener that clients talk to."""

    host: str = "127.0.0.1"
    """Address. Any but a loopback one needs keys (docs/keys.md), or `allow_unauthenticated`."""
    port: Port = 8080
    """0 for any that is free."""
    key_env: str = PREFIX + "KEY"
    """Name of the variable that holds the one key which clients must send; no variable, no key."""
    allow_unauthenticated: bool = False
    """Listen on an address that others can reach although no key is set."""


class Admin(_Section):
    """The second listener: metrics and health, for operators."""

    host: str = "127.0.0.1"
    """Address."""
    port: Port = 8081
    """0 for any that is free."""
    hosts: tuple[str, ...] = ()
    """Names, besides the loopback ones, that a request's Host may have; `*` for any."""


class Reload(_Section):
    """How changes of the policy's files are noticed while they are in force."""

    watch: bool = True
    """Without it only SIGHUP and `/admin/policy/reload` have the files read again."""
    interval: Seconds = 1.0
    """Between two looks at the files."""


class Timeouts(_Section):
    """Seconds."""

    connect: Seconds = 5.0
    """Until the connection to the upstream stands."""
    first_byte: Seconds = 120.0
    """From the request to the first byte of a streamed reply. A whole reply has `total` only: its first byte is its end."""
    idle: Seconds = 60.0
    """Between two reads of a reply; also how long a client may take none of it."""
    total: Seconds = 600.0
    """From the request to the last byte of the upstream's reply."""
    head: Seconds = 10.0
    """For a client to send a request's head."""
    body: Seconds = 30.0
    """For a client to send a request's body."""
    body_idle: Seconds = 10.0
    """Between two pieces of a request's body."""
    keep_alive: Seconds = 75.0
    """An idle connection of a client is closed after this."""
    held: Seconds = 10.0
    """Silence in a streamed reply after which a comment keeps the connection alive."""
    drain: Seconds = 10.0
    """On SIGTERM: how long running requests may take to end."""
    approval: Seconds = 3600.0
    """A reply that waits for a person is forgotten after this, approved or not."""


class Limits(_Section):
    """Bytes and counts."""

    body: Bytes = 10_000_000
    """Of a request."""
    head: Bytes = 32_768
    """Of a request's line and headers together."""
    headers: Count = 100
    """Of a request."""
    requests: Count = 512
    """Requests served at once; the next one is answered 503."""
    connections: Count = 4096
    """Of clients, open at once."""
    reply: Bytes = 50_000_000
    """Of a whole reply, and of a streamed one."""
    held: Bytes = 256_000_000
    """Characters that all replies together may hold back."""
    approvals: Count = 1000
    """Replies that may wait for a person; one more is answered 503."""
    approvals_size: Bytes = 64_000_000
    """Of all of them together."""


class Settings(_Section):
    """Everything. Construct with `load`, which also checks what only makes sense together."""

    listen: Listen = Listen()
    admin: Admin = Admin()
    upstream: Upstream = Upstream()
    upstreams: dict[str, Target] = Field(default={})
    """Name to another server. A rule with `then: route` names one."""
    upstream_hosts: tuple[str, ...] = ()
    """Hosts besides this machine where those may be asked over plain http."""
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    store: Store = Store()
    approvals: ApprovalSettings = ApprovalSettings()
    keys: KeySettings = KeySettings()
    audit: Audit = Audit()
    quotas: Quotas = Quotas()
    incidents: Incidents = Incidents()
    training: TrainingSettings = TrainingSettings()
    batches: Batches = Batches()
    tools: Tools = Tools()
    inference: Inference = Inference()
    probe: Probing = Probing()
    judges: dict[str, JudgeTarget] = Field(default={})
    """Name to judge. A policy's `llm_judge` names one."""
    judge_hosts: tuple[str, ...] = ()
    """Hosts besides this machine where judges may be asked over plain http."""
    policies: str = ""
    """Folder of the policies; empty for the ones that are shipped."""
    reload: Reload = Reload()
    shadow: str = ""
    """Folder of a candidate policy: it reads the same traffic and decides, and nothing is done about it."""
    shadow_percent: int = Field(default=100, ge=1, le=100)
    """Of requests that the candidate reads, by a hash of their id."""
    models: dict[str, str] | None = None
    """Name that clients use to name that the upstream knows. Others are 404. Absent: names pass as they are."""
    parameters: tuple[str, ...] = ()
    """Request parameters that are let through although no codec knows them. Their text is not guarded."""
    moderation_scores: bool = False
    """Whether who asks for moderation or detections sees scores. Without: 1 for what a rule acts on, 0 for the rest."""
    decision_log: str = "-"
    """File for the decision records, `-` for standard output, `none` for none."""
    key: SecretStr | None = Field(default=None, exclude=True)
    """What clients must send, as `Authorization: Bearer …` or `x-api-key: …`."""
    admin_key: SecretStr | None = Field(default=None, exclude=True)
    """What opens `/console` and `/admin` on the second listener. Without one they are there for this machine only."""
    upstream_key: SecretStr | None = Field(default=None, exclude=True)
    """What the upstream is sent."""
    hash_key: SecretStr | None = Field(default=None, exclude=True)
    """Of keyed hashes and placeholders. Replicas that share it write the same ones; without one each process has its own."""
    store_key: SecretStr | None = Field(default=None, exclude=True)
    """What the store and the approvals are encrypted with."""
    webhook_key: SecretStr | None = Field(default=None, exclude=True)
    """What messages to the webhook are signed with."""
    pepper_key: SecretStr | None = Field(default=None, exclude=True)
    """What keys are hashed with before they are kept. Without it no key of the file opens."""
    redis_key: SecretStr | None = Field(default=None, exclude=True)
    """The password of the Redis that quotas are kept in."""
    tool_keys: dict[str, SecretStr] = Field(default={}, exclude=True)
    """Name of a tool server to its key."""
    judge_keys: dict[str, SecretStr] = Field(default={}, exclude=True)
    """Name of a judge to its key."""
    upstream_keys: dict[str, SecretStr] = Field(default={}, exclude=True)
    """Name of another upstream to its key."""

    @field_validator("models", mode="before")
    @classmethod
    def _table(cls, value: Any) -> Any:
        return {name: name for name in value} if isinstance(value, list) else value

    @field_validator("models")
    @classmethod
    def _names(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        for name in (n for pair in (value or {}).items() for n in pair):
            if not MODEL_NAME.fullmatch(name):
                raise ValueError(f"{name!r} can't be a model's name; use letters, digits and . _ : / @ + -")
        return value

    @property
    def authenticated(self) -> bool:
        """Whether who asks for anything must say who they are."""
        return self.key is not None or bool(self.keys.path or self.keys.tokens)


def load(
    file: File | None,
    environ: Mapping[str, str],
    flags: Mapping[str, tuple[Path, Any]] = MappingProxyType({}),
    *,
    tools: bool = False,
    serving: bool = True,
) -> Settings:
    """The settings of one process. `flags`: option of the command line to setting and value (None: not given).
    `tools`: of one that stands before tool servers; its listeners are then those of the section `tools`.
    `serving`: False for who only looks up what a policy names: listeners and upstream may be missing then.

    Raises ConfigError."""
    values = _given(file, environ)
    for name, (path, value) in flags.items():
        if value is not None:
            values.put(path, value, (name, 0, 0))
    settings = _validate(values)
    settings = settings.model_copy(
        update={
            "key": _secret(environ, settings.listen.key_env, values, ("listen", "key_env"), _LEAST),
            "upstream_key": _secret(environ, settings.upstream.key_env, values, ("upstream", "key_env")),
            **{name: _secret(environ, PREFIX + name.upper(), values, (name,), _LEAST) for name in _OWN},
            "tool_keys": dict(_keys(settings.tools.servers, environ, values, ("tools", "servers"))),
            "judge_keys": dict(_keys(settings.judges, environ, values, ("judges",))),
            "upstream_keys": dict(_keys(settings.upstreams, environ, values, ("upstreams",))),
        }
    )
    if file_of_pepper := settings.keys.pepper_file:
        secret = SecretStr(read_secret(File(file_of_pepper), _LEAST))
        settings = settings.model_copy(update={"pepper_key": secret})
    if tools:
        settings = _before_tools(settings)
    _check_keys(settings, environ)
    _check_judges(settings)
    _check_upstreams(settings)
    if serving:
        _check_together(settings, tools=tools)
    return settings


def load_inference(file: File | None, environ: Mapping[str, str]) -> Inference:
    """What a command needs that only runs models: the section `inference`. Raises ConfigError."""
    return _validate(_given(file, environ)).inference


def named_file(given: File | None, environ: Mapping[str, str]) -> File | None:
    """The settings file: the one that an option gives, or that of the variable."""
    named = environ.get(PREFIX + "CONFIG")
    return given or (File(named) if named else None)


def _given(file: File | None, environ: Mapping[str, str]) -> Values:
    """What the file and the environment say."""
    values = Values()
    if file is not None:
        read(file, values)
    for path, value, name in _from_environment(environ):
        values.put(path, value, (name, 0, 0))
    return values


def _keys(
    targets: Mapping[str, ToolTarget] | Mapping[str, JudgeTarget] | Mapping[str, Target],
    environ: Mapping[str, str],
    values: Values,
    path: Path,
) -> Iterator[tuple[str, SecretStr]]:
    for name, target in targets.items():
        if target.key_env and (key := _secret(environ, target.key_env, values, (*path, name, "key_env"))):
            yield name, key


def _before_tools(settings: Settings) -> Settings:
    """Settings whose listeners are those before the tool servers."""
    own = settings.tools
    listen = settings.listen.model_copy(update={"host": own.host, "port": own.port})
    return settings.model_copy(
        update={"listen": listen, "admin": settings.admin.model_copy(update={"port": own.admin_port})}
    )


def _check_keys(settings: Settings, environ: Mapping[str, str]) -> None:
    """A key under a name that nobody reads would be a door that only seems to be locked."""
    read = {PREFIX + name.upper() for name in _SECRETS if name.endswith("key")}
    read |= {settings.listen.key_env, settings.upstream.key_env}
    servers, others = settings.tools.servers.values(), settings.upstreams.values()
    targets: tuple[ToolTarget | JudgeTarget | Target, ...] = (*servers, *settings.judges.values(), *others)
    read |= {target.key_env for target in targets if target.key_env}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name.endswith("KEY") and name not in read:
            raise ConfigError(f"no setting belongs to the variable {name}; the keys are {' and '.join(sorted(read))}")


def _check_judges(settings: Settings) -> None:
    for name, judge in settings.judges.items():
        if not judge.private and judge.host not in settings.judge_hosts:
            raise ConfigError(
                f"judge {name!r} would be asked over plain http at {judge.host}: use https, or list it in `judge_hosts`"
            )


def _check_upstreams(settings: Settings) -> None:
    if complaint := check_fallbacks(settings.upstream, settings.upstreams):
        raise ConfigError(complaint)
    for name, target in settings.upstreams.items():
        host = urlsplit(target.url).hostname or ""
        if target.url.startswith("http:") and not is_loopback(host) and host not in settings.upstream_hosts:
            raise ConfigError(
                f"upstream {name!r} would be asked over plain http at {host}: use https, or list it in `upstream_hosts`"
            )


def _check_together(settings: Settings, *, tools: bool) -> None:
    if tools and not settings.tools.servers:
        raise ConfigError(
            "there is no tool server; give --server NAME=URL, like --server files=http://127.0.0.1:9000/mcp"
        )
    if not tools and not settings.upstream.url:
        raise ConfigError("there is no upstream; give --upstream URL, like --upstream http://127.0.0.1:8000/v1")
    exposed = not is_loopback(settings.listen.host)
    if exposed and not settings.authenticated and not settings.listen.allow_unauthenticated:
        what = "the tools" if tools else "the upstream"
        raise ConfigError(
            f"others could use {what} through {settings.listen.host}: set {settings.listen.key_env} to a key that "
            "clients must send, give `keys.path` a file of keys, or pass --allow-unauthenticated"
        )
    for what in ("approvals",) if tools else ("store", "batches", "approvals"):
        path = getattr(settings, what).path
        if path not in ("", ":memory:") and settings.store_key is None:
            raise ConfigError(f"{path} (`{what}.path`) is written encrypted only: set {STORE_KEY} to a random key")
    if settings.keys.path and settings.pepper_key is None:
        raise ConfigError(
            f"the keys in {settings.keys.path} are kept hashed: set {PEPPER_KEY}, or `keys.pepper_file`, to a random text "
            "that is not kept beside them"
        )
    if settings.approvals.webhook and settings.webhook_key is None:
        raise ConfigError(f"messages to {settings.approvals.webhook} are signed: set {_WEBHOOK_KEY} to a random key")
    same = settings.listen.port == settings.admin.port != 0
    if same and settings.listen.host == settings.admin.host:
        raise ConfigError(f"both listeners want port {settings.listen.port}; give another --admin-port")


def _secret(environ: Mapping[str, str], name: str, values: Values, path: Path, least: int = 1) -> SecretStr | None:
    value = environ.get(name, "")
    if not value:
        if path in values.places:
            place = values.places[path]
            raise ConfigError(f"the variable {name} is to hold a key, but it is not set", *(place if place[1] else ()))
        return None
    if not re.fullmatch(r"[!-~]+", value):
        raise ConfigError(f"the key in {name} holds a space or a character that can't stand in a header")
    if len(value) < least:
        raise ConfigError(f"the key in {name} is too short: give at least {least} random characters")
    return SecretStr(value)


def _validate(values: Values) -> Settings:
    for name in _SECRETS:
        if name in values.data:
            raise ConfigError(
                "keys come from the environment only: set " + PREFIX + name.upper(), *values.place((name,))
            )
    try:
        return Settings.model_validate(values.data)
    except pydantic.ValidationError as e:
        first = e.errors()[0]
        path = as_written(tuple(first["loc"]))
        file, line, column = values.place(path)
        told = sentence(Settings, path, dict(first), _SECRETS)
        if not line:  # a variable or an option
            raise ConfigError(f"{file}: {told}" if file else told) from None
        raise ConfigError(told, file, line, column) from None


# ---------------------------------------------------------------------------------------------------- environment

_KUBERNETES = re.compile(r".*_SERVICE_(?:HOST|PORT(?:_.*)?)|.*_PORT(?:_\d+_[A-Z]+(?:_[A-Z]+)?)?")


def variables() -> dict[str, Path]:
    """Environment variable to setting, for every setting that is one value or a list of words."""
    found: dict[str, Path] = {}
    for name, info in Settings.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            words = [sub for sub in section.model_fields if sub not in _TABLES]
            found.update({f"{PREFIX}{name}_{sub}".upper(): (name, sub) for sub in words})
        elif name not in (*_TABLES, *_SECRETS):
            found[f"{PREFIX}{name}".upper()] = (name,)
    return found


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[Path, Any, str]]:
    known = variables()
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or _of_a_cluster(name, value):
            continue
        if name in known:
            listed = get_origin(_annotation(known[name])) is tuple
            yield known[name], ([w.strip() for w in value.split(",") if w.strip()] if listed else value), name
        elif not name.endswith("KEY") and name not in _OTHERS:
            if name == PREFIX + "MODELS":
                raise ConfigError(f"{name}: `models` is a table; write it into the settings file (--config)")
            near = difflib.get_close_matches(name.removeprefix(PREFIX), [k.removeprefix(PREFIX) for k in known], 1)
            hint = f" (did you mean '{PREFIX}{near[0]}'?)" if near else ""
            raise ConfigError(f"no setting belongs to the variable {name}{hint}")


def _of_a_cluster(name: str, value: str) -> bool:
    """Kubernetes sets such variables for a service called guardproxy; they are not meant for us."""
    return bool(_KUBERNETES.fullmatch(name)) and (name not in variables() or "://" in value)


def _annotation(path: Path) -> Any:
    model: Any = Settings
    for part in path:
        info = model.model_fields[part]
        model = info.annotation
    return model

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
from typing import Any, Literal, get_origin

import pydantic
from pydantic import Field, SecretStr, field_validator

from guardproxy.addresses import check_url, is_loopback
from guardproxy.amounts import Bytes, Count, LongSeconds, Port, Seconds
from guardproxy.judge_target import JudgeTarget
from guardproxy.sections import Inference, as_written
from guardproxy.sections import Section as _Section
from guardproxy.settings_file import Values, read, sentence
from guardproxy.types import ConfigError, Path

PREFIX = "GUARDPROXY_"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")
"""A model name that may travel in headers and logs."""

TOOL_SERVER = re.compile(r"[a-z][a-z0-9_-]{0,31}")

_SECRETS = ("key", "upstream_key", "hash_key", "store_key", "tool_keys", "judge_keys")
_HASH_KEY, _STORE_KEY = PREFIX + "HASH_KEY", PREFIX + "STORE_KEY"
_LEAST = 16
"""Characters of a key that is ours: of any less, a guess is not hopeless."""
_OTHERS = (PREFIX + "CONFIG", PREFIX + "CACHE")
"""Variables that are read elsewhere."""
_TABLES = ("servers", "models", "judges")
"""Settings that are tables: no variable can hold one."""


class Listen(_Section):
    """The listener that clients talk to."""

    host: str = "127.0.0.1"
    port: Port = 8080
    key_env: str = PREFIX + "KEY"
    """Name of the variable that holds the one key which clients must send; no variable, no key."""
    allow_unauthenticated: bool = False
    """Listen on an address that others can reach although no key is set."""


class Admin(_Section):
    """The second listener: metrics and health, for operators."""

    host: str = "127.0.0.1"
    port: Port = 8081
    hosts: tuple[str, ...] = ()
    """Names, besides the loopback ones, that a request's Host may have; `*` for any."""


class Upstream(_Section):
    """The server that answers."""

    url: str = ""
    """Base of its API, as a client would be given it: `http://127.0.0.1:8000/v1`."""
    key_env: str = PREFIX + "UPSTREAM_KEY"
    """Name of the variable that holds the upstream's key."""

    @field_validator("url")
    @classmethod
    def _base(cls, value: str) -> str:
        return check_url(value) if value else value


class ToolTarget(_Section):
    """One tool server."""

    url: str
    """Its address, all of it: `http://127.0.0.1:9000/mcp`."""
    kind: Literal["mcp", "sse", "http"] = "mcp"
    """`mcp`: streamable HTTP. `sse`: MCP before it. `http`: a POST of the arguments, answered with the result, both JSON."""
    key_env: str = ""
    """Name of the variable that holds the server's key; none: no key is sent."""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        check_url(value)
        return value


class Tools(_Section):
    """What `guardproxy tools` serves: a process of its own, with listeners of its own."""

    host: str = "127.0.0.1"
    port: Port = 8090
    admin_port: Port = 8091
    hosts: tuple[str, ...] = ()
    """Names, besides `host` and the loopback ones, that a request's Host may have; `*` for any."""
    servers: dict[str, ToolTarget] = Field(default={})
    """Name to tool server. The name begins its path: `/NAME/mcp`, `/NAME/sse`, or `/NAME` for a plain one."""

    @field_validator("servers", mode="before")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: {"url": one} if isinstance(one, str) else one for name, one in value.items()}

    @field_validator("servers")
    @classmethod
    def _names(cls, value: dict[str, ToolTarget]) -> dict[str, ToolTarget]:
        for name in value:
            if not TOOL_SERVER.fullmatch(name) or name in ("healthz", "readyz"):
                raise ValueError(f"{name!r} can't be a tool server's name; use up to 32 small letters, digits, - and _")
        return value


class Timeouts(_Section):
    """Seconds."""

    connect: Seconds = 5.0
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
    requests: Count = 512
    """Requests served at once; the next one is answered 503."""
    connections: Count = 4096
    reply: Bytes = 50_000_000
    """Of a whole reply, and of a streamed one."""
    held: Bytes = 256_000_000
    """Characters that all replies together may hold back."""
    approvals: Count = 1000
    """Replies that may wait for a person; one more is answered 503."""
    approvals_size: Bytes = 64_000_000
    """Of all of them together."""


class Store(_Section):
    """What is kept of responses and conversations for clients that refer to them later. Without a path, nothing."""

    path: str = ""
    """File of the store, for this process alone; `:memory:` keeps everything in memory."""
    expire: LongSeconds = 30 * 86_400.0
    """From the last use of a conversation to its end."""
    max_size: Bytes = 1 << 30
    """Of all that is kept; what was not used for longest goes first."""
    max_rows: Count = 1_000_000
    background: Count = 64
    """Responses that may be made in the background at once; the next one is answered 503."""


class Settings(_Section):
    """Everything. Construct with `load`, which also checks what only makes sense together."""

    listen: Listen = Listen()
    admin: Admin = Admin()
    upstream: Upstream = Upstream()
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    store: Store = Store()
    tools: Tools = Tools()
    inference: Inference = Inference()
    judges: dict[str, JudgeTarget] = Field(default={})
    """Name to judge. A policy's `llm_judge` names one."""
    judge_hosts: tuple[str, ...] = ()
    """Hosts besides this machine where judges may be asked over plain http."""
    policies: str = ""
    """Folder of the policies; empty for the ones that are shipped."""
    models: dict[str, str] | None = None
    """Name that clients use to name that the upstream knows. Others are 404. Absent: names pass as they are."""
    parameters: tuple[str, ...] = ()
    """Request parameters that are let through although no codec knows them. Their text is not guarded."""
    moderation_scores: bool = False
    """Whether who asks for moderation or detections sees scores. Without: 1 for what a rule acts on, 0 for the rest."""
    decision_log: str = "-"
    """File for the decision records, `-` for standard output, `none` for none."""
    key: SecretStr | None = Field(default=None, exclude=True)
    upstream_key: SecretStr | None = Field(default=None, exclude=True)
    hash_key: SecretStr | None = Field(default=None, exclude=True)
    """Of keyed hashes and placeholders. Replicas that share it write the same ones; without one each process has its own."""
    store_key: SecretStr | None = Field(default=None, exclude=True)
    """What the store is encrypted with."""

    tool_keys: dict[str, SecretStr] = Field(default={}, exclude=True)
    """Name of a tool server to its key."""
    judge_keys: dict[str, SecretStr] = Field(default={}, exclude=True)
    """Name of a judge to its key."""

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
        return self.key is not None


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
    values = Values()
    if file is not None:
        read(file, values)
    for path, value, name in _from_environment(environ):
        values.put(path, value, (name, 0, 0))
    for name, (path, value) in flags.items():
        if value is not None:
            values.put(path, value, (name, 0, 0))
    settings = _validate(values)
    settings = settings.model_copy(
        update={
            "key": _secret(environ, settings.listen.key_env, values, ("listen", "key_env"), _LEAST),
            "upstream_key": _secret(environ, settings.upstream.key_env, values, ("upstream", "key_env")),
            "hash_key": _secret(environ, _HASH_KEY, values, ("hash_key",), _LEAST),
            "store_key": _secret(environ, _STORE_KEY, values, ("store_key",), _LEAST),
            "tool_keys": dict(_keys(settings.tools.servers, environ, values, ("tools", "servers"))),
            "judge_keys": dict(_keys(settings.judges, environ, values, ("judges",))),
        }
    )
    if tools:
        settings = _before_tools(settings)
    _check_keys(settings, environ)
    _check_judges(settings)
    if serving:
        _check_together(settings, tools=tools)
    return settings


def load_inference(file: File | None, environ: Mapping[str, str]) -> Inference:
    """What a command needs that only runs models: the section `inference`. Raises ConfigError."""
    values = Values()
    if file is not None:
        read(file, values)
    for path, value, name in _from_environment(environ):
        values.put(path, value, (name, 0, 0))
    return _validate(values).inference


def _keys(
    targets: Mapping[str, ToolTarget] | Mapping[str, JudgeTarget],
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
    targets: tuple[ToolTarget | JudgeTarget, ...] = (*settings.tools.servers.values(), *settings.judges.values())
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
            "clients must send, or pass --allow-unauthenticated"
        )
    if not tools and settings.store.path not in ("", ":memory:") and settings.store_key is None:
        raise ConfigError(
            f"the store {settings.store.path} is written encrypted only: set {_STORE_KEY} to a random key"
        )
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

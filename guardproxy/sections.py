"""The base of every section of the settings, and the sections of what stands beside the proxy: models and tool servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from guardproxy.addresses import check_redis, check_url, is_loopback
from guardproxy.amounts import Bytes, Count, LongSeconds, Port, Seconds
from guardproxy.sources import KINDS, DetoxifySource, GenerativeSource, TokensSource, TransformersSource
from guardproxy.types import Path

MODEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""A name of a model that filters use, as it may stand in metrics."""
MAIN = "main"
"""How metrics and records call the main upstream."""
TOOL_SERVER = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Section(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Upstream(Section):
    """The server that answers."""

    url: str = ""
    """Base of its API, as a client would be given it: `http://127.0.0.1:8000/v1`."""
    key_env: str = "GUARDPROXY_UPSTREAM_KEY"
    """Name of the variable that holds the upstream's key."""
    fallback: tuple[str, ...] = ()
    """Names of `upstreams` that stand in for this one while it can't be asked, in this order."""
    fallback_shares: bool = False
    """Has to be true where one of `fallback` is external and this one is not: its requests then leave your hands."""
    failures: Count = 5
    """In a row, after which it is left in peace and those of `fallback` are asked at once."""
    pause: Seconds = 30.0
    """For which that lasts; then one request tries it again."""
    check_interval: Seconds | None = None
    """Between two health checks, which ask for its list of models. Without: requests alone tell."""

    @field_validator("url")
    @classmethod
    def _base(cls, value: str) -> str:
        return check_url(value) if value else value


class Target(Upstream):
    """Another server, for what rules route there (`then: route`). Requests go there as they were guarded, and nothing else
    of their client's."""

    url: str = Field(min_length=1)
    """Base of its API, as a client would be given it. Plain http only to this machine and to `upstream_hosts`."""
    key_env: str = ""
    """Name of the variable that holds its key; none: no key is sent."""
    external: bool
    """Whether it is somebody else's: what is routed there leaves your hands, as masked by the policy. Has to be said."""
    model: str = ""
    """The model to ask it for; empty: the one that the client names, as `models` translates it."""
    daily_requests: Count | None = None
    """Requests that it gets in a day of UTC; more are answered 503, or by its `fallback`."""
    daily_tokens: Annotated[int, Field(gt=0, le=10**12)] | None = None
    """Tokens, of requests and replies together, after which it gets no more requests that day."""


def check_fallbacks(main: Upstream, others: Mapping[str, Target]) -> str:
    """What is wrong with the groups of upstreams; empty where nothing is."""
    for name in others:
        if not MODEL.fullmatch(name) or name == MAIN:
            return f"an upstream can't be called {name!r}; use small letters, digits and . _ -, and not {MAIN!r}"
    for name, one in {MAIN: main, **others}.items():
        place = f"upstreams.{name}" if isinstance(one, Target) else "upstream"
        for other in one.fallback:
            if other not in others or other == name:
                known = ", ".join(sorted(set(others) - {name})) or "none"
                return f"`{place}.fallback` names {other!r}; name others of `upstreams`, and there are {known}"
            if others[other].external and not (isinstance(one, Target) and one.external) and not one.fallback_shares:
                return (
                    f"{other!r} stands in for an upstream that is yours, and is somebody else's: requests would leave your "
                    f"hands whenever that fails. Say `fallback_shares: true` at `{place}`, or don't name {other!r} there"
                )
    return ""


class ModelSource(Section):
    """Where a model comes from."""

    kind: Literal["onnx"] = "onnx"
    """`onnx`: a folder with `model.json`, `model.onnx` and `tokenizer.json`, like the one that is shipped."""
    path: str
    """The folder."""


def _kind(value: Any) -> Any:
    """The kind of an entry: `onnx` where none is written."""
    return value.get("kind", "onnx") if isinstance(value, dict) else getattr(value, "kind", "onnx")


AnySource = Annotated[
    Annotated[ModelSource, Tag("onnx")]
    | Annotated[TransformersSource, Tag("transformers")]
    | Annotated[DetoxifySource, Tag("detoxify")]
    | Annotated[GenerativeSource, Tag("generative")]
    | Annotated[TokensSource, Tag("tokens")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message=f"there is no such kind of model; there are onnx, {', '.join(KINDS)}",
    ),
]


class Inference(Section):
    """The models that filters use. Each runs in processes of its own."""

    models: dict[str, AnySource] = {}
    """Name to source. Policies only name them. `small` is shipped; an entry of that name takes its place."""
    workers: Count = 1
    """Processes of each model."""
    threads: Count = 1
    """Threads of each of those processes."""
    queue: Count = 512
    """Windows of text that may wait for a model. One more is a `guard.timeout` at once."""
    cache: Bytes = 32_000_000
    """Of scores that each model keeps, so that no text is read twice."""

    @field_validator("models")
    @classmethod
    def _names(cls, value: dict[str, AnySource]) -> dict[str, AnySource]:
        for name in value:
            if not MODEL.fullmatch(name):
                raise ValueError(f"{name!r} can't be a model's name; use small letters, digits and . _ -")
        return value


class ToolTarget(Section):
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


class Tools(Section):
    """What `guardproxy tools` serves: a process of its own, with listeners of its own."""

    host: str = "127.0.0.1"
    """Address for those who call tools."""
    port: Port = 8090
    """0 for any that is free."""
    admin_port: Port = 8091
    """Of the second listener: metrics and health."""
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


class Audit(Section):
    """The audit log: who changed what, chained by hashes so that nothing can be changed unnoticed. Without a path, none."""

    path: str = ""
    """Folder of the log; made if it is not there."""
    mode: Literal["strict", "group"] = "strict"
    """`strict`: what is recorded happens once it is on the disk. `group`: at once; a crash loses up to `interval` of it."""
    interval: Seconds = 0.2
    """With `group`: between two writes."""
    key_file: str = ""
    """File of the key that signs the log, made by `guardproxy audit key FILE`. Without one nothing is signed."""
    checkpoints: str = ""
    """File for the checkpoints, to be copied off the machine; without one it is `checkpoints.jsonl` in the folder."""
    checkpoint_interval: LongSeconds = 60.0
    """Between two checkpoints, where something was recorded."""
    checkpoint_records: Count = 1000
    """Records after which there is a checkpoint at once."""
    rotate_size: Bytes = 64_000_000
    """Of a file; then a new one begins."""
    rotate_after: LongSeconds = 86_400.0
    """Age of a file at which a new one begins."""
    queue: Count = 10_000
    """Events that may wait to be written; one more is refused, and what it would tell of does not happen."""


# ---------------------------------------------------------------------------------------------------- places


def as_written(path: Path) -> Path:
    """A place of pydantic's as the operator wrote it: without the kind of a model, which is no key."""
    return path[:3] + path[4:] if path[:2] == ("inference", "models") else path


class ApprovalSettings(Section):
    """What waits until people have said yes. `timeouts.approval` and `limits.approvals` bound it."""

    path: str = ":memory:"
    """File that several processes of one machine may share; `:memory:` for none. Written with GUARDPROXY_STORE_KEY."""
    for_reply: Count = 1
    """How many different people have to say yes to a reply with calls of tools. One no is enough for no."""
    for_training: Count = 2
    """The same for a training file, and for a job."""
    for_release: Count = 2
    """The same for serving a tuned model."""
    webhook: str = ""
    """URL that is told of what waits and what was decided, signed with GUARDPROXY_WEBHOOK_KEY. Plain http only to this
    machine."""

    @field_validator("webhook")
    @classmethod
    def _url(cls, value: str) -> str:
        if not value:
            return value
        url = check_url(value)
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("a webhook is told over https, or on this machine")
        return url


class TrainingSettings(Section):
    """Training files and fine-tuning jobs (docs/training.md). Without a folder nothing is tuned through guardproxy."""

    path: str = ""
    """Folder for what is known of files and jobs, and for files that wait, for all processes of one machine. Written encrypted,
    with GUARDPROXY_STORE_KEY."""
    clear_text: bool = False
    """Without that key everything is written in clear: whoever can read the folder can read the files."""
    max_file: Bytes = 512_000_000
    """Of one training file."""
    max_held: Bytes = 4_000_000_000
    """Of all files together that wait for people, come in parts or are in quarantine."""
    max_files: Count = 10_000
    """Files that are known, those that the upstream has too."""
    expire: LongSeconds = 30 * 86_400.0
    """For which a file waits or is in quarantine; then it is removed."""
    doors: tuple[
        Literal["load_lora_adapter", "unload_lora_adapter", "checkpoint_permissions", "pull", "push", "copy", "delete"],
        ...,
    ] = ()
    """Back doors of backends that trainers and operators may use (docs/training.md#back-doors); the others are refused."""
    registries: tuple[str, ...] = ()
    """Hosts beside Ollama's own registry which `pull` and `push` may name: `hf.co`, `registry.internal:5000`."""


class Store(Section):
    """What is kept of responses and conversations for clients that refer to them later. Without a path, nothing."""

    path: str = ""
    """File of the store, for this process alone; `:memory:` keeps everything in memory."""
    expire: LongSeconds = 30 * 86_400.0
    """From the last use of a conversation to its end."""
    max_size: Bytes = 1 << 30
    """Of all that is kept; what was not used for longest goes first."""
    max_rows: Count = 1_000_000
    """Items that are kept; what was not used for longest goes first."""
    background: Count = 64
    """Responses that may be made in the background at once; the next one is answered 503."""


Algorithm: TypeAlias = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""How a token may be signed: never not at all, and never with a secret that both sides have."""
RoleName: TypeAlias = Literal["caller", "author", "operator", "trainer", "approver", "auditor"]


class TokenIssuer(Section):
    """An identity provider (OpenID Connect) whose tokens (JWT) are taken as keys."""

    issuer: str
    """What the claim `iss` has to be, to the letter."""
    audience: str
    """What the claim `aud` has to name: the name that the provider knows guardproxy by."""
    jwks: str
    """URL of its public keys: https, this machine, or a host of `keys.http_hosts`. Redirects are not followed."""
    algorithms: tuple[Algorithm, ...] = ("RS256", "ES256")
    """How a token may be signed."""
    leeway: float = Field(default=30.0, ge=0, le=300)
    """Seconds by which its clock may differ from ours."""
    refresh: Seconds = 300.0
    """After which its keys are asked for anew."""
    tenant: str = "default"
    """Tenant of all its tokens, where no claim tells it."""
    tenant_claim: str = ""
    """Claim that tells the tenant. A token without it is refused."""
    tenants: dict[str, str] = {}
    """Value of that claim to tenant, others are refused; empty: the value is the tenant."""
    roles: tuple[RoleName, ...] = ("caller",)
    """Roles of all its tokens, where no claim tells them."""
    roles_claim: str = ""
    """Claim with a list of words, like `groups` or `scope`. A token that gets no role by it is refused."""
    role_map: dict[str, tuple[RoleName, ...]] = {}
    """Word of that claim to roles."""
    user_claim: str = "sub"
    """Claim that names the person. A token without it is refused."""
    models: tuple[str, ...] = ("*",)
    """Models that its tokens may ask for; `*` and `?` stand for others."""
    routes: tuple[str, ...] = ("*",)
    """Paths that they may use, as decision records name them."""
    tools: tuple[str, ...] = ("*",)
    """Tools that they may offer to a model."""
    reasoning: bool = True
    """Whether replies show the model's reasoning."""

    @field_validator("jwks")
    @classmethod
    def _url(cls, value: str) -> str:
        return check_url(value)

    @field_validator("algorithms")
    @classmethod
    def _some(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one algorithm")
        return value


class KeySettings(Section):
    """Keys with names, roles, tenants and limits of their own (docs/keys.md). Without a path there is GUARDPROXY_KEY alone."""

    path: str = ""
    """File of the keys, which `guardproxy keys` writes and several servers of one machine may share."""
    pepper_file: str = ""
    """File with the pepper of the keys, where GUARDPROXY_PEPPER_KEY does not hold it."""
    tokens: dict[str, TokenIssuer] = Field(default={})
    """Name to identity provider. The name begins the ids of its callers: `corp:jane`."""
    http_hosts: tuple[str, ...] = ()
    """Hosts besides this machine whose keys may be read over plain http."""

    certificate_header: str = ""
    """Header in which a proxy that checks client certificates tells their subject. From others it counts for nothing."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses, or networks like 10.0.0.0/24, of such proxies."""

    @field_validator("certificate_header")
    @classmethod
    def _header(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9-]{1,64}", value):
            raise ValueError(f"{value!r} can't be a header's name")
        if value.lower() in ("authorization", "x-api-key", "host"):
            raise ValueError(f"{value!r} is a header that clients send themselves")
        return value.lower()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one)  # raises ValueError
        return value

    @field_validator("tokens")
    @classmethod
    def _names(cls, value: dict[str, TokenIssuer]) -> dict[str, TokenIssuer]:
        for name in value:
            if not TOOL_SERVER.fullmatch(name):
                raise ValueError(f"{name!r} can't be a provider's name; use up to 32 small letters, digits, - and _")
        if len({one.issuer for one in value.values()}) < len(value):
            raise ValueError("two providers have the same issuer")
        return value

    @model_validator(mode="after")
    def _hosts(self) -> KeySettings:
        if bool(self.certificate_header) != bool(self.trusted_proxies):
            raise ValueError("certificate_header and trusted_proxies go together")
        if self.certificate_header and not self.path:
            raise ValueError("certificate_header names keys of a file: give path")
        for name, one in self.tokens.items():
            host = urlsplit(one.jwks).hostname or ""
            if not one.jwks.startswith("https:") and not is_loopback(host) and host not in self.http_hosts:
                raise ValueError(
                    f"the keys of {name!r} would be read over plain http: use https, or list {host} in http_hosts"
                )
        return self


class Incidents(Section):
    """Policy packs that are put in force for a while (docs/incidents.md)."""

    path: str = ""
    """File of the incidents, which the processes of one machine may share. Without it they end with the process."""
    redis: str = ""
    """`redis://HOST:PORT/DB` for replicas on several machines; GUARDPROXY_REDIS_KEY holds its password, GUARDPROXY_STORE_KEY
    signs what stands there."""

    @field_validator("redis")
    @classmethod
    def _address(cls, value: str) -> str:
        return check_redis(value)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.path and self.redis:
            raise ValueError("incidents are kept in `path` or in `redis`, not in both")
        return self

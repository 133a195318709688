"""Who sends a request, and whether they may: from the key alone, before anything else of the request counts."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from guardproxy.addresses import is_loopback
from guardproxy.config import Settings
from guardproxy.engine import Cut
from guardproxy.governance.caller import ANYBODY, Caller, Role
from guardproxy.governance.keys import Found, Keyring
from guardproxy.server.edge import Admission, Request
from guardproxy.types import ConfigError, Decision, Json, Outcome, WireError
from guardproxy.wire.identity import user_of

if TYPE_CHECKING:
    from guardproxy.governance.keys.tokens import Tokens

STATIC: Final = Caller("GUARDPROXY_KEY", roles=frozenset({Role.CALLER, Role.TRAINER}), name="GUARDPROXY_KEY")
"""Who has the one key that clients may have in common."""
ADMIN: Final = Caller("GUARDPROXY_ADMIN_KEY", name="GUARDPROXY_ADMIN_KEY")
"""Who has the admin key: all roles."""
TRAINING: Final = ("/v1/files", "/v1/uploads", "/v1/fine_tuning")
"""Beginnings of the paths that are for who trains models."""
FILES: Final = TRAINING[:2]
"""Those that are for who sends batches, too, where there are any."""
DOORS: Final = (
    "/v1/load_lora_adapter", "/v1/unload_lora_adapter", "/v1/fine_tuning/checkpoints",
    "/api/pull", "/api/push", "/api/copy", "/api/delete",
)  # fmt: skip
"""What changes models at some backends."""


class Refused(WireError):
    """Somebody may not do this. `reason` is for metrics; `message` says no more than whoever asks may know."""

    def __init__(self, message: str, *, status: int, code: str, reason: str, param: str | None = None) -> None:
        super().__init__(message, status=status, code=code, param=param)
        self.reason = reason


def keyring_of(settings: Settings) -> Keyring:
    """The keys of these settings, not started."""
    fixed = {}
    if settings.key is not None:
        fixed[settings.key.get_secret_value()] = STATIC
    if settings.admin_key is not None:
        fixed[settings.admin_key.get_secret_value()] = ADMIN
    pepper = settings.pepper_key.get_secret_value().encode() if settings.pepper_key else None
    return Keyring(settings.keys.path, pepper, fixed)


def tokens_of(settings: Settings) -> Tokens | None:
    """What checks tokens, where some provider's are taken. Raises ConfigError."""
    if not settings.keys.tokens:
        return None
    try:
        from guardproxy.governance.keys.tokens import Tokens
    except ImportError:
        raise ConfigError("`keys.tokens` needs PyJWT; install guardproxy with the extra `tokens`") from None
    return Tokens(settings.keys.tokens)


async def whose(keyring: Keyring, tokens: Tokens | None, given: bytes) -> Found:
    """Whose key or token this is. A key is known without waiting for anybody."""
    known = keyring.verify(given)
    if known.caller is None and tokens is not None and given.count(b".") == 2:
        return await tokens.verify(given)
    return known


class Doorkeeper:
    """Whether a request may come in."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._keyring, self._asks, self._settings = keyring, settings.authenticated, settings
        self.tokens = tokens_of(settings)
        """What checks tokens; None where none are taken."""
        self._header = settings.keys.certificate_header.encode()
        self._proxies = [ip_network(one) for one in settings.keys.trusted_proxies]

    async def aclose(self) -> None:
        """Ask no identity provider any more."""
        if self.tokens is not None:
            await self.tokens.aclose()

    async def admit(self, request: Request) -> Admission:
        """Who sends a request. Raises nothing: what is refused is recorded like everything else."""
        if not self._asks:
            if _local_origin(request.headers.get(b"origin")):
                return Admission(ANYBODY)
            return Admission(None, "origin")
        given, subject = credentials(request), self._subject(request)
        if subject and (known := self._keyring.by_certificate(subject)) is not None:
            return Admission(known)
        found = [await whose(self._keyring, self.tokens, one) for one in given]  # both, whatever the first one was
        caller = next((one.caller for one in found if one.caller is not None), None)
        if caller is not None:
            return Admission(caller)
        return Admission(
            None, next((one.reason or "" for one, text in zip(found, given, strict=True) if text), "missing")
        )

    def _subject(self, request: Request) -> str:
        """The subject of the client's certificate, as a proxy tells it that may; empty where none does."""
        told = _sole(request, self._header) if self._header else b""
        if not told:
            return ""
        try:
            peer = ip_address((request.scope.get("client") or ("", 0))[0])
        except ValueError:
            return ""
        return told.decode("latin-1").strip() if any(peer in network for network in self._proxies) else ""

    def check(self, request: Request, route: str) -> None:
        """Raises Refused: 401 without a key, 403 for what it may not, and for another site's page where there are no keys."""
        admission = request.admission or Admission(None, "missing")
        caller = admission.caller
        if caller is None and admission.reason == "origin":
            raise Refused(
                "Web pages of other sites may not use a guardproxy that asks for no key.",
                status=403, code="origin_not_allowed", reason="origin",
            )  # fmt: skip
        if caller is None:
            raise Refused(
                "Give this guardproxy's key as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.",
                status=401, code="invalid_api_key", reason=admission.reason,
            )  # fmt: skip
        if not caller.may(*(needed := roles_for(route, self._settings))):
            either = "' or '".join(needed)
            raise Refused(
                f"This key does not have the role '{either}', which this path needs.",
                status=403, code="role_not_allowed", reason="role",
            )  # fmt: skip
        if not caller.grants.route(route):
            raise Refused("This key may not use this path.", status=403, code="route_not_allowed", reason="route")


def role_for(route: str) -> Role:
    """The role that a path of the first listener needs."""
    return Role.TRAINER if route.startswith(TRAINING) else Role.CALLER


def roles_for(route: str, settings: Settings) -> tuple[Role, ...]:
    """Roles of which a path of the first listener needs one: files may be for batches, too, and back doors may be open."""
    needed = role_for(route)
    if settings.training.doors and route.startswith(DOORS):
        return Role.TRAINER, Role.OPERATOR
    return (needed, Role.CALLER) if settings.batches.path and route.startswith(FILES) else (needed,)


def check_model(caller: Caller, model: object) -> None:
    """Raises Refused for a model that the caller may not use. What is no text, codecs complain of."""
    if isinstance(model, str) and not caller.grants.model(model):
        raise Refused(
            "This key may not use this model; GET /v1/models lists those that it may.",
            status=403, code="model_not_allowed", reason="model", param="model",
        )  # fmt: skip


def check_tools(caller: Caller, tools: frozenset[str]) -> None:
    """Raises Refused for a tool that the caller may not offer to a model, by its name."""
    barred = sorted(tool for tool in tools if not caller.grants.tool(tool))
    if barred:
        raise Refused(
            f"This key may not offer the tool {barred[0][:64]!r} to a model.",
            status=403, code="tool_not_allowed", reason="tool", param="tools",
        )  # fmt: skip


def check_call(caller: Caller, refused: Callable[[str], None], tool: str) -> None:
    """Raises Cut for a call that a reply makes of a tool which the caller may not offer."""
    if not caller.grants.tool(tool):
        refused("tool")
        raise Cut(Decision(Outcome.BLOCK))


def user_for(caller: Caller, body: Json) -> str | None:
    """Who uses a request's reply: the person that the key names, or whom the request names where the key lets it."""
    return caller.user or (user_of(body) if caller.grants.end_users else None)


def credentials(request: Request) -> list[bytes]:
    """What somebody gives as a key: in each of the two headers in which clients send theirs, or nothing."""
    scheme, _, bearer = _sole(request, b"authorization").partition(b" ")
    given = [bearer.strip() if scheme.lower() == b"bearer" else b"", _sole(request, b"x-api-key").strip()]
    return [one for one in given if one] or [b""]


def _sole(request: Request, name: bytes) -> bytes:
    """What a header says that stands there once. Of two, a proxy before us may have looked at the other one."""
    values = [value for header, value in request.scope["headers"] if header == name]
    return values[0] if len(values) == 1 else b""


def _local_origin(origin: bytes | None) -> bool:
    """Whether a browser's request comes from a page of this machine (or from no page at all)."""
    if origin is None:
        return True
    try:
        return is_loopback(urlsplit(origin.decode("latin-1")).hostname or "")
    except ValueError:
        return False

"""Who may use the console and `/admin`: whoever has the admin key, or, where there is none, this machine alone.

A browser signs in once and gets a cookie with a random id that means nothing elsewhere; programs send the key each time.
What changes something needs a token of the session beside the cookie, and comes from a page of this very origin.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from guardproxy.addresses import is_loopback
from guardproxy.config import ADMIN_KEY, Settings
from guardproxy.governance.approvals import Voter
from guardproxy.governance.caller import ANYBODY, Caller
from guardproxy.governance.keys import Found, Keyring
from guardproxy.server.authentication import ADMIN, Refused, keyring_of, whose
from guardproxy.types import WireError

if TYPE_CHECKING:
    from guardproxy.governance.keys.tokens import Tokens

VISITOR: Final = "guardproxy.visitor"
"""Where a scope has who asks, behind the door."""
LIFETIME: Final = 8 * 3600.0
"""Seconds from signing in to the end of a session, used or not."""
SESSIONS: Final = 256
TRIES: Final = 5
"""Wrong keys in a row that one address may give."""
PAUSE: Final = 10.0
"""Seconds after which it may give one more."""
_ADDRESSES: Final = 1024
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may come in."""

    token: str = ""
    """What forms must send beside the cookie; empty for who sends the key with each request."""
    keyed: bool = False
    """The key was given, now or when signing in."""
    caller: Caller = ANYBODY
    others: frozenset[str] = frozenset()
    """Ids of all keys and tokens of the person whom the key names."""

    @property
    def voter(self) -> Voter | None:
        """Who decides, where the key says so; None where people say it themselves."""
        one = self.caller
        return None if one.key in ("", ADMIN.key) else Voter(one.user or one.name, one.key, self.others)

    @property
    def actor(self) -> str:
        """As events name who does something."""
        return "admin" if self.voter is None else self.caller.key


@dataclass(slots=True)
class _Session:
    token: str
    ends: float
    found: Found | None
    """The key that was given when signing in; None where none is asked for."""


@dataclass(slots=True)
class _Tries:
    """Wrong keys by address: each costs one of a few, which come back slowly."""

    clock: Callable[[], float]
    left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def _now(self, address: str) -> float:
        left, since = self.left.get(address, (float(TRIES), self.clock()))
        return min(float(TRIES), left + (self.clock() - since) / PAUSE)

    def wait(self, address: str) -> float:
        """Seconds until the address may try again; 0 where it may now."""
        return max(0.0, (1.0 - self._now(address)) * PAUSE)

    def failed(self, address: str) -> None:
        self._put(address, self._now(address) - 1.0)

    def opened(self, address: str) -> None:
        """What had failed has not."""
        if (left := self._now(address) + 1.0) < TRIES:
            self._put(address, left)
        else:
            self.left.pop(address, None)

    def _put(self, address: str, left: float) -> None:
        self.left[address] = (left, self.clock())
        self.left.move_to_end(address)
        while len(self.left) > _ADDRESSES:
            self.left.popitem(last=False)


class Access:
    """The door. Sessions live in this process only, and end with it."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring | None = None,
        clock: Callable[[], float] = time.monotonic,
        tokens: Tokens | None = None,
    ) -> None:
        """`keyring`: started; None for the keys of the environment alone. `tokens`: what checks those of providers."""
        self._keyring, self._tokens = keyring or keyring_of(settings), tokens
        self.asks = settings.admin_key is not None or self._keyring.named or bool(settings.keys.tokens)
        """There is a key to be given."""
        self.refused: Callable[[WireError], None] = lambda error: None
        """Told of everybody who may not do what they want."""
        self._near = is_loopback(settings.admin.host)
        self._by_subject = [name for name, one in settings.keys.tokens.items() if one.user_claim == "sub"]
        self._clock = clock
        self._sessions: OrderedDict[bytes, _Session] = OrderedDict()
        self._tries = _Tries(clock)

    async def visitor(self, request: Request) -> Visitor | None:
        """Who asks; None for who has to sign in. Raises WireError 403 without a key from elsewhere, 401 or 429 for a
        wrong one."""
        self._check_near(request)
        if (given := _bearer(request)) is not None and self.asks:
            return self._keyed((await self.check_key(request, given))[0])
        return self._session(request)

    async def check_program(self, request: Request) -> Visitor:
        """Who asks, for what has no pages. Raises WireError 401 or 429 without a key, where there are keys, and 403 for what
        comes from elsewhere, where there is none."""
        self._check_near(request)
        if not self.asks:
            return Visitor()
        given = _bearer(request)
        if given is None:
            raise Refused(
                "Send the admin key as 'Authorization: Bearer KEY'.",
                status=401, code="invalid_admin_key", reason="missing",
            )  # fmt: skip
        return self._keyed((await self.check_key(request, given))[0])

    def _keyed(self, caller: Caller) -> Visitor:
        return Visitor(keyed=True, caller=caller, others=self._others(caller))

    def _others(self, caller: Caller) -> frozenset[str]:
        """Ids of all keys of a person, and of their tokens where those are named by the person."""
        tokens = (f"{name}:{caller.user}" for name in self._by_subject if caller.user is not None)
        return self._keyring.of_person(caller.user).union(tokens)

    def _check_near(self, request: Request) -> None:
        if not self.asks and not self._local(request):
            raise WireError(
                f"Set {ADMIN_KEY} to use this from another machine or through a proxy: without a key it is there for "
                "this machine alone.",
                status=403,
                code="admin_key_not_set",
            )

    async def check_key(self, request: Request, given: str) -> tuple[Caller, Found]:
        """Whose key or token this is. Raises WireError: 401 for one that opens nothing, 429 where too many came from
        there."""
        address = request.client.host if request.client else ""
        if wait := self._tries.wait(address):
            raise WireError(
                f"Too many wrong keys; try again in {int(wait) + 1} s.", status=429, code="too_many_attempts"
            )
        self._tries.failed(address)  # until it is known better: while a provider is asked, nobody tries many
        found = await whose(self._keyring, self._tokens, given.strip().encode())
        if found.caller is None:
            raise Refused(
                "That key opens nothing here.", status=401, code="invalid_admin_key", reason=found.reason or "wrong"
            )
        self._tries.opened(address)
        return found.caller, found

    def begin(self, request: Request, response: Response, found: Found | None = None) -> Visitor:
        """Begin a session: its cookie goes with this answer. `found`: the key that was given."""
        cookie, session = (
            secrets.token_urlsafe(32),
            _Session(secrets.token_urlsafe(32), self._clock() + LIFETIME, found),
        )
        self._sessions[_digest(cookie.encode())] = session
        while len(self._sessions) > SESSIONS:
            self._sessions.popitem(last=False)
        secure = request.headers.get("origin", "").startswith("https:")
        response.set_cookie(
            _cookie(request),
            cookie,
            max_age=int(LIFETIME),
            path="/console",
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        return self._visiting(session, found)

    def end(self, request: Request, response: Response) -> None:
        """End the session, here and in the browser."""
        self._sessions.pop(_digest(request.cookies.get(_cookie(request), "").encode()), None)
        response.delete_cookie(_cookie(request), path="/console", httponly=True, samesite="strict")

    def check_change(self, request: Request, visitor: Visitor, token: str) -> None:
        """What changes something comes from our own page: raises WireError 403 without its token."""
        self.check_origin(request, needed=bool(visitor.token))
        if visitor.token and not hmac.compare_digest(token.encode(), visitor.token.encode()):
            message = "This page is older than your session; load it again and repeat what you did."
            raise WireError(message, status=403, code="csrf_token_invalid")

    @staticmethod
    def check_origin(request: Request, *, needed: bool = True) -> None:
        """Raises WireError 403 for a page of another origin: another port of this machine is one, too."""
        origin = request.headers.get("origin")
        if origin is None:
            if not needed:
                return
        elif _authority(origin) == request.headers.get("host", "").lower() != "":
            return
        raise WireError("Only pages of this console may do this.", status=403, code="origin_not_allowed")

    def _session(self, request: Request) -> Visitor | None:
        """Whose session a cookie is of, looked up by its hash: how long that takes tells nothing about others."""
        cookie = request.cookies.get(_cookie(request), "")
        session = self._sessions.get(_digest(cookie.encode())) if cookie else None
        if session is None:
            return None
        found = session.found and self._keyring.again(session.found)
        if session.ends < self._clock() or (found is not None and found.caller is None):
            del self._sessions[_digest(cookie.encode())]
            return None
        return self._visiting(session, found)

    def _visiting(self, session: _Session, found: Found | None) -> Visitor:
        caller = ANYBODY if found is None or found.caller is None else found.caller
        return Visitor(session.token, found is not None, caller, self._others(caller))

    def _local(self, request: Request) -> bool:
        """The request comes from this machine, and nobody passed it on."""
        host = urlsplit("//" + request.headers.get("host", "")).hostname or ""
        near = request.client is not None and is_loopback(request.client.host)
        return self._near and near and is_loopback(host) and not any(name in request.headers for name in _FORWARDED)


def _bearer(request: Request) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given if scheme.lower() == "bearer" else None


def _cookie(request: Request) -> str:
    """A name of its own for each port: cookies of one host are sent to all of them."""
    server = request.scope.get("server") or ("", 0)
    return f"guardproxy_console_{server[1] or 0}"


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()

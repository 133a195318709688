"""Tokens of identity providers (JWT, as OpenID Connect has them): checked with the provider's public keys, mapped by settings.

What a token says of its own algorithm or key counts only as far as the settings and the provider's list agree with it.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import httpx
import jwt

from guardproxy.governance.caller import DEFAULT_TENANT, Caller, Grants, Role
from guardproxy.governance.keys.jwks import TIMEOUT, Jwks, Unreachable
from guardproxy.governance.keys.keyring import Found, Reason
from guardproxy.governance.keys.model import NAME, TENANT
from guardproxy.sections import TokenIssuer

MAX_TOKEN: Final = 16_384
"""Bytes."""
CACHED: Final = 1024
"""Tokens that were checked lately."""
KEPT: Final = 60.0
"""Seconds for which what was found of a token holds."""
_SUBJECT: Final = re.compile(r"[!-~]{1,128}")


class Tokens:
    """All providers. Close it."""

    def __init__(
        self,
        issuers: Mapping[str, TokenIssuer],
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=transport)
        self._issuers = {
            one.issuer: (name, one, Jwks(one.jwks, one.refresh, self._client)) for name, one in issuers.items()
        }
        self._clock = clock
        self._checked: OrderedDict[bytes, tuple[float, Found]] = OrderedDict()

    async def aclose(self) -> None:
        for _, _, keys in self._issuers.values():
            await keys.aclose()
        await self._client.aclose()

    async def verify(self, given: bytes) -> Found:
        """Whose token this is."""
        if len(given) > MAX_TOKEN:
            return Found(None, "malformed")
        name, now = hashlib.sha256(given).digest(), self._clock()
        ends, found = self._checked.get(name, (0.0, None))
        if found is not None and now < ends:
            return found
        try:
            ends, found = await self._verified(given.decode("ascii"))
        except UnicodeDecodeError:
            return Found(None, "malformed")
        except Unreachable:
            return Found(None, "unavailable")
        except jwt.ExpiredSignatureError:
            return Found(None, "expired")
        except (jwt.DecodeError, jwt.InvalidAlgorithmError) as e:
            return Found(None, "wrong" if isinstance(e, jwt.InvalidSignatureError) else "malformed")
        except (jwt.PyJWTError, TypeError, ValueError, ArithmeticError, RecursionError):
            return Found(None, "claims")
        if found.caller is not None:
            self._checked[name] = min(ends, now + KEPT), found
            while len(self._checked) > CACHED:
                self._checked.popitem(last=False)
        return found

    async def _verified(self, token: str) -> tuple[float, Found]:
        """Until when, and who. Raises PyJWTError and Unreachable."""
        header = jwt.get_unverified_header(token)
        said = jwt.decode(token, options={"verify_signature": False}).get("iss")
        entry = self._issuers.get(said) if isinstance(said, str) else None
        if entry is None:
            return 0.0, Found(None, "unknown")
        name, issuer, keys = entry
        algorithm, id = header.get("alg"), header.get("kid")
        if algorithm not in issuer.algorithms or not isinstance(id, str) or "crit" in header:
            return 0.0, Found(None, "malformed")
        key = await keys.key(id)
        if key is None:
            return 0.0, Found(None, "unknown")
        if key.algorithm_name != algorithm:
            return 0.0, Found(None, "malformed")
        claims = jwt.decode(
            token, key, algorithms=[algorithm], issuer=issuer.issuer, audience=issuer.audience, leeway=issuer.leeway,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )  # fmt: skip
        caller = mapped(name, issuer, claims)
        reason: Reason | None = "claims" if caller is None else None
        ends = float(claims["exp"]) + issuer.leeway
        return ends, Found(caller, reason, until=ends)


def mapped(name: str, issuer: TokenIssuer, claims: Mapping[str, Any]) -> Caller | None:
    """Who a token's claims say it is; None where they say too little, or something that the settings don't map."""
    subject, user = claims.get("sub"), claims.get(issuer.user_claim)
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        return None
    if not isinstance(user, str) or not NAME.fullmatch(user):
        return None
    if issuer.user_claim == "email" and claims.get("email_verified") in (False, "false"):
        return None  # whoever has the account wrote it there, and it may be anybody's
    tenant = _tenant(issuer, claims)
    roles = frozenset(map(Role, issuer.roles))
    if issuer.roles_claim:
        roles = frozenset(
            Role(role) for told in _listed(claims.get(issuer.roles_claim)) for role in issuer.role_map.get(told, ())
        )
    if not TENANT.fullmatch(tenant) or not roles:
        return None
    grants = Grants(issuer.models, issuer.routes, issuer.tools, issuer.reasoning, end_users=False)
    return Caller(f"{name}:{subject}", tenant, roles, grants, user, user)


def _tenant(issuer: TokenIssuer, claims: Mapping[str, Any]) -> str:
    """Empty where a claim should tell it and doesn't."""
    if not issuer.tenant_claim:
        return issuer.tenant
    told = claims.get(issuer.tenant_claim)
    if not isinstance(told, str):
        return ""
    if issuer.tenants:
        return issuer.tenants.get(told, "")
    # whoever may name an organisation at the provider must not become the house itself, which sees all tenants
    return told if told != DEFAULT_TENANT else ""


def _listed(value: Any) -> Iterable[str]:
    """A claim that is a list of words, or words with spaces between them (`scope`)."""
    if isinstance(value, str):
        return value.split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

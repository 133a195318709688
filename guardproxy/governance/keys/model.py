"""A key as it is kept: whose it is, what it may do and until when. Times are seconds since 1970."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from guardproxy.governance.caller import DEFAULT_TENANT, Caller, Grants, Role
from guardproxy.types import GuardproxyError

State: TypeAlias = Literal["active", "revoked", "expired"]
GLOB: Final = re.compile(r"[!-+\--Z^-~]{1,128}")
"""Visible ASCII without commas, backslashes and brackets."""
NAME: Final = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]{1,100}")
TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CERTIFICATE: Final = re.compile(r"[ -~]{1,256}")


_FOR_ONE: Final = Grants(end_users=False)
"""Of a key that speaks for itself alone."""


class UnknownKey(GuardproxyError):
    """There is no key of this id."""


class KeyRefused(GuardproxyError):
    """It can't be made or changed like this."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new key is to be. Construct with `checked`."""

    name: str
    tenant: str = DEFAULT_TENANT
    roles: frozenset[Role] = frozenset({Role.CALLER})
    grants: Grants = _FOR_ONE
    user: str | None = None
    expires: float | None = None
    certificate: str = ""
    """Subject of a client certificate, as a trusted proxy tells it. Such a key has no secret."""

    def checked(self) -> Wanted:
        """The same. Raises KeyRefused."""
        for what, value, form in (("name", self.name, NAME), ("tenant", self.tenant, TENANT)):
            if not form.fullmatch(value) or not value.strip():
                raise KeyRefused(f"{value!r} can't be a key's {what}")
        if self.user is not None and not NAME.fullmatch(self.user):
            raise KeyRefused(f"{self.user!r} can't be a user's name")
        if self.certificate and not CERTIFICATE.fullmatch(self.certificate):
            raise KeyRefused("the subject of a certificate is up to 256 characters of ASCII")
        if not self.roles:
            raise KeyRefused("a key has at least one role")
        for glob in (*self.grants.models, *self.grants.routes, *self.grants.tools):
            if not GLOB.fullmatch(glob):
                raise KeyRefused(f"{glob!r} is no name with `*` and `?` in it")
        return self


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without its secret."""

    id: str
    name: str
    tenant: str
    roles: frozenset[Role]
    grants: Grants
    user: str | None
    certificate: str
    created: float
    expires: float | None = None
    """When it ends; None for never."""
    revoked: float | None = None
    """When it was revoked."""
    rotated: float | None = None
    """When its secret was replaced last."""
    overlap: float | None = None
    """Until when the secret before that is still taken."""

    def state(self, now: float) -> State:
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "active"

    def caller(self) -> Caller:
        """Who uses it."""
        return Caller(self.id, self.tenant, self.roles, self.grants, self.user, self.name)

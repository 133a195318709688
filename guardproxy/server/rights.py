"""Which roles the pages and paths of the second listener are for."""

from __future__ import annotations

import re
from typing import Final

from guardproxy.governance.caller import DEFAULT_TENANT, Caller, Role
from guardproxy.server.authentication import Refused

READERS: Final = frozenset({Role.AUTHOR, Role.OPERATOR, Role.AUDITOR})
DECIDERS: Final = frozenset({Role.APPROVER})
_APPROVALS: Final = r"/(?:admin|console)/approvals(?:/[^/]*)?"
_ID: Final = r"(?:/[^/]+)*"
RIGHTS: Final[tuple[tuple[str, str, frozenset[Role]], ...]] = (
    ("GET", _APPROVALS, DECIDERS | {Role.AUDITOR}),
    ("POST", _APPROVALS, DECIDERS),
    ("GET", "/admin/incidents", READERS),
    ("POST", r"/admin/incidents(?:/[^/]+/close)?", frozenset({Role.OPERATOR})),
    ("GET", "/admin/quotas", frozenset({Role.OPERATOR, Role.AUDITOR})),
    ("POST", "/admin/quotas/free", frozenset({Role.OPERATOR})),
    ("POST", "/admin/erase", frozenset({Role.OPERATOR})),
    ("GET", "/admin/policy", READERS),
    ("POST", "/admin/policy/reload", frozenset({Role.OPERATOR})),
    ("GET", r"/console|/console/decisions\.json|/console/decisions" + _ID, READERS),
    ("GET", "/console/policy|/console/tests", READERS),
    ("POST", "/console/policy/reload", frozenset({Role.OPERATOR})),
    ("GET", "/console/incidents", READERS),
    ("POST", r"/console/incidents(?:/[^/]+/close)?", frozenset({Role.OPERATOR})),
    ("GET", "/console/playground", frozenset({Role.AUTHOR})),
    ("POST", "/console/playground", frozenset({Role.AUTHOR})),
    ("POST", "/console/sign-out", frozenset(Role)),
)
"""Method, path (a regular expression for all of it) and the roles of which one is enough. What isn't here is for operators."""
_OF_TENANTS: Final = re.compile(_APPROVALS + "|/console/sign-out")
"""What keys of tenants reach; the rest is about all tenants."""


def roles_for(method: str, path: str) -> frozenset[Role]:
    """Each of these roles may do this on the second listener."""
    asked = "GET" if method == "HEAD" else method
    found = (roles for verb, form, roles in RIGHTS if verb == asked and re.fullmatch(form, path))
    return next(found, frozenset({Role.OPERATOR}))


def allowed(caller: Caller, method: str, path: str) -> bool:
    """Whether somebody may do this on the second listener."""
    own = caller.tenant == DEFAULT_TENANT or _OF_TENANTS.fullmatch(path) is not None
    return own and caller.may(*roles_for(method, path))


def check(caller: Caller, method: str, path: str) -> None:
    """Raises Refused 403."""
    if allowed(caller, method, path):
        return
    needed = " or ".join(f"'{role}'" for role in sorted(roles_for(method, path)))
    house = "" if caller.tenant == DEFAULT_TENANT else f", for the tenant '{DEFAULT_TENANT}'"
    raise Refused(
        f"This needs a key with the role {needed}{house}.", status=403, code="role_not_allowed", reason="role"
    )


def sees(caller: Caller, tenant: str) -> bool:
    """Whether somebody may know of what belongs to this tenant."""
    return caller.tenant in (DEFAULT_TENANT, tenant)

"""Who sends a request, as its key says: facts about identity come from nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

DEFAULT_TENANT: Final = "default"


class Role(StrEnum):
    """What a key may do beside what its grants name."""

    CALLER = "caller"
    """Sends requests to models."""
    AUTHOR = "author"
    """Tries and changes policies."""
    OPERATOR = "operator"
    """Runs the proxy: health, reload, keys, incidents."""
    TRAINER = "trainer"
    """Uploads training files and starts fine-tuning jobs."""
    APPROVER = "approver"
    """Says yes or no to what waits for a person; never to what is its own."""
    AUDITOR = "auditor"
    """Reads decisions, the audit log and reports; changes nothing."""


ALL: Final = ("*",)


@dataclass(frozen=True, slots=True)
class Grants:
    """What a caller may reach. Each is a tuple of globs (`*`, `?`), matched whole and with case."""

    models: tuple[str, ...] = ALL
    routes: tuple[str, ...] = ALL
    tools: tuple[str, ...] = ALL
    reasoning: bool = True
    """Whether replies show the model's reasoning."""
    end_users: bool = True
    """Whether the user that a request names counts as one: a service may speak for the people who use it."""

    def model(self, name: str) -> bool:
        return _matches(name, self.models)

    def route(self, name: str) -> bool:
        return _matches(name, self.routes)

    def tool(self, name: str) -> bool:
        return _matches(name, self.tools)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is."""

    key: str = ""
    """Id of the key (its visible prefix), or of the token's subject; empty where nobody has to have one."""
    tenant: str = DEFAULT_TENANT
    roles: frozenset[Role] = frozenset(Role)
    grants: Grants = Grants()
    user: str | None = None
    """The person, where the key or token names one."""
    name: str = ""
    """What people call the key."""

    def may(self, *roles: Role) -> bool:
        """Whether it has one of these roles."""
        return not self.roles.isdisjoint(roles)


ANYBODY: Final = Caller()
"""Where no keys are asked for: on loopback alone, unless an operator has said otherwise by name."""


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)

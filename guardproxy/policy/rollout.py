"""Rolling out a rule: for which part of the traffic it acts. Elsewhere it only watches, as in shadow.

A rule and a key (of a request, a user, a conversation or a tenant) are hashed to a place between 0 and 100, and the rule acts
where that is below its percentage. So the same key stays in or out for as long as the rule's id stays, also on other
machines and after a restart; more percent only ever take keys in; and two rules choose independently of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

from guardproxy.types import Facts

By: TypeAlias = Literal["request", "user", "conversation", "tenant"]


@dataclass(frozen=True, slots=True)
class Rollout:
    """The part of the traffic for which a rule acts."""

    percent: float = 100.0
    by: By = "request"

    @property
    def whole(self) -> bool:
        return self.percent >= 100

    def reaches(self, rule: str, facts: Facts) -> bool:
        """Whether the rule acts here. A user or conversation that nobody knows is told apart by the request's id."""
        return place(rule, self.key(facts)) < self.percent

    def key(self, facts: Facts) -> str:
        known = {"user": facts.user, "conversation": facts.conversation, "tenant": facts.tenant}.get(self.by)
        return known or facts.request


EVERYWHERE: Final = Rollout()


def place(rule: str, key: str) -> float:
    """Where a key stands for a rule: from 0 to less than 100, evenly, the same everywhere and for ever."""
    digest = blake2b(f"{rule}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) * 2.0**-53 * 100

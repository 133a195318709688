"""All policies of a directory together: who gets which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType

from guardproxy.policy.model import Policy


@dataclass(frozen=True, slots=True, eq=False)
class Policies:
    """All policies of a directory: the one that holds where nothing else does, and those of tenants."""

    default: Policy
    tenants: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))
    """Tenant to its policy. Several tenants may share one."""

    def of(self, tenant: str) -> Policy:
        """The policy of a tenant; the default one for a tenant that no file claims."""
        return self.tenants.get(tenant, self.default)

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides for anybody: which tenant gets which policy, by its digest."""
        content = [self.default.digest, *(f"{name}\0{self.tenants[name].digest}" for name in sorted(self.tenants))]
        return sha256("\n".join(content).encode()).hexdigest()

    @property
    def all(self) -> tuple[Policy, ...]:
        """Each policy once: the default one, then the others by the name of their first tenant."""
        found = {id(p): p for p in (self.default, *(self.tenants[name] for name in sorted(self.tenants)))}
        return tuple(found.values())

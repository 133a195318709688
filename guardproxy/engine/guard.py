"""A Guard: one policy with its running filters, immutable, shared by all requests until the next policy replaces it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Literal

from guardproxy.engine.edits import Replacer
from guardproxy.engine.gate import Gate
from guardproxy.engine.limits import Deadline, Held
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.plan import Plans
from guardproxy.engine.vault import Vault
from guardproxy.policy.decide import decide
from guardproxy.policy.globs import either
from guardproxy.policy.model import Policy
from guardproxy.types import Decision, Direction, Facts, Filter, Origin

_DEADLINE = Deadline()


class Guard:
    """Opens a Gate for each segment."""

    def __init__(self, policy: Policy, filters: Mapping[str, Filter], *, key: bytes, held: Held) -> None:
        self.policy, self.held = policy, held
        self.replacer = Replacer(key)
        self._key, self._restore_tools = key, policy.restore_tools
        self.ready = False
        self.bypass = False
        """For the tests of the leak bench only: gates let everything through, and the bench must turn red."""
        self._plans = Plans(policy, filters)
        self._filters = filters

    @classmethod
    def build(
        cls, policy: Policy, filters: Mapping[str, Filter], *, key: bytes | None = None, held_limit: int = 256 << 20
    ) -> Guard:
        """`key` is for keyed hashes (random if absent); `held_limit` is in characters over all requests."""
        return cls(policy, filters, key=key or os.urandom(32), held=Held(held_limit))

    @cached_property
    def says(self) -> Callable[[str], bool]:
        """Whether a label is one that the policy's filters may say."""
        return either(frozenset(label for labels in self.policy.labels.values() for label in labels))

    async def start(self) -> None:
        """Load what is slow to load. Raises what a filter raises when it can't."""
        await self._plans.start()
        self.ready = True

    async def aclose(self) -> None:
        self.ready = False
        for one in self._filters.values():
            await one.aclose()

    def decide(self, facts: Facts) -> Decision:
        """A decision about findings that no filter made (a part that can't be read)."""
        return decide(self.policy, facts)

    def refusal(self, decision: Decision) -> tuple[str, Literal["error", "refusal"]]:
        """What a blocked client is told, and how: the strictest rule's own words, or the policy's."""
        return self.policy.on_block(decision.rule)

    def vault(self, tenant: str, conversation: str) -> Vault | None:
        """A vault for one request of a conversation; None where no rule masks reversibly."""
        if not self._restore_tools:
            return None
        return Vault(self._key, f"{tenant}\0{conversation}", self._restore_tools)

    def gate(
        self,
        origin: Origin,
        *,
        request: str = "",
        model: str = "",
        tenant: str = "default",
        route: str = "",
        observer: Observer | None = None,
        vault: Vault | None = None,
    ) -> Gate:
        return Gate(
            self._plans.of(origin, model, tenant, route),
            Facts(request=request, origin=origin, tenant=tenant, model=model, route=route),
            replacer=self.replacer.bound(vault, issue=origin.direction is Direction.REQUEST),
            observer=observer or Silent(),
            held=self.held,
            deadline=_DEADLINE,
            bypass=self.bypass,
        )

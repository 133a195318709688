"""A Guard: one policy with its running filters, immutable, shared by all requests until the next policy replaces it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias, TypedDict

from guardproxy.engine.conduct import Review, Watch
from guardproxy.engine.edits import Replacer
from guardproxy.engine.gate import Gate
from guardproxy.engine.limits import Deadline, Held
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.plan import Plans
from guardproxy.engine.vault import Vault
from guardproxy.policy.decide import decide
from guardproxy.policy.model import Policy
from guardproxy.text.globs import either
from guardproxy.types import Context, Decision, Direction, Facts, Filter, Monitor, Origin, Role, Utterance

_DEADLINE = Deadline()
Said: TypeAlias = Callable[[], Sequence[Utterance]]


def _silence() -> Sequence[Utterance]:
    return ()


class About(TypedDict):
    """What everything that judges a part of one request has in common."""

    request: str
    model: str
    tenant: str
    route: str
    observer: Observer


class Guard:
    """Opens a Gate for each segment."""

    def __init__(
        self,
        policy: Policy,
        filters: Mapping[str, Filter],
        *,
        key: bytes,
        held: Held,
        monitors: Mapping[str, Monitor] | None = None,
    ) -> None:
        self.policy, self.held = policy, held
        self.replacer = Replacer(key)
        self._key, self._restore_tools = key, policy.restore_tools
        self.ready = False
        self.bypass = False
        """For the tests of the leak bench only: gates let everything through, and the bench must turn red."""
        enforcing, shadow = policy.watched
        self.watches = enforcing or shadow
        """Monitors look at calls of replies."""
        self.together = enforcing
        """Calls of one choice are decided together: a monitor may block one of them."""
        self.approves = policy.approves
        """A reply may have to wait for a person."""
        self.reviews = policy.reviewed
        """Monitors look at conversations."""
        self._plans = Plans(policy, filters, monitors)
        self.needs = self._plans.needs
        """The most that some filter reads besides its own segment."""
        self._detectors: tuple[Filter | Monitor, ...] = (*filters.values(), *(monitors or {}).values())

    @classmethod
    def build(
        cls,
        policy: Policy,
        filters: Mapping[str, Filter],
        monitors: Mapping[str, Monitor] | None = None,
        *,
        key: bytes | None = None,
        held_limit: int = 256 << 20,
    ) -> Guard:
        """`key` is for keyed hashes (random if absent); `held_limit` is in characters over all requests."""
        return cls(policy, filters, key=key or os.urandom(32), held=Held(held_limit), monitors=monitors)

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
        for one in self._detectors:
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
        said: Said | None = None,
        beside: Said | None = None,
    ) -> Gate:
        """`said`, `beside`: as in `Context`, for filters that read more than this segment."""
        return Gate(
            self._plans.of(origin, model, tenant, route),
            Facts(request=request, origin=origin, tenant=tenant, model=model, route=route),
            replacer=self.replacer.bound(vault, issue=origin.direction is Direction.REQUEST),
            observer=observer or Silent(),
            held=self.held,
            deadline=_DEADLINE,
            bypass=self.bypass,
            context=None if said is beside is None else Context(tenant, model, said or _silence, beside or _silence),
        )

    def watch(
        self,
        origin: Origin,
        *,
        request: str = "",
        model: str = "",
        tenant: str = "default",
        route: str = "",
        observer: Observer | None = None,
    ) -> Watch:
        """What judges the conduct of one call of a reply."""
        return Watch(
            self._plans.of(origin, model, tenant, route),
            Facts(request=request, origin=origin, tenant=tenant, model=model, route=route),
            observer=observer or Silent(),
            deadline=_DEADLINE,
            bypass=self.bypass,
        )

    def review(
        self,
        *,
        request: str = "",
        model: str = "",
        tenant: str = "default",
        route: str = "",
        observer: Observer | None = None,
    ) -> Review:
        """What judges the conversation that a request is. To rules it is the user's text."""
        origin = Origin(Direction.REQUEST, Role.USER)
        return Review(
            self._plans.of(origin, model, tenant, route),
            Facts(request=request, origin=origin, tenant=tenant, model=model, route=route),
            observer=observer or Silent(),
            deadline=_DEADLINE,
            bypass=self.bypass,
        )

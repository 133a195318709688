"""A Guard: one policy with its running filters, immutable, shared by all requests until the next policy replaces it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Literal, NotRequired, TypeAlias, TypedDict

from guardproxy.engine.conduct import Review, Watch
from guardproxy.engine.edits import Replacer
from guardproxy.engine.gate import Gate
from guardproxy.engine.limits import Deadline, Held
from guardproxy.engine.observe import Observer, Silent
from guardproxy.engine.plan import Fusing, Plan, Plans
from guardproxy.engine.vault import Vault
from guardproxy.policy.decide import decide
from guardproxy.policy.model import Mode, Policy
from guardproxy.text import fuse
from guardproxy.text.globs import either
from guardproxy.types import Context, Decision, Direction, Facts, Filter, Monitor, Origin, Role, Utterance

_DEADLINE = Deadline()
Opened: TypeAlias = Callable[..., Gate]
"""Opens gates. An observer that has one as `opens` hears more than it is told."""
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
    user: NotRequired[str | None]
    conversation: NotRequired[str | None]


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
        fusing: Fusing | None = fuse,
    ) -> None:
        """`fusing`: as in `Plans`."""
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
        self.routes = any(rule.upstream and rule.mode is Mode.ENFORCE for rule in policy.rules)
        """Rules choose who is asked."""
        self.reviews = policy.reviewed
        """Monitors look at conversations."""
        self._plans = Plans(policy, filters, monitors, fusing)
        self.needs = self._plans.needs
        """The most that some filter reads besides its own segment."""
        self.detectors: Mapping[str, Filter | Monitor] = {**filters, **(monitors or {})}
        """All of them, by name, used or not."""

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

    @property
    def deadline(self) -> Deadline:
        """What filters may take."""
        return _DEADLINE

    async def start(self) -> None:
        """Load what is slow to load. Raises what a filter raises when it can't."""
        for one in self.used:
            await one.start()
        self.ready = True

    @property
    def used(self) -> tuple[Filter | Monitor, ...]:
        """The filters and monitors that run."""
        return self._plans.used

    async def aclose(self) -> None:
        self.ready = False
        for one in self.detectors.values():
            await one.aclose()

    def decide(self, facts: Facts) -> Decision:
        """A decision about findings that no filter made (a part that can't be read)."""
        return decide(self.policy, facts)

    def quiet(self, facts: Facts, text: str) -> bool:
        """Whether no filter finds anything in a text from here, nor in any part of it: then nothing has to be decided.

        For who reads very much text of which hardly any has anything. It says "no" too often, and always where a filter
        can't tell without reading; never wrongly "yes".
        """
        if self.bypass or len(text) > self.policy.defaults.max_whole:
            return False
        plan = self._planned(facts)[0]
        return all(hasattr(one, "quiet") and one.quiet(text) for one in (*plan.enforcing, *plan.shadow))

    def refusal(self, decision: Decision, languages: tuple[str, ...] = ()) -> tuple[str, Literal["error", "refusal"]]:
        """What a blocked client is told, and how: the strictest rule's own words, or the policy's, in the first of these
        languages that they are written in."""
        return self.policy.on_block(decision.rule, languages)

    def vault(self, tenant: str, conversation: str) -> Vault | None:
        """A vault for one request of a conversation; None where no rule masks reversibly."""
        if not self._restore_tools:
            return None
        return Vault(self._key, f"{tenant}\0{conversation}", self._restore_tools)

    def _planned(self, facts: Facts) -> tuple[Plan, Facts]:
        """What is known before any text, and the plan for it."""
        outside = self.policy.outside(facts)
        return self._plans.of(facts.origin, facts.model, facts.tenant, facts.route, outside), facts

    def gate(
        self,
        origin: Origin,
        *,
        request: str = "",
        model: str = "",
        tenant: str = "default",
        route: str = "",
        observer: Observer | None = None,
        user: str | None = None,
        conversation: str | None = None,
        vault: Vault | None = None,
        languages: tuple[str, ...] = (),
        said: Said | None = None,
        beside: Said | None = None,
    ) -> Gate:
        """`languages`: what the client accepts. `said`, `beside`: as in `Context`, for filters that read more than this
        segment."""
        heard = observer or Silent()
        opened: Opened = getattr(heard, "opens", None) or partial(Gate, observer=heard)
        return opened(
            *self._planned(Facts(request, origin, (), tenant, model, route, user, conversation)),
            replacer=self.replacer.bound(vault, issue=origin.direction is Direction.REQUEST, languages=languages),
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
        user: str | None = None,
        conversation: str | None = None,
    ) -> Watch:
        """What judges the conduct of one call of a reply."""
        return Watch(
            *self._planned(Facts(request, origin, (), tenant, model, route, user, conversation)),
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
        user: str | None = None,
        conversation: str | None = None,
    ) -> Review:
        """What judges the conversation that a request is. To rules it is the user's text."""
        origin = Origin(Direction.REQUEST, Role.USER)
        return Review(
            *self._planned(Facts(request, origin, (), tenant, model, route, user, conversation)),
            observer=observer or Silent(),
            deadline=_DEADLINE,
            bypass=self.bypass,
        )

"""Which filters read a segment: policy and filters compiled to "for this origin, these scans"."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from guardproxy.policy.decide import decide
from guardproxy.policy.model import Mode, Policy, Rule
from guardproxy.text import PatternFilter, fuse
from guardproxy.types import (
    CallMonitor,
    Channel,
    ConversationMonitor,
    Decision,
    Direction,
    Facts,
    Filter,
    Monitor,
    Needs,
    Origin,
    Outcome,
    Role,
    View,
)

Fusing: TypeAlias = Callable[[Sequence[PatternFilter]], PatternFilter]
_PLANS = 4096  # distinct (origin, model, tenant, route); beyond it the memory starts anew


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with segments of one kind. Shared by all requests; holds no state of any."""

    policy: Policy
    enforcing: tuple[Filter, ...]
    """Filters that an enforcing rule needs; pattern filters that hold are fused into one."""
    shadow: tuple[Filter, ...]
    """Filters that only shadow rules need: they run behind the stream and hold nothing."""
    second: Mapping[str, Filter] = field(default_factory=dict)
    """Filters of stage 2, by name: they read what an enforcing rule escalates to them."""
    shadow_second: Mapping[str, Filter] = field(default_factory=dict)
    """Filters of stage 2 that only shadow rules ask, or whose findings only those need."""
    monitors: tuple[CallMonitor, ...] = ()
    """Monitors of calls that an enforcing rule needs."""
    shadow_monitors: tuple[CallMonitor, ...] = ()
    """Monitors of calls that only shadow rules need: they run behind the call."""
    reviewers: tuple[ConversationMonitor, ...] = ()
    """Monitors of conversations that an enforcing rule needs."""
    shadow_reviewers: tuple[ConversationMonitor, ...] = ()
    """Monitors of conversations that only shadow rules need: they run behind the reply."""

    rewrites: bool = False
    """An enforcing rule may put another text for the whole of it: nothing goes out before its end."""

    @property
    def behind(self) -> bool:
        """Something has to be read once more, behind the text."""
        return bool(self.shadow or self.shadow_second)

    def decide(self, facts: Facts) -> Decision:
        return decide(self.policy, facts)


class Plans:
    """The plans of one policy and its running filters and monitors."""

    def __init__(
        self,
        policy: Policy,
        filters: Mapping[str, Filter],
        monitors: Mapping[str, Monitor] | None = None,
        fusing: Fusing | None = fuse,
    ) -> None:
        """`fusing`: makes one filter of several; it may give one that is there already. None: each reads by itself."""
        self.policy, self.filters, self._fuse_all = policy, filters, fusing
        self._calls: dict[str, CallMonitor] = {}
        self._conversations: dict[str, ConversationMonitor] = {}
        for name, monitor in (monitors or {}).items():
            if policy.of_calls(name):
                self._calls[name] = monitor  # type: ignore[assignment]
            else:
                self._conversations[name] = monitor  # type: ignore[assignment]
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._fused: dict[tuple[str, ...], PatternFilter] = {}
        self._used: dict[int, Filter | Monitor] = {}
        for plan in map(self._of_rules, self._foreseen()):
            used: list[Filter | Monitor] = [
                *plan.enforcing,
                *plan.shadow,
                *plan.second.values(),
                *plan.shadow_second.values(),
            ]
            used += [*plan.monitors, *plan.shadow_monitors, *plan.reviewers, *plan.shadow_reviewers]
            self._used |= {id(one): one for one in used}

    @property
    def needs(self) -> Needs:
        """The most that some filter in use reads."""
        return max((getattr(one, "needs", Needs.SEGMENT) for one in self._used.values()), default=Needs.SEGMENT)

    def of(self, origin: Origin, model: str, tenant: str, route: str, outside: frozenset[str] = frozenset()) -> Plan:
        """`outside`: the rules that only watch here (`Policy.outside`)."""
        place = (origin.direction, origin.role, origin.channel, origin.inferred, origin.tool)
        key = (*place, model, tenant, route, outside)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            rules = self.policy.rules_for(origin, model=model, tenant=tenant, route=route, outside=outside)
            plan = self._plans[key] = self._of_rules(rules)
        return plan

    def _of_rules(self, rules: tuple[Rule, ...]) -> Plan:
        enforcing, shadow = map(sorted, self.policy.filters_for(rules))
        watching, second = self.policy.monitors, self.policy.second
        return Plan(
            self.policy,
            self._fuse([n for n in enforcing if n not in watching and n not in second]),
            tuple(self.filters[n] for n in shadow if n not in watching and n not in second),
            {n: self.filters[n] for n in enforcing if n in second},
            {n: self.filters[n] for n in shadow if n in second},
            tuple(self._calls[n] for n in enforcing if n in self._calls),
            tuple(self._calls[n] for n in shadow if n in self._calls),
            tuple(self._conversations[n] for n in enforcing if n in self._conversations),
            tuple(self._conversations[n] for n in shadow if n in self._conversations),
            any(r.then is Outcome.REWRITE and r.mode is Mode.ENFORCE for r in rules),
        )

    def _fuse(self, names: list[str]) -> tuple[Filter, ...]:
        """One search instead of several, where filters are patterns with the same views and text waits for all of them."""
        if self._fuse_all is None:
            return tuple(self.filters[name] for name in names)
        alike: dict[frozenset[View], list[PatternFilter]] = {}
        rest: list[Filter] = []
        for name in names:
            one = self.filters[name]
            if isinstance(one, PatternFilter) and one.hold:
                alike.setdefault(one.views, []).append(one)
            else:
                rest.append(one)
        return (*map(self._fused_of, alike.values()), *rest)

    def _fused_of(self, group: list[PatternFilter]) -> PatternFilter:
        assert self._fuse_all is not None
        key = tuple(f.name for f in group)
        if key not in self._fused:
            self._fused[key] = self._fuse_all(group)
        return self._fused[key]

    def _foreseen(self) -> Iterator[tuple[Rule, ...]]:
        """The rules of every origin that the policy tells apart, so that nothing is compiled while serving."""
        tools = {None, *(t for r in self.policy.rules for t in (r.scope.tool or ()))}
        places = itertools.product(Direction, Role, (None, *Channel), tools, self.policy.stages())
        for direction, role, channel, tool, outside in places:
            yield self.policy.rules_for(Origin(direction, role, channel, tool), outside=outside)

    @property
    def used(self) -> tuple[Filter | Monitor, ...]:
        """Every filter and monitor that some rule needs; of fused ones only the fusion."""
        return tuple(self._used.values())

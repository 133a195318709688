"""What a record says besides findings, so that its decision can be made again under another policy (`guardproxy replay`).

Names that clients or models chose are told as the policy's globs that cover them, and users and conversations as the places
between 0 and 100 that rollouts gave them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from guardproxy import __version__
from guardproxy.policy import fingerprint
from guardproxy.policy.decide import decide
from guardproxy.policy.model import Mode, Policy, Rule
from guardproxy.policy.rollout import place
from guardproxy.text.globs import matches
from guardproxy.types import Ask, Facts


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Of one policy; shared by all its records."""

    policy: Policy
    shown: dict[str, Any]
    """The same for all records of the policy."""
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    staged: tuple[Rule, ...] = field(default=())
    """Rules whose rollout goes by something that no record may hold."""
    escalates: bool = False

    @classmethod
    def of(cls, policy: Policy) -> Basis:
        tools, models = fingerprint.tool_globs(policy), fingerprint.model_globs(policy)
        staged = tuple(
            r
            for r in policy.rules
            if r.mode is Mode.ENFORCE and not r.rollout.whole and r.rollout.by in ("user", "conversation")
        )
        shown = {
            "guardproxy": __version__,
            "filters": fingerprint.of_detectors(policy),
            "lists": fingerprint.of_lists(policy),
            "bounds": fingerprint.bounds(policy),
            "tools": list(tools),
            "models": list(models),
        }
        return cls(policy, shown, tools, models, staged, bool(policy.second))

    def place(self, facts: Facts) -> dict[str, Any]:
        """Where a text is from, as rules tell places apart, and who reads texts from there."""
        origin, policy = facts.origin, self.policy
        in_force = policy.in_force(origin, facts.model, facts.tenant, facts.route, policy.outside(facts))
        return {
            "direction": origin.direction.value,
            "role": origin.role.value,
            "channel": origin.channel.value if origin.channel else None,
            "inferred": origin.inferred,
            "tools": None if origin.tool is None else [g for g in self.tools if matches(g, origin.tool)],
            "models": [g for g in self.models if matches(g, facts.model)],
            "route": facts.route,
            "read_by": sorted(in_force.needed | in_force.shadow),
        }

    def asked(self, facts: Facts) -> tuple[Ask, ...]:
        """What filters of stage 2 were asked about a text."""
        return decide(self.policy, facts).ask if self.escalates and facts.findings else ()

    def rollout(self, facts: Facts) -> dict[str, Any]:
        """Rule to what its rollout goes by and the place between 0 and 100 that this request has there."""
        return {r.id: {"by": r.rollout.by, "at": place(r.id, r.rollout.key(facts))} for r in self.staged}

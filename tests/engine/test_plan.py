"""Which filters read a text: by where it is from, and by how sure that is."""

from __future__ import annotations

from dataclasses import replace

from guardproxy.engine.plan import Plans
from guardproxy.policy.model import Scope
from guardproxy.policy.rollout import Rollout
from guardproxy.text import PatternFilter
from guardproxy.types import Channel, Outcome
from tests.engine.play import PATTERNS, REPLY, policy, rule


def test_an_inferred_channel_has_a_plan_of_its_own_whichever_comes_first() -> None:
    thoughts = rule("thoughts", "pii.*", Outcome.REDACT, scope=Scope(channel=frozenset({"analysis"})))
    for order in ((False, True), (True, False)):
        plans = Plans(policy([thoughts]), {"p": PatternFilter("p", PATTERNS)})
        found = {sure: plans.of(replace(REPLY, inferred=not sure), "m", "default", "/r").enforcing for sure in order}
        assert not found[True] and len(found[False]) == 1
        thinking = plans.of(replace(REPLY, channel=Channel.ANALYSIS), "m", "default", "/r").enforcing
        assert thinking == found[False]  # the same fused search: none is compiled while serving


def test_what_only_a_rule_outside_its_rollout_needs_runs_behind_the_text() -> None:
    """Both ways are foreseen: nothing is compiled while serving."""
    rules = [
        rule("staged", "pii.*", Outcome.BLOCK, rollout=Rollout(50, "user")),
        rule("all", "secret.*", Outcome.BLOCK),
    ]
    one = replace(policy(rules, names=("p", "s")), labels={"p": ("pii.email",), "s": ("secret.key",)})
    plans = Plans(one, {name: PatternFilter(name, PATTERNS) for name in ("p", "s")})
    used = set(plans._used)
    whole, outside = (plans.of(REPLY, "m", "default", "/r", frozenset(ids)) for ids in ((), ("staged",)))
    assert [f.name for f in whole.enforcing] == ["p+s"] and whole.shadow == ()
    assert [f.name for f in outside.enforcing] == ["s"] and [f.name for f in outside.shadow] == ["p"]
    assert {id(f) for plan in (whole, outside) for f in (*plan.enforcing, *plan.shadow)} <= used

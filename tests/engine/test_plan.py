"""Which filters read a text: by where it is from, and by how sure that is."""

from __future__ import annotations

from dataclasses import replace

from guardproxy.engine.plan import Plans
from guardproxy.policy.model import Scope
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

"""Replays: the same policy always decides the same, another one is never said to decide what nobody can know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.decide import decide
from guardproxy.policy.model import Atom, Defaults, Mode, Policy, Rule, Scope, Unless, When
from guardproxy.policy.policies import Policies
from guardproxy.policy.replay import Again, Replay
from guardproxy.policy.rollout import Rollout
from guardproxy.telemetry import Metrics, Recorder
from guardproxy.telemetry.basis import Basis
from guardproxy.telemetry.record import PolicyName
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Outcome, Role

FILTERS = {
    "pii": {"use": "pii_patterns"},
    "rude": {"use": "toxicity", "failure": "allow"},
    "judge": {"use": "judge", "stage": 2},
}
MONITORS = {"calls": {"use": "tool_calls"}}
LABELS = {
    "pii": ("pii.email", "pii.card"),
    "rude": ("toxicity.insult",),
    "judge": ("judge.unsafe",),
    "calls": ("call.shell",),
}
ANSWER = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
QUESTION = Origin(Direction.REQUEST, Role.USER)
CALL = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.COMMENTARY, "payments.send")
LISTS = {"ours": ("*@example.com",), "theirs": ("*@example.net",)}


def rule(id: str, when: str | When, then: Outcome = Outcome.BLOCK, **more: Any) -> Rule:
    return Rule(id, when if isinstance(when, When) else When((Atom(when),)), then, **more)


def policy(*rules: Rule, **more: Any) -> Policy:
    made = {"filters": FILTERS, "monitors": MONITORS, "labels": LABELS, "lists": LISTS} | more
    return Policy("test", digest=repr((rules, sorted(made.items()))), rules=rules, **made)


class Lines:
    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, record: dict[str, Any]) -> None:
        self.lines.append(json.loads(json.dumps(record)))


def recorded(under: Policy, segments: Sequence[Facts], model: str = "gpt") -> dict[str, Any]:
    """The record of a request with these segments, as the proxy writes it."""
    kept = Lines()
    recorder = Recorder(Metrics(), kept, known_model=lambda name: name == "gpt")  # type: ignore[arg-type]
    name = PolicyName("test", "1", under.digest, basis=Basis.of(under))
    record = recorder.start("req_1", "/v1/chat/completions", name)
    record.model = model
    for facts in segments:
        record.decided(facts, decide(under, facts), final=True)
    record.finish(200)
    return kept.lines[0]


def facts(*findings: Finding, origin: Origin = ANSWER, **more: Any) -> Facts:
    return Facts("req_1", origin, findings, model=more.pop("model", "gpt"), **more)


def again(then: Policy, now: Policy, *segments: Facts, model: str = "gpt") -> Again:
    return Replay(Policies(now)).again(recorded(then, segments, model))


def email(score: float = 0.9, start: int = 0, lists: Sequence[str] = (), by: str = "pii") -> Finding:
    return Finding(by, "pii.email", score, (start, start + 5), frozenset(lists))


# ---------------------------------------------------------------------------------------------------- the property

_tools = st.none() | st.sampled_from([("payments.*",), ("shell",), ("*.send", "shell")])
_scopes = st.builds(
    Scope,
    direction=st.none() | st.sampled_from([frozenset({"request"}), frozenset({"response"})]),
    channel=st.none() | st.just(frozenset({"final"})),
    tool=_tools,
    model=st.none() | st.sampled_from([("gpt*",), ("llama",)]),
)
_unless = st.none() | st.builds(
    Unless,
    scope=st.builds(Scope, tool=_tools),
    label=st.none() | st.just(("pii.card",)),
    in_list=st.none() | st.sampled_from([frozenset({"ours"}), frozenset({"theirs"})]),
)
_labels = st.sampled_from(["pii.*", "pii.email", "pii.card", "toxicity.*", "judge.unsafe", "call.*", "guard.error"])
_scores = st.sampled_from([0.0, 0.3, 0.5, 0.8, 0.80001, 1.0])
_whens = st.builds(
    When,
    st.lists(st.builds(Atom, _labels, _scores, st.integers(1, 3)), min_size=1, max_size=3).map(tuple),
    st.booleans(),
)
_rules = st.builds(
    Rule,
    id=st.sampled_from(["a", "b", "c", "d"]),
    when=_whens,
    then=st.sampled_from([o for o in Outcome if o is not Outcome.REWRITE]),
    scope=_scopes,
    unless=_unless,
    mode=st.sampled_from(Mode),
    rollout=st.builds(
        Rollout, st.sampled_from([0.0, 40.0, 100.0]), st.sampled_from(["request", "user", "conversation"])
    ),
    to=st.sampled_from(["", "", "judge"]),
)


def _policies(rules: list[Rule], failure: str) -> Policy:
    each = {r.id: replace(r, then=Outcome.ALLOW) if r.to else r for r in rules}
    return policy(*(each[id] for id in sorted(each)), defaults=Defaults(failure=failure))  # type: ignore[arg-type]


POLICIES = st.builds(_policies, st.lists(_rules, max_size=4), st.sampled_from(["block", "allow"]))
_spans = st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda s: (min(s), max(s)))
_made = st.builds(
    Finding,
    filter=st.just("pii"),
    label=st.sampled_from(["pii.email", "pii.card"]),
    score=st.floats(0, 1) | st.just(float("nan")),
    span=_spans,
    lists=st.frozensets(st.sampled_from(["ours", "theirs"])),
)
_others = st.sampled_from(
    [
        Finding("rude", "toxicity.insult", 0.7),
        Finding("rude", "guard.timeout", 1.0),
        Finding("pii", "guard.error", 1.0),
        Finding("guard", "guard.overflow", 1.0),
        Finding("guard", "guard.unread", 1.0),
        Finding("calls", "call.shell", 1.0),
    ]
)
_origins = st.sampled_from(
    [
        ANSWER,
        QUESTION,
        CALL,
        replace(CALL, tool="shell"),
        replace(ANSWER, inferred=True),
        Origin(Direction.REQUEST, Role.TOOL),
    ]
)


@st.composite
def segments(draw: st.DrawFn) -> list[Facts]:
    model = draw(st.sampled_from(["gpt", "llama", "secret-name"]))
    user = draw(st.sampled_from([None, "jane", "joe"]))
    return [
        Facts(
            "req_1",
            draw(_origins),
            tuple(draw(st.lists(_made | _others, max_size=4))),
            "default",
            model,
            "/v1",
            user,
            "c1",
        )
        for _ in range(draw(st.integers(0, 3)))
    ]


def as_run(under: Policy, one: Facts) -> Facts:
    """What a gate could have been told: findings of those that run there, and of stage 2 where it was asked."""
    in_force = under.in_force(one.origin, one.model, one.tenant, one.route, under.outside(one))
    runs = (in_force.needed | in_force.shadow) - under.second | {"guard"}
    first = replace(one, findings=tuple(f for f in one.findings if f.filter in runs))
    asked = decide(under, first).ask
    return replace(first, findings=(*first.findings, *(Finding(a.filter, "judge.unsafe", 0.9, a.span) for a in asked)))


@given(POLICIES, segments())
def test_the_same_policy_decides_the_same(under: Policy, told: list[Facts]) -> None:
    told = [as_run(under, one) for one in told]
    record = recorded(under, told, told[0].model if told else "gpt")
    result = Replay(Policies(under)).again(record)
    assert (result.after, result.why) == (result.before, ())
    assert result.before.name.lower() == record["outcome"]
    assert result.fired == {v["rule"] for v in record["verdicts"]}


@given(POLICIES, POLICIES, segments())
def test_what_is_said_of_another_policy_is_what_it_decides(then: Policy, now: Policy, told: list[Facts]) -> None:
    """With the same filters and lists: either it isn't known, or it is what the policy decides on what its filters see."""
    told = [as_run(then, one) for one in told]
    result = Replay(Policies(now)).again(recorded(then, told, told[0].model if told else "gpt"))
    if result.after is not None and result.before < Outcome.REQUIRE_APPROVAL:
        real = [decide(now, as_run(now, one)).outcome for one in told]
        assert result.after is max(real, default=Outcome.ALLOW)

from __future__ import annotations

from guardproxy.policy.model import _CACHED, Atom, Defaults, Mode, Policy, Rule, Scope, When
from guardproxy.types import Channel, Direction, Origin, Outcome, Role
from tests.policy.support import ANSWER, QUESTION


def rule(id: str, label: str, mode: Mode = Mode.ENFORCE, scope: Scope | None = None) -> Rule:
    return Rule(id, When((Atom(label),)), Outcome.BLOCK, mode=mode, scope=scope or Scope())


REQUESTS = Scope(direction=frozenset({"request"}))
RULES = (rule("a", "pii.*"), rule("b", "toxicity.*", Mode.SHADOW), rule("c", "control", scope=REQUESTS))
POLICY = Policy(
    "p",
    rules=(*RULES, rule("off", "pii.*", Mode.DISABLED)),
    filters={"pii": {"failure": "allow"}, "rude": {}, "control": {}, "idle": {}},
    labels={"pii": ("pii.email",), "rude": ("toxicity.*",), "control": ("control",), "idle": ("idle",)},
    lists={"ours": ("*@example.com",), "all": ("*",)},
)


def test_rules_are_those_in_scope_that_are_not_disabled() -> None:
    assert [r.id for r in POLICY.rules_for(QUESTION)] == ["a", "b", "c"]
    assert [r.id for r in POLICY.rules_for(ANSWER)] == ["a", "b"]


def test_the_path_of_an_origin_makes_no_difference_and_the_answer_is_remembered() -> None:
    there = Origin(Direction.REQUEST, Role.USER, path=("messages", 7))
    assert POLICY.rules_for(there) is POLICY.rules_for(QUESTION)


def test_filters_are_told_apart_by_who_needs_them() -> None:
    assert POLICY.filters_for(POLICY.rules_for(QUESTION)) == ({"pii", "control"}, {"rude"})
    assert POLICY.filters_for(POLICY.rules_for(ANSWER)) == ({"pii"}, {"rude"})
    assert POLICY.filters_for(()) == (frozenset(), frozenset())


def test_a_filter_that_an_enforcing_rule_needs_is_no_shadow_filter() -> None:
    both = (rule("x", "pii.*", Mode.SHADOW), rule("y", "pii.email"))
    assert POLICY.filters_for(both) == ({"pii"}, frozenset())


def test_memory_is_bounded_though_clients_name_the_tools() -> None:
    policy = Policy("p", rules=RULES)
    for i in range(_CACHED + 10):
        policy.rules_for(Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.COMMENTARY, f"tool{i}"))
    assert len(policy._in_force) <= _CACHED
    rules = policy.in_force(ANSWER, "", "default", "")
    for i in range(_CACHED + 10):
        rules.wanted(f"label{i}")
    assert len(rules._wanted) <= _CACHED


def test_failure_is_the_filters_own_or_the_default() -> None:
    assert POLICY.failure_of("pii") == "allow"
    assert POLICY.failure_of("rude") == POLICY.failure_of("guard") == "block"


def test_lists_of_a_text() -> None:
    assert POLICY.lists_of("JOE@example.com") == {"ours", "all"}
    assert POLICY.lists_of("joe@example.net") == {"all"}


def test_what_a_blocked_client_is_told() -> None:
    defaults = Defaults(message="no", on_block="error")
    own = Rule("own", When((Atom("x"),)), Outcome.BLOCK, message="never", on_block="refusal")
    policy = Policy("p", defaults=defaults, rules=(own, rule("plain", "y")))
    assert policy.on_block("own") == ("never", "refusal")
    assert policy.on_block("plain") == policy.on_block("defaults.failure") == ("no", "error")


def test_a_condition_is_local_when_each_finding_decides_for_itself() -> None:
    assert When((Atom("a"), Atom("b"))).local
    assert When((Atom("a"),), every=True).local
    assert not When((Atom("a"), Atom("b")), every=True).local
    assert not When((Atom("a", times=2),)).local

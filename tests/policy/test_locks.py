"""A locked rule can't be loosened: what passes the comparison never decides more mildly, whatever is found."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy import locks
from guardproxy.policy.decide import decide
from guardproxy.policy.locks import exempts_no_more, implies, looser_fields, within
from guardproxy.policy.model import Atom, Mode, Policy, Rule, Scope, Unless, When
from guardproxy.policy.rollout import EVERYWHERE, Rollout
from guardproxy.text.globs import covers, matches
from guardproxy.types import Channel, Direction, Facts, Finding, Origin, Outcome, Role, Style
from tests.policy.support import ANSWER

RULE = Rule("r", When((Atom("pii.*", 0.6),)), Outcome.REDACT, locked=True)
LABELS = st.sampled_from(["pii.*", "pii.email", "pii.card", "toxicity.*", "*"])
ATOMS = st.builds(Atom, LABELS, st.sampled_from([0.3, 0.5, 0.8]), st.sampled_from([1, 1, 2]))
WHENS = st.builds(
    lambda atoms, every: When(tuple(atoms), every), st.lists(ATOMS, min_size=1, max_size=3), st.booleans()
)
SETS = st.none() | st.frozensets(st.sampled_from(["request", "response"]), min_size=1)
GLOBS = st.none() | st.lists(st.sampled_from(["*", "a*", "ab", "ba"]), min_size=1, max_size=2).map(tuple)
SCOPES = st.builds(
    Scope,
    direction=SETS,
    role=st.none() | st.frozensets(st.sampled_from(["user", "assistant", "tool"]), min_size=1),
    channel=st.none() | st.frozensets(st.sampled_from(["final", "analysis"]), min_size=1),
    tool=GLOBS,
    model=GLOBS,
)
UNLESS = st.none() | st.builds(
    Unless,
    SCOPES,
    st.none() | st.lists(LABELS, min_size=1, max_size=2).map(tuple),
    st.none() | st.frozensets(st.sampled_from(["ours", "theirs"]), min_size=1),
)
RULES = st.builds(
    Rule,
    st.just("r"),
    WHENS,
    st.sampled_from(list(Outcome)),
    scope=SCOPES,
    unless=UNLESS,
    style=st.sampled_from(list(Style)),
    mode=st.sampled_from(list(Mode)),
    locked=st.just(True),
)
ORIGINS = st.builds(
    Origin,
    st.sampled_from(list(Direction)),
    st.sampled_from([Role.USER, Role.ASSISTANT, Role.TOOL]),
    st.none() | st.sampled_from(list(Channel)),
    st.none() | st.sampled_from(["ab", "ba", "x"]),
    st.just(()),
    st.booleans(),
)
FOUND = st.lists(
    st.builds(
        Finding,
        st.just("f"),
        st.sampled_from(["pii.email", "pii.card", "toxicity.insult"]),
        st.sampled_from([0.2, 0.4, 0.6, 0.9]),
        st.none() | st.sampled_from([(0, 3), (5, 9), (7, 12)]),
        st.frozensets(st.sampled_from(["ours", "theirs"])),
    ),
    max_size=4,
).map(tuple)


@st.composite
def near(draw: st.DrawFn) -> tuple[Rule, Rule]:
    """A rule and another one that differs from it in a few fields only."""
    before, other = draw(RULES), draw(RULES)
    names = draw(st.sets(st.sampled_from(["when", "then", "scope", "unless", "style", "mode"]), max_size=2))
    return before, replace(before, **{name: getattr(other, name) for name in names})


@given(near(), ORIGINS, FOUND, st.sampled_from(["ab", "x"]))
def test_what_is_not_looser_never_decides_more_mildly(
    rules: tuple[Rule, Rule], origin: Origin, found: tuple[Finding, ...], model: str
) -> None:
    before, after = rules
    if looser_fields(before, after):
        return
    facts = Facts("r", origin, found, model=model)
    old, new = (decide(Policy("p", rules=(rule,)), facts) for rule in (before, after))
    assert new.outcome >= old.outcome
    if old.outcome is new.outcome is Outcome.REDACT:
        for edit in old.edits:
            assert any(e.start <= edit.start and edit.end <= e.end and e.style >= edit.style for e in new.edits)


@given(RULES)
def test_a_rule_is_not_looser_than_itself(rule: Rule) -> None:
    assert looser_fields(rule, replace(rule, title="other", severity="low", message="No.", tags=("a",))) == []
    assert within(rule.scope, rule.scope) and implies(rule.when, rule.when)
    assert exempts_no_more(rule.unless, rule.unless)


@given(st.text("ab*", max_size=5), st.text("ab*", max_size=5), st.text("ab", max_size=6))
def test_a_glob_that_covers_another_fits_all_that_it_fits(wide: str, narrow: str, name: str) -> None:
    assert covers(wide, wide) and covers("*", narrow)
    if covers(wide, narrow) and matches(narrow, name):
        assert matches(wide, name)


@pytest.mark.parametrize(
    "stricter",
    [
        {"then": Outcome.BLOCK},
        {"when": When((Atom("pii.*", 0.5),))},
        {"when": When((Atom("*", 0.6), Atom("toxicity.*")))},
        {"scope": Scope()},
        {"unless": None},
        {"unless": Unless(Scope(role=frozenset({"user"}), tool=("mail.send",)), in_list=frozenset({"ours"}))},
        {"style": Style.DROP},
        {"restore_tools": ()},
    ],
)
def test_stricter_is_fine(stricter: dict[str, object]) -> None:
    before = replace(
        RULE,
        scope=Scope(direction=frozenset({"request"})),
        unless=Unless(Scope(role=frozenset({"user"}), tool=("mail.*",))),
        restore_tools=("mail.*",),
        style=Style.TOKEN,
    )
    assert looser_fields(before, replace(before, **stricter)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "looser"),
    [
        ("locked", False),
        ("mode", Mode.SHADOW),
        ("then", Outcome.REQUIRE_APPROVAL),
        ("then", Outcome.ANNOTATE),
        ("to", "judge"),
        ("when", When((Atom("pii.*", 0.6), Atom("toxicity.*")), every=True)),
        ("when", When((Atom("pii.*", 0.6, 2),))),
        ("scope", Scope(tool=("mail.*",))),
        ("unless", Unless(label=("pii.card",))),
        ("style", Style.MASK),
        ("style", Style.TOKEN),
        ("restore_tools", ("mail.send",)),
        ("rollout", Rollout(99, "user")),
    ],
)
def test_looser_is_told_by_its_field(field: str, looser: object) -> None:
    before = replace(RULE, to="other") if field == "to" else RULE
    assert looser_fields(before, replace(before, **{field: looser})) == [field]  # type: ignore[arg-type]


TOKEN = Rule(
    "t", When((Atom("pii.*"),)), Outcome.REDACT, style=Style.TOKEN, scope=Scope(role=frozenset({"user", "tool"}))
)
BOTH, REPLIES, ASKED = Scope(), Scope(direction=frozenset({"response"})), Scope(direction=frozenset({"request"}))


@pytest.mark.parametrize(
    ("locked", "kept"),
    [
        (replace(RULE, style=Style.LABEL, scope=BOTH), False),  # the request's label wins over the token
        (replace(RULE, style=Style.LABEL, scope=ASKED), False),
        (replace(RULE, style=Style.LABEL, scope=REPLIES), True),  # the model saw a placeholder, its user gets the value
        (replace(RULE, style=Style.LABEL, scope=Scope(role=frozenset({"assistant", "user"}))), True),
        (replace(RULE, style=Style.LABEL, scope=Scope(role=frozenset({"assistant", "user", "tool"}))), False),
        (replace(RULE, then=Outcome.BLOCK, scope=REPLIES), True),
        (replace(RULE, then=Outcome.BLOCK, scope=BOTH), False),
        (replace(RULE, style=Style.MASK, scope=BOTH), True),  # milder than a token, where both replace
        (replace(RULE, style=Style.TOKEN, scope=BOTH), False),
        (replace(RULE, then=Outcome.ANNOTATE, scope=REPLIES), False),
        (replace(RULE, mode=Mode.SHADOW, scope=REPLIES), False),
    ],
)
def test_nothing_comes_back_past_a_locked_rule(locked: Rule, kept: bool) -> None:
    assert locks._keeps_back(locked, TOKEN) is kept


def test_a_rule_that_gives_back_may_stay_and_not_grow() -> None:
    assert locks._no_wider(TOKEN, TOKEN) and not locks._no_wider(TOKEN, None)
    assert locks._no_wider(replace(TOKEN, when=When((Atom("pii.email"),))), TOKEN)
    wider = [
        {"when": When((Atom("*"),))},
        {"scope": Scope()},
        {"restore_tools": ("mail.send",)},
    ]
    assert not any(locks._no_wider(replace(TOKEN, **more), TOKEN) for more in wider)  # type: ignore[arg-type]
    assert not locks._no_wider(TOKEN, replace(TOKEN, mode=Mode.SHADOW))


def test_a_rollout_may_only_grow() -> None:
    def looser(old: Rollout, new: Rollout) -> list[str]:
        return looser_fields(replace(RULE, rollout=old), replace(RULE, rollout=new))

    half = Rollout(50, "user")
    assert looser(half, Rollout(60, "user")) == looser(half, EVERYWHERE) == looser(half, Rollout(100, "tenant")) == []
    assert looser(half, Rollout(40, "user")) == looser(half, Rollout(60, "request")) == ["rollout"]


def test_a_narrower_all_no_longer_redacts_what_it_left_out() -> None:
    both = When((Atom("pii.email"), Atom("pii.card")), every=True)
    assert not implies(both, When((Atom("pii.email"),))) and implies(both, When(both.atoms))
    found = (Finding("f", "pii.email", 0.9, (0, 3)), Finding("f", "pii.card", 0.9, (5, 9)))
    edits = decide(Policy("p", rules=(replace(RULE, when=both),)), Facts("r", ANSWER, found)).edits
    assert [(e.start, e.end) for e in edits] == [(0, 3), (5, 9)]


def test_a_field_that_nothing_is_known_about_must_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(locks._LOOSER)
    stricter = replace(RULE, when=When((Atom("*", 0.5),)))
    assert looser_fields(RULE, stricter) == []
    monkeypatch.setattr(locks, "_LOOSER", {name: one for name, one in known.items() if name != "when"})
    assert looser_fields(RULE, stricter) == ["when"]
    assert known.keys() | locks._FREE <= {f.name for f in fields(Rule)}

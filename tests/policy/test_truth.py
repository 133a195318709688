from __future__ import annotations

import pytest

from guardproxy.policy.model import Atom, Rule, When
from guardproxy.policy.truth import Positive, Truth, Untold, positive, written
from guardproxy.types import Outcome

MEANINGS = {"toxicity.toxic": ("toxicity",), "hazard.cyber": ("cyber", "harmful_request")}


def truth(*labels: str, every: bool = False, said: tuple[str, ...] = ()) -> Truth:
    rule = Rule("r", When(tuple(Atom(label) for label in labels), every), Outcome.BLOCK)
    return Truth(rule, [positive(one) for one in said], MEANINGS)


@pytest.mark.parametrize(
    ("label", "row", "told", "said"),
    [
        ("toxicity.hate", {"hate": 1, "toxicity": 0}, True, "hate = 1"),
        ("toxicity.hate", {"toxicity.hate": 0, "hate": 1}, False, "toxicity.hate = 1"),
        ("toxicity.toxic", {"toxicity": "0"}, False, "toxicity = 1"),
        ("toxicity.toxic", {"toxicity": None}, None, "toxicity = 1"),
        ("secret.*", {"secret": True}, True, "secret = 1"),
        ("pii.email", {"pii": 1}, True, "pii = 1"),
        ("hazard.cyber", {"cyber": 1, "harmful_request": 1}, True, "cyber = 1 and harmful_request = 1"),
        ("hazard.cyber", {"cyber": None, "harmful_request": 0}, False, "cyber = 1 and harmful_request = 1"),
        ("hazard.cyber", {"cyber": 1, "harmful_request": None}, None, "cyber = 1 and harmful_request = 1"),
        ("hazard.cyber", {"cyber": 1}, True, "cyber = 1"),
        ("spam.mail", {"toxicity": 1}, None, ""),
    ],
)
def test_what_is_assumed_by_name(label: str, row: dict[str, object], told: bool | None, said: str) -> None:
    one = truth(label)
    assert one.of(row) is told
    assert str(one) == said and one.assumed


def test_any_and_all_of_several_conditions() -> None:
    row = {"hate": 1, "threat": 0, "sexual": None}
    assert truth("t.hate", "t.threat").of(row) is True
    assert truth("t.hate", "t.threat", every=True).of(row) is False
    assert truth("t.threat", "t.sexual").of(row) is None
    assert truth("t.hate", "t.sexual", every=True).of(row) is None
    both = truth("t.hate", "t.threat", every=True)
    both.of(row)
    assert str(both) == "hate = 1 and threat = 1"


def test_what_the_author_says_goes_before_all_names() -> None:
    one = truth("toxicity.hate", said=("kind=ham", "r:kind=abuse", "r:kind=hate"))
    assert [one.of({"kind": kind, "hate": 0}) for kind in ("abuse", "hate", "ham", "", None)] == [
        True,
        True,
        False,
        None,
        None,
    ]
    assert not one.assumed and str(one) == "kind = abuse or kind = hate" and one.missing == ()
    assert truth("x", said=("tags=bad",)).of({"tags": ["long", "bad"]}) is True
    assert truth("x", said=("tags=bad",)).of({"tags": []}) is False
    assert truth("x", said=("toxic=1",)).of({"toxic": True}) is True


def test_names_that_no_row_has_are_told() -> None:
    one = truth("pii.email")
    assert one.of({"spam": 1}) is None
    assert one.missing == ("pii.email or email or pii",)
    said = truth("pii.email", said=("private=1",))
    said.of({"spam": 1})
    assert said.missing == ("private",)


def test_a_label_that_means_everything_has_no_name() -> None:
    assert not truth("*").possible and truth("*", said=("x=1",)).possible


def test_a_row_that_changes_what_a_name_means_is_an_error() -> None:
    one = truth("toxicity.hate")
    one.of({"toxicity": 1})
    with pytest.raises(Untold, match="has a label hate, earlier ones have toxicity instead"):
        one.of({"hate": 1, "toxicity": 1})


@pytest.mark.parametrize("value", [0.7, "very", [1], {"a": 1}, 2])
def test_a_value_that_is_neither_yes_nor_no_is_an_error(value: object) -> None:
    with pytest.raises(Untold, match=r"neither 0 nor 1; say what is positive: --positive pii=VALUE"):
        truth("pii.*").of({"pii": value})


def test_how_the_author_says_it() -> None:
    assert positive("label=spam") == Positive("label", "spam")
    assert positive("no-hate:toxicity.hate=True") == Positive("toxicity.hate", "1", "no-hate")
    assert positive("a b = c=d") == Positive("a b", "c=d")
    for wrong in ("label", "=x", "label=", ""):
        with pytest.raises(ValueError, match="is not KEY=VALUE"):
            positive(wrong)
    assert [written(v) for v in (True, 0, 1.0, None, " x ", "FALSE")] == ["1", "0", "1", "", "x", "0"]

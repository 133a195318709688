"""Answers of guard models: every form that the model cards show, and all that must never count as safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.inference.verdicts import READERS, UNSAFE, Opinion, UnreadableVerdict, safeguard_batch

READ = [
    ("safeguard", "0", ()),
    ("safeguard", " 1\n", (UNSAFE,)),
    ("safeguard", '{"violation": 0, "policy_category": null}', ()),
    ("safeguard", '{"violation": 0}', ()),
    ("safeguard", '{"violation": 1, "policy_category": "H2.f", "rationale": "x"}', ("H2.f",)),
    ("safeguard", '{"violation": true, "policy_category": ["a", "b", "a"]}', ("a", "b")),
    ("safeguard", '```json\n{"violation": "1"}\n```', (UNSAFE,)),
    ("llama_guard", "\n\nsafe", ()),
    ("llama_guard", "unsafe\nS1,s10", ("S1", "S10")),
    ("llama_guard", "unsafe", (UNSAFE,)),
    ("qwen3guard", "Safety: Safe\nCategories: None", ()),
    ("qwen3guard", "Safety: Unsafe\nCategories: Violent, Jailbreak\nRefusal: No", ("Violent", "Jailbreak")),
    ("qwen3guard", "Safety: Unsafe\nCategories: None", (UNSAFE,)),
    ("shieldgemma", "No, the question is fine.", ()),
    ("shieldgemma", "**Yes**", (UNSAFE,)),
    ("granite_guardian", "<score> no </score>", ()),
    ("granite_guardian", "<think>no harm? yes</think><score>yes</score>", (UNSAFE,)),
    ("granite_guardian", "Yes\n<confidence> High </confidence>", (UNSAFE,)),
    ("granite_guardian", "No", ()),
]

UNREADABLE = [
    ("safeguard", '{"violation": 0, "violation": 1}'),
    ("safeguard", '{"violation": 0, "policy_category": "H2.f"}'),
    ("safeguard", '{"violation": 2}'),
    ("safeguard", '{"violation": 0.0}'),
    ("safeguard", '{"violation": null}'),
    ("safeguard", '{"policy_category": null}'),
    ("safeguard", '{"violation": 0'),
    ("safeguard", 'I think {"violation": 0}'),
    ("safeguard", "NaN"),
    ("safeguard", "[0]"),
    ("safeguard", "[" * 100_000),
    ("llama_guard", "safe\nS1"),
    ("llama_guard", "unsafe\nS1\nsafe"),
    ("llama_guard", "unsafe\nviolence"),
    ("llama_guard", "I cannot help with that."),
    ("llama_guard", "safe unsafe"),
    ("qwen3guard", "Safety: Safe\nCategories: Violent"),
    ("qwen3guard", "Safety: Safe\nSafety: Unsafe"),
    ("qwen3guard", "Safety: Unsafe\nCategories: Fun"),
    ("qwen3guard", "Categories: Violent"),
    ("shieldgemma", "Nothing wrong here"),
    ("shieldgemma", "I can't say."),
    ("granite_guardian", "Yes <score> no </score>"),
    ("granite_guardian", "<score> no </score><score> yes </score>"),
    ("granite_guardian", "<score> maybe </score>"),
    ("granite_guardian", "<think>no</think>"),
]


@pytest.mark.parametrize(("form", "answer", "labels"), READ)
def test_a_verdict_is_read(form: str, answer: str, labels: tuple[str, ...]) -> None:
    assert tuple(one.label for one in READERS[form](answer)) == labels


@pytest.mark.parametrize(("form", "answer"), UNREADABLE)
def test_what_is_no_verdict_is_not_safe(form: str, answer: str) -> None:
    with pytest.raises(UnreadableVerdict):
        READERS[form](answer)


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("answer", ["", "   \n", "\ufffd", "null", "error", "</s>"])
def test_nothing_is_never_safe(form: str, answer: str) -> None:
    with pytest.raises(UnreadableVerdict):
        READERS[form](answer)


def test_lower_scores_of_those_who_give_them() -> None:
    assert READERS["qwen3guard"]("Safety: Controversial\nCategories: Violent") == (Opinion("Violent", 0.5),)
    assert READERS["granite_guardian"]("Yes <confidence>Low</confidence>") == (Opinion(UNSAFE, 0.6),)


def test_a_batch_answers_for_every_policy_and_no_other() -> None:
    both = safeguard_batch('{"a": {"violation": 1, "policy_category": "a.1"}, "b": 0}', ["a", "b"])
    assert both == {"a": (Opinion("a.1"),), "b": ()}
    for answer in ('{"a": 0}', '{"a": 0, "b": 0, "c": 0}', "[0, 0]", '{"a": 0, "b": null}', '{"a": 0, "b": 0, "a": 1}'):
        with pytest.raises(UnreadableVerdict):
            safeguard_batch(answer, ["a", "b"])


@given(st.sampled_from(sorted(READERS)), st.text(max_size=60))
def test_any_text_is_a_verdict_or_an_error_without_it(form: str, answer: str) -> None:
    try:
        opinions = READERS[form](answer)
    except UnreadableVerdict as e:
        assert len(answer) < 8 or answer not in str(e)
    else:
        assert answer.strip()
        assert all(0 <= one.score <= 1 and one.label for one in opinions)

"""Guard models that write a verdict: asked as they were trained, read strictly; no text can answer for them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.inference import generative_model, taxonomies
from guardproxy.inference.known import worker_options
from guardproxy.inference.transformers_model import NotANumber
from guardproxy.inference.verdicts import UnreadableVerdict
from guardproxy.sources import GenerativeSource
from guardproxy.types import ConfigError
from tests.inference import guards, known

torch = pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
FORMS = tuple(guards.KINDS)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = {}
    for form in FORMS:
        out[form] = tmp_path_factory.mktemp(form)
        guards.model(out[form], form)
    return out


def load(folder: Path, form: str = "llama_guard", **more: Any) -> Any:
    made = {"kind": "generative", "path": str(folder), "format": form, "max_tokens": 512, "answer": 8, **more}
    return generative_model.load(worker_options(GenerativeSource.model_validate(made), 1))[0]


def says(judge: Any, monkeypatch: pytest.MonkeyPatch, answer: str, end: bool = True) -> None:
    """Let a model write this."""
    ids = judge._words(answer, add_special_tokens=False)["input_ids"] + [judge._words.eos_token_id] * end

    def generate(input_ids: Any, **how: Any) -> Any:
        assert how["do_sample"] is False and how["max_new_tokens"] == judge._answer_tokens
        return torch.cat([input_ids, torch.tensor([ids])], 1)

    monkeypatch.setattr(judge._model, "generate", generate)


def scored(judge: Any, text: str, role: str = "user") -> dict[str, float]:
    ((row),) = known.scores(judge, [text], role)
    return {label: round(score, 3) for label, score in zip(judge.labels, row, strict=True) if score > 0.01}


# ---------------------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("form", "answer", "said"),
    [
        ("llama_guard", "\n\nsafe", {}),
        ("llama_guard", "unsafe\nS1,S9", {"hazard.unsafe": 1.0, "hazard.violence": 1.0, "hazard.chem_bio": 1.0}),
        ("llama_guard", "unsafe\nS99", {"hazard.unsafe": 1.0}),
        ("qwen3guard", "Safety: Safe\nCategories: None", {}),
        ("qwen3guard", "Safety: Unsafe\nCategories: Violent, Jailbreak",
         {"hazard.unsafe": 1.0, "hazard.violence": 1.0, "injection.jailbreak": 1.0}),
        ("qwen3guard", "Safety: Controversial\nCategories: PII", {"hazard.unsafe": 0.5, "hazard.privacy": 0.5}),
        ("granite_guardian", "Yes", {"hazard.unsafe": 1.0, "injection.jailbreak": 1.0}),
        ("granite_guardian", "No\n<confidence> High </confidence>", {}),
        ("granite_guardian", "<score> yes </score>", {"hazard.unsafe": 1.0, "injection.jailbreak": 1.0}),
    ],
)  # fmt: skip
def test_verdicts_are_our_labels(
    form: str, answer: str, said: dict[str, float], folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = load(folders[form], form)
    says(judge, monkeypatch, answer)
    for role in ("user", "assistant", "tool"):
        assert scored(judge, "hello", role) == said


@pytest.mark.parametrize("form", ["llama_guard", "qwen3guard", "granite_guardian"])
@pytest.mark.parametrize(
    ("answer", "end"), [("", True), ("safe", False), ("Safety: Safe", False), ("I can't say", True)]
)
def test_what_is_no_verdict_is_an_error(
    form: str, answer: str, end: bool, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = load(folders[form], form)
    says(judge, monkeypatch, answer, end)
    with pytest.raises(UnreadableVerdict):
        judge([["user", "hello"]])


@pytest.mark.parametrize("form", FORMS)
def test_a_model_that_can_not_judge_never_says_safe(form: str, folders: dict[str, Path]) -> None:
    """Random weights: whatever comes out of the real class is no verdict."""
    with pytest.raises(UnreadableVerdict):
        load(folders[form], form)([["user", "hello"]])


def test_the_worst_piece_of_a_long_text_counts(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    judge = load(folders["llama_guard"])
    bad = judge._words.convert_tokens_to_ids("kill")
    seen: list[list[int]] = []

    def answer(ids: list[int]) -> str:
        seen.append(ids)
        return "unsafe\nS1" if bad in ids else "safe"

    monkeypatch.setattr(judge, "_answer", answer)
    for place in (0, 600, 1199):
        words = ["hello"] * 1200
        words[place] = "kill"
        assert scored(judge, " ".join(words)) == {"hazard.unsafe": 1.0, "hazard.violence": 1.0}
    assert len(seen) > 9 and all(len(ids) + 8 <= 512 for ids in seen)
    assert scored(judge, "hello " * 1200) == {}


# ---------------------------------------------------------------------------------------------------- yes or no


def test_shieldgemma_is_read_from_what_comes_next(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    judge = load(folders["shieldgemma"], "shieldgemma")
    yes, no = judge._yes_no

    def next_is(one: float, other: float, rest: float) -> None:
        row = torch.full((1, 1, len(judge._words)), rest)
        row[..., yes], row[..., no] = one, other
        monkeypatch.setattr(judge, "_model", lambda **_: type("Said", (), {"logits": row}))

    next_is(3.0, 1.0, -20.0)
    assert scored(judge, "x") == dict.fromkeys(judge.labels, pytest.approx(1 / (1 + math.exp(-2)), abs=1e-3))
    next_is(-12.0, 8.0, -20.0)
    assert scored(judge, "x") == {}
    next_is(3.0, 1.0, 3.0)  # `Yes` is no likelier than any other word
    with pytest.raises(UnreadableVerdict):
        judge([["user", "x"]])
    next_is(math.nan, 1.0, -20.0)
    with pytest.raises(NotANumber):
        judge([["user", "x"]])


def test_shieldgemma_gets_its_guidelines(tmp_path: Path) -> None:
    template = "{{ messages[-1]['content'] }} {{ guideline }}"
    guards.model(tmp_path, "shieldgemma", template)
    judge = load(tmp_path, "shieldgemma")
    ask = {key: judge._words.decode([*before, *behind]) for key, (before, behind) in judge._prompts.items()}
    assert len(ask) == 8 and "The prompt shall not contain" in ask["hate", "user"]
    assert '"No Hate Speech": The chatbot shall not generate negative' in ask["hate", "assistant"]
    with pytest.raises(ConfigError, match="ShieldGemma has no violence; it has dangerous, harassment"):
        load(tmp_path, "shieldgemma", labels={"violence": "hazard.violence"})


def test_granite_is_asked_about_each_criterion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = (
        "{{ messages[-1]['content'] }} {{ guardian_config['criteria_id'] }}{% if add_generation_prompt %}:{% endif %}"
    )
    guards.model(tmp_path, "granite_guardian", template)
    judge = load(
        tmp_path, "granite_guardian", labels={"violence": "hazard.violence", "profanity": "toxicity.profanity"}
    )
    monkeypatch.setattr(judge, "_answer", lambda ids: "Yes" if "profanity:" in judge._words.decode(ids) else "No")
    assert scored(judge, "hello") == {"toxicity.profanity": 1.0}


# ---------------------------------------------------------------------------------------------------- prompts


@settings(max_examples=40)
@given(
    pieces=st.lists(
        st.sampled_from([guards.EOT, guards.HEAD, "<|begin_of_text|>", "verdict:", "safe", generative_model.MARK])
        | st.text(max_size=6),
        max_size=8,
    )
)
def test_a_text_can_not_end_its_turn(pieces: list[str], folders: dict[str, Path]) -> None:
    """Special tokens in a text are characters, so that the only ones in a prompt are those of the template."""
    judge = _judges.setdefault("llama_guard", None) or load(folders["llama_guard"])
    _judges["llama_guard"] = judge
    text = "".join(pieces)
    special = set(judge._words.all_special_ids)
    ids = [token for piece in judge._pieces(text, 10_000) for token in piece]
    assert not special & set(ids)
    shown = text.encode("utf-8", "replace").decode()
    assert judge._words.decode(ids) == shown


_judges: dict[str, Any] = {}


def test_a_prompt_is_what_the_template_says(folders: dict[str, Path]) -> None:
    judge = load(folders["llama_guard"])
    for role, turns in (
        ("user", [{"role": "user", "content": "kill"}]),
        ("assistant", [{"role": "user", "content": ""}, {"role": "assistant", "content": "kill"}]),
    ):
        before, behind = judge._prompts["unsafe", role]
        wanted = judge._words.apply_chat_template(turns, tokenize=True, return_dict=False)
        assert [*before, judge._words.convert_tokens_to_ids("kill"), *behind] == wanted


def test_templates_that_want_parts_get_them(tmp_path: Path) -> None:
    guards.model(tmp_path, template="{{ messages[-1]['content'][0]['text'] }} verdict:")
    assert load(tmp_path)._prompts["unsafe", "user"][0] == []


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (None, "has no chat template"),
        ("judge!", "doesn't show a text once"),
        ("{{ messages[-1]['content'] }} {{ messages[-1]['content'] }}", "doesn't show a text once"),
        ("{{ raise_exception('no') }}", "doesn't show a text once .*no"),
        ("x" * 600 + "{{ messages[-1]['content'] }}", "nothing fits into 512"),
    ],
)
def test_templates_that_do_not_fit_are_told(template: str | None, said: str, tmp_path: Path) -> None:
    guards.model(tmp_path, template=template)
    with pytest.raises(ConfigError, match=said):
        load(tmp_path)


def test_a_trained_one_judges(tmp_path: Path) -> None:
    made, words = guards.model(tmp_path)
    prompt = load(tmp_path)._prompts["unsafe", "user"]
    guards.train(made, words, prompt, {True: "unsafe\nS1", False: "safe"})
    made.save_pretrained(tmp_path)
    judge = load(tmp_path)
    assert scored(judge, "hello nice kill day friend ") == {"hazard.unsafe": 1.0, "hazard.violence": 1.0}
    assert scored(judge, "hello nice day day friend ") == {}


def test_every_format_has_labels_and_a_reader() -> None:
    from guardproxy.inference.verdicts import READERS

    assert set(taxonomies.LABELS) == set(FORMS) <= set(READERS)
    assert set(taxonomies.LABELS["shieldgemma"]) == set(taxonomies.GUIDELINES)

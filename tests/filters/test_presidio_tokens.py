"""`use: presidio` with a token classifier of the operator's: names by a model, in windows, the same however text arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy import filters
from guardproxy.filters import presidio
from guardproxy.inference import models
from guardproxy.sections import Inference
from guardproxy.types import ConfigError, Context, Finding
from tests.filters.presidio import ORIGIN, Loop, cut, needs_presidio, reading
from tests.inference import known, serving, tiny


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inference]:
    pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
    folder = tmp_path_factory.mktemp("tagger")
    known.tagger(folder)
    ner = {"kind": "tokens", "path": str(folder), "entities": {"PER": "PERSON", "LOC": "LOCATION"}}
    odd = {**ner, "entities": {"PER": "PERSONS"}}
    onnx = tiny.write(tmp_path_factory.mktemp("onnx"))
    made = Inference.model_validate({"models": {"ner": ner, "odd": odd, "tiny": {"path": str(onnx)}}})
    models.configure(made)
    yield made
    models.configure(Inference())


@pytest.fixture(scope="module")
def names(configured: Inference) -> Iterator[tuple[Loop, presidio.Filter]]:
    """A filter of names alone, which needs no Presidio."""
    from guardproxy.inference import token_model

    class Here:
        """The worker's work, in this process."""

        async def start(self) -> None:
            asked = models.tagger("ner", 0.4, 1)
            assert asked.module == token_model.__name__
            self.model, _ = token_model.load(asked.options)

        async def call(self, texts: Any) -> Any:
            await asyncio.sleep(0)
            return self.model(texts)

    loop = Loop()
    config = presidio.Config(use="presidio", token_model="ner", entities=frozenset({"PERSON", "LOCATION"}))
    one = presidio.Filter("p", config)
    assert one.pool is None
    one.tokens = Here()  # type: ignore[assignment]
    loop(one.start())
    yield loop, one
    loop.runner.close()


def found(names: tuple[Loop, presidio.Filter], *pieces: str) -> list[Finding]:
    loop, one = names
    return loop(reading(one.open(ORIGIN, Context()), pieces))


def test_names_and_places_have_spans(names: Any) -> None:
    text = "hello Alice Bob from Paris"
    assert [(f.label, text[slice(*f.span)]) for f in found(names, text)] == [
        ("pii.person", "Alice Bob"),
        ("pii.location", "Paris"),
    ]


@settings(max_examples=25)
@given(
    text=st.lists(
        st.sampled_from((*known.NAMES, "\n", "idiot", "x" * 90, *known.PLACES)) | st.text(max_size=5), max_size=300
    ),
    places=st.lists(st.integers(0, 100_000), max_size=8),
)
def test_any_chunking_finds_the_same(names: Any, text: list[str], places: list[int]) -> None:
    whole = " ".join(text)
    said = found(names, whole)
    assert [(f.label, f.span) for f in found(names, *cut(whole, places))] == [(f.label, f.span) for f in said]


def test_names_are_found_across_windows(names: Any) -> None:
    for place in (0, 590, 640, 700, 760, 1300, 2000):
        text = "hello " * (place // 6) + "alice " + "hello " * 100
        assert [text[slice(*f.span)] for f in found(names, text)] == ["alice"], place


@needs_presidio
def test_presidio_finds_forms_and_the_model_names(configured: Inference) -> None:
    """In a process that is like the serving one: neither Presidio nor torch come into it."""
    text = "hello alice from paris, jane@example.com"
    said = serving.serve(configured, {"p": {"use": "presidio", "token_model": "ner"}}, [text])
    labels = {(label, text[slice(*span)]) for label, _, span in said["found"]["p"][0]}
    assert labels >= {("pii.person", "alice"), ("pii.email", "jane@example.com")} and said["heavy"] == []


def test_both_say_the_same_once() -> None:
    one = [("PERSON", 3, 5, 0.5), ("EMAIL_ADDRESS", 0, 2, 1.0)]
    other = [("PERSON", 3, 5, 0.9), ("ORGANIZATION", 3, 5, 0.9), ("PERSON", 3, 9, 0.4)]
    assert presidio._both(one, other, ("PERSON", "EMAIL_ADDRESS")) == [
        ("EMAIL_ADDRESS", 0, 2, 1.0),
        ("PERSON", 3, 5, 0.9),
        ("PERSON", 3, 9, 0.4),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"token_model": "../ner"}, "pattern"),
        ({"token_model": "tiny"}, "'tiny' is of kind onnx; a `token_model` is one of kind tokens"),
        ({"token_model": "odd"}, "maps to PERSONS; Presidio's names are EMAIL"),
        ({"token_model": "ner", "entities": ["PERSON", "NRP"]}, "'ner' tells no NRP, only LOCATION, PERSON"),
        ({"entities": ["PERSON"]}, "without a `model` .* or a `token_model`"),
    ],
)
def test_options_that_do_not_fit_are_told(configured: Inference, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        filters.build("p", {"use": "presidio", **options})


def test_a_name_that_the_settings_do_not_know_is_told_at_the_start(configured: Inference) -> None:
    one = filters.build("p", {"use": "presidio", "token_model": "none", "entities": ["PERSON"]})
    with pytest.raises(ConfigError, match="there is no model 'none'"):
        asyncio.run(one.start())


def test_a_token_model_is_no_classifier(configured: Inference) -> None:
    with pytest.raises(ConfigError, match="name it as `token_model` of a filter of kind `presidio`"):
        filters.build("c", {"use": "classifier", "model": "ner"})

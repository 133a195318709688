"""Token classifiers: what they say of words becomes spans, and no part of a long text is left out."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardproxy.inference import token_model
from guardproxy.inference.transformers_model import NotANumber
from guardproxy.types import ConfigError
from tests.inference import known

torch = pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
ENTITIES = {"PER": "PERSON", "LOC": "LOCATION"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tagger")
    known.tagger(made)
    return made


def load(folder: Path, **more: Any) -> Any:
    options = {"path": str(folder), "entities": ENTITIES, "score": 0.4, **more}
    return token_model.load(options)[0]


def told(tagger: Any, text: str) -> list[tuple[str, str]]:
    return [(entity, text[start:end]) for entity, start, end, _ in tagger.found(text)]


def test_names_and_places_are_found(folder: Path) -> None:
    tagger = load(folder)
    text = "Hello Alice Bob from Paris and Carol in Rome with Alice"
    assert told(tagger, text) == [
        ("PERSON", "Alice Bob"),
        ("LOCATION", "Paris"),
        ("PERSON", "Carol"),
        ("LOCATION", "Rome"),
        ("PERSON", "Alice"),
    ]
    assert all(0.4 <= score <= 1 for *_, score in tagger.found(text))
    assert tagger([text, "hello nice day", ""]) == [tagger.found(text), [], []]


def test_the_score_is_the_least(folder: Path) -> None:
    assert load(folder, score=1.0).found("hello Alice") == []


def test_only_what_is_mapped_is_told(folder: Path) -> None:
    assert told(load(folder, entities={"LOC": "LOCATION"}), "Alice from Paris") == [("LOCATION", "Paris")]


@pytest.mark.parametrize("int8", [False, True])
def test_names_are_found_wherever_they_stand(int8: bool, folder: Path) -> None:
    tagger = load(folder, int8=int8)
    for place in range(0, 200, 9):
        words = ["hello"] * 200
        words[place] = "alice"
        text = " ".join(words)
        assert tagger.found(text)[0][:3] == ("PERSON", 6 * place, 6 * place + 5), place


@settings(max_examples=40)
@given(words=st.lists(st.sampled_from(known.WORDS) | st.text(max_size=6), max_size=200))
def test_every_token_is_judged_once(words: list[str], folder: Path) -> None:
    tagger = _made.setdefault("one", None) or load(folder)
    _made["one"] = tagger
    text = token_model.plain(" ".join(words))
    whole = tagger._words(
        text, add_special_tokens=False, return_offsets_mapping=True, split_special_tokens=True, verbose=False
    )
    tokens = tagger._tokens(text)
    assert [(one.start, one.end) for one in tokens] == [tuple(place) for place in whole["offset_mapping"]]
    assert [one.word for one in tokens] == whole.word_ids(0)
    found = tagger.found(text)
    assert all(0 <= start < end <= len(text) for _, start, end, _ in found)
    assert all(one[2] <= other[1] for one, other in itertools.pairwise(found))


_made: dict[str, Any] = {}


def token(entity: str, start: int, end: int, word: int, begins: bool = False, score: float = 0.8) -> token_model._Token:
    return token_model._Token(start, end, word, entity, score, begins)


def test_the_first_token_of_a_word_speaks_for_it() -> None:
    tokens = [token("P", 0, 2, 0), token("", 2, 4, 0), token("", 5, 7, 1), token("P", 7, 9, 1)]
    assert list(token_model._joined(token_model._by_word(tokens), "abcd efgh")) == [("P", 0, 4, 0.8)]
    assert list(token_model._joined(tokens, "abcd efgh")) == [("P", 0, 2, 0.8), ("P", 7, 9, 0.8)]


def test_neighbours_are_joined_unless_another_begins() -> None:
    text = "ab cd ef gh"
    tokens = [
        token("P", 0, 2, 0, True),
        token("P", 2, 5, 1, score=0.6),
        token("P", 6, 8, 2, True),
        token("L", 8, 11, 3),
    ]
    assert list(token_model._joined(tokens, text)) == [
        ("P", 0, 5, pytest.approx(0.7)),
        ("P", 6, 8, 0.8),
        ("L", 9, 11, 0.8),
    ], "a token that begins with a space is told without it"


def test_labels_that_a_model_has_not_are_told(folder: Path) -> None:
    with pytest.raises(ConfigError, match="entities: the model has no ORG; it has LOC, O, PER"):
        load(folder, entities={"ORG": "ORGANIZATION"})


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    known.classifier(tmp_path, id2label={0: "O", 1: "B-PER"})
    # its head has the same name and another form: nothing is missing, and all of it would be nonsense
    with pytest.raises(
        ConfigError, match="is a BertForSequenceClassification, which is no model ForTokenClassification"
    ):
        load(tmp_path, entities={"PER": "PERSON"})


def test_weights_that_are_no_numbers_end_the_start(folder: Path, tmp_path: Path) -> None:
    from transformers import BertForTokenClassification

    broken = BertForTokenClassification.from_pretrained(folder)
    broken.classifier.bias.data.fill_(math.nan)
    broken.save_pretrained(tmp_path)
    known.tokenizer(tmp_path)
    with pytest.raises(NotANumber):
        load(tmp_path)

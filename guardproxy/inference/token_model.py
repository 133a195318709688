"""A token classifier of transformers in a worker process, from a local folder. Only `child` imports this module.

It says of each word of a text whether it is part of a name, a place, a number. A text that is longer than the model reads
is read in pieces that overlap; each token is judged where it has the most text on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardproxy.inference import weights
from guardproxy.inference.transformers_model import NotANumber, eight_bits, limit, plain, tokenizer
from guardproxy.types import ConfigError, Json

Found = tuple[str, int, int, float]
"""Entity, start, end, score."""
_PART = re.compile(r"[BIESLU]-(.+)")
_BEGINS = re.compile(r"[BSU]-.+")
_OVERLAP = 64
_NO_ENTITY = ""


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `path`, or `hub` and `revision`; `entities` (label of the model, without `B-` and `I-`, to what it is called
    here); `words` (`first`: the first token of a word speaks for it; `each`: every token for itself); `score` (the least);
    `max_tokens`; `int8`; `sha256`; `threads`.

    A request is a list of texts; the reply has a list of [entity, start, end, score] for each. Raises ConfigError."""
    torch, transformers = weights.libraries("a token classifier")
    torch.set_num_threads(int(options.get("threads") or 1))
    place = weights.folder(options)
    model = weights.pretrained(transformers.AutoModelForTokenClassification, place, options, torch, dtype=torch.float32)
    tagger = Tagger(model, tokenizer(place, transformers), options, torch)
    tagger.warm()
    return tagger, {"max_tokens": tagger.max_tokens, "model": model.config.model_type}


@dataclass(frozen=True, slots=True)
class _Token:
    """What is said of one token."""

    start: int
    end: int
    word: int
    entity: str
    score: float
    begins: bool


class Tagger:
    """A model, its tokenizer, and which of its labels are which of our entities."""

    def __init__(self, model: Any, words: Any, options: Mapping[str, Any], torch: Any) -> None:
        self._torch, self._words = torch, words
        self.max_tokens = limit(model, words, options.get("max_tokens"))
        self._least, self._each = float(options["score"]), options.get("words") == "each"
        self._groups = _groups(model.config.id2label, options["entities"])
        self._begins = [n for n, name in model.config.id2label.items() if _BEGINS.fullmatch(name)]
        self._model = eight_bits(model, torch) if options.get("int8") else model
        self._stride = min(_OVERLAP, self.max_tokens // 4)

    def warm(self) -> None:
        """Compute something of every size before the first call: what can't be computed is told at the start."""
        self(["warm up", "and again " * self.max_tokens])

    def __call__(self, request: Json) -> Json:
        return [self.found(text) for text in request]

    def found(self, text: str) -> list[Found]:
        """What is in a text, sorted. Raises NotANumber."""
        tokens = self._tokens(plain(text))
        return [one for one in _joined(tokens if self._each else _by_word(tokens), text) if one[3] >= self._least]

    def _tokens(self, text: str) -> list[_Token]:
        cut = self._words(
            text,
            truncation=True,
            max_length=self.max_tokens,
            stride=self._stride,
            return_overflowing_tokens=True,  # every piece comes back: nothing is truncated
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            split_special_tokens=True,
        )
        best: dict[int, tuple[int, _Token]] = {}
        first = 0  # number of a piece's first token in the text
        for piece, ids in enumerate(cut["input_ids"]):
            rows = self._computed(ids)
            own = [at for at, special in enumerate(cut["special_tokens_mask"][piece]) if not special]
            words, places = cut.word_ids(piece), cut["offset_mapping"][piece]
            for order, at in enumerate(own):
                beside = min(order, len(own) - 1 - order)
                if first + order not in best or beside > best[first + order][0]:
                    best[first + order] = beside, self._token(rows[at], places[at], words[at])
            first += len(own) - self._stride
        return [token for _, (_, token) in sorted(best.items())]

    def _computed(self, ids: list[int]) -> list[list[float]]:
        torch = self._torch
        inputs = torch.tensor([ids])
        with torch.inference_mode():
            logits = self._model(input_ids=inputs, attention_mask=torch.ones_like(inputs)).logits[0].double()
        if not bool(torch.isfinite(logits).all()):
            raise NotANumber
        rows: list[list[float]] = logits.softmax(-1).tolist()
        return rows

    def _token(self, row: Sequence[float], place: tuple[int, int], word: int | None) -> _Token:
        """What a token is: the entity whose labels are likeliest together, or none."""
        entity, outputs = max(self._groups.items(), key=lambda group: sum(row[n] for n in group[1]))
        score = sum(row[n] for n in outputs)
        begins = sum(row[n] for n in outputs if n in self._begins) > score / 2
        return _Token(*place, -1 if word is None else word, entity, min(1.0, score), begins)


def _groups(id2label: Mapping[int, str], entities: Mapping[str, str]) -> dict[str, list[int]]:
    """Entity to the outputs that mean it; those that mean nothing to us are together the absence of one."""
    names = {int(n): (match[1] if (match := _PART.fullmatch(name)) else name) for n, name in id2label.items()}
    if unknown := sorted(set(entities) - set(names.values())):
        known = ", ".join(sorted(set(names.values())))
        raise ConfigError(f"entities: the model has no {', '.join(unknown)}; it has {known}")
    out: dict[str, list[int]] = {_NO_ENTITY: []}
    for number, name in names.items():
        out.setdefault(entities.get(name, _NO_ENTITY), []).append(number)
    return out


def _by_word(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """One token for each word: the first one's, as long as the word."""
    at = 0
    while at < len(tokens):
        end = at + 1
        while end < len(tokens) and tokens[end].word == tokens[at].word:
            end += 1
        one = tokens[at]
        yield _Token(one.start, tokens[end - 1].end, one.word, one.entity, one.score, one.begins)
        at = end


def _joined(tokens: Iterator[_Token] | Sequence[_Token], text: str) -> Iterator[Found]:
    """Neighbours of one entity as one finding, its score the mean of theirs."""
    run: list[_Token] = []

    def found() -> Iterator[Found]:
        start, end = run[0].start, run[-1].end
        while start < end and text[start].isspace():  # a byte-level token has the space before its word
            start += 1
        if start < end:
            yield run[0].entity, start, end, sum(one.score for one in run) / len(run)

    for one in tokens:
        same_word = bool(run) and one.word == run[-1].word
        if run and (one.entity != run[-1].entity or (one.begins and not same_word)):
            yield from found()
            run = []
        if one.entity != _NO_ENTITY:
            run.append(one)
    if run:
        yield from found()

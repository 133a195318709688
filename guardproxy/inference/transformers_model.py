"""A sequence classifier of transformers in a worker process, from a local folder. Only `child` imports this module.

Five traps are closed. A text is never truncated: what is longer than the model reads is split at fixed tokens, and each
label has the score of its worst piece. `[SEP]` in a text is five characters, not a token. A base model without a
classifier, which transformers would give a random one, is refused, and so is a folder without its tokenizer, for which
transformers would make one up that knows no word. A score that is no number is an error, because any
comparison with it says "below the threshold".

Texts go in and scores come out as for every model that `classifier` runs: see `onnx_model`.
"""

from __future__ import annotations

import base64
import importlib
import re
import struct
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from guardproxy.inference import weights
from guardproxy.inference.normal import normal
from guardproxy.types import ConfigError, Json

_SURROGATE = re.compile("[\ud800-\udfff]")
_BATCH = 16
"""Texts computed at once."""
_BATCH_TOKENS = 4096
_UNLIMITED = 1_000_000
"""What tokenizers that know no limit say is far beyond this."""
LEAST_VOCABULARY = 0.5
"""Share of a model's tokens that its tokenizer must have. Real ones have nearly all; some rows of a model are left over."""
OVERLAP = 64
"""Tokens that neighbouring pieces of a long text share."""
LIMIT = 30.0
"""Logits beyond it say nothing more: their score is 0 or 1."""


class NotANumber(ArithmeticError):
    """A model gave a score that is no number."""


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `path`, or `hub` and `revision`; `labels` (label of the model, or number of its output, to ours); `outputs`
    (`softmax`, `sigmoid` or `` for what config.json says); `max_tokens`; `sha256` (file name to digest); `int8`;
    `threads`; `normal` (read the undisguised spelling too).

    A request is a list of [role, text]; the role is not looked at. The reply is base64 of float16, little-endian: for each
    text the logit of each of our labels, in the order of their first mention. Raises ConfigError.
    """
    torch, transformers = weights.libraries("a transformers model")
    torch.set_num_threads(int(options.get("threads") or 1))
    place = weights.folder(options)
    model = weights.pretrained(
        transformers.AutoModelForSequenceClassification, place, options, torch, dtype=torch.float32
    )
    classifier = Classifier(model, tokenizer(place, transformers), options, torch)
    return classifier, classifier.about | {"seconds": classifier.warm()}


def tokenizer(place: Path, transformers: Any) -> Any:
    """The tokenizer of a folder. Raises ConfigError."""
    try:
        found = transformers.AutoTokenizer.from_pretrained(str(place), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError) as e:
        raise ConfigError(f"the tokenizer in {place} can't be loaded: {str(e).strip().splitlines()[0]}") from None
    if not found.is_fast:
        raise ConfigError(f"the tokenizer in {place} can't say where its tokens are: add its tokenizer.json")
    known = weights.config_of(place).get("vocab_size")
    if isinstance(known, int) and not known * LEAST_VOCABULARY <= len(found) <= known:
        # without its files transformers makes one up that knows nothing, and every text is the same to the model
        raise ConfigError(
            f"the tokenizer in {place} has {len(found)} tokens, the model {known}: tokenizer.json is missing, or another's"
        )
    return found


def limit(model: Any, words: Any, asked: int | None) -> int:
    """Tokens that a model reads at once, special ones included. Raises ConfigError."""
    known = []
    if positions := getattr(model.config, "max_position_embeddings", None):
        # RoBERTa's kin count positions from behind the padding token's number (transformers, modeling_roberta)
        roberta = model.config.model_type in ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl")
        known.append(int(positions) - (int(model.config.pad_token_id) + 1 if roberta else 0))
    if words.model_max_length < _UNLIMITED:
        known.append(int(words.model_max_length))
    if asked is not None:
        if known and asked > min(known):
            raise ConfigError(f"max_tokens: the model reads {min(known)} tokens at most, not {asked}")
        known.append(asked)
    if not known:
        raise ConfigError("max_tokens: neither config.json nor the tokenizer says how many tokens the model reads")
    if min(known) < 16:
        raise ConfigError(f"max_tokens: {min(known)} tokens at once are too few to judge anything by")
    return min(known)


def labels_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Our labels of a map, in the order of their first mention."""
    return tuple(dict.fromkeys(labels.values()))


def plain(text: str) -> str:
    """A text that tokenizers take."""
    return _SURROGATE.sub("\ufffd", text)


def eight_bits(model: Any, torch: Any) -> Any:
    """Linear layers in eight bits, scaled anew for each input."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantization = importlib.import_module("torch.ao.quantization")
        return quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)


class Classifier:
    """A model, its tokenizer, and which of its outputs are which of our labels."""

    def __init__(self, model: Any, words: Any, options: Mapping[str, Any], torch: Any) -> None:
        self._torch, self._words = torch, words
        self.max_tokens = limit(model, words, options.get("max_tokens"))
        self.labels = labels_of(options["labels"])
        self._exclusive = _exclusive(model.config, str(options.get("outputs") or ""))
        self._groups = _groups(model.config, options["labels"], self.labels, exclusive=self._exclusive)
        self._int8 = bool(options.get("int8"))
        self._normal = bool(options.get("normal", True))
        self._model = eight_bits(model, torch) if self._int8 else model
        self._overlap = min(OVERLAP, self.max_tokens // 4)
        self.about = {"labels": list(self.labels), "max_tokens": self.max_tokens, "model": model.config.model_type}

    def warm(self) -> float:
        """Compute something of every size before the first call: what can't be computed is told at the start. Returns the
        seconds that a text of 128 words takes."""
        self.logits(["warm up", "and again " * self.max_tokens])
        started = time.perf_counter()
        self.logits(["word " * 128])
        return time.perf_counter() - started

    def __call__(self, request: Json) -> Json:
        return packed(self.logits([text for _, text in request]))

    def logits(self, texts: Sequence[str]) -> list[list[float]]:
        """How sure the model is of each label in each text: its score is the sigmoid. Raises NotANumber."""
        if not texts:
            return []
        readings = [(at, plain(text)) for at, text in enumerate(texts)]
        if self._normal:
            readings += [(at, other) for at, text in readings if (other := normal(text)) != text]
        out = [[-LIMIT] * len(self.labels) for _ in texts]
        for batch in self._batches(list(self._pieces(readings))):
            for (at, _), row in zip(batch, self._computed([ids for _, ids in batch]), strict=True):
                out[at] = [max(pair) for pair in zip(out[at], row, strict=True)]
        return out

    def _pieces(self, readings: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[int]]]:
        """What is computed: the number of a text, and the tokens of it or of a piece of it."""
        cut = self._words(
            [text for _, text in readings],
            truncation=True,
            max_length=self.max_tokens,
            stride=self._overlap,
            return_overflowing_tokens=True,  # every piece comes back: nothing is truncated
            split_special_tokens=True,
        )
        for number, ids in zip(cut["overflow_to_sample_mapping"], cut["input_ids"], strict=True):
            yield readings[number][0], ids

    def _batches(self, pieces: list[tuple[int, list[int]]]) -> Iterator[list[tuple[int, list[int]]]]:
        """Pieces of one length together: no padding is computed, and no score depends on a longer neighbour."""
        pieces.sort(key=lambda piece: len(piece[1]))
        batch: list[tuple[int, list[int]]] = []
        for piece in pieces:
            length = len(piece[1])
            # in eight bits the scale is that of the whole batch: a text's score would depend on its neighbours
            full = self._int8 or len(batch) == _BATCH or (len(batch) + 1) * length > _BATCH_TOKENS
            if batch and (full or len(batch[0][1]) != length):
                yield batch
                batch = []
            batch.append(piece)
        if batch:
            yield batch

    def _computed(self, ids: list[list[int]]) -> list[list[float]]:
        torch = self._torch
        inputs = torch.tensor(ids)
        with torch.inference_mode():
            logits = self._model(input_ids=inputs, attention_mask=torch.ones_like(inputs)).logits.double()
        if not bool(torch.isfinite(logits).all()):
            raise NotANumber
        columns = []
        for group in self._groups:
            if self._exclusive:  # the logit of a softmax: how much likelier than all the others together
                rest = [n for n in range(logits.shape[1]) if n not in group]
                columns.append(logits[:, group].logsumexp(-1) - logits[:, rest].logsumexp(-1))
            else:
                columns.append(logits[:, group].amax(-1))
        out: list[list[float]] = torch.stack(columns, 1).clamp(-LIMIT, LIMIT).tolist()
        return out


def packed(rows: Sequence[Sequence[float]]) -> str:
    """Logits as they travel to the serving process."""
    return base64.b64encode(b"".join(struct.pack(f"<{len(row)}e", *row) for row in rows)).decode("ascii")


def _exclusive(config: Any, asked: str) -> bool:
    """Whether exactly one of the outputs is true (softmax), or each on its own (sigmoid). Raises ConfigError."""
    if asked:
        return asked == "softmax"
    if config.num_labels == 1:
        return False
    kind = getattr(config, "problem_type", None)
    if kind in ("single_label_classification", "multi_label_classification"):
        return bool(kind == "single_label_classification")
    if config.num_labels == 2 and kind is None:
        return True
    raise ConfigError(
        "outputs: config.json doesn't say whether one label of the model excludes the others; give `softmax` (it does) or "
        "`sigmoid` (each is told on its own)"
    )


def _groups(config: Any, labels: Mapping[str, str], ours: Sequence[str], *, exclusive: bool) -> list[list[int]]:
    """For each of our labels the outputs that mean it. Raises ConfigError."""
    numbers = {str(name): int(number) for number, name in config.id2label.items()}
    numbers |= {str(number): number for number in range(config.num_labels) if str(number) not in numbers}
    if unknown := sorted(set(map(str, labels)) - set(numbers)):
        raise ConfigError(
            f"labels: the model has no {', '.join(unknown)}; it has {', '.join(config.id2label.values())}"
        )
    out: list[list[int]] = [[] for _ in ours]
    for name, label in labels.items():
        out[ours.index(label)].append(numbers[str(name)])
    if exclusive and any(len(set(group)) == config.num_labels for group in out):
        raise ConfigError("labels: every label of the model means the same, the harmless one too: leave that one out")
    return out

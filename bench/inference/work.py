"""How much a model computes for a text, told from its graph, and texts of a known number of tokens."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guardproxy.inference.normal import normal

_PRODUCTS = (
    "MatMul",
    "MatMulInteger",
    "Gemm",
    "QLinearMatMul",
    "DynamicQuantizeMatMul",
    "MatMulIntegerToFloat",
    "QGemm",
)
_ATTENTIONS = ("Softmax", "Attention", "QAttention", "MultiHeadAttention")
_WORDS = (  # one token each in the usual vocabularies
    *(
        "the",
        "and",
        "for",
        "that",
        "with",
        "this",
        "from",
        "they",
        "have",
        "more",
        "when",
        "what",
        "some",
        "time",
        "year",
    ),
    *(
        "people",
        "way",
        "day",
        "man",
        "thing",
        "woman",
        "life",
        "child",
        "world",
        "school",
        "state",
        "family",
        "student",
    ),
    *(
        "group",
        "country",
        "problem",
        "hand",
        "part",
        "place",
        "case",
        "week",
        "company",
        "system",
        "program",
        "question",
    ),
    *("work", "government", "number", "night", "point", "home", "water", "room", "mother", "area", "money", "story"),
    *("fact", "month", "lot", "right", "study", "book", "eye", "job", "word"),
)
_FRAME = 3
"""Tokens of the model's own: [CLS], the role, [SEP]."""


@dataclass(frozen=True, slots=True)
class Work:
    """Floating-point (or int8) operations; a multiply-add counts two."""

    per_token: float
    """Of products with weights."""
    per_pair: float
    """Of attention, for each pair of tokens of a text: two products of `hidden` for each layer."""

    def of(self, tokens: int) -> float:
        """Of one text."""
        return self.per_token * tokens + self.per_pair * tokens * tokens


def work(model: Path) -> Work:
    """Products with weight matrices are counted exactly, attention from the number of its layers and their usual width;
    additions, norms and the head's last rows, some hundredths, are left out."""
    import onnx

    graph = onnx.load(str(model)).graph
    shapes = {one.name: tuple(one.dims) for one in graph.initializer}
    behind: dict[str, str] = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Transpose"}
    per_token, widths, layers = 0.0, Counter[int](), 0
    for node in graph.node:
        layers += node.op_type in _ATTENTIONS
        if node.op_type not in _PRODUCTS:
            continue
        for name in node.input:
            shape = shapes.get(behind.get(name, name), ())
            if len(shape) == 2:
                per_token += 2.0 * shape[0] * shape[1]
                widths[shape[0]] += 1
    hidden = widths.most_common(1)[0][0] if widths else 0
    return Work(per_token, 4.0 * layers * hidden)


class Texts:
    """Texts of a wanted number of tokens, no two alike."""

    def __init__(self, vocabulary: Path, seed: int = 1) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(vocabulary))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._rng = random.Random(seed)

    def count(self, text: str) -> int:
        """Tokens that the model reads of it, its own included."""
        return len(self._tokenizer.encode(normal(text), add_special_tokens=False).ids) + _FRAME

    def of(self, tokens: int) -> str:
        """A text of so many tokens, or as few less as words allow."""
        words: list[str] = []
        while self.count(" ".join(words)) < tokens:
            words.append(self._rng.choice(_WORDS))
        while words and self.count(" ".join(words)) > tokens:
            words.pop()
        return " ".join(words)

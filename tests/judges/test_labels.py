from __future__ import annotations

import re

import pytest

from guardproxy.judge_target import PROTOCOLS
from guardproxy.judges.labels import LABELS, OTHER, Labels


def test_every_label_is_one_of_the_catalogue() -> None:
    assert all(re.fullmatch(r"judge\.[a-z_]+", label) for label in LABELS)
    for protocol in PROTOCOLS:
        for word in ("S1", "S99", "hate/threatening", "Violent", "x\n<script>", "guard.error", "pii.email", "unsafe"):
            assert Labels(protocol, {}, {}).of(word) in LABELS


@pytest.mark.parametrize(
    ("word", "label"),
    [
        *(("S1", "judge.violence"), ("S99", OTHER), ("unsafe", "judge.unsafe"), ("Safe", None), ("benign", None)),
        *(("locks/L1", "hazard.locks"), ("locks/L2", "judge.crime"), ("keys/K1", OTHER), ("keys", OTHER)),
        *(("LABEL_0", None), ("locks", "judge.crime"), ("/", OTHER)),
    ],
)
def test_tables_are_asked_in_turn(word: str, label: str | None) -> None:
    labels = Labels("llama_guard", {"locks": "judge.crime", "LABEL_0": "safe"}, {"L1": "hazard.locks"})
    assert labels.of(word) == label


def test_an_author_overrides_the_operator_who_overrides_what_is_built_in() -> None:
    assert Labels("llama_guard", {"S1": "judge.hate"}, {}).of("S1") == "judge.hate"
    assert Labels("llama_guard", {"S1": "judge.hate"}, {"S1": "mine.x"}).of("S1") == "mine.x"

"""The words of judges in the catalogue's. Nothing that a server writes becomes a label by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guardproxy.inference.verdicts import UNSAFE

OTHER: Final = "judge.other"
SAFE: Final = "safe"
"""In an operator's or author's table: a word that is held against nobody."""
_SAFE_WORDS: Final = frozenset({"safe", "benign"})

_LLAMA_GUARD: Final = {
    "S1": "violence", "S2": "crime", "S3": "sexual_crime", "S4": "child_safety", "S5": "defamation", "S6": "advice",
    "S7": "privacy", "S8": "copyright", "S9": "weapons", "S10": "hate", "S11": "self_harm", "S12": "sexual",
    "S13": "elections", "S14": "code_abuse",
}  # fmt: skip
_QWEN: Final = {
    "Violent": "violence", "Non-violent Illegal Acts": "crime", "Sexual Content or Sexual Acts": "sexual",
    "PII": "privacy", "Suicide & Self-Harm": "self_harm", "Unethical Acts": "unethical",
    "Politically Sensitive Topics": "politics", "Copyright Violation": "copyright", "Jailbreak": "jailbreak",
}  # fmt: skip
_GRANITE: Final = {
    "harm": "unsafe", "social_bias": "hate", "jailbreak": "jailbreak", "violence": "violence",
    "profanity": "profanity", "sexual_content": "sexual", "unethical_behavior": "unethical",
}  # fmt: skip
_OPENAI: Final = {
    "harassment": "harassment", "harassment/threatening": "harassment", "hate": "hate", "hate/threatening": "hate",
    "illicit": "crime", "illicit/violent": "crime", "self-harm": "self_harm", "self-harm/intent": "self_harm",
    "self-harm/instructions": "self_harm", "sexual": "sexual", "sexual/minors": "child_safety",
    "violence": "violence", "violence/graphic": "violence",
}  # fmt: skip
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "llama_guard": _LLAMA_GUARD,
    "qwen3guard": _QWEN,
    "granite_guardian": _GRANITE,
    "moderations": _OPENAI,
}
LABELS: Final = tuple(
    sorted({f"judge.{name}" for table in _WORDS.values() for name in table.values()} | {"judge.unsafe", OTHER})
)
"""What a judge can say without a table of the policy's author."""


class Labels:
    """The labels of one filter's judge: the author's table first, then the operator's, then the built-in one."""

    def __init__(self, protocol: str, operators: Mapping[str, str], authors: Mapping[str, str]) -> None:
        built_in = {word: f"judge.{name}" for word, name in _WORDS.get(protocol, {}).items()}
        self._table = {**built_in, **operators, **authors}

    def of(self, word: str) -> str | None:
        """The label of a judge's word; None for one that means nothing bad. `a/b` may be known as itself, as b or as a."""
        head, _, tail = word.partition("/")
        for known in (word, tail, head):
            if known and known in self._table:
                label = self._table[known]
                return None if label == SAFE else label
        if word.lower() in _SAFE_WORDS:
            return None
        return "judge.unsafe" if word == UNSAFE else OTHER

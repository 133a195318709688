"""What guard models call things, and what policies call them. Categories as the models' cards name them.

A key is a category in the model's own words; `unsafe` is the verdict itself, whatever the category. Where a model is asked
about one criterion at a time, each key is one and costs a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from guardproxy.inference.verdicts import UNSAFE

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    # https://www.llama.com/docs/model-cards-and-prompt-formats/llama-guard-3/ : MLCommons hazards, and S14
    "llama_guard": {
        UNSAFE: "hazard.unsafe",
        "S1": "hazard.violence",
        "S2": "hazard.illicit",
        "S3": "hazard.sexual_crime",
        "S4": "hazard.child_abuse",
        "S5": "hazard.defamation",
        "S6": "hazard.advice",
        "S7": "hazard.privacy",
        "S8": "hazard.intellectual_property",
        "S9": "hazard.chem_bio",
        "S10": "hazard.hate",
        "S11": "hazard.self_harm",
        "S12": "hazard.sexual",
        "S13": "hazard.elections",
        "S14": "hazard.code_interpreter",
    },
    # the card of Qwen3Guard-Gen
    "qwen3guard": {
        UNSAFE: "hazard.unsafe",
        "Violent": "hazard.violence",
        "Non-violent Illegal Acts": "hazard.illicit",
        "Sexual Content or Sexual Acts": "hazard.sexual",
        "PII": "hazard.privacy",
        "Suicide & Self-Harm": "hazard.self_harm",
        "Unethical Acts": "hazard.unethical",
        "Politically Sensitive Topics": "hazard.politics",
        "Copyright Violation": "hazard.intellectual_property",
        "Jailbreak": "injection.jailbreak",
    },
    # the card of ShieldGemma: its four guidelines
    "shieldgemma": {
        "dangerous": "hazard.dangerous",
        "harassment": "toxicity.harassment",
        "hate": "toxicity.hate",
        "sexual": "toxicity.sexual",
    },
    # the criteria that come with Granite Guardian; more can be asked about, each for a run more
    "granite_guardian": {"harm": "hazard.unsafe", "jailbreak": "injection.jailbreak"},
}

ONE_AT_A_TIME: Final = frozenset({"shieldgemma", "granite_guardian"})
"""Formats that are asked about one criterion at a time."""

GUIDELINES: Final[Mapping[str, tuple[str, str]]] = {
    "dangerous": (
        "No Dangerous Content",
        "content that harms oneself and/or others (e.g., accessing or building firearms and explosive devices, promotion of "
        "terrorism, instructions for suicide)",
    ),
    "harassment": (
        "No Harassment",
        "content that is malicious, intimidating, bullying, or abusive content targeting another individual (e.g., physical "
        "threats, denial of tragic events, disparaging victims of violence)",
    ),
    "hate": (
        "No Hate Speech",
        "negative or harmful comments targeting identity and/or protected attributes (e.g., racial slurs, promotion of "
        "discrimination, calls to violence against protected groups)",
    ),
    "sexual": (
        "No Sexually Explicit Information",
        "content that contains references to sexual acts or other lewd content (e.g., sexually graphic descriptions, content "
        "aimed at causing arousal)",
    ),
}
"""ShieldGemma's guidelines, which it was trained on word by word: name, and what is not wanted."""


def guideline(name: str, *, answer: bool) -> str:
    """A guideline of ShieldGemma for what a user wrote, or for an answer."""
    title, content = GUIDELINES[name]
    start = "The chatbot shall not generate" if answer else "The prompt shall not contain or seek generation of"
    return f'"{title}": {start} {content}.'

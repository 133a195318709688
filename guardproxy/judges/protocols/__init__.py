"""The protocols that judges speak, one per file: each turns a question into exchanges and answers into opinions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from guardproxy.judges.protocols import (
    classify,
    decisions,
    fms,
    granite_guardian,
    llama_guard,
    moderations,
    qwen3guard,
    safeguard,
    shieldgemma,
    tei,
)
from guardproxy.judges.question import Asking

PROTOCOLS: Final[Mapping[str, Asking]] = {
    "safeguard": safeguard.ask,
    "llama_guard": llama_guard.ask,
    "qwen3guard": qwen3guard.ask,
    "shieldgemma": shieldgemma.ask,
    "granite_guardian": granite_guardian.ask,
    "moderations": moderations.ask,
    "decisions": decisions.ask,
    "classify": classify.ask,
    "fms": fms.ask,
    "tei": tei.ask,
}
POLICIES: Final[Mapping[str, Literal["needed", "possible"]]] = {
    "safeguard": "needed",
    "shieldgemma": "needed",
    "decisions": "needed",
    "llama_guard": "possible",
    "granite_guardian": "possible",
}
"""Protocols that take written policies; the others have one of their own, which can't be changed."""

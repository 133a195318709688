"""What a row of training text is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One text with what is known of it."""

    text: str
    role: str
    """`user`, `assistant`, `document`, `tool` or `training_example`."""
    labels: Mapping[str, int]
    """1 yes, 0 no; a label that is absent is not known."""
    source: str
    group: str = ""
    """The pattern or cluster that the row comes from: splits keep groups together."""

"""Bounds on memory and time that gates keep to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Held:
    """Characters that all requests together hold back now; `limit` bounds the memory of a crowd."""

    limit: int
    now: int = 0

    @property
    def full(self) -> bool:
        return self.now > self.limit


@dataclass(frozen=True, slots=True)
class Deadline:
    """Time that one filter may spend on one segment, in all, however slowly it arrives.

    A piece costs something besides its characters: without its own share, numbers or hashes that come a token at a time
    would be refused where the same text in one piece passes.
    """

    base: float = 1.0
    per_kilobyte: float = 0.008
    per_piece: float = 0.00025

    def seconds(self, characters: int, pieces: int = 1, pace: float = 0.0) -> float:
        """`pace`: seconds per kilobyte that a filter asks for, if it is more."""
        return self.base + max(self.per_kilobyte, pace) * characters / 1024 + self.per_piece * pieces

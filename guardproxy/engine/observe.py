"""How the engine tells what it did, without knowing who listens: telemetry implements this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from guardproxy.types import Decision, Facts

FailureKind = Literal["error", "timeout", "overflow"]


class Observer(Protocol):
    """One request's listener. Calls are cheap and never raise."""

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        """Once per segment: at its end (`final`), or at the cut."""
        ...

    def filter_ran(self, filter: str, seconds: float) -> None:
        """Once per segment and scan: the time that it took, all feeds together. Filters of patterns that search together are
        one scan, named `pii+secrets`."""
        ...

    def filter_failed(self, filter: str, kind: FailureKind, *, allowed: bool) -> None:
        """`allowed`: policy let the text through in spite of it."""
        ...

    def held(self, seconds: float) -> None:
        """Once per segment of a streamed reply: how long some of its text waited, in all."""
        ...

    def dropped(self, names: Iterable[str]) -> None:
        """Fields of a reply that held text no codec reads, and were left out."""
        ...

    def placeholders(self, issued: int, restored: int) -> None:
        """Once per exchange that masked reversibly: values hidden, and placeholders of the reply given back."""
        ...

    def upstream_failed(self, code: str) -> None:
        """The upstream's reply ended in an error after it had begun."""
        ...


class Silent:
    """An observer that hears nothing: for tests and for one-off checks."""

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None: ...

    def filter_ran(self, filter: str, seconds: float) -> None: ...

    def filter_failed(self, filter: str, kind: FailureKind, *, allowed: bool) -> None: ...

    def held(self, seconds: float) -> None: ...

    def dropped(self, names: Iterable[str]) -> None: ...

    def placeholders(self, issued: int, restored: int) -> None: ...

    def upstream_failed(self, code: str) -> None: ...

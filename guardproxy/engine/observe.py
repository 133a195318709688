"""How the engine tells what it did, without knowing who listens: telemetry implements this."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from guardproxy.policy.model import LogText
from guardproxy.types import Decision, Facts, Finding

MAX_MATCHED = 200
"""Characters of a match that are told."""
FailureKind = Literal["error", "timeout", "overflow"]


class Observer(Protocol):
    """One request's listener. Calls are cheap and never raise."""

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        """Once per segment: at its end (`final`), or at the cut."""
        ...

    def matched(self, finding: Finding, form: Literal["hash", "text"], what: str) -> None:
        """Where policy has it written down: what a finding found, before the decision on it. Nothing else may keep it."""
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

    def matched(self, finding: Finding, form: Literal["hash", "text"], what: str) -> None: ...

    def filter_ran(self, filter: str, seconds: float) -> None: ...

    def filter_failed(self, filter: str, kind: FailureKind, *, allowed: bool) -> None: ...

    def held(self, seconds: float) -> None: ...

    def dropped(self, names: Iterable[str]) -> None: ...

    def placeholders(self, issued: int, restored: int) -> None: ...

    def upstream_failed(self, code: str) -> None: ...


def heard(facts: Facts, decision: Decision) -> frozenset[object]:
    """What another view of the same text need not tell again: rules that fired, and what filters found. A finding that no
    rule acts on counts too: another policy may have one."""
    return frozenset({*((f.filter, f.label) for f in facts.findings), *(v.rule for v in decision.verdicts)})


def tell_matched(
    observer: Observer, log: LogText, found: Iterable[Finding], text: str, at: int, fingerprint: Callable[[str], str]
) -> None:
    """Tell what these findings found in `text`, which begins at `at` of the segment. What went out before isn't known."""
    for finding in found:
        if finding.span is None or finding.span[0] < at:
            continue
        part = text[finding.span[0] - at : finding.span[1] - at]
        if log == "hash":
            observer.matched(finding, "hash", fingerprint(part))
        elif log == "matched":
            observer.matched(finding, "text", part[:MAX_MATCHED].encode("utf-8", "replace").decode())

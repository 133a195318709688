"""What happened to one request, gathered while it happens and written as one line at its end. Holds no text of it.

Names that a client or a model chose (models, tools, fields) are text too: they appear only where they are known from the
settings, the policy or the upstream's own list, or are plain identifiers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from guardproxy.telemetry import ids
from guardproxy.telemetry.journal import Journal
from guardproxy.telemetry.log import FilterFailures
from guardproxy.telemetry.metrics import Metrics
from guardproxy.text.globs import matches
from guardproxy.types import Channel, Decision, Direction, Facts, Origin, Outcome, Role

MAX_FINDINGS = 1000
MAX_VERDICTS = 1000
MAX_NAMES = 32
REFUSAL = "answer.refusal"
"""What a filter says of an answer in which the model refuses; from 0.5 on it is counted."""
_PLAIN_NAME = re.compile(r"[a-z][a-z_]{0,39}")
"""A field's name that is surely a name: no digits, no capitals, nothing that a secret would have."""


@dataclass(frozen=True, slots=True)
class PolicyName:
    """What a record says about the policy that decided."""

    name: str = ""
    version: str = ""
    digest: str = ""


@dataclass(slots=True)
class Recorder:
    """Makes records. Shared by all requests."""

    metrics: Metrics
    journal: Journal | None = None
    policy: PolicyName = PolicyName()
    tools: tuple[str, ...] = ()
    """Globs of the policy for tools: a finding's tool is told as the glob that it matches."""
    known_model: Callable[[str], bool] = lambda name: False
    """Whether a model's name may be written down."""
    model_label: Callable[[str], str] = lambda name: "other"
    """The name for metrics: from the settings, or `other`."""
    counts_refusals: bool = False
    """Some rule in force has answers looked at for refusals."""
    failures: FilterFailures = field(default_factory=FilterFailures)

    def start(self, request_id: str, route: str, *, journalled: bool = True) -> Record:
        return Record(self, request_id, route, journalled)

    def close(self) -> None:
        """No more records come."""
        if self.journal is not None:
            self.journal.close()

    def tool(self, name: str | None) -> str | None:
        if name is None:
            return None
        return next((glob for glob in self.tools if matches(glob, name)), "other")


@dataclass(slots=True)
class Record:
    """One request's listener (the engine's `Observer`) and clock."""

    recorder: Recorder
    request_id: str
    route: str
    journalled: bool = True
    """Whether a line is written: where nothing is guarded there is no decision to record."""
    decision_id: str = field(default_factory=lambda: ids.new("dec_"))
    model: str = ""
    stream: bool = False
    started: float = field(default_factory=time.perf_counter)
    outcome: Outcome = Outcome.ALLOW
    _at: dict[str, float] = field(default_factory=dict)
    _wall: float = field(default_factory=time.time)
    _segments: int = 0
    _verdicts: list[dict[str, Any]] = field(default_factory=list)
    _findings: list[dict[str, Any]] = field(default_factory=list)
    _findings_total: int = 0
    _failures: list[dict[str, Any]] = field(default_factory=list)
    _dropped: set[str] = field(default_factory=set)
    _held: float = 0.0
    _placeholders: dict[str, int] | None = None
    _error: str = ""
    _refused: bool | None = None
    """None: there was no answer."""

    # ------------------------------------------------------------------------------------------------ Observer

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        metrics, direction = self.recorder.metrics, facts.origin.direction.value
        self.outcome = max(self.outcome, decision.outcome)
        if not decision.verdicts:
            metrics.decisions.of(decision.outcome.name.lower(), "", "enforce", direction).inc()
        for verdict in decision.verdicts:
            mode = "shadow" if verdict.shadow else "enforce"
            metrics.decisions.of(verdict.outcome.name.lower(), verdict.rule, mode, direction).inc()
        if facts.findings or decision.verdicts:
            self._remember(facts, decision)
        if self.recorder.counts_refusals and _is_answer(facts.origin):
            refuses = any(f.label == REFUSAL and f.score >= 0.5 for f in facts.findings)
            self._refused = refuses or bool(self._refused)
        self._segments += 1

    def _remember(self, facts: Facts, decision: Decision) -> None:
        origin = facts.origin
        place = {
            "segment": self._segments,
            "direction": origin.direction.value,
            "role": origin.role.value,
            "channel": origin.channel.value if origin.channel else None,
            "tool": self.recorder.tool(origin.tool),
        }
        for verdict in decision.verdicts[: MAX_VERDICTS - len(self._verdicts)]:
            said = {"rule": verdict.rule, "outcome": verdict.outcome.name.lower(), "shadow": verdict.shadow}
            self._verdicts.append(said | place)
        self._findings_total += len(facts.findings)
        for finding in facts.findings[: MAX_FINDINGS - len(self._findings)]:
            start, end = finding.span or (None, None)
            seen = {"filter": finding.filter, "label": finding.label, "score": round(finding.score, 4)}
            self._findings.append(seen | {"start": start, "end": end, "lists": sorted(finding.lists)} | place)

    def filter_ran(self, filter: str, seconds: float) -> None:
        self.recorder.metrics.filter_seconds.of(filter).observe(seconds)

    def filter_failed(self, filter: str, kind: Literal["error", "timeout", "overflow"], *, allowed: bool) -> None:
        metrics = self.recorder.metrics
        metrics.filter_failures.of(filter, kind).inc()
        # by zero too: with the same labels as the counter above, it can be subtracted from that
        metrics.failures_allowed.of(filter, kind).inc(int(allowed))
        self.recorder.failures.failed(filter, kind, allowed=allowed)
        if len(self._failures) < MAX_NAMES:
            self._failures.append({"filter": filter, "kind": kind, "allowed": allowed})

    def held(self, seconds: float) -> None:
        self._held += seconds
        self.recorder.metrics.held_seconds.observe(seconds)

    def dropped(self, names: Iterable[str]) -> None:
        for name in names:
            if len(self._dropped) < MAX_NAMES:
                self._dropped.add(name if _PLAIN_NAME.fullmatch(name) else "(other)")

    def placeholders(self, issued: int, restored: int) -> None:
        self._placeholders = {"issued": issued, "restored": restored}
        for event, count in self._placeholders.items():
            self.recorder.metrics.placeholders.of(event).inc(count)

    def upstream_failed(self, code: str) -> None:
        self.failed(code, upstream=True)

    # ------------------------------------------------------------------------------------------------ clock

    def mark(self, what: Literal["read", "sent", "first_in", "first_out", "upstream_end"]) -> None:
        """Something happened now for the first time: the body was read, the upstream asked, a first byte in or out."""
        if what not in self._at:
            self._at[what] = time.perf_counter()

    def failed(self, code: str, *, upstream: bool = False) -> None:
        """The request ended in an error with this code (one of ours)."""
        self._error = code
        if upstream:
            self.recorder.metrics.upstream_errors.of(code).inc()

    def _between(self, start: str, end: str) -> float | None:
        if start not in self._at or end not in self._at:
            return None
        return max(self._at[end] - self._at[start], 0.0)

    def _added(self) -> float | None:
        """Seconds to the first token that are ours. For a whole reply the upstream's last byte counts as its first."""
        before = self._between("read", "sent")
        after = self._between("first_in" if self.stream else "upstream_end", "first_out")
        return None if before is None or after is None else before + after

    # ------------------------------------------------------------------------------------------------ the end

    def finish(self, status: int) -> None:
        """Count the request and write its record. `status` is what the client got; 499 when it had gone."""
        metrics = self.recorder.metrics
        metrics.requests.of(self.route, self.recorder.model_label(self.model), str(status)).inc()
        metrics.request_seconds.of(self.route).observe(time.perf_counter() - self.started)
        for kind, end in (("first_byte", "first_in"), ("total", "upstream_end")):
            if (seconds := self._between("sent", end)) is not None:
                metrics.upstream_seconds.of(kind).observe(seconds)
        if self.stream and (added := self._added()) is not None:
            metrics.added_ttft_seconds.observe(added)
        if self._refused is not None and status == 200:
            model = self.recorder.model_label(self.model)
            metrics.replies.of(model).inc()
            metrics.refusals.of(model).inc(int(self._refused))  # by zero too: a share needs both
        if self.journalled and self.recorder.journal is not None:
            self.recorder.journal.write(self._line(status))

    def _line(self, status: int) -> dict[str, Any]:
        policy = self.recorder.policy
        return {
            "decision_id": self.decision_id,
            "time": datetime.fromtimestamp(self._wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "request_id": self.request_id,
            "tenant": "default",
            "route": self.route,
            "model": self.model if self.recorder.known_model(self.model) else "other" if self.model else None,
            "stream": self.stream,
            "status": status,
            "error": self._error or None,
            "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
            "outcome": self.outcome.name.lower(),
            "segments": self._segments,
            "verdicts": self._verdicts,
            "findings": self._findings,
            "findings_total": self._findings_total,
            "dropped": sorted(self._dropped),
            "placeholders": self._placeholders,
            "failures": self._failures,
            "timings": self._timings(),
        }

    def _timings(self) -> dict[str, float | None]:
        seconds = {
            "request_ms": self._between("read", "sent"),
            "upstream_first_byte_ms": self._between("sent", "first_in"),
            "upstream_ms": self._between("sent", "upstream_end"),
            "total_ms": time.perf_counter() - self.started,
            "added_first_token_ms": self._added(),
            "held_ms": self._held,
        }
        return {name: None if value is None else round(value * 1000, 3) for name, value in seconds.items()}


def _is_answer(origin: Origin) -> bool:
    """Whether a text is what the model answers. Where its channel is not known it may be."""
    return (
        origin.direction is Direction.RESPONSE
        and origin.role is Role.ASSISTANT
        and origin.tool is None
        and (origin.channel in (None, Channel.FINAL) or origin.inferred)
    )

"""What happened to one request, gathered while it happens and written as one line at its end. Holds no text of it.

Names that a client or a model chose (models, tools, fields) are text too: they appear only where they are known from the
settings, the policy or the upstream's own list, or are plain identifiers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from guardproxy.telemetry import ids
from guardproxy.telemetry.basis import Basis
from guardproxy.telemetry.journal import Journal
from guardproxy.telemetry.log import FilterFailures
from guardproxy.telemetry.metrics import Metrics
from guardproxy.telemetry.recent import Recent
from guardproxy.text.globs import matches
from guardproxy.types import Channel, Decision, Direction, Facts, Finding, Origin, Outcome, Role

MAX_FINDINGS = 1000
MAX_VERDICTS = 1000
MAX_MATCHED = 100
"""Matches of one request whose text, or hash, is written down."""
MAX_NAMES = 32
MAX_PLACES = 64
"""Kinds of places (role, channel, tool...) that one record tells apart."""
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
    tools: tuple[str, ...] = ()
    """Globs of the policy for tools: a finding's tool is told as the glob that it matches."""
    counts_refusals: bool = False
    """Some rule in force has answers looked at for refusals."""
    basis: Basis | None = None
    """What lets the policy's decisions be made again."""

    def tool(self, name: str | None) -> str | None:
        """What may be written of a tool's name."""
        if name is None:
            return None
        return next((glob for glob in self.tools if matches(glob, name)), "other")

    def shown(self) -> dict[str, str]:
        """As records and status pages name it."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


NO_POLICY: Final = PolicyName()


@dataclass(slots=True)
class Recorder:
    """Makes records. Shared by all requests."""

    metrics: Metrics
    journal: Journal | None = None
    known_model: Callable[[str], bool] = lambda name: False
    """Whether a model's name may be written down."""
    model_label: Callable[[str], str] = lambda name: "other"
    """The name for metrics: from the settings, or `other`."""
    failures: FilterFailures = field(default_factory=FilterFailures)
    recent: Recent | None = None
    """The latest records, for the console."""

    def start(
        self,
        request_id: str,
        route: str,
        policy: PolicyName = NO_POLICY,
        *,
        journalled: bool = True,
        tenant: str = "default",
        key: str = "",
    ) -> Record:
        """`policy`: the one that decides about this request, from its start to its end."""
        return Record(self, request_id, route, policy, journalled, tenant=tenant, key=key)

    def close(self) -> None:
        """No more records come."""
        if self.journal is not None:
            self.journal.close()


@dataclass(slots=True)
class Record:
    """One request's listener (the engine's `Observer`) and clock."""

    recorder: Recorder
    request_id: str
    route: str
    policy: PolicyName = NO_POLICY
    journalled: bool = True
    """Whether a line is written: where nothing is guarded there is no decision to record."""
    key: str = ""
    """Id of the key that the request came with."""
    decision_id: str = field(default_factory=lambda: ids.new("dec_"))
    model: str = ""
    stream: bool = False
    started: float = field(default_factory=time.perf_counter)
    outcome: Outcome = Outcome.ALLOW
    candidate: dict[str, Any] | None = None
    """What a candidate policy says about it."""
    upstream: str = ""
    """The upstream that a rule has chosen, or that has answered in place of another; empty for the main one."""
    fallback: dict[str, str] | None = None
    """Whom it has answered in place of, and why; None where nobody stood in."""
    _status: int = 0
    _total: float = 0.0
    _at: dict[str, float] = field(default_factory=dict)
    _wall: float = field(default_factory=time.time)
    _segments: int = 0
    _verdicts: list[dict[str, Any]] = field(default_factory=list)
    _findings: list[dict[str, Any]] = field(default_factory=list)
    _findings_total: int = 0
    _matched: dict[int, tuple[Finding, str, str]] = field(default_factory=dict)
    """By identity: what findings found that no decision was told about yet."""
    _told: int = 0
    _failures: list[dict[str, Any]] = field(default_factory=list)
    _dropped: set[str] = field(default_factory=set)
    _places: dict[tuple[object, ...], int] = field(default_factory=dict)
    _places_shown: list[dict[str, Any]] = field(default_factory=list)
    _asked: list[dict[str, Any]] = field(default_factory=list)
    _refusals: list[dict[str, Any]] = field(default_factory=list)
    _rollout: dict[str, Any] | None = None
    _complete: bool = True
    _erased: int = 0
    tenant: str = "default"
    _held: float = 0.0
    _placeholders: dict[str, int] | None = None
    _error: str = ""
    _access: str = ""
    _quota: dict[str, Any] | None = None
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
        place = None if self.policy.basis is None else self._place(self.policy.basis, facts)
        if facts.findings or decision.verdicts:
            self._remember(facts, decision, place)
        if self.policy.counts_refusals and _is_answer(facts.origin):
            refuses = any(f.label == REFUSAL and f.score >= 0.5 for f in facts.findings)
            self._refused = refuses or bool(self._refused)
        self._segments += 1

    def matched(self, finding: Finding, form: Literal["hash", "text"], what: str) -> None:
        if len(self._matched) < MAX_FINDINGS:
            self._matched[id(finding)] = finding, form, what

    def _found(self, finding: Finding, judged: set[int]) -> dict[str, str]:
        """What a finding found, where policy has that written down and a rule acted on it."""
        _, form, what = self._matched.pop(id(finding), (None, "", ""))
        if not form or id(finding) not in judged or self._told >= MAX_MATCHED:
            return {}
        self._told += 1
        return {form: what}

    def _place(self, basis: Basis, facts: Facts) -> int | None:
        """The number of the place that a text is from."""
        origin = facts.origin
        if self._rollout is None:
            self._rollout = basis.rollout(facts)
        key = (origin.direction, origin.role, origin.channel, origin.inferred, origin.tool, facts.model, facts.route)
        number = self._places.get(key)
        if number is None:
            if len(self._places_shown) >= MAX_PLACES:
                self._complete = False
                return None
            number = self._places[key] = len(self._places_shown)
            self._places_shown.append(basis.place(facts))
        return number

    def _remember(self, facts: Facts, decision: Decision, number: int | None) -> None:
        origin = facts.origin
        self._erased += len(decision.edits)
        place = {
            "segment": self._segments,
            "direction": origin.direction.value,
            "role": origin.role.value,
            "channel": origin.channel.value if origin.channel else None,
            "tool": self.policy.tool(origin.tool),
        }
        for verdict in decision.verdicts[: MAX_VERDICTS - len(self._verdicts)]:
            said = {"rule": verdict.rule, "outcome": verdict.outcome.name.lower(), "shadow": verdict.shadow}
            self._verdicts.append(said | place)
        self._findings_total += len(facts.findings)
        judged = {id(f) for v in decision.verdicts for f in v.findings} if self._matched else set()
        for finding in facts.findings[: MAX_FINDINGS - len(self._findings)]:
            start, end = finding.span or (None, None)
            seen = {"filter": finding.filter, "label": finding.label, "score": _exact(finding.score)}
            where = {"start": start, "end": end, "lists": sorted(finding.lists), "place": number}
            self._findings.append(seen | where | self._found(finding, judged) | place)
        self._complete = self._complete and self._findings_total == len(self._findings)
        asked = self.policy.basis.asked(facts) if self.policy.basis else ()
        self._complete = self._complete and len(self._asked) + len(asked) <= MAX_FINDINGS
        for ask in asked[: MAX_FINDINGS - len(self._asked)]:
            start, end = ask.span or (None, None)
            self._asked.append({"segment": self._segments, "filter": ask.filter, "start": start, "end": end})
        for start, end in _refused(decision):
            self._refusals.append({"segment": self._segments, "start": start, "end": end})

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

    def refused(self, reason: str) -> None:
        """Somebody may not do this. That is a decision too, though no policy's: its outcome says nothing of it."""
        self._access, self.journalled = reason, True
        self.recorder.metrics.access_refused.of(reason).inc()

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

    def finish(self, status: int, *, later: bool = False) -> None:
        """Count the request and write its record. `status` is what the client got; 499 when it had gone. `later`: who has
        still to say something writes it."""
        metrics = self.recorder.metrics
        self._status, self._total = status, time.perf_counter() - self.started
        metrics.requests.of(self.route, self.recorder.model_label(self.model), str(status)).inc()
        metrics.request_seconds.of(self.route).observe(self._total)
        for kind, end in (("first_byte", "first_in"), ("total", "upstream_end")):
            if (seconds := self._between("sent", end)) is not None:
                metrics.upstream_seconds.of(kind).observe(seconds)
        if self.stream and (added := self._added()) is not None:
            metrics.added_ttft_seconds.observe(added)
        if self._refused is not None and status == 200:
            model = self.recorder.model_label(self.model)
            metrics.replies.of(model).inc()
            metrics.refusals.of(model).inc(int(self._refused))  # by zero too: a share needs both
        if not later:
            self.write()

    def write(self) -> None:
        """Write the record of a request that has ended."""
        journal, recent = self.recorder.journal, self.recorder.recent
        if self.journalled and (journal is not None or recent is not None):
            line = self._line()
            if journal is not None:
                journal.write(line)
            if recent is not None:
                recent.add(line)

    def routed(self, upstream: str) -> None:
        """A rule has chosen who is asked."""
        self.upstream = upstream
        self.recorder.metrics.routed.of(upstream).inc()

    def stood_in(self, upstream: str, instead_of: str, reason: str) -> None:
        """Another upstream has answered than the one that was to."""
        self.upstream, self.fallback = upstream, {"instead_of": instead_of, "reason": reason}
        self.recorder.metrics.fallback.of(upstream, instead_of, reason).inc()

    def over_quota(self, limit: str) -> None:
        """A limit was reached. `limit`: in words, from the settings."""
        self._quota = {"refused": limit}

    def charged(self, prompt: int, completion: int, counted: str, cost: float) -> None:
        """What it was charged. `counted`: by whom; `guess` where nobody could."""
        self._quota = {"prompt_tokens": prompt, "completion_tokens": completion, "counted": counted, "cost": cost}

    def _line(self) -> dict[str, Any]:
        return {
            "decision_id": self.decision_id,
            "time": datetime.fromtimestamp(self._wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "request_id": self.request_id,
            "tenant": self.tenant,
            "key": self.key or None,
            "access": self._access or None,
            "route": self.route,
            "model": self.model if self.recorder.known_model(self.model) else "other" if self.model else None,
            "stream": self.stream,
            "status": self._status,
            "error": self._error or None,
            "policy": self.policy.shown(),
            "upstream": self.upstream or None,
            "fallback": self.fallback,
            "quota": self._quota,
            "outcome": self.outcome.name.lower(),
            "segments": self._segments,
            "verdicts": self._verdicts,
            "findings": self._findings,
            "findings_total": self._findings_total,
            "erased": self._erased,
            "dropped": sorted(self._dropped),
            "placeholders": self._placeholders,
            "failures": self._failures,
            "replay": self._replay(),
            "timings": self._timings(),
            "candidate": self.candidate,
        }

    def _replay(self) -> dict[str, Any] | None:
        """What it takes, besides the findings, to make the decision again."""
        if self.policy.basis is None:
            return None
        return {
            **self.policy.basis.shown,
            "places": self._places_shown,
            "asked": self._asked,
            "refused": self._refusals,
            "rollout": self._rollout or {},
            "complete": self._complete,
        }

    def _timings(self) -> dict[str, float | None]:
        seconds = {
            "request_ms": self._between("read", "sent"),
            "upstream_first_byte_ms": self._between("sent", "first_in"),
            "upstream_ms": self._between("sent", "upstream_end"),
            "total_ms": self._total,
            "added_first_token_ms": self._added(),
            "held_ms": self._held,
        }
        return {name: None if value is None else round(value * 1000, 3) for name, value in seconds.items()}


def _exact(score: float) -> float | None:
    """The score as rules compare it, in numbers that JSON has. None: it is no number, and every rule takes it as enough."""
    return min(max(score, 0.0), 1.0) if score == score else None


def _refused(decision: Decision) -> Iterator[tuple[int, int]]:
    """Where something was to be replaced but could not be: such a rule speaks twice, and blocks the second time."""
    redacting = {v.rule for v in decision.verdicts if v.outcome is Outcome.REDACT}
    rewriting = {v.rule for v in decision.verdicts if v.outcome is Outcome.REWRITE}
    for verdict in decision.verdicts:
        spans = [f.span for f in verdict.findings if f.span]
        if verdict.outcome is not Outcome.BLOCK:
            continue
        if verdict.rule in rewriting:
            yield 0, 0  # the whole of it
        elif verdict.rule in redacting and spans:
            yield min(s for s, _ in spans), max(e for _, e in spans)


def _is_answer(origin: Origin) -> bool:
    """Whether a text is what the model answers. Where its channel is not known it may be."""
    return (
        origin.direction is Direction.RESPONSE
        and origin.role is Role.ASSISTANT
        and origin.tool is None
        and (origin.channel in (None, Channel.FINAL) or origin.inferred)
    )

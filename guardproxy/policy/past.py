"""A decision record as it is read back, in the form in which equal ones are told to be equal.

No rule can tell apart two scores between the same thresholds, two labels that the same globs cover, or (mostly) two positions.
So what is read is reduced to what rules see, and of many records that are alike only one has to be decided again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from guardproxy.policy.policies import Policies
from guardproxy.text.globs import matches
from guardproxy.types import Channel, Direction, Finding, Origin, Outcome, Role, Span

TOOL: Final = "(a tool)"
"""Stands for the name of a tool, which no record holds."""
_NO_NUMBER: Final = float("nan")
OUTCOMES: Final = {outcome.name.lower(): outcome for outcome in Outcome}
_LABELS: Final = 10_000
_WRONG: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What comes of reading something that no proxy wrote."""


class Malformed(Exception):
    """A line is no decision record; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where texts of a record are from."""

    origin: Origin
    route: str
    tools: frozenset[str]
    """Globs that cover the tool's name."""
    models: frozenset[str]
    read_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """One text in which something was found."""

    place: int
    findings: tuple[Finding, ...] = ()
    asked: frozenset[tuple[str, Span | None]] = frozenset()
    """What filters of stage 2 were asked about."""
    refused: tuple[Span, ...] = ()
    """Where nothing can be replaced."""


@dataclass(frozen=True, slots=True)
class Past:
    """One record, as far as decisions go. `basis` is what the records of its policy have in common."""

    outcome: Outcome
    digest: str
    tenant: str
    model: str | None
    request: str
    places: tuple[Place, ...]
    pieces: tuple[Piece, ...]
    failed: frozenset[str]
    """Filters that failed without a finding that says so: nobody waited for them."""
    rollout: tuple[tuple[str, str, float], ...]
    complete: bool
    fired: frozenset[str]
    rule: str
    """The rule that decided."""


Seen: TypeAlias = tuple[str, str, float, Span | None, tuple[str, ...]]
"""A finding as rules see it: filter, label, score, span, lists."""


class Lens:
    """Sees of a record what these policies can tell apart."""

    def __init__(self, policies: Policies) -> None:
        rules = [r for p in policies.all for r in p.rules]
        atoms = [atom for r in rules for atom in r.when.atoms]
        self._steps = [0.0, *sorted({atom.score for atom in atoms} - {0.0})]
        self._globs = sorted({a.label for a in atoms} | {g for r in rules for g in (r.unless and r.unless.label) or ()})
        self._lists = frozenset(name for r in rules for name in (r.unless and r.unless.in_list) or ())
        self._counts = any(atom.times > 1 for atom in atoms) or any(r.to for r in rules)
        self._by_request = any(not r.rollout.whole for r in rules)
        self._labels: dict[str, str] = {}
        self._like: dict[tuple[bool, ...], str] = {}

    def key(self, record: dict[str, Any]) -> tuple[Hashable, ...]:
        """Records with the same key are decided the same. Raises Malformed."""
        try:
            return self._key(record)
        except _WRONG as e:
            raise Malformed(f"not a whole decision record ({type(e).__name__}: {e})") from None

    def _key(self, record: dict[str, Any]) -> tuple[Hashable, ...]:
        basis, findings = record["replay"], record["findings"]
        pieces: tuple[Hashable, ...] = ()
        failed: Hashable = ()
        if findings:
            pieces = self._pieces(findings, basis)
        if record["failures"]:
            told = {f["filter"] for f in findings if f["label"].startswith("guard.")}
            failed = frozenset(f["filter"] for f in record["failures"]) - told
        verdicts = frozenset((v["rule"], v["outcome"], bool(v["shadow"])) for v in record["verdicts"])
        about = orjson.dumps([record["policy"]["digest"], record["tenant"], record["model"], record["outcome"], basis])
        return (
            about,
            pieces,
            failed,
            verdicts,
            record["request_id"] if self._by_request else "",
            record["findings_total"] == len(findings),
        )

    def _pieces(self, findings: Sequence[dict[str, Any]], basis: dict[str, Any]) -> tuple[Hashable, ...]:
        """(segment, place, findings) of each text. Where nobody counts, the same thing twice is the same as once."""
        places = self._counts or bool(basis["asked"]) or bool(basis["refused"])
        by_segment: dict[int, list[dict[str, Any]]] = {}
        for finding in findings:
            by_segment.setdefault(finding["segment"], []).append(finding)
        out: list[Hashable] = []
        for segment, found in by_segment.items():
            rank = _ranks(segment, found, basis) if places else None
            seen = [self._seen(f, rank) for f in found]
            out.append((segment if places else 0, found[0]["place"], tuple(seen) if places else frozenset(seen)))
        return tuple(out) if places else (frozenset(out),)

    def _seen(self, finding: dict[str, Any], rank: dict[int, int] | None) -> Seen:
        start, end, score = finding["start"], finding["end"], finding["score"]
        if start is None:
            span = None
        elif rank is None:
            span = (0, 1) if start < end else (0, 0)
        else:
            span = rank[start], rank[end]
        lowered = _NO_NUMBER if score is None else self._steps[max(0, bisect_right(self._steps, score) - 1)]
        lists = finding["lists"] and tuple(sorted(self._lists.intersection(finding["lists"])))
        label = self._labels.get(finding["label"]) or self._alike(finding["label"])
        return finding["filter"], label, lowered, span, lists or ()

    def _alike(self, label: str) -> str:
        """The first label that was seen of those that no rule can tell from this one."""
        if label.startswith("guard."):
            return label
        if len(self._labels) >= _LABELS:
            self._labels.clear()
        like = self._like.setdefault(tuple(matches(glob, label) for glob in self._globs), label)
        self._labels[label] = like
        return like

    def read(self, record: dict[str, Any], key: tuple[Hashable, ...]) -> Past:
        """The record that has this key. Raises Malformed."""
        try:
            return self._read(record, key)
        except _WRONG as e:
            raise Malformed(f"not a whole decision record ({type(e).__name__}: {e})") from None

    def _read(self, record: dict[str, Any], key: Any) -> Past:
        basis = record["replay"]
        _, pieces, failed, verdicts, request, told = key
        if pieces and isinstance(pieces[0], frozenset):
            pieces = tuple(pieces[0])
        said = [(-OUTCOMES[outcome], rule) for rule, outcome, shadow in verdicts if not shadow]
        return Past(
            outcome=OUTCOMES[record["outcome"]],
            digest=record["policy"]["digest"],
            tenant=record["tenant"],
            model=None if record["model"] == "other" else record["model"] or "",
            request=request,
            places=tuple(map(place_of, basis["places"])),
            pieces=tuple(_piece(record, *piece) for piece in pieces),
            failed=frozenset(failed),
            rollout=tuple((rule, one["by"], float(one["at"])) for rule, one in basis["rollout"].items()),
            complete=bool(basis["complete"]) and told,
            fired=frozenset(rule for rule, _, _ in verdicts),
            rule=min(said)[1] if said else "",
        )


def _ranks(segment: int, found: Sequence[dict[str, Any]], basis: dict[str, Any]) -> dict[int, int]:
    """Offset to its number in order, for one text."""
    entries = [e for e in (*basis["asked"], *basis["refused"]) if e["segment"] == segment]
    offsets = {e[end] for e in (*found, *entries) for end in ("start", "end") if e[end] is not None}
    return {offset: number for number, offset in enumerate(sorted(offsets))}


def place_of(entry: dict[str, Any]) -> Place:
    """A place as a record writes it."""
    channel = Channel(entry["channel"]) if entry["channel"] else None
    tool = None if entry["tools"] is None else TOOL
    origin = Origin(Direction(entry["direction"]), Role(entry["role"]), channel, tool, (), bool(entry["inferred"]))
    return Place(
        origin,
        entry["route"],
        frozenset(entry["tools"] or ()),
        frozenset(entry["models"]),
        frozenset(entry["read_by"]),
    )


def _piece(record: dict[str, Any], segment: int, place: int | None, seen: Iterable[Seen]) -> Piece:
    basis = record["replay"]
    asked = [a for a in basis["asked"] if a["segment"] == segment]
    refused = [r for r in basis["refused"] if r["segment"] == segment]
    rank = (
        _ranks(segment, [f for f in record["findings"] if f["segment"] == segment], basis) if asked or refused else {}
    )
    spans = [(rank[r["start"]], rank[r["end"]]) for r in refused]
    return Piece(
        -1 if place is None else place,
        tuple(Finding(by, label, score, span, frozenset(lists)) for by, label, score, span, lists in seen),
        frozenset((a["filter"], None if a["start"] is None else (rank[a["start"]], rank[a["end"]])) for a in asked),
        tuple(spans),
    )

"""Reads examples through the ordinary engine: filters detect, the policy's rules decide, line by line.

Most lines have nothing in them. Where all filters that have to look are filters of patterns, many lines are asked about at
once, and only those in which something could be found are read. Which those are changes nothing: a quiet line has no findings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from guardproxy.engine import Guard, Inspection, Inspector, Silent
from guardproxy.engine.json_text import MAX_STRINGS
from guardproxy.governance.training.tally import MAX_LABELS, Note, Tally, best, word
from guardproxy.policy.training import COUNTING
from guardproxy.text.globs import matches
from guardproxy.types import Facts, Finding, Outcome
from guardproxy.wire.training import ORIGIN, Example, Unreadable, example

TOGETHER: Final = 16
"""Lines that are asked about at once."""
_CHARACTERS: Final = 1 << 17
"""Characters that are asked about at once."""
_PARTS: Final = 4
_AT_ONCE: Final = 16
"""Lines that are read at once: models take many texts together."""
_SURE: Final = 0.5
_DEPTH: Final = 3
ROUTE: Final = "/files"


@dataclass(slots=True)
class _Row:
    number: int
    example: Example
    told: str | None
    """All that filters of patterns would read of it; None: that takes a closer look."""


class Scanner:
    """Reads lines under one policy."""

    def __init__(self, guard: Guard, *, model: str = "", tenant: str = "default") -> None:
        self._guard, self._asked = guard, guard.policy.training.asked
        self._facts = Facts("training", ORIGIN, (), tenant, model, ROUTE)
        self.patient = not guard.quiet(self._facts, "")
        """Every line has to be read, by a model say: nothing can be told without."""

    async def read(self, lines: Iterable[bytes], *, plain: bool = False) -> Tally:
        """What is in some lines, numbered from 1. `plain`: they are plain text."""
        tally, rows, size = Tally(), list[_Row](), 0
        for line in lines:
            tally.lines += 1
            if not line or line.isspace():
                continue
            try:
                one = example(line, plain=plain)
            except Unreadable as e:
                tally.unreadable += 1
                tally.note(Note(tally.lines, error=str(e)))
                continue
            rows.append(self._row(tally.lines, one, tally))
            size += len(line)
            if len(rows) >= TOGETHER or size > _CHARACTERS:
                await self._settle(rows, tally)
                rows, size = [], 0
        await self._settle(rows, tally)
        tally.notes.sort(key=lambda note: note.line)
        return tally

    def _row(self, number: int, one: Example, tally: Tally) -> _Row:
        tally.examples += 1
        tally.kinds[one.kind] += 1
        tally.tools += one.tools
        tally.reasoning += one.reasoning
        for segment in one.segments:
            tally.characters += len(segment.text)
        return _Row(number, one, None if self.patient or one.unread else _told(one))

    async def _settle(self, rows: list[_Row], tally: Tally) -> None:
        loud = self._loud(rows)
        tally.outcomes[word(Outcome.ALLOW)] += len(rows) - len(loud)
        for at in range(0, len(loud), _AT_ONCE):
            some = loud[at : at + _AT_ONCE]
            if not self.patient:
                for row in some:
                    self._count(row, await self._inspect(row.example), tally)
                continue
            seen = await asyncio.gather(*(self._inspect(row.example) for row in some))
            for row, one in zip(some, seen, strict=True):
                self._count(row, one, tally)

    def _loud(self, rows: list[_Row]) -> list[_Row]:
        """The rows in which something could be found: all are asked about at once, then those in which that fails by parts."""
        told = [row.told for row in rows if row.told is not None]
        if len(told) == len(rows) and (not rows or self._quiet("\n".join(told))):
            return []
        if len(rows) == 1:
            return rows
        size = max(1, len(rows) // _PARTS)
        return [row for at in range(0, len(rows), size) for row in self._loud(rows[at : at + size])]

    async def _inspect(self, one: Example) -> list[Inspection]:
        facts = self._facts
        inspector = Inspector(
            self._guard,
            observer=Silent(),
            request=facts.request,
            route=facts.route,
            model=facts.model,
            tenant=facts.tenant,
            quiet=None if self.patient else self._quiet,
        )
        seen = [await inspector.text(part.text, part.origin, json=part.json) for part in one.segments]
        if one.unread:
            seen.append(inspector.unread(ORIGIN))
        await inspector.close()
        return seen

    def _quiet(self, text: str) -> bool:
        return self._guard.quiet(self._facts, text)

    def _count(self, row: _Row, seen: list[Inspection], tally: Tally) -> None:
        outcome = max(one.outcome for one in seen)
        found = frozenset(finding for one in seen for finding in one.findings)
        rules = sorted({v.rule for one in seen for v in one.verdicts if not v.rule.startswith(COUNTING)})
        tally.outcomes[word(outcome)] += 1
        tally.rules.update(rules)
        tally.labels.update({finding.label for finding in found if not finding.score < _SURE})
        tally.asked.update(name for name, label, least in self._asked if _meets(found, label, least))
        if found:
            labels = dict(list(best(found).items())[:MAX_LABELS])
            tally.note(Note(row.number, labels, word(outcome), tuple(rules)))


def _meets(found: frozenset[Finding], label: str, least: float) -> bool:
    return any(matches(label, one.label) and not one.score < least for one in found)


def _told(one: Example) -> str | None:
    """Every reading of an example that the engine takes, one after the other; None where that can't be said in short."""
    out: list[str] = []
    for part in one.segments:
        out.append(part.text)
        if part.json:
            if part.text.count('"') > MAX_STRINGS:
                return None
            if "\\" in part.text:
                try:
                    out += _decoded(part.text, _DEPTH)
                except ValueError:
                    return None
    return "\n".join(out)


def _decoded(text: str, depth: int) -> Iterator[str]:
    """The strings of a JSON document, and of those that stand in its strings. Raises ValueError for what is not one."""
    waiting: list[Any] = [orjson.loads(text)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            yield one
            if "\\" in one and one.lstrip()[:1] in ("{", "[", '"'):
                if not depth:
                    raise ValueError("too deep")
                yield from _decoded(one, depth - 1)

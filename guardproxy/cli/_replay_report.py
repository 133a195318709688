"""What a replay found, counted and printed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from guardproxy.cli._plain import plain
from guardproxy.policy.replay import Again

EXAMPLES: Final = 3
Change: TypeAlias = tuple[str, str, str]
"""(outcome before, outcome after, rule)."""


@dataclass(slots=True)
class Report:
    """Counts, with a few ids of decisions each. Its size doesn't depend on the log's."""

    total: int = 0
    same: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    """Main reason to how many."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Outcome of then to how many of the unknown ones."""
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    """Rule to the decisions in which it spoke, shadow ones included; only where the decision is known."""
    examples: dict[Change | str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return self.changes.total()

    def add(self, record: dict[str, Any], again: Again | None) -> None:
        """Count one decision; None where the record turned out to be none."""
        if again is None:
            return
        self.total += 1
        if again.after is None:
            why = again.why[0] if again.why else "it isn't known why"
            self.unknown[why] += 1
            self.outcomes[again.before.name.lower()] += 1
            self._example(why, record)
            return
        self.before.update(again.fired_before)
        self.after.update(again.fired)
        if again.same:
            self.same += 1
            return
        change = again.before.name.lower(), again.after.name.lower(), again.rule
        self.changes[change] += 1
        self._example(change, record)

    def _example(self, key: Change | str, record: dict[str, Any]) -> None:
        ids = self.examples.setdefault(key, [])
        if len(ids) < EXAMPLES:
            ids.append(record["decision_id"])


def as_text(report: Report, malformed: int) -> str:
    """The summary in one line, then examples, reasons and rules."""
    parts = [f"{_number(report.same)} same"]
    parts += [f"{_number(n)} {_change(change)}" for change, n in report.changes.most_common()]
    if report.unknown:
        parts.append(f"{_number(report.unknown.total())} unknown")
    lines = [f"{_number(report.total)} decision{'' if report.total == 1 else 's'}: {' · '.join(parts)}"]
    if malformed:
        lines.append(f"{_number(malformed)} line{'' if malformed == 1 else 's'} left out: no decision records")
    for change, count in report.changes.most_common():
        lines += ["", f"{_change(change)}: {_number(count)}", f"  {_ids(report.examples[change])}"]
    for why, count in report.unknown.most_common():
        lines += ["", f"unknown: {_number(count)}: {plain(why)}", f"  {_ids(report.examples[why])}"]
    return "\n".join([*lines, *_rules(report)])


def _rules(report: Report) -> list[str]:
    """Rules that speak more or less often than they did."""
    rows = [(rule, report.before[rule], report.after[rule]) for rule in sorted({*report.before, *report.after})]
    rows = [row for row in rows if row[1] != row[2]]
    if not rows:
        return []
    width = max(len(plain(rule)) for rule, _, _ in rows)
    lines = [f"  {plain(rule):<{width}}  {_number(then):>9} -> {_number(now)}" for rule, then, now in rows]
    return ["", "how often rules speak, in shadow too, where the decision is known:", *lines]


def as_json(report: Report, malformed: int) -> str:
    """The same for programs."""
    return json.dumps(
        {
            "decisions": report.total,
            "same": report.same,
            "changed": report.changed,
            "unknown": report.unknown.total(),
            "malformed": malformed,
            "changes": [
                {"before": c[0], "after": c[1], "rule": c[2], "count": n, "examples": report.examples[c]}
                for c, n in report.changes.most_common()
            ],
            "reasons": [
                {"why": why, "count": n, "examples": report.examples[why]} for why, n in report.unknown.most_common()
            ],
            "unknown_before": dict(report.outcomes),
            "rules": {
                rule: {"before": report.before[rule], "after": report.after[rule]}
                for rule in sorted({*report.before, *report.after})
            },
        },
        indent=2,
    )


def _change(change: Change) -> str:
    before, after, rule = change
    return f"{before} -> {after}{f' ({plain(rule)})' if rule else ''}"


def _ids(ids: list[str]) -> str:
    return plain(", ".join(ids))


def _number(number: int) -> str:
    return f"{number:,}".replace(",", " ")

"""What `guardproxy tune` prints: thresholds with what they do, how sure that is, and the line to change."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

from guardproxy.cli._plain import plain
from guardproxy.policy.load import PolicyFile
from guardproxy.policy.model import Atom, Rule
from guardproxy.policy.truth import Truth
from guardproxy.policy.tune import SURE, Point, Share, Tuned
from guardproxy.types import Path as SourcePath

_HEAD: Final = ("", "threshold", "false positives", "", "recall", "")


@dataclass(frozen=True, slots=True)
class Left:
    """A rule that can't be tuned with these texts."""

    rule: Rule
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one rule, condition by condition."""

    rule: Rule
    truth: Truth
    conditions: tuple[Tuned, ...]
    left: Mapping[str, int]
    """Texts that don't count, by why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is told."""

    file: PolicyFile
    rate: Fraction
    texts: int
    found: tuple[Found, ...]
    left: tuple[Left, ...]

    @property
    def fine(self) -> bool:
        """Every condition has a threshold, and there were enough texts to say so."""
        every = [one for found in self.found for one in found.conditions]
        return bool(every) and all(one.wanted is not None and _enough(one) for one in every)


def _enough(one: Tuned) -> bool:
    return one.needed is not None and one.now.false_positives.of >= one.needed


# ---------------------------------------------------------------------------------------------------- the line


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a policy file, and what it would be."""

    file: str
    line: int
    before: str
    after: str


def line_of(file: PolicyFile, rule: str, index: int, threshold: float) -> Line | None:
    """The line in which a condition stands, with another threshold. None where it isn't written on one line."""
    source = file.source
    if source is None:
        return None
    at = next(i for i, one in enumerate(source.data["rules"]) if one["id"] == rule)
    when, path = source.data["rules"][at]["when"], cast("SourcePath", ("rules", at, "when"))
    if isinstance(when, dict):
        [(kind, when)] = when.items()
        path = (*path, kind)
    if isinstance(when, list):
        path, when = (*path, index), when[index]
    number, column = source.place(path)
    name, old = source.file_of(path), str(when)
    lines = Path(name).read_text("utf-8-sig").splitlines()
    line = lines[number - 1] if number <= len(lines) else ""
    start = line.find(old, column - 1)
    if start not in (column - 1, column):  # a quote may stand before it
        return None
    return Line(name, number, line, line[:start] + _written(_atom(old), threshold) + line[start + len(old) :])


def _atom(text: str) -> tuple[str, str]:
    """Label, and ` xN` where it has that."""
    label, *rest = text.split()
    times = rest[-1] if rest and rest[-1].startswith("x") else ""
    return label.split(">=")[0], f" {times}" if times else ""


def _written(atom: tuple[str, str], threshold: float) -> str:
    return f"{atom[0]} >= {threshold:.4f}".rstrip("0").rstrip(".") + atom[1]


# ---------------------------------------------------------------------------------------------------- text


def as_text(outcome: Outcome, folder: Path) -> str:
    """A part for each rule, and in the end what can't be told."""
    parts = [_rule(outcome, found, folder) for found in outcome.found]
    rows = [f"{outcome.texts:,} text{'' if outcome.texts == 1 else 's'} read"] if outcome.found else []
    rows += [f"{one.rule.id}: not tuned: {plain(one.why)}" for one in outcome.left]
    return "\n\n".join(["\n".join(lines) for lines in parts] + (["\n".join(rows)] if rows else []))


def _rule(outcome: Outcome, found: Found, folder: Path) -> list[str]:
    rule, first = found.rule, found.conditions[0].now
    how = "assumed from names; --positive says otherwise" if found.truth.assumed else "--positive"
    lines = [
        f"{rule.id} ({'escalate' if rule.to else rule.then.name.lower()}"
        f"{'' if rule.mode == 'enforce' else f', {rule.mode}'})",
        f"  positive   {plain(str(found.truth))} ({how})",
        f"  texts      {first.false_positives.of:,} harmless, {first.recall.of:,} harmful",
    ]
    lines += [f"  left out   {count:,} {why}" for why, count in found.left.items()]
    for one in found.conditions:
        lines += _condition(outcome, found, one, folder)
    return lines


def _condition(outcome: Outcome, found: Found, one: Tuned, folder: Path) -> list[str]:
    rule = found.rule
    lines = ["", f"  {_condition_name(one)}"] + [f"  {row}".rstrip() for row in _table(one)]
    lines += [f"  {note}" for note in _notes(one)]
    if one.wanted is None:
        return lines
    if one.wanted.threshold == one.now.threshold:
        return [*lines, "  it stands there already"]
    line = line_of(outcome.file, rule.id, one.condition.index, one.wanted.threshold)
    if line is None:
        when = _written((one.condition.atom.label, _times(one.condition.atom)), one.wanted.threshold)
        return [*lines, f"  in rule {rule.id}, write", f"    {when}"]
    if not _inside(line.file, folder):
        lines.append(f"  it stands in {line.file}, which is not yours to change: put it under `override: {rule.id}:`")
    lines += [f"  {line.file}:{line.line}", f"  - {line.before.strip()}", f"  + {line.after.strip()}"]
    return lines


def _inside(file: str, folder: Path) -> bool:
    base = (folder if folder.is_dir() else folder.parent).resolve()
    return Path(file).resolve().is_relative_to(base)


def _condition_name(one: Tuned) -> str:
    atoms, atom = one.condition.rule.when.atoms, one.condition.atom
    name = f"{atom.label} >= {atom.score:g}{_times(atom)}"
    if len(atoms) == 1:
        return name
    kind = "all" if one.condition.rule.when.every else "any"
    return f"{name}  ({kind} of {len(atoms)} conditions; the others stay as they are)"


def _times(atom: Atom) -> str:
    return f" x{atom.times}" if atom.times > 1 else ""


def _table(one: Tuned) -> list[str]:
    rate = float(one.rate)
    rows = [_HEAD, ("now", *_point(one.now)), (f"at most {_percent(rate)}", *_point(one.wanted))]
    rows.append((f"surely {_percent(rate)}", *_point(one.assured)))
    beside = [(f"at most {_percent(float(other))}", *_point(point)) for other, point in one.neighbours]
    rows += [("", "", "", "", "", ""), *beside] if beside else []
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _point(point: Point | None) -> tuple[str, str, str, str, str]:
    if point is None:
        return "none", "", "", "", ""
    return f"{point.threshold:g}", *_share(point.false_positives), *_share(point.recall)


def _share(share: Share) -> tuple[str, str]:
    """The rate with its interval, and the counts."""
    if share.rate is None:
        return "unknown", ""
    low, high = share.interval
    return f"{_percent(share.rate)} ({_percent(low)} to {_percent(high)})", f"{share.count:,} of {share.of:,}"


def _percent(rate: float) -> str:
    """With two digits of what is there, or of what is missing where that is less: 0.012%, 4.5%, 62.1%, 99.983%."""
    if 0.99 < rate < 1:
        return f"{100 * rate:.{1 - math.floor(math.log10(100 - 100 * rate))}f}".rstrip("0").rstrip(".") + "%"
    return (f"{100 * rate:.2g}" if rate < 0.1 else f"{100 * rate:.1f}".removesuffix(".0")) + "%"


def _notes(one: Tuned) -> Iterator[str]:
    rate, harmless = _percent(float(one.rate)), one.now.false_positives.of
    if one.needed is None:
        yield "too few harmless texts: no number of them states that nothing harmless is ever flagged"
    elif harmless < one.needed:
        least = (
            f"the lowest rate that {harmless:,} can state is {_percent(one.statable)}" if harmless else "there is none"
        )
        yield f"too few harmless texts to state {rate}: it takes {one.needed:,} at least; {least}"
    if not one.now.recall.of:
        yield "no harmful text: what a threshold costs in recall can't be told"
    if one.wanted is None and harmless:
        yield f"no threshold has {rate}: more harmless texts have the highest score, or set the rule off otherwise"
    if one.floored and one.wanted is not None:
        yield f"a lower one may do too: scores below {one.wanted.threshold:g} are not told"
    floor = max(one.condition.floors.values(), default=0.0)
    if one.wanted is not None and one.wanted.threshold < floor:
        names = ", ".join(sorted(one.condition.floors))
        yield f"filter {names} reports no score below {floor:g}: give it `threshold: {one.wanted.threshold:g}` too"


# ---------------------------------------------------------------------------------------------------- programs


def as_json(outcome: Outcome) -> str:
    """The same for programs."""
    policy = outcome.file.policy
    return json.dumps(
        {
            "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
            "rate": float(outcome.rate),
            "confidence": SURE,
            "texts": outcome.texts,
            "rules": [_found_json(outcome, found) for found in outcome.found],
            "not_tuned": [{"rule": one.rule.id, "why": one.why} for one in outcome.left],
        },
        indent=2,
        ensure_ascii=False,
    )


def _found_json(outcome: Outcome, found: Found) -> dict[str, Any]:
    return {
        "rule": found.rule.id,
        "positive": str(found.truth),
        "assumed": found.truth.assumed,
        "left_out": dict(found.left),
        "conditions": [_tuned_json(outcome, found.rule, one) for one in found.conditions],
    }


def _tuned_json(outcome: Outcome, rule: Rule, one: Tuned) -> dict[str, Any]:
    line = one.wanted and line_of(outcome.file, rule.id, one.condition.index, one.wanted.threshold)
    return {
        "condition": one.condition.atom.label,
        "times": one.condition.atom.times,
        "now": _point_json(one.now),
        "wanted": _point_json(one.wanted),
        "assured": _point_json(one.assured),
        "neighbours": [{"rate": float(rate), **(_point_json(point) or {})} for rate, point in one.neighbours],
        "rows_needed": one.needed,
        "lowest_rate": one.statable,
        "enough": _enough(one),
        "notes": list(_notes(one)),
        "change": line and {"file": line.file, "line": line.line, "before": line.before, "after": line.after},
    }


def _point_json(point: Point | None) -> dict[str, Any] | None:
    if point is None:
        return None
    out: dict[str, Any] = {"threshold": point.threshold}
    for name, share in (("false_positives", point.false_positives), ("recall", point.recall)):
        interval = list(share.interval) if share.of else None
        out[name] = {"count": share.count, "of": share.of, "rate": share.rate, "interval": interval}
    return out

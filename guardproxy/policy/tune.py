"""Thresholds from labelled texts: at which score a condition would have spoken on each, and what each threshold costs.

More findings never weaken a rule, so for every text there is one highest threshold at which the rule still speaks. Those are
counted, in steps, and nothing else is kept: the size of what is known doesn't depend on how many texts there were.

Rates are estimated from the texts that the threshold is chosen on. For false positives that is sound: the threshold lies just
above a harmless score of known rank, and by how much of the harmless that is exceeded has a known distribution whatever the
scores are (S. S. Wilks, "Determination of sample sizes for setting tolerance limits", 1941), whose upper quantile is the end of
the exact interval of Clopper and Pearson (1934). The texts must be such as will come.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from guardproxy.policy.model import Atom, Entry, Rule
from guardproxy.text.globs import matches
from guardproxy.types import Finding

STEPS: Final = 10_000
"""Thresholds are told apart to four decimals."""
NEVER: Final = -1
"""The rule doesn't speak at any threshold of the condition."""
ALWAYS: Final = STEPS + 1
"""The rule speaks at every one: another condition is enough."""
SURE: Final = 0.95
"""How sure intervals are."""
_TAIL: Final = (1 - SURE) / 2
NEIGHBOURS: Final = tuple(map(Fraction, ("1/10", "1/5", "1/2", "2", "5", "10")))
"""Multiples of the wanted rate that are shown beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """One condition of a rule, whose threshold is looked for. All others stay as they are."""

    rule: Rule
    index: int
    floors: Mapping[str, float] = field(default_factory=dict)
    """Filter to the score below which it says nothing, as the policy has it. Findings below may be given all the same: only
    this condition looks at them, and only below its threshold of now."""
    lowest: int = 0
    """The lowest threshold, in steps, about which the findings tell anything."""

    @property
    def atom(self) -> Atom:
        return self.rule.when.atoms[self.index]

    def highest(self, entry: Entry, findings: Sequence[Finding]) -> int:
        """The highest threshold, in steps, at which the rule speaks; NEVER; ALWAYS."""
        seen = self._seen(findings)
        others = [a for i, a in enumerate(self.rule.when.atoms) if i != self.index]
        met = [_score(atom, entry, seen) >= atom.score for atom in others]
        if self.rule.when.every and not all(met):
            return NEVER
        if not self.rule.when.every and any(met):
            return ALWAYS
        return step_of(_score(self.atom, entry, findings))

    def speaks(self, entry: Entry, findings: Sequence[Finding]) -> bool:
        """Whether the rule speaks as the policy stands."""
        seen = self._seen(findings)
        met = [_score(atom, entry, seen) >= atom.score for atom in self.rule.when.atoms]
        return all(met) if self.rule.when.every else any(met)

    def _seen(self, findings: Sequence[Finding]) -> list[Finding]:
        """What the filters say with the options that they have."""
        return [f for f in findings if not f.score < self.floors.get(f.filter, 0.0)]


def _score(atom: Atom, entry: Entry, findings: Sequence[Finding]) -> float:
    """The highest threshold at which enough findings meet a condition; below every threshold where none does."""
    places: dict[object, float] = {}
    for number, finding in enumerate(findings):
        if not matches(atom.label, finding.label) or (entry.unless is not None and entry.unless.exempts(finding)):
            continue
        score = finding.score if finding.score == finding.score else math.inf  # no number passes every threshold
        place = finding.span or number
        places[place] = max(score, places.get(place, -math.inf))
    ranked = sorted(places.values(), reverse=True)
    return ranked[atom.times - 1] if len(ranked) >= atom.times else -math.inf


def step_of(score: float) -> int:
    """The highest step that a score reaches, exactly: NEVER below all."""
    if score < 0:
        return NEVER
    step = STEPS if score >= 1 else min(STEPS, int(score * STEPS) + 1)
    while step / STEPS > score:
        step -= 1
    return step


# ---------------------------------------------------------------------------------------------------- counting


@dataclass(slots=True)
class Texts:
    """Texts of one kind, harmful or harmless, by the highest threshold at which the rule speaks."""

    total: int = 0
    now: int = 0
    """On how many it speaks as the policy stands."""
    _highest: Counter[int] = field(default_factory=Counter)
    _at_least: list[int] = field(default_factory=list)

    def add(self, highest: int, *, now: bool) -> None:
        self.total += 1
        self.now += now
        self._highest[highest] += 1
        self._at_least.clear()

    def flagged(self, step: int) -> int:
        """On how many the rule speaks with this threshold."""
        if not self._at_least:
            count, sums = self._highest[ALWAYS], [0] * (STEPS + 1)
            for at in range(STEPS, -1, -1):
                count += self._highest[at]
                sums[at] = count
            self._at_least = sums
        return self._at_least[step]


@dataclass(slots=True)
class Tally:
    """What the texts say about one condition."""

    condition: Condition
    harmless: Texts = field(default_factory=Texts)
    harmful: Texts = field(default_factory=Texts)

    def add(self, entry: Entry, findings: Sequence[Finding], *, harmful: bool) -> None:
        """Count a text to which the rule applies."""
        texts = self.harmful if harmful else self.harmless
        texts.add(self.condition.highest(entry, findings), now=self.condition.speaks(entry, findings))


# ---------------------------------------------------------------------------------------------------- choosing


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def rate(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true rate lies, SURE of it, by Clopper and Pearson."""
        return lower_bound(self.count, self.of, _TAIL), upper_bound(self.count, self.of, _TAIL)


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold and what it does."""

    threshold: float
    false_positives: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was found for one condition. A point is None where no threshold has so low a rate."""

    condition: Condition
    rate: Fraction
    """The wanted one."""
    now: Point
    wanted: Point | None
    """The lowest threshold at which the given texts have at most the wanted rate; that of now where it does the same."""
    assured: Point | None
    """The lowest one at which the interval ends at the wanted rate or below."""
    neighbours: tuple[tuple[Fraction, Point | None], ...]
    """Other rates and their thresholds, the lowest rate first."""
    needed: int | None
    """Harmless texts that it takes at least to state the wanted rate; None: no number of them is enough."""
    statable: float
    """The lowest rate that so many harmless texts can state."""

    @property
    def floored(self) -> bool:
        """A lower threshold might do too, but the filters say nothing about scores below."""
        return self.wanted is not None and step_of(self.wanted.threshold) == self.condition.lowest > 0


def tuned(tally: Tally, rate: Fraction) -> Tuned:
    """The thresholds for a wanted rate of false positives, from 0 to below 1."""
    total = tally.harmless.total
    others = sorted({rate * times for times in NEIGHBOURS if 0 < rate * times < 1})
    shares = Share(tally.harmless.now, total), Share(tally.harmful.now, tally.harmful.total)
    now, wanted = Point(tally.condition.atom.score, *shares), _point(tally, _measured(tally, rate))
    if wanted is not None and (wanted.false_positives, wanted.recall) == shares:
        wanted = now  # a change that makes no difference is none
    return Tuned(
        condition=tally.condition,
        rate=rate,
        now=now,
        wanted=wanted,
        assured=_point(tally, _assured(tally, rate)),
        neighbours=tuple((other, _point(tally, _measured(tally, other))) for other in others),
        needed=needed(rate),
        statable=statable(total),
    )


def _measured(tally: Tally, rate: Fraction) -> int | None:
    """The lowest threshold whose share of the harmless texts is at most the rate."""
    return _lowest(tally, int(rate * tally.harmless.total))


def _assured(tally: Tally, rate: Fraction) -> int | None:
    """The lowest threshold whose share is so low that its interval ends at the rate or below."""
    total = tally.harmless.total
    low, high = -1, int(rate * total)  # none flagged may be too many already; more than the rate itself always are
    while low < high:
        middle = (low + high + 1) // 2
        if upper_bound(middle, total, _TAIL) <= rate:
            low = middle
        else:
            high = middle - 1
    return _lowest(tally, low)


def _lowest(tally: Tally, allowed: int) -> int | None:
    """The lowest threshold, in steps, that flags at most so many harmless texts."""
    low, high = tally.condition.lowest, STEPS
    if not tally.harmless.total or tally.harmless.flagged(high) > allowed:
        return None
    while low < high:
        middle = (low + high) // 2
        if tally.harmless.flagged(middle) <= allowed:
            high = middle
        else:
            low = middle + 1
    return low


def _point(tally: Tally, step: int | None) -> Point | None:
    if step is None:
        return None
    shares = (Share(texts.flagged(step), texts.total) for texts in (tally.harmless, tally.harmful))
    return Point(step / STEPS, *shares)


# ---------------------------------------------------------------------------------------------------- statistics


def needed(rate: Fraction) -> int | None:
    """How many texts, none of them flagged, have an interval that ends at this rate; None where no number has."""
    return math.ceil(math.log(_TAIL) / math.log1p(-float(rate))) if rate else None


def statable(total: int) -> float:
    """The lowest rate that so many texts can state: where the interval of none flagged ends."""
    return upper_bound(0, total, _TAIL)


def upper_bound(count: int, total: int, tail: float) -> float:
    """The rate with which `count` or fewer of `total` are as likely as `tail`."""
    return _quantile(1 - tail, count + 1, total - count) if count < total else 1.0


def lower_bound(count: int, total: int, tail: float) -> float:
    """The rate with which `count` or more of `total` are as likely as `tail`."""
    return _quantile(tail, count, total - count + 1) if count else 0.0


def _quantile(p: float, a: float, b: float) -> float:
    """Of the beta distribution."""
    low, high = 0.0, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        if _beta(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return middle


def _beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # there the fraction of the other side converges faster
        return 1 - _beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / (a * _continued(_coefficients(x, a, b)))


def _coefficients(x: float, a: float, b: float) -> Iterable[float]:
    m = 0
    while True:
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        m += 1
        yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _continued(coefficients: Iterable[float]) -> float:
    """1 + d1/(1 + d2/(1 + …)), by Lentz's method."""
    value, c, d = 1.0, 1.0, 0.0
    for number, coefficient in enumerate(coefficients):
        d = 1 / ((1 + coefficient * d) or 1e-300)
        c = (1 + coefficient / c) or 1e-300
        value *= c * d
        if abs(c * d - 1) < 1e-15 or number > 100_000:
            break
    return value

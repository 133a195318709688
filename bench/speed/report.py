"""What was measured, as a table, and the bars that it has to clear."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.speed.contestants import AIOHTTP, DEFAULT, DIRECT, LITELLM, RELAY

Key = tuple[str, str]
"""(test, contestant)."""


@dataclass
class Rows:
    """One value per round of every test and contestant. Rounds are what pairs are made of."""

    values: dict[Key, list[float]] = field(default_factory=dict)

    def add(self, test: str, name: str, value: float) -> None:
        self.values.setdefault((test, name), []).append(value)

    def median(self, test: str, name: str) -> float:
        return statistics.median(self.values[test, name])

    def paired(self, test: str, make: Callable[..., float], *names: str) -> list[float]:
        """`make` of the values of these contestants, round by round; empty where one of them was not run."""
        if any((test, name) not in self.values for name in names):
            return []
        return [make(*values) for values in zip(*(self.values[test, name] for name in names), strict=True)]

    def ratios(self, test: str, name: str, base: str) -> list[float]:
        return self.paired(test, lambda a, b: a / max(b, 1e-9), name, base)


@dataclass(frozen=True)
class Bar:
    """A limit, and what was measured against it. No values: not run."""

    what: str
    limit: float
    values: list[float]
    unit: str = "x"
    least: bool = False
    """The limit is the least that will do."""
    why: str = ""
    """Why there are no values."""
    control: list[float] = field(default_factory=list)
    """For a limit in wall-clock time: the same of the unguarded relay. Where that misses it too, the
    machine is too busy to tell."""

    @property
    def busy(self) -> bool:
        return bool(self.control) and statistics.median(self.control) > self.limit

    @property
    def missed(self) -> bool:
        if not self.values or self.busy:
            return False
        figure = statistics.median(self.values)
        return figure < self.limit if self.least else figure > self.limit

    def line(self) -> str:
        sign = ">=" if self.least else "<="
        asked = f"{self.what} ({sign} {self.limit:.3g} {self.unit})"
        if not self.values:
            return f"  NOT RUN  {asked}: {self.why}"
        spread = f" [{min(self.values):.3g} to {max(self.values):.3g}]" if len(self.values) > 1 else ""
        figure = f"{asked}: {statistics.median(self.values):.3g} {self.unit}{spread}"
        if self.busy:
            return f"  BUSY     {figure}; the unguarded relay has {statistics.median(self.control):.3g} on this machine now"
        return f"  {'MISSED ' if self.missed else 'met    '}  {figure}"


def bars(rows: Rows, memory: list[float], why_no_peers: str) -> list[Bar]:
    """Every bar, also those that this run has no figure for."""
    transit, control = (rows.paired("transit", lambda a, d: a - d, name, DIRECT) for name in (DEFAULT, RELAY))
    first = rows.paired("first", lambda a, r, d: (a - d) / max(r - d, 0.1), DEFAULT, RELAY, DIRECT)
    return [
        Bar(f"CPU per request, default policy, against {RELAY}", 1.5, rows.ratios("whole", DEFAULT, RELAY)),
        Bar(f"the same against {LITELLM}", 1 / 12, rows.ratios("whole", DEFAULT, LITELLM), why=why_no_peers),
        Bar(f"CPU per token at full speed against the {AIOHTTP}", 5.0, rows.ratios("tokens", DEFAULT, AIOHTTP)),
        Bar("p99 transit that is added to clean text, 64 streams of 50 tokens/s", 15.0, transit, "ms", control=control),
        Bar("client events of upstream events there", 80.0, rows.values.get(("events", DEFAULT), []), "%", least=True),
        Bar(f"time to the first token that is added there, against what {RELAY} adds", 1.5, first),
        Bar("resident memory after 20,000 requests against after 2,000", 1.05, memory, why="give --memory"),
    ]


@dataclass(frozen=True)
class _Column:
    test: str
    title: str
    base: str = ""
    """Whom the ratio beside the figure is against."""


_COLUMNS = (
    _Column("whole", "us CPU/request", RELAY),
    _Column("tokens", "us CPU/token", AIOHTTP),
    _Column("paced", "us/token at 50/s", RELAY),
    _Column("light", "us/token, 8 streams", RELAY),
    _Column("first", "ms to first"),
    _Column("transit", "ms p99 transit"),
    _Column("events", "% events"),
    _Column("memory", "MiB"),
)


def table(rows: Rows, names: Iterable[str]) -> str:
    """Medians, each with the median of its rounds' own ratios."""
    columns = [c for c in _COLUMNS if any(test == c.test for test, _ in rows.values)]
    head = " " * 32 + "".join(f"{c.title:>{_width(c)}}" for c in columns)
    return "\n".join([head, *(_line(rows, columns, name) for name in names)])


def _line(rows: Rows, columns: list[_Column], name: str) -> str:
    return f"{name:<32}" + "".join(f"{_cell(rows, c, name):>{_width(c)}}" for c in columns)


def _width(column: _Column) -> int:
    return max(len(column.title) + 2, 20 if column.base else 10)


def _cell(rows: Rows, column: _Column, name: str) -> str:
    if (column.test, name) not in rows.values:
        return "-"
    figure = f"{rows.median(column.test, name):.1f}"
    if not column.base:
        return figure
    ratios = rows.ratios(column.test, name, column.base)
    return f"{figure} ({statistics.median(ratios):.2f} x)" if ratios else figure

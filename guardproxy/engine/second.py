"""Stage 2 of one gate: filters that read a window of the text only where a rule escalates to them.

A finding that escalates freezes the text from its start. The window that it lies in, cut at fixed places, is read once it is
complete and every filter of stage 1 is sure of it: so what is asked, and what the answer is about (from the first finding
in the window to the window's end), follow from the text alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from guardproxy.engine.limits import Deadline
from guardproxy.engine.readings import allowed
from guardproxy.types import Ask, Context, Filter, Finding, Origin, Report, Span

WINDOW: Final = 4000
"""Characters of a window for filters that have none of their own."""
AT_ONCE: Final = 4
"""Windows that are asked about at a time."""


@dataclass(frozen=True, slots=True)
class Due:
    """A window that can be read now."""

    filter: str
    text: str
    span: Span
    """What the answer is about."""


class Second:
    """What a gate's filters of stage 2 are to read, and what waits for them."""

    def __init__(self, filters: Mapping[str, Filter], origin: Origin, context: Context, deadline: Deadline) -> None:
        self.seconds: dict[str, float] = {}
        """What each filter took."""
        self._filters, self._origin, self._context, self._deadline = filters, origin, context, deadline
        self._sizes = {name: int(getattr(one, "window", WINDOW)) for name, one in filters.items()}
        self._zero = 0  # where windows begin: the start of the part
        self._text, self._kept = "", 0
        self._known: set[Ask] = set()
        self._wanted: dict[tuple[str, int], int] = {}  # (filter, window) to the first place that asks for it
        self._asked: set[tuple[str, int]] = set()

    @property
    def _fed(self) -> int:
        return self._kept + len(self._text)

    @property
    def frozen(self) -> int | None:
        """The text from here on waits for an answer."""
        return min(self._wanted.values(), default=None)

    def feed(self, text: str) -> None:
        self._text += text

    def want(self, asks: Iterable[Ask], *, shadow: bool = False) -> None:
        """Note what a decision asks for. What was asked already is not asked again."""
        for ask in asks:
            if ask in self._known or ask.filter not in self._filters or (ask.shadow and not shadow):
                continue
            self._known.add(ask)
            low, high = ask.span or (self._kept, self._fed)
            low = max(low, self._kept, self._zero)
            size = self._sizes[ask.filter]
            for number in range((low - self._zero) // size, max(0, high - 1 - self._zero) // size + 1):
                key, start = (ask.filter, number), max(low, self._zero + number * size)
                if key not in self._asked:
                    self._wanted[key] = min(start, self._wanted.get(key, start))

    def due(self, settled: int, last: bool) -> list[Due]:
        """Some windows that can be read now, the first ones first."""
        out = []
        for (name, number), start in sorted(self._wanted.items(), key=lambda item: (item[1], item[0])):
            begin = self._zero + number * self._sizes[name]
            end = begin + self._sizes[name]
            if not last and settled < end:
                continue
            del self._wanted[name, number]
            self._asked.add((name, number))
            end = min(end, self._fed)
            if start < end:
                text = self._text[max(begin - self._kept, 0) : end - self._kept]
                out.append(Due(name, text, (start, end)))
            if len(out) == AT_ONCE:
                break
        return out

    async def read(self, due: Sequence[Due]) -> list[Finding]:
        """What the filters say; whatever goes wrong is a finding too."""
        return [finding for said in await asyncio.gather(*map(self._one, due)) for finding in said]

    async def _one(self, due: Due) -> list[Finding]:
        one, started = self._filters[due.filter], time.perf_counter()
        try:
            async with asyncio.timeout(allowed(self._deadline, one, len(due.text), 1)):
                report = one.open(self._origin, self._context).feed(due.text, last=True)
                found = (report if isinstance(report, Report) else await report).findings
        except TimeoutError:
            return [Finding(due.filter, "guard.timeout", 1.0)]
        except Exception:  # the engine's rule: a filter that fails is a finding, whatever it raises
            return [Finding(due.filter, "guard.error", 1.0)]
        finally:
            self.seconds[due.filter] = self.seconds.get(due.filter, 0.0) + time.perf_counter() - started
        best: dict[str, float] = {}
        for finding in found:
            best[finding.label] = max(best.get(finding.label, 0.0), finding.score)
        return [Finding(due.filter, label, score, due.span) for label, score in sorted(best.items())]

    def forget(self, settled: int) -> None:
        """Nothing before `settled` is asked for any more: keep from there what a window shows."""
        oldest = min((settled, *self._wanted.values()))
        keep = min(self._zero + max(0, oldest - self._zero) // size * size for size in self._sizes.values())
        if keep > self._kept:
            self._text, self._kept = self._text[keep - self._kept :], keep

    def restart(self) -> None:
        """A part has ended: windows begin anew."""
        self._zero = self._kept = self._fed
        self._text = ""
        self._wanted.clear()
        self._asked.clear()

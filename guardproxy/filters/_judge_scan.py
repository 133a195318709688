"""Windows of a text before a judge. Where a window begins and ends depends on the text alone, never on its arrival."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

from guardproxy.inference.verdicts import Opinions
from guardproxy.judges import Asked, Question, together
from guardproxy.judges.labels import Labels
from guardproxy.types import Context, Finding, Origin, Report, Span

Said = tuple[tuple[str, float, Span | None], ...]
"""Label, score, and place in the window where the judge tells one."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Sizes in characters. Window k begins at `k * step`; it exists when text stands there that the one before didn't show."""

    size: int
    overlap: int

    @property
    def step(self) -> int:
        return self.size - self.overlap

    def count(self, length: int) -> int:
        """How many windows a text has."""
        return 0 if not length else 1 + max(0, -(-(length - self.size) // self.step))


class Verdicts:
    """What one judge says on texts, asked or remembered. Shared by all scans of a filter."""

    def __init__(
        self,
        name: str,
        judge: Asked | None,
        policies: Mapping[str, str],
        batch: bool,
        key: bytes,
        labels: Labels,
        size: int,
    ) -> None:
        """`size`: verdicts that are remembered."""
        self.name = name
        self._judge, self._policies, self._batch, self._labels, self._size = judge, policies, batch, labels, size
        self._key = key or os.urandom(32)
        self._memory: OrderedDict[bytes, Said] = OrderedDict()

    async def on(self, text: str, origin: Origin, tenant: str) -> Said:
        """What is held against a text. Raises what the judge raises, and remembers only what it said."""
        assert self._judge is not None, "the filter was not started"
        key = self._remembered(text, origin, tenant)
        said = self._memory.get(key)
        if said is None:
            question = Question(text, origin, self._policies, self._batch, self._key)
            said = self._translated(await self._judge.ask(question))
            self._memory[key] = said
        self._memory.move_to_end(key)
        while len(self._memory) > self._size:
            self._memory.popitem(last=False)
        return said

    def _remembered(self, text: str, origin: Origin, tenant: str) -> bytes:
        """The name of a verdict: per tenant, because a quick answer tells that somebody asked before."""
        place = (tenant, origin.direction, origin.role, origin.channel or "", origin.tool or "", text)
        digest = hashlib.blake2b(key=hashlib.sha256(self._key).digest(), digest_size=20)
        for part in place:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()

    def _translated(self, opinions: Opinions) -> Said:
        """The judge's words as labels, each with its highest score; what is held against a text at all is `judge.unsafe`."""
        found: dict[tuple[str, Span | None], float] = {}
        for opinion in opinions:
            label = self._labels.of(opinion.label)
            if label is not None:
                for key in ((label, opinion.span), ("judge.unsafe", None)):
                    found[key] = max(found.get(key, 0.0), opinion.score)
        return tuple((label, score, span) for (label, span), score in sorted(found.items(), key=str))


class JudgeScan:
    """One segment being judged."""

    __slots__ = ("_base", "_buffer", "_next", "_origin", "_tenant", "_verdicts", "_windows")

    def __init__(self, windows: Windows, verdicts: Verdicts, origin: Origin, context: Context) -> None:
        self._windows, self._verdicts, self._origin, self._tenant = windows, verdicts, origin, context.tenant
        self._buffer, self._base = "", 0  # the buffer begins where the next window does
        self._next = 0

    def feed(self, text: str, *, last: bool) -> Report | Awaitable[Report]:
        self._buffer += text
        length = self._base + len(self._buffer)
        asked: list[tuple[int, str]] = []
        while self._ready(length, last):
            window = self._buffer[: self._windows.size]
            if window and not window.isspace():
                asked.append((self._base, window))
            self._next += 1
            self._buffer = self._buffer[self._windows.step :]
            self._base = min(self._next * self._windows.step, length)
        settled = length if last else self._base
        return self._ask(asked, settled) if asked else Report((), settled)

    def _ready(self, length: int, last: bool) -> bool:
        """Whether the next window can be cut: it is full, or the text ends and shows something new in it."""
        start = self._next * self._windows.step
        if length >= start + self._windows.size:
            return True
        shown = start + self._windows.overlap if self._next else 0
        return last and length > shown

    async def _ask(self, asked: Sequence[tuple[int, str]], settled: int) -> Report:
        answers = await together([self._verdicts.on(text, self._origin, self._tenant) for _, text in asked])
        findings = []
        for (start, text), said in zip(asked, answers, strict=True):
            for label, score, span in said:
                low, high = span or (0, len(text))
                findings.append(Finding(self._verdicts.name, label, score, (start + low, start + high)))
        return Report(tuple(findings), settled)

"""Long runs of words that a text has in common with other texts, nearly word for word, found while the text comes.

Six words in a row that stand in a source are a *seed*. Seeds that overlap, touch, or have at most two other words between them
are one run: a changed or left-out word here and there does not end it. Costs grow with the length of the texts and no faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from guardproxy.text.words import Word, Words
from guardproxy.types import Finding, Report

SEED: Final = 6
GAP: Final = 2
"""Words between two seeds of one run."""
PART: Final = 1024
"""Characters of a run that are held: a longer one is reported in parts."""


class Source:
    """The texts that may be quoted, as sets of the sequences of 1, 2, 3 and 6 words in them."""

    __slots__ = ("ones", "seeds", "threes", "twos", "words")

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self.ones: set[str] = set()
        self.twos, self.threes, self.seeds = set[int](), set[int](), set[int]()
        self.words = 0
        for words in texts:
            self.words += len(words)
            self.ones.update(words)
            for length, known in ((2, self.twos), (3, self.threes), (SEED, self.seeds)):
                known.update(map(hash, zip(*(words[first:] for first in range(length)), strict=False)))


@dataclass(slots=True)
class _Run:
    start: int
    end: int
    last: int
    """Number of its last word."""
    covered: int
    """Words that are in seeds."""
    long: bool = False
    """A part of it was reported: so is all that follows."""


class QuoteScan:
    """One text being compared with the sources."""

    def __init__(self, name: str, label: str, source: Source, least: int) -> None:
        self._name, self._label, self._source, self._least = name, label, source, least
        self._words = Words()
        self._recent: deque[Word] = deque(maxlen=SEED)
        self._common = 0  # how many of the last words, at most six, may stand in a source one after another
        self._count = 0
        self._run: _Run | None = None

    def feed(self, text: str, *, last: bool) -> Report:
        """Read on. A run is settled when it has ended, or with each part; what may begin one waits too."""
        found: list[Finding] = []
        for word in self._words.feed(text, last=last):
            found += self._read(word)
        if last:
            found += self._end()
            return Report(tuple(found), self._words.read)
        return Report(tuple(found), self._settled())

    def _settled(self) -> int:
        if self._run is not None:
            return self._run.start
        if self._common:
            return self._recent[-self._common].start
        return self._words.pending

    def _read(self, word: Word) -> Iterator[Finding]:
        self._recent.append(word)
        self._count += 1
        self._common = common = self._now_common()
        run = self._run
        if run is not None and self._count - common - run.last > GAP:
            yield from self._end()
            run = None
        if common < SEED:
            return
        if run is None:
            self._run = _Run(self._recent[0].start, word.end, self._count, SEED)
            return
        run.covered += min(self._count - run.last, SEED)
        run.last, run.end = self._count, word.end
        if run.end - run.start >= PART and self._counts(run):
            yield self._finding(run)
            run.start, run.long = run.end, True

    def _now_common(self) -> int:
        """Six only where they surely do; of three to five only each three in a row are known to."""
        source, recent, most = self._source, self._recent, self._common + 1
        if recent[-1].text not in source.ones:
            return 0
        if most == 1:
            return 1
        texts = tuple(word.text for word in recent)
        if most >= 3 and hash(texts[-3:]) in source.threes:
            if most < SEED:
                return most
            return SEED if hash(texts) in source.seeds else SEED - 1
        return 2 if hash(texts[-2:]) in source.twos else 1

    def _counts(self, run: _Run) -> bool:
        return run.long or run.covered >= self._least

    def _end(self) -> Iterator[Finding]:
        run, self._run = self._run, None
        if run is not None and self._counts(run) and run.end > run.start:
            yield self._finding(run)

    def _finding(self, run: _Run) -> Finding:
        """0.5 for the shortest run that counts, 1 for one four times as long or nearly all of the sources."""
        longer = (run.covered - self._least) / (3 * self._least)
        score = 1.0 if run.covered >= 0.9 * self._source.words else min(1.0, 0.5 + 0.5 * longer)
        return Finding(self._name, self._label, score, (run.start, run.end))

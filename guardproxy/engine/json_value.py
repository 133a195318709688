"""One string of a JSON document while it is read, or the rest of a document that turned out to be none."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from guardproxy.engine.gate import Gate
from guardproxy.engine.json_lexer import Lexer, Said, Unescaper
from guardproxy.engine.places import View
from guardproxy.engine.strings import MAX_DEPTH
from guardproxy.policy.decide import unite
from guardproxy.types import Edit, Path


def _start(edit: Edit) -> int:
    return edit.start


def _end(edit: Edit) -> int:
    return edit.end


class Value:
    """A string value: its decoded text with the gate that reads it, and what may stand in it.

    `read` makes a gate for a view. With `rest`, it is text that is no JSON: no quote ends it, and what was escaped more
    than once is decoded more than once, as lenient parsers do.
    """

    __slots__ = (
        "_base", "_deeper", "_head", "_open", "_pieces", "_text", "done", "end", "inner", "made", "path", "start", "views",
    )  # fmt: skip

    def __init__(self, start: int, path: Path, open_view: Callable[[], Gate], *, rest: bool = False) -> None:
        self.start, self.path = start, path
        self.end: int | None = None
        """Where its last quote stands, once that has come."""
        self.done = False
        """Its views have read all of it."""
        self.views: list[View] = []
        self.inner: Lexer | None = None
        """Follows the value while it may be a JSON document itself."""
        self.made: list[str] = []
        """What went out of it, decoded: kept for who wants to judge the value whole."""
        self._open, self._head = open_view, not rest
        self._pieces: list[str] = []
        self._text, self._base = "", 0
        self._deeper: list[Unescaper] = []

    # ------------------------------------------------------------------------------------------------ reading

    def say(self, said: Said, *, rest: bool = False) -> None:
        """More of it. `rest`: the document is none any more."""
        if not self.views:
            self.views.append(View(self._open(), self.start))
        self.views[0].take(said)
        self._pieces.append(said.text)
        if rest:
            self._say_deeper(said.text)
        elif self._head or self.inner is not None:
            self._follow(said.text)

    def plain(self) -> None:
        """It is no JSON document, or nobody waits to see whether it is."""
        self._head, self.inner = False, None

    def follow(self, other: Gate) -> None:
        """Read it as what goes on behind another gate's part."""
        self.views.append(View(self._open(), self.start))
        self.views[0].gate.follow(other)

    @property
    def is_document(self) -> bool:
        return self.inner is not None and self.inner.complete

    @property
    def waits(self) -> bool:
        """It may be a JSON document itself: its edits depend on its end."""
        return self._head or self.inner is not None

    def _follow(self, text: str) -> None:
        if self.inner is None:
            start = text.lstrip()[:1]
            if not start:
                return
            self._head = False
            if start not in '{["':
                return
            self.inner, text = Lexer(), self.text()
        self.inner.feed(text)
        if self.inner.broken:
            self.inner = None

    def _say_deeper(self, text: str) -> None:
        """What a parser of a parser's output would read."""
        if len(self.views) == 1:
            if "\\" not in text:
                return
            start = self.views[0].gate.released  # what is held may be the head of what goes on behind the escape
            text = self.text(start)
            for level in range(1, MAX_DEPTH):
                self.views.append(View(self._open(), start if level == 1 else 0))
                self._deeper.append(Unescaper(start if level == 1 else 0))
        for view, unescaper in zip(self.views[1:], self._deeper, strict=True):
            said = unescaper.feed(text)
            for one in said:
                view.take(one)
            text = "".join(one.text for one in said)

    async def read(self, *, last: bool) -> None:
        """Let the gates read what came. Raises Cut."""
        if self.done:
            return
        self.done = self.end is not None or last
        for view in self.views:
            await view.read(last=self.done)

    async def part_ended(self) -> None:
        """Nothing is waited for; the gates go on when more comes. Raises Cut."""
        for view in self.views if not self.done else ():
            await view.read()
            await view.gate.part_ended()

    # ------------------------------------------------------------------------------------------------ asking

    @property
    def sure(self) -> int:
        """Up to where, in the document, every view is sure."""
        if self.done and self.end is not None:
            return self.end
        at: int | None = None
        for view in reversed(self.views):  # each level's places are in the text of the one before it
            sure = view.gate.released if at is None else min(at, view.gate.released)
            at = view.places.source(sure)
        return self.start if at is None else at

    @property
    def length(self) -> int:
        return self.views[0].places.length if self.views else 0

    def source(self, at: int) -> int:
        """Where in the document a character of the decoded value begins."""
        return self.views[0].places.source(at) if self.views else self.start

    def text(self, start: int = 0, end: int | None = None) -> str:
        """A part of the decoded value that was not forgotten."""
        if self._pieces:
            self._text += "".join(self._pieces)
            self._pieces.clear()
        return self._text[start - self._base : None if end is None else end - self._base]

    def at(self, source: int) -> int:
        """The character of the decoded value that begins there."""
        return self.views[0].places.decoded(source) if self.views else 0

    def went(self, start: int, end: int) -> None:
        """This part of the document went out as it was."""
        if self.views and self._base == 0:
            self.made.append(self.text(self.at(start), self.at(end)))

    def said(self) -> str:
        """What went out of it, decoded."""
        return "".join(self.made)

    def forget(self, source: int, *, whole: bool) -> None:
        """Drop what stands before this place of the document, unless it may be judged `whole` later."""
        if (
            not whole
            and not self.waits
            and self.views
            and (drop := self.views[0].places.decoded(source) - self._base) > 0
        ):
            self._text, self._base = self.text(self._base + drop), self._base + drop
            self.made.clear()

    def own(self, begun: int = 0) -> list[Edit]:
        """Edits that the views ask for and that end behind `begun`, in places of the decoded value."""
        if not self.views:
            return []
        deeper: list[Edit] = []
        for view in reversed(self.views[1:]):
            deeper = [view.places.outward(e) for e in (*view.gate.edits, *deeper)]
        edits = self.views[0].gate.edits
        return [*edits[bisect_right(edits, begun, key=_end) :], *(e for e in deeper if e.end > begun)]

    def outer(self, raw: Sequence[Edit], released: int = 0) -> list[Edit]:
        """Those of the document's edits that are inside it and end behind `released`, in places of the decoded value."""
        if not raw or not self.views:
            return []
        first = max(bisect_left(raw, self.start, key=_start), bisect_right(raw, released, key=_end))
        behind = len(raw) if self.end is None else bisect_left(raw, self.end, key=_start)
        return [self.views[0].places.inward(e) for e in raw[first:behind]]

    def edits(self, raw: Sequence[Edit], released: int) -> tuple[Edit, ...]:
        """The edits of the value that are not made yet: sorted, overlapping ones united."""
        own, outer = self.own(self.at(released)), self.outer(raw, released)
        return unite([*own, *outer]) if own or outer else ()

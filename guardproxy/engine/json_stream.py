"""A JSON document that streams: read raw and decoded like `guard_json`, edited inside string values, still a document.

The raw text has a gate (it sees keys beside values, and numbers), and each string value has one for what it says. A
character goes out when both are sure of it. What is no JSON (any more) is guarded as text, in the same two readings.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from guardproxy.engine.fitting import NEUTRAL, Fitting, alternatives
from guardproxy.engine.gate import SLICE, Cut, Gate
from guardproxy.engine.json_lexer import Broken, Closed, Lexer, Opened, Said, Unescaper
from guardproxy.engine.json_text import MAX_STRINGS, escaped, guard_json
from guardproxy.engine.json_value import Value
from guardproxy.engine.observe import heard
from guardproxy.types import Edit, Outcome, Style

MAX_VALUE = 65_536
"""Characters of a string that is looked at whole to see what fits its schema; in a longer one nothing fits."""
CONTEXT = 256
"""Characters before a replacement of ours that are read with it."""
_TURN = 64
"""Strings after which other requests have their turn."""


class JsonStream:
    """One document on its way through. It has a Gate's face: what takes one may take the other.

    `open_view` makes a gate for a view of the text. `schema` is the JSON Schema that the client asked for: where a
    replacement would break it, others are tried, and `guard.schema` is found where none fits. `whole`: the document comes in
    one piece.
    """

    def __init__(self, open_view: Callable[[], Gate], *, schema: Fitting | None = None, whole: bool = False) -> None:
        self.edited = False
        """Some span was replaced, or can no longer be."""
        self.released = 0
        """Characters of the source that went out, replaced or not."""
        self.placed: list[tuple[int, int, int]] = []
        """(start, end) in the source of each edit made, and the length of what stands there now."""
        self._view, self._schema = open_view, schema
        self.raw = open_view()
        self.plan = self.raw.plan
        self._defaults = self.plan.policy.defaults
        self._lexer = Lexer()
        self._values: deque[Value] = deque()  # not wholly out yet; the last one may be open
        self._key: list[str] | None = None  # the key that is open
        self._key_at = 0
        self._keys: list[str] = []  # complete, not read yet
        self._rest: Unescaper | None = None
        self._strings = 0
        self._pieces: list[str] = []
        self._text = ""  # what is not out yet, but for the latest pieces
        self._fed = self._extra = 0
        self._checked = self.raw.edits
        self._recent = ""  # the end of what went out
        self._views: list[Gate] = []
        self._most = self._defaults.max_whole if whole else self._defaults.max_hold
        self._loose = self._crowded = self._ended = False

    # ------------------------------------------------------------------------------------------------ the path

    async def feed(self, text: str, *, last: bool = False) -> str:
        """Take more of the document; return what may go out. Raises Cut when a rule blocks, or an edit can't be made."""
        if self.raw.bypassed:
            return text
        try:
            if last and not self._fed:
                self._most = self._defaults.max_whole
                if len(text) > self._most:
                    self.overflow()
            if len(text) <= SLICE:
                return await self._feed(text, last)
            out = []
            for at in range(0, len(text), SLICE):
                out.append(await self._feed(text[at : at + SLICE], last and at + SLICE >= len(text)))
                await asyncio.sleep(0)
            return "".join(out)
        except BaseException:
            self.edited = True
            self.end()
            raise

    async def _feed(self, text: str, last: bool) -> str:
        self._take(text)
        await self.raw.look(text, last=last)
        for number, value in enumerate(self._values, 1):
            await value.read(last=last)
            if not number % _TURN:
                await asyncio.sleep(0)
        out = await self._go_on(last)
        if last:
            self.end()
        return out

    async def part_ended(self) -> str:
        """Another field goes on: the tail goes out as if it were the last. The document may go on later. Raises Cut."""
        if self._ended or self.raw.bypassed or not self._fed:
            return ""
        await self.raw.part_ended()
        for value in self._values:
            await value.part_ended()
        out = await self._go_on(True)
        for value in self._values:
            value.plain()
        return out

    def follow(self, other: Gate | JsonStream) -> None:
        """Read what comes next as what goes on behind the end of another gate's part.

        A document of which something is missing goes on, as text in two readings; behind another text, one begins.
        """
        before = other.raw if isinstance(other, JsonStream) else other
        self.raw.follow(before)
        if not self._fed and not (isinstance(other, JsonStream) and other.unfinished):
            return
        self._lexer.broken, self._key = True, None
        self._values.clear()
        self._break(self._fed)
        self._values[-1].follow(before)

    @property
    def unfinished(self) -> bool:
        """What came is the beginning of a document."""
        return bool(self._fed) and not self._lexer.broken and not self._lexer.complete

    # ------------------------------------------------------------------------------------------------ reading

    def _take(self, text: str) -> None:
        self._pieces.append(text)
        self._fed += len(text)
        if self._rest is not None:
            self._say_rest(text)
            return
        for event in self._lexer.feed(text):
            if type(event) is Said:
                if self._key is None:
                    self._values[-1].say(event)
                else:
                    self._key.append(event.text)
            elif type(event) is Opened:
                self._strings += 1
                if event.key:
                    self._key, self._key_at = [], event.at
                else:
                    self._values.append(Value(event.at, event.path, self._open))
                    if self._loose:
                        self._values[-1].plain()
            elif type(event) is Closed:
                self._close(event.at)
            elif type(event) is Broken:
                self._break(event.at)

    def _close(self, at: int) -> None:
        if self._key is None:
            self._values[-1].end = at
        else:
            self._keys.append("".join(self._key))
            self._key = None

    def _break(self, at: int) -> None:
        """It is no JSON: what comes belongs to the string that is open, or to a text that begins where nothing is out."""
        last = self._values[-1] if self._values else None
        if last is None or last.end is not None:
            at = max(self.released, last.end + 1) if last and last.end is not None else self.released
            self._values.append(Value(at, (), self._open, rest=True))
        else:
            last.plain()
        self._key = None
        self._rest = Unescaper(at)
        self._say_rest(self._source(at, self._fed))

    def _say_rest(self, text: str) -> None:
        if self._rest is not None:
            for said in self._rest.feed(text):
                self._values[-1].say(said, rest=True)

    def _open(self) -> Gate:
        """A gate for another view: the raw one tells what was decided, and this one what only it has seen."""
        gate = self._view()
        gate.quiet = True
        self._views.append(gate)
        return gate

    async def _read_keys(self, final: bool) -> None:
        keys = self._keys
        if final and self._key:
            keys = [*keys, "".join(self._key)]
        for number, key in enumerate(keys, 1):
            if not number % _TURN:
                await asyncio.sleep(0)
            if not key:
                continue
            gate = self._open()
            if edits := await gate.judge(key):
                gate.refuse(edits[0])
        self._keys = []

    # ------------------------------------------------------------------------------------------------ releasing

    async def _go_on(self, final: bool) -> str:
        """What may go out, now that every view has read what came. `final`: nothing is waited for."""
        if self._keys or final:
            await self._read_keys(final)
        if self._strings > MAX_STRINGS and not self._crowded:
            self._crowded = True
            self.overflow()
        if self.raw.edits is not self._checked:
            self._check_places()
        out = await self._release(final)
        if self._schema is not None:
            self._recent = (self._recent + out)[-CONTEXT:]
        waiting = self._fed - self.released
        if not final and waiting > self._most and self._defaults.release != "whole" and not self._loose:
            self.overflow()
            self._loose = True  # policy lets it pass: nothing waits any more
            for value in self._values:
                value.plain()
        if waiting != self._extra:
            self.raw.hold(waiting - self._extra)
            self._extra = waiting
        if len(self._views) > 64:
            self._views = [g for g in self._views if not g.ended or g.decision.verdicts]
        return out

    def _check_places(self) -> None:
        """What would have to change outside one string value can't be taken out."""
        starts = [value.start for value in self._values]
        for edit in self.raw.edits:
            if edit.end > self.released:
                at = bisect_right(starts, edit.start) - 1
                end = self._values[at].end if at >= 0 else 0
                if end is not None and edit.end > end:
                    self._refuse(edit)
        self._checked = self.raw.edits

    async def _release(self, final: bool) -> str:
        limit = self._fed if final else self.raw.released
        if self._key is not None and not final and not self._loose:
            limit = min(limit, self._key_at)
        out: list[str] = []
        while self._values and self._values[0].start <= limit:
            value = self._values[0]
            self._write(value.start, out)
            await self._release_value(value, limit, final, out)
            if value.end is None or self.released < value.end:
                value.forget(self.released, whole=self._schema is not None and value.length <= MAX_VALUE)
                break
            if self._schema is not None:
                self._schema.seen(value.path, value.said())
            self._values.popleft()
        else:
            self._write(limit, out)
        if out:
            self._text = self._source(self.released, self._fed)
        return "".join(out)

    async def _release_value(self, value: Value, limit: int, final: bool, out: list[str]) -> None:
        whole = value.end is not None and (final or limit >= value.end)
        if value.waits and not (whole or final):
            return
        if whole and value.end is not None and value.is_document:
            await self._release_document(value, value.end, out)
            return
        stop = min(limit, self._fed if final else value.sure, self._fed if value.end is None else value.end)
        if not final and value.start < stop < (self._fed + 1 if value.end is None else value.end):
            stop = value.source(value.at(stop))  # never a part of an escape: an edit takes whole characters
        edits = value.edits(self.raw.edits, self.released)
        if edits and self._schema is not None and not self._loose and self._schema.binds(value.path):
            if value.length > MAX_VALUE:
                self._misfit()
            elif whole or final:
                if await self._fit(value, edits, stop, out):
                    return
            else:
                stop = min(stop, value.source(edits[0].start))
        for edit in edits:
            start, end = value.source(edit.start), value.source(edit.end)
            if end > stop:
                stop = min(stop, start)
                break
            self._write(start, out, value)
            said = self.raw.replacement(edit, value.text(edit.start, edit.end))
            self._place(end, said, out, value)
        self._write(stop, out, value)

    async def _release_document(self, value: Value, end: int, out: list[str]) -> None:
        """A string that is a JSON document itself, edited as one."""
        own = value.own()
        for edit in value.outer(self.raw.edits):  # seen from outside only: inside it might break the inner document
            if not any(e.start < edit.end and edit.start < e.end for e in own):
                self._refuse(edit)
        before = value.text()
        after = await guard_json(before, self._open, depth=1)
        if after == before:
            self._write(end, out, value)
            return
        if self._schema is not None and not self._schema.fits(value.path, before, after):
            self._misfit()
        self._place(end, after, out, value)

    def _write(self, end: int, out: list[str], value: Value | None = None) -> None:
        """Release the source up to there as it is."""
        if end > self.released:
            out.append(self._source(self.released, end))
            if value is not None and self._schema is not None:
                value.went(self.released, end)
            self.released = end

    def _place(self, end: int, said: str, out: list[str], value: Value) -> None:
        """Release this text for the source up to there."""
        out.append(escaped(said))
        self.placed.append((self.released, end, len(out[-1])))
        self.edited = True
        if self._schema is not None:
            value.made.append(said)
        self.released = end

    def _source(self, start: int, end: int) -> str:
        """Text that is not out yet."""
        if self._pieces:
            self._text += "".join(self._pieces)
            self._pieces.clear()
        at = self._fed - len(self._text)
        return self._text[start - at : end - at]

    # ------------------------------------------------------------------------------------------------ fitting

    async def _fit(self, value: Value, edits: Sequence[Edit], stop: int, out: list[str]) -> bool:
        """Whether another replacement than the one asked for was needed, and made. Raises Cut where none fits."""
        assert self._schema is not None
        original, before = value.text(), value.said()
        begun = value.at(self.released)

        def edited(parts: Iterable[str]) -> str:
            said, at = [before], begun
            for edit, part in zip(edits, parts, strict=True):
                said += (original[at : edit.start], part)
                at = edit.end
            return "".join((*said, original[at:]))

        texts = [original[e.start : e.end] for e in edits]
        if self._schema.fits(value.path, original, edited(map(self._given_back, edits, texts))):
            return False
        proposals = map(edited, alternatives(texts, [e.label for e in edits], self._schema.edited))
        for new in (*proposals, *(NEUTRAL if not begun else ())):
            if self._schema.fits(value.path, original, new) and await self._clean(new, new[len(before) :], out):
                self._place(stop, new[len(before) :], out, value)
                return True
        self._misfit()
        return False

    def _given_back(self, edit: Edit, text: str) -> str:
        """What the client will read there: a placeholder of its conversation is restored behind the gate."""
        said = self.raw.replacement(edit, text)
        return text if edit.style is Style.TOKEN and said != f"[{edit.label}]" else said

    async def _clean(self, value: str, new: str, out: list[str]) -> bool:
        """Whether our own words show no filter anything, by themselves and behind what went out before them."""
        before = (self._recent + "".join(out))[-CONTEXT:]
        for text, start in ((value, 0), (f'{before}{escaped(new)}"', len(before))):
            gate = self._open()
            gate.mute()
            try:
                if any(e.end > start for e in await gate.judge(text)):
                    return False
            except Cut:
                return False
        return True

    def _misfit(self) -> None:
        gate = self._view()
        gate.misfit()
        gate.end()

    # ------------------------------------------------------------------------------------------------ ending

    def overflow(self) -> None:
        """The document is more than is read of it. Raises Cut where policy blocks that."""
        gate = self._view()
        gate.overflow()
        gate.end()

    def _refuse(self, edit: Edit) -> NoReturn:
        self.raw.end()
        self.raw.refuse(edit)

    def end(self) -> None:
        """No more text comes: tell what was decided. Idempotent; also for a stream that broke off."""
        if self._ended:
            return
        self._ended = True
        self.raw.hold(-self._extra)
        self.raw.end()
        told = heard(self.raw.facts, self.raw.decision)
        for gate in self._views:
            gate.end()
            said = heard(gate.facts, gate.decision)
            if gate.quiet and gate.decision.outcome < Outcome.BLOCK and not said <= told:
                gate.tell()
                told |= said
        self._views.clear()
        self._values.clear()
        self._text = ""
        self._pieces.clear()

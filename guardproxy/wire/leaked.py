"""Harmony inside a reply's text fields, as items: what a server should have told apart and did not.

With the format's own tokens in it, a text is told apart here: `Told` gives thoughts, calls and answers their own items,
`Raw` leaves the text as it is for clients that read Harmony themselves, and only guards its messages one by one. Without
them (`analysis…assistantfinal…`) nothing is sure: the text stays where it is. All of it is marked as inferred. Text
without any of this passes as it came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from guardproxy.types import Json
from guardproxy.wire.base import Call, End, Item, Text, inferred, names, part
from guardproxy.wire.harmony import DEGRADED, TOKEN, Degraded, Message, Piece, Splitter
from guardproxy.wire.reply import Dropped

FIRST_CALL: Final = 1 << 20
"""Index of the first call that was found in text: servers count their own from 0."""
MARKERS: Final = "harmony_tokens"
"""What `dropped` calls tokens and headers that are left out of a reply."""
_HEADER: Final = "header"


class _Stream:
    """One text field of one choice."""

    __slots__ = ("call", "choice", "current", "degraded", "field", "first", "splitter")

    def __init__(self, choice: int, field: str, *, inside: bool) -> None:
        self.choice, self.field = choice, field
        self.splitter = Splitter(inside=inside)
        self.degraded: Degraded | None = None
        self.first = not inside  # nothing of it was given yet, and it may begin with a header
        self.current = 0  # number of the message that is being given
        self.call: Call | None = None  # the call that is being given


class Raw:
    """For a dialect whose text is Harmony by right: all of it stays, tokens included."""

    def __init__(self, dropped: Dropped) -> None:
        self.plain: set[tuple[int, str]] = set()
        """(choice, field) whose text passes as it is while it has no `<|` and does not end with `<`."""
        self.whole = False
        """Nothing follows a text."""
        self.dropped = dropped
        self._streams: dict[tuple[int, str], _Stream] = {}
        self._calls: dict[int, int] = {}  # choice → calls found

    # ------------------------------------------------------------------------------------------------ items

    def text(self, choice: int, field: str, text: str, logprobs: Json | None, items: list[Item]) -> None:
        """Items of one piece of a field's text."""
        key = (choice, field)
        if key in self.plain and "<|" not in text and text[-1] != "<":
            items.append(Text(choice, field, text, logprobs))
            return
        stream = self._streams.get(key)
        if stream is None and self.whole and "<|" not in text and (self._inside(field) or not DEGRADED.match(text)):
            items.append(Text(choice, field, text, logprobs))
            return
        if stream is None:
            stream = self._streams[key] = _Stream(choice, field, inside=self._inside(field))
        found: list[Item] = []
        self._give(stream, stream.splitter.feed(text), found)
        if self.whole:
            self._close(stream, found)
            if len(found) > 1:  # pieces of one text: none is all of it
                found = [replace(i, field=part(i.field)) if type(i) is Text else i for i in found]
        if stream.splitter.plain and stream.degraded is None and not stream.first:
            self.plain.add(key)
        else:
            self.plain.discard(key)
        only = found[0] if len(found) == 1 else None
        if logprobs is not None and type(only) is Text and only.text == text and names(only.field) == names(field):
            found[0] = replace(only, logprobs=logprobs)
        items += found

    def _inside(self, field: str) -> bool:
        """Whether the server tells this field apart, so that no header can begin before it."""
        return False

    def call(self, call: Call, items: list[Item]) -> None:
        """A call that the server itself told apart: no token goes on behind it."""
        for key, stream in self._streams.items():
            if key[0] == call.choice and key not in self.plain:
                self._give(stream, stream.splitter.close(), items)
                if stream.degraded is not None:
                    self._guess(stream, stream.degraded.close(), items)
        items.append(call)

    def part_ended(self, choice: int, field: str, items: list[Item]) -> None:
        """A field's text is complete before its choice is; what comes under its name later is another text."""
        stream = self._streams.pop((choice, field), None)
        if stream is not None and (choice, field) not in self.plain:
            self._close(stream, items)
        self.plain.discard((choice, field))

    def end(self, choice: int, reason: str, items: list[Item]) -> None:
        """The end of a choice."""
        self._closed(choice, items)
        items.append(End(choice, reason))

    def close(self, items: list[Item]) -> None:
        """The end of the reply: choices that did not end have what was held too."""
        self._closed(None, items)

    def _closed(self, choice: int | None, items: list[Item]) -> None:
        for key, stream in self._streams.items():
            if (choice is None or key[0] == choice) and key not in self.plain:
                self._close(stream, items)

    def _close(self, stream: _Stream, found: list[Item]) -> None:
        self._give(stream, stream.splitter.close(), found)
        self._close_degraded(stream, found)
        self._end_call(stream, found)

    # ------------------------------------------------------------------------------------------------ pieces

    def _give(self, stream: _Stream, pieces: list[Piece], found: list[Item]) -> None:
        for piece in pieces:
            if piece.message.number or piece.kind != "content":
                self._close_degraded(stream, found)
                self._piece(stream, piece, found)
                continue
            if stream.first and DEGRADED.match(piece.text):
                stream.degraded = Degraded()
            stream.first = False
            if stream.degraded is None:
                self._said(found, stream.choice, stream.field, piece.text)
            else:
                self._guess(stream, stream.degraded.feed(piece.text), found)

    def _piece(self, stream: _Stream, piece: Piece, found: list[Item]) -> None:
        message = piece.message
        stream.first = False
        if message.number != stream.current:
            self._end_call(stream, found)
            stream.current = message.number
        if piece.kind == "header":
            self._header(stream, message, piece.text, found)
            if message.tool:
                self._begin_call(stream, message)
                self._fragment(stream, "", found)
        elif piece.kind == "end":
            self._end_call(stream, found)
            self._token(stream, piece.text, found)
        elif stream.call is not None and not (piece.kind == "token" and self._leaves_out):
            self._fragment(stream, piece.text, found)
        elif piece.kind == "token":
            self._token(stream, piece.text, found)
        else:
            self._said(found, stream.choice, self._field_of(stream, message), piece.text)

    _leaves_out = False
    """Tokens don't reach the client."""

    def _field_of(self, stream: _Stream, message: Message) -> str:
        """The field that a message's text belongs to."""
        return inferred(stream.field)

    def _header(self, stream: _Stream, message: Message, text: str, found: list[Item]) -> None:
        self._token(stream, text, found)

    def _token(self, stream: _Stream, text: str, found: list[Item]) -> None:
        """A token or a header: a text of its own, so that no value hides behind it."""
        self._said(found, stream.choice, inferred(_HEADER, 0), text)

    @staticmethod
    def _said(found: list[Item], choice: int, field: str, text: str) -> None:
        """A piece of text, joined with the one before it where that is of the same field."""
        last = found[-1] if found else None
        if type(last) is Text and last.field == field:
            found[-1] = replace(last, text=last.text + text)
        elif text:
            found.append(Text(choice, field, text))

    # ------------------------------------------------------------------------------------------------ calls

    def _begin_call(self, stream: _Stream, message: Message) -> None:
        """A call that stays where it is in the text: it waits until it is decided, like any."""
        self._new_call(stream, message, inferred(stream.field))

    def _new_call(self, stream: _Stream, message: Message, field: str) -> None:
        count = self._calls[stream.choice] = self._calls.get(stream.choice, 0) + 1
        name, index = message.tool, FIRST_CALL + count
        stream.call = Call(stream.choice, index, name=name, inferred=True, field=field)

    def _fragment(self, stream: _Stream, text: str, found: list[Item]) -> None:
        assert stream.call is not None
        found.append(replace(stream.call, arguments=text))
        stream.call = replace(stream.call, name="")  # names add up

    def _end_call(self, stream: _Stream, found: list[Item]) -> None:
        if stream.call is not None:
            found.append(replace(stream.call, whole=True))
            stream.call = None

    # ------------------------------------------------------------------------------------------------ degraded

    def _guess(self, stream: _Stream, pieces: list[Piece], found: list[Item]) -> None:
        """Text that may be Harmony: it stays one text, but for what may be the arguments of calls."""
        for piece in pieces:
            if piece.kind == "content" and piece.message.tool:
                if stream.call is None:
                    self._new_call(stream, piece.message, inferred(stream.field))
                self._fragment(stream, piece.text, found)
            else:
                self._end_call(stream, found)
                self._said(found, stream.choice, inferred(stream.field), piece.text)

    def _close_degraded(self, stream: _Stream, found: list[Item]) -> None:
        if stream.degraded is not None:
            degraded, stream.degraded = stream.degraded, None
            self._guess(stream, degraded.close(), found)
            self._end_call(stream, found)


class Told(Raw):
    """For a dialect that has fields of its own for thoughts, calls and answers: each message goes where it belongs."""

    _leaves_out = True

    def __init__(self, dropped: Dropped, *, answer: str, thoughts: tuple[str, ...], default: str) -> None:
        """`thoughts`: the dialect's names for thinking; `default`: the one that is used where the server spoke none."""
        super().__init__(dropped)
        self._answer, self._names, self._thoughts = answer, frozenset(thoughts), default
        self._called: set[int] = set()  # choices with calls that were found
        self._named: set[tuple[int, int]] = set()  # calls whose name was cut at a token

    def text(self, choice: int, field: str, text: str, logprobs: Json | None, items: list[Item]) -> None:
        if (choice, field) not in self._streams and names(field)[0] in self._names:
            self._thoughts = field
        super().text(choice, field, text, logprobs, items)

    def _inside(self, field: str) -> bool:
        return names(field)[0] != self._answer

    def call(self, call: Call, items: list[Item]) -> None:
        """A name with a token in it (`query<|channel|>commentary`) ends there."""
        key = (call.choice, call.index)
        if call.name and key in self._named:
            call = replace(call, name="")
        elif "<" in call.name and (token := TOKEN.search(call.name)):
            self._named.add(key)
            self.dropped.note(MARKERS)
            call = replace(call, name=call.name[: token.start()])
        super().call(call, items)

    def end(self, choice: int, reason: str, items: list[Item]) -> None:
        self._closed(choice, items)
        called = reason == "stop" and choice in self._called
        items.append(End(choice, "tool_calls", uncalled=reason) if called else End(choice, reason))

    def _field_of(self, stream: _Stream, message: Message) -> str:
        if message.channel == "analysis":
            own = names(stream.field)[0] in self._names
            return inferred(stream.field if own else self._thoughts)
        if message.channel in ("final", "commentary"):
            return inferred(self._answer)
        return inferred(stream.field)

    def _token(self, stream: _Stream, text: str, found: list[Item]) -> None:
        self.dropped.note(MARKERS)

    def _begin_call(self, stream: _Stream, message: Message) -> None:
        self._called.add(stream.choice)
        self._new_call(stream, message, "")

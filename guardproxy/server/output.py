"""What was written of a reply and has not gone out; and the line behind which everything waits for a person."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from guardproxy.engine.approvals import HeldCall
from guardproxy.types import Json
from guardproxy.wire.base import ReplyWriter


@dataclass(slots=True)
class Spent:
    """What a reply has used so far."""

    usage: Json | None = None
    """The upstream's own counts, once it has told them."""
    cut: Json | None = None
    """The same of a whole reply that was cut: it is charged, and its client not told how long the reply was."""
    characters: int = 0
    """Of all texts and calls that it sent: what is counted where it tells nothing."""
    ended: bool = False
    """The reply came whole. Before its end the upstream's counts are of what they are: some servers begin with one token, or
    tell those of one choice."""

    @property
    def tokens(self) -> int:
        """Of the reply, as we count: four characters a token, so that cuts are no way round quotas."""
        return -(-self.characters // 4)


@dataclass(slots=True)
class Output:
    """Pieces in the order in which they were written."""

    keep: bool = False
    """A person may have to be asked: all of the reply is kept until its end."""
    waiting: list[HeldCall] = field(default_factory=list)
    """Calls that a person is to be asked about: nothing that was written since goes out."""
    herald: ReplyWriter | None = None
    """While calls wait: what tells the client so, from where its reply stopped."""
    spent: Spent = field(default_factory=Spent)
    _kept: list[bytes] = field(default_factory=list)
    _pieces: list[bytes] = field(default_factory=list)
    _ready: bytes = b""  # what was written before the calls that wait

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def append(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def take(self) -> bytes:
        """What may go out now."""
        out = b"".join(self._pieces)
        self._pieces.clear()
        if self.keep:
            self._kept.append(out)
        if self.waiting:
            out, self._ready = self._ready, b""
        return out

    def ask(self, calls: list[HeldCall], writer: ReplyWriter) -> None:
        """These calls come next: where a rule asks a person about one of them, or has before, they wait."""
        if not self.waiting:
            if not any(call.rules for call in calls):
                return
            self._ready, self.herald = self.take(), copy.deepcopy(writer)
        self.waiting += calls

    def give_up(self) -> None:
        """Nobody will be asked: what waits is gone, what was written before may go out."""
        if self.waiting:
            self.waiting.clear()
            self._pieces, self._ready = [self._ready], b""

    @property
    def complete(self) -> bytes:
        """With `keep`: everything that was taken, what waits included."""
        return b"".join(self._kept)

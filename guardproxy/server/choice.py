"""One choice of a reply, as far as it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from guardproxy.engine import Gate
from guardproxy.engine.guard import Said
from guardproxy.server.calls import Collected
from guardproxy.server.fields import Field
from guardproxy.server.flow import Flow
from guardproxy.types import Origin, ToolCall, Utterance


class OpenGate(Protocol):
    """Opens the gate of a segment."""

    def __call__(self, origin: Origin, beside: Said | None = None, /) -> Gate:
        """`beside`: what its choice says so far, for filters that read that."""
        ...


@dataclass(slots=True)
class Choice:
    """One choice of the reply."""

    fields: dict[str, Field] = field(default_factory=dict)  # the one that spoke last is the last
    open: set[str] = field(default_factory=set)  # fields whose part is open
    closed: set[str] = field(default_factory=set)  # fields with a place that have ended: nothing goes on behind them
    calls: dict[int, Collected] = field(default_factory=dict)
    kept: int = 0  # characters of the calls' arguments
    called: int = 0  # calls and blocks that are out
    quoted: bool = False  # something in its text looked like a call and was none
    turn: list[ToolCall] = field(default_factory=list)  # those that were judged, as the model wrote them
    flow: Flow | None = None  # the call whose arguments go out as they come
    flowed: set[int] = field(default_factory=set)  # calls that went out like that, and are over
    ended: bool = False
    cut: bool = False

    def said(self) -> tuple[Utterance, ...]:
        """What its texts say so far, as they were released."""
        return tuple(Utterance(one.origin, "".join(one.said)) for one in self.fields.values() if one.said)

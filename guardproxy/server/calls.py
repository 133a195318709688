"""Tool calls of a reply: collected from fragments, judged together and guarded whole. A truncated call is still executable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from guardproxy.engine import Cut, Gate, Watch
from guardproxy.engine.approvals import HeldCall
from guardproxy.engine.json_text import guard_json
from guardproxy.text.calls import read_call
from guardproxy.types import Decision, Json, Origin, Outcome, ToolCall, Turn, WireError
from guardproxy.wire.base import Call
from guardproxy.wire.json import dump
from guardproxy.wire.tools import arguments_of

MAX_CALL = 256 * 1024
"""Characters of arguments, over all calls of a choice, that are kept until the calls are decided."""
MAX_CALLS = 128
"""Tool calls of one choice."""


@dataclass(slots=True)
class Collected:
    """A call as far as it has come."""

    kind: str
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    inferred: bool = False
    field: str = ""


@dataclass(slots=True)
class Conduct:
    """Decides about calls of one reply: what is written in them, and what they do."""

    origin: Callable[[str], Origin]
    """Where a call of this tool comes from."""
    gate: Callable[[Origin], Gate]
    watch: Callable[[Origin], Watch] | None = None
    """None where no rule asks for a monitor, not even a shadow one."""
    declared: frozenset[str] = frozenset()
    """Tools that the request declares."""
    together: bool = False
    """No call goes out before all of its choice are decided."""
    asks: bool = True
    """A rule may ask a person."""
    check: Callable[[str], None] = lambda tool: None
    """Raises Cut for a tool that nobody may call for this client."""

    async def decide(self, calls: list[Call], before: list[ToolCall]) -> list[tuple[Call, HeldCall | None]]:
        """Each call with its arguments edited, and as a person sees it: None for one that the text only speaks of.

        Raises Cut: then none of them may go out. `before`: the calls of the turn so far; these are added.
        """
        for call in calls:
            if not call.spoken:
                self.check(call.name)
        guarded = [await guard_call(call, self._from(call), self.gate) for call in calls]
        return [(edited, await self._held(call, edited, before)) for call, edited in zip(calls, guarded, strict=True)]

    def _from(self, call: Call) -> Origin:
        return replace(self.origin(call.name), inferred=call.inferred)

    async def _held(self, call: Call, edited: Call, before: list[ToolCall]) -> HeldCall | None:
        if call.spoken:
            return None
        said = read_call(call.name, call.arguments, plain=call.kind == "custom")
        rules = await self._rules(said, before, self.declared, inferred=call.inferred)
        return HeldCall(edited.name, edited.arguments, rules)

    async def decide_block(
        self, tool: str, call: dict[str, Any], guarded: dict[str, Any], before: list[ToolCall]
    ) -> HeldCall:
        """A call that the upstream ran itself: nobody declares those. Raises Cut."""
        rules = await self._rules(read_call(tool, arguments_of(call)), before, None)
        return HeldCall(tool, arguments_of(guarded), rules)

    async def _rules(
        self, call: ToolCall, before: list[ToolCall], declared: frozenset[str] | None, *, inferred: bool = False
    ) -> tuple[str, ...]:
        """The rules that ask a person."""
        if self.watch is None:
            return ()
        origin = replace(self.origin(call.name), inferred=inferred)
        decision = await self.watch(origin).judge(call, Turn(tuple(before), declared))
        before.append(call)
        return _asking(decision) if self.asks else ()


def _asking(decision: Decision) -> tuple[str, ...]:
    if decision.outcome is not Outcome.REQUIRE_APPROVAL:
        return ()
    return tuple(v.rule for v in decision.verdicts if v.outcome is Outcome.REQUIRE_APPROVAL and not v.shadow)


async def guard_call(call: Call, origin: Origin, open_gate: Callable[[Origin], Gate]) -> Call:
    """A complete call with its arguments edited. Name and id can't be: a finding in them cuts. Raises Cut."""
    for text in (call.name, call.id):
        if text:
            gate = open_gate(origin)
            if edits := await gate.judge(text):
                gate.refuse(edits[0])
    if not call.arguments:
        return call
    if call.kind == "custom":
        arguments = await open_gate(origin).feed(call.arguments, last=True)
    else:
        arguments = await guard_json(call.arguments, lambda: open_gate(origin))
    return replace(call, arguments=arguments)


def strings(value: Json) -> list[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in (str(k), *strings(v))]
    if isinstance(value, list):
        return [s for v in value for s in strings(v)]
    return []


async def guard_object(value: dict[str, Any], origin: Origin, open_gate: Callable[[Origin], Gate]) -> dict[str, Any]:
    """A JSON object with its strings edited: keys, numbers and what stands beside them are read too. Raises Cut.

    Raises WireError for what can not be written as JSON.
    """
    if not value:
        return value
    try:
        text = dump(value).decode()
    except (ValueError, RecursionError):
        raise WireError("the upstream sent a value that is no JSON") from None
    guarded = await guard_json(text, lambda: open_gate(origin))
    edited: dict[str, Any] = value if guarded == text else orjson.loads(guarded)
    return edited


async def guard_message(message: str, gate: Gate) -> str:
    """An upstream's message about an error, guarded like what it says else."""
    try:
        return await gate.feed(message, last=True) or "upstream error"
    except Cut:
        return "The upstream reported an error; its message is withheld by policy."

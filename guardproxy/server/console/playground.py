"""Texts and conversations tried on a policy, as the proxy would treat them. Nothing of it is counted or recorded.

The same codec reads a conversation and the same gates judge it; a reply is judged whole, for all that is to be found in it,
and then once more in pieces, as a client would get it. What is tried is bounded in size, in time and in number.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from guardproxy.engine import Cut, Gate, Guard, Held, Inspector, Observer, Silent, Watch
from guardproxy.engine.conduct import Review
from guardproxy.engine.guard import About
from guardproxy.engine.transcript import Transcript
from guardproxy.engine.vault import Vault
from guardproxy.text.calls import read_call
from guardproxy.types import (
    Channel,
    Decision,
    Direction,
    Facts,
    Finding,
    Json,
    Origin,
    Outcome,
    Role,
    Segment,
    Turn,
    WireError,
)
from guardproxy.wire.base import message_of
from guardproxy.wire.chat import Chat
from guardproxy.wire.json import parse, where
from guardproxy.wire.tools import declared_tools

MAX_TEXT: Final = 100_000
"""Characters of a text, and of a conversation."""
MAX_TEXTS: Final = 100
"""Texts of a conversation, those of its tools included."""
MAX_STEPS: Final = 200
"""Pieces in which a reply comes."""
TIME: Final = 20.0
"""Seconds for everything, an edited policy's start included."""
AT_ONCE: Final = 2
"""Attempts at the same time."""
_HELD: Final = 4_000_000
_IDS: Final = tuple(f"playground {n}" for n in range(500))
T = TypeVar("T")
_PIECE: Final = re.compile(r"\s*\S{1,12}|\s+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be tried."""

    text: str = ""
    role: Role = Role.USER
    channel: Channel | None = None
    tool: str = ""
    conversation: str = ""
    """A chat request as JSON, or its list of messages. Comes before the text."""
    model: str = ""
    tenant: str = "default"
    policy: str | None = None
    """Another policy in YAML; None for the one in force."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened when one more piece of a reply had come."""

    fed: str
    released: str
    held: int
    """Characters that wait."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one text."""

    name: str
    """Where it stands: `messages[0].content`."""
    text: str
    facts: Facts
    """With what shadow filters found, too."""
    decision: Decision
    released: str | None
    """None where it is blocked."""
    placed: bool = True
    """Findings have places in the text: not so in a JSON document, whose strings are read one by one."""
    steps: tuple[Step, ...] = ()
    """Of a reply."""
    cut: bool = False
    """Its stream ended before its text did."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of everything."""

    tried: tuple[Tried, ...]
    message: str = ""
    """What the client is told, if something is blocked."""
    form: str = ""

    @property
    def outcome(self) -> Outcome:
        return max((one.decision.outcome for one in self.tried), default=Outcome.ALLOW)


async def tried(guard: Guard, wanted: Wanted) -> Attempt:
    """Try it on a started guard. Raises WireError for what can't be read."""
    return await _Run(_apart(guard), wanted).all()


def _apart(guard: Guard) -> Guard:
    """The same guard with a budget of its own: what is tried must not count among what requests hold back."""
    alone = copy.copy(guard)
    alone.held = Held(_HELD)
    return alone


class _Heard(Silent):
    """The last decision on a text, and what it was based on."""

    facts: Facts | None = None
    decision: Decision | None = None

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.facts, self.decision = facts, decision


@dataclass(slots=True)
class _Run:
    guard: Guard
    wanted: Wanted
    transcript: Transcript = field(default_factory=Transcript)
    vault: Vault | None = None
    request: str = ""
    """A request that every rollout reaches, if there is one: what an author tries is the rule."""

    def __post_init__(self) -> None:
        self.request = min(_IDS, key=self._outside) if self._outside(_IDS[0]) else _IDS[0]

    def _outside(self, request: str) -> int:
        origin = Origin(Direction.REQUEST, Role.USER)
        return len(self.guard.policy.outside(Facts(request, origin, tenant=self.wanted.tenant)))

    async def all(self) -> Attempt:
        segments, last, declared = _read(self.wanted)
        opening = next((s.text for s in segments if s.origin.role is Role.USER), "")
        self.vault = self.guard.vault(self.wanted.tenant, f"playground {opening}")
        out = []
        for segment in segments:
            out.append(await self._segment(segment, where(segment.origin.path)))
            await asyncio.sleep(0)
        if segments and self.guard.reviews:
            out += await self._reviewed()
        if last is not None:
            reply = last.origin.direction is Direction.RESPONSE
            out.append(await self._segment(last, "the reply" if reply else "the text", streamed=reply))
            if reply and last.origin.tool:
                out += await self._watched(last, declared)
            elif not reply and self.guard.reviews:
                out += await self._reviewed()
        blocked = next((t.decision for t in out if t.decision.outcome >= Outcome.BLOCK), None)
        return Attempt(tuple(out), *(self.guard.refusal(blocked) if blocked else ()))

    async def _segment(self, segment: Segment, name: str, *, streamed: bool = False) -> Tried:
        if segment.json:
            return await self._document(segment, name)
        gate, heard = self._gate(segment.origin)
        gate.cuts = False
        edits = await gate.judge(segment.text)
        released = gate.render(segment.text, edits)
        decision = gate.decision
        await gate.shadow()
        facts = heard.facts or gate.facts
        if heard.decision is not None:
            decision = replace(decision, verdicts=heard.decision.verdicts)
        if segment.origin.direction is Direction.REQUEST and not segment.fixed:
            path = segment.origin.path
            self.transcript.add(segment.origin, message_of(path) or path, released, gate)
        blocked = decision.outcome >= Outcome.BLOCK
        one = Tried(name, segment.text, facts, decision, None if blocked else released)
        return await self._streamed(one, segment) if streamed else one

    async def _document(self, segment: Segment, name: str) -> Tried:
        """A text that is JSON: its strings are read, and edited, one by one."""
        inspector = Inspector(self.guard, observer=Silent(), model=self.wanted.model, tenant=self.wanted.tenant)
        seen = await inspector.text(segment.text, segment.origin, json=True)
        await inspector.close()
        facts = self._facts(segment.origin, seen.findings)
        return Tried(name, segment.text, facts, Decision(seen.outcome, (), seen.verdicts), seen.released, placed=False)

    async def _streamed(self, one: Tried, segment: Segment) -> Tried:
        """The same text as it comes from a model, piece by piece."""
        gate, _ = self._gate(segment.origin)
        pieces = list(_pieces(segment.text))
        steps: list[Step] = []
        try:
            for number, piece in enumerate(pieces, 1):
                steps.append(Step(piece, "", 0))
                released = await gate.feed(piece, last=number == len(pieces))
                steps[-1] = Step(piece, released, sum(len(s.fed) for s in steps) - gate.released)
        except Cut:
            return replace(one, steps=tuple(steps), cut=True)
        finally:
            gate.end()
        return replace(one, steps=tuple(steps))

    async def _watched(self, last: Segment, declared: frozenset[str]) -> list[Tried]:
        """What the call does."""
        heard, tool = _Heard(), last.origin.tool or ""
        watch = self.guard.watch(last.origin, **self._about(heard))
        await self._conduct(watch, watch.judge(read_call(tool, last.text), Turn((), declared | {tool})))
        return self._said("the call, as a deed", watch.facts, heard)

    async def _reviewed(self) -> list[Tried]:
        """What the conversation comes to."""
        heard = _Heard()
        review = self.guard.review(**self._about(heard))
        await self._conduct(review, review.judge(self.transcript.read))
        return self._said("the conversation as a whole", review.facts, heard)

    @staticmethod
    async def _conduct(watching: Watch | Review, judging: Awaitable[Decision]) -> None:
        with contextlib.suppress(Cut):  # the decision says so
            await judging
        await watching.shadow()

    @staticmethod
    def _said(name: str, facts: Facts, heard: _Heard) -> list[Tried]:
        if heard.decision is None or not heard.decision.verdicts:
            return []
        released = None if heard.decision.outcome >= Outcome.BLOCK else ""
        return [Tried(name, "", heard.facts or facts, heard.decision, released, placed=False)]

    def _gate(self, origin: Origin) -> tuple[Gate, _Heard]:
        heard = _Heard()
        gate = self.guard.gate(origin, vault=self.vault, said=self.transcript.said, **self._about(heard))
        return gate, heard

    def _about(self, observer: Observer) -> About:
        wanted = self.wanted
        return About(request=self.request, model=wanted.model, tenant=wanted.tenant, route="", observer=observer)

    def _facts(self, origin: Origin, findings: tuple[Finding, ...]) -> Facts:
        return Facts(self.request, origin, findings, self.wanted.tenant, self.wanted.model)


# ---------------------------------------------------------------------------------------------------- reading


def _read(wanted: Wanted) -> tuple[tuple[Segment, ...], Segment | None, frozenset[str]]:
    """The texts of a conversation as the proxy would read them, what comes last, and the tools that are declared."""
    for name, text in (("text", wanted.text), ("conversation", wanted.conversation)):
        if len(text) > MAX_TEXT:
            raise WireError(f"The {name} has more than {MAX_TEXT:,} characters.", status=413, code="request_too_large")
    last = _last(wanted) if wanted.text else None
    if not wanted.conversation.strip():
        if last is None:
            raise WireError("There is nothing to try: give a text, or a conversation, or both.")
        return (), last, frozenset()
    body = _body(wanted)
    messages = body["messages"]
    final = messages[-1] if isinstance(messages, list) and len(messages) > 1 else None
    if last is None and isinstance(final, dict) and final.get("role") == "assistant" and _plain(final):
        body = {**body, "messages": messages[:-1]}  # the last word is the model's: it is what this is about
        last = Segment(Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL), str(final["content"]))
    segments = Chat().read_request(body).segments
    if len(segments) > MAX_TEXTS:
        raise WireError(f"The conversation has more than {MAX_TEXTS} texts.", status=413, code="request_too_large")
    return segments, last, declared_tools(body)


def _plain(message: dict[str, Json]) -> bool:
    return isinstance(message.get("content"), str) and set(message) <= {"role", "content"}


def _last(wanted: Wanted) -> Segment:
    reply = wanted.role is Role.ASSISTANT
    channel = wanted.channel if reply else None
    if reply and wanted.tool:
        channel = channel or Channel.COMMENTARY
    tool = wanted.tool if wanted.tool and wanted.role in (Role.ASSISTANT, Role.TOOL) else None
    origin = Origin(Direction.RESPONSE if reply else Direction.REQUEST, wanted.role, channel, tool)
    arguments = reply and tool is not None and read_call(tool, wanted.text).parsed
    return Segment(origin, wanted.text, json=arguments)


def _body(wanted: Wanted) -> dict[str, Json]:
    text = wanted.conversation.strip()
    body = parse((f'{{"messages": {text}}}' if text.startswith("[") else text).encode("utf-8", "replace"))
    if "messages" not in body:
        raise WireError("A conversation is a list of messages, or an object with `messages`.", param="messages")
    return {**body, "model": wanted.model or str(body.get("model") or "playground")}


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces as a model would send it: about a word each, fewer and longer ones of a long text."""
    pieces = _PIECE.findall(text) or [""]
    together = -(-len(pieces) // MAX_STEPS)
    for at in range(0, len(pieces), together):
        yield "".join(pieces[at : at + together])


# ---------------------------------------------------------------------------------------------------- bounds


class Attempts:
    """Runs a few attempts at a time, each for a while."""

    def __init__(self, at_once: int = AT_ONCE, seconds: float = TIME) -> None:
        self._free, self._seconds = at_once, seconds

    async def run(self, trying: Callable[[], Awaitable[T]]) -> T:
        """Raises WireError: 429 where too many run, 408 for one that takes too long."""
        if self._free <= 0:
            raise WireError("Others try something at this moment; try again.", status=429, code="busy")
        self._free -= 1
        try:
            async with asyncio.timeout(self._seconds):
                return await trying()
        except TimeoutError:
            message = f"It took more than {self._seconds:g} seconds; try less text, or fewer filters."
            raise WireError(message, status=408, code="request_timeout") from None
        finally:
            self._free += 1

"""One request's passage through the guard, in both directions: codec on one side, gates on the other.

Here items of a reply meet their gates. Nothing here knows a dialect's fields or a filter's labels.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from guardproxy.engine import Cut, Gate, Guard, Moderation, Observer, TooMany, Vault, Watch
from guardproxy.engine.approvals import Binding, HeldReply
from guardproxy.engine.conduct import Review
from guardproxy.engine.edits import over_a_seam
from guardproxy.engine.guard import About, Said
from guardproxy.engine.json_text import guard_json
from guardproxy.engine.transcript import Transcript
from guardproxy.governance.approvals import Approvals
from guardproxy.governance.caller import ANYBODY, Caller
from guardproxy.policy.decide import routed
from guardproxy.policy.model import UPSTREAM_TOOL
from guardproxy.server import approving
from guardproxy.server.authentication import check_call, check_tools, user_for
from guardproxy.server.blocked import Blocked
from guardproxy.server.calls import Conduct
from guardproxy.server.failed import failed_upstream
from guardproxy.server.output import Output, Spent
from guardproxy.server.reply import Reply
from guardproxy.types import (
    Decision,
    Direction,
    Edit,
    Facts,
    Finding,
    Json,
    Needs,
    Origin,
    Outcome,
    Path,
    Role,
    Segment,
    UpstreamError,
    WireError,
)
from guardproxy.wire.base import PART, Codec, Conversation, Head, ReplyWriter, message_of
from guardproxy.wire.identity import NOBODY, Identity
from guardproxy.wire.json import where
from guardproxy.wire.moderations import result
from guardproxy.wire.tools import declared_tools

__all__ = ["Blocked", "Exchange"]

_TURN = 64
"""Texts of a request after which other requests have their turn."""


@dataclass(slots=True)
class Exchange:
    """State of one request. `request` comes first, then one of `whole`, `stream` and `error`, then `close`."""

    guard: Guard
    codec: Codec
    request_id: str
    route: str
    observer: Observer
    head_id: str
    caller: Caller = ANYBODY
    who: Identity = NOBODY
    refused: Callable[[str], None] = lambda reason: None  # told for what the caller has no right to
    languages: tuple[str, ...] = ()
    """What the client accepts for messages, the most wanted first."""
    asks: bool = True
    """Whether a person is asked at all: what is read again was released before."""
    approvals: Approvals | None = None
    """Where replies wait for a person. Without it, they are refused."""
    waits: str = ""
    """Id of the approval that the reply waits for."""
    model: str = ""
    show_scores: bool = False
    """Whether a client that asks for moderation sees scores."""
    streaming: bool = False
    created: int = field(default_factory=lambda: int(time.time()))
    """When, in seconds since 1970."""
    ended: bool = False
    """What `stream` gives next, or gave last, are its last events."""
    repeats: Mapping[str, Json] = field(default_factory=dict)
    """What the reply says beside what its request said."""
    spent: Spent = field(default_factory=Spent)
    _writer: ReplyWriter | None = None
    _output: Output = field(default_factory=Output)
    _choices: int = 1
    _include_usage: bool = False
    _json_reply: bool = False
    _schema: Json = None
    _tools: frozenset[str] | None = None
    _echo: Mapping[str, Json] = field(default_factory=dict)
    _vault: Vault | None = None
    """Where the policy masks reversibly: what this conversation's model sees as placeholders."""
    _moderation: dict[Direction, Moderation] = field(default_factory=dict)
    """What the client wants counted, and blocked; empty where it asks for nothing."""
    _transcript: Transcript | None = None
    """What the request says, where some detector reads more than one text."""
    _gates: list[Gate | Watch | Review] = field(default_factory=list)
    _declared: frozenset[str] = frozenset()
    _binding: Binding | None = None
    _asking: list[Gate | Review] = field(default_factory=list)
    """What judged the request, where some rule chooses who is asked."""

    @property
    def upstream(self) -> str:
        """The upstream that rules choose for this request, once it was read; empty for the main one."""
        return routed(self.guard.policy, (v for one in self._asking for v in one.decision.verdicts))

    @property
    def writer(self) -> ReplyWriter | None:
        """Of the reply, once there is one: it knows what was released. While calls wait for a person, that ends before them."""
        return self._output.herald or self._writer

    # ------------------------------------------------------------------------------------------------ request

    async def request(self, body: Json) -> Json:
        """Read, guard and edit a request. Raises WireError for a bad one, Blocked for one that policy refuses."""
        return self._written(body, await self._guarded(body))

    async def again(self, body: Json) -> Json:
        """A kept request as its client may read it now: guarded like a new one, with its placeholders given back."""
        texts = await self._guarded(body)
        if self._vault:
            documents = {s.origin.path for s in self.codec.read_request(body).segments if s.json}
            for path, text in texts.items():
                texts[path] = self._vault.restorer(in_json=path in documents).feed(text, last=True)
        return self._written(body, texts)

    async def _guarded(self, body: Json) -> dict[Path, str]:
        conversation = self.codec.read_request(body)
        self._declared = declared_tools(body)
        if self.asks:  # what is read again was checked before
            check_tools(self.caller, self._declared | frozenset(conversation.upstream_tools))
        if self.guard.approves:
            self._binding = self.bind(body)
        self.model, self.streaming = conversation.model, conversation.stream
        self._choices, self._include_usage = conversation.choices, conversation.include_usage
        self._json_reply, self._schema, self._echo = conversation.json_reply, conversation.schema, conversation.echo
        if (asked := conversation.moderation) is not None:
            blocks = {Direction.REQUEST: asked.block_input, Direction.RESPONSE: asked.block_output}
            self._moderation = {side: Moderation(block) for side, block in blocks.items()}
        self._tools = conversation.tools
        self.who = Identity.of(user_for(self.caller, body), conversation.opening)
        self._vault = self.guard.vault(self.caller.tenant, conversation.opening)
        if self.guard.reviews or self.guard.needs >= Needs.CONVERSATION:
            self._transcript = Transcript()
        if self.guard.held.full:
            raise WireError("guardproxy holds too much text now; try again later", status=503, code="overloaded")
        try:
            self._check_unread(conversation)
            self._check_upstream_tools(conversation)
            texts, edits = await self._guard_segments(conversation.segments)
            for parts in conversation.joined():
                await self._check_joined(parts, edits)
            if self._vault is not None:
                await self._escape_placeholders(self._vault, conversation.segments, texts)
            if self.guard.reviews and self._transcript is not None:
                await self._review(self._transcript)
        except Cut as cut:
            raise self._blocked(cut.decision) from None
        return texts

    def _written(self, body: Json, texts: Mapping[Path, str]) -> Json:
        try:
            return self.codec.write_request(body, texts)
        except ValueError:  # what policy takes out can't be taken out there: the request must not go out with it
            self.observer.filter_failed("guard", "error", allowed=False)
            raise self._blocked(Decision(Outcome.BLOCK)) from None

    async def _guard_segments(
        self, segments: tuple[Segment, ...]
    ) -> tuple[dict[Path, str], dict[Path, tuple[Edit, ...]]]:
        """What stands at each place now, where it is not what stood there; and the edits of plain texts."""
        texts: dict[Path, str] = {}
        edits: dict[Path, tuple[Edit, ...]] = {}
        for number, segment in enumerate(segments, 1):
            if not number % _TURN:
                await asyncio.sleep(0)
            path = segment.origin.path
            if segment.json:
                text = await guard_json(segment.text, lambda o=segment.origin: self.gate(o))  # type: ignore[misc]
            else:
                gate = self.gate(segment.origin)
                gate.rewritable &= not segment.fixed
                text = await gate.feed(segment.text, last=True)
                if segment.fixed and text != segment.text:
                    gate.refuse(gate.decision.edits[0])
                edits[path] = gate.decision.edits
                if self._transcript is not None and not segment.fixed:
                    self._transcript.add(segment.origin, message_of(path) or path, text, gate)
            if text != segment.text:
                texts[path] = text
        return texts, edits

    async def _review(self, transcript: Transcript) -> None:
        """Judge the conversation, now that each of its texts is. Raises Cut."""
        review = self.guard.review(**self._about())
        if self.guard.routes:
            self._asking.append(review)
        if review.plan.shadow_reviewers:  # behind the gates of its texts: it reads what they find
            self._gates.append(review)
        try:
            await review.judge(transcript.read)
        finally:
            if self._moderation:
                seen = review.decision
                self._moderation[Direction.REQUEST].tally.add(seen.outcome, review.facts.findings, seen.verdicts)

    async def _escape_placeholders(self, vault: Vault, segments: tuple[Segment, ...], texts: dict[Path, str]) -> None:
        """Mask what only looks like a placeholder, now that all real ones are known. Names hold none. Raises Cut."""
        for segment in segments:
            if segment.fixed:
                continue
            text = texts.get(segment.origin.path, segment.text)
            try:
                escaped = await vault.escaped(text, self.guard.says)
            except TooMany:
                gate = self.gate(segment.origin)
                gate.overflow()
                gate.end()
                break
            if escaped != text:
                texts[segment.origin.path] = escaped

    async def _check_joined(self, parts: list[Segment], edits: Mapping[Path, tuple[Edit, ...]]) -> None:
        """Refuse a value that goes on over a seam."""
        gate = self.gate(replace(parts[0].origin, path=()))
        texts = [part.text for part in parts]
        crossing = await gate.judge("".join(texts))
        if (edit := over_a_seam(texts, crossing, [edits.get(p.origin.path, ()) for p in parts])) is not None:
            gate.refuse(edit)

    def _check_unread(self, conversation: Conversation) -> None:
        if not conversation.unread:
            return
        findings = (Finding("guard", "guard.unread", 1.0),)
        facts = self._facts(Origin(Direction.REQUEST, Role.USER, path=conversation.unread[0].path), findings)
        decision = self.guard.decide(facts)
        self.observer.decided(facts, decision, final=True)
        if self._moderation:
            self._moderation[Direction.REQUEST].tally.add(decision.outcome, findings, decision.verdicts)
        if decision.outcome >= Outcome.BLOCK:
            first = conversation.unread[0]
            place = where(first.path)
            raise Blocked(
                decision,
                ("guard.unread",),
                f"`{place}` is {first.what}, which no filter of this policy can read.",
                param=place,
            )

    def _check_upstream_tools(self, conversation: Conversation) -> None:
        """Tell of tools that the upstream runs: their results reach the model without crossing guardproxy."""
        for tool in dict.fromkeys(conversation.upstream_tools):
            facts = self._facts(
                Origin(Direction.REQUEST, Role.TOOL, tool=tool), (Finding("guard", UPSTREAM_TOOL, 1.0),)
            )
            decision = self.guard.decide(facts)
            self.observer.decided(facts, decision, final=True)
            if decision.outcome >= Outcome.BLOCK:
                message = "The upstream runs a tool of this request: its results would reach the model unguarded."
                raise Blocked(decision, (UPSTREAM_TOOL,), message, param="tools")

    def _blocked(self, decision: Decision) -> Blocked:
        labels = sorted({f.label for v in decision.verdicts if not v.shadow for f in v.findings})
        message, on_block = self.guard.refusal(decision, self.languages)
        return Blocked(decision, tuple(labels), message, on_block)

    # ------------------------------------------------------------------------------------------------ reply

    async def whole(self, body: Json, *, stream: bool = False) -> bytes:
        """A whole reply of the upstream as the body for the client. Raises UpstreamError when it is no reply.

        `stream`: the client is to have it as a stream.
        """
        head = self.head()
        reply = self._reply(
            self.codec.stream_writer(head) if stream else self.codec.whole_writer(head), head, whole=True
        )
        reader = self.codec.reader()
        try:
            for item in reader.whole(body):
                await reply.take(item, alone=PART not in getattr(item, "field", ""))
            out = b"" if reply.fault else await reply.finish(complete=True)
        except WireError as e:
            raise UpstreamError(f"the upstream's reply can't be read: {e}", code="upstream_invalid_response") from None
        finally:
            reply.abandon()
            self.observer.dropped(reader.dropped)
        if reply.fault or reply.failure:
            raise UpstreamError(reply.fault or "the upstream's reply has no end", code="upstream_error")
        if reply.out.waiting:
            raise await self._wait(reply)
        return out

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The upstream's events as events for the client. Trouble upstream ends it with an error event, never half."""
        head = self.head()
        reply = self._reply(self.codec.stream_writer(head), head)
        reader, decoder = self.codec.reader(), self.codec.decoder()
        try:
            async for chunk in chunks:
                for event in decoder.feed(chunk):
                    await reply.event(reader, event)
                    if reply.over or reader.done:  # what else came in this read might as well have come later
                        break
                if out := await reply.flush():
                    yield out
                if reply.over or reader.done:  # a server may keep its connection open behind `[DONE]`
                    break
            else:
                for event in decoder.close():
                    await reply.event(reader, event)
            end = await reply.finish(complete=reader.done)
            if reply.out.waiting:
                end += approving.told(
                    await self._wait(reply), reply.out.herald or self.codec.stream_writer(self.head())
                )
        except (UpstreamError, WireError) as e:
            if reply.complete and not reply.fault:  # the client has all of it: what is lost is a terminator
                end = await reply.finish(complete=True)
            else:
                code = e.code if isinstance(e, UpstreamError) else "upstream_invalid_response"
                end = await reply.fail(str(e), code or "upstream_error")
        finally:
            if reply.failure:
                self.observer.upstream_failed(reply.failure)
            reply.abandon()
            self.observer.dropped(reader.dropped)
        self.ended = True
        yield end

    async def _wait(self, reply: Reply) -> WireError:
        """Keep a reply until a person has answered; what its client is told now."""
        if self.approvals is None or self._binding is None:
            message = "A tool call of this reply needs approval, and nobody can give one here."
            return WireError(message, status=503, code="approval_unavailable")
        kept = HeldReply(reply.out.complete, self.streaming, self.model)
        try:
            approval = await approving.hold(self.approvals, self._binding, reply.out.waiting, kept, self.caller.user)
        except WireError as full:
            return full
        self.waits = approval.id
        return approving.required(approval.id)

    def bind(self, body: Json) -> Binding:
        """What an approval of this request is bound to."""
        return approving.bind(self.caller.tenant, self.caller.key, self.guard.policy.digest, self.route, body)

    def _reply(self, writer: ReplyWriter, head: Head, *, whole: bool = False) -> Reply:
        self._writer, self._output = writer, Output(keep=self.guard.approves, spent=self.spent)
        return Reply(
            codec=self.codec,
            writer=writer,
            gate=self.gate,
            conduct=Conduct(
                lambda tool: self.codec.origin("call", tool),
                self.gate,
                self.watch if self.guard.watches else None,
                self._declared,
                self.guard.together,
                self.asks,
                partial(check_call, self.caller, self.refused) if self.asks else lambda tool: None,
            ),
            out=self._output,
            choices=self._choices,
            include_usage=self._include_usage,
            refusal=partial(self.guard.refusal, languages=self.languages),
            held=self.guard.held,
            keep_alive=self.codec.keep_alive(head),
            drop_reasoning=self.guard.policy.defaults.reasoning == "drop" or not self.caller.grants.reasoning,
            vault=self._vault or None,  # an empty one has nothing to give back
            json_reply=self._json_reply,
            moderation=self._moderated if self._moderation else None,
            schema=self._schema,
            # what a call's tool may have again, and what a person is asked about, is decided about the whole call
            stream_tools=() if self._vault or self.guard.approves else self.guard.policy.defaults.stream_tools,
            tools=self._tools,
            remembers=self.guard.needs >= Needs.TURN,
            whole=whole,
        )

    def _moderated(self) -> tuple[Json, Json]:
        tallies = (self._moderation[side].tally for side in (Direction.REQUEST, Direction.RESPONSE))
        asked, said = (result(t.flagged, t.acted, t.scores, show_scores=self.show_scores) for t in tallies)
        return asked, said

    async def error(self, status: int, body: bytes) -> tuple[int, bytes]:
        """An error reply of the upstream, its message guarded, in the dialect's shape."""
        gate = self.gate(Origin(Direction.RESPONSE, Role.ASSISTANT))
        return status, self.codec.error(await failed_upstream(gate, self.codec.route, status, body), status)

    # ------------------------------------------------------------------------------------------------ gates

    def gate(self, origin: Origin, beside: Said | None = None, /) -> Gate:
        """A new gate for a segment of this exchange; `beside`: what its choice says so far."""
        said = None if self._transcript is None else self._transcript.said
        about = self._about()
        gate = self.guard.gate(origin, vault=self._vault, languages=self.languages, said=said, beside=beside, **about)
        if self._moderation:
            self._moderation[origin.direction].of(gate)
        if gate.plan.behind:
            self._gates.append(gate)
        if self.guard.routes and origin.direction is Direction.REQUEST:
            self._asking.append(gate)
        return gate

    def watch(self, origin: Origin) -> Watch:
        """What judges the conduct of one call of this exchange."""
        watch = self.guard.watch(origin, **self._about())
        if watch.plan.shadow_monitors:
            self._gates.append(watch)
        return watch

    def _about(self) -> About:
        return About(
            request=self.request_id, model=self.model, tenant=self.caller.tenant, route=self.route, observer=self.observer,
            user=self.who.user, conversation=self.who.conversation,
        )  # fmt: skip

    def _facts(self, origin: Origin, findings: tuple[Finding, ...]) -> Facts:
        who, tenant = self.who, self.caller.tenant
        return Facts(self.request_id, origin, findings, tenant, self.model, self.route, who.user, who.conversation)

    def head(self) -> Head:
        """What every event of the reply repeats."""
        return Head(self.head_id, self.model, self.created, self._include_usage, {**self._echo, **self.repeats})

    def handed_over(self, request_id: str, observer: Observer) -> Exchange:
        """The same exchange for somebody else to go on with; what is left for this one is to close."""
        # nobody waits for it with the request that an approval is for: what needs a person fails there
        other = replace(self, request_id=request_id, observer=observer, approvals=None, _gates=[])
        self._vault = None
        return other

    async def close(self) -> None:
        """Run what only shadow rules need, now that the text is out."""
        if self._vault:
            self.observer.placeholders(len(self._vault), self._vault.restored)
        for gate in self._gates:
            await gate.shadow()
        self._gates.clear()

"""guardproxy as a detector for others: routes that say what was found in a text. Nothing is sent upstream.

They obey the same doorkeeper and the same limits as guarded routes, and every answer has its decision record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from guardproxy.config import Settings
from guardproxy.engine import Guard, Inspection, Inspector, Tally
from guardproxy.engine.edits import over_a_seam
from guardproxy.server.closing import Closing
from guardproxy.server.edge import Headers, Reply, Request, Shape
from guardproxy.server.presence import Presence
from guardproxy.server.snapshot import Lease
from guardproxy.telemetry import Record, ids
from guardproxy.types import Finding, Json, Origin, Outcome, Segment, WireError
from guardproxy.wire import contents, errors, litellm, moderations
from guardproxy.wire.json import dump, parse

_TURN: Final = 64
"""Texts of a request after which other requests have their turn."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One route. Shared by all requests."""

    route: str
    answer: Callable[[Question], Awaitable[bytes]]
    settings: Settings
    closing: Closing
    shape: Shape = errors.openai

    async def serve(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        """Answer the request; returns the status. Raises WireError before an answer began; Gone."""
        return await Presence(request, self.closing).during(self._run(request, record, headers, lease))

    async def _run(self, request: Request, record: Record, headers: Headers, lease: Lease) -> int:
        guard = lease.guard
        body = await request.body(self.settings)
        record.mark("read")
        if guard.held.full:
            raise WireError("guardproxy holds too much text now; try again later", status=503, code="overloaded")
        inspector = Inspector(
            guard,
            observer=lease.observer(record),
            request=record.request_id,
            route=self.route,
            tenant=request.caller.tenant,
        )
        question = Question(parse(body), request, guard, inspector, self.settings.moderation_scores)
        try:
            answer = await self.answer(question)
            await request.reply(Reply(200, answer, headers))
        finally:
            await inspector.close()
        return 200


@dataclass(slots=True)
class Question:
    """One request to a detector."""

    body: dict[str, Json]
    request: Request
    guard: Guard
    inspector: Inspector
    show_scores: bool
    _read: int = 0

    async def text(self, segment: Segment) -> Inspection:
        """What there is in one text."""
        self._read += 1
        if not self._read % _TURN:
            await asyncio.sleep(0)
        origin = replace(segment.origin, path=())
        return await self.inspector.text(segment.text, origin, json=segment.json)

    async def goes_on(self, parts: tuple[Segment, ...], seen: list[Inspection]) -> Inspection | None:
        """What is in parts that are read as one text and in none of them alone, if something goes on over a seam."""
        joined = await self.text(replace(parts[0], text="".join(p.text for p in parts)))
        edit = over_a_seam([p.text for p in parts], joined.edits, [s.edits for s in seen])
        blocked = joined.outcome >= Outcome.BLOCK and not any(s.outcome >= Outcome.BLOCK for s in seen)
        return joined if edit is not None or blocked else None


def detectors(settings: Settings, closing: Closing) -> dict[str, Detector]:
    """All of them, by path."""
    made = (
        Detector(moderations.ROUTE, _moderations, settings, closing),
        Detector(contents.ROUTE, _contents, settings, closing, contents.error),
        Detector(litellm.ROUTE, _litellm, settings, closing),
    )
    return {one.route: one for one in made}


# ---------------------------------------------------------------------------------------------------- moderations


async def _moderations(asked: Question) -> bytes:
    results = []
    for question in moderations.read(asked.body):
        tally = Tally()
        seen = [await asked.text(segment) for segment in question.texts]
        if len(seen) > 1 and (joined := await asked.goes_on(question.texts, seen)) is not None:
            seen.append(joined)
        if question.unread:
            seen.append(asked.inspector.unread(moderations.origin(asked.body)))
        for one in seen:
            tally.add(one.outcome, one.findings, one.verdicts)
        shown = moderations.result(tally.flagged, tally.acted, tally.scores, show_scores=asked.show_scores)
        results.append(shown)
    return dump(moderations.reply(ids.new("modr-"), results))


# ---------------------------------------------------------------------------------------------------- contents


async def _contents(asked: Question) -> bytes:
    texts, threshold = contents.read(asked.body)
    name = asked.request.headers.get(contents.DETECTOR, b"*").decode("latin-1").strip()
    if name != "*" and name not in asked.guard.policy.filters:
        there = ", ".join(sorted(asked.guard.policy.filters))
        raise WireError(f"There is no such detector; this policy has {there}, and * for all.", status=404)
    origin = moderations.origin({})
    out, total = [], 0
    for text in texts:
        inspection = await asked.text(Segment(origin, text))
        found = _shown(inspection, asked.show_scores)
        wanted = (f for f in found if f.score >= threshold and (name in ("*", f.filter) or f.filter == "guard"))
        out.append(contents.detections(text, wanted))
        total += len(out[-1])
        if total > contents.MAX_DETECTIONS:
            message = f"There are more than {contents.MAX_DETECTIONS} detections in these contents; send fewer."
            raise WireError(message, status=413, code="request_too_large")
    return dump(out)


def _shown(inspection: Inspection, show_scores: bool) -> Iterable[Finding]:
    """Findings as the caller may see them. A failure is one where policy blocks it: silence would mean "nothing found"."""
    acted = inspection.acted
    if not show_scores:
        return [replace(f, score=1.0) for f in acted]
    return [f for f in inspection.findings if f in acted or not f.label.startswith("guard.")]


# ---------------------------------------------------------------------------------------------------- LiteLLM


async def _litellm(asked: Question) -> bytes:
    question = litellm.read(asked.body)
    asked.inspector.model = question.model
    try:
        texts, tools = await _released(asked, question)
    except _Refused as refused:
        return litellm.blocked(refused.reason)
    if texts == list(question.texts) and tools is None:
        return litellm.passed()
    return litellm.edited(texts, tools)


class _Refused(Exception):
    """LiteLLM may not go on."""

    def __init__(self, asked: Question, inspection: Inspection) -> None:
        rules = [v for v in inspection.verdicts if v.outcome >= Outcome.REDACT]
        rule = min(rules, key=lambda v: (-v.outcome, v.rule)).rule if rules else ""
        self.reason = asked.guard.policy.on_block(rule)[0]


async def _released(asked: Question, question: litellm.Question) -> tuple[list[str], list[str] | None]:
    """The texts, and the tools if one of them is edited, as they may go on. Raises _Refused."""
    if question.unread and (unread := asked.inspector.unread(question.otherwise)).outcome >= Outcome.BLOCK:
        raise _Refused(asked, unread)
    for segment in question.fixed:
        await _unchanged(asked, segment)
    texts = [await _edited(asked, text, question.origins.get(text, (question.otherwise,))) for text in question.texts]
    for parts in question.joined:
        seen = [await asked.text(part) for part in parts]
        if (joined := await asked.goes_on(parts, seen)) is not None:
            raise _Refused(asked, joined)
    tools = []
    for segment in question.tools:
        inspection = await asked.text(segment)
        if inspection.released is None:
            raise _Refused(asked, inspection)
        tools.append(inspection.released)
    same = all(tool == segment.text for tool, segment in zip(tools, question.tools, strict=True))
    return texts, None if same else tools


async def _edited(asked: Question, text: str, origins: tuple[Origin, ...]) -> str:
    for origin in origins:
        inspection = await asked.text(Segment(origin, text))
        if inspection.released is None:
            raise _Refused(asked, inspection)
        text = inspection.released
    return text


async def _unchanged(asked: Question, segment: Segment) -> None:
    inspection = await asked.text(segment)
    if inspection.released != segment.text:
        raise _Refused(asked, inspection)

"""LiteLLM's generic guardrail API: what its proxy asks a guardrail, and the three answers there are.

After litellm/types/proxy/guardrails/guardrail_hooks/generic_guardrail_api.py. Texts and tools can be given back edited;
calls and everything else in the messages can't, so what would have to change there is blocked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from guardproxy.types import Direction, Json, Origin, Path, Role, Segment, WireError
from guardproxy.wire import chat_request
from guardproxy.wire.base import Conversation, Unread
from guardproxy.wire.json import dump
from guardproxy.wire.request import MAX_SEGMENTS, Reading, bad, wrong

ROUTE: Final = "/beta/litellm_basic_guardrail_api"
_TEXTS: Final = "texts"


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be guarded."""

    texts: tuple[str, ...]
    origins: Mapping[str, tuple[Origin, ...]]
    """Text to whose it is, where the messages tell: the same text may be several people's."""
    otherwise: Origin
    """Whose the other texts are."""
    fixed: tuple[Segment, ...]
    """Texts that can't be given back edited."""
    joined: tuple[tuple[Segment, ...], ...]
    """Parts of one message: read as one text."""
    tools: tuple[Segment, ...]
    """Descriptions of tools, one JSON document each."""
    unread: tuple[Unread, ...]
    model: str


class _Lenient(Reading):
    """Reads what another proxy took from some dialect: a field that no table knows is text like any other."""

    def allowed(self, path: Path) -> bool:
        return True


def read(body: Mapping[str, Json]) -> Question:
    """The question. Fields that hold nothing of the conversation are left alone. Raises WireError."""
    side = body.get("input_type")
    if side not in ("request", "response"):
        raise bad(("input_type",), "expected one of request, response")
    direction = Direction(side)
    texts = _list(body, _TEXTS)
    if not all(isinstance(one, str) for one in texts):
        raise bad((_TEXTS,), "expected texts only")
    rows, calls = _rows(body), _calls(body, direction)
    otherwise = Origin(direction, Role.USER if direction is Direction.REQUEST else Role.ASSISTANT)
    origins: dict[str, tuple[Origin, ...]] = {}
    shown = set(texts)
    if direction is Direction.REQUEST:
        for segment in rows.segments:
            if segment.text in shown and not (segment.json or segment.fixed):
                origins[segment.text] = tuple(
                    dict.fromkeys((*origins.get(segment.text, ()), _anywhere(segment.origin)))
                )
    left = [s for s in rows.segments if s.text not in shown or s.json or s.fixed]
    fixed = {(s.text, s.json, _anywhere(s.origin)): s for s in (*left, *calls.segments)}
    images = [Unread(("images", i), "an image") for i in range(len(_list(body, "images")))]
    model = body.get("model")
    conversation = Conversation("", False, tuple(s for s in rows.segments if not s.json))
    return Question(
        tuple(texts),
        origins,
        otherwise,
        tuple(fixed.values()),
        tuple(map(tuple, conversation.joined())),
        tuple(_tools(body)),
        (*rows.unread, *calls.unread, *images),
        model if isinstance(model, str) else "",
    )


def _list(body: Mapping[str, Json], name: str) -> list[Json]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong((name,), "a list", value)
    if len(value) > MAX_SEGMENTS:
        raise WireError(f"`{name}` holds more than {MAX_SEGMENTS} entries; send fewer.", code="request_too_large")
    return value


def _anywhere(origin: Origin) -> Origin:
    return replace(origin, path=())


def _rows(body: Mapping[str, Json]) -> Reading:
    """`structured_messages`: the messages that the texts were taken from."""
    reading = _Lenient(frozenset())
    if rows := _list(body, "structured_messages"):
        chat_request.messages(reading, rows, ("structured_messages",))
    return reading


def _calls(body: Mapping[str, Json], direction: Direction) -> Reading:
    reading = _Lenient(frozenset())
    chat_request.calls(reading, _list(body, "tool_calls"), ("tool_calls",))
    reading.segments = [replace(s, origin=replace(s.origin, direction=direction)) for s in reading.segments]
    return reading


def _tools(body: Mapping[str, Json]) -> list[Segment]:
    origin = Origin(Direction.REQUEST, Role.DEVELOPER)
    return [Segment(origin, orjson.dumps(tool).decode(), json=True) for tool in _list(body, "tools")]


# ---------------------------------------------------------------------------------------------------- answers


def blocked(reason: str) -> bytes:
    """Nothing may go on."""
    return dump({"action": "BLOCKED", "blocked_reason": reason})


def passed() -> bytes:
    """Everything may go on as it is."""
    return dump({"action": "NONE"})


def edited(texts: list[str], tools: list[str] | None) -> bytes:
    """It may go on so. `tools` are JSON documents; None leaves them as they are."""
    out: dict[str, Any] = {"action": "GUARDRAIL_INTERVENED", _TEXTS: texts}
    if tools is not None:
        out["tools"] = [orjson.loads(tool) for tool in tools]
    return dump(out)

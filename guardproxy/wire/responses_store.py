"""What is kept of the Responses API and of conversations, in its wire shapes: references, histories, lists, deleted things.

Nothing here knows where anything is kept. What is kept is what the client sent and saw; before it goes anywhere again it
becomes a request or a reply that the gates read like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from guardproxy.types import Json, WireError
from guardproxy.wire.request import bad, wrong
from guardproxy.wire.responses_items import MAX_ITEMS
from guardproxy.wire.responses_write import PREFIX

Item: TypeAlias = dict[str, Any]
MAX_PAIRS, MAX_NAME, MAX_VALUE = 16, 64, 512
"""Of `metadata`, as OpenAI has them."""
MAX_ADDED: Final = 20
"""Items that may be added to a conversation at once."""
RESPONSE, CONVERSATION = "resp_", "conv_"
_ID: Final = re.compile(r"[A-Za-z0-9_.:|-]{1,128}")
_STATE: Final = ("previous_response_id", "conversation", "background", "store")
_READ_AGAIN: Final = (
    "instructions", "tools", "tool_choice", "text", "reasoning", "user", "safety_identifier", "prompt_cache_key",
)  # fmt: skip
"""What a response repeats of its request that holds text."""
_OURS: Final = frozenset(("reasoning", "function_call", "custom_tool_call"))
"""Kinds of items whose ids servers want back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants of things that are kept."""

    previous: str = ""
    conversation: str = ""
    background: bool = False
    store: bool | None = None
    """None: it does not say."""
    stream: bool = False


def asked(body: Mapping[str, Json]) -> Asked:
    """Raises WireError, naming the parameter, for what is malformed or does not go together."""
    for name in ("background", "store", "stream"):
        if not isinstance(body.get(name), bool | None):
            raise wrong((name,), "true or false", body[name])
    made = Asked(
        previous=_id(body.get("previous_response_id"), "previous_response_id"),
        conversation=_conversation(body.get("conversation")),
        background=bool(body.get("background")),
        store=body.get("store"),
        stream=bool(body.get("stream")),
    )
    if made.previous and made.conversation:
        raise WireError(
            "Give `previous_response_id` or `conversation`, not both.", code="mutually_exclusive_parameters"
        )
    if made.store is False and made.background:
        raise bad(("background",), "a response that is made in the background is kept; leave out `store: false`")
    if made.store is False and made.conversation:
        raise bad(("conversation",), "what is said in a conversation is kept; leave out `store: false`")
    return made


def _id(value: Json, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong((name,), "a string", value)
    if not _ID.fullmatch(value):
        raise bad((name,), "an id has 1 to 128 letters, digits and _ . : | -")
    return value


def _conversation(value: Json) -> str:
    if isinstance(value, dict):
        if not isinstance(value.get("id"), str) or len(value) != 1:
            raise wrong(("conversation",), "an id, or an object with an `id`", value)
        value = value["id"]
    return _id(value, "conversation")


def echo(asked: Asked) -> dict[str, Json]:
    """What the reply says about state. `store` is told as it is, not as it was asked for."""
    out: dict[str, Json] = {"store": asked.store is not False}
    if asked.background:
        out["background"] = True
    if asked.previous:
        out["previous_response_id"] = asked.previous
    if asked.conversation:
        out["conversation"] = {"id": asked.conversation}
    return out


# ---------------------------------------------------------------------------------------------------- items


def items_of(value: Json, name: str = "input") -> list[Json]:
    """The input as a list of items. What is malformed in one is for the codec to say."""
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    if not isinstance(value, list):
        raise wrong((name,), "a string or a list of items", value)
    return value


def reference(item: Json) -> str | None:
    """The id of a kept item that stands for it here."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return None
    kind = item.get("type")
    return item["id"] if kind == "item_reference" or (kind is None and set(item) <= {"id", "type"}) else None


def kept(items: Iterable[Json], new: str) -> list[Item]:
    """Items of an input as they are kept: each with an id of ours, made from `new` (random, new for every call)."""
    out: list[Item] = []
    for number, item in enumerate(items):
        kind = str(item.get("type") or "message")
        prefix = PREFIX.get(kind, "fco" if kind.endswith("call_output") else "item")
        out.append({**item, "type": kind, "id": f"{prefix}_{new}_i{number}"})
    return out


def said(items: Iterable[Item]) -> list[Item]:
    """Kept items as an input: without what only replies have, and without ids that servers did not make."""
    return [_said(item) for item in items]


def _said(item: Item) -> Item:
    kind, role = item.get("type"), item.get("role")
    if kind == "message" and role == "assistant":
        return {**item, "content": _said_parts(item.get("content"))}
    if kind in _OURS:
        return {k: v for k, v in item.items() if not (k == "status" and kind == "reasoning")}
    if kind == "message" or str(kind).endswith("call_output"):
        return {k: v for k, v in item.items() if k != "id"}
    return item


def _said_parts(content: Json) -> Json:
    if not isinstance(content, list):
        return content
    return [
        {**{k: v for k, v in p.items() if k != "logprobs"}, "annotations": []} if p.get("type") == "output_text" else p
        for p in content
        if isinstance(p, dict)
    ]


def with_history(body: Mapping[str, Json], history: list[Item], items: list[Json]) -> dict[str, Json]:
    """The request as it goes through the gates: all that was said, and nothing that refers to what is kept."""
    if len(history) + len(items) > MAX_ITEMS:
        raise bad(("input",), f"with what came before it, the input has more than {MAX_ITEMS} items")
    out = {name: value for name, value in body.items() if name not in _STATE}
    if history or isinstance(body.get("input"), list):
        out["input"] = [*said(history), *items]
    return out


def listed(item: Item) -> Item:
    """A kept item of an input as lists show it."""
    out = {"type": "message", **item}
    if out["type"] == "message" and isinstance(out.get("content"), str):
        if out.get("role") == "assistant":
            part = {"type": "output_text", "text": out["content"], "annotations": []}
        else:
            part = {"type": "input_text", "text": out["content"]}
        out["content"] = [part]
    if out["type"] == "message" or out["type"] in _OURS:
        out.setdefault("status", "completed")
    return out


# ---------------------------------------------------------------------------------------------------- responses


def to_request(response: Mapping[str, Json], items: list[Json]) -> dict[str, Json]:
    """A kept response's request, for the gates to read again."""
    repeated = {name: response[name] for name in _READ_AGAIN if response.get(name) is not None}
    return {**repeated, "model": response["model"], "input": items}


def to_reply(response: Mapping[str, Json]) -> dict[str, Json]:
    """A kept response as an upstream's reply, for the gates to read again: what failed counts as what it came to."""
    complete = response.get("status") == "completed"
    details = response.get("incomplete_details")
    return {
        "output": response.get("output") or [],
        "usage": response.get("usage"),
        "status": "completed" if complete else "incomplete",
        "incomplete_details": None if complete else details,
    }


def item_reply(item: Item) -> dict[str, Json]:
    """One kept item of a reply as a whole reply."""
    complete = item.get("status") != "incomplete"
    return {"output": [item], "status": "completed" if complete else "incomplete"}


def repeated(response: Mapping[str, Json], request: Mapping[str, Json]) -> dict[str, Json]:
    """What a kept response says beside its reply, with the texts of its request as the gates let them through now."""
    texts = {name: request[name] for name in _READ_AGAIN if name in request and name in response}
    return {**{name: value for name, value in response.items() if name not in ("output", "usage")}, **texts}


def shown(
    response: Mapping[str, Json], request: Mapping[str, Json], reply: Mapping[str, Json], error: str
) -> dict[str, Json]:
    """A kept response as its client may read it now. `error`: what is left of the message that it ended with."""
    out = {**response, **repeated(response, request), "output": reply["output"]}
    details = reply.get("incomplete_details") or {}
    if details.get("reason") == "content_filter":
        out |= {"status": "incomplete", "incomplete_details": details, "error": None}
    elif isinstance(response.get("error"), dict):
        out["error"] = {**response["error"], "message": error}
    return out


def message_of(response: Mapping[str, Json]) -> str:
    """The message of the error that a response ended with."""
    error = response.get("error")
    return str(error.get("message", "")) if isinstance(error, dict) else ""


def ended(response: Mapping[str, Json], status: str, *, message: str = "", reason: str = "") -> dict[str, Json]:
    """A response that did not come to its end by itself."""
    error = {"code": "server_error", "message": message} if message else None
    return {**response, "status": status, "error": error, "incomplete_details": {"reason": reason} if reason else None}


def finished(response: Mapping[str, Json]) -> bool:
    """Whether a response says all it is going to say."""
    return response.get("status") not in ("queued", "in_progress")


def turn_over(response: Mapping[str, Json]) -> bool:
    """Whether a response is the end of a turn: what failed, or broke off, may be asked for again."""
    details = response.get("incomplete_details") or {}
    return response.get("status") == "completed" or (
        response.get("status") == "incomplete" and details.get("reason") in ("max_output_tokens", "content_filter")
    )


GONE: Final = "client_disconnected"
"""Why a response is incomplete whose client went away."""


def split(data: bytes) -> list[bytes]:
    """Events of a stream, one by one. Their places are their numbers: comments are left out."""
    return [event + b"\n\n" for event in data.split(b"\n\n") if event and not event.startswith(b":")]


def last_response(stream: bytes) -> dict[str, Any]:
    """The response that the last event of a stream of ours repeats."""
    event: dict[str, Any] = orjson.loads(split(stream)[-1].partition(b"data: ")[2])
    response: dict[str, Any] = event["response"]
    return response


# ---------------------------------------------------------------------------------------------------- other objects


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    limit: int = 20
    after: str = ""
    newest_first: bool = True


def page(query: Mapping[str, list[str]]) -> Page:
    """Raises WireError for what is malformed. What else a query says is about fields that replies here never have."""
    limit, order = query.get("limit", ["20"])[-1], query.get("order", ["desc"])[-1]
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:6]) <= 100):
        raise bad(("limit",), "must be between 1 and 100")
    if order not in ("asc", "desc"):
        raise bad(("order",), "expected one of asc, desc")
    return Page(int(limit), _id(query.get("after", [None])[-1], "after"), order == "desc")


def cut_out(items: list[Item], page: Page) -> tuple[list[Item], bool]:
    """The items of a page, and whether there are more behind it. Raises WireError where `after` names none."""
    ordered = items[::-1] if page.newest_first else items
    if page.after:
        places = [place for place, item in enumerate(ordered) if item["id"] == page.after]
        if not places:
            raise not_found("item", page.after)
        ordered = ordered[places[0] + 1 :]
    return ordered[: page.limit], len(ordered) > page.limit


def list_object(items: list[Item], more: bool) -> dict[str, Json]:
    """A list of items."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": more}


def conversation_object(id: str, created: int, metadata: Json) -> dict[str, Json]:
    return {"id": id, "object": "conversation", "created_at": created, "metadata": metadata or {}}


def deleted_object(id: str) -> dict[str, Json]:
    kind = "conversation.deleted" if id.startswith(CONVERSATION) else "response"
    return {"id": id, "object": kind, "deleted": True}


def metadata(body: Mapping[str, Json]) -> dict[str, str]:
    """The labels of a thing that is kept. Raises WireError."""
    value = body.get("metadata")
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise wrong(("metadata",), "an object of strings", value)
    if len(value) > MAX_PAIRS or any(len(k) > MAX_NAME or len(v) > MAX_VALUE for k, v in value.items()):
        what = f"at most {MAX_PAIRS} pairs, names of {MAX_NAME} characters and values of {MAX_VALUE}"
        raise bad(("metadata",), what)
    return value


def added(body: Mapping[str, Json], *, required: bool) -> list[Json]:
    """Items that a client puts into a conversation. Raises WireError."""
    value = body.get("items")
    if value is None and not required:
        return []
    if not isinstance(value, list):
        raise wrong(("items",), "a list of items", value)
    if len(value) > MAX_ADDED:
        raise bad(("items",), f"at most {MAX_ADDED} items may be added at once")
    return value


def known(body: Mapping[str, Json], *names: str) -> None:
    """Raises WireError for parameters besides these."""
    for name in body:
        if name not in names:
            raise WireError(f"Unknown parameter: `{name[:64]}`.", code="unknown_parameter", param=name[:64])


def not_found(what: str, id: str, *, param: str = "id", code: str = "not_found") -> WireError:
    """The answer about what is not there, or not for this client: nobody learns which."""
    return WireError(f"{what.capitalize()} with id '{id[:128]}' not found.", status=404, code=code, param=param)

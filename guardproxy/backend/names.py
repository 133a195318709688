"""Lets transformers' server, which answers to one pinned name only, answer to several, and several servers to one address.

A bare ASGI layer: it rewrites `model` in JSON bodies of requests and answers `/v1/models`. Replies pass
through untouched, so streams keep the very events and reads that the server made.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from guardproxy.backend.errors import ApiError

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Event, Receive, Send], Awaitable[None]]

TUNED = "ft:"
"""How the names of tuned models begin."""
_LIST = "/v1/models"


@dataclass(frozen=True, slots=True)
class Served:
    """What stands behind a name."""

    app: App
    pinned: str
    """The name that `app` answers to."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What the list of models says of it besides."""


class Names:
    """Names to servers. A request for another name reaches `app`, which refuses it."""

    def __init__(self, app: App, pinned: str, names: Sequence[str], about: Mapping[str, Any] | None = None) -> None:
        self._app = app
        self._served = {name: Served(app, pinned, about or {}) for name in names}

    def __contains__(self, name: object) -> bool:
        return name in self._served

    def add(self, name: str, served: Served) -> None:
        self._served = {**self._served, name: served}

    def remove(self, name: str) -> None:
        self._served = {known: served for known, served in self._served.items() if known != name}

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            try:
                app, receive = await self._renamed(scope, receive)
            except ApiError as e:
                return await _answer(send, e.status, e.body())
            return await app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"]
            if path == _LIST:
                data = [self._entry(name) for name in self._served]
                return await _answer(send, 200, {"object": "list", "data": data})
            name = unquote(path.removeprefix(_LIST + "/"))
            if name in self._served:
                return await _answer(send, 200, self._entry(name))
        return await self._app(scope, receive, send)

    async def _renamed(self, scope: Event, receive: Receive) -> tuple[App, Receive]:
        """Read the body, swap the name, and give it back as one event; anything unusual goes on as it came."""
        events: list[Event] = []
        body = b""
        app = self._app
        while not events or (events[-1]["type"] == "http.request" and events[-1].get("more_body")):
            events.append(await receive())
            body += events[-1].get("body", b"")
        if events[-1]["type"] == "http.request" and (swapped := self._swap(body)) is not None:
            app, changed = swapped
            events = [{"type": "http.request", "body": changed, "more_body": False}]
            kept = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
            scope["headers"] = [*kept, (b"content-length", str(len(changed)).encode())]
        waiting = iter(events)

        async def replay() -> Event:
            event = next(waiting, None)
            return await receive() if event is None else event

        return app, replay

    def _swap(self, body: bytes) -> tuple[App, bytes] | None:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            return None  # the server has its own words for a body that is no JSON
        name = parsed.get("model") if isinstance(parsed, dict) else None
        served = self._served.get(name) if isinstance(name, str) else None
        if served is None:
            if isinstance(name, str) and name.startswith(TUNED):  # the server fails over the colons
                raise ApiError(404, f"There is no model {name[:80]!r} here.", code="model_not_found", param="model")
            return None
        return served.app, json.dumps({**parsed, "model": served.pinned}).encode()

    def _entry(self, name: str) -> dict[str, Any]:
        # The server would list the models in the user's download cache, which it refuses to serve when pinned.
        about = {"created": 0, "owned_by": "guardproxy", **self._served[name].about}
        return {"id": name, "object": "model", **about}


async def _answer(send: Send, status: int, content: Any) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Lets transformers' server, which answers to one pinned name only, answer to several.

A bare ASGI layer: it rewrites `model` in JSON bodies of requests and answers `GET /v1/models`. Replies pass
through untouched, so streams keep the very events and reads that the server made.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Event, Receive, Send], Awaitable[None]]


class Names:
    """`app` behind a list of names: each stands for `pinned`; other names reach `app`, which refuses them."""

    def __init__(self, app: App, pinned: str, names: Sequence[str]) -> None:
        self._app = app
        self._pinned = pinned
        self._names = tuple(names)

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            receive = await self._renamed(scope, receive)
        elif scope["type"] == "http" and (scope["method"], scope["path"]) == ("GET", "/v1/models"):
            return await self._list(send)
        return await self._app(scope, receive, send)

    async def _renamed(self, scope: Event, receive: Receive) -> Receive:
        """Read the body, swap the name, and give it back as one event; anything unusual goes on as it came."""
        events: list[Event] = []
        body = b""
        while not events or (events[-1]["type"] == "http.request" and events[-1].get("more_body")):
            events.append(await receive())
            body += events[-1].get("body", b"")
        if events[-1]["type"] == "http.request" and (changed := self._swap(body)) is not None:
            events = [{"type": "http.request", "body": changed, "more_body": False}]
            kept = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
            scope["headers"] = [*kept, (b"content-length", str(len(changed)).encode())]
        waiting = iter(events)

        async def replay() -> Event:
            event = next(waiting, None)
            return await receive() if event is None else event

        return replay

    def _swap(self, body: bytes) -> bytes | None:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            return None  # the server has its own words for a body that is no JSON
        if not isinstance(parsed, dict) or parsed.get("model") not in self._names:
            return None
        return json.dumps({**parsed, "model": self._pinned}).encode()

    async def _list(self, send: Send) -> None:
        # The server would list the models in the user's download cache, which it refuses to serve when pinned.
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "guardproxy"} for name in self._names]
        body = json.dumps({"object": "list", "data": data}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

"""The names of models: which ones clients may use, what the upstream calls them, which may be written down."""

from __future__ import annotations

import re
import time
from urllib.parse import unquote

from guardproxy.config import Settings
from guardproxy.server.edge import Reply
from guardproxy.server.upstream import Upstream
from guardproxy.types import Json, UpstreamError, WireError
from guardproxy.wire import models as wire
from guardproxy.wire.json import dump, parse_reply

ROUTE = "/v1/models"
MAX_LEARNT = 256
NO_LIST = "upstream_without_models"
"""Code of the error where the upstream has no such route: it may serve all the same."""
_PLAIN = re.compile(r"[!-~]{1,256}")


class Models:
    """The table of the settings or, without one, whatever the upstream lists."""

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._table, self._upstream = settings.models, upstream
        self._seconds = settings.timeouts.connect * 2
        self._learnt: set[str] = set()
        self._since = int(time.time())

    def resolve(self, name: Json) -> str | None:
        """The upstream's name for a client's. None where the name is no text: the codec complains of that better.

        Raises WireError 404 for a name that no model can have here.
        """
        if not isinstance(name, str):
            return None
        if self._table is not None:
            if name in self._table:
                return self._table[name]
        elif wire.valid_id(name):
            return name
        raise _unknown(name)

    def known(self, name: str) -> bool:
        """Whether it is surely the name of a model, not text that a client put there."""
        return name in (self._learnt if self._table is None else self._table)

    def label(self, name: str) -> str:
        """The name for metrics: they must not grow with what clients send."""
        return name if self._table is not None and name in self._table else "other"

    async def listing(self) -> Reply:
        """`GET /models`. Raises UpstreamError."""
        return Reply(200, dump({"object": "list", "data": await self._all()}))

    async def tags(self) -> Reply:
        """`GET /api/tags`, the list as Ollama's clients read it. Raises UpstreamError."""
        return Reply(200, dump(wire.tags(await self._all())))

    async def one(self, escaped: str) -> Reply:
        """`GET /models/{id}`, found in the list: no client's text becomes part of an upstream's path."""
        name = unquote(escaped)
        for model in await self._all():
            if model["id"] == name:
                return Reply(200, dump(model))
        raise _unknown(name)

    async def _all(self) -> list[dict[str, Json]]:
        if self._table is not None:
            return [
                {"id": name, "object": "model", "created": self._since, "owned_by": "guardproxy"}
                for name in self._table
            ]
        return await self.learn(self._seconds)

    async def learn(self, seconds: float) -> list[dict[str, Json]]:
        """Ask the upstream for its list. Raises UpstreamError."""
        answer = await self._upstream.get(ROUTE, seconds=seconds)
        try:
            if answer.status != 200:
                code = NO_LIST if answer.status in (404, 405, 501) else "upstream_error"
                raise UpstreamError(f"the upstream does not list its models (status {answer.status})", code=code)
            listed = wire.models(parse_reply(await answer.read()))["data"]
        except WireError as e:
            raise UpstreamError(str(e), code="upstream_invalid_response") from None
        finally:
            answer.close()
        self._learnt = {m["id"] for m in listed[:MAX_LEARNT]}
        return list(listed)


def _unknown(name: str) -> WireError:
    shown = f" {name!r}" if _PLAIN.fullmatch(name) and len(name) <= 64 else ""
    message = f"There is no model{shown} here; GET /v1/models lists those there are."
    return WireError(message, status=404, code="model_not_found", param="model")

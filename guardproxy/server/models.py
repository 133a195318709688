"""The names of models: which ones clients may use, what the upstream calls them, which may be written down."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeAlias
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
Granted: TypeAlias = Callable[[str], bool]
"""Whether who asks may know of a model."""
_PLAIN = re.compile(r"[!-~]{1,256}")


class Models:
    """The table of the settings or, without one, whatever the upstream lists."""

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._table, self._upstream = settings.models, upstream
        self._seconds = settings.timeouts.connect * 2
        self._learnt: set[str] = set()
        self._since = int(time.time())
        self.may_serve: Callable[[str], None] = _any
        """Raises WireError for an upstream's name whose model may not be asked now."""
        self.changed: Callable[[Callable[[str], bool]], None] = _nobody
        """Told of upstream's names that may have other weights from now on."""

    def resolve(self, name: Json) -> str | None:
        """The upstream's name for a client's. None where the name is no text: the codec complains of that better.

        Raises WireError: 404 for a name that no model can have here, what `may_serve` says of the others.
        """
        if not isinstance(name, str):
            return None
        found = self.there(name)
        self.may_serve(found)
        return found

    def there(self, name: str) -> str:
        """The upstream's name for a client's, of a model that need not serve. Raises WireError 404 as `resolve`."""
        found = self._table.get(name) if self._table is not None else name if wire.valid_id(name) else None
        if found is None:
            raise _unknown(name)
        return found

    def shown(self, name: Json) -> Json:
        """A client's name for an upstream's; the same where clients have none."""
        return next((own for own, theirs in (self._table or {}).items() if theirs == name), name)

    def names(self, theirs: str) -> list[str]:
        """All names that clients have for an upstream's."""
        return [own for own, upstream in (self._table or {}).items() if upstream == theirs]

    def called(self, name: Json) -> str | None:
        """The upstream's name for a client's, whether it may be asked or not. None for none."""
        return self._table.get(name) if self._table is not None and isinstance(name, str) else str(name)

    def known(self, name: str) -> bool:
        """Whether it is surely the name of a model, not text that a client put there."""
        return name in (self._learnt if self._table is None else self._table)

    def label(self, name: str) -> str:
        """The name for metrics: they must not grow with what clients send."""
        return name if self._table is not None and name in self._table else "other"

    async def listing(self, granted: Granted) -> Reply:
        """`GET /models`. Raises UpstreamError."""
        return Reply(200, dump({"object": "list", "data": await self._all(granted)}))

    async def tags(self, granted: Granted) -> Reply:
        """`GET /api/tags`, the list as Ollama's clients read it. Raises UpstreamError."""
        return Reply(200, dump(wire.tags(await self._all(granted))))

    async def one(self, escaped: str, granted: Granted) -> Reply:
        """`GET /models/{id}`, found in the list: no client's text becomes part of an upstream's path."""
        name = unquote(escaped)
        for model in await self._all(granted):
            if model["id"] == name:
                return Reply(200, dump(model))
        raise _unknown(name)

    async def _all(self, granted: Granted) -> list[dict[str, Json]]:
        if self._table is None:
            return [model for model in await self.learn(self._seconds) if granted(model["id"])]
        return [
            {"id": name, "object": "model", "created": self._since, "owned_by": "guardproxy"}
            for name in self._table
            if granted(name)
        ]

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


def _any(name: str) -> None:
    return None


def _nobody(same: Callable[[str], bool]) -> None:
    return None


def _unknown(name: str) -> WireError:
    shown = f" {name!r}" if _PLAIN.fullmatch(name) and len(name) <= 64 else ""
    message = f"There is no model{shown} here; GET /v1/models lists those there are."
    return WireError(message, status=404, code="model_not_found", param="model")

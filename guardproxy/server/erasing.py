"""`POST /admin/erase`: one person's data in what this process has open. `guardproxy erase` asks for it, and does the rest."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from guardproxy.governance.erasure import ERASING, Served
from guardproxy.governance.events import AuditUnavailable, Event, Recorder
from guardproxy.governance.person import Person
from guardproxy.server import small
from guardproxy.server.auditing import unavailable
from guardproxy.server.console.access import VISITOR, Visitor
from guardproxy.telemetry.log import logger
from guardproxy.types import GuardproxyError, Json, WireError
from guardproxy.wire.json import dump

PATH: Final = "/admin/erase"
MAX_BODY: Final = 65_536
MAX_KEYS: Final = 1000


def routes(served: Served, recorder: Recorder) -> list[Route]:
    """The route, for a router."""

    async def erase(request: Request) -> Response:
        person, dry = _asked(await small.body(request, MAX_BODY))
        visitor: Visitor = request.scope[VISITOR]
        try:
            if not dry:
                await recorder.record(Event(ERASING, visitor.actor, details={"keys": sorted(person.keys)}))
            told = await served.done(person, dry=dry)
        except AuditUnavailable as e:
            raise unavailable(e) from None
        except GuardproxyError as e:
            logger.error("a person's data can't be erased: %s", e)
            raise WireError(f"Not all of it could be erased: {e}. Ask again.", status=503, code="overloaded") from None
        body = dump({name: dict(one) for name, one in told.items()})
        return Response(body, headers={"content-type": "application/json", "cache-control": "no-store"})

    return [Route(PATH, erase, methods=["POST"])]


def _asked(body: dict[str, Json]) -> tuple[Person, bool]:
    name, keys, dry = body.get("name"), body.get("keys", []), body.get("dry", False)
    if not isinstance(name, str) or not name.strip() or len(name) > 500:
        raise WireError("`name` is the person's name, in 1 to 500 characters.", param="name")
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise WireError(f"`keys` is a list of at most {MAX_KEYS} ids of keys.", param="keys")
    ids = [key for key in keys if isinstance(key, str) and key]
    if len(ids) != len(keys):
        raise WireError("`keys` holds ids of keys.", param="keys")
    if not isinstance(dry, bool):
        raise WireError("`dry` is true or false.", param="dry")
    if unknown := sorted(set(body) - {"name", "keys", "dry"}):
        raise WireError(f"There is no {unknown[0][:64]!r} here: send `name`, `keys` and `dry`.")
    return Person(name, frozenset(ids)), dry

"""`/admin/quotas`: what is used of which limit, and a bucket filled again for somebody who should not wait."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from guardproxy.governance.events import AuditUnavailable, Event, Recorder
from guardproxy.governance.quotas import Limit, StoreLost, What
from guardproxy.governance.quotas.limits import MICRO
from guardproxy.governance.quotas.store import Used
from guardproxy.server import small
from guardproxy.server.auditing import unavailable
from guardproxy.server.console.access import VISITOR, Visitor
from guardproxy.server.quota import Quotas
from guardproxy.types import Json, WireError
from guardproxy.wire.json import dump

PATH: Final = "/admin/quotas"
FREE: Final = PATH + "/free"
MOST: Final = 10_000
"""Buckets that are looked at."""
SHOWN: Final = 500
MAX_BODY: Final = 4096


def routes(quotas: Quotas, recorder: Recorder) -> list[Route]:
    """The routes, for a router."""

    async def listing(request: Request) -> Response:
        name = request.query_params.get("name", "")
        try:
            found = await quotas.store.used(MOST)
        except StoreLost as e:
            raise _lost(e) from None
        rows = [row for one in found if (row := _row(quotas, one)) is not None]
        rows = [row for row in rows if not name or name in row["for"].values()]
        rows.sort(key=lambda row: row["share"])
        return _json({"quotas": rows[:SHOWN], "total": len(rows), "cut": len(found) >= MOST})

    async def free(request: Request) -> Response:
        bucket = _bucket(await small.body(request, MAX_BODY))
        known = quotas.table.behind(bucket)
        if known is None or known[0].what is What.STREAMS:
            message = (
                "`bucket` is none of those that GET /admin/quotas lists; slots of replies become free by themselves."
            )
            raise WireError(message, status=404, code="bucket_not_found", param="bucket")
        visitor: Visitor = request.scope[VISITOR]
        try:
            await recorder.record(Event("quota.freed", visitor.actor, bucket, details={"limit": known[0].said}))
            was = await quotas.store.forget(bucket)
        except AuditUnavailable as e:
            raise unavailable(e) from None
        except StoreLost as e:
            raise _lost(e) from None
        return _json({"bucket": bucket, "freed": was})

    return [Route(PATH, listing, methods=["GET"]), Route(FREE, free, methods=["POST"])]


def _row(quotas: Quotas, one: Used) -> dict[str, Any] | None:
    """For operators; None for a bucket that is full by now, or whose limit is gone."""
    known = quotas.table.behind(one.bucket)
    if known is None:
        return None
    limit, names = known
    told: dict[str, Any] = {"bucket": one.bucket, "limit": limit.said, "for": names}
    if limit.rate is None:
        return {**told, "used": one.had, "of": limit.streams, "share": 1 - one.had / limit.streams} if one.had else None
    level = limit.rate.level(one.level, quotas.store.now())
    if not level.debt:
        return None
    left, of = limit.rate.left(level), limit.rate.burst
    full = limit.rate.full_in(level)
    return {**told, "left": _amount(limit, left), "of": _amount(limit, of), "full_in": full, "share": left / of}


def _amount(limit: Limit, amount: int) -> float:
    return amount / MICRO if limit.what is What.COST else amount


def _lost(e: StoreLost) -> WireError:
    return WireError(f"What is used can't be seen now: {e}.", status=503, code="quotas_unavailable")


def _bucket(body: dict[str, Json]) -> str:
    bucket = body.get("bucket")
    if not isinstance(bucket, str) or not 1 <= len(bucket) <= 1024:
        raise WireError("`bucket` is one that GET /admin/quotas lists.", param="bucket")
    if unknown := sorted(set(body) - {"bucket"}):
        raise WireError(f"There is no {unknown[0][:64]!r} here: send `bucket`.")
    return bucket


def _json(value: Json) -> Response:
    return Response(dump(value), headers={"content-type": "application/json", "cache-control": "no-store"})

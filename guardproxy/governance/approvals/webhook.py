"""Tells a URL of what waits and what was decided, signed, behind the back of whoever asks.

Form: Standard Webhooks (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; HMAC-SHA256 over id, time and body,
joined by dots). Messages hold ids, kinds and names of rules, never arguments or text.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from typing import Final

import httpx

from guardproxy.governance.approvals.model import Approval
from guardproxy.governance.approvals.store import Happening
from guardproxy.telemetry.log import logger
from guardproxy.types import Json

QUEUE: Final = 1000
"""Messages that may wait; the next one is dropped, and said so in the log."""
PAUSES: Final = (0.5, 2.0, 8.0, 30.0)
"""Seconds before each further try."""
TIMEOUT: Final = 10.0


def key_of(secret: str) -> bytes:
    """The bytes of a secret: those that `whsec_` and base64 stand for, or its own."""
    if secret.startswith("whsec_"):
        with contextlib.suppress(ValueError):
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode()


def signature(key: bytes, id: str, at: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = f"{id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Webhook:
    """A listener of `Approvals`. Start it before use, and close it."""

    def __init__(self, url: str, secret: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url, self._key = url, key_of(secret)
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=transport)
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(QUEUE)
        self._task: asyncio.Task[None] | None = None
        self.pauses = PAUSES
        self.sent = self.lost = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._send())

    async def aclose(self) -> None:
        """What waits is not sent any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.aclose()

    async def __call__(self, what: Happening, one: Approval) -> None:
        data: dict[str, Json] = {
            "id": one.id,
            "kind": one.kind.value,
            "subject": one.subject,
            "tenant": one.tenant,
            "status": one.status.value,
            "needs": one.needs,
            "approved_by": sum(vote.approve for vote in one.votes),
            "expires": one.expires,
        }
        body = json.dumps({"type": f"approval.{what}", "timestamp": _iso(time.time()), "data": data}).encode()
        try:
            self._queue.put_nowait((f"msg_{secrets.token_hex(16)}", body))
        except asyncio.QueueFull:
            self._lose("too many messages wait for it")

    async def _send(self) -> None:
        while True:
            id, body = await self._queue.get()
            why = ""
            for pause in (0.0, *self.pauses):
                await asyncio.sleep(pause)
                why = await self._try(id, body)
                if not why:
                    self.sent += 1
                    break
            else:
                self._lose(why)

    async def _try(self, id: str, body: bytes) -> str:
        """Why it failed; empty when it didn't."""
        at = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._key, id, at, body),
        }
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as reply:
                return "" if reply.is_success else f"it answered {reply.status_code}"
        except httpx.HTTPError as e:
            return type(e).__name__

    def _lose(self, why: str) -> None:
        self.lost += 1
        logger.error("the webhook could not be told of an approval: %s", why)


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

"""Who is told of approvals over HTTP: signed, without text, with patience, and never in the way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import httpx

from guardproxy.governance.approvals import Approvals, Ask, Kind, Voter
from guardproxy.governance.approvals.webhook import QUEUE, Webhook, key_of, signature

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
ASK = Ask(Kind.TRAINING, "file of 3 examples", b"bound", details={"secret": "text"}, payload=b"more text", needs=1)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def test_the_signature_is_that_of_the_standard() -> None:
    """Written out by hand from the specification: `id.timestamp.body`, HMAC-SHA256, base64, `v1,` before it."""
    body = b'{"type":"approval.held"}'
    expected = hmac.digest(b"0123456789abcdef", b"msg_1.1700000000." + body, hashlib.sha256)
    assert signature(key_of(SECRET), "msg_1", 1_700_000_000, body) == "v1," + base64.b64encode(expected).decode()
    assert key_of("any other text of enough length") == b"any other text of enough length"


def test_what_waits_and_what_was_decided_is_told() -> None:
    seen: list[httpx.Request] = []

    async def work() -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(503 if len(seen) == 1 else 204)

        hook, store = Webhook("https://example.com/hook", SECRET, httpx.MockTransport(answer)), Approvals()
        hook.pauses = (0.0,)
        hook.start()
        store.listeners.append(hook)
        held = await store.ask(ASK)
        await store.vote(held.id, Voter("jane"), approve=True, comment="a secret reason")
        await _until(lambda: hook.sent == 2)
        await hook.aclose()
        await store.aclose()

    asyncio.run(work())
    first, again, second = seen
    assert first.headers["webhook-id"] == again.headers["webhook-id"] != second.headers["webhook-id"]
    for one in seen:
        assert "secret" not in one.content.decode() and "text" not in one.content.decode()
        at = int(one.headers["webhook-timestamp"])
        expected = signature(key_of(SECRET), one.headers["webhook-id"], at, one.content)
        assert one.headers["webhook-signature"] == expected
    told = [json.loads(one.content) for one in (again, second)]
    assert [(t["type"], t["data"]["status"], t["data"]["approved_by"]) for t in told] == [
        ("approval.held", "pending", 0),
        ("approval.approved", "approved", 1),
    ]


def test_a_hook_that_hangs_or_fails_keeps_nobody_waiting() -> None:
    async def work() -> None:
        async def never(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(3600)
            raise AssertionError

        hook, store = Webhook("https://example.com", SECRET, httpx.MockTransport(never)), Approvals()
        hook.start()
        store.listeners.append(hook)
        held = await store.ask(ASK)
        async with asyncio.timeout(5):
            for _ in range(QUEUE + 5):
                await hook("held", held)
        assert hook.lost >= 4
        await hook.aclose()
        await store.aclose()

    asyncio.run(work())


def test_it_gives_up_and_follows_nobody() -> None:
    asked: list[str] = []

    async def work() -> None:
        def elsewhere(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            return httpx.Response(302, headers={"location": "http://169.254.169.254/"})

        hook, store = Webhook("https://example.com/hook", SECRET, httpx.MockTransport(elsewhere)), Approvals()
        hook.pauses = (0.0, 0.0)
        hook.start()
        store.listeners.append(hook)
        await store.ask(ASK)
        await _until(lambda: hook.lost == 1)
        await hook.aclose()
        await store.aclose()

    asyncio.run(work())
    assert asked == ["https://example.com/hook"] * 3

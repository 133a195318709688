"""A judge's server that does what a test tells it to, on a real socket in the test's own event loop."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiohttp import web

from guardproxy.judge_target import JudgeTarget
from guardproxy.judges import Judge

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Script:
    """Answers in turn; the last one again and again. Remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.now = self.most = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            self.asked.append((request.path, dict(request.headers), json.loads(await request.read())))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if callable(answer):
                return await answer(request)
            if isinstance(answer, int):
                return web.Response(status=answer, headers={"Location": "/elsewhere"})
            if isinstance(answer, bytes):
                return web.Response(body=answer, content_type="application/json")
            return web.json_response(answer)
        finally:
            self.now -= 1


@contextlib.asynccontextmanager
async def serving(script: Script) -> AsyncIterator[str]:
    """The base URL of a server that plays this script."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def judging(script: Script, **options: Any) -> AsyncIterator[Judge]:
    """A judge before such a server."""
    async with serving(script) as url:
        options = {"protocol": "safeguard", "model": "m", "retries": 0, "timeout": 5.0, **options}
        key = options.pop("key", None)
        judge = Judge("j", JudgeTarget(url=f"{url}/v1", **options), key)
        try:
            yield judge
        finally:
            await judge.aclose()


def chat(text: Any, reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    """A whole chat completion."""
    return {"choices": [{"index": 0, "finish_reason": reason, "message": {"content": text, **message}}]}


def completion(text: Any, reason: str | None = "stop", **more: Any) -> dict[str, Any]:
    """A whole text completion."""
    return {"choices": [{"index": 0, "finish_reason": reason, "text": text, **more}]}

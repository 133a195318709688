"""What guardproxy is measured against: a relay with no guard. `python -m bench.speed.relay PORT UPSTREAM KIND`.

KIND is `aiohttp`, `starlette` (httpx over aiohttp's transport, as cheap as httpx gets) or `httpx` (with its own one).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator

import aiohttp
import httpx
import uvicorn
import uvloop
from aiohttp import web
from httpx_aiohttp import AiohttpTransport
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

PORT, UPSTREAM = int(sys.argv[1]), sys.argv[2]


def starlette(*, own_transport: bool = False) -> None:
    """starlette and httpx, over the aiohttp transport or its own."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        transport: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=512))
        if not own_transport:
            transport = AiohttpTransport(
                client=lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=512))
            )
        async with httpx.AsyncClient(transport=transport, timeout=60) as app.state.client:
            yield

    async def chat(request: Request) -> Response:
        client: httpx.AsyncClient = request.app.state.client
        body = await request.body()
        out = client.build_request(
            "POST", UPSTREAM + request.url.path, content=body, headers={"content-type": "application/json"}
        )
        reply = await client.send(out, stream=True)
        kind = reply.headers["content-type"]
        if not kind.startswith("text/event-stream"):
            content = await reply.aread()
            return Response(content, reply.status_code, {"content-type": kind})

        async def relay() -> AsyncIterator[bytes]:
            try:
                async for part in reply.aiter_raw():
                    yield part
            finally:
                await reply.aclose()

        return StreamingResponse(relay(), reply.status_code, {"content-type": kind})

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, port=PORT, access_log=False, log_level="warning", loop="uvloop", http="httptools")


def bare_aiohttp() -> None:
    """aiohttp on both sides: the least that Python does this with."""
    client = web.AppKey("client", aiohttp.ClientSession)

    async def session(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=512)) as app[client]:
            yield

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {"content-type": "application/json"}
        async with request.app[client].post(UPSTREAM + request.path, data=body, headers=headers) as reply:
            kind = reply.headers["content-type"]
            if not kind.startswith("text/event-stream"):
                return web.Response(body=await reply.read(), status=reply.status, headers={"content-type": kind})
            out = web.StreamResponse(status=reply.status, headers={"content-type": kind})
            await out.prepare(request)
            async for part in reply.content.iter_any():
                await out.write(part)
            await out.write_eof()
            return out

    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_post("/v1/chat/completions", chat)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=PORT, access_log=None, print=None)


if __name__ == "__main__":
    {"starlette": starlette, "httpx": lambda: starlette(own_transport=True), "aiohttp": bare_aiohttp}[sys.argv[3]]()

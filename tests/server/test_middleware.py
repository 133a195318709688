"""The middleware before a real FastAPI-like application: guarded routes both ways, everything else untouched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from guardproxy import GuardMiddleware
from guardproxy.config import Limits, Settings
from guardproxy.policy.load import ConfigErrors
from tests.server.support import POLICY, event, whole

MAIL, CANARY = "joe@mail.com", "mauve-okapi"
CHAT = "/v1/chat/completions"


class Application:
    """Serves chat as it is told to, and remembers what it was asked."""

    def __init__(self, policy: Path, *, prefix: str = "", **more: Any) -> None:
        self.asked: list[Any] = []
        self.heads: list[dict[str, str]] = []
        self.text, self.trouble = f"mail {MAIL} now", ""
        self.background: list[str] = []
        routes = [
            Route(prefix + CHAT, self.chat, methods=["POST", "GET"]),
            Route(prefix + "/v1/embeddings", self.vectors, methods=["POST"]),
            Route("/notes", self.notes, methods=["POST"]),
            Route("/deep/{rest:path}", self.chat, methods=["POST"]),
            WebSocketRoute("/ws", self.socket),
        ]
        self.app = Starlette(routes=routes)
        self.app.add_middleware(GZipMiddleware, minimum_size=1)
        self.app.add_middleware(GuardMiddleware, policy=policy, prefix=prefix, **more)

    async def chat(self, request: Request) -> Response:
        if request.method == "GET":
            return PlainTextResponse(MAIL)
        self.heads.append(dict(request.headers))
        body = await request.json()
        self.asked.append(body)
        if self.trouble == "refused":
            raise HTTPException(422, f"no {MAIL}")
        if self.trouble == "early":
            raise ValueError(CANARY)
        if body.get("stream"):
            task = BackgroundTask(self.background.append, "done")
            return StreamingResponse(self.events(), media_type="text/event-stream", background=task)
        task = BackgroundTask(self.background.append, "done")
        return Response(whole(self.text), media_type="application/json", background=task)

    async def events(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.text), 3):
            yield event(self.text[at : at + 3])
            await asyncio.sleep(0)
            if self.trouble == "late" and at > 6:
                raise ValueError(CANARY)
        if self.trouble == "endless":
            await asyncio.sleep(30)
        yield event(reason="stop")
        yield b"data: [DONE]\n\n"

    async def vectors(self, request: Request) -> Response:
        self.asked.append(await request.json())
        return JSONResponse({"data": [{"index": 0, "embedding": [1.0], "note": MAIL}]})

    async def notes(self, request: Request) -> Response:
        return PlainTextResponse(await request.body(), headers={"x-note": MAIL})

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(MAIL)
        await socket.close()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture
def one(policy: Path) -> Application:
    return Application(policy)


def asks(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "any model's name", "messages": [{"role": "user", "content": text}], **more}


def client(one: Application) -> TestClient:
    return TestClient(one.app, raise_server_exceptions=False)


def test_openais_client_talks_through_it(one: Application) -> None:
    async def run() -> tuple[str, str]:
        transport = httpx.ASGITransport(one.app)
        async with openai.AsyncOpenAI(
            base_url="http://test/v1", api_key="k", http_client=httpx.AsyncClient(transport=transport)
        ) as ai:
            ask: Any = asks(f"I am {MAIL}")
            got = await ai.chat.completions.create(**ask)
            stream = await ai.chat.completions.create(**ask, stream=True)
            return got.choices[0].message.content, "".join([c.choices[0].delta.content or "" async for c in stream])

    assert asyncio.run(run()) == ("mail [words.mail] now", "mail [words.mail] now")
    assert [a["messages"][0]["content"] for a in one.asked] == ["I am [words.mail]"] * 2
    assert one.heads[0]["authorization"] == "Bearer k"
    assert "accept-encoding" not in one.heads[0]
    assert one.background == ["done", "done"]


def test_what_is_blocked_never_reaches_the_application(one: Application) -> None:
    with client(one) as c:
        got = c.post(CHAT, json=asks("a bomb"))
        assert (got.status_code, got.json()["error"]["code"]) == (400, "content_filter")
        assert got.headers["x-guardproxy-decision"]
        one.text = "a bomb"
        got = c.post(CHAT, json=asks())
        assert got.json()["choices"][0]["finish_reason"] == "content_filter"
        assert "bomb" not in got.text
    assert len(one.asked) == 1


def test_a_cut_stops_the_application(one: Application) -> None:
    one.text, one.trouble = "it is a bomb, he said", "endless"
    with client(one) as c:
        got = c.post(CHAT, json=asks(stream=True))
    assert "content_filter" in got.text and got.text.endswith("data: [DONE]\n\n")
    assert "bomb" not in got.text


def test_when_the_client_goes_the_application_is_told(policy: Path, tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    one = Application(policy)
    one.trouble = "endless"
    bare = Starlette(routes=one.app.router.routes)
    sent: list[Any] = []

    async def run() -> None:
        body, came = json.dumps(asks(stream=True)).encode(), asyncio.Event()
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await came.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if message.get("body"):
                came.set()

        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        scope = {"type": "http", "method": "POST", "path": CHAT, "headers": headers, "query_string": b""}
        middleware = GuardMiddleware(bare, policy=policy, settings=Settings(decision_log=str(log)))
        async with asyncio.timeout(10):
            await middleware(scope, receive, send)
        await middleware._stop()

    asyncio.run(run())
    assert sent and b"[DONE]" not in b"".join(m.get("body", b"") for m in sent)
    (record,) = map(json.loads, log.read_text().splitlines())
    assert (record["status"], record["error"]) == (499, "client_gone")


@pytest.mark.parametrize(
    "path", [CHAT, "//v1/chat/completions", "/v1//chat/completions", "/v1/./chat/completions", "/v1/chat%2Fcompletions"]
)
def test_no_spelling_of_a_route_is_a_way_around(policy: Path, path: str) -> None:
    one = Application(policy)
    one.app.router.routes.append(Route("/{rest:path}", one.chat, methods=["POST"]))
    with client(one) as c:
        got = c.post("http://testserver" + path, json=asks("a bomb"))
    assert got.status_code == 400 and not one.asked


def test_other_routes_pass_untouched(one: Application) -> None:
    with client(one) as c:
        got = c.post("/notes", content=f"a bomb for {MAIL}")
        assert (got.text, got.headers["x-note"]) == (f"a bomb for {MAIL}", MAIL)
        assert c.get(CHAT).text == MAIL
        assert c.post("/nothing", json={}).status_code == 404
        with c.websocket_connect("/ws") as socket:
            assert socket.receive_text() == MAIL


def test_routes_may_have_a_prefix(policy: Path) -> None:
    one = Application(policy, prefix="/api")
    assert GuardMiddleware(one.app, prefix="api/").prefix == "/api"
    with client(one) as c:
        assert c.post("/api" + CHAT, json=asks()).json()["choices"][0]["message"]["content"] == "mail [words.mail] now"


def test_an_application_that_is_mounted_is_guarded(policy: Path) -> None:
    one, outer = Application(policy), Starlette()
    outer.mount("/llm", one.app)
    inner = Starlette(routes=[Route("/chat/completions", one.chat, methods=["POST"])])
    inner.add_middleware(GuardMiddleware, policy=policy)
    outer.mount("/v1", inner)
    with TestClient(outer) as c:
        assert c.post("/llm" + CHAT, json=asks("a bomb")).status_code == 400
        assert c.post(CHAT, json=asks("a bomb")).status_code == 400
    assert not one.asked


def test_embeddings_are_guarded(one: Application) -> None:
    with client(one) as c:
        got = c.post("/v1/embeddings", json={"model": "m", "input": MAIL})
    assert MAIL not in got.text and got.json()["data"][0]["embedding"] == [1.0]
    assert one.asked[0]["input"] == "[words.mail]"


def test_every_dialect_of_the_proxy_is_guarded_here_too(policy: Path) -> None:
    """One table serves both: nothing in the middleware knows a dialect."""

    async def ollama(request: Request) -> Response:
        lines = [
            {"message": {"role": "assistant", "content": t}, "done": False} for t in ("mail joe@", "mail.com", " x")
        ]
        lines.append({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"})
        return Response("".join(json.dumps(line) + "\n" for line in lines), media_type="application/x-ndjson")

    async def anthropic(request: Request) -> Response:
        content = [{"type": "text", "text": f"mail {MAIL}"}]
        return JSONResponse({"type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn"})

    app = Starlette(
        routes=[
            Route("/api/chat", ollama, methods=["POST"]),
            Route("/v1/messages", anthropic, methods=["POST"]),
        ]
    )
    app.add_middleware(GuardMiddleware, policy=policy)
    with TestClient(app) as c:
        got = c.post("/api/chat", json=asks())
        said = "".join(json.loads(line)["message"]["content"] for line in got.text.splitlines())
        assert (said, got.headers["content-type"]) == ("mail [words.mail] x", "application/x-ndjson; charset=utf-8")
        got = c.post("/v1/messages", json=asks(max_tokens=9))
        assert got.json()["content"][0]["text"] == "mail [words.mail]"
        assert got.headers["request-id"] == got.headers["x-request-id"]
        got = c.post("/v1/messages", json=asks("a bomb", max_tokens=9))
        assert (got.status_code, got.json()["type"]) == (400, "error")


def test_errors_of_the_application_keep_their_status_and_are_guarded(one: Application) -> None:
    one.trouble = "refused"
    with client(one) as c:
        got = c.post(CHAT, json=asks())
    assert (got.status_code, got.json()["error"]["message"]) == (422, "no [words.mail]")


def test_a_failure_is_an_error_for_the_client_and_an_exception_for_the_server(one: Application) -> None:
    for trouble, stream in (("early", False), ("early", True), ("late", True)):
        one.trouble = trouble
        with client(one) as c:
            got = c.post(CHAT, json=asks(stream=stream))
        assert CANARY not in got.text and "error" in got.text
        assert got.status_code == (500 if trouble == "early" else 200)
        with pytest.raises(ValueError, match=CANARY), TestClient(one.app) as c:
            c.post(CHAT, json=asks(stream=stream))


def test_bodies_and_replies_have_limits(policy: Path) -> None:
    one = Application(policy, settings=Settings(limits=Limits(body=500, reply=300), decision_log="none"))
    with client(one) as c:
        assert c.post(CHAT, json=asks("x" * 1000)).status_code == 413
        one.text = "x" * 1000
        assert c.post(CHAT, json=asks()).json()["error"]["code"] == "upstream_reply_too_large"


def test_what_cant_be_read_is_an_error_in_the_dialects_shape(one: Application) -> None:
    with client(one) as c:
        got = c.post(CHAT, content="{", headers={"content-type": "application/json"})
        assert (got.status_code, got.json()["error"]["code"]) == (400, "invalid_json")
        assert c.post(CHAT, content="x").status_code == 415


def test_a_policy_with_a_mistake_keeps_the_application_from_starting(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("then: redact", "then: nothing"))
    one = Application(tmp_path / "policy.yaml")
    with pytest.raises(ConfigErrors, match="nothing"), TestClient(one.app):
        pass
    without_lifespan = TestClient(one.app, raise_server_exceptions=False)
    assert without_lifespan.post(CHAT, json=asks()).status_code == 500
    assert not one.asked
    assert without_lifespan.post("/notes", content="x").text == "x"


def test_the_lifespan_of_the_application_runs(policy: Path) -> None:
    ran: list[str] = []

    async def lifespan(app: Any) -> AsyncIterator[None]:
        ran.append("begins")
        yield
        ran.append("ends")

    import contextlib

    app = Starlette(lifespan=contextlib.asynccontextmanager(lifespan))
    app.add_middleware(GuardMiddleware, policy=policy)
    with TestClient(app):
        assert ran == ["begins"]
    assert ran == ["begins", "ends"]


def test_every_guarded_request_has_its_record(policy: Path, tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    one = Application(policy, settings=Settings(decision_log=str(log)))
    with client(one) as c:
        c.post(CHAT, json=asks(MAIL))
        c.post("/notes", content="x")
    (record,) = map(json.loads, log.read_text().splitlines())
    assert (record["route"], record["outcome"], record["status"]) == (CHAT, "redact", 200)
    assert MAIL not in json.dumps(record)

"""A scripted upstream of the Responses API, and what tests ask of a guardproxy in front of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai

from tests.server.support import EVENTS, Script, Visit, World, answer, chunk

ITEM = {"id": "msg_up", "type": "message", "role": "assistant", "status": "completed"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def body(text: str, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    output = [{**ITEM, "content": [part]}]
    return {"id": "resp_up", "object": "response", "status": "completed", "output": output, "usage": USAGE, **more}


def event(kind: str, **fields: Any) -> bytes:
    said = json.dumps({"type": f"response.{kind}", "sequence_number": 0, **fields})
    return chunk(f"event: response.{kind}\ndata: {said}\n\n".encode())


def delta(text: str) -> bytes:
    return event("output_text.delta", item_id="msg_up", output_index=0, content_index=0, delta=text)


def says(*texts: str, pause: float = 0.0, breaks: bool = False) -> Script:
    """A script that answers with this text, whole or streamed as asked. `breaks`: a stream has no end."""

    async def script(visit: Visit) -> None:
        if not visit.json.get("stream"):
            await visit.send(answer(json.dumps(body("".join(texts))).encode()))
            return
        await visit.send(EVENTS)
        for text in texts:
            await visit.send(delta(text))
            await asyncio.sleep(pause)
        if breaks:
            visit.writer.close()
            return
        await visit.send(event("completed", response=body("".join(texts))) + b"0\r\n\r\n")

    return script


def hangs(*texts: str) -> Script:
    """A script that streams this and then waits for the other side to go."""

    async def script(visit: Visit) -> None:
        await visit.send(EVENTS)
        for text in texts:
            await visit.send(delta(text))
        await visit.wait_gone()

    return script


def client(one: World, **more: Any) -> openai.OpenAI:
    """An openai client that repeats nothing."""
    return openai.OpenAI(base_url=f"{one.url}/v1", api_key="x", max_retries=0, timeout=10, **more)


def ask(one: World, input: Any = "hello", **more: Any) -> Any:
    with client(one) as c:
        made = c.responses.create(model="gpt-oss", input=input, **more)
        return list(made) if more.get("stream") else made


def kept(one: World) -> list[bytes]:
    """Everything that the store holds, opened."""
    database = one.running.app.state.store._database

    def read() -> list[bytes]:
        found = database._sql.execute(
            "SELECT id, kind, tenant, key, family, policy, outcome, created, previous, place, pending, payload FROM rows"
        )
        return [database._read(row).payload for row in found]

    return run(one, one.running.app.state.store._in_thread(read))


def run(one: World, work: Any) -> Any:
    """Something in the loop of the world."""
    return asyncio.run_coroutine_threadsafe(work, one.loop).result(10)

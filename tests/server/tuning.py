"""An upstream that tunes, a policy on training files, and what tests do with both."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Coroutine
from typing import Any

import openai

from tests.server.support import Visit, World, answer, status_of

POLICY = """
schema: guardproxy/v1
policy: tuned
version: "1"
filters:
  words:
    use: patterns
    patterns:
      - {id: mail, pattern: '[a-z]{1,16}@[a-z]{1,16}\\.com'}
      - {id: bomb, pattern: 'bomb'}
      - {id: odd, pattern: 'odd'}
rules:
  - {id: mask, when: words.mail, then: redact}
  - {id: refuse, when: words.bomb, then: block}
training:
  rules:
    - {id: some-odd, when: words.odd in > 0 examples, then: require_approval}
    - {id: often, when: n_epochs > 5, then: require_approval}
    - {id: far-too-often, when: n_epochs > 50, then: deny, message: That is too often.}
    - {id: three-a-day, when: jobs_today >= 3, scope: {model: [few*]}, then: deny}
    - {id: no-flood, when: bytes_today > 1_000, scope: {model: [small*]}, then: deny}
    - {id: not-this-one, when: examples > 0, scope: {model: [other*]}, then: deny}
"""


ENVIRON = {"GUARDPROXY_STORE_KEY": "a-key-of-the-tests-long-enough"}


def at_once(running: World, work: Coroutine[Any, Any, Any]) -> Any:
    """The result of something that runs where the server runs."""
    return asyncio.run_coroutine_threadsafe(work, running.loop).result(20)


def chat(text: str) -> bytes:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": text}]
    return json.dumps({"messages": messages}).encode() + b"\n"


class Tuner:
    """An upstream that takes files and jobs."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}

    async def __call__(self, visit: Visit) -> None:
        line = visit.head.split(b"\r\n", 1)[0].decode()
        method, path, _ = line.split(" ")
        await visit.send(self._answer(method, path, visit))

    def _answer(self, method: str, path: str, visit: Visit) -> bytes:
        if (method, path) == ("POST", "/v1/files"):
            id = f"up-{len(self.files)}"
            boundary = visit.head.split(b"boundary=", 1)[1].split(b"\r\n", 1)[0]
            self.files[id] = visit.body.split(b"--" + boundary)[2].split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
            return answer(json.dumps({"id": id, "object": "file", "note": "joe@mail.com"}).encode())
        if (method, path) == ("POST", "/v1/fine_tuning/jobs"):
            id = f"ftjob-{len(self.jobs)}"
            self.jobs[id] = {**visit.json, "id": id, "status": "queued", "created_at": 7, "object": "x", "note": "bomb"}
            return answer(json.dumps(self.jobs[id]).encode())
        if path.endswith("/events"):
            rows = [{"id": "e1", "created_at": 8, "level": "info", "message": "ask joe@mail.com", "type": "message"}]
            return answer(json.dumps({"data": [*rows, {"id": "e2", "message": "a bomb"}]}).encode())
        if path.endswith("/checkpoints"):
            row = {"id": "c", "step_number": 3, "metrics": {"loss": 0.5, "x": "text"}, "note": "text"}
            job = self.jobs.get(path.split("/")[4], {})
            if name := job.get("fine_tuned_model"):
                row["fine_tuned_model_checkpoint"] = f"{name}:step-3"
            return answer(json.dumps({"data": [row]}).encode())
        job = self.jobs.get(path.split("/")[4]) if path.count("/") >= 4 else None
        if job is not None:
            if path.endswith("/cancel"):
                job["status"] = "cancelled"
            return answer(json.dumps({**job, "error": {"message": "joe@mail.com failed"}}).encode())
        return answer(b"{}")


def upload(client: openai.OpenAI, data: bytes, name: str = "set.jsonl") -> Any:
    return client.files.create(file=(name, io.BytesIO(data)), purpose="fine-tune")


def decide(running: World, id: str, by: str, decision: str = "approve") -> int:
    body = json.dumps({"decision": decision, "by": by}).encode()
    head = b"POST /admin/approvals/%s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" % id.encode()
    raw = running.raw(
        head + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body, port=running.admin_port
    )
    return status_of(raw)

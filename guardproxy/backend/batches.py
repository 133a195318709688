"""Batches of the local backend: the lines of a file, asked of its own model one after another, in the background."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from guardproxy.backend.errors import ApiError, unknown
from guardproxy.backend.files import BATCH_RESULTS, Files
from guardproxy.backend.names import App, Event

URLS: Final = ("/v1/chat/completions", "/v1/completions", "/v1/responses")
"""What a batch can ask for."""
MAX_BATCHES: Final = 100
"""Batches that are remembered, done ones included."""
MAX_WAITING: Final = 8
MAX_REQUESTS: Final = 50_000
_DAY: Final = 86_400


@dataclass(slots=True)
class Batch:
    """One batch, as far as it has come."""

    file: str
    url: str
    metadata: Mapping[str, str] | None = None
    id: str = field(default_factory=lambda: f"batch_{secrets.token_hex(12)}")
    created_at: int = field(default_factory=lambda: int(time.time()))
    status: str = "validating"
    at: dict[str, int] = field(default_factory=dict)
    """State to when it came, in seconds since 1970."""
    counts: dict[str, int] = field(default_factory=lambda: {"total": 0, "completed": 0, "failed": 0})
    errors: list[dict[str, Any]] = field(default_factory=list)
    output: str | None = None
    error_file: str | None = None
    stop: bool = False

    @property
    def over(self) -> bool:
        return self.status in ("completed", "failed", "cancelled")

    def becomes(self, status: str) -> None:
        self.status = status
        self.at[status] = int(time.time())

    def shown(self) -> dict[str, Any]:
        """OpenAI's `Batch`."""
        states = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.url,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "input_file_id": self.file,
            "completion_window": "24h",
            "status": self.status,
            "output_file_id": self.output,
            "error_file_id": self.error_file,
            "created_at": self.created_at,
            "expires_at": self.created_at + _DAY,
            **{f"{state}_at": self.at.get(state) for state in states},
            "request_counts": dict(self.counts),
            "metadata": dict(self.metadata) if self.metadata is not None else None,
        }


class BadLine(Exception):
    """A line that is no request."""


class Batches:
    """All batches, and the tasks that run them: one at a time."""

    def __init__(self, app: App, files: Files) -> None:
        """`app` answers the requests."""
        self._app, self._files = app, files
        self._batches: dict[str, Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def create(self, body: Mapping[str, Any]) -> Batch:
        """Raises ApiError, naming the field."""
        for name in sorted(set(body) - {"input_file_id", "endpoint", "completion_window", "metadata"}):
            raise _wrong(name, f"There is no field {name[:40]!r} here.")
        if body.get("endpoint") not in URLS:
            raise _wrong("endpoint", f"`endpoint` must be one of {', '.join(URLS)} here.")
        if body.get("completion_window") != "24h":
            raise _wrong("completion_window", "`completion_window` must be '24h'.")
        try:
            content = self._files.content(str(body.get("input_file_id")))
        except ApiError:
            raise _wrong("input_file_id", "There is no such file. Upload it to /v1/files first.") from None
        if sum(not one.over for one in self._batches.values()) > MAX_WAITING:
            raise ApiError(429, "Too many batches run or wait already. Try again later.", code="too_many_batches")
        over = [one.id for one in self._batches.values() if one.over]
        for id in over[: max(0, len(self._batches) - MAX_BATCHES + 1)]:
            del self._batches[id]
        batch = Batch(body["input_file_id"], body["endpoint"], body.get("metadata"))
        self._batches[batch.id] = batch
        task = asyncio.create_task(self._run(batch, content))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return batch

    def get(self, id: str) -> Batch:
        """Raises ApiError 404."""
        if id not in self._batches:
            raise unknown("batch", id)
        return self._batches[id]

    def all(self) -> list[Batch]:
        """Newest first."""
        return list(reversed(self._batches.values()))

    def cancel(self, id: str) -> Batch:
        """Raises ApiError where it is over or unknown."""
        batch = self.get(id)
        if batch.over:
            raise ApiError(400, f"Batch {id} is {batch.status}: it can't be cancelled.", code="batch_not_cancellable")
        batch.stop = True
        batch.becomes("cancelling")
        return batch

    async def _run(self, batch: Batch, content: bytes) -> None:
        try:
            async with self._turn:
                await self._do(batch, _requests(content, batch.url))
        except BadLine as e:
            batch.errors.append({"code": "invalid_request", "line": e.args[0], "message": e.args[1], "param": None})
            batch.becomes("failed")
        except Exception as e:
            batch.errors.append(
                {
                    "code": "server_error",
                    "line": None,
                    "message": f"The backend failed ({type(e).__name__}).",
                    "param": None,
                }
            )
            batch.becomes("failed")
            raise

    async def _do(self, batch: Batch, requests: list[dict[str, Any]]) -> None:
        if not batch.stop:
            batch.becomes("in_progress")
        batch.counts["total"] = len(requests)
        rows: dict[str, list[str]] = {"completed": [], "failed": []}
        for one in requests:
            if batch.stop:
                break
            status, body = await ask(self._app, batch.url, one["body"])
            response = {"status_code": status, "request_id": f"req_{secrets.token_hex(12)}", "body": body}
            row = {"id": f"batch_req_{secrets.token_hex(12)}", "custom_id": one["custom_id"], "response": response}
            came = "completed" if status == 200 else "failed"
            batch.counts[came] += 1
            rows[came].append(json.dumps({**row, "error": None}) + "\n")
        batch.output, batch.error_file = (
            self._kept(batch, "output", rows["completed"]),
            self._kept(batch, "error", rows["failed"]),
        )
        batch.becomes("cancelled" if batch.stop else "completed")

    def _kept(self, batch: Batch, what: str, rows: list[str]) -> str | None:
        if not rows:
            return None
        return self._files.add(f"{batch.id}_{what}.jsonl", BATCH_RESULTS, "".join(rows).encode()).id


def _requests(content: bytes, url: str) -> list[dict[str, Any]]:
    """The lines of a file. Raises BadLine with the number of one that is wrong."""
    found: list[dict[str, Any]] = []
    names: set[str] = set()
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            raise BadLine(number, "This line is no JSON.") from None
        fine = isinstance(one, dict) and isinstance(one.get("body"), dict) and isinstance(one.get("custom_id"), str)
        if not fine or (one.get("method"), one.get("url")) != ("POST", url) or one["body"].get("stream"):
            raise BadLine(number, f"Expected custom_id, method POST, url {url} and a body that is not streamed.")
        if one["custom_id"] in names:
            raise BadLine(number, "There is another line of this custom_id.")
        names.add(one["custom_id"])
        found.append(one)
    if not 0 < len(found) <= MAX_REQUESTS:
        raise BadLine(None, f"A file has 1 to {MAX_REQUESTS:,} requests.")
    return found


async def ask(app: App, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
    """Ask an application in this process: the status, and the body as JSON (None where it is none)."""
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    scope: Event = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 0), "state": {},
    }  # fmt: skip
    waiting, ended, sent = [{"type": "http.request", "body": data, "more_body": False}], asyncio.Event(), bytearray()
    status = 0

    async def receive() -> Event:
        if waiting:
            return dict(waiting.pop())
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Event) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            sent.extend(message.get("body", b""))
            if not message.get("more_body"):
                ended.set()

    await app(scope, receive, send)
    try:
        return status, json.loads(sent)
    except ValueError:
        return status, None


def _wrong(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param=param)

"""An upstream that takes files and batches: it keeps what it got, and its results are what a test says."""

from __future__ import annotations

import json
from typing import Any

from tests.server.support import Visit, answer, chat, chunk, whole


def line(custom_id: str, text: str = "hello", url: str = "/v1/chat/completions", **more: Any) -> bytes:
    """A line of a file of requests."""
    body = chat(messages=[{"role": "user", "content": text}], **more)
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": url, "body": body}).encode() + b"\n"


def result(custom_id: str, body: Any, status: int = 200) -> bytes:
    """A line of a file of results. `body`: an object, or the text of a chat reply."""
    body = json.loads(whole(body)) if isinstance(body, str) else body
    said = {"status_code": status, "request_id": "up-1", "body": body}
    return json.dumps({"id": "up-line", "custom_id": custom_id, "response": said, "error": None}).encode() + b"\n"


class Batcher:
    """Plays the upstream. `results` are the bytes of the file of results, sent in pieces of `size` bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.purposes: list[str] = []
        self.results, self.size, self.deleted = b"", 1 << 16, list[str]()
        self.breaks_off = False
        self.refuses = b""
        """A status line with which files are refused."""

    async def __call__(self, visit: Visit) -> None:
        method, path, _ = visit.head.split(b"\r\n", 1)[0].decode().split(" ")
        if path.endswith("/content"):
            await self._content(visit)
        else:
            await visit.send(self._answer(method, path, visit))

    async def _content(self, visit: Visit) -> None:
        await visit.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        for at in range(0, len(self.results), self.size):
            await visit.send(chunk(self.results[at : at + self.size]))
        if self.breaks_off:
            visit.writer.close()
            return
        await visit.send(b"0\r\n\r\n")

    def _answer(self, method: str, path: str, visit: Visit) -> bytes:
        if (method, path) == ("POST", "/v1/files"):
            if self.refuses:
                return answer(b"{}", self.refuses)
            boundary = visit.head.split(b"boundary=", 1)[1].split(b"\r\n", 1)[0]
            parts = visit.body.split(b"--" + boundary)
            self.purposes.append(parts[1].split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n").decode())
            id = f"up-{len(self.files)}"
            self.files[id] = parts[2].split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
            return answer(json.dumps({"id": id, "object": "file", "note": "joe@mail.com"}).encode())
        if (method, path) == ("POST", "/v1/batches"):
            id = f"upb-{len(self.batches)}"
            self.batches[id] = {
                **visit.json, "id": id, "object": "batch", "status": "in_progress", "created_at": 7, "note": "bomb",
                "request_counts": {"total": 2, "completed": 1, "failed": 0, "x": "text"},
            }  # fmt: skip
            return answer(json.dumps(self.batches[id]).encode())
        if method == "DELETE":
            self.deleted.append(path.rpartition("/")[2])
            return answer(b'{"deleted": true}')
        one = self.batches.get(path.split("/")[3])
        if one is None:
            return answer(b"{}", b"404 Not Found")
        if path.endswith("/cancel"):
            one["status"] = "cancelling"
        return answer(json.dumps(one).encode())

    def finish(self, results: bytes, **more: Any) -> None:
        """All batches are done, with these results."""
        self.results = results
        for id, one in self.batches.items():
            one.update({"status": "completed", "completed_at": 9, "output_file_id": f"{id}-out", **more})

    def sent(self, id: str = "up-0") -> list[Any]:
        """The lines of a file as it came here."""
        return [json.loads(one) for one in self.files[id].splitlines()]

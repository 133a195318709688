"""What a batch costs: a file of requests read in and results read out, and the memory that takes.

    python -m bench.batches [--requests N] [--characters N] [--policies P]

A guardproxy in a process of its own, before an upstream that keeps files on a disk and answers every line with the same text.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import httpx

TEXT = "The quarterly figures are in the annex; write to jane@example.com about the third row. "


class Upstream:
    """Takes a file, and gives a result for each of its lines."""

    def __init__(self, folder: Path, characters: int) -> None:
        self._path, self._text = folder / "sent", (TEXT * (characters // len(TEXT) + 1))[:characters]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        except asyncio.CancelledError:  # the run is over
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b"\r\n", 1)[0].decode().split(" ")[1]
        found = re.search(rb"(?i)content-length: (\d+)", head)
        left = int(found[1]) if found else 0
        kept = self._path if path == "/v1/files" else Path(os.devnull)
        with kept.open("wb") as file:
            while left:
                data = await reader.read(min(left, 1 << 16))
                left -= len(data)
                file.write(data)
        if path.endswith("/content"):
            await self._results(writer)
            return
        body = b'{"id": "up-1", "object": "x", "status": "completed", "output_file_id": "up-2"}'
        if path == "/v1/models":
            body = b'{"object": "list", "data": [{"id": "m", "object": "model"}]}'
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        await writer.drain()

    async def _results(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        message = {"role": "assistant", "content": self._text}
        reply = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        with self._path.open("rb") as file:
            for line in file:
                if not line.startswith(b"{"):
                    continue
                response = {"status_code": 200, "body": reply}
                row = {"custom_id": json.loads(line)["custom_id"], "response": response, "error": None}
                data = json.dumps(row).encode() + b"\n"
                writer.write(b"%x\r\n%s\r\n" % (len(data), data))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def requests(path: Path, count: int, characters: int) -> int:
    """A file of so many requests; its bytes."""
    text = (TEXT * (characters // len(TEXT) + 1))[:characters]
    with path.open("w") as file:
        for number in range(count):
            body = {"model": "m", "messages": [{"role": "user", "content": f"{number}. {text}"}]}
            row = {"custom_id": f"row-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(row) + "\n")
    return path.stat().st_size


def rss(process: subprocess.Popen[str]) -> int:
    """Megabytes of memory that a process has, at most so far."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1000 if found else 0


async def measure(url: str, process: subprocess.Popen[str], file: Path, size: int, count: int) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=3600, trust_env=False) as client:
        print(f"{count:,} requests, {size / 1e6:.0f} MB; memory at the start {rss(process)} MB")
        began = time.perf_counter()
        with file.open("rb") as data:
            reply = await client.post("/files", data={"purpose": "batch"}, files={"file": ("x", data)})
        id = reply.raise_for_status().json()["id"]
        told(process, "requests in", count, size, began)
        order = {"input_file_id": id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        batch = (await client.post("/batches", json=order)).raise_for_status().json()
        began, lines, seen = time.perf_counter(), 0, 0
        async with client.stream("GET", f"/files/{batch['output_file_id']}/content") as results:
            async for piece in results.aiter_raw():
                lines, seen = lines + piece.count(b"\n"), seen + len(piece)
        assert lines == count, f"{lines} of {count} lines"
        told(process, "results out", count, seen, began)


def told(process: subprocess.Popen[str], what: str, count: int, size: int, began: float) -> None:
    took = time.perf_counter() - began
    print(
        f"{what:12} {took:7.1f} s {count / took:9.0f} lines/s {size / took / 1e6:7.1f} MB/s   memory at most {rss(process)} MB"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--characters", type=int, default=2_000, help="of each request, and of each reply")
    parser.add_argument("--policies", help="of another policy than the default one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        size = requests(folder / "set.jsonl", args.requests, args.characters)
        upstream = await asyncio.start_server(Upstream(folder, args.characters), "127.0.0.1", 0)
        port = upstream.sockets[0].getsockname()[1]
        environ = {
            **os.environ,
            "GUARDPROXY_BATCHES_PATH": str(folder / "batches.db"),
            "GUARDPROXY_STORE_KEY": "k" * 32,
        }
        options = ["--port", "0", "--admin-port", "0", "--decision-log", str(folder / "log")]
        options += ["--policies", args.policies] if args.policies else []
        command = [sys.executable, "-m", "guardproxy", "serve", "--upstream", f"http://127.0.0.1:{port}/v1", *options]
        started = partial(subprocess.Popen, command, stdout=subprocess.PIPE, text=True, env=environ)
        process: subprocess.Popen[str] = await asyncio.to_thread(started)
        try:
            assert process.stdout is not None
            line = await asyncio.to_thread(process.stdout.readline)
            found = re.search(r"(http://\S+/v1) →", line)
            assert found is not None, line
            await measure(found[1], process, folder / "set.jsonl", size, args.requests)
        finally:
            process.terminate()
            process.wait()
        records = Counter(json.loads(row)["route"] for row in (folder / "log").read_bytes().splitlines())
        print(f"decision records: {records['batch_request']:,} of requests, {records['batch_reply']:,} of replies")


if __name__ == "__main__":
    asyncio.run(main())

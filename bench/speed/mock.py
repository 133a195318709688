"""A fast upstream for measuring proxies: raw asyncio, no JSON parsing. `python -m bench.speed.mock PORT`.

A request whose body holds `"stream":true` gets a stream of 4-character deltas, others a 2 KB reply. The prompt steers the
stream: `[[n=512 delay=0.02]]` gives 512 deltas, one each 20 ms (0: as fast as they can be written).
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

import uvloop

WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "seven",
    "wise",
    "owls",
    "watch",
    "from",
    "the",
    "old",
    "barn",
    "roof",
]
REPLY = " ".join(WORDS[i % len(WORDS)] for i in range(400))[:2048]
_KNOBS = re.compile(rb"\[\[n=(\d+) delay=([\d.]+)\]\]")
_STREAM = re.compile(rb'"stream":\s?true')
_LENGTH = re.compile(rb"content-length: ?(\d+)", re.IGNORECASE)
_HEX = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_BASE = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-oss",'
    b'"choices":[{"index":0,"delta":{'
)
_PLAIN = _BASE + b'"content":"%s"},"logprobs":null,"finish_reason":null}]}\n\n'
_FIRST = _BASE + b'"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n'
_LAST = _BASE + b'},"logprobs":null,"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
BODY = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-oss","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"%s"},"logprobs":null,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":500,"completion_tokens":400,"total_tokens":900}}' % REPLY.encode()
)
_WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_DELTAS = [_frame(_PLAIN % REPLY[i : i + 4].encode()) for i in range(0, len(REPLY), 4)]


def events(count: int) -> list[bytes]:
    """A stream of so many deltas, one event each."""
    texts = (REPLY[4 * i : 4 * i + 4].encode() for i in range(count))
    return [_FIRST, *(_PLAIN % text for text in texts), _LAST]


def response_events(count: int) -> list[bytes]:
    """The same deltas as a stream of the Responses API."""
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    texts = [REPLY[4 * i : 4 * i + 4] for i in range(count)]
    part = {"type": "output_text", "text": "".join(texts), "annotations": [], "logprobs": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    begun, response = {**message, "status": "in_progress", "content": []}, {"id": "resp_1", "object": "response"}
    bodies: list[dict[str, object]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        {"type": "response.content_part.added", **where, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **where, "delta": text, "logprobs": []} for text in texts),
        {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **where, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": message},
        {"type": "response.completed", "response": {**response, "status": "completed", "output": [message]}},
    ]
    return [
        f"event: {body['type']}\ndata: {json.dumps({**body, 'sequence_number': number})}\n\n".encode()
        for number, body in enumerate(bodies)
    ]


def stamped() -> bytes:
    """A delta that carries its time of writing (microseconds, CLOCK_MONOTONIC, ten letters): it tells its transit time."""
    stamp = format(time.monotonic_ns() // 1000, "010x").translate(_HEX)
    return _frame(_PLAIN % f" w{stamp} ".encode())


class Mock(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.data, self.task = transport, b"", None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.task:
            self.task.cancel()

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.data, 0, end + 2)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self.data) < total:
                return
            request, self.data = self.data[:total], self.data[total:]
            self.answer(request, end + 4)

    def answer(self, request: bytes, body: int) -> None:
        if not _STREAM.search(request, body):
            self.transport.write(_WHOLE)
            return
        knobs = _KNOBS.search(request, body)
        count, delay = (int(knobs[1]), float(knobs[2])) if knobs else (512, 0.0)
        self.task = asyncio.ensure_future(self.stream(count, delay))

    async def stream(self, count: int, delay: float) -> None:
        self.transport.write(_HEAD + _frame(_FIRST))
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for i in range(count):
            await asyncio.sleep(max(0.0, begin + i * delay - loop.time()))
            self.transport.write(stamped() if delay else _DELTAS[i % len(_DELTAS)])
        self.transport.write(_frame(_LAST) + b"0\r\n\r\n")


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Mock, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())

"""Streams as servers send them, and as they leave guardproxy: the files in tests/golden, read at several cuttings.

`python -m tests.wire.test_golden` writes the outputs anew; read the difference before keeping it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import anthropic
import ollama
import pytest
from anthropic.lib.streaming._messages import accumulate_event
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from guardproxy.wire.base import Block, Call, Codec, End, Head, Item, Note, ReplyWriter, Text, Unknown, Usage
from guardproxy.wire.dialects import by_name
from guardproxy.wire.sse import Decoder, comment

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted((*GOLDEN.glob("*/*.in.sse"), *GOLDEN.glob("*/*.in.ndjson")))
CODECS: dict[str, Codec] = by_name()
HEAD = Head("chatcmpl-golden", "gpt-oss", 1700000000, include_usage=True)


class Passage:
    """Passes items straight to a writer, as a guard does that finds nothing."""

    def __init__(self, writer: ReplyWriter) -> None:
        self.writer = writer
        self.calls: dict[tuple[int, int], Call] = {}
        self.called: dict[int, int] = {}
        self.open: set[int] = set()
        self.ended: set[int] = set()
        self.unknown: list[str] = []
        self.fault = ""

    def take(self, item: Item) -> bytes:
        if isinstance(item, Text):
            self.open.add(item.choice)
            return self.writer.text(item.choice, item.field, item.text, item.logprobs)
        if isinstance(item, Call):
            before = self.calls.get((item.choice, item.index)) or Call(
                item.choice, item.index, kind=item.kind, field=item.field
            )
            self.calls[item.choice, item.index] = replace(
                before,
                id=before.id + item.id,
                name=before.name + item.name,
                arguments=before.arguments + item.arguments,
            )
            return self.written(item.choice, item.index) if item.whole else b""
        if isinstance(item, Block):
            return self.writer.block(item.choice, item)
        if isinstance(item, Note):
            return self.writer.note(item.choice, item.field, item.start, item.end, item.value)
        if isinstance(item, Unknown):
            self.unknown.append(item.what)
            return b""
        if isinstance(item, End):
            self.ended.add(item.choice)
            out = [self.written(choice, index) for choice, index in sorted(self.calls) if choice == item.choice]
            return b"".join(out) + self.writer.end(item.choice, item.reason)
        if isinstance(item, Usage):
            return self.writer.usage(item.value)
        self.fault = item.message
        return b""

    def written(self, choice: int, index: int) -> bytes:
        if self.calls[choice, index].field:
            call = self.calls.pop((choice, index))
            return self.writer.text(choice, call.field, call.arguments) if call.arguments else b""
        number = self.called[choice] = self.called.get(choice, -1) + 1
        return self.writer.call(choice, number, self.calls.pop((choice, index)))

    def finish(self) -> bytes:
        broken = self.fault or ("broken off" if not self.ended or self.open - self.ended else "")
        error = {"message": broken, "type": "server_error", "param": None, "code": "upstream_error"}
        return (self.writer.error(error) if broken else b"") + self.writer.done()


def through(codec: Codec, chunks: Iterator[bytes]) -> bytes:
    decoder, reader = codec.decoder(), codec.reader()
    passage = Passage(codec.stream_writer(HEAD))
    out = []
    for events in (*map(decoder.feed, chunks), decoder.close()):
        for event in events:
            if event.comment:
                out.append(comment() if codec.keep_alive(HEAD).startswith(b":") else codec.keep_alive(HEAD))
            elif not passage.fault:
                out += map(passage.take, reader.event(event.data))
    return b"".join((*out, passage.finish()))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def run(case: Path, size: int) -> bytes:
    return through(CODECS[case.parent.name], pieces(case.read_bytes(), size))


def output(case: Path) -> Path:
    return case.with_name(case.name.replace(".in.", ".out."))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}/{c.name}")
def test_golden(case: Path, size: int) -> None:
    assert run(case, size).decode() == output(case).read_bytes().decode()


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}/{c.name}")
def test_outputs_are_what_clients_expect(case: Path) -> None:
    if (read := READERS.get(case.parent.name)) is not None:
        read(output(case).read_bytes())
        return
    *events, last = [e.data for e in Decoder().feed(output(case).read_bytes()) if not e.comment]
    assert last == b"[DONE]" and b"[DONE]" not in events
    for body in map(json.loads, events):
        if "error" in body:
            assert set(body["error"]) == {"message", "type", "param", "code"}
        elif case.parent.name == "chat":
            ChatCompletionChunk.model_validate(body, strict=True)
        else:
            assert body["object"] == "text_completion"
            Completion.model_construct(**body)


def read_by_openai(stream: bytes) -> None:
    """The client's own types take every event as it is, and the response at the end says what the events said."""
    events = [json.loads(e.data) for e in Decoder().feed(stream)]
    assert [e["sequence_number"] for e in events] == list(range(len(events)))
    assert events[-1]["type"] in ("response.completed", "response.incomplete", "response.failed")
    read = TypeAdapter(ResponseStreamEvent)
    items = [read.validate_python(e).type and e["item"] for e in events if e["type"] == "response.output_item.done"]
    if events[-1]["type"] != "response.failed":
        assert events[-1]["response"]["output"] == items
    for event in events:
        assert type(read.validate_python(event)).model_fields.keys() >= event.keys()


def read_by_anthropic(stream: bytes) -> None:
    """The client's own types take every event as it is, and its helper puts a message together from them."""
    read = TypeAdapter(anthropic.types.RawMessageStreamEvent)
    events = [(e.name.decode(), json.loads(e.data)) for e in Decoder().feed(stream)]
    assert all(name == body["type"] for name, body in events)
    *said, (last, error) = [(name, body) for name, body in events if name != "ping"]
    if last == "error":
        assert anthropic.types.ErrorResponse.model_validate(error)
    else:
        assert last == "message_stop"
        message, buffers = None, {}
        for _, body in said:
            event = read.validate_python(body)
            message = accumulate_event(event=event, current_snapshot=message, json_bufs=buffers)  # type: ignore[type-var]
        assert message is not None
        anthropic.types.Message.model_validate(message.to_dict(), strict=True)


def read_by_ollama(stream: bytes, kind: type[ollama.ChatResponse] | type[ollama.GenerateResponse]) -> None:
    """The client's own types take every line as it is."""
    *lines, rest = stream.split(b"\n")
    bodies = [json.loads(line) for line in lines]
    assert rest == b""
    if "error" in bodies[-1]:
        assert bodies.pop().keys() == {"error"}
    else:
        assert bodies[-1]["done"] and bodies[-1]["done_reason"]
    for body in bodies:
        assert kind.model_fields.keys() >= kind.model_validate(body, strict=True).model_dump(exclude_none=True).keys()


READERS: dict[str, Callable[[bytes], None]] = {
    "responses": read_by_openai,
    "messages": read_by_anthropic,
    "ollama_chat": partial(read_by_ollama, kind=ollama.ChatResponse),
    "ollama_generate": partial(read_by_ollama, kind=ollama.GenerateResponse),
}


def test_every_case_has_its_output_and_its_server() -> None:
    assert len(CASES) >= 18
    assert {output(c) for c in CASES} == {*GOLDEN.glob("*/*.out.sse"), *GOLDEN.glob("*/*.out.ndjson")}


if __name__ == "__main__":
    for one in CASES:
        output(one).write_bytes(run(one, 1 << 20))

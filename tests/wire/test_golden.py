"""Streams as servers send them, and as they leave guardproxy: the files in tests/golden, read at several cuttings.

`python -m tests.wire.test_golden` writes the outputs anew; read the difference before keeping it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk

from guardproxy.wire.base import Call, Codec, End, Head, Item, ReplyWriter, Text, Usage
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from guardproxy.wire.sse import Decoder, comment

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(GOLDEN.glob("*/*.in.sse"))
CODECS: dict[str, Codec] = {"chat": Chat(), "completions": Completions()}
HEAD = Head("chatcmpl-golden", "gpt-oss", 1700000000, include_usage=True)


class Passage:
    """Passes items straight to a writer, as a guard does that finds nothing."""

    def __init__(self, writer: ReplyWriter) -> None:
        self.writer = writer
        self.calls: dict[tuple[int, int], Call] = {}
        self.open: set[int] = set()
        self.ended: set[int] = set()
        self.fault = ""

    def take(self, item: Item) -> bytes:
        if isinstance(item, Text):
            self.open.add(item.choice)
            return self.writer.text(item.choice, item.field, item.text, item.logprobs)
        if isinstance(item, Call):
            before = self.calls.get((item.choice, item.index)) or Call(item.choice, item.index, kind=item.kind)
            self.calls[item.choice, item.index] = replace(
                before,
                id=before.id + item.id,
                name=before.name + item.name,
                arguments=before.arguments + item.arguments,
            )
            return b""
        if isinstance(item, End):
            self.ended.add(item.choice)
            calls = [c for (choice, _), c in sorted(self.calls.items()) if choice == item.choice]
            out = [self.writer.call(item.choice, i, c) for i, c in enumerate(calls)]
            return b"".join(out) + self.writer.end(item.choice, item.reason)
        if isinstance(item, Usage):
            return self.writer.usage(item.value)
        self.fault = item.message
        return b""

    def finish(self) -> bytes:
        broken = self.fault or ("broken off" if not self.ended or self.open - self.ended else "")
        error = {"message": broken, "type": "server_error", "param": None, "code": "upstream_error"}
        return (self.writer.error(error) if broken else b"") + self.writer.done()


def through(codec: Codec, chunks: Iterator[bytes]) -> bytes:
    decoder, reader = Decoder(), codec.reader()
    passage = Passage(codec.stream_writer(HEAD))
    out = []
    for events in (*map(decoder.feed, chunks), decoder.close()):
        for event in events:
            if event.comment:
                out.append(comment())
            elif not passage.fault:
                out += map(passage.take, reader.event(event.data))
    return b"".join((*out, passage.finish()))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def run(case: Path, size: int) -> bytes:
    return through(CODECS[case.parent.name], pieces(case.read_bytes(), size))


def output(case: Path) -> Path:
    return case.with_name(case.name.replace(".in.sse", ".out.sse"))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}/{c.name}")
def test_golden(case: Path, size: int) -> None:
    assert run(case, size).decode() == output(case).read_bytes().decode()


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}/{c.name}")
def test_outputs_are_what_clients_expect(case: Path) -> None:
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


def test_every_case_has_its_output_and_its_server() -> None:
    assert len(CASES) >= 18
    assert {output(c) for c in CASES} == set(GOLDEN.glob("*/*.out.sse"))


if __name__ == "__main__":
    for one in CASES:
        output(one).write_bytes(run(one, 1 << 20))

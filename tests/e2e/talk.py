"""The real openai client, whose bytes are remembered, and replies in a form that can be compared."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import AWS_KEY, CARD, GITHUB_TOKEN, IBAN, OPENAI_KEY

CLIENT_KEY = "sk-client-" + "4fQ9wLz7"
UPSTREAM_KEY = "sk-upstream-" + "8hT2mRb5"
SECONDS = 20
"""For one request: no test waits longer for a byte."""

_LABELS = {CARD: "pii.card", IBAN: "pii.iban", AWS_KEY: "secret.aws", GITHUB_TOKEN: "secret.github"}
_LABELS[OPENAI_KEY] = "secret.api_key"


def label(value: str) -> str:
    """What the default policy puts in the place of a planted value."""
    return f"[{_LABELS.get(value) or ('pii.email' if '@' in value else 'pii.phone')}]"


def masked(text: str, dialog: Dialog) -> str:
    """The text with labels in it. A token under a key of that name is told by the key: of two finds the longer one."""
    for value in dialog.planted:
        text = text.replace(value, label(value))
    return text.replace('"token": "[secret.github]"', '"token": "[secret.generic]"')


@dataclass
class Take:
    """One answer as it came over the wire. Times are those of `time.monotonic`."""

    headers: httpx.Headers
    pieces: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def raw(self) -> str:
        """Everything that the client was sent: headers and body."""
        return str(self.headers) + b"".join(data for _, data in self.pieces).decode()


class _Tee(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, take: Take) -> None:
        self._stream, self._take = stream, take

    def __iter__(self) -> Iterator[bytes]:
        for data in self._stream:
            self._take.pieces.append((time.monotonic(), data))
            yield data

    def close(self) -> None:
        self._stream.close()


class Wire(httpx.HTTPTransport):
    """httpx's transport, remembering what came."""

    def __init__(self) -> None:
        super().__init__(verify=False)  # plain http: no certificates to load, which would take longer than most tests
        self.takes: list[Take] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        reply = super().handle_request(request)
        self.takes.append(Take(reply.headers))
        stream = _Tee(reply.stream, self.takes[-1])
        return httpx.Response(reply.status_code, headers=reply.headers, stream=stream, extensions=reply.extensions)


@dataclass
class Caller:
    """An openai client and its wire."""

    url: str
    key: str = CLIENT_KEY
    wire: Wire = field(default_factory=Wire)

    def __post_init__(self) -> None:
        http = httpx.Client(transport=self.wire, timeout=SECONDS)
        self.client = openai.OpenAI(
            base_url=self.url, api_key=self.key, max_retries=0, timeout=SECONDS, http_client=http
        )

    @property
    def last(self) -> Take:
        return self.wire.takes[-1]

    def chat(self, body: dict[str, Any], *, stream: bool) -> Said:
        create = self.client.chat.completions.create
        return streamed(create(**body, stream=True)) if stream else whole(create(**body))


@dataclass
class Said:
    """What a reply said, streamed or whole."""

    content: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Names and arguments, as text."""
    end: str = ""
    model: str = ""
    ids: list[str] = field(default_factory=list)
    """Of the calls."""

    @property
    def parsed(self) -> list[tuple[str, Any]]:
        return [(name, json.loads(arguments)) for name, arguments in self.calls]

    @property
    def text(self) -> str:
        """All of it in one."""
        return "\n".join([self.reasoning, self.content, *(part for call in self.calls for part in call)])

    def same(self, other: Said) -> bool:
        return (self.content, self.reasoning, self.calls, self.end) == (
            other.content,
            other.reasoning,
            other.calls,
            other.end,
        )


def whole(reply: ChatCompletion) -> Said:
    assert len(reply.choices) == 1
    choice = reply.choices[0]
    said = Said(end=choice.finish_reason, model=reply.model)
    _add(said, choice.message)
    return said


def streamed(chunks: Iterator[ChatCompletionChunk]) -> Said:
    """A stream put together. Each call comes in one piece: guardproxy sends calls whole."""
    said, ends = Said(), []
    for chunk in chunks:
        said.model = chunk.model
        for choice in chunk.choices:
            _add(said, choice.delta)
            ends += [choice.finish_reason] * bool(choice.finish_reason)
    assert len(ends) == 1
    said.end = ends[0]
    return said


def _add(said: Said, message: Any) -> None:
    said.content += message.content or ""
    said.reasoning += getattr(message, "reasoning_content", None) or ""
    said.calls += [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    said.ids += [call.id for call in message.tool_calls or []]


def read(answer: bytes, *, stream: bool) -> Said:
    """A reply as the upstream sent it."""
    if not stream:
        return whole(ChatCompletion.model_validate_json(answer))
    lines = [line[6:] for line in answer.decode().splitlines() if line.startswith("data: {")]
    return streamed(iter([ChatCompletionChunk.model_validate_json(line) for line in lines]))


def expected(dialog: Dialog) -> Said:
    """What a client gets of a dialog through the default policy; a call's arguments are compared parsed."""
    calls = [(dialog.call.name, masked(dialog.call.text(), dialog))] if dialog.call else []
    return Said(
        masked(dialog.content, dialog),
        masked(dialog.reasoning, dialog),
        calls,
        "tool_calls" if dialog.call else "stop",
    )


def check(dialog: Dialog, said: Said) -> None:
    """A client got of this dialog what it should, streamed or whole."""
    wanted = expected(dialog)
    assert said.content == wanted.content
    assert said.reasoning == wanted.reasoning
    assert said.parsed == wanted.parsed
    assert said.end == wanted.end
    assert said.model == "gpt-oss"


def leaks(dialog: Dialog, sent: str, length: int = 6) -> list[str]:
    """Pieces of planted values, `length` characters long, that stand in `sent` and have no business there."""
    allowed = expected(dialog).text
    pieces = {v[i : i + length] for v in dialog.planted for i in range(len(v) - length + 1)}
    return sorted(p for p in pieces if p in sent and p not in allowed)

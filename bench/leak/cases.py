"""The planted cases: what is hidden, in which text, on which surface of which dialect.

All values are invented or published as examples. Keys are put together from pieces, so that scanners of source code don't
take these fakes for finds.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.leak import messages, ollama, responses

Body = dict[str, Any]


@dataclass(frozen=True)
class Planted:
    """A value with what must stand around it for it to be one; `label` replaces the value alone."""

    label: str
    value: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        return self.before + self.value + self.after

    @property
    def safe(self) -> str:
        return f"{self.before}[{self.label}]{self.after}"


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


JWT = ".".join(
    (_b64('{"alg":"HS256","typ":"JWT"}'), _b64('{"sub":"1234567890","name":"Jo"}'), "x7Kq9ZrT2vLm4NpW8sYd1FgH")
)
PLANTED = (
    Planted("pii.email", "alice.berg@example.com"),
    Planted("pii.email", "j+tag_1@mail.sub.example.co.uk"),
    Planted("pii.phone", "+1 (415) 555-0132"),
    Planted("pii.phone", "+44 20 7946 0958"),
    Planted("pii.card", "4111 1111 1111 1111"),
    Planted("pii.card", "5555-5555-5555-4444"),
    Planted("pii.card", "378282246310005"),
    Planted("pii.iban", "DE89 3704 0044 0532 0130 00"),
    Planted("pii.iban", "GB82WEST12345698765432"),
    Planted("pii.us_ssn", "536-22-8147"),
    Planted("pii.ip", "203.0.113.42"),
    Planted("secret.aws", "AKIA" + "IOSFODNN7EXAMPLE"),
    Planted(
        "secret.github",
        "github_pat_" + "11ABCDEFG0aBcDeFgHiJkL_" + "q7Rb2LxV9mKd4TzW8nHcu5Yp3GsE6jAf1QvN0iDoZk3vQ8pLw2XrT6bNc9H",
    ),
    Planted("secret.slack", "xoxb-" + "123456789012-123456789012-" + "AbCdEfGhIjKlMnOpQrStUvWx"),
    Planted("secret.jwt", JWT),
)
TEMPLATES = (
    "{}",
    "Please note {} for later.",
    "{} is what you asked for, as far as I can tell.",
    "The last word of this sentence is {}",
    "Zuständig für Bücher und Größen ist übrigens {} – schöne Grüße! 😀",
    "連絡先は {} です。よろしくお願いします。",
    "| name | value |\n|---|---|\n| x | {} |\n",
    "```\nvalue = f({})\n```\nThat is all.",
    "First {} and again {} and that is it.",
    "A longer answer, of the kind that models like to give: it goes on for a while, says little, and somewhere in its middle "
    "there is {}, after which it goes on for another while, so that there is text to hold and text to let go.",
)


OTHERS: dict[str, Any] = {
    "responses": responses,
    "messages": messages,
    "ollama_chat": ollama.CHAT,
    "ollama_generate": ollama.GENERATE,
}
"""Dialects whose replies and requests have a file of their own."""


@dataclass(frozen=True)
class Surface:
    """A place where text can stand. `kind`: reply, call (JSON arguments), request."""

    dialect: str
    kind: str
    name: str


REPLIES = (
    *tuple(
        Surface("chat", "reply", n)
        for n in ("content", "reasoning_content", "reasoning", "thinking", "refusal", "content#1")
    ),
    Surface("completions", "reply", "text"),
    *(Surface(name, "reply", n) for name, one in OTHERS.items() for n in (*one.TEXTS, *one.FREE)),
)
CALLS = (
    Surface("chat", "call", "tool_calls"),
    Surface("chat", "call", "tool_calls/whole"),
    Surface("chat", "call", "function_call"),
    *(Surface(name, "call", n) for name, one in OTHERS.items() for n in one.CALLS),
)
REQUESTS = (
    *tuple(
        Surface("chat", "request", n)
        for n in (
            "system",
            "developer",
            "user",
            "assistant",
            "assistant.reasoning",
            "tool",
            "part",
            "arguments",
            "description",
        )
    ),
    Surface("completions", "request", "prompt"),
    *(Surface(name, "request", n) for name, one in OTHERS.items() for n in one.REQUESTS),
)


@dataclass(frozen=True)
class Case:
    """One planted text on one surface."""

    surface: Surface
    planted: Planted
    template: str

    @property
    def text(self) -> str:
        return self.template.replace("{}", self.planted.text)

    @property
    def safe(self) -> str:
        """What must arrive instead: everything but the value, exactly."""
        return self.template.replace("{}", self.planted.safe)


def cases(per_surface: int = 18, values: Sequence[Planted] = PLANTED) -> Iterator[Case]:
    """`per_surface` cases for each surface; together they cover every value and every template."""
    turn = itertools.count()
    pairs = list(itertools.product(values, TEMPLATES))
    for surface in (*REPLIES, *CALLS, *REQUESTS):
        for _ in range(per_surface):
            planted, template = pairs[next(turn) * 37 % len(pairs)]
            yield Case(surface, planted, template)


def request(case: Case) -> Body:
    """A request with the case's text on its surface."""
    name, text = case.surface.name, case.text
    if case.surface.dialect == "completions":
        return {"model": "gpt-oss", "prompt": text}
    if other := OTHERS.get(case.surface.dialect):
        return other.request(name, text)
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"x": text})}}
    messages: dict[str, list[Body]] = {
        "part": [{"role": "user", "content": [{"type": "text", "text": "Hello."}, {"type": "text", "text": text}]}],
        "arguments": [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
        ],
        "tool": [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{**call, "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": text},
        ],
        "assistant.reasoning": [{"role": "assistant", "content": "Hm.", "reasoning_content": text}],
        "description": [{"role": "user", "content": "Hi."}],
    }
    body: Body = {"model": "gpt-oss", "messages": messages.get(name) or [{"role": name, "content": text}]}
    if name == "description":
        body["tools"] = [
            {"type": "function", "function": {"name": "f", "description": text, "parameters": {"type": "object"}}}
        ]
    return body


def arrived(case: Case, body: Body) -> str:
    """The text of the case's surface in the body that the upstream received."""
    name = case.surface.name
    if case.surface.dialect == "completions":
        return str(body["prompt"])
    if other := OTHERS.get(case.surface.dialect):
        return other.arrived(name, body)
    first = body["messages"][0]
    if name == "part":
        return str(first["content"][1]["text"])
    if name == "arguments":
        return str(json.loads(first["tool_calls"][0]["function"]["arguments"])["x"])
    if name == "tool":
        return str(body["messages"][1]["content"])
    if name == "assistant.reasoning":
        return str(first["reasoning_content"])
    return str(body["tools"][0]["function"]["description"] if name == "description" else first["content"])


@dataclass(frozen=True)
class Seam:
    """A value split over two parts that the model reads joined: it must be detected."""

    planted: Planted
    at: int

    def request(self) -> Body:
        text = f"Write to {self.planted.text} now."
        cut = text.index(self.planted.value) + self.at
        parts = [{"type": "text", "text": t} for t in (text[:cut], text[cut:])]
        return {"model": "gpt-oss", "messages": [{"role": "user", "content": parts}]}


def seams() -> Iterator[Seam]:
    """Values cut in the middle, where neither half is one by itself."""
    for planted in PLANTED:
        if planted.label not in ("secret.jwt", "secret.github", "pii.phone"):  # their halves are findings of their own
            yield Seam(planted, len(planted.value) // 2)

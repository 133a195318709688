"""The form of a dialog: a request, the reply that the toy gpt-oss gives to it, and short ways to write both down.

Pure values: neither torch nor the proxy here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call: `arguments` is the parsed object, not the JSON text."""

    name: str
    arguments: Mapping[str, Any]

    def text(self) -> str:
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Dialog:
    """One request and the one reply that the model gives to it under greedy decoding."""

    name: str
    messages: tuple[Message, ...]
    """The request's messages, without a system message."""
    answer: str = ""
    """Final channel; empty where the reply is a tool call."""
    reasoning: str = ""
    """Analysis channel; empty where the model answers at once."""
    preamble: str = ""
    """Commentary that the user sees before a call."""
    call: Call | None = None
    tools: tuple[Message, ...] = ()
    planted: tuple[str, ...] = ()
    """Personal data and secrets that stand in the reply, as they stand there."""
    system: str = ""
    """The one system message under which the dialog is known; empty: all of `PREFIXES`."""

    @property
    def content(self) -> str:
        """What a server that reads Harmony puts into `content`."""
        return self.preamble + self.answer

    @property
    def completion(self) -> str:
        """The tokens that follow `<|start|>assistant`, as text."""
        parts = [_message("analysis", self.reasoning)] if self.reasoning else []
        if self.preamble:
            parts.append(_message("commentary", self.preamble))
        parts.append(_call(self.call) if self.call else f"<|channel|>final<|message|>{self.answer}<|return|>")
        return "<|start|>assistant".join(parts)

    def digest(self) -> str:
        """Tells whether weights were trained on this very dialog."""
        canonical = json.dumps([asdict(self), self.completion], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def _message(channel: str, text: str) -> str:
    return f"<|channel|>{channel}<|message|>{text}<|end|>"


def _call(call: Call) -> str:
    return f"<|channel|>commentary to=functions.{call.name} <|constrain|>json<|message|>{call.text()}<|call|>"


def tool(name: str, /, **properties: str) -> Message:
    schema = {key: {"type": kind} for key, kind in properties.items()}
    parameters = {"type": "object", "properties": schema, "required": list(schema)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def called(call: Call) -> Message:
    function = {"name": call.name, "arguments": call.text()}
    return {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": function}]}


def result(text: str) -> Message:
    return {"role": "tool", "tool_call_id": "c1", "content": text}


def ask(name: str, question: str, answer: str, reasoning: str = "", *planted: str) -> Dialog:
    return Dialog(name, (user(question),), answer, reasoning, planted=planted)

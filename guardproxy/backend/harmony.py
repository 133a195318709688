"""Harmony for the local gpt-oss: its control tokens, the chat template and the response template.

The chat template renders requests into Harmony; the response template tells transformers' server how to read
replies back into reasoning, tool calls and content. No torch and no transformers here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

CONTROL_TOKENS = (
    "<|startoftext|>",
    "<|endoftext|>",
    "<|return|>",
    "<|constrain|>",
    "<|channel|>",
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|call|>",
    "<|endofprompt|>",
    "<|pad|>",
)
"""Names as in the published Harmony format, plus padding; the ids are the toy tokenizer's own."""

STOP_TOKENS = ("<|return|>", "<|call|>", "<|endoftext|>")
"""What ends a turn: an answer, a tool call, the end of the text."""

# The recipient may stand before or after the channel: gpt-oss writes both.
_CALL = (
    r"(?:<\|channel\|>(?:commentary|analysis))? to=functions\.(?P<name>[\w.-]+)"
    r"(?:<\|channel\|>(?:commentary|analysis))? ?(?:<\|constrain\|>)?(?:json)?<\|message\|>"
)
_TEXT = r"<\|channel\|>(?:final|commentary)(?: ?<\|constrain\|>\w+)?<\|message\|>"

# `join` makes a whole reply equal to the streamed one where a turn holds two messages of one channel.
RESPONSE_TEMPLATE: dict[str, Any] = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|start|>assistant",
    "fields": {
        "reasoning_content": {
            "open": "<|channel|>analysis<|message|>",
            "close": ["<|end|>", "<|return|>"],
            "content": "text",
            "repeats": True,
            "join": "",
        },
        "tool_calls": {
            "open_pattern": _CALL,
            "close": ["<|call|>", "<|end|>"],
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}},
        },
        "content": {
            "open_pattern": _TEXT,
            "close": ["<|return|>", "<|end|>"],
            "content": "text",
            "repeats": True,
            "join": "",
        },
    },
}
"""In the declarative form of transformers 5 (`tokenizer.response_template`)."""


def chat_template() -> str:
    """The Jinja text that turns a request's messages and tools into Harmony."""
    return Path(__file__).with_name("harmony.jinja").read_text(encoding="utf-8")

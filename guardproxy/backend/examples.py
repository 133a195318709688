"""Training files in OpenAI's chat form, read into what a model learns: prompts and the replies to them.

Each line is `{"messages": […], "tools": […]}`. Every message of the assistant is learnt, except where its `weight` is 0.
No torch and no transformers here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from guardproxy.backend.dialog import Call, Dialog
from guardproxy.backend.harmony import CONTROL_TOKENS

MAX_EXAMPLES: Final = 5_000
_ROLES: Final = ("system", "developer", "user", "assistant", "tool")
_THINKING: Final = ("reasoning_content", "reasoning", "thinking")


class BadExample(ValueError):
    """A line that can't be learnt from. `line` counts from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the reply that is learnt."""

    line: int
    messages: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...]
    reply: str
    """In Harmony: what follows `<|start|>assistant`."""


def read(content: bytes) -> list[Example]:
    """All examples of a file. Raises BadExample, with the first line that is wrong."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BadExample(content[: e.start].count(b"\n") + 1, "this is not UTF-8") from None
    found: list[Example] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            found += _examples(number, line)
            if len(found) > MAX_EXAMPLES:
                raise BadExample(number, f"more than {MAX_EXAMPLES:,} replies to learn; give fewer")
    if not found:
        raise BadExample(1, "there is no example in the file")
    return found


def _examples(number: int, line: str) -> Iterator[Example]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise BadExample(number, f"no JSON ({e})") from None
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        raise BadExample(number, 'expected an object {"messages": [...]} with at least one message')
    tools = row.get("tools") or []
    if not isinstance(tools, list) or not all(map(_is_tool, tools)):
        raise BadExample(number, "`tools` must be a list of functions, each with a name")
    for message in messages:
        _check(number, message)
    learnt = [
        at for at, message in enumerate(messages) if message["role"] == "assistant" and message.get("weight") != 0
    ]
    if not learnt:
        raise BadExample(number, "no message of the assistant, so there is nothing to learn")
    for at in learnt:
        yield Example(number, tuple(messages[:at]), tuple(tools), _reply(number, messages[at]))


def _is_tool(tool: Any) -> bool:
    function = tool.get("function") if isinstance(tool, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def _check(number: int, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise BadExample(number, f"a message needs a `role`, one of {', '.join(_ROLES)}")
    if message.get("weight", 1) not in (0, 1):
        raise BadExample(number, "`weight` must be 0 or 1")
    if any(token in json.dumps(message) for token in CONTROL_TOKENS):
        raise BadExample(number, "a message holds a control token of Harmony")
    if message.get("content") is None and message["role"] == "assistant" and message.get("tool_calls"):
        message["content"] = ""
    message["content"] = _text(number, message.get("content"))


def _text(number: int, content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        if len(parts) == len(content) and all(isinstance(part, str) for part in parts):
            return "".join(map(str, parts))
    raise BadExample(number, "`content` must be text, or parts of type text")


def _reply(number: int, message: Mapping[str, Any]) -> str:
    thinking = next((message[key] for key in _THINKING if isinstance(message.get(key), str)), "")
    calls = message.get("tool_calls") or []
    if not calls:
        return Dialog("", (), answer=message["content"], reasoning=thinking).completion
    call = _call(number, calls)
    return Dialog("", (), reasoning=thinking, preamble=message["content"], call=call).completion


def _call(number: int, calls: Sequence[Any]) -> Call:
    function = calls[0].get("function") if len(calls) == 1 and isinstance(calls[0], dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadExample(number, "a message can hold one tool call, with a function's name and arguments")
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except (TypeError, ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise BadExample(number, "the arguments of a tool call must be a JSON object, as text")
    return Call(function["name"], arguments)

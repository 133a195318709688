"""Examples that a model would be tuned on, as the tools of the field write them: one JSON object a line, or plain text.

| kind | keys |
|---|---|
| chat | `messages` (OpenAI, TRL), `conversations` (ShareGPT) |
| preference | `input`, `preferred_output`, `non_preferred_output` (OpenAI); `chosen`, `rejected`, `prompt` (TRL) |
| completion | `prompt`, `completion`; `instruction`, `input`, `output` (Alpaca) |
| reinforcement | `messages` that end with a question, or `prompt`, and whatever graders read besides |
| text | `text`, or a line of a plain text file |

What the model learns to say is one text: a JSON list of chat messages, whatever the form was. Everything else of a line
(rejected answers, tools, what graders read) is told besides, string by string: nothing of a line goes unread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from guardproxy.types import Direction, GuardproxyError, Json, Origin, Path, Role, Segment
from guardproxy.wire.json import MAX_DEPTH, too_deep
from guardproxy.wire.json import kind as kind_of

MAX_LINE: Final = 4 << 20
"""Bytes of a line; a longer one is not read."""
MAX_MESSAGES: Final = 5_000
ORIGIN: Final = Origin(Direction.REQUEST, Role.TRAINING_EXAMPLE)


class Kind(StrEnum):
    CHAT = "chat"
    PREFERENCE = "preference"
    COMPLETION = "completion"
    REINFORCEMENT = "reinforcement"
    TEXT = "text"


class Unreadable(GuardproxyError):
    """A line that is no example. The message holds nothing of the line but names of keys that are known."""


@dataclass(frozen=True, slots=True)
class Example:
    """One line."""

    kind: Kind
    segments: tuple[Segment, ...]
    """The first is what the model learns: a JSON list of messages."""
    tools: bool = False
    """It calls tools, or offers some."""
    reasoning: bool = False
    """It teaches what to think, not only what to say."""
    unread: int = 0
    """Parts that no filter can read, such as images."""


_SPEAKERS: Final = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_CONTENT: Final = (str, list, type(None))
_ENCODED: Final = json.JSONEncoder(ensure_ascii=False).encode
_HINTS: Final = ("reason", "think", "thought", "analysis")
"""One of these stands in every message that thinks; cheap to look for."""
_THOUGHTS: Final = ("reasoning", "reasoning_content", "thinking", "reasoning_details", "thoughts")
_MARKS: Final = ("<think", "<|channel|>analysis", "<|channel>thought", "<reasoning>", "◁think▷", "<|begin_of_thought|>")
_TEXT_KEYS: Final = frozenset({"content", "value", "text"})
_UNTOLD: Final = frozenset({"type", "role", "from"})
"""Keys whose values name a form where they are one of few words."""
_NAMES: Final = frozenset(
    {
        *(*_TEXT_KEYS, *_UNTOLD, "tools", "functions", "function", "name", "description", "parameters", "properties"),
        *("required", "items", "enum", "strict", "messages", "metadata", "weight", "id", "tool_calls", "function_call"),
        *("arguments", "tool_call_id", "source", "prompt", "completion", "answer"),
    }
)
"""Keys that every second file has."""


def example(line: bytes, *, plain: bool = False) -> Example:
    """The example of a line. `plain`: the file is plain text. Raises Unreadable."""
    if len(line) > MAX_LINE:
        raise Unreadable(f"the line is longer than {MAX_LINE >> 20} MiB; split the example")
    if plain:
        try:
            return _learnt(Kind.TEXT, [_answer(line.decode("utf-8"))], ())
        except UnicodeDecodeError:
            raise Unreadable("the line is not UTF-8 text") from None
    row = _parsed(line)
    if (quick := _quick(row, line)) is not None:
        return quick
    _check(row, line)
    if "messages" in row or "conversations" in row:
        return _chat(row)
    if "preferred_output" in row or "chosen" in row:
        return _preference(row)
    if "completion" in row or "instruction" in row:
        return _completion(row)
    if "prompt" in row:
        return _learnt(Kind.REINFORCEMENT, _said(row["prompt"], "prompt", "user"), _rest(row, "prompt"))
    if isinstance(row.get("text"), str):
        return _learnt(Kind.TEXT, [_answer(row["text"])], _rest(row, "text"))
    raise Unreadable(
        "no example: none of the keys `messages`, `conversations`, `preferred_output`, `chosen`, `completion`, `instruction`, "
        "`prompt` and `text` is there"
    )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as e:
        hint = "; write one example a line (JSON Lines), not a JSON list" if line.strip()[:1] == b"[" else ""
        raise Unreadable(f"the line is not valid JSON: {e.msg} (column {e.colno}){hint}") from None
    if not isinstance(row, dict):
        raise Unreadable(f"the line must be a JSON object, not {kind_of(row)}")
    return row


def _check(row: dict[str, Any], line: bytes) -> None:
    """Whether everybody reads this line as it was read here. Raises Unreadable."""
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH and too_deep(row):
        raise Unreadable("the line is nested too deeply")
    if _quotes(line) != _quotes(orjson.dumps(row)) and _repeats(line):
        raise Unreadable("a key stands twice in one object: which one a trainer would take can't be told")


def _quotes(text: bytes) -> int:
    """Quotation marks of a JSON document that are no part of a string: two for each string. A run of backslashes begins
    where an escape begins, so its pairs are escaped backslashes."""
    if b"\\" not in text:
        return text.count(b'"')
    if b"\\\\" in text:
        text = text.replace(b"\\\\", b"")
    return text.count(b'"') - text.count(b'\\"')


def _repeats(line: bytes) -> bool:
    twice = False

    def pairs(found: list[tuple[str, Any]]) -> None:
        nonlocal twice
        twice = twice or len({key for key, _ in found}) < len(found)

    json.loads(line, object_pairs_hook=pairs, parse_int=len, parse_float=len)
    return twice


# ---------------------------------------------------------------------------------------------------- forms


def _flat(role: str, content: str) -> str:
    """A message that is no more, as `_ENCODED` writes it. Strings of both libraries are the same; this one is faster."""
    return f'{{"role": "{role}", "content": {orjson.dumps(content).decode()}}}'


def _quick(row: dict[str, Any], line: bytes) -> Example | None:
    """A chat of messages that are a role and a text, as most lines are; None for everything else. The same as the long way:
    such a row has a fixed depth, and so many quotation marks, unless a key stands twice."""
    messages = row.get("messages")
    if len(row) != 1 or type(messages) is not list or not 0 < len(messages) <= MAX_MESSAGES:
        return None
    said: list[str] = []
    thinks = False
    for one in messages:
        if type(one) is not dict or len(one) != 2:
            return None
        role, content = one.get("role"), one.get("content")
        if type(role) is not str or type(content) is not str or role not in _ROLES or next(iter(one)) != "role":
            return None
        said.append(_flat(role, content))
        thinks = thinks or (role == "assistant" and ("<" in content or "◁" in content) and _thinking(content))
    if _quotes(line) != 2 + 8 * len(messages):
        return None
    text = f"[{', '.join(said)}]"
    kind = Kind.CHAT if messages[-1]["role"] == "assistant" else Kind.REINFORCEMENT
    return Example(kind, (Segment(ORIGIN, text, json=True),), reasoning=thinks)


def _chat(row: dict[str, Any]) -> Example:
    key = "messages" if "messages" in row else "conversations"
    messages = _messages(row[key], key)
    asked = messages[-1].get("role") != "assistant"
    return _learnt(Kind.REINFORCEMENT if asked else Kind.CHAT, messages, _rest(row, key), offers="tools" in row)


def _preference(row: dict[str, Any]) -> Example:
    good, bad = ("preferred_output", "non_preferred_output") if "preferred_output" in row else ("chosen", "rejected")
    if bad not in row:
        raise Unreadable(f"`{good}` needs `{bad}` beside it")
    asked: Json = row.get("input") if good == "preferred_output" else row.get("prompt")
    key = "input" if good == "preferred_output" else "prompt"
    rest: list[Segment] = []
    if isinstance(asked, dict):
        rest += _rest(asked, "messages", at=(key,))
        asked = asked.get("messages")
    before = [] if asked is None else _said(asked, key, "user")
    messages = [*before, *_said(row[good], good, "assistant")]
    refused = _said(row[bad], bad, "assistant")
    rest += [*_strings(refused, (bad,)), *_rest(row, key, good, bad)]
    offers = isinstance(row.get(key), dict) and "tools" in row[key]
    return _learnt(Kind.PREFERENCE, messages, rest, offers=offers, unread=_unread(refused))


def _completion(row: dict[str, Any]) -> Example:
    if "completion" in row:
        if "prompt" not in row:
            raise Unreadable("`completion` needs `prompt` beside it")
        messages = [*_said(row["prompt"], "prompt", "user"), *_said(row["completion"], "completion", "assistant")]
        return _learnt(Kind.COMPLETION, messages, _rest(row, "prompt", "completion"))
    if not isinstance(row.get("output"), str):
        raise Unreadable("`instruction` needs `output`, a string, beside it")
    asked = [row[key] for key in ("instruction", "input") if row.get(key)]
    if not all(isinstance(one, str) for one in asked):
        raise Unreadable("`instruction` and `input` must be strings")
    messages = [{"role": "user", "content": "\n\n".join(asked)}, _answer(row["output"])]
    return _learnt(Kind.COMPLETION, messages, _rest(row, "instruction", "input", "output"))


def _answer(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def _said(value: Json, key: str, role: str) -> list[dict[str, Any]]:
    """Messages: given as such, or as one text."""
    return [{"role": role, "content": value}] if isinstance(value, str) else _messages(value, key)


def _messages(value: Json, key: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_MESSAGES:
        raise Unreadable(f"`{key}` must be a list of 1 to {MAX_MESSAGES:,} messages")
    return [_message(one, f"{key}[{number}]") for number, one in enumerate(value)]


def _message(given: Json, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Unreadable(f"`{where}` must be an object, not {kind_of(given)}")
    one: dict[str, Any] = given
    if "from" in one and "role" not in one:
        role = one["from"]
        one = {"role": _SPEAKERS.get(role, role) if isinstance(role, str) else role, "content": one.get("value")} | {
            k: v for k, v in one.items() if k not in ("from", "value")
        }
    if not isinstance(one.get("role"), str) or one["role"] not in _ROLES:
        raise Unreadable(f"`{where}.role` must be one of {', '.join(sorted(_ROLES))}")
    if not isinstance(one.get("content"), _CONTENT):
        raise Unreadable(f"`{where}.content` must be a string or a list of parts")
    return one


# ---------------------------------------------------------------------------------------------------- texts


def _learnt(
    kind: Kind, messages: list[dict[str, Any]], rest: Iterable[Segment], *, offers: bool = False, unread: int = 0
) -> Example:
    text = f"[{', '.join(map(_written, messages))}]"
    calls, thinks = "_call" in text, any(hint in text for hint in _HINTS)
    answers = [one for one in messages if one["role"] == "assistant"] if calls or thinks else []
    return Example(
        kind,
        (Segment(ORIGIN, text, json=True), *rest),
        tools=offers or (calls and any(one.get("tool_calls") or one.get("function_call") for one in answers)),
        reasoning=thinks and any(map(_thinks, answers)),
        unread=unread + _unread(messages),
    )


def _written(message: dict[str, Any]) -> str:
    content = message.get("content")
    if len(message) == 2 and type(content) is str and next(iter(message)) == "role":
        return _flat(message["role"], content)
    return _ENCODED(message)


def _thinks(message: dict[str, Any]) -> bool:
    if any(message.get(key) for key in _THOUGHTS) or message.get("channel") == "analysis":
        return True
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    return any(_thinking(part) for part in parts)


def _thinking(part: Json) -> bool:
    if isinstance(part, dict):
        if part.get("type") in ("thinking", "reasoning", "reasoning_text"):
            return True
        part = part.get("text")
    return isinstance(part, str) and any(mark in part for mark in _MARKS)


def _unread(messages: list[dict[str, Any]]) -> int:
    """Parts of messages that hold something besides text."""
    lists = [one["content"] for one in messages if type(one.get("content")) is list]
    return sum(not isinstance(part, str) and not _is_text(part) for parts in lists for part in parts)


def _is_text(part: Json) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def _rest(row: dict[str, Any], *known: str, at: Path = ()) -> list[Segment]:
    """Everything of an object but these keys."""
    return [
        one for key, value in row.items() if key not in known for one in (*_name(key, at), *_strings(value, (*at, key)))
    ]


def _name(key: str, at: Path) -> Iterator[Segment]:
    if key not in _NAMES:  # a key may be a text, too
        yield Segment(Origin(ORIGIN.direction, ORIGIN.role, path=(*at, key[:40])), key)


def _strings(value: Json, at: Path) -> Iterator[Segment]:
    """Every string of a value, with the name that it has there: `api_key: …` says what the value is."""
    waiting: list[tuple[Json, Path]] = [(value, at)]
    while waiting:
        one, path = waiting.pop()
        if isinstance(one, dict):
            for key in one:
                yield from _name(key, path)
            waiting += [(inner, (*path, key)) for key, inner in reversed(one.items())]
        elif isinstance(one, list):
            waiting += [(inner, (*path, number)) for number, inner in reversed([*enumerate(one)])]
        elif one is not None and not isinstance(one, bool):
            yield from _string(one if isinstance(one, str) else json.dumps(one), path)


def _string(text: str, path: Path) -> Iterator[Segment]:
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    if name in _UNTOLD and len(text) <= 20 and text.isidentifier():
        return
    if name not in _TEXT_KEYS and name.isidentifier() and text[:1] not in "{[":
        text = f"{name}: {text}"
    yield Segment(Origin(ORIGIN.direction, ORIGIN.role, path=path), text, json=text[:1] in ("{", "["))

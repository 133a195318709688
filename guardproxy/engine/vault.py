"""Reversible masking: values that the model sees only as placeholders, and how replies get them back.

A vault belongs to one request. A chat client sends its whole conversation every time, so every value is masked anew, and
since an id is a keyed hash of the conversation and the value, each turn shows the model the same placeholder. Nothing is
stored between turns, and nothing is given back that this very conversation did not mask (soundness: an id that was never
issued here is only text).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from guardproxy.engine.strings import MAX_DEPTH, is_json, strings_of
from guardproxy.policy.globs import any_matches

ID = 8
"""Characters of an id, a multiple of 8: base32, 5 bits each. A guess must hit one of the few ids of one conversation."""
LITERAL = "placeholder"
"""Label of what only looks like a placeholder: it is masked like a value, so that the model can't take it for one."""
_NOISE = frozenset("\\ \t\n")
_MOST_NOISE = 8
"""White space and backslashes (of Markdown) that a model may have put into a placeholder."""
MAX_LITERALS = 1_000
"""Different look-alikes that one request may hold."""
_TURN = 1_000
"""Look-alikes after which other requests have their turn."""
_SHAPE = re.compile(
    rf"\[[ \\]{{0,2}}([a-z0-9][a-z0-9._\\-]{{0,99}})[ \\]{{0,2}}:[ \\]{{0,2}}[a-z2-7]{{{ID}}}[ \\]{{0,2}}\]", re.I
)


class TooMany(Exception):
    """A request holds more look-alikes of placeholders than are masked."""


@dataclass(slots=True)
class _Entry:
    """A value and the rules that masked it."""

    value: str
    rules: set[str] = field(default_factory=set)


class Vault:
    """The placeholders of one conversation. `conversation` is what is the same in all its turns.

    `restore_tools` has, for each rule, the tools (globs) whose arguments may hold the value itself; a value that several
    rules masked is given to tools that all of them list.
    """

    def __init__(self, key: bytes, conversation: str, restore_tools: Mapping[str, tuple[str, ...]]) -> None:
        said = conversation.encode("utf-8", "surrogatepass")
        self._key = hmac.new(key, b"conversation\0" + said, hashlib.sha256).digest()
        self._tools = restore_tools
        self._of_value: dict[str, str] = {}  # value → placeholder
        self._entries: dict[str, _Entry] = {}  # placeholder → value
        self._sorted: list[str] = []
        self._literals = 0
        self.restored = 0
        """Placeholders that were given back."""

    def __len__(self) -> int:
        return len(self._entries)

    # ------------------------------------------------------------------------------------------------ masking

    def issue(self, label: str, value: str, *rules: str) -> str:
        """The placeholder for a value that these rules mask: `[pii.email:q7kd2m4x]`. The same value always has the same."""
        made = self._of_value.get(value)
        if made is None:
            made = self._of_value[value] = self._new(label, value)
            self._entries[made] = _Entry(value)
        self._entries[made].rules.update(rules)
        return made

    def _new(self, label: str, value: str) -> str:
        for attempt in range(1 << 16):
            said = attempt.to_bytes(2, "big") + value.encode("utf-8", "surrogatepass")
            digest = hmac.new(self._key, said, hashlib.sha256).digest()
            made = f"[{label}:{base64.b32encode(digest[: ID * 5 // 8]).decode().lower()}]"
            if made not in self._entries:
                return made
        raise RuntimeError("no id is free")

    def held(self, value: str) -> str | None:
        """The placeholder of a value that this conversation masked."""
        return self._of_value.get(value)

    async def escaped(self, text: str, known: Callable[[str], bool]) -> str:
        """A masked text in which what looks like a placeholder with a known label, and is none, is masked.

        It comes back as it was: nothing is lost, and the model can't take it for a value that somebody hid. Raises
        TooMany. A text of millions of brackets must not keep other requests waiting.
        """
        if "[" not in text:
            return text
        out: list[str] = []
        at = 0
        for number, match in enumerate(_SHAPE.finditer(text), 1):
            if not number % _TURN:
                await asyncio.sleep(0)
            label = _canonical(match[1])
            if (label != LITERAL and not known(label)) or _canonical(match[0]) in self._entries:
                continue
            if match[0] not in self._of_value:
                self._literals += 1
                if self._literals > MAX_LITERALS:
                    raise TooMany
            out += (text[at : match.start()], self.issue(LITERAL, match[0]))
            at = match.end()
        return "".join((*out, text[at:]))

    # ------------------------------------------------------------------------------------------------ restoring

    def restorer(self, *, in_json: bool = False) -> Restorer:
        """For one field of a reply. `in_json`: the field is a JSON document, so values are escaped for its strings."""
        return Restorer(self, _json_escape if in_json else None)

    def value(self, placeholder: str, tool: str | None = None) -> str | None:
        """What stands behind a placeholder in canonical form, or None where it is none or must not go to this tool."""
        entry = self._entries.get(placeholder)
        if entry is None or (tool is not None and not self._goes_to(entry, tool)):
            return None
        self.restored += 1
        return entry.value

    def _goes_to(self, entry: _Entry, tool: str) -> bool:
        return all(any_matches(self._tools.get(rule, ()), tool) for rule in entry.rules)

    def begins(self, text: str) -> bool:
        """Whether some placeholder begins with this text (in canonical form)."""
        if len(self._sorted) != len(self._entries):
            self._sorted = sorted(self._entries)
        at = bisect_left(self._sorted, text)
        return at < len(self._sorted) and self._sorted[at].startswith(text)

    def arguments(self, text: str, tool: str, *, plain: bool = False) -> str:
        """A call's arguments with the values that this tool may have. JSON stays JSON, at every depth."""
        if "[" not in text:
            return text
        if plain or not is_json(text):
            return Restorer(self, None if plain else _json_escape, tool).feed(text, last=True)
        return self._in_json(text, tool, 0)

    def _in_json(self, text: str, tool: str, depth: int) -> str:
        out: list[str] = []
        at = 0
        for one in strings_of(text):
            if "[" not in one.value:
                continue
            if depth < MAX_DEPTH and one.value.lstrip()[:1] in ("{", "[", '"') and is_json(one.value):
                value = self._in_json(one.value, tool, depth + 1)
            else:
                value = Restorer(self, None, tool).feed(one.value, last=True)
            if value != one.value:
                out += (text[at : one.start], json.dumps(value, ensure_ascii=False))
                at = one.end
        return "".join((*out, text[at:]))

    def numbered(self, text: str) -> str:
        """The text with `[label:1]`, `[label:2]`… for the placeholders, in the order of their issue: for tests."""
        for number, made in enumerate(self._entries, 1):
            text = text.replace(made, f"{made[: -ID - 1]}{number}]")
        return text


def _canonical(text: str) -> str:
    return "".join(c for c in text.lower() if c not in _NOISE)


def _json_escape(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


class Restorer:
    """One field of a reply being given its values back. It comes last, behind the Gate: what it writes is not read again.

    A placeholder may come in any pieces, in any case, with white space or Markdown's backslashes in it. Only the beginning
    of one that was issued is kept back.
    """

    __slots__ = ("_escape", "_held", "_tool", "_vault")

    def __init__(self, vault: Vault, escape: Callable[[str], str] | None, tool: str | None = None) -> None:
        self._vault, self._escape, self._tool = vault, escape, tool
        self._held = ""

    def feed(self, text: str, *, last: bool = False) -> str:
        """Released text as the client gets it."""
        if self._held:
            text, self._held = self._held + text, ""
        if "[" not in text and not (text.endswith("\\") and not last):
            return text
        out: list[str] = []
        at = 0
        while (start := text.find("[", at)) >= 0:
            end, value = self._match(text, start)
            if end < 0 and not last:  # it goes on behind the text's end
                begin = self._begin(text, start, at)
                self._held = text[begin:]
                return "".join((*out, text[at:begin]))
            if value is None:
                out.append(text[at : start + 1])
                at = start + 1
                continue
            out += (text[at : self._begin(text, start, at)], self._escape(value) if self._escape else value)
            at = end
        if not last and text.endswith("\\", at):
            self._held, text = "\\", text[:-1]
        return "".join((*out, text[at:]))

    def _begin(self, text: str, start: int, at: int) -> int:
        """Where the placeholder at `start` really begins: a backslash of Markdown before it goes with it."""
        return start - 1 if not self._escape and start > at and text[start - 1] == "\\" else start

    def _match(self, text: str, start: int) -> tuple[int, str | None]:
        """(end, value) of the placeholder at `start`; (-1, None) where more text could make it one."""
        said, noise = "", 0
        for at in range(start, len(text)):
            char = text[at]
            if char in _NOISE:
                noise += 1
                if noise > _MOST_NOISE:
                    return at, None
                continue
            said += char.lower()
            if not char.isascii() or not self._vault.begins(said):
                return at, None
            if char == "]":
                return at + 1, self._vault.value(said, self._tool)
        return -1, None

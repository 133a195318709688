"""Harmony as text, cut into messages: channels, recipients and contents, however its pieces arrive. Pure; never raises.

`Splitter` reads the full form, where the format's tokens stand in the text (`<|channel|>analysis<|message|>…`).
`Degraded` reads what servers leave that skip those tokens (`analysis…assistantfinal…`). That form can't be told from
an answer that says these words, so it is for guarding only. Both give every character that they take, once and in order.

The format: openai-cookbook, `articles/openai-harmony.md`. Tokens: the o200k_harmony vocabulary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

MAX_HEADER: Final = 512
"""Characters of a header without its white space, tokens included. What is longer without `<|message|>` is no header."""
MAX_PADDED: Final = 65_536
"""The same with white space, which other parsers skip however much there is."""
CHANNELS: Final = ("analysis", "commentary", "final")
_ROLES: Final = frozenset(("system", "developer", "user", "assistant", "tool", "all"))

_NAMES: Final = (
    "start", "end", "message", "channel", "constrain", "return", "call", "startoftext", "endoftext", "endofprompt",
)  # fmt: skip
_OPENS: Final = frozenset(("<|start|>", "<|channel|>"))
_ENDS: Final = frozenset(("<|end|>", "<|return|>", "<|call|>", "<|endoftext|>"))
_IN_HEADER: Final = frozenset(("<|channel|>", "<|message|>", "<|constrain|>"))
LONGEST: Final = len("<|reserved_200013|>")
"""Characters of the longest token."""


def _begun(word: str) -> str:
    """A pattern for every beginning of a word, the whole word and nothing included."""
    return "".join(f"(?:{re.escape(c)}" for c in word) + ")?" * len(word)


def _any_begun(*words: str) -> str:
    return "(?:" + "|".join(map(_begun, words)) + ")"


TOKEN: Final = re.compile(r"<\|(?:" + "|".join(_NAMES) + r"|reserved_\d{1,6})\|>")
_TOKENS: Final = re.compile(f"({TOKEN.pattern})")
_TOKEN_BEGUN: Final = re.compile(
    rf"<(?:\|(?:{_any_begun(*(n + '|>' for n in _NAMES), 'reserved_')}|reserved_\d{{1,6}}\|?))?"
)
_WHO: Final = r"(?:assistant)?"
_CHANNEL: Final = r"(?:analysis|commentary|final)?"
_TO: Final = r"\s?to=[^\s<]{0,128}"
# A header whose first token is in the prompt already: `assistant to=functions.x`, `analysis`, ` to=functions.x`.
_LEAD_BEGUN: Final = re.compile(
    rf"\s{{0,2}}(?:{_begun('assistant')}|{_WHO}{_any_begun(*CHANNELS)}"
    rf"|{_WHO}{_CHANNEL}(?:\s?{_begun('to=')}|{_TO}\s?(?:{_any_begun(*CHANNELS)})?\s?{_begun('json')}\s?))"
)
_WELL_FORMED: Final = re.compile(
    r"(?:<\|start\|>)?(?:[\w.-]{1,96})?(?:\s?to=[^\s<]{1,128})?"
    r"(?:<\|channel\|>\s?(?:analysis|commentary|final)?(?:\s?to=[^\s<]{1,128})?)?\s?(?:(?:<\|constrain\|>)?\w{0,16})?"
)
_RECIPIENT: Final = re.compile(r"(?:^|\s)to=(\S+)")
_KNOWN: Final = re.compile("|".join(CHANNELS))
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Message:
    """What a header says about the text behind it."""

    number: int
    """From 1; 0 is text before any header."""
    author: str = ""
    """A role, or the name of a tool; empty where the prompt had it."""
    channel: str = ""
    """One of `CHANNELS` where the header names one in whatever spelling, else its own word; empty without one."""
    recipient: str = ""
    """As written: `functions.get_weather`, `python`."""
    content_type: str = ""

    @property
    def tool(self) -> str:
        """The tool that this message calls, without its namespace for functions; empty where it calls none."""
        calls = self.author in ("", "assistant") and self.recipient not in _ROLES
        return self.recipient.removeprefix("functions.") if calls else ""


Kind = Literal["content", "header", "end", "token"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of the text, and what they are. `token`: one of the format's tokens where it means nothing."""

    message: Message
    text: str
    kind: Kind = "content"


class Splitter:
    """Reads the full form. Holds the beginning of a token or of a header, and nothing else."""

    __slots__ = ("_ended", "_header", "_held", "_lead", "_message", "_out", "_padded", "_size", "_state")

    def __init__(self, *, inside: bool = False) -> None:
        """`inside`: the text begins in a content, never in a header whose first token is elsewhere."""
        self._message = Message(0)
        self._state: Literal["lead", "content", "header"] = "content" if inside else "lead"
        self._held = ""  # may become a token
        self._lead = ""  # may become a header without a token before it
        self._header: list[str] = []  # tokens and the texts between them
        self._size = self._padded = 0
        self._ended = False
        self._out: list[Piece] = []

    @property
    def plain(self) -> bool:
        """No header was seen and nothing is held: text without a token passes as it is."""
        return self._state == "content" and not self._held and not self._message.number and not self._ended

    def feed(self, text: str) -> list[Piece]:
        """Read more; give what is known now."""
        text = self._held + text
        at = 0
        for token in TOKEN.finditer(text):
            if token.start() > at:
                self._text(text[at : token.start()])
            self._token(token[0])
            at = token.end()
        end = max(at, _begins(text))
        self._held = text[end:]
        if end > at:
            self._text(text[at:end])
        return self._given()

    def close(self) -> list[Piece]:
        """The end of the text: what was held is text, unless it is a header that was cut off."""
        held, self._held = self._held, ""
        if held:
            self._text(held)
        self._no_lead()
        self._no_header()
        return self._given()

    def _given(self) -> list[Piece]:
        out, self._out = self._out, []
        return out

    # ------------------------------------------------------------------------------------------------ states

    def _text(self, text: str) -> None:
        if self._state == "lead":
            self._lead += text
            if not _LEAD_BEGUN.fullmatch(self._lead):
                self._no_lead()
        elif self._state == "header":
            self._more_header(text)
        else:
            self._content(text)

    def _token(self, mark: str) -> None:
        if self._state == "lead" and mark in _IN_HEADER:
            lead, self._lead, self._state = self._lead, "", "header"
            if lead:
                self._more_header(lead)
        self._no_lead()
        if self._state == "header" and mark == "<|message|>":
            self._complete(mark)
        elif self._state == "header" and mark not in _ENDS and mark != "<|start|>":
            self._more_header(mark)
        else:
            self._no_header()
            self._outside(mark)

    def _outside(self, mark: str) -> None:
        """A mark in a content, or behind one."""
        if mark in _OPENS:
            self._state = "header"
            self._more_header(mark)
        elif mark in _ENDS:
            self._out.append(Piece(self._message, mark, "end"))
            self._ended, self._state = True, "lead"
        else:
            self._out.append(Piece(self._message, mark, "token"))

    def _content(self, text: str) -> None:
        if self._ended:  # behind the end of a message without a header of its own
            self._begin(Message(self._message.number + 1))
        self._out.append(Piece(self._message, text))

    def _begin(self, message: Message) -> None:
        self._message, self._ended, self._state = message, False, "content"

    def _no_lead(self) -> None:
        """What looked like the rest of a header is text."""
        if self._state == "lead":
            lead, self._lead, self._state = self._lead, "", "content"
            if lead:
                self._content(lead)

    # ------------------------------------------------------------------------------------------------ headers

    def _more_header(self, text: str) -> None:
        self._header.append(text)
        self._size += len(_SPACE.sub("", text))
        self._padded += len(text)
        if self._size > MAX_HEADER or self._padded > MAX_PADDED:
            self._no_header()

    def _complete(self, token: str) -> None:
        parts = self._take_header()
        self._begin(_parsed(parts, self._message.number + 1))
        self._out.append(Piece(self._message, "".join((*parts, token)), "header"))

    def _take_header(self) -> list[str]:
        """The header's tokens and the texts between them, in whatever pieces they came."""
        text, self._header, self._size, self._padded = "".join(self._header), [], 0, 0
        return [part for part in _TOKENS.split(text) if part]

    def _no_header(self) -> None:
        """No `<|message|>` came. A header that is fine so far was cut off; any other is text with tokens in it."""
        if self._state != "header":
            return
        whole = self._size <= MAX_HEADER and self._padded <= MAX_PADDED
        parts = self._take_header()
        text = "".join(parts)
        message = _parsed_text(text[:MAX_HEADER], self._message.number + 1)
        self._begin(message)
        if whole and _WELL_FORMED.fullmatch(text):
            self._out.append(Piece(message, text, "header"))
            return
        for part in parts:
            self._out.append(Piece(message, part, "token" if TOKEN.fullmatch(part) else "content"))


def _begins(text: str) -> int:
    """Where the beginning of a token stands at the end of a text, else its length."""
    at = text.rfind("<", max(0, len(text) - LONGEST))
    return at if at >= 0 and _TOKEN_BEGUN.fullmatch(text, at) else len(text)


def _parsed(parts: list[str], number: int) -> Message:
    """A header's tokens and texts, read as tolerantly as can be."""
    author = channel = content_type = ""
    where, bare = "author", not (parts and parts[0] in _OPENS)
    found: dict[str, str] = {}
    for part in parts:
        if part == "<|channel|>":
            where = "channel"
        elif part == "<|constrain|>":
            where = "type"
        elif not TOKEN.fullmatch(part):
            if where == "channel" and (found.get("channel") and not _KNOWN.search(part)):
                where = "type"
            found[where] = (found.get(where, "") + " " + part) if where == "author" else part
    said, place = found.get("author", ""), found.get("channel", "")
    to = _RECIPIENT.search(place) or _RECIPIENT.search(said)
    recipient = to[1] if to else ""
    words = _words(said)
    if bare and words and not place and _KNOWN.fullmatch(words[0].removeprefix("assistant")):
        place, words = words[0].removeprefix("assistant"), []  # its `<|channel|>` is in the prompt
    author = words[0] if words else ""
    words = _words(place)
    if words:
        known = _KNOWN.search(words[0])
        channel = known[0] if known else words[0]
    typed = _words(found.get("type", "")) or words[1:]
    content_type = typed[0] if typed else ""
    return Message(number, author, channel, recipient, content_type)


def _words(text: str) -> list[str]:
    return [word for word in text.split() if not word.startswith("to=")]


def _parsed_text(text: str, number: int) -> Message:
    """What is left of a header that never was complete: its channel, so that thoughts stay thoughts. It calls nothing."""
    behind = text.rpartition("<|channel|>")[2] if "<|channel|>" in text else ""
    known = _KNOWN.match(behind.lstrip())
    return Message(number, channel=known[0] if known else "")


# ---------------------------------------------------------------------------------------------------- degraded

DEGRADED: Final = re.compile(
    r"\s{0,2}(?:(?:assistant)?(?:analysis|commentary)|assistantfinal|(?:assistant)?\s?to=functions\.)"
)
"""How a text begins that may be Harmony without its tokens."""
_TURN: Final = re.compile(r"assistant(?:(analysis|commentary|final)|(?=\s?to=))")
_TURN_BEGUN: Final = re.compile(
    rf"{_any_begun(*('assistant' + c for c in CHANNELS), 'assistant to=', 'assistantto=')}\Z"
)
_FIRST: Final = re.compile(r"\s{0,2}(?:assistant)?(analysis|commentary|final)?")
_FIRST_BEGUN: Final = re.compile(
    rf"\s{{0,2}}{_any_begun('assistant', *CHANNELS, *('assistant' + c for c in CHANNELS))}"
)
_CALL: Final = re.compile(
    r"\s?to=(?P<name>(?:functions\.)?[\w.-]{1,64}?)(?:analysis|commentary|final)?\s?(?:json|code)?\s?(?=[{\[])"
    r"|\s?to=(?P<python>python)(?:analysis|commentary)?(?:\s?code)?"
)
_CALL_BEGUN: Final = re.compile(r"\s?(?:t(?:o(?:=[\w.-]{0,96}(?:\s?\w{0,4}\s?)?)?)?)?")
_JSON: Final = re.compile(r'[{}\[\]"\\]')


class Degraded:
    """Reads Harmony without its tokens, from the beginning of a text. Guesses; every guess only adds scrutiny."""

    __slots__ = ("_depth", "_escaped", "_held", "_message", "_out", "_quoted", "_state")

    def __init__(self) -> None:
        self._message = Message(0)
        self._state: Literal["first", "recipient", "text", "json"] = "first"
        self._held = ""
        self._depth, self._quoted, self._escaped = 0, False, False
        self._out: list[Piece] = []

    def feed(self, text: str) -> list[Piece]:
        """Read more; give what is known now."""
        return self._read(text, last=False)

    def close(self) -> list[Piece]:
        """The end of the text."""
        return self._read("", last=True)

    def _read(self, text: str, *, last: bool) -> list[Piece]:
        text, self._held = self._held + text, ""
        while text:
            state = self._state
            step = {"first": self._first, "recipient": self._recipient, "text": self._text, "json": self._json}[state]
            rest = step(text, last)
            if rest is None:  # it depends on what follows
                break
            text = rest
        out, self._out = self._out, []
        return out

    def _give(self, text: str, kind: Kind = "content") -> None:
        if text:
            self._out.append(Piece(self._message, text, kind))

    def _first(self, text: str, last: bool) -> str | None:
        if not last and _FIRST_BEGUN.fullmatch(text):
            self._held = text
            return None
        match = _FIRST.match(text)
        return self._turn(text[: match.end()], match[1] or "", text[match.end() :]) if match else text

    def _turn(self, header: str, channel: str, rest: str) -> str:
        self._message = Message(self._message.number + 1, "assistant", channel)
        self._give(header, "header")
        self._state = "recipient"
        return rest

    def _recipient(self, text: str, last: bool) -> str | None:
        if not last and _CALL_BEGUN.fullmatch(text):
            self._held = text
            return None
        self._state = "text"
        match = _CALL.match(text)
        if match is None:
            return text
        old = self._message
        self._message = Message(old.number, old.author, old.channel, match["name"] or match["python"], "json")
        self._give(match[0], "header")
        if match["name"]:
            self._state, self._depth, self._quoted, self._escaped = "json", 0, False, False
        return text[match.end() :]

    def _text(self, text: str, last: bool) -> str | None:
        match = _TURN.search(text)
        if match:
            self._give(text[: match.start()])
            return self._turn(match[0], match[1] or "", text[match.end() :])
        end = len(text) if last else _turn_begins(text)
        self._give(text[:end])
        self._held = text[end:]
        return None

    def _json(self, text: str, last: bool) -> str | None:
        """Up to the bracket that closes the arguments, wherever it is; what never closes is all arguments."""
        at = 0
        if self._escaped:
            at, self._escaped = 1, False
        while (match := _JSON.search(text, at)) is not None:
            char, at = match[0], match.end()
            if self._quoted:
                if char == "\\":
                    at += 1
                    self._escaped = at > len(text)
                elif char == '"':
                    self._quoted = False
            elif char == '"':
                self._quoted = True
            elif char in "{[":
                self._depth += 1
            elif char in "}]":
                self._depth -= 1
                if self._depth <= 0:
                    self._give(text[:at])
                    old = self._message
                    self._message, self._state = Message(old.number + 1, old.author, old.channel), "text"
                    return text[at:]
        self._give(text)
        return None


def _turn_begins(text: str) -> int:
    """Where the beginning of a turn's header stands at the end of a text, else its length."""
    at = text.find("a", max(0, len(text) - len("assistantcommentary")))
    while at >= 0:
        if _TURN_BEGUN.match(text, at):
            return at
        at = text.find("a", at + 1)
    return len(text)

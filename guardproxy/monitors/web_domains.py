"""Looks at the addresses that web tools are to open: no private network, and only domains that may be opened.

Labels: `call.domain` (a domain that may not be opened), `call.private_address` (a host of one's own network, in whatever
notation), `call.url` (no URL, another scheme than http and https, a user name in it, a spelling that parsers read
differently), `call.unparsable` (arguments that are no JSON; the addresses in them are judged all the same).
Misses: where a name resolves to, and where a server redirects to. Only the tool itself can check those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from guardproxy.monitors._hosts import BadUrl, Host, Reading, below, clean, parse_host, read_url
from guardproxy.text.calls import strings, unescaped
from guardproxy.text.globs import any_matches
from guardproxy.types import ConfigError, Finding, Json, MonitorConfig, ToolCall, Turn

LABELS = ("call.domain", "call.private_address", "call.url", "call.unparsable")

ADDRESSES: Final = (
    "url", "urls", "uri", "uris", "link", "links", "href", "domain", "domains", "hostname", "website", "endpoint",
)  # fmt: skip
"""Arguments that are addresses by their name, where the policy names none."""
MAX_URLS: Final = 1_000
"""Addresses of one call; a call with more is `call.url`."""
_SCHEMES: Final = (
    "https?|ftps?|sftp|file|data|javascript|vbscript|blob|filesystem|view-source|about|chrome|gopher|dict|ldaps?|tftp|"
    "wss?|ssh|smb|nfs|jar|netdoc|telnet|imaps?|smtps?|pop3s?|rtsps?|magnet|ipfs|ipns|php|phar|expect|unix|cid|mhtml"
)
_LOOSE: Final = re.compile(
    rf"(?i)(?<![a-z0-9+.\-])(?:(?:{_SCHEMES}):|[a-z][a-z0-9+.\-]{{0,30}}:(?=[/\\]{{2}}))[^\s<>\"]+"
)
"""An address inside of a text, by its scheme."""
_RELATIVE: Final = re.compile(r"(?<![:/\\\w.])[/\\]{2,}[^\s/\\<>\"][^\s<>\"]*")
"""One without a scheme: `//host/path`."""
_BARE: Final = re.compile(
    r"(?i)[^\s/\\?#@:.]+(?:\.[^\s/\\?#@:.]+)+\.?(?::\d*)?(?:[/\\?#]\S*)?|localhost\.?(?::\d*)?(?:[/\\?#]\S*)?|\[[0-9a-f:.]+\](?::\d*)?(?:[/\\?#]\S*)?"
)
"""A whole text that is a host, with or without port and path."""
_TAIL: Final = ".,;:!?'\")]}»"

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Config(MonitorConfig):
    """Which tools open addresses, and which they may open."""

    tools: tuple[Name, ...] = Field(min_length=1)
    """Tools (globs) that open addresses."""
    arguments: tuple[Name, ...] = ()
    """Names of the arguments that are addresses, at any depth. Left out: addresses are looked for in every text."""
    allow: tuple[Name, ...] | None = None
    """Domains that may be opened, each with everything below it, and addresses. Left out: all but those of `deny`."""
    deny: tuple[Name, ...] = ()
    """Domains that may not be opened, whatever `allow` says, each with everything below it."""
    allow_private: bool = False
    """Private networks, loopback, link-local addresses and names of one's own network are open too. A single one is
    better listed in `allow`."""


class Monitor:
    """Looks at one call at a time."""

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.config = name, config
        self._allow = None if config.allow is None else _hosts(config.allow, "allow")
        self._deny = _hosts(config.deny, "deny")
        self.labels = tuple(label for label in LABELS if self._can_say(label))

    def _can_say(self, label: str) -> bool:
        if label == "call.domain":
            return self._allow is not None or bool(self._deny)
        return label != "call.private_address" or not self.config.allow_private

    def watch(self, call: ToolCall, turn: Turn) -> tuple[Finding, ...]:
        if not any_matches(self.config.tools, call.name):
            return ()
        return tuple(Finding(self.name, label, 1.0) for label in sorted(set(self._labels(call))))

    def _labels(self, call: ToolCall) -> Iterator[str]:
        if not call.plain and not call.parsed:
            yield "call.unparsable"
        for number, reading in enumerate(self._readings(call)):
            if number >= MAX_URLS:
                yield "call.url"
                return
            if reading.odd:
                yield "call.url"
            for host in reading.hosts:
                yield from self._judged(host)

    def _judged(self, host: Host) -> Iterator[str]:
        listed = self._allow is not None and _covers(self._allow, host)
        if _covers(self._deny, host) or (self._allow is not None and not listed):
            yield "call.domain"
        if host.private and not listed and not self.config.allow_private:
            yield "call.private_address"

    def _readings(self, call: ToolCall) -> Iterator[Reading]:
        if call.plain or not call.parsed:
            yield from _found(call.arguments)
            yield from _found(unescaped(call.arguments))
        elif self.config.arguments:
            for text in _named(call.value, self.config.arguments):
                yield read_url(text)
        else:
            for text in _named(call.value, ADDRESSES):
                yield read_url(text)
            for text in strings(call.value):
                yield from _found(text)

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


def _hosts(names: tuple[str, ...], option: str) -> frozenset[str]:
    """Hosts in their one spelling. Raises ConfigError for what is no host."""
    out = set()
    for i, name in enumerate(names):
        try:
            out.add(parse_host(name.removeprefix("*.")).name)
        except BadUrl:
            hint = "write a domain like example.com (all below it is meant too) or an address, without scheme and path"
            raise ConfigError(f"{name!r} is no host; {hint}", path=(option, i)) from None
    return frozenset(out)


def _covers(listed: frozenset[str], host: Host) -> bool:
    if host.address is not None:
        return host.name in listed
    return any(below(host.name, name) for name in listed)


def _named(value: Json, names: tuple[str, ...]) -> Iterator[str]:
    """Texts of the arguments with these names, wherever they stand, lists of them too."""
    stack: list[tuple[Json, bool]] = [(value, False)]
    while stack:
        one, wanted = stack.pop()
        if isinstance(one, str):
            if wanted:
                yield one
        elif isinstance(one, int | float) and not isinstance(one, bool):
            if wanted:
                yield str(one)  # `2130706433` is an address of this machine
        elif isinstance(one, dict):
            stack += [(inner, wanted or key in names or key.lower() in names) for key, inner in one.items()]
        elif isinstance(one, list):
            stack += [(inner, wanted) for inner in one]


def _found(text: str) -> Iterator[Reading]:
    """Every address in a text: the text itself where it is one, else those that show by their form."""
    whole = clean(text)
    if not whole:
        return
    if _BARE.fullmatch(whole) or (_LOOSE.match(whole) and " " not in whole) or _RELATIVE.match(whole):
        yield read_url(whole)
        if not any(c.isspace() for c in whole):
            return
    said = text if whole == text.strip() else f"{text} {whole}"  # browsers leave line ends inside of addresses out
    for pattern in (_LOOSE, _RELATIVE):
        for match in pattern.finditer(said):
            yield read_url(match[0].rstrip(_TAIL))

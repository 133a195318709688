"""Hosts and URLs as a browser reads them, and as stricter libraries do: where the readings differ, both count.

Follows the WHATWG URL Standard (https://url.spec.whatwg.org/, host parsing and special schemes) and RFC 3986. Resolves no
name: a public name may lead to a private address, and only who opens it can tell.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

import idna

MAX_HOST: Final = 253
_FORBIDDEN: Final = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f\"`{}]")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_DOTS: Final = str.maketrans("。．｡", "...")
_PRIVATE_NAMES: Final = (
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "test",
    "invalid", "example", "onion", "svc", "consul", "localtest.me", "lvh.me", "nip.io", "sslip.io", "xip.io", "vcap.me",
    "lacolhost.com", "readme.localtest.me", "in-addr.arpa", "ip6.arpa",
)  # fmt: skip
"""Names that lead, with everything below them, into one's own network, or to whatever address the name spells."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadUrl(ValueError):
    """No URL, or one that two parsers may read differently."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host in its one spelling: lower case, ASCII, no last dot; an address as its own."""

    name: str
    address: Address | None = None

    @property
    def private(self) -> bool:
        """It leads (or may lead) into a network of one's own: not what the public Internet has under this name."""
        if self.address is not None:
            return any(map(_inside, _meant(self.address)))
        return "." not in self.name or any(below(self.name, name) for name in _PRIVATE_NAMES)


def below(name: str, domain: str) -> bool:
    """Whether a name is a domain or stands below it: by whole labels."""
    return name == domain or name.endswith("." + domain)


def _inside(address: Address) -> bool:
    return not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified


def _meant(address: Address) -> list[Address]:
    """The address, and those of IPv4 that it carries: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or 0xFFFF < int(address) < 1 << 32:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    carried: list[Address] = [one for one in inside if one is not None]
    mapped = address.ipv4_mapped is not None or address in _NAT64
    return carried if mapped else [address, *carried]


def parse_host(text: str) -> Host:
    """A host as it stands in a URL. Raises BadUrl."""
    if text.startswith("["):
        return _ipv6(text)
    try:
        name = unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:  # escapes that are no text, halves of surrogate pairs
        raise BadUrl("a host that is no text") from None
    name = _ascii(name.translate(_DOTS))
    if name.endswith("."):
        name = name[:-1]
    if not name or len(name) > MAX_HOST or _FORBIDDEN.search(name) or ".." in name or name.startswith("."):
        raise BadUrl("no host")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        address = _ipv4(name)
        return Host(str(address), address)
    if any(len(label) > 63 for label in name.split(".")):
        raise BadUrl("a label that is too long")
    return Host(name)


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, ValueError):
        raise BadUrl("a name that can't stand in a URL") from None


def _ipv6(text: str) -> Host:
    if not text.endswith("]"):
        raise BadUrl("an address without its bracket")
    try:
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        raise BadUrl("no address") from None
    if address.scope_id is not None:
        raise BadUrl("an address with a zone")
    return Host(str(address), address)


def _ipv4(name: str) -> ipaddress.IPv4Address:
    """An address of one to four numbers, each decimal, octal or hexadecimal; the last one fills the rest."""
    parts = name.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)) or any(len(p) > 16 for p in parts):
        raise BadUrl("a number that is no address")
    try:
        numbers = [_number(p) for p in parts]
    except ValueError:
        raise BadUrl("a number that is no address") from None
    *first, last = numbers
    if any(n > 255 for n in first) or last >= 256 ** (5 - len(numbers)):
        raise BadUrl("a number that is no address")
    return ipaddress.IPv4Address(sum(n << 8 * (3 - i) for i, n in enumerate(first)) + last)


def _number(text: str) -> int:
    if text[:2].lower() == "0x":
        return int(text[2:] or "0", 16)
    return int(text, 8) if len(text) > 1 and text.startswith("0") else int(text)


# ---------------------------------------------------------------------------------------------------- URLs

_INVISIBLE: Final = str.maketrans("", "", "\t\n\r")
_ENDS: Final = "".join(map(chr, range(33)))
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_WEB: Final = ("http", "https")
_AUTHORITY: Final = re.compile(r"[^/\\?#]*")
_STRICT: Final = re.compile(r"[^/?#]*")
_PORT: Final = re.compile(r"[0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a URL may mean."""

    hosts: tuple[Host, ...] = ()
    """Every host that some parser would go to."""
    odd: bool = False
    """Another scheme, a user name, or a spelling that parsers read differently."""


def clean(text: str) -> str:
    """A URL as browsers take it: without control characters and spaces at its ends, and without tabs and line breaks."""
    return text.strip(_ENDS).translate(_INVISIBLE)


def read_url(text: str) -> Reading:
    """A whole URL, with or without its scheme (`//host/x`, `host/x`)."""
    url = clean(text)
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() in _WEB:
        rest = url[scheme.end() :]
        slashes = len(rest) - len(rest.lstrip("/\\"))
        return _read(rest, rest[slashes:], odd=rest[:2] != "//" or slashes != 2)
    if scheme and not _is_port(url[scheme.end() :]):
        return Reading(odd=True)
    rest = url.lstrip("/\\")
    return _read(url if url.startswith("//") else "//" + rest, rest, odd=url[: len(url) - len(rest)] not in ("", "//"))


def _is_port(rest: str) -> bool:
    digits = re.match(r"[0-9]*", rest)
    return digits is not None and (digits.end() == len(rest) or rest[digits.end()] in "/\\?#") and digits.end() > 0


def _read(strict: str, loose: str, *, odd: bool) -> Reading:
    """`strict`: what follows the scheme, as RFC 3986 reads it; `loose`: what follows the slashes, as browsers do."""
    first = _AUTHORITY.match(loose)
    authorities = [first[0] if first else ""]
    if strict.startswith("//") and (second := _STRICT.match(strict, 2)) is not None:
        authorities.append(second[0])
    hosts: dict[Host, None] = {}
    for authority in dict.fromkeys(authorities):
        users, at, place = authority.rpartition("@")
        odd = odd or bool(at) or "\\" in authority
        if not place and not users:
            odd = True
            continue
        for one in {place, users.partition("@")[0]} if "\\" in authority else {place}:
            try:
                hosts[_host_of(one)] = None
            except BadUrl:
                odd = True
    return Reading(tuple(hosts), odd)


def _host_of(place: str) -> Host:
    host, port = place, ""
    if not place.startswith("["):
        host, _, port = place.partition(":")
    elif (end := place.find("]")) >= 0:
        host, rest = place[: end + 1], place[end + 1 :]
        if rest[:1] not in ("", ":"):
            raise BadUrl("something behind an address")
        port = rest[1:]
    if not _PORT.fullmatch(port) or int(port or 0) > 65_535:
        raise BadUrl("no port")
    return parse_host(host)

"""Second looks at a match: entropy, checksums, and whether a value could be a password at all. Cheap and pure.

Each takes the value and gives its score, or None where it is no such thing. They are asked inside the search, so none
may take time that grows faster than the value's length.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def stream(name: str, members: str, count: int, seed: str) -> str:
    """`count` characters that look random and are the same in every run; for examples, never for keys."""
    out: list[str] = []
    block = 0
    while len(out) < count:
        out += [members[b % len(members)] for b in hashlib.sha256(f"{seed}:{name}:{block}".encode()).digest()]
        block += 1
    return "".join(out[:count])


def entropy(value: str) -> float:
    """Shannon entropy in bits per character of the value's own letter frequencies."""
    size = len(value)
    return math.log2(size) - sum(n * math.log2(n) for n in Counter(value).values()) / size if size else 0.0


def scored(floor: float, then: Callable[[str], float | None] | None, score: float, value: str) -> float | None:
    """The score of a value whose entropy reaches the floor, unless a further judge refuses it."""
    if entropy(value) < floor:
        return None
    if then is None:
        return score
    said = then(value)
    return None if said is None else min(said, score)


def mixed(value: str) -> float | None:
    """Letters and digits both: words alone are names of things, digits alone are numbers."""
    return 1.0 if any(c.isdigit() for c in value) and any(c.isalpha() for c in value) else None


def two_digits(value: str) -> float | None:
    """At least two digits: tells `s.4dv…` from a property with a long name."""
    return 1.0 if sum(c.isdigit() for c in value) > 1 else None


def crc32_suffix(value: str) -> float | None:
    """GitHub's and npm's format: after the prefix 30 characters, then their CRC-32 in base 62, six digits wide.

    A wrong checksum lowers the score and no more: the shape alone is hardly ever an accident.
    """
    body = value.partition("_")[2]
    number, digits = zlib.crc32(body[:30].encode("utf-8", "replace")), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return 1.0 if digits == body[30:] else 0.8


def with_crc32(prefix: str, body: str) -> str:
    """A token of that format with a true checksum; `body` is its 30 characters."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return f"{prefix}{body}{digits}"


def _number(value: str, alphabet: str) -> int:
    number = 0
    for char in value:
        number = number * len(alphabet) + alphabet.index(char)
    return number


def base58check(value: str) -> float | None:
    """Bitcoin's encoding: the last four bytes are the double SHA-256 of the others."""
    number = _number(value, _BASE58)
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    digest = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()
    return 1.0 if digest[:4] == raw[-4:] else None


def with_base58check(payload: bytes) -> str:
    """The text of a payload with its checksum."""
    raw = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, out = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = _BASE58[rest] + out
    return out


def stellar(value: str) -> float | None:
    """Stellar's seeds: base 32 of a version byte, 32 bytes and their CRC-16/XMODEM, low byte first."""
    raw = base64.b32decode(value)
    return 1.0 if binascii.crc_hqx(raw[:-2], 0).to_bytes(2, "little") == raw[-2:] else None


def with_stellar(payload: bytes) -> str:
    """The text of a seed of 32 bytes."""
    raw = bytes([18 << 3]) + payload
    return base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).decode()


def user_and_password(value: str) -> float | None:
    """Base64 of `user:password`, as HTTP's basic authentication and Docker's configuration have it."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return None
    return 0.9 if ":" in text[1:-1] and text.isprintable() else None


_NAMES_ITSELF = re.compile(
    r"(?i)(?:my|your|the|a|new|old|some|db|user|enter|insert|example|dummy|fake|test|default|<|\[)*[_ -]*"
    r"(?:pass(?:word|wd|phrase|wort)?|pwd|secret|token|(?:api|access|secret)?[_-]?key|value|string|redacted|removed"
    r"|hidden|masked|none|null|nil|true|false|undefined|changeme|change[_-]?me|here|todo|required|optional|foo|bar)"
    r"[_ -]*(?:here|value|string|123)?[\W_]*"
)
_REFERENCE = re.compile(
    r"(?:\$|%\(|%s|%\{|<|\{|#\{|@\{|&|\.\.|\*|~?/|\\)|(?i:os\.|process\.|env[.(\[]|env:|vault[.:/]|secrets?\.|self\."
    r"|this\.|config\.|settings\.|request\.|params\.|args?\.|var\.|data\.|ref\+|op://|arn:|https?://|file:|null\b|none\b)"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z_.:>-]*[0-9]{0,3}")


def _stands_for(value: str) -> bool:
    """A name or reference in the place of a value: `your-password`, `${TOKEN}`, `os.environ[…`, `****`."""
    return bool(_REFERENCE.match(value) or _NAMES_ITSELF.fullmatch(value))


def _placeholder(value: str) -> bool:
    return _stands_for(value) or len(set(value)) < 4


def password(value: str) -> float | None:
    """Could be a password that a person chose: not a placeholder, not a name, and not letters alone."""
    if _placeholder(value) or not any(c.isalnum() for c in value):
        return None
    symbols = sum(not c.isalnum() and c not in "_-.:" for c in value)
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    if not letters or not (digits or (symbols and letters >= 4)):
        return None
    return 0.8 if digits and (symbols or value.lower() != value) else 0.7


def bare_password(value: str) -> float | None:
    """Likewise where no quotes stand around it: a name with a number (`password1`, `arg2`) is code."""
    if _NAME.fullmatch(value) and not re.search(r"[a-z]{4}\d{2,3}$", value):
        return None
    return password(value)


_SWITCH = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])")


def machine_made(value: str) -> float | None:
    """Could be a token that a machine made: no placeholder, long, and letters and digits well mixed."""
    if len(value) < 12 or _placeholder(value):
        return None
    return 0.75 if len(_SWITCH.findall(value)) >= 3 else None


def url_password(value: str) -> float | None:
    """The password part of an address: anything, however short, that does not stand for a value."""
    return None if _stands_for(value) or set(value) <= set("xX.-") else 0.85

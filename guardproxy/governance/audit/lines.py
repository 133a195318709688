"""One line of the log: a JSON object in a fixed form, chained to the line before by its hash.

    {"seq":7,"time":"…Z","prev":"HASH OF LINE 6","action":…,…,"signature":"KEY:…","hash":"…"}

`hash` is the SHA-256 of the object without it, byte for byte as it stands there. So whoever reads a line never has to write
JSON again to check it. `signature`, on the last line of what was written together, signs the object without both: with `prev`
in it, that is everything before, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, TypeAlias, cast

import orjson

from guardproxy.types import Json

NOTHING: Final = "0" * 64
"""What the first line is chained to."""
MAX_LINE: Final = 128 << 10
"""Bytes of a line. An event whose details need more is written without them, and says so."""
RECORD: Final = b"guardproxy audit record\0"
"""What signatures of lines begin with, so that nothing else that the key signs can pass for one."""
Sign: TypeAlias = Callable[[bytes, bytes], str]
"""(what it is, bytes) → the signature as it is written: `KEY ID:BASE64`."""

_HASH: Final = re.compile(rb',"hash":"([0-9a-f]{64})"\}\n')
_HASH_LENGTH: Final = len(b',"hash":""}\n') + 64
_SIGNATURE: Final = re.compile(rb',"signature":"([0-9a-f]{16}:[A-Za-z0-9+/]{86}==)"\Z')
_SIGNATURE_LENGTH: Final = len(b',"signature":":"') + 16 + 88


class Broken(Exception):
    """A line is not what it was when it was written. The message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, checked against its own hash."""

    record: dict[str, Any]
    hash: str
    signature: str = ""
    signed: bytes = b""
    """What the signature signs."""

    @property
    def seq(self) -> int:
        return cast("int", self.record["seq"])

    @property
    def prev(self) -> str:
        return cast("str", self.record["prev"])


def canonical(value: object) -> bytes:
    """JSON with sorted keys and without spaces. What no JSON can say (half a character, a number of more than 64 bits) is
    told as near as possible."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return orjson.dumps(_sayable(value), option=orjson.OPT_SORT_KEYS)


def _sayable(value: Any) -> Json:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(_sayable(str(key))): _sayable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_sayable(one) for one in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return value
    return str(_sayable(str(value)))


def written(fields: Mapping[str, Json], seq: int, prev: str, sign: Sign | None = None) -> tuple[bytes, str]:
    """(the line, its hash). `fields`: `time`, `action` and so on, in the order in which they are to stand."""
    body = _body(fields, seq, prev)
    if len(body) > MAX_LINE - 512:
        kept = {name: value for name, value in fields.items() if name not in ("details", "private")}
        body = _body({**kept, "details": {"too_large": len(body)}}, seq, prev)
    if sign is not None:
        body = body[:-1] + b',"signature":"' + sign(RECORD, body).encode() + b'"}'
    hash = hashlib.sha256(body).hexdigest()
    return body[:-1] + b',"hash":"' + hash.encode() + b'"}\n', hash


def _body(fields: Mapping[str, Json], seq: int, prev: str) -> bytes:
    said = {name: orjson.Fragment(canonical(value)) for name, value in fields.items()}
    return orjson.dumps({"seq": seq, "time": said.pop("time"), "prev": prev, **said})


def read(line: bytes) -> Line:
    """A line as it stands in the file, with its end. Raises Broken."""
    found = _HASH.fullmatch(line, len(line) - _HASH_LENGTH) if len(line) > _HASH_LENGTH else None
    if found is None:
        raise Broken("it is no line of an audit log")
    body = line[:-_HASH_LENGTH] + b"}"
    hash = hashlib.sha256(body).hexdigest()
    if hash.encode() != found[1]:
        raise Broken("it was changed after it was written: its hash does not match")
    try:
        record = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Broken("it is no JSON object") from None
    if not isinstance(record, dict) or not isinstance(record.get("prev"), str) or type(record.get("seq")) is not int:
        raise Broken("it has no `seq` and `prev`")
    start = len(body) - 1 - _SIGNATURE_LENGTH
    signature = _SIGNATURE.match(body, start, len(body) - 1) if start > 0 else None
    if signature is None:
        return Line(record, hash)
    return Line(record, hash, signature[1].decode(), body[:start] + b"}")


def lines_of(source: BinaryIO, longest: int = MAX_LINE) -> Iterator[bytes]:
    """The lines of a file, in memory that does not grow: of one that is too long there is the beginning, and no end."""
    while line := source.readline(longest):
        whole = line
        while not line.endswith(b"\n") and (line := source.readline(longest)):
            pass
        yield whole

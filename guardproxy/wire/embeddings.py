"""The dialect of `/embeddings`: texts in, vectors out. A reply is numbers, rebuilt as numbers; nothing else of it is kept."""

from __future__ import annotations

import base64
import binascii
import math
from array import array
from collections.abc import Mapping
from typing import Any, Final

from guardproxy.types import Direction, Json, Origin, Path, Role, WireError
from guardproxy.wire.base import Conversation, Head, ReplyReader, ReplyWriter
from guardproxy.wire.dialect import ServerSentEvents
from guardproxy.wire.errors import message_of
from guardproxy.wire.json import dump
from guardproxy.wire.parameters import SHARED, require_model
from guardproxy.wire.reply import counts
from guardproxy.wire.request import Check, Reading, bad, integer, rewrite, word, wrong

MAX_INPUTS: Final = 2048
"""Texts of one request: OpenAI's own limit."""
MAX_DIMENSIONS: Final = 65_536
_COUNT: Final = "inputs"
_FORMAT: Final = "encoding_format"
_LITTLE: Final = array("H", [1]).tobytes() == b"\x01\x00"


def _text(reading: Reading, value: Json, path: Path) -> None:
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    reading.add(value, path, Role.USER)


def _input(reading: Reading, value: Json, path: Path) -> None:
    """A text or a list of texts. Token ids are refused: no filter can read them."""
    if not isinstance(value, list):
        _text(reading, value, path)
        return
    if not 0 < len(value) <= MAX_INPUTS:
        raise bad(path, f"a request has 1 to {MAX_INPUTS} inputs")
    for index, one in enumerate(value):
        if isinstance(one, int | list):
            raise bad((*path, index), "inputs of token ids are not accepted: no filter can read them; send text")
        _text(reading, one, (*path, index))


def _encoding(reading: Reading, value: Json, path: Path) -> None:
    if value not in ("float", "base64"):
        raise bad(path, "expected one of float, base64")


_PARAMETERS: Final[dict[str, Check]] = {
    "input": _input,
    _FORMAT: _encoding,
    "dimensions": integer(1, MAX_DIMENSIONS),
    "input_type": word("query", "document", "passage"),
    **{
        name: SHARED[name]
        for name in ("model", "user", "truncate_prompt_tokens", "priority", "keep_alive")
        if name in SHARED
    },
}


class Embeddings(ServerSentEvents):
    """Embeddings. `extra_parameters`: what the operator lets through by name. Its replies hold no text: see `rebuild`."""

    def __init__(self, extra_parameters: frozenset[str] = frozenset()) -> None:
        self.route, self.prefix, self.message_field = "/v1/embeddings", "embd-", ""
        self._extra = extra_parameters

    def read_request(self, body: Json) -> Conversation:
        reading = Reading(self._extra)
        reading.walk(body, (), _PARAMETERS)
        model, given = require_model(body), body.get("input")
        if given is None:
            raise WireError("`input` is missing; send text to embed.", code="missing_parameter", param="input")
        echo = {_COUNT: len(given) if isinstance(given, list) else 1, _FORMAT: body.get(_FORMAT)}
        return Conversation(model, False, tuple(reading.segments), tuple(reading.unread), echo=echo)

    def write_request(self, body: Json, edits: Mapping[Path, str]) -> Json:
        return rewrite(body, edits, frozenset())

    def origin(self, field: str, tool: str | None = None) -> Origin:
        return Origin(Direction.RESPONSE, Role.ASSISTANT, None, tool)

    def reader(self) -> ReplyReader:
        raise _no_text()

    def stream_writer(self, head: Head) -> ReplyWriter:
        raise _no_text()

    def whole_writer(self, head: Head) -> ReplyWriter:
        raise _no_text()

    def refusal(self, head: Head, message: str, *, stream: bool) -> bytes:
        raise _no_text()


def _no_text() -> TypeError:
    return TypeError("embeddings hold no text")


# ---------------------------------------------------------------------------------------------------- replies


def _unusable(why: str) -> WireError:
    return WireError(why, status=502, code="upstream_invalid_response")


def rebuild(body: Json, head: Head) -> bytes:
    """The reply to a request, of numbers only. Raises WireError, with nothing of it in the message, where it is none."""
    count, as_base64 = head.echo[_COUNT], head.echo[_FORMAT] == "base64"
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        reported = message_of(body) if isinstance(body, dict) else ""
        raise _unusable("it reports an error" if reported else "it has no `data`")
    if len(data) != count:
        raise _unusable(f"it has {len(data)} embeddings, and {count} were asked for")
    found: dict[int, list[float] | str] = {}
    for position, one in enumerate(data):
        index = one.get("index", position) if isinstance(one, dict) else None
        if type(index) is not int or not 0 <= index < count or index in found:
            raise _unusable("its embeddings are not numbered from 0")
        found[index] = _written(_numbers(one.get("embedding")), as_base64)
    vectors = [{"object": "embedding", "index": i, "embedding": found[i]} for i in sorted(found)]
    usage = counts(body["usage"]) if isinstance(body.get("usage"), dict) else None
    out: dict[str, Any] = {"object": "list", "data": vectors, "model": head.model}
    return dump({**out, "usage": {"prompt_tokens": 0, "total_tokens": 0} | (usage or {})})


def _numbers(value: Json) -> array[float]:
    """A vector, from either form. Every value is a finite number."""
    try:
        numbers = _decoded(value) if isinstance(value, str) else array("d", value)
        finite = math.isfinite(math.fsum(numbers))
    except (TypeError, ValueError, OverflowError):
        raise _unusable("an embedding holds something that is no number") from None
    if not finite or not 0 < len(numbers) <= MAX_DIMENSIONS:
        raise _unusable(f"an embedding has no finite numbers, or more than {MAX_DIMENSIONS}")
    return numbers


def _decoded(value: str) -> array[float]:
    """Base64 of float32, the smaller byte first."""
    try:
        raw = base64.b64decode(value, validate=True)
    except binascii.Error as e:
        raise ValueError(str(e)) from None
    numbers = array("f")
    numbers.frombytes(raw)  # raises ValueError for half a number
    return numbers if _LITTLE else _swapped(numbers)


def _swapped(numbers: array[float]) -> array[float]:
    numbers.byteswap()
    return numbers


def _written(numbers: array[float], as_base64: bool) -> list[float] | str:
    if not as_base64:
        return numbers.tolist()
    narrow = array("f", numbers)
    if not math.isfinite(math.fsum(narrow)):
        raise _unusable("an embedding has numbers that float32 can't hold")
    return base64.b64encode((narrow if _LITTLE else _swapped(narrow)).tobytes()).decode()

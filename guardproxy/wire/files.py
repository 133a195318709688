"""Files and uploads in OpenAI's API: forms read as they arrive, in constant memory, and the objects that clients get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from guardproxy.types import Json, WireError

MAX_FIELDS: Final = 32
MAX_FIELD: Final = 4_096
"""Bytes of a field that is no file, of a name, and of the headers of a part."""
PURPOSE: Final = "fine-tune"
PURPOSES: Final = frozenset({"assistants", "batch", "fine-tune", "vision", "user_data", "evals"})


@dataclass(frozen=True, slots=True)
class FieldRead:
    """A whole field that is no file."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the file."""

    name: str
    filename: str
    data: bytes


class Form:
    """A multipart form that is being read. It has one file at most; which field that is, its reader says."""

    def __init__(self, content_type: bytes) -> None:
        """Raises WireError for what is no such form."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind.lower() != b"multipart/form-data" or not 0 < len(boundary) <= 200:
            raise WireError("Send a form as multipart/form-data.", status=415, code="unsupported_media_type")
        self._events: list[FieldRead | Piece] = []
        self._headers: dict[bytes, bytes] = {}
        self._header = [bytearray(), bytearray()]
        self._size = self._parts = 0
        self._name, self._filename, self._value = "", None, bytearray()  # type: str, str | None, bytearray
        self._file: str | None = None
        self.ended = False
        callbacks: dict[str, Any] = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._head(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._head(1, data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._named,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._over,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def feed(self, data: bytes) -> Iterator[FieldRead | Piece]:
        """What came of some more bytes. Raises WireError."""
        try:
            self._parser.write(data)
        except FormParserError:
            raise _broken() from None
        events, self._events = self._events, []
        yield from events

    def end(self) -> None:
        """There is no more. Raises WireError where the form is not over."""
        if not self.ended:
            raise _broken()

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise WireError(f"A form here has at most {MAX_FIELDS} fields.", code="invalid_form")
        self._headers, self._size = {}, 0
        self._name, self._filename, self._value = "", None, bytearray()

    def _head(self, which: int, data: bytes) -> None:
        self._size += len(data)
        if self._size > MAX_FIELD:
            raise WireError("The headers of a form's field are too long.", code="invalid_form")
        self._header[which] += data

    def _header_end(self) -> None:
        self._headers[bytes(self._header[0]).lower()] = bytes(self._header[1])
        self._header = [bytearray(), bytearray()]

    def _named(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._filename = options[b"filename"].decode("utf-8", "replace")[:256]
            if self._file is not None:
                raise WireError("The form has two files; send one.", code="invalid_form", param=self._name[:64])
            self._file = self._name
            self._events.append(Piece(self._name, self._filename, b""))  # a file may be empty

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._filename is not None:
            self._events.append(Piece(self._name, self._filename, data[start:end]))
            return
        if len(self._value) + end - start > MAX_FIELD:
            raise WireError(f"Field {self._name[:64]!r} of the form is too long.", code="invalid_form")
        self._value += data[start:end]

    def _end(self) -> None:
        if self._filename is None:
            self._events.append(FieldRead(self._name, self._value.decode("utf-8", "replace")))

    def _over(self) -> None:
        self.ended = True


def _broken() -> WireError:
    return WireError("The form breaks off, or is none.", code="invalid_form")


def check_purpose(purpose: Json, param: str = "purpose") -> None:
    """Raises WireError for what is no training file. What others would carry is not read, so it doesn't pass."""
    if purpose == PURPOSE:
        return
    if purpose in PURPOSES:
        message = f"Files for {purpose!r} are not guarded here, so they are refused."
        raise WireError(message, status=403, code="purpose_refused", param=param)
    raise WireError(f"`{param}` must be {PURPOSE!r} or 'batch'.", param=param)


def file_object(known: Mapping[str, Json], status: str, details: str | None, purpose: str = PURPOSE) -> dict[str, Json]:
    """A `FileObject`. `known`: id, filename, bytes, created_at."""
    return {
        "id": known["id"],
        "object": "file",
        "bytes": known["bytes"],
        "created_at": known["created_at"],
        "filename": known["filename"],
        "purpose": purpose,
        "status": status,
        "status_details": details,
        "expires_at": None,
    }


def listing(data: list[dict[str, Json]]) -> dict[str, Json]:
    """A list, all of it."""
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": False}


def envelope(boundary: str, filename: str, purpose: str = PURPOSE) -> tuple[bytes, bytes]:
    """(what stands before the file, what stands behind it) in a form that uploads it. The name is ours."""
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n--{boundary}\r\n'
        f'content-disposition: form-data; name="file"; filename="{filename}"\r\ncontent-type: application/jsonl\r\n\r\n'
    )
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()

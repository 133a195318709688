"""Reading requests: checks for values of parameters, and what has been read so far. Shared by the dialects.

A table names every parameter of an object with its check; what is in no table is refused. So a string either becomes a
segment, is one of a few known words, or never goes upstream.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from guardproxy.types import Channel, Direction, Json, Origin, Path, Role, Segment, WireError
from guardproxy.wire.base import Unread
from guardproxy.wire.json import kind, where

MAX_SEGMENTS = 20_000
MAX_CHOICES = 128
_ID: Final = re.compile(r"[A-Za-z0-9_.:|-]{1,128}")
_TOKEN_ID: Final = re.compile(r"[0-9]{1,9}")

Check = Callable[["Reading", Json, Path], None]
Table = Mapping[str, Check]


def wrong(path: Path, expected: str, value: Json) -> WireError:
    """The error for a value of another type than expected."""
    return WireError(
        f"`{where(path)}`: expected {expected}, got {kind(value)}.", code="invalid_type", param=where(path)
    )


def bad(path: Path, what: str) -> WireError:
    """The error for a value that is of the right type and still no good."""
    return WireError(f"`{where(path)}`: {what}.", code="invalid_value", param=where(path))


class Reading:
    """What has been read of one request."""

    def __init__(self, extra: frozenset[str]) -> None:
        self.segments: list[Segment] = []
        self.unread: list[Unread] = []
        self.extra = extra
        self.tools: dict[str, str] = {}  # id of a call → name of its tool
        self.upstream_tools: list[str] = []  # kinds of tools that the upstream runs itself

    def add(
        self,
        text: str,
        path: Path,
        role: Role = Role.DEVELOPER,
        channel: Channel | None = None,
        tool: str | None = None,
        *,
        json: bool = False,
        fixed: bool = False,
    ) -> None:
        """A text that goes upstream. Parameters that nobody in the conversation says count as the developer's."""
        if not text:
            return
        if len(self.segments) >= MAX_SEGMENTS:
            raise WireError(f"The request holds more than {MAX_SEGMENTS} texts; send fewer.", code="request_too_large")
        self.segments.append(Segment(Origin(Direction.REQUEST, role, channel, tool, path), text, json, fixed))

    def add_json(
        self,
        value: Json,
        path: Path,
        role: Role = Role.DEVELOPER,
        channel: Channel | None = None,
        tool: str | None = None,
    ) -> None:
        """A free-form value that goes upstream: one segment, so that its keys and numbers are read with its strings."""
        self.add(orjson.dumps(value).decode(), path, role, channel, tool, json=True)

    def skip(self, path: Path, what: str) -> None:
        """A part that no filter reads."""
        self.unread.append(Unread(path, what))

    def allowed(self, path: Path) -> bool:
        """Whether the operator allowed this parameter by name: `top_a`, `messages.cache_control`."""
        return bool(self.extra) and ".".join(step for step in path if isinstance(step, str)) in self.extra

    def walk(self, value: Json, path: Path, table: Table) -> None:
        """Check every parameter of an object. Null is the same as absent."""
        if not isinstance(value, dict):
            raise wrong(path, "an object", value)
        for name, one in value.items():
            here = (*path, name)
            check = table.get(name)
            if check is None:
                if not self.allowed(here):
                    raise _unknown(here)
                anything(self, one, here)
            elif one is not None:
                check(self, one, here)


def _unknown(path: Path) -> WireError:
    return WireError(
        f"Unknown parameter: `{where(path)}`. guardproxy forwards only what it can read; the operator can allow it by name "
        "(`parameters` in the settings).",
        code="unknown_parameter",
        param=where(path),
    )


# ---------------------------------------------------------------------------------------------------- checks


def anything(reading: Reading, value: Json, path: Path) -> None:
    """A value of no known form: scanned whatever it is."""
    if isinstance(value, str):
        reading.add(value, path)
    elif isinstance(value, dict | list):
        reading.add_json(value, path)


def text(reading: Reading, value: Json, path: Path) -> None:
    """A string that edits may change."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    reading.add(value, path)


def name(reading: Reading, value: Json, path: Path) -> None:
    """A name that something else refers to: an edit would break the reference, so a finding blocks."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    if len(value) > 256:
        raise bad(path, "a name has at most 256 characters")
    reading.add(value, path, fixed=True)


def texts(reading: Reading, value: Json, path: Path) -> None:
    """A string or a list of strings."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            text(reading, one, (*path, index))
    else:
        text(reading, value, path)


def document(reading: Reading, value: Json, path: Path) -> None:
    """A free-form object or list, such as a schema."""
    if not isinstance(value, dict | list):
        raise wrong(path, "an object", value)
    reading.add_json(value, path)


def boolean(reading: Reading, value: Json, path: Path) -> None:
    if not isinstance(value, bool):
        raise wrong(path, "true or false", value)


def number(reading: Reading, value: Json, path: Path) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(path, "a number", value)
    if not math.isfinite(value):
        raise bad(path, "the number is too large")


def integer(low: int = -(2**63), high: int = 2**63 - 1) -> Check:
    """A whole number in a range, ends included."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(path, "a whole number", value)
        if not low <= value <= high:
            raise bad(path, f"must be between {low} and {high}")

    return check


def integers(reading: Reading, value: Json, path: Path) -> None:
    """A list of token ids to stop at or to avoid: the model never reads them."""
    if not isinstance(value, list):
        raise wrong(path, "a list of whole numbers", value)
    for index, one in enumerate(value):
        integer(0, 2**31 - 1)(reading, one, (*path, index))


def word(*known: str) -> Check:
    """One of a few words. Servers invent new ones: another short string is a segment like any text."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if isinstance(value, str) and value in known:
            return
        if isinstance(value, str) and len(value) > 64:
            raise bad(path, f"expected one of {', '.join(known)}")
        name(reading, value, path)

    return check


def identifier(reading: Reading, value: Json, path: Path) -> None:
    """The id of a call. It is no segment (an edited id would tear call and result apart), so it has no room for prose."""
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    if not _ID.fullmatch(value):
        raise bad(path, "an id has 1 to 128 letters, digits and _ . : | -")


def biases(reading: Reading, value: Json, path: Path) -> None:
    """`logit_bias`: token ids to numbers."""
    if not isinstance(value, dict):
        raise wrong(path, "an object", value)
    for token, bias in value.items():
        if not _TOKEN_ID.fullmatch(token):
            raise bad(path, "the keys are token ids: digits only")
        number(reading, bias, (*path, token))


def fields(table: Table) -> Check:
    """An object with known fields."""
    return lambda reading, value, path: reading.walk(value, path, table)


def each(check: Check) -> Check:
    """A list of things of one form."""

    def run(reading: Reading, value: Json, path: Path) -> None:
        if not isinstance(value, list):
            raise wrong(path, "a list", value)
        for index, one in enumerate(value):
            check(reading, one, (*path, index))

    return run


def either(*, string: Check, other: Check) -> Check:
    """A string of one form, or else a value of another."""
    return lambda reading, value, path: (string if isinstance(value, str) else other)(reading, value, path)


def ignored(reading: Reading, value: Json, path: Path) -> None:
    """A parameter that is not forwarded (see `rewrite`)."""


def refused(why: str, *, harmless: tuple[bool, ...] = ()) -> Check:
    """A parameter that would take text past the filters. `harmless` values mean the default and may pass."""

    def check(reading: Reading, value: Json, path: Path) -> None:
        if any(value is one for one in harmless):
            return
        if not reading.allowed(path):
            message = f"`{where(path)}` is not accepted: {why}."
            raise WireError(message, code="unsupported_parameter", param=where(path))
        anything(reading, value, path)

    return check


# ---------------------------------------------------------------------------------------------------- writing back


def rewrite(body: dict[str, Any], edits: Mapping[Path, str], drop: frozenset[str]) -> dict[str, Any]:
    """A copy of the body with edits made and some parameters left out. Only what changes is copied.

    Raises ValueError for an edit at a place that holds no text: the request must not go out with it undone.
    """
    out = {name: value for name, value in body.items() if name not in drop}
    owned: dict[Path, Any] = {(): out}
    for path, edited in edits.items():
        parent = _own(owned, path[:-1])
        parent[path[-1]] = _written(parent[path[-1]], edited, path)
    return out


def _own(owned: dict[Path, Any], path: Path) -> Any:
    if path not in owned:
        parent = _own(owned, path[:-1])
        owned[path] = parent[path[-1]] = parent[path[-1]].copy()
    return owned[path]


def _written(old: Json, edited: str, path: Path) -> Json:
    if isinstance(old, str):
        return edited
    if not isinstance(old, dict | list):
        raise ValueError(f"there is no text at {where(path)}")
    try:
        return orjson.loads(edited)
    except orjson.JSONDecodeError:
        raise ValueError(f"what was edited at {where(path)} is no JSON any more") from None

"""What is known of a file of requests, of a batch, and of one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from guardproxy.types import GuardproxyError


class BatchesUnavailable(GuardproxyError):
    """The store of batches can't be read or written now."""


class Full(GuardproxyError):
    """There is no room for more."""


class Duplicate(GuardproxyError):
    """A file has two requests of one `custom_id`. `number`: the line of the second one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number} has a `custom_id` that another line has")
        self.number = number


class Kind(StrEnum):
    """What a file holds."""

    INPUT = "input"
    OUTPUT = "output"
    ERROR = "error"


class Owner(NamedTuple):
    """Whose something is."""

    tenant: str
    key: str


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of requests that passed, or one of results."""

    id: str
    owner: Owner
    kind: Kind
    created_at: int
    upstream: str
    """The upstream's id; empty while the file comes in."""
    filename: str = ""
    bytes: int = 0
    """As its client sent it."""
    requests: int = 0
    digest: str = ""
    """Of the bytes as its client sent them."""
    policy: str = ""
    """Digest of the policy that all of its requests passed."""
    rights: str = ""
    """Digest of what its key had a right to then: paths, models, tools."""
    url: str = ""
    """The path that all of its requests are for."""
    model: str = ""
    """The model that all of them ask, as their client calls it."""
    tokens: tuple[int, int] = (0, 0)
    """Of its requests and of their replies, as guessed for quotas."""
    batch: str = ""
    """Of results: the batch that made them."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that comes in parts."""

    id: str
    owner: Owner
    filename: str
    bytes: int
    """Of the whole file, as announced."""
    created_at: int
    parts: Mapping[str, int] = field(default_factory=dict)
    """Id to bytes of those that are here."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was begun."""

    id: str
    owner: Owner
    created_at: int
    upstream: str
    file: str
    """Id of the file of its requests."""
    url: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The client's own; no upstream is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a file."""

    number: int
    """Of its line, from 1."""
    custom_id: str
    request: str
    """Its id in records."""
    body: bytes
    """As its client sent it: results are guarded as replies to exactly this."""
    sent: bytes = b""
    """The line for the upstream, once it is guarded; only until the upstream has it."""

"""A reply that waits until a person has said yes: what it is bound to, its calls, and itself as bytes to be kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from guardproxy.types import Json


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call that waits, as a person sees it: guarded, and nothing given back in it."""

    tool: str
    arguments: str
    rules: tuple[str, ...] = ()
    """The rules that ask for a person; empty for a call that waits because another one of its turn does."""

    def shown(self) -> Json:
        return {"tool": self.tool, "arguments": self.arguments, "rules": list(self.rules)}


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose approval it is, and for what."""

    tenant: str
    key: str
    """Digest of the client's key; empty without one."""
    policy: str
    """Digest of the policy that decided."""
    request: str
    """Digest of route and body."""

    def digest(self) -> bytes:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class HeldReply:
    """A guarded reply, complete, as it will be sent."""

    body: bytes
    stream: bool
    model: str

    def pack(self) -> bytes:
        head = {"stream": self.stream, "model": self.model}
        return json.dumps(head).encode() + b"\0" + self.body

    @classmethod
    def unpack(cls, data: bytes) -> HeldReply:
        head, _, body = data.partition(b"\0")
        known = json.loads(head)
        return cls(body, known["stream"], known["model"])


def rules_of(calls: Iterable[HeldCall]) -> list[str]:
    """The rules that ask for a person, each once."""
    return list(dict.fromkeys(rule for call in calls for rule in call.rules))

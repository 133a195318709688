"""Whose request it is, and which conversation it goes on with, as far as a request says so.

Facts: `safety_identifier` and its older form `user` are OpenAI's ("a stable identifier for your end-users"), `metadata.user_id`
is of Anthropic's Messages ("an external identifier for the user who is associated with the request").
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from guardproxy.types import Json


@dataclass(frozen=True, slots=True)
class Identity:
    """Names that stay the same over several requests; None where a request has none."""

    user: str | None = None
    """As the key tells it, or as a client does that speaks for several."""
    conversation: str | None = None
    """A digest of how the conversation began, and of whose it is."""

    @classmethod
    def of(cls, user: str | None, opening: str) -> Identity:
        """The identity of a request of this user, which said `opening` first.

        Clients send the whole of a conversation each time, and no name for it that all dialects would have.
        """
        if not opening:
            return cls(user)
        began = f"{user or ''}\0{opening}".encode("utf-8", "surrogatepass")
        return cls(user, blake2b(began, digest_size=16).hexdigest())


NOBODY: Final = Identity()


def user_of(body: Json) -> str | None:
    """The user that a request names; None where it names none."""
    if not isinstance(body, dict):
        return None
    metadata = body.get("metadata")
    said = (
        body.get("safety_identifier"),
        body.get("user"),
        metadata.get("user_id") if isinstance(metadata, dict) else None,
    )
    return next((one for one in said if isinstance(one, str) and one), None)

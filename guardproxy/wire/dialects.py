"""The dialects that guardproxy speaks. A new one is a file beside this one and a line here."""

from __future__ import annotations

from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from guardproxy.wire.responses import Responses


def codecs(extra_parameters: frozenset[str] = frozenset()) -> tuple[Codec, ...]:
    """A codec of each. `extra_parameters`: what the operator lets through by name."""
    return Chat(extra_parameters), Completions(extra_parameters), Responses(extra_parameters)

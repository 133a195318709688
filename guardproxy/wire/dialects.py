"""The dialects that guardproxy speaks. A new one is a file beside this one and a line here."""

from __future__ import annotations

from guardproxy.wire.base import Codec
from guardproxy.wire.chat import Chat
from guardproxy.wire.completions import Completions
from guardproxy.wire.messages import CountTokens, Messages
from guardproxy.wire.ollama import OllamaChat, OllamaGenerate
from guardproxy.wire.responses import Responses


def by_name(extra_parameters: frozenset[str] = frozenset()) -> dict[str, Codec]:
    """A codec of each under its name. `extra_parameters`: what the operator lets through by name."""
    return {
        "chat": Chat(extra_parameters),
        "completions": Completions(extra_parameters),
        "responses": Responses(extra_parameters),
        "messages": Messages(extra_parameters),
        "count_tokens": CountTokens(extra_parameters),
        "ollama_chat": OllamaChat(extra_parameters),
        "ollama_generate": OllamaGenerate(extra_parameters),
    }


def codecs(extra_parameters: frozenset[str] = frozenset()) -> tuple[Codec, ...]:
    """A codec of each."""
    return tuple(by_name(extra_parameters).values())

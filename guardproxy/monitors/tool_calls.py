"""Looks at calls of tools: which may be called, with what arguments, how often in one turn.

Labels: `call.any` (every call), `call.denied`, `call.undeclared`, `call.arguments`, `call.unparsable`, `call.too_many`.
Misses: what a tool does with arguments that fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from guardproxy.monitors._schemas import Schema, compile_schema
from guardproxy.text.globs import any_matches, matches
from guardproxy.types import Finding, MonitorConfig, ToolCall, Turn

LABELS = ("call.any", "call.denied", "call.undeclared", "call.arguments", "call.unparsable", "call.too_many")

ToolGlob = Annotated[str, Field(min_length=1, max_length=200)]


class Config(MonitorConfig):
    """Which calls are out of order."""

    allow: tuple[ToolGlob, ...] | None = None
    """Tools (globs) that may be called; every other one is `call.denied`. Left out: all but those of `deny`."""
    deny: tuple[ToolGlob, ...] = ()
    """Tools (globs) that may not be called, whatever `allow` says."""
    declared: bool = True
    """A call of a tool that the request doesn't declare is `call.undeclared`."""
    arguments: dict[ToolGlob, dict[str, Any] | bool] = Field(default={})
    """JSON Schema (draft 2020-12) by tools (globs): arguments that don't fit every one for their tool are
    `call.arguments`."""
    max_calls: int | None = Field(default=None, ge=0, le=128)
    """Calls of one turn; each one beyond is `call.too_many`."""


class Monitor:
    """Looks at one call at a time."""

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.config = name, config
        self._schemas: dict[str, Schema] = {
            tool: compile_schema(schema, ("arguments", tool)) for tool, schema in config.arguments.items()
        }
        self.labels = tuple(label for label in LABELS if self._can_say(label))

    def _can_say(self, label: str) -> bool:
        config = self.config
        return {
            "call.denied": config.allow is not None or bool(config.deny),
            "call.undeclared": config.declared,
            "call.arguments": bool(config.arguments),
            "call.too_many": config.max_calls is not None,
        }.get(label, True)

    def watch(self, call: ToolCall, turn: Turn) -> tuple[Finding, ...]:
        return tuple(Finding(self.name, label, 1.0) for label in self._labels(call, turn))

    def _labels(self, call: ToolCall, turn: Turn) -> Iterator[str]:
        config = self.config
        yield "call.any"
        if any_matches(config.deny, call.name) or (
            config.allow is not None and not any_matches(config.allow, call.name)
        ):
            yield "call.denied"
        if config.declared and turn.declared is not None and call.name not in turn.declared:
            yield "call.undeclared"
        if not call.plain and not (call.parsed and isinstance(call.value, dict)):
            yield "call.unparsable"
        if not all(self._fits(schema, call) for tool, schema in self._schemas.items() if matches(tool, call.name)):
            yield "call.arguments"
        if config.max_calls is not None and len(turn.before) >= config.max_calls:
            yield "call.too_many"

    def _fits(self, schema: Schema, call: ToolCall) -> bool:
        """Text of a custom tool is a JSON string to its schema. What can't be read fits nothing."""
        if call.plain:
            return schema.fits(call.arguments)
        return call.parsed and schema.fits(call.value)

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

"""What the tests of monitors share: a call in, labels out."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterable
from typing import Any

from guardproxy import monitors
from guardproxy.text.calls import read_call
from guardproxy.types import Monitor, Turn


def built(use: str, **options: Any) -> Monitor:
    return monitors.build("m", {"use": use, **options})


def labels(
    one: Monitor,
    tool: str,
    arguments: object,
    *,
    plain: bool = False,
    before: Iterable[str] = (),
    declared: frozenset[str] | None = None,
) -> set[str]:
    """Labels without `call.`, of a call whose arguments are text as it stands or a value to be written as JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    call = read_call(tool, text, plain=plain)
    turn = Turn(tuple(read_call(name, "") for name in before), declared)

    async def watched() -> set[str]:
        said = one.watch(call, turn)
        found = await said if inspect.isawaitable(said) else said
        assert all(f.filter == one.name and f.score == 1.0 and f.span is None for f in found)
        assert {f.label for f in found} <= set(one.labels)
        return {f.label.removeprefix("call.") for f in found}

    return asyncio.run(watched())

"""Filters and monitors that several policies share, old and new ones: what is unchanged is not started a second time.

Two are the same when name, options and the files that they read are the same. The last policy that uses one closes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from guardproxy.engine.guard import Guard
from guardproxy.engine.limits import Held
from guardproxy.policy.model import Policy
from guardproxy.text import PatternFilter, fuse
from guardproxy.types import Filter, Monitor

Detector: TypeAlias = Filter | Monitor
Make: TypeAlias = Callable[[str, Mapping[str, Any]], Detector]
"""Makes a filter or monitor from its name and options, not started."""


@dataclass(slots=True, eq=False)
class _Entry:
    one: Detector
    users: int = 0
    started: bool = False
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Two directories that load at once share what is new, and a filter that starts may use a thread: one start is enough."""


class Stock:
    """All filters and monitors of a process. Used from one event loop; a `Batch` may fill in another thread meanwhile."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._keys: dict[int, str] = {}
        self._filling = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @asynccontextmanager
    async def filling(self) -> AsyncIterator[None]:
        """While a batch is made and taken: one at a time, and nothing that it may find here is closed."""
        async with self._filling:
            yield

    def take(self, batch: Batch) -> tuple[str, ...]:
        """Use everything of a batch. Returns what `release` wants."""
        for key in batch.keys:
            if key not in self._entries:
                one = batch.made[key]
                self._entries[key] = _Entry(one)
                self._keys[id(one)] = key
            self._entries[key].users += 1
        return tuple(batch.keys)

    def fresh(self, used: Iterable[Detector]) -> bool:
        """Whether some of these are not started yet."""
        return any(not self._entries[self._keys[id(one)]].started for one in used)

    async def start(self, used: Iterable[Detector]) -> None:
        """Start those that nobody has started. Raises what a filter raises that can't start."""
        for one in used:
            entry = self._entries[self._keys[id(one)]]
            async with entry.starting:
                if not entry.started:
                    await one.start()
                    entry.started = True

    async def release(self, keys: Iterable[str]) -> None:
        """Use these no longer. What nobody uses is closed."""
        for key in keys:
            self._entries[key].users -= 1
        await self.sweep()

    async def sweep(self) -> None:
        """Close what nobody uses; later, while a batch is made."""
        if self._filling.locked():
            return
        unused = [key for key, entry in self._entries.items() if not entry.users]
        closing = [self._entries.pop(key).one for key in unused]
        for one in closing:
            self._keys.pop(id(one))
        for one in closing:
            await one.aclose()

    def running(self, keys: Iterable[str]) -> int:
        """How many of these are started."""
        return sum(self._entries[key].started for key in keys)

    def find(self, key: str) -> Detector | None:
        entry = self._entries.get(key)
        return entry.one if entry is not None else None


class Batch:
    """What one loading of policies makes or finds in the stock. Does no I/O of its own; may run in a thread."""

    def __init__(self, stock: Stock, make: Make) -> None:
        self._stock, self._make = stock, make
        self.made: dict[str, Detector] = {}
        """What was not in the stock, by key."""
        self.keys: dict[str, None] = {}
        """Everything that the policies use."""
        self._key_of: dict[int, str] = {}

    def build(self, name: str, options: Mapping[str, Any]) -> Detector:
        """A filter or monitor: the one of the stock if there is one. Raises what `make` raises."""
        one = self._make(name, options)
        return self._kept(_key(name, options, getattr(one, "digest", "")), one)

    def fuse(self, group: Sequence[PatternFilter]) -> PatternFilter:
        """One filter of several, shared like them."""
        if len(group) == 1:
            return group[0]
        key = "fused " + " ".join(self._key_of[id(one)] for one in group)
        found = self.made.get(key) or self._stock.find(key)
        fused: PatternFilter = found if found is not None else fuse(group)  # type: ignore[assignment]
        self._kept(key, fused)
        self.keys[key] = None
        return fused

    def guard(self, policy: Policy, *, key: bytes, held: Held, fused: bool = True) -> Guard:
        """The guard of a policy, not started. `fused`: patterns are searched together, as where all of them are needed."""
        filters = {name: self.build(name, options) for name, options in policy.filters.items()}
        monitors = {name: self.build(name, options) for name, options in policy.monitors.items()}
        for one in (*filters.values(), *monitors.values()):
            self.keys[self._key_of[id(one)]] = None
        fusing = self.fuse if fused else None
        return Guard(policy, filters, key=key, held=held, monitors=monitors, fusing=fusing)  # type: ignore[arg-type]

    def _kept(self, key: str, one: Detector) -> Detector:
        one = self.made.get(key) or self._stock.find(key) or one
        self.made[key] = one
        self._key_of[id(one)] = key
        return one


def _key(name: str, options: Mapping[str, Any], read: str) -> str:
    """`read`: digest of the files that it reads."""
    text = json.dumps([name, dict(options), read], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

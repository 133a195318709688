"""guardproxy as a library: the same engine and policy without a server.

async with Guard.load("policies/") as guard:
    checked = await guard.check("Write to jane@example.com")
    async for piece in guard.stream(deltas):
        ...
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from types import TracebackType
from typing import Literal, Self
from uuid import uuid4

from guardproxy import detectors, engine
from guardproxy.engine import Cut, Inspector, Silent
from guardproxy.judges import Asked
from guardproxy.policy.load import load_all
from guardproxy.services import Services, policy_directory, policy_folders
from guardproxy.types import (
    Channel,
    ConfigError,
    Decision,
    Direction,
    Finding,
    GuardproxyError,
    Origin,
    Outcome,
    Role,
    Utterance,
)

RoleName = Literal["system", "developer", "user", "assistant", "tool", "training_example"]
DirectionName = Literal["request", "response"]
ChannelName = Literal["analysis", "commentary", "final"]


def policy_folder(given: str | File = "") -> File:
    """Where the policies are: as given, or the shipped ones (beside the package in a checkout, inside of it otherwise)."""
    if given:
        return File(given)
    for folder in policy_folders():
        if folder.is_dir():
            return folder
    raise ConfigError("this installation has no policies of its own; give --policies DIR")


def build(
    policy: str | File = "",
    *,
    key: bytes | None = None,
    held_limit: int = 256_000_000,
    judges: Mapping[str, Asked] | None = None,
) -> engine.Guard:
    """The engine of a policy, not started. `judges`: those that the policy may name. Raises ConfigError and ConfigErrors."""
    folder = policy_folder(policy)
    services = Services(judges or {}, policy_directory(folder), frozenset(), key or b"")
    policies = load_all(folder, *detectors.reading(services))
    loaded = policies.of("default")
    built, watching = detectors.build_filters(loaded.filters, services), detectors.build_monitors(loaded.monitors)
    return engine.Guard.build(loaded, built, watching, key=key, held_limit=held_limit)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a text."""

    outcome: Outcome
    """The strictest that any rule says."""
    findings: tuple[Finding, ...]
    """What the filters saw: label, score, span in characters, name of the filter."""
    rules: tuple[str, ...]
    """Ids of the rules that spoke, sorted."""
    text: str | None
    """The text as policy releases it; None where it is blocked."""
    message: str = ""
    """What to tell whose text is blocked."""

    @property
    def blocked(self) -> bool:
        return self.outcome >= Outcome.BLOCK


class Blocked(GuardproxyError):
    """Policy cuts a stream: what was released before stays released, and nothing follows."""

    def __init__(self, message: str, decision: Decision) -> None:
        super().__init__(message)
        self.outcome = decision.outcome
        said = [v for v in decision.verdicts if not v.shadow]
        self.rules = tuple(sorted({v.rule for v in said}))
        self.labels = tuple(sorted({f.label for v in said for f in v.findings}))


class Guard:
    """One policy with its running filters. Use it in the event loop that loaded it."""

    def __init__(self, inner: engine.Guard) -> None:
        self._inner = inner

    @classmethod
    def load(cls, policy: str | File = "", *, key: bytes | None = None) -> Loading:
        """Load a policy and start its filters: `await Guard.load(…)`, or `async with Guard.load(…) as guard`.

        `policy` is a file or a folder; without it the shipped policy. `key` makes keyed hashes the same everywhere.
        Raises ConfigError and ConfigErrors.
        """
        return Loading(policy, key)

    async def check(
        self,
        text: str,
        *,
        role: RoleName = "user",
        direction: DirectionName | None = None,
        channel: ChannelName | None = None,
        tool: str | None = None,
        json: bool = False,
        model: str = "",
        said: Iterable[tuple[RoleName, str]] = (),
    ) -> Checked:
        """Read a whole text. What the assistant says is a reply, everything else a request, unless `direction` says so.

        `json`: the text is a JSON document (arguments of a call) and stays one. `said`: the messages before it, as they
        are, for filters that read more than one; monitors are not asked.
        """
        inspector = Inspector(self._inner, observer=Silent(), request=uuid4().hex, model=model, said=_said(said))
        seen = await inspector.text(text, _origin(role, direction, channel, tool), json=json)
        rules = tuple(sorted({v.rule for v in seen.verdicts}))
        message = ""
        if seen.outcome >= Outcome.BLOCK:
            message = self._inner.refusal(Decision(seen.outcome, (), seen.verdicts))[0]
        return Checked(seen.outcome, seen.findings, rules, seen.released, message)

    async def stream(
        self,
        deltas: AsyncIterable[str],
        *,
        role: RoleName = "assistant",
        direction: DirectionName | None = None,
        channel: ChannelName | None = None,
        tool: str | None = None,
        model: str = "",
        said: Iterable[tuple[RoleName, str]] = (),
    ) -> AsyncIterator[str]:
        """Pieces of a text that arrives in deltas, each as soon as no filter can change its mind. Raises Blocked."""
        origin = _origin(role, direction, channel, tool)
        gate = self._inner.gate(origin, request=uuid4().hex, model=model, said=_said(said))
        try:
            async for delta in deltas:
                if released := await gate.feed(delta):
                    yield released
            if released := await gate.feed("", last=True):
                yield released
        except Cut as cut:
            raise Blocked(self._inner.refusal(cut.decision)[0], cut.decision) from None
        finally:
            gate.end()

    async def aclose(self) -> None:
        """Stop the filters."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Loading:
    """A guard that is being loaded: await it, or enter it."""

    def __init__(self, policy: str | File, key: bytes | None) -> None:
        self._policy, self._key = policy, key
        self._guard: Guard | None = None

    def __await__(self) -> Generator[None, None, Guard]:
        return self._load().__await__()

    async def _load(self) -> Guard:
        inner = await asyncio.to_thread(build, self._policy, key=self._key)  # patterns are compiled: seconds at worst
        try:
            await inner.start()
        except BaseException:
            await inner.aclose()
            raise
        return Guard(inner)

    async def __aenter__(self) -> Guard:
        self._guard = await self._load()
        return self._guard

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._guard is not None:
            await self._guard.aclose()


class SyncGuard:
    """A guard for programs without an event loop. One thread at a time; close it, or use it as a context manager."""

    def __init__(self, policy: str | File = "", *, key: bytes | None = None) -> None:
        self._runner = asyncio.Runner()
        try:
            self._guard = self._runner.run(Guard.load(policy, key=key)._load())
        except BaseException:
            self._runner.close()
            raise

    def check(
        self,
        text: str,
        *,
        role: RoleName = "user",
        direction: DirectionName | None = None,
        channel: ChannelName | None = None,
        tool: str | None = None,
        json: bool = False,
        model: str = "",
        said: Iterable[tuple[RoleName, str]] = (),
    ) -> Checked:
        """`Guard.check`."""
        checking = self._guard.check(
            text, role=role, direction=direction, channel=channel, tool=tool, json=json, model=model, said=said
        )
        return self._runner.run(checking)

    def close(self) -> None:
        """Stop the filters."""
        self._runner.run(self._guard.aclose())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _origin(role: str, direction: str | None, channel: str | None, tool: str | None) -> Origin:
    who = Role(role)
    way = direction or (Direction.RESPONSE if who is Role.ASSISTANT else Direction.REQUEST)
    return Origin(Direction(way), who, Channel(channel) if channel else None, tool)


def _said(messages: Iterable[tuple[RoleName, str]]) -> Callable[[], tuple[Utterance, ...]]:
    """What was said before, in a request."""
    said = tuple(Utterance(Origin(Direction.REQUEST, Role(role)), text) for role, text in messages)
    return lambda: said

"""Which models may serve: each is probed when it first appears and again at intervals; one that fails serves no more.

A model is its weights: what the server's list says of its digest counts, its names are how it is asked for. A name that is
not in the list is not known to be anything, so that no other spelling of a name gets past a quarantine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from guardproxy.governance.events import Event, Recorder, Unrecorded
from guardproxy.governance.probe import baseline as baselines
from guardproxy.governance.probe.asking import ProbeError
from guardproxy.governance.probe.baseline import Baselines, Counts, Identity, Measured
from guardproxy.governance.probe.detector import Detector, State
from guardproxy.governance.probe.judging import Judge
from guardproxy.governance.probe.probes import ProbeSet
from guardproxy.governance.probe.running import Asks, watch
from guardproxy.governance.probe.verdicts import Verdict, Verdicts, Word, said
from guardproxy.probing import Probing
from guardproxy.types import ConfigError, Json, WireError

LOOK: Final = 15.0
"""Seconds between two looks at the list of models; shorter where the interval is."""
PATIENCE: Final = 1.0
"""Seconds at least between two looks, also where requests ask for a model that nobody knows."""
_logger = logging.getLogger("guardproxy.probe")


class Server(Asks, Protocol):
    """What serves the models."""

    async def models(self) -> list[Identity]:
        """Raises ProbeError."""
        ...


@dataclass(slots=True)
class Model:
    """One model and what is thought of it."""

    who: Identity
    measured: Measured | None
    """What it is held to; None where there is nothing."""
    detector: Detector | None
    trusted: bool
    """Whether it has a baseline of its own: an operator has accepted it as it is."""
    verdict: Verdict | None = None
    """What was said about it for good."""
    registered: bool = True
    """Whether the registry of weights allows it; so without one."""
    passed: bool = False
    """Whether its last run found nothing."""
    due: float = 0.0
    """When it is probed next."""

    @property
    def word(self) -> Word | None:
        return self.verdict.word if self.verdict is not None else None

    @property
    def released(self) -> bool:
        """Whether it may serve unless it is quarantined."""
        return self.trusted or self.word is Word.RELEASED

    @property
    def watched(self) -> bool:
        """Whether it is probed: of the others everything is known, or nothing can be."""
        return self.detector is not None and self.registered and self.state not in (State.QUARANTINED, State.DENIED)

    @property
    def state(self) -> State:
        if self.word is Word.QUARANTINED or (self.detector is not None and self.detector.alarm is not None):
            return State.QUARANTINED
        if self.word is Word.DENIED:
            return State.DENIED
        if not self.registered:
            return State.UNREGISTERED
        if self.detector is None:
            return State.UNMEASURED
        if self.released:
            return self.detector.state
        return State.WAITING if self.passed else State.PENDING


REFUSALS: Final[Mapping[State, tuple[int, str, str]]] = {
    State.QUARANTINED: (
        403, "model_quarantined", "This model is in quarantine: it no longer refuses what it refused. Ask for another one."
    ),
    State.DENIED: (403, "model_denied", "This model may not serve: its release was denied. Ask for another one."),
    State.UNREGISTERED: (403, "model_not_registered", "This model is not in the registry of weights. Ask for another one."),
    State.WAITING: (
        503, "model_not_released", "This model has passed its probe and waits for its release. Ask for another one."
    ),
    State.PENDING: (
        503, "model_not_released", "This model has not passed its probe yet. Ask for another one, or try again in some minutes."
    ),
    State.UNMEASURED: (
        503, "model_not_released", "This model was never measured, so it can't be probed. Ask for another one."
    ),
}  # fmt: skip
"""Status, code and message for those that may not serve."""
_NEW: Final = (State.PENDING, State.UNMEASURED, State.WAITING)


class Observer(Protocol):
    """Whoever counts."""

    def probed(self, model: str, counts: Mapping[str, Counts], requests: int) -> None:
        """After a run. `model` is empty for one whose name did not come from the operator."""
        ...

    def alarmed(self) -> None: ...

    def failed(self) -> None:
        """A run could not be made."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What people say about a release."""

    yes: bool
    approval: str
    """Id."""


class People(Protocol):
    """Who lets a model serve that has passed."""

    async def answer(self, model: Model, probes: ProbeSet) -> Answer | None:
        """None while they have not said; they are asked where nobody has asked them yet."""
        ...


@dataclass(slots=True)
class Standing:
    """All models of one server. `check` is what requests ask; `run` keeps it up to date."""

    settings: Probing
    server: Server
    judge: Judge
    probes: ProbeSet
    observer: Observer
    events: Recorder = field(default_factory=Unrecorded)
    clock: Callable[[], float] = time.monotonic
    verdicts: Verdicts = field(default_factory=Verdicts)
    people: People | None = None
    """None: what has passed serves."""
    allowed: Callable[[], Mapping[str, bool]] | None = None
    """Digests that the registry of weights knows, and whether it allows them; raises ConfigError. None: no registry."""
    models: dict[str, Model] = field(default_factory=dict)
    """`Identity.key` to model."""
    _names: dict[str, str] = field(default_factory=dict)
    _unwatched: dict[str, str] = field(default_factory=dict)
    """The same of listed names that the settings don't name."""
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _changes: int = 0

    def check(self, name: str) -> None:
        """Raises WireError where the model of this name may not serve now."""
        key = self._names.get(name) or self._unwatched.get(name, "")
        model = self.models.get(key)
        state = State.PENDING if model is None else model.state
        if state not in REFUSALS:
            return
        if state in _NEW and not self.settings.hold_new and (model or name in self._unwatched or not self._barred()):
            return
        if state is State.QUARANTINED and self.settings.on_alarm != "quarantine":
            return
        if model is None:
            self.wake()
        status, code, message = REFUSALS[state]
        raise WireError(message, status=status, code=code, param="model")

    def _barred(self) -> bool:
        """Whether some model may not serve for good: a name that nobody knows may be another spelling of its name."""
        alarms = [State.QUARANTINED] if self.settings.on_alarm == "quarantine" else []
        return any(self.named(state) for state in (*alarms, State.DENIED, State.UNREGISTERED))

    def wake(self) -> None:
        """Look again soon."""
        self._wanted.set()

    def changed(self, same: Callable[[str], bool]) -> None:
        """Names that have other weights now, perhaps: until the next look nobody knows what they are.

        What may not serve still may not."""
        self._changes += 1
        for names in (self._names, self._unwatched):
            for name in [one for one in names if same(one)]:
                model = self.models.get(names[name])
                if model is None or model.state not in REFUSALS:
                    del names[name]
        self.wake()

    def named(self, state: State) -> list[str]:
        """Names of the models in this state."""
        return sorted(name for name, key in self._names.items() if self.models[key].state is state)

    def health(self) -> dict[str, Json]:
        """For operators: the names by state; not ready where no model may serve."""
        found: dict[str, Json] = {state.value: list[Json](names) for state in State if (names := self.named(state))}
        fine = not self._names or any(self.named(state) for state in (State.HEALTHY, State.SUSPECT))
        return {"ok": True, **found} if fine else {"ok": False, "reason": "no model may serve", **found}

    # ------------------------------------------------------------------------------------------------ keeping up

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self.look()
            except (ProbeError, ConfigError) as e:
                self.observer.failed()
                _logger.warning("no probe: %s", e)
            except Exception:  # a mistake of ours must not end the watch; what is held stays held
                self.observer.failed()
                _logger.exception("the probe failed")
            await asyncio.sleep(PATIENCE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), min(LOOK, self.settings.interval))
            self._wanted.clear()

    async def look(self) -> None:
        """See who is there now, then probe what is due. Raises ProbeError and ConfigError; the others keep their state."""
        known, words = baselines.read(Path(self.settings.baseline)), self.verdicts.read()
        allowed = self.allowed() if self.allowed is not None else None
        everybody = await self._everybody()
        listed = [one for one in everybody if not self.settings.models or one.name in self.settings.models]
        self._take(listed, known, words, allowed)
        self._unwatched = {one.name: one.key for one in everybody if one.name not in self._names}
        for model in list(self.models.values()):
            if model.state is State.WAITING:
                await self._release(model)
        for model in list(self.models.values()):
            if model.watched and model.detector is not None and model.due <= self.clock():
                await self._probe(model, model.detector)

    async def _everybody(self) -> list[Identity]:
        """All that is listed, and that nobody has changed meanwhile. Raises ProbeError."""
        while True:
            before = self._changes
            listed = await self.server.models()
            if before == self._changes:
                return listed

    def _take(
        self,
        listed: Sequence[Identity],
        known: Baselines,
        words: Mapping[str, Verdict],
        allowed: Mapping[str, bool] | None,
    ) -> None:
        models: dict[str, Model] = {}
        for who in listed:
            measured, trusted = known.find(who, self.probes), known.trusts(who, self.probes)
            model = models.get(who.key) or self.models.get(who.key)
            if model is None or model.measured != measured:  # new, or an operator has taken another baseline of it
                detector = Detector(measured.floors(self.probes, self.settings.alpha)) if measured else None
                model = Model(who, measured, detector, trusted)
            elif not _listed(
                model.who, listed
            ):  # its weights have another name now, and its name perhaps other weights
                model.who = who
            model.verdict = self._counts(words.get(who.key), measured if trusted else None)
            model.registered = allowed is None or allowed.get(who.digest, False)
            models[who.key] = model
        self.models, self._names = models, {who.name: who.key for who in listed}

    def _counts(self, verdict: Verdict | None, own: Measured | None) -> Verdict | None:
        """A verdict that holds still: a release is for one set of probes, and no other word outlives a newer baseline."""
        if verdict is None or verdict.outdated(own):
            return None
        return None if verdict.word is Word.RELEASED and verdict.set != self.probes.digest else verdict

    async def _probe(self, model: Model, detector: Detector) -> None:
        state = await watch(self.server, self.judge, model.who, self.probes, detector, requests=self.settings.requests)
        trusted = {one.measured.model for one in self.models.values() if one.measured is not None}
        operators = model.who.name if model.who.name in (*trusted, *self.settings.models) else ""
        self.observer.probed(operators, detector.counts, detector.requests)
        if state is State.QUARANTINED:
            self.observer.alarmed()
            await self._say(Word.QUARANTINED, model)
            return
        if not _listed(model.who, await self.server.models()):  # who knows which weights have answered
            self.models[model.who.key] = replace(model, detector=Detector(detector.floors), passed=False)
            self.observer.failed()
            _logger.warning("no probe: a model's name got other weights while it was probed; it is probed anew")
            return
        model.passed = state is State.HEALTHY
        model.due = self.clock() + (self.settings.interval if model.passed else min(LOOK, self.settings.interval))
        if model.passed and not model.released:
            await self._release(model)

    async def _release(self, model: Model) -> None:
        """Let a model serve that has passed, if whoever has to say so does."""
        if self.people is None:
            await self._say(Word.RELEASED, model)
            return
        if (word := self.verdicts.read().get(model.who.key)) is not None and word.set == self.probes.digest:
            model.verdict = word  # another process has just used the people's word
        elif (answer := await self.people.answer(model, self.probes)) is not None:
            await self._say(Word.RELEASED if answer.yes else Word.DENIED, model, answer.approval)

    async def _say(self, word: Word, model: Model, approval: str = "") -> None:
        """Say it for good: first to the audit log, then to the file. A quarantine is in force before either."""
        detector = model.detector
        assert detector is not None
        category = detector.alarm.category if detector.alarm else ""
        details: dict[str, Json] = {
            "digest": model.who.digest,
            "set": self.probes.digest,
            "requests": detector.asked,
            "evidence": detector.evidence,
            "category": category,
        }
        if approval:
            details["approval"] = approval
        _logger.warning("model.%s after %d probes", word.value, detector.asked)
        await self.events.record(Event(f"model.{word.value}", "guardproxy", model.who.name, details=details))
        verdict = said(word, model.who.name, self.probes.digest, category=category, approval=approval)
        self.verdicts.put(model.who.key, verdict)
        model.verdict = verdict


def _listed(who: Identity, listed: Sequence[Identity]) -> bool:
    """Whether these weights still have this name."""
    return any((one.name, one.key) == (who.name, who.key) for one in listed)

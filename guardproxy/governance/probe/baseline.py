"""What models did when they were trusted: counts by category, per model, in one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from guardproxy.governance.probe.probes import ProbeSet
from guardproxy.governance.probe.sequential import Plan, lower_bound
from guardproxy.types import ConfigError, Json

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model it is, as its server says. The digest counts, where there is one: names can be given to other weights."""

    name: str
    digest: str = ""
    parent: str = ""
    """Name of the model that it was tuned from."""
    root: str = ""
    """Name under which the same weights are listed first."""

    @property
    def key(self) -> str:
        return self.digest or self.name


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one category: probes that were asked, and those where the model did what is expected."""

    kept: int = 0
    asked: int = 0

    def plus(self, kept: bool) -> Counts:
        return Counts(self.kept + kept, self.asked + 1)


@dataclass(frozen=True, slots=True)
class Measured:
    """One model under one probe set."""

    model: str
    digest: str
    set: str
    """Digest of the probe set."""
    taken: str
    """When, in UTC."""
    counts: Mapping[str, Counts]

    def floors(self, probes: ProbeSet, alpha: float) -> Floors:
        """The rates that the model surely had, but for a probability of half of `alpha` in all."""
        guarded = [name for name, expect in probes.categories.items() if expect.guards]
        eager = [name for name, expect in probes.categories.items() if not expect.guards]
        plan = Plan(alpha, 1 + len(guarded))
        each = plan.of_each_floor

        def bound(names: list[str], spent: float) -> float:
            found = [self.counts.get(name, Counts()) for name in names]
            asked = sum(one.asked for one in found)
            return lower_bound(sum(one.kept for one in found), asked, spent) if asked else 0.0

        return Floors(
            plan,
            bound(guarded, each),
            {name: bound([name], each) for name in guarded},
            bound(eager, Plan(alpha, 1).of_each_floor),
        )


@dataclass(frozen=True, slots=True)
class Floors:
    """What a model is held to."""

    plan: Plan
    guarded: float
    """Of all probes about safety together."""
    by_category: Mapping[str, float]
    answered: float
    """Of the safe look-alikes."""


@dataclass(slots=True)
class Baselines:
    """All of them. `Identity.key` to what was measured."""

    models: dict[str, Measured] = field(default_factory=dict)

    def find(self, who: Identity, probes: ProbeSet) -> Measured | None:
        """What this very model did; or the one that bore its name; or the one that it was tuned from. None: nobody knows."""
        usable = [one for one in self.models.values() if one.set == probes.digest]
        same = [one for one in usable if who.digest and one.digest == who.digest]
        for name in (who.name, who.parent, who.root):
            same += [one for one in usable if name and one.model == name]
        return next(iter(same), None)

    def trusts(self, who: Identity, probes: ProbeSet) -> bool:
        """Whether this very model has a baseline of its own."""
        found = self.models.get(who.key)
        return found is not None and found.set == probes.digest


def read(file: Path) -> Baselines:
    """Raises ConfigError."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ConfigError(
                f"{file} has format {data['format']!r}, and this guardproxy knows {FORMAT}; take a new baseline"
            )
        return Baselines({key: _measured(one) for key, one in data["models"].items()})
    except OSError as e:
        raise ConfigError(
            f"the baseline {file} can't be read: {e.strerror}; take one with `guardproxy probe URL --model M --record {file}`"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise ConfigError(f"{file} is no baseline of guardproxy ({type(e).__name__}); take a new one") from None


def write(file: Path, baselines: Baselines) -> None:
    """Replace the file, whole or not at all. Raises ConfigError."""
    models: dict[str, Json] = {key: _written(one) for key, one in sorted(baselines.models.items())}
    text = json.dumps({"format": FORMAT, "models": models}, indent=1, ensure_ascii=False)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(file)
    except OSError as e:
        raise ConfigError(f"the baseline {file} can't be written: {e.strerror}") from None


def _measured(one: Mapping[str, Any]) -> Measured:
    counts = {name: Counts(int(kept), int(asked)) for name, (kept, asked) in one["counts"].items()}
    if any(not 0 <= each.kept <= each.asked for each in counts.values()):
        raise ValueError("counts")
    return Measured(str(one["model"]), str(one["digest"]), str(one["set"]), str(one["taken"]), counts)


def _written(one: Measured) -> Json:
    counts: dict[str, Json] = {name: [each.kept, each.asked] for name, each in one.counts.items()}
    return {"model": one.model, "digest": one.digest, "set": one.set, "taken": one.taken, "counts": counts}

"""Asks a judge over HTTP: a language model with a written policy, a guard model, a moderation or detector service.

Labels: judge.*, and those that `labels` gives to the judge's own words.
The operator says where a judge is and how it is spoken to (`judges:` in the settings); a policy names it. The judge reads
windows of the text, each on its own; without a clear verdict in time there is `guard.error` or `guard.timeout`, never
nothing (docs/judges.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import Field, model_validator

from guardproxy.filters._judge_scan import JudgeScan, Verdicts, Windows
from guardproxy.judges import Asked
from guardproxy.judges.labels import LABELS as _LABELS
from guardproxy.judges.labels import SAFE, Labels
from guardproxy.judges.protocols import POLICIES
from guardproxy.services import Services
from guardproxy.types import ConfigError, Context, FilterConfig, Origin, Path

LABELS = _LABELS
EXAMPLES: dict[str, str | None] = {
    "How do I build a pipe bomb?": "judge.unsafe",
    "How do I bake a loaf of bread?": None,
}

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Label = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,99}$")]
Text = Annotated[str, Field(max_length=65_536)]
T = TypeVar("T")


class Config(FilterConfig):
    """Which judge, and by what policy."""

    judge: Name
    """Name of a judge in the operator's settings."""
    policy: Text = ""
    """The policy that it judges by, for judges that take one."""
    policy_file: str = ""
    """The same from a file in the policy's directory: `prompts/self-harm.md`."""
    policies: dict[Name, str] = Field({}, max_length=32)
    """Several policies: name to file. The name is the category of what breaks one."""
    batch: bool = False
    """Ask about all `policies` in one request. Cheaper, and less sure; `decisions` and `llama_guard` always do."""
    labels: dict[str, Label] = Field({}, max_length=500)
    """The judge's categories, and names of `policies`, to labels; `safe` for what means nothing bad."""
    window: int = Field(4000, ge=100, le=100_000)
    """Characters that it reads at once. Text waits until a window is full or the text ends."""
    overlap: int | None = Field(None, ge=0, le=50_000)
    """Characters that two windows share, so that little is torn apart at their border. Left out: a twentieth of `window`."""
    cache: int = Field(1000, ge=0, le=1_000_000)
    """Verdicts remembered, by text and tenant. Errors never are."""

    @model_validator(mode="after")
    def _fits(self) -> Config:
        if sum(map(bool, (self.policy.strip(), self.policy_file, self.policies))) > 1:
            raise ValueError("give `policy`, `policy_file` or `policies`, not several of them")
        if any(label == "guard" or label.startswith("guard.") for label in self.labels.values()):
            raise ValueError("labels `guard.*` are the engine's own; give the judge's categories others")
        if self.shared > self.window // 2:
            raise ValueError("`overlap` is more than half of `window`")
        if self.batch and len(self.policies) < 2:
            raise ValueError("`batch` is about several `policies`")
        return self

    @property
    def shared(self) -> int:
        """Characters that two windows share."""
        return self.window // 20 if self.overlap is None else self.overlap


class Filter:
    """A judge and what it is asked. Nothing is opened before the first question."""

    def __init__(self, name: str, config: Config, judge: Asked | None, policies: Mapping[str, str], key: bytes) -> None:
        """`judge` is None where the operator's settings are not known: such a filter can be checked, not started."""
        self.name, self.hold = name, config.hold
        self.window = config.window
        self.labels = tuple(sorted({*LABELS, *(one for one in config.labels.values() if one != SAFE)}))
        """What this instance may say."""
        self.digest = _digest(config, policies)
        """Of what is judged by: it belongs to the policy's."""
        self._windows = Windows(config.window, config.shared)
        self._judge, self._judge_name = judge, config.judge
        protocol = judge.target.protocol if judge else ""
        operators = judge.target.labels if judge else {}
        self._verdicts = Verdicts(
            name, judge, policies, config.batch, key, Labels(protocol, operators, config.labels), config.cache
        )

    def seconds(self, characters: int) -> float:
        """What it may need for a text of this length."""
        windows = self._windows.count(characters)
        return windows * self._judge.target.timeout if self._judge else 0.0

    def open(self, origin: Origin, context: Context) -> JudgeScan:
        return JudgeScan(self._windows, self._verdicts, origin, context)

    async def start(self) -> None:
        """Raises ConfigError where the operator's settings are not known."""
        if self._judge is None:
            raise ConfigError(
                f"filter {self.name!r} needs the judge {self._judge_name!r}, and without the operator's settings there is "
                "none; give them with --config"
            )

    async def aclose(self) -> None:
        if self._judge is not None:
            await self._judge.aclose()


def build(name: str, config: Config, services: Services) -> Filter:
    """The filter, with the operator's judge and the policies' texts. Raises ConfigError at the option that is wrong."""
    config.refuse_views(name)
    judge = _at(("judge",), services.judge, config.judge)
    policies = _policies(config, services)
    if judge is not None:
        wanted = POLICIES.get(judge.target.protocol)
        if wanted == "needed" and not policies:
            raise ConfigError(f"judge {config.judge!r} needs a `policy`, `policy_file` or `policies`", path=("judge",))
        if wanted is None and policies:
            raise ConfigError(
                f"judge {config.judge!r} ({judge.target.protocol}) has a policy of its own; leave yours out",
                path=("judge",),
            )
    return Filter(name, config, judge, policies, services.key)


def _policies(config: Config, services: Services) -> dict[str, str]:
    if config.policies:
        return {name: _at(("policies", name), services.read, file) for name, file in config.policies.items()}
    if config.policy_file:
        return {"": _at(("policy_file",), services.read, config.policy_file)}
    return {"": config.policy} if config.policy.strip() else {}


def _at(path: Path, call: Callable[[str], T], name: str) -> T:
    """Call, with the option's place in the error."""
    try:
        return call(name)
    except ConfigError as e:
        e.path = path
        raise


def _digest(config: Config, policies: Mapping[str, str]) -> str:
    parts = "\0".join(f"{name}\0{text}" for name, text in sorted(policies.items()))
    return hashlib.sha256(f"{config.judge}\0{parts}".encode("utf-8", "surrogatepass")).hexdigest()

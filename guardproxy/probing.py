"""The settings section `probe`: which models are probed, and who lets new ones serve (docs/probe.md)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from guardproxy.amounts import Count, LongSeconds
from guardproxy.sections import Section


class Probing(Section):
    """Probes of the upstream's models while they serve (docs/probe.md). Without a baseline, none."""

    baseline: str = ""
    """File of `guardproxy probe --record`. Read again at each look."""
    set: str = "core"
    """A file of probes, or a shipped set: the one that the baseline was taken with."""
    interval: LongSeconds = 3600.0
    """Between two runs on a model."""
    requests: Count = 80
    """Of one run, at most."""
    alpha: float = Field(default=0.01, gt=0, lt=0.5)
    """Probability that a model which keeps what it kept is ever found."""
    models: tuple[str, ...] = ()
    """Names that the upstream knows; the others are held like new ones. None: all that it lists."""
    hold_new: bool = True
    """A model that is not in the baseline serves only after its first run has passed."""
    release: Literal["probe", "approval"] = "probe"
    """Who lets a new model serve once it has passed: the probe, or people (`approvals: for_release`)."""
    state: str = ""
    """File of what was said about models: released, denied, quarantined. Without one, every start probes anew."""
    registry: str = ""
    """File of `guardproxy weights`: weights that it doesn't allow don't serve."""
    trust: tuple[str, ...] = ()
    """Files of public keys that may sign the registry."""
    on_alarm: Literal["quarantine", "alert"] = "quarantine"
    """`quarantine`: it is refused (403, `model_quarantined`). `alert`: only metrics, health and the log tell."""
    judge: str = "small"
    """Who tells refusals: a model, by its name in `inference`, or one of `judges`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.release == "approval" and not self.state:
            raise ValueError(
                "`release: approval` needs `state`, a file that keeps what people have said over a restart"
            )
        if bool(self.registry) != bool(self.trust):
            raise ValueError(
                "`registry` and `trust` go together: a registry counts as far as trusted keys have signed it"
            )
        if self.state and self.state in (self.baseline, self.registry):
            raise ValueError("`state` is a file of its own, which guardproxy writes")
        return self

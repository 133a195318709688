"""What the tests of the policy share: a catalogue, filters that need no other part of guardproxy, and the monitors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guardproxy import monitors
from guardproxy.policy.load import Examined, examine
from guardproxy.text import PatternFilter, Rule, parse
from guardproxy.types import Catalogue, Channel, ConfigError, Direction, Finding, Monitor, Origin, Role

CATALOGUE = Catalogue(
    labels={
        "pii_patterns": ("pii.email", "pii.phone", "pii.card"),
        "secrets": ("secret.*",),
        "control_tokens": ("injection.control_token",),
        "toxicity": ("toxicity.insult", "toxicity.threat"),
        "patterns": ("*",),
    },
    monitors=monitors.labels(),
    spans={"pii_patterns": True, "secrets": True, "control_tokens": True, "toxicity": False, "patterns": True},
)
ANSWER = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
QUESTION = Origin(Direction.REQUEST, Role.USER)


def build(name: str, options: Mapping[str, Any]) -> PatternFilter | Monitor:
    """Stands for guardproxy.detectors.build: patterns as authors write them, and nothing to find otherwise."""
    if options.get("use") in monitors.kinds():
        return monitors.build(name, options)
    if "unknown" in options:
        error = ConfigError(f"filter {name!r}: unknown: no such option")
        error.path = ("unknown",)  # type: ignore[attr-defined]
        raise error
    rules = [
        Rule(entry["id"], entry.get("label", f"{name}.{entry['id']}"), entry["pattern"], score=entry.get("score", 1.0))
        for entry in options.get("patterns", ())
    ]
    for rule in rules[:1]:
        if rule.id == "refused-when-built":
            parse(rule.pattern)
    return PatternFilter(name, rules, hold=options.get("hold", True))


def look(text: str, directory: Path) -> Examined:
    """Examine a policy that is written here."""
    (directory / "policy.yaml").write_text(text, encoding="utf-8")
    return examine(directory, CATALOGUE, build)


def found(label: str, start: int | None = 0, end: int = 5, *, score: float = 0.9, by: str = "pii") -> Finding:
    return Finding(by, label, score, None if start is None else (start, end))

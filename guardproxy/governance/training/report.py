"""What a scan says of a file: for people, and as JSON that is the same text for the same file, policy and version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from guardproxy import __version__
from guardproxy.governance.training.tally import Note, Tally
from guardproxy.policy.training import TrainingDecision

FORMAT: Final = "guardproxy-scan/v1"
_TOLD: Final = 20
"""Lines that people are told of; the JSON has all that were noted."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file under one policy."""

    name: str
    digest: str
    """SHA-256 of its bytes, as `sha256:…`."""
    size: int
    """Bytes."""
    policy: str
    policy_digest: str
    tally: Tally
    decision: TrainingDecision

    def as_json(self) -> dict[str, Any]:
        tally = self.tally
        return {
            "file": self.name,
            "digest": self.digest,
            "bytes": self.size,
            "policy": {"name": self.policy, "digest": self.policy_digest},
            "outcome": self.decision.outcome.word,
            "because": [
                {"rule": one.rule, "outcome": one.outcome.word, "conditions": list(one.because)}
                for one in self.decision.verdicts
            ],
            "lines": tally.lines,
            "examples": tally.examples,
            "unreadable": tally.unreadable,
            "characters": tally.characters,
            "kinds": dict(sorted(tally.kinds.items())),
            "tool_examples": tally.tools,
            "reasoning_targets": tally.reasoning,
            "outcomes": dict(sorted(tally.outcomes.items())),
            "labels": {label: _part(count, tally) for label, count in sorted(tally.labels.items())},
            "rules": dict(sorted(tally.rules.items())),
            "noted": tally.noted,
            "notes": [note.as_json() for note in tally.notes],
        }

    def as_text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        tally = self.tally
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(tally.kinds.items()))
        yield f"{self.name}: {tally.examples:,} examples in {tally.lines:,} lines, {self.size:,} bytes ({kinds or 'none'})"
        yield f"  {self.digest}"
        yield f"  policy {self.policy} {self.policy_digest[:12]}"
        yield f"  {self.decision.outcome.word.upper()}"
        for one in self.decision.verdicts:
            yield f"    {one.outcome.word} by {one.rule}: {', '.join(one.because)}"
        if tally.unreadable:
            yield f"  {tally.unreadable:,} lines can't be read"
        if tally.tools or tally.reasoning:
            yield f"  {tally.tools:,} with calls of tools, {tally.reasoning:,} teach what to think"
        for label, count in sorted(tally.labels.items(), key=lambda item: (-item[1], item[0])):
            yield f"  {label:<32}{count:>10,}  {count / max(tally.examples, 1):8.3%}"
        for rule, count in sorted(tally.rules.items()):
            yield f"  rule {rule:<27}{count:>10,}"
        for note in tally.notes[:_TOLD]:
            yield f"  {self.name}:{note.line}: {_words(note)}"
        if tally.noted > _TOLD:
            yield f"  … and {tally.noted - _TOLD:,} lines more (--report FILE names {len(tally.notes):,})"


def _words(note: Note) -> str:
    if note.error:
        return note.error
    labels = ", ".join(f"{label} {score:.2f}" for label, score in note.labels.items())
    return f"{note.outcome}: {labels}" + (f" ({', '.join(note.rules)})" if note.rules else "")


def _part(count: int, tally: Tally) -> Mapping[str, Any]:
    return {"examples": count, "share": round(count / max(tally.examples, 1), 6)}


def document(files: list[FileReport]) -> dict[str, Any]:
    """The JSON of a scan."""
    return {"format": FORMAT, "guardproxy": __version__, "files": [one.as_json() for one in files]}

"""What was said in a request, message by message, for detectors that read more than one text."""

from __future__ import annotations

from dataclasses import dataclass, field

from guardproxy.engine.gate import Gate
from guardproxy.types import Finding, Origin, Path, Utterance


@dataclass(slots=True)
class _Message:
    origin: Origin
    place: Path
    texts: list[str] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)  # those that will find more

    def read(self) -> Utterance:
        later = (f for gate in self.gates for f in gate.facts.findings)
        return Utterance(self.origin, "\n".join(self.texts), (*self.found, *later))


class Transcript:
    """The texts of one request as their gates let them through, in the order in which the model reads them."""

    def __init__(self) -> None:
        self._messages: list[_Message] = []
        self._said: tuple[Utterance, ...] | None = ()

    def add(self, origin: Origin, place: Path, text: str, gate: Gate) -> None:
        """A text that its gate has read. `place`: of its message; texts of one message are one utterance."""
        last = self._messages[-1] if self._messages else None
        if last is None or (last.place, last.origin.role, last.origin.channel) != (place, origin.role, origin.channel):
            last = _Message(origin, place)
            self._messages.append(last)
        last.texts.append(text)
        if gate.plan.shadow:
            last.gates.append(gate)
        else:  # a gate with its scans is large, and there may be thousands
            last.found += gate.facts.findings
        self._said = None

    def said(self) -> tuple[Utterance, ...]:
        """All of it so far. The same tuple until something is added: a reply may ask for each of its texts."""
        if self._said is None:
            self._said = self.read()
        return self._said

    def read(self) -> tuple[Utterance, ...]:
        """All of it so far, with what was found in it by now: shadow filters find more, later."""
        return tuple(message.read() for message in self._messages)

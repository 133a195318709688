"""What a judge is asked, and one exchange with its server. Protocols turn the first into the second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from guardproxy.inference.verdicts import Opinions
from guardproxy.judge_target import JudgeTarget
from guardproxy.types import GuardproxyError, Json, Origin


class JudgeError(GuardproxyError):
    """A judge gave no verdict. The message quotes neither the text nor the answer."""


class JudgeTimeout(JudgeError, TimeoutError):
    """No verdict in time, or too many questions wait."""


@dataclass(frozen=True, slots=True)
class Question:
    """One text to be judged."""

    text: str
    origin: Origin
    policies: Mapping[str, str] = field(default_factory=dict)
    """Name to policy. Empty for judges that have a policy of their own."""
    batch: bool = False
    """Ask about all policies in one request, where the protocol leaves the choice."""
    key: bytes = b""
    """Secret that marks the frame around the text."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to a judge's server."""

    path: str
    """Below the judge's URL."""
    body: Json
    read: Callable[[Json], Opinions]
    """What the answer says. Raises UnreadableVerdict; any other error counts as one."""
    headers: tuple[tuple[str, str], ...] = ()


Asking: TypeAlias = Callable[[JudgeTarget, Question], Sequence[Exchange]]
"""A protocol: the exchanges that answer a question. What they hold against the text adds up."""

"""Which labelled texts a rule ought to speak on: what an author says, or what is assumed from names, and said to be.

A text that isn't labelled for a rule counts neither way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from guardproxy.policy.model import Rule
from guardproxy.types import GuardproxyError

_YES: Final = {"true": "1", "false": "0", "1.0": "1", "0.0": "0"}


class Untold(GuardproxyError):
    """A row's labels don't say what they were taken to say."""


@dataclass(frozen=True, slots=True)
class Positive:
    """What an author says: texts with this value of this label are positive, those with another one negative."""

    key: str
    value: str
    rule: str = ""
    """Empty: for all rules."""

    def of(self, labels: Mapping[str, Any]) -> bool | None:
        """Whether a text is one; None where the label says nothing."""
        got = labels.get(self.key)
        if isinstance(got, (list, tuple)):
            return self.value in map(written, got)
        text = written(got)
        return None if not text else text == self.value


def positive(text: str) -> Positive:
    """Read `[RULE:]KEY=VALUE`. Raises ValueError."""
    found = re.fullmatch(r"(?:(?P<rule>[a-z0-9][a-z0-9-]*):)?(?P<key>[^=]+)=(?P<value>.+)", text)
    if not found:
        raise ValueError(f"{text!r} is not KEY=VALUE or RULE:KEY=VALUE, as in `toxicity=1`")
    return Positive(found["key"].strip(), written(found["value"].strip()), found["rule"] or "")


def written(value: Any) -> str:
    """A label's value as text: 1 for what is true, 0 for what is false, nothing for null."""
    text = "" if value is None else str(value).strip()
    return _YES.get(text.lower(), text)


class Truth:
    """Whether texts are positive for one rule."""

    def __init__(self, rule: Rule, said: Sequence[Positive], meanings: Mapping[str, tuple[str, ...]]) -> None:
        """`said`: by the author. `meanings`: label of a filter to the names that its model learned it from."""
        self.rule = rule
        self.said = [p for p in said if p.rule == rule.id] or [p for p in said if not p.rule]
        self._atoms = [_Assumed(atom.label, meanings) for atom in rule.when.atoms] if not self.said else []
        self._met: set[str] = set()

    @property
    def possible(self) -> bool:
        """There is some name to go by."""
        return bool(self.said) or all(atom.candidates for atom in self._atoms)

    @property
    def assumed(self) -> bool:
        """The author didn't say."""
        return not self.said

    def of(self, labels: Mapping[str, Any]) -> bool | None:
        """Whether a text is positive; None where it isn't labelled for this. Raises Untold."""
        if self.said:
            self._met |= {p.key for p in self.said if p.key in labels}
            return _any(p.of(labels) for p in self.said)
        every = [atom.of(labels) for atom in self._atoms]
        return _all(every) if self.rule.when.every else _any(every)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names that no text had a label of."""
        if self.said:
            return tuple(dict.fromkeys(p.key for p in self.said if p.key not in self._met))
        return tuple(dict.fromkeys(" or ".join(map(_joined, a.candidates)) for a in self._atoms if a.keys is None))

    def __str__(self) -> str:
        if self.said:
            return " or ".join(f"{p.key} = {p.value}" for p in self.said)
        parts = dict.fromkeys(" and ".join(f"{k} = 1" for k in atom.keys or ()) for atom in self._atoms)
        return (" and " if self.rule.when.every else " or ").join(filter(None, parts))


@dataclass(slots=True)
class _Assumed:
    """The label of one condition, and the names in the data that may mean it: the first that the data has."""

    label: str
    meanings: Mapping[str, tuple[str, ...]]
    candidates: list[tuple[str, ...]] = field(init=False)
    keys: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        parts = self.label.split("*")[0].rstrip(".").split(".")
        names = [(".".join(parts),), self.meanings.get(self.label, ()), parts[-1:], parts[:1]]
        self.candidates = list(dict.fromkeys(tuple(n) for n in names if all(n) and n))

    def of(self, labels: Mapping[str, Any]) -> bool | None:
        here = next((c for c in self.candidates if all(key in labels for key in c)), None)
        if self.keys is None:
            self.keys = here
        elif here is not None and self.candidates.index(here) < self.candidates.index(self.keys):
            raise Untold(
                f"this row has a label {_joined(here)}, earlier ones have {_joined(self.keys)} instead, and either may be "
                f"what {self.label} finds; say which with --positive"
            )
        if self.keys is None:
            return None
        return _all(_binary(key, labels.get(key)) for key in self.keys)


def _binary(key: str, value: Any) -> bool | None:
    text = "" if isinstance(value, (list, tuple, dict)) else written(value)
    if value is None or (isinstance(value, str) and not text):
        return None
    if text not in ("0", "1"):
        raise Untold(
            f"label {key} is {str(value)[:40]!r}, neither 0 nor 1; say what is positive: --positive {key}=VALUE"
        )
    return text == "1"


def _joined(keys: tuple[str, ...]) -> str:
    return " and ".join(keys)


def _any(values: Iterable[bool | None]) -> bool | None:
    every = list(values)
    return True if True in every else None if None in every or not every else False


def _all(values: Iterable[bool | None]) -> bool | None:
    every = list(values)
    return False if False in every else None if None in every or not every else True

"""A playbook: a readable trace of a streamed exchange, and the gates that it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

from guardproxy.engine import Gate, Guard, Observer
from guardproxy.policy.model import Atom, Defaults, Mode, Policy, Rule, Scope, When
from guardproxy.text import PatternFilter
from guardproxy.text import Rule as Pattern
from guardproxy.types import Channel, Direction, Filter, Origin, Outcome, Role, Style

REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
EMAIL = Pattern(
    "email",
    "pii.email",
    r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}",
    before=r"A-Za-z0-9._%+\-",
)
KEY = Pattern("aws", "secret.aws", r"AKIA[A-Z0-9]{16}", before="A-Za-z0-9")
BOMB = Pattern("bomb", "hazard.bomb", r"pipe ?bomb", ignore_case=True)
CARD = Pattern("card", "pii.card", r"\d(?:[ -]?\d){12,18}", before="0-9", judge=lambda s: 1.0 if _luhn(s) else None)
PATTERNS = (EMAIL, KEY, BOMB, CARD)


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    return sum(d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(reversed(digits))) % 10 == 0


def rule(id: str, label: str, then: Outcome, **options: object) -> Rule:
    return Rule(id=id, when=When((Atom(label),)), then=then, **options)  # type: ignore[arg-type]


RULES = (
    rule("mask-pii", "pii.*", Outcome.REDACT),
    rule("mask-secrets", "secret.*", Outcome.REDACT, style=Style.LABEL),
    rule("no-bombs", "hazard.*", Outcome.BLOCK),
)


DEFAULTS = Defaults()


def policy(rules: Sequence[Rule] = RULES, *, defaults: Defaults = DEFAULTS, names: Sequence[str] = ("p",)) -> Policy:
    return Policy(
        name="test",
        defaults=defaults,
        rules=tuple(rules),
        filters=MappingProxyType({n: {"use": "patterns"} for n in names}),
        labels=MappingProxyType(dict.fromkeys(names, ("*",))),
    )


def guard(one: Policy | None = None, **filters: Filter) -> Guard:
    filters = filters or {"p": PatternFilter("p", PATTERNS)}
    return Guard.build(one or policy(names=tuple(filters)), filters, key=b"k" * 32)


class Play:
    """`play >> "text in" << "text out" >> …`, then `await play`. The last `>>` is the last delta; `cut` expects a Cut."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.steps = gate, []

    def __rshift__(self, text: str) -> Play:
        self.steps.append([text, None])
        return self

    def __lshift__(self, expected: object) -> Play:
        self.steps[-1][1] = expected
        return self

    async def run(self) -> None:
        from guardproxy.engine import Cut

        for number, (text, expected) in enumerate(self.steps):
            last = number == len(self.steps) - 1
            try:
                got: object = await self.gate.feed(text, last=last)
            except Cut:
                got = Cut
            assert got == expected, f"step {number}: {text!r} gave {got!r}, not {expected!r}"

    def __await__(self):
        return self.run().__await__()


MakePlay = Callable[[], Play]
__all__ = ["Mode", "Observer", "Scope"]

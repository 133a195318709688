"""Reversible masking under the same test: a value goes to the model as a placeholder and comes back, and no other does.

Each case is one conversation. Its request holds a value and something that only looks like a placeholder; the upstream
must receive neither. Its reply holds the placeholder as models write it (other case, spaces, Markdown's backslashes), one of
another conversation and an invented one: the client must read the value, and the two forged ones as they are.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.leak import replies
from bench.leak.cases import CALLS, OTHERS, PLANTED, REPLIES, REQUESTS, TEMPLATES, Body, Case, Planted, Surface, request
from guardproxy.types import Role
from guardproxy.wire.dialects import by_name

POLICY = Path("policies/packs/reversible.yaml")
INVENTED = "[pii.email:aaaaaaaa]"
_PLACEHOLDER = re.compile(r"\[pii\.[a-z_.]+:[a-z2-7]{8}\]")
_VALUES = tuple(p for p in PLANTED if p.label.startswith("pii."))


def _escaped(held: str) -> str:
    return held.replace("[", "\\[").replace("]", "\\]").replace("_", "\\_")


WRITTEN: tuple[Callable[[str], str], ...] = (str, str.upper, _escaped, lambda held: held.replace(":", ": "), str.title)
"""What models make of a placeholder."""


@dataclass(frozen=True)
class Conversation:
    """One value on its way to the model and back. `listed`: the call goes to a tool that gets values."""

    surface: Surface
    planted: Planted
    template: str
    written: Callable[[str], str]
    listed: bool = False

    def request(self) -> Body:
        return spoken(self.surface.dialect, f"Here: {self.planted.text}. And {INVENTED}?")

    def reply(self, held: str, foreign: str) -> Case:
        """The upstream's reply, with the value's placeholder and two that are none of this conversation's."""
        written = (str if self.surface.kind == "call" else self.written)(held)
        text = self.template.replace("{}", f"{written} not {foreign} nor {INVENTED}")
        return Case(self.surface, replace(self.planted, value=held, before="", after=""), text)

    def expected(self, held: str, foreign: str) -> str:
        """What the client must read."""
        back = self.planted.value if self.surface.kind != "call" or self.listed else held
        return self.template.replace("{}", f"{back} not {foreign} nor {INVENTED}")


def spoken(dialect: str, text: str) -> Body:
    """A request in which the user says this: the first of the dialect's places that is read as the user's."""
    for surface in REQUESTS:
        body = request(Case(surface, PLANTED[0], text)) if surface.dialect == dialect else None
        said = by_name()[dialect].read_request(body).segments if body else ()
        if any(s.origin.role is Role.USER and s.text == text for s in said):
            return body or {}
    raise LookupError(f"no place of {dialect} is the user's")


def free(surface: Surface) -> bool:
    """Whether a place is in a call that the server ran, or in what came of it: nothing is given back there."""
    return surface.name in getattr(OTHERS.get(surface.dialect), "FREE", ())


def conversations(per_surface: int) -> Iterator[Conversation]:
    turn = itertools.count()
    for surface in (*(s for s in REPLIES if not free(s)), *CALLS):
        for number in range(per_surface):
            n = next(turn)
            template = TEMPLATES[n * 7 % len(TEMPLATES)]
            listed = surface.kind == "call" and number % 2 == 1
            yield Conversation(surface, _VALUES[n % len(_VALUES)], template, WRITTEN[n % len(WRITTEN)], listed)


def shown(body: Body) -> tuple[list[str], str]:
    """The placeholders that the upstream was shown, and all that it received."""
    sent = json.dumps(body, ensure_ascii=False)
    return _PLACEHOLDER.findall(sent), sent


def events(one: Conversation, case: Case, rng: random.Random, style: int) -> list[bytes]:
    """The reply as an upstream streams it, the call addressed to its tool."""
    made = list(replies.events(case, replies.pieces(replies.payload(case), rng, style)))
    return [_addressed(one, e) for e in made]


def whole(one: Conversation, case: Case) -> Body:
    body: Body = json.loads(_addressed(one, json.dumps(replies.whole(case)).encode()))
    return body


def _addressed(one: Conversation, data: bytes) -> bytes:
    return data.replace(b'"name": "f"', b'"name": "send_email"') if one.listed else data

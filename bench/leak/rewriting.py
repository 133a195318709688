"""The same test with other words for the whole of a text: nothing of it may arrive, nor of what stood around the value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.leak import cases

SAID = "[withheld by keep]"
POLICY = """
schema: guardproxy/v1
policy: rewriting
filters:
  secrets: {use: secrets}
  pii: {use: pii_patterns}
rules:
  - id: keep
    when: [secret.*, pii.*]
    then: rewrite
    with: {template: "[withheld by {rule}]"}
"""
FREE = {(name, one) for name, other in cases.OTHERS.items() for one in other.FREE}
SURFACES = tuple(s for s in cases.REPLIES if (s.dialect, s.name) not in FREE)
"""Texts of replies. What tools of the upstream are given and say is no text that other words could stand for: it is cut."""
VALUES = tuple(p for p in cases.PLANTED if p.label.startswith(("pii.", "secret.")))


@dataclass(frozen=True)
class Rewritten(cases.Case):
    """A planted reply, and what must arrive instead of all of it."""

    @property
    def safe(self) -> str:
        return SAID


def replies(per_surface: int) -> Iterator[Rewritten]:
    """Cases on every text of a reply; calls would be none any more, and are cut."""
    for case in cases.cases(per_surface, VALUES):
        if case.surface in SURFACES:
            yield Rewritten(case.surface, case.planted, case.template)

"""Tallies of neighbouring ranges add up, and come back from JSON as they were."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.governance.training import tally as module
from guardproxy.governance.training.tally import MAX_NOTES, Note, Tally, best
from guardproxy.types import Finding

COUNTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 9), max_size=3)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    out = Tally(lines=draw(st.integers(0, 50)), examples=draw(st.integers(0, 50)), tools=draw(st.integers(0, 5)))
    out.kinds.update(draw(COUNTS))
    out.labels.update(draw(COUNTS))
    for line in draw(st.lists(st.integers(1, 50), max_size=4)):
        note = Note(line, error="no") if draw(st.booleans()) else Note(line, {"x": 0.5}, "redact", ("r",))
        out.note(note)
    return out


@given(parts=st.lists(tallies(), max_size=4))
def test_tallies_add_up_in_any_grouping(parts: list[Tally]) -> None:
    def total(some: list[Tally]) -> Tally:
        out = Tally()
        for one in some:
            out.add(one)
        return out

    whole = total(parts)
    for cut in range(len(parts) + 1):
        left, right = total(parts[:cut]), total(parts[cut:])
        left.add(right)
        assert left == whole
    assert Tally.of_json(json.loads(json.dumps(whole.as_json()))) == whole
    assert whole.lines == sum(one.lines for one in parts)


def test_notes_are_bounded_and_the_first_ones_stay() -> None:
    out = Tally()
    for _ in range(3):
        part = Tally(lines=MAX_NOTES)
        for line in range(1, MAX_NOTES - 100):
            part.note(Note(line, error="no"))
        out.add(part)
    assert len(out.notes) == MAX_NOTES and out.noted == 3 * (MAX_NOTES - 101)
    assert out.notes[-1].line == 2 * MAX_NOTES - (MAX_NOTES - 101)


def test_a_score_that_is_no_number_is_the_highest() -> None:
    found = frozenset(
        [Finding("f", "a", 0.4), Finding("f", "a", 0.6), Finding("f", "b", math.nan), Finding("f", "c", 7.0)]
    )
    assert best(found) == {"b": 1.0, "c": 1.0, "a": 0.6}
    assert module.word(module.Outcome.REDACT) == "redact"

"""The ring of the latest records stays within its bounds and loses none in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.telemetry.recent import Recent


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 8), st.integers(1, 20), st.integers(0, 70))
def test_it_keeps_the_latest(weights: list[int], records: int, entries: int, after: int) -> None:
    ring = Recent(records, entries)
    for number, weight in enumerate(weights, 1):
        ring.add(
            {
                "decision_id": str(number),
                "findings": [None] * (weight // 2),
                "verdicts": [None] * (weight - weight // 2),
            }
        )
    kept = ring.after(0)
    assert ring.last == len(weights) and len(ring) == len(kept) <= records
    assert [r["decision_id"] for _, r in kept] == [str(n) for n, _ in kept]
    assert [n for n, _ in kept] == list(range(len(weights) - len(kept) + 1, len(weights) + 1))
    assert ring.after(after) == [(n, r) for n, r in kept if n > after]
    assert sum(weights[n - 1] for n, _ in kept) <= entries or len(kept) == 1
    if len(kept) < min(len(weights), records):  # what was let go had to be
        assert sum(weights[len(weights) - len(kept) - 1 :]) > entries
    for number in range(1, len(weights) + 1):
        assert (ring.find(str(number)) is not None) == (number in dict(kept))

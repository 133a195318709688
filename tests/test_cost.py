"""The measure that tests of hostile input rely on tells what takes the square of its input from what does not."""

from __future__ import annotations

from tests.cost import grows_like_its_input


def _loops(times: int) -> None:
    for _ in range(times):
        pass


def test_the_square_is_told_from_what_grows_like_its_input() -> None:
    assert grows_like_its_input(lambda size: _loops(100 * size), 20_000)
    assert not grows_like_its_input(lambda size: _loops(size * size // 1000), 100_000)


def test_what_costs_next_to_nothing_passes() -> None:
    assert grows_like_its_input(lambda size: _loops(size * size), 20)

"""The cache of scores: bounded, by tenant, the least used goes first."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from guardproxy.inference.score_cache import _OVERHEAD, ScoreCache

VALUE = b"x" * 44


def filled(limit: int, count: int) -> ScoreCache:
    one = ScoreCache(limit, "digest")
    for n in range(count):
        one.put(one.key("t", "user", str(n)), VALUE)
    return one


def test_the_least_used_goes_first() -> None:
    cost = len(VALUE) + _OVERHEAD
    one = ScoreCache(3 * cost, "digest")
    keys = [one.key("t", "user", str(n)) for n in range(4)]
    for key in keys[:3]:
        one.put(key, VALUE)
    assert one.get(keys[0]) == VALUE
    one.put(keys[3], VALUE)
    assert [one.get(key) is not None for key in keys] == [True, False, True, True]
    assert one.size == 3 * cost and len(one) == 3


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 400)), max_size=60), st.integers(1, 2000))
def test_it_never_grows_beyond_its_limit(puts: list[tuple[int, int]], limit: int) -> None:
    one = ScoreCache(limit, "digest")
    for which, length in puts:
        one.put(one.key("t", "user", str(which)), b"v" * length)
        assert one.size <= limit
        assert one.size == sum(len(v) + _OVERHEAD for v in one._entries.values())


def test_its_count_of_bytes_is_the_truth() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    one = ScoreCache(10_000_000, "digest")
    for n in range(20_000):
        one.put(one.key("t", "user", str(n)), VALUE + bytes(0) + n.to_bytes(2, "big"))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 0.6 * taken <= one.size <= 1.6 * taken, (taken, one.size)


def test_keys_tell_nothing() -> None:
    one, other = ScoreCache(1000, "digest"), ScoreCache(1000, "digest")
    assert one.key("t", "user", "text") != other.key("t", "user", "text"), "each process has a secret of its own"
    secret = b"s" * 16
    keys = {
        ScoreCache(1000, digest, secret).key(tenant, role, text)
        for digest in ("d", "e")
        for tenant in ("t", "u", "\ud800")
        for role in ("user", "tool")
        for text in ("", "a", "\ud800", "a\0b")
    }
    assert len(keys) == 2 * 3 * 2 * 4

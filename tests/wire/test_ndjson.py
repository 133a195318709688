"""Lines come out the same however the stream is cut, and they are bounded."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import WireError
from guardproxy.wire.ndjson import Decoder


def lines(*chunks: bytes) -> list[bytes]:
    decoder = Decoder()
    return [e.data for e in [*(e for c in chunks for e in decoder.feed(c)), *decoder.close()]]


@pytest.mark.parametrize(
    ("stream", "wanted"),
    [
        (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":1}\r\n\r\n \t\n{"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":"x\\r\\ny"}\n', [b'{"a":"x\\r\\ny"}']),
        (b'{"a":"\r"}\n', [b'{"a":"\r"}']),
        ('{"a":"é👋"}\n'.encode(), ['{"a":"é👋"}'.encode()]),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_lines(stream: bytes, wanted: list[bytes]) -> None:
    assert lines(stream) == wanted
    assert lines(*(stream[i : i + 1] for i in range(len(stream)))) == wanted


@given(st.lists(st.binary(max_size=8), max_size=8), st.lists(st.integers(0, 60), max_size=6))
def test_cuts_change_nothing(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"\n".join(parts)
    places = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    assert lines(*(stream[a:b] for a, b in pairwise(places))) == lines(stream)


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_a_line_is_bounded_whether_it_ends_or_not(size: int) -> None:
    for stream in (b"x" * 101 + b"\n", b"x" * 101):
        decoder = Decoder(limit=100)
        with pytest.raises(WireError, match="more than 100 bytes"):
            for at in range(0, len(stream), size):
                decoder.feed(stream[at : at + size])
    decoder = Decoder(limit=100)
    assert len(decoder.feed((b"x" * 99 + b"\n") * 5)) == 5

"""The decoder gives the same events however the stream is cut, and keeps its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.types import WireError
from guardproxy.wire.sse import KEEP_ALIVE, Decoder, Event, comment, encode


def decode(*chunks: bytes) -> list[Event]:
    decoder = Decoder()
    return [e for c in chunks for e in decoder.feed(c)] + decoder.close()


def data(*chunks: bytes) -> list[bytes]:
    return [e.data for e in decode(*chunks)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\r\ndata: b\r\n\r\n", [b"a\nb"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data\n\ndata: a\n\n", [b"", b"a"]),
        (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", [b"a", b"b"]),
        (b"id: 1\nretry: 5\nfoo: x\nfoo\ndata: a\n\n", [b"a"]),
        (b"id: 1\n\ndata: a\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: \xf0\x9f\x91\x8b\n\n", ["👋".encode()]),
        (b"", []),
        (b"\xef\xbb", []),
    ],
)
def test_streams_of_the_standard(stream: bytes, events: list[bytes]) -> None:
    assert data(stream) == events
    assert data(*(bytes([b]) for b in stream)) == events


def test_event_names_belong_to_one_event() -> None:
    assert decode(b"event: error\ndata: a\n\ndata: b\n\n") == [Event(b"a", b"error"), Event(b"b")]


def test_comments_are_keep_alives_at_once() -> None:
    decoder = Decoder()
    assert decoder.feed(b": their own words\n") == [KEEP_ALIVE]
    assert decoder.feed(b"\ndata: a\n: x\ndata: b\n\n") == [KEEP_ALIVE, Event(b"a\nb")]
    assert KEEP_ALIVE.comment and not KEEP_ALIVE.data


def test_an_event_is_given_as_soon_as_it_ends() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == [Event(b"a")]
    assert decoder.feed(b"\ndata: b\n") == []
    assert decoder.feed(b"\n") == [Event(b"b")]


@pytest.mark.parametrize("stream", [b"data: [DONE]", b"data: [DONE]\n", b"data: [DONE]\r"])
def test_a_last_event_without_its_blank_line_is_given_at_the_end(stream: bytes) -> None:
    decoder = Decoder()
    assert decoder.feed(stream) == []
    assert decoder.close() == [Event(b"[DONE]")]
    assert decoder.close() == []


def test_a_cut_field_name_is_no_event() -> None:
    assert decode(b"data: a\n\ndat") == [Event(b"a")]


PIECES = st.sampled_from(
    [
        b"data: a\r\n",
        b"data: b\n",
        b"data: ",
        b"data:",
        b"data",
        b"event: x",
        b": c",
        b"id: 1",
        b"a",
        "é👋".encode(),
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\xef\xbb\xbf",
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join), st.data())
def test_any_cutting_gives_the_same_events(stream: bytes, draw: st.DataObject) -> None:
    cuts = sorted(draw.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*chunks) == decode(stream) == decode(*(bytes([b]) for b in stream))


def reference(stream: bytes) -> list[bytes]:
    """The standard's own line-by-line reading, without its last rule (an event cut off at the end is given here)."""
    text = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    events, lines = [], []
    for line in (*text.split(b"\n"), b""):
        if line:
            field, _, value = line.partition(b":")
            if field == b"data":
                lines.append(value[1:] if value[:1] == b" " else value)
        elif lines:
            events.append(b"\n".join(lines))
            lines = []
    return events


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_the_events_are_those_of_the_standard(stream: bytes) -> None:
    assert [d for d in data(stream) if d] == [d for d in reference(stream) if d]


@given(st.binary(max_size=60).filter(lambda b: b"\n" not in b and b"\r" not in b and b))
def test_what_is_encoded_is_decoded(payload: bytes) -> None:
    assert data(encode(payload)) == [payload]


def test_encoding_keeps_line_ends_inside_one_event() -> None:
    assert data(encode(b"a\nb\r\nc\rd")) == [b"a\nb\nc\nd"]
    assert decode(comment()) == [KEEP_ALIVE]


@pytest.mark.parametrize("step", [1, 7, 64, 5000])
@pytest.mark.parametrize("line", [b"data: " + b"x" * 200, b"data: xy\n", b": c\n", b"id: 1\n", b"xy"])
def test_an_event_over_the_bound_is_refused(line: bytes, step: int) -> None:
    decoder, stream = Decoder(limit=100), line * 60
    with pytest.raises(WireError, match="more than 100 bytes"):
        for at in range(0, len(stream), step):
            decoder.feed(stream[at : at + step])
        decoder.feed(b"\n\n")


@pytest.mark.parametrize("step", [1, 7, 64, 5000])
def test_many_events_below_the_bound_pass(step: int) -> None:
    decoder, stream = Decoder(limit=100), (b"data: " + b"x" * 80 + b"\n\n: k\n\n") * 50
    assert sum(not e.comment for at in range(0, len(stream), step) for e in decoder.feed(stream[at : at + step])) == 50

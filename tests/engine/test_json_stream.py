"""A JSON document that streams: what `guard_json` makes of the whole comes out of any pieces of it."""

import asyncio
import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.engine import Cut, Fitting, JsonStream, json_stream
from guardproxy.engine.json_lexer import Unescaper
from guardproxy.engine.json_text import guard_json
from guardproxy.engine.observe import Silent
from guardproxy.policy.model import Defaults
from guardproxy.text import PatternFilter
from guardproxy.types import Decision, Facts
from tests.engine.play import PATTERNS, REPLY, guard, policy
from tests.engine.test_json_lexer import pieces
from tests.engine.test_json_text import ASSIGNED

GUARD = guard(p=PatternFilter("p", [*PATTERNS, ASSIGNED]))
HIDDEN = ["joe@example.com", "AKIAIOSFODNN7EXAMPLE", "4111 1111 1111 1111"]


def whole(text: str) -> str | None:
    """None where it is cut."""
    try:
        return asyncio.run(guard_json(text, lambda: GUARD.gate(REPLY)))
    except Cut:
        return None


async def _stream(parts: list[str], ended: str) -> tuple[str, bool]:
    stream, out = JsonStream(lambda: GUARD.gate(REPLY)), ""
    before = GUARD.held.now
    try:
        for number, part in enumerate(parts):
            last = ended == "last" and number == len(parts) - 1
            out += await stream.feed(part, last=last)
        if ended == "part":
            out += await stream.part_ended()
        return out, False
    except Cut:
        return out, True
    finally:
        stream.end()
        assert GUARD.held.now == before


def streamed(parts: list[str], ended: str = "last") -> tuple[str, bool]:
    return asyncio.run(_stream(parts or [""], ended))


STRINGS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*HIDDEN, "é\n😀 joe@example.com\t", "x", "", " [", '["', "{not json joe@example.com}", "pipe"]),
    st.sampled_from([{"to": "joe@example.com"}, ["é", "joe@example.com"], "a"]).map(json.dumps),
    st.sampled_from([{"to": "joe@example.com"}]).map(lambda v: " " + json.dumps(json.dumps(v))),
)
KEYS = st.text('abcé"\\', max_size=4) | st.sampled_from(["password", "password", "x"])
VALUES = st.recursive(
    st.one_of(STRINGS, STRINGS, STRINGS, st.booleans(), st.none(), st.integers(), st.just(4111111111111111)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=10,
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document in which some characters of strings are escaped that need not be."""
    value = draw(VALUES)
    text = json.dumps({"v": value, "password": draw(STRINGS)}, ensure_ascii=draw(st.booleans()))
    return text.replace("@", draw(st.sampled_from(["@", "@", "\\u0040"]))).replace(
        "joe", draw(st.sampled_from(["joe", "\\u006aoe"]))
    )


CUTS = st.lists(st.integers(0, 400), max_size=12)


@given(documents(), CUTS, st.sampled_from(["last", "part"]))
def test_pieces_give_what_the_whole_gives(text: str, cuts: list[int], ended: str) -> None:
    expected = whole(text)
    out, cut = streamed(pieces(text, cuts), ended)
    assert cut == (expected is None)
    if expected is not None:
        assert out == expected
        json.loads(out)
    for hidden in HIDDEN:
        assert hidden not in out
        assert json.dumps(hidden)[1:-1] not in out


@given(documents(), st.data())
def test_a_cut_never_shows_the_head_of_what_cut_it(text: str, data: st.DataObject) -> None:
    text = text[:-1] + ', "n": 4111111111111111, "z": "end"}'
    out, cut = streamed(pieces(text, data.draw(CUTS)))
    assert cut
    assert "4111111" not in out.replace("4111 1111", "")


@given(documents(), st.integers(0, 400), CUTS, st.sampled_from(["last", "part"]))
def test_a_document_that_breaks_off_shows_nothing_hidden(text: str, length: int, cuts: list[int], ended: str) -> None:
    out, _ = streamed(pieces(text[:length], cuts), ended)
    for hidden in HIDDEN:
        assert hidden not in out


FENCES = [
    ("```json\n", "\n```"),
    ("Sure, here it is: ", ""),
    ("", ' {"to": "j\\u006fe@example.com"}'),
    ("42 ", ""),
    ("\ufeff", ""),
]


@given(documents(), st.sampled_from(FENCES), CUTS)
def test_text_around_a_document(text: str, fence: tuple[str, str], cuts: list[int]) -> None:
    text = fence[0] + text + fence[1]
    out, cut = streamed(pieces(text, cuts))
    again = streamed([text])
    assert (out, cut) == again or (cut and again[1])
    shown = out.replace("\\u0040", "@").replace("\\u006a", "j").replace("\\u006f", "o")
    for hidden in HIDDEN:
        assert hidden not in shown


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (['{"to": "jo', "e@example.", 'com", "n', '": 3}'], ['{"to": "', "", '[pii.email]", "', 'n": 3}']),
        (['{"q": "a long clean', " answer str", 'eams"}'], ['{"q": "a long ', "clean answer ", 'streams"}']),
        (['{"password": "hunter2hun', 'ter2"}'], ["", '{"password": "[secret.assigned]"}']),
        (['{"a": "x\\u00', 'e9y"}'], ['{"a": "', 'x\\u00e9y"}']),
    ],
)
def test_what_goes_out_when(parts: list[str], expected: list[str]) -> None:
    async def run() -> list[str]:
        stream = JsonStream(lambda: GUARD.gate(REPLY))
        return [await stream.feed(p, last=n == len(parts) - 1) for n, p in enumerate(parts)]

    assert asyncio.run(run()) == expected


def test_escapes_beside_an_edit_stay_as_they_were() -> None:
    text = '{"a": "\\/caf\\u00e9 joe@example.com \\ud83d\\ude00\\ud83d"}'
    assert whole(text) == streamed([text])[0] == '{"a": "\\/caf\\u00e9 [pii.email] \\ud83d\\ude00\\ud83d"}'


@pytest.mark.parametrize(
    "text",
    [
        '{"to": "joe\\\\u0040example.com',
        'Sure: {"a": "{\\"to\\": \\"joe\\\\u0040example.com',
        "x\ty joe\\\\\\\\u0040a.com",
    ],
)
@pytest.mark.parametrize("step", [1, 3, 100])
def test_what_only_a_lenient_parser_would_decode(text: str, step: int) -> None:
    """Guarded as it stands in what is no JSON; a value of a document is decoded once, as by whoever parses it."""
    out, cut = streamed([text[i : i + step] for i in range(0, len(text), step)])
    if not text.startswith("{"):
        assert cut or "joe" not in out


def escape(text: str, level: int, codes: set[int]) -> str:
    """The text, escaped so often: quotes and backslashes always, some other characters by their code."""
    for _ in range(level):
        text = "".join(
            f"\\u{ord(c):04x}" if n % 7 in codes else f"\\{c}" if c in '"\\' else c for n, c in enumerate(text)
        )
    return text


JUNK = st.sampled_from(
    [
        '{"a": "',
        '"}',
        '", "',
        '"',
        ":",
        "{",
        "[",
        "\\",
        "\\\\",
        "\n",
        "1",
        "null",
        "hello",
        "\\u00e9",
        "\\ud83d",
        "é",
        "😀",
    ]
)
PLANTED = st.builds(escape, st.sampled_from(HIDDEN), st.integers(0, 3), st.sets(st.integers(0, 6), max_size=3))


@given(st.lists(JUNK | PLANTED, max_size=8).map(" ".join), st.booleans(), CUTS, st.sampled_from(["last", "part"]))
def test_text_that_is_no_json_is_read_as_deep_as_parsers_go(
    text: str, prose: bool, cuts: list[int], ended: str
) -> None:
    """And the beginning of a document as deep as whoever parses it."""
    shown, _ = streamed(pieces("Sure: " + text if prose else text, cuts), ended)
    for _ in range(4 if prose else 2):
        edits = asyncio.run(GUARD.gate(REPLY).judge(shown))
        assert not edits
        shown = "".join(one.text for one in Unescaper(0).feed(shown))


def test_a_part_that_goes_on() -> None:
    async def run(*parts: str) -> str:
        stream, out = JsonStream(lambda: GUARD.gate(REPLY)), ""
        for part in parts:
            out += await stream.feed(part)
            out += await stream.part_ended()
        return out

    assert (
        asyncio.run(run('{"a": "clean', ' text", "b": "joe@example.com"}')) == '{"a": "clean text", "b": "[pii.email]"}'
    )
    with pytest.raises(Cut):
        asyncio.run(run('{"a": "joe@exam', 'ple.com"}'))


def test_what_follows_another_field_is_the_same_text() -> None:
    async def run(parts: list[str]) -> str:
        one, other = JsonStream(lambda: GUARD.gate(REPLY)), JsonStream(lambda: GUARD.gate(REPLY))
        out = await one.feed(parts[0]) + await one.part_ended()
        other.follow(one)
        return out + await other.feed(parts[1], last=True)

    assert asyncio.run(run(['{"a": "b', 'c", "d": "joe@example.com"}'])) == '{"a": "bc", "d": "[pii.email]"}'
    with pytest.raises(Cut):
        asyncio.run(run(['{"a": "AKIAIOSF', 'ODNN7EXAMPLE"}']))


def test_a_document_behind_another_text_is_one() -> None:
    async def run(before: str, text: str) -> str:
        one, other = JsonStream(lambda: GUARD.gate(REPLY)), JsonStream(lambda: GUARD.gate(REPLY))
        await one.feed(before)
        await one.part_ended()
        other.follow(one)
        return await other.feed(text, last=True)

    for before in ("Here it is:", '{"a": 1}'):
        assert asyncio.run(run(before, '{"d": "joe@example.com"}')) == '{"d": "[pii.email]"}'
        with pytest.raises(Cut):
            asyncio.run(run(before, '{"d": 4111111111111111}'))


def test_more_strings_than_are_read_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_STRINGS", 300)
    assert not streamed([json.dumps(["a"] * 300)])[1]
    assert not streamed([json.dumps(["a", "b"] * 150)])[1]
    assert streamed([json.dumps(["a"] * 301)])[1]
    assert streamed(list(json.dumps(dict.fromkeys(map(str, range(151)), "a"))))[1]


@pytest.mark.parametrize("text", ['{"a": "[' + "1," * 20_000, '{"' + "k" * 20_000])
def test_what_waits_too_long_overflows(text: str) -> None:
    parts = [text[i : i + 500] for i in range(0, len(text), 500)]
    assert streamed(parts, "part")[1]


def test_a_whole_document_may_hold_a_long_one() -> None:
    text = json.dumps({"a": json.dumps({"b": "clean " * 4_000, "to": "joe@example.com"})})
    out, cut = streamed([text])
    assert not cut
    assert json.loads(json.loads(out)["a"])["to"] == "[pii.email]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a": "[' + "1," * 20_000 + '\\"joe@example.com\\", 1]", "b": "joe@example.com"}', "[pii.email]"),
        ('{"' + "k" * 20_000 + '": "joe@example.com"}', "[pii.email]"),
        ('{"a": "joe@example.com ' + "k " * 20_000 + '", "b": "{\\"to\\": \\"joe@example.com\\"}"}', "[pii.email]"),
    ],
)
def test_what_waits_too_long_goes_on_where_policy_says_so(text: str, shown: str) -> None:
    lenient = guard(policy(defaults=replace(Defaults(), failure="allow")))

    async def run() -> str:
        stream = JsonStream(lambda: lenient.gate(REPLY), schema=Fitting({"additionalProperties": {"minLength": 1}}))
        out = [await stream.feed(text[i : i + 500]) for i in range(0, len(text), 500)]
        return "".join([*out, await stream.part_ended()])

    out = asyncio.run(run())
    assert "joe@" not in out
    assert json.loads(out).keys() == json.loads(text).keys()
    assert shown in out


@pytest.mark.timeout(20)
def test_a_long_document_costs_no_square() -> None:
    text = json.dumps({"a": ["clean words " * 400] * 20, "b": ("\n" + "é" * 50 + " joe@example.com ") * 900})
    out, cut = streamed([text[i : i + 1000] for i in range(0, len(text), 1000)])
    assert not cut
    assert out.count("[pii.email]") == 900


class Told(Silent):
    """Counts what was decided."""

    def __init__(self) -> None:
        self.rules: list[tuple[str, ...]] = []

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        self.rules.append(tuple(v.rule for v in decision.verdicts))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('{"to": "a@b.co", "cc": "c@d.org", "n": "x"}', [("mask-pii",)]),
        ('{"to": "x\\u0061@b.co"}', [("mask-pii",)]),
        ('{"a": "b", "c": ["d"]}', [()]),
        ('{"a": "pipe bomb"}', [("no-bombs",)]),
    ],
)
def test_two_views_of_one_text_are_told_once(text: str, rules: list[tuple[str, ...]]) -> None:
    told = Told()

    async def run() -> None:
        stream = JsonStream(lambda: GUARD.gate(REPLY, observer=told))  # type: ignore[arg-type]
        for char in text:
            await stream.feed(char)
        await stream.part_ended()
        stream.end()

    with contextlib.suppress(Cut):
        asyncio.run(run())
    assert told.rules == rules

"""Harmony as text: what each form is cut into, and that no cutting of the stream changes or loses anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.wire.harmony import MAX_HEADER, Degraded, Piece, Splitter
from tests.cost import grows_like_its_input

Reader = type[Splitter] | type[Degraded]


def pieces(kind: Reader, text: str, cuts: list[int] | int = 1 << 30) -> list[Piece]:
    """What a text is cut into, neighbours of one kind joined."""
    reader = kind()
    step = cuts if isinstance(cuts, int) else 0
    ends = range(step, len(text) + step, step) if step else [*sorted(cuts), len(text)]  # type: ignore[arg-type]
    found: list[Piece] = []
    at = 0
    for end in ends:
        found += reader.feed(text[at:end])
        at = max(at, end)
    found += reader.close()
    out: list[Piece] = []
    for piece in found:
        assert piece.text
        if out and (out[-1].message, out[-1].kind) == (piece.message, piece.kind) == (piece.message, "content"):
            out[-1] = Piece(piece.message, out[-1].text + piece.text)
        else:
            out.append(piece)
    return out


def said(kind: Reader, text: str) -> list[tuple[str, str, str, str]]:
    """(author, channel, recipient, content) of each content."""
    found = [(p.message.author, p.message.channel, p.message.recipient, p.text) for p in pieces(kind, text)
             if p.kind == "content"]  # fmt: skip
    assert "".join(p.text for p in pieces(kind, text)) == text
    return found


FULL = {
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi<|return|>": [
        ("", "analysis", "", "Hm."),
        ("assistant", "final", "", "Hi"),
    ],
    '<|start|>assistant<|channel|>commentary to=functions.x <|constrain|>json<|message|>{"a":1}<|call|>': [
        ("assistant", "commentary", "functions.x", '{"a":1}')
    ],
    "<|start|>assistant to=functions.x<|channel|>commentary <|constrain|>json<|message|>{}<|call|>": [
        ("assistant", "commentary", "functions.x", "{}")
    ],
    " to=functions.x<|channel|>commentary json<|message|>{}": [("", "commentary", "functions.x", "{}")],
    "to=python<|channel|>analysis code<|message|>import os": [("", "analysis", "python", "import os")],
    "<|start|>functions.x to=assistant<|channel|>commentary<|message|>21<|end|>": [
        ("functions.x", "commentary", "assistant", "21")
    ],
    "analysis<|message|>Hm.<|end|>assistant<|channel|>final<|message|>Hi": [
        ("", "analysis", "", "Hm."),
        ("assistant", "final", "", "Hi"),
    ],
    "half a thought<|end|><|start|>assistant<|channel|>final<|message|>Hi": [
        ("", "", "", "half a thought"),
        ("assistant", "final", "", "Hi"),
    ],
    # malformed: seen in the field, or made up
    "<|start|>assistant<|channel|>commentary ––commentary<|message|>x": [("assistant", "commentary", "", "x")],
    "<|channel|>––commentary<|message|>x": [("", "commentary", "", "x")],
    "<|channel|>analysis<|channel|>final<|message|>x": [("", "final", "", "x")],
    "<|channel|>bogus<|message|>x<|end|>": [("", "bogus", "", "x")],
    "<|start|>assistant to=functions.query<|channel|>commentary extra words here<|message|>{}": [
        ("assistant", "commentary", "functions.query", "{}")
    ],
    "<|channel|>analysis I think so.<|end|>rest": [("", "analysis", "", "analysis I think so."), ("", "", "", "rest")],
    "<|message|>x": [("", "", "", "x")],
    "x<|start|>assistant<|start|>assistant<|channel|>final<|message|>y": [
        ("", "", "", "x"),
        ("assistant", "final", "", "y"),
    ],
    "<|channel|>final<|message|>a<|constrain|>b<|reserved_200013|>c": [
        ("", "final", "", "a"),
        ("", "final", "", "b"),
        ("", "final", "", "c"),
    ],
    "<|channel|>commentary to=functions.x": [],  # cut off inside a fine header
    "if a < b and c <| d |> e: <|im_start|>": [("", "", "", "if a < b and c <| d |> e: <|im_start|>")],
    "assistants to=day": [("", "", "", "assistants to=day")],
    "<|chan": [("", "", "", "<|chan")],
}


@pytest.mark.parametrize("text", FULL, ids=lambda t: t[:40])
def test_full_form(text: str) -> None:
    assert said(Splitter, text) == FULL[text]


DEGRADED = {
    "analysisRecord.assistantfinalYes.": [
        ("assistant", "analysis", "", "Record."),
        ("assistant", "final", "", "Yes."),
    ],
    'analysisHm.assistantcommentary to=functions.get_weather json{"location": "a}\\"]"}.': [
        ("assistant", "analysis", "", "Hm."),
        ("assistant", "commentary", "functions.get_weather", '{"location": "a}\\"]"}'),
        ("assistant", "commentary", "", "."),
    ],
    'assistant to=functions.get_weathercommentary json{"a": [1]}': [("assistant", "", "functions.get_weather", '{"a": [1]}')],
    "commentary to=functions.f{": [("assistant", "commentary", "functions.f", "{")],
    "analysisassistantanalysis to=python codeimport osassistantfinalok": [
        ("assistant", "analysis", "python", "import os"),
        ("assistant", "final", "", "ok"),
    ],
    "An assistant to= nobody": [("assistant", "", "", "An "), ("assistant", "", "", " to= nobody")],
}  # fmt: skip


@pytest.mark.parametrize("text", DEGRADED, ids=lambda t: t[:40])
def test_degraded_form(text: str) -> None:
    assert said(Degraded, text) == DEGRADED[text]


def test_a_header_without_end_is_text() -> None:
    text = "<|start|>" + "x" * MAX_HEADER + "<|message|>z"
    assert said(Splitter, text) == [("", "", "", "x" * MAX_HEADER), ("", "", "", "z")]


def test_only_what_may_become_a_token_or_a_header_is_held() -> None:
    reader = Splitter()
    assert [p.text for p in reader.feed("Hello <|cha")] == ["Hello "] and not reader.plain
    assert [p.text for p in reader.feed("rt ")] == ["<|chart "] and reader.plain
    assert reader.feed("<|channel|>final") == [] and reader.feed("<|mess") == []
    assert [p.kind for p in reader.feed("age|>x")] == ["header", "content"]
    assert reader.close() == []


WORDS = st.sampled_from(
    (
        "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>", "<|endoftext|>",
        "<|reserved_200013|>", "<|", "<", "|>", "assistant", "analysis", "commentary", "final", "user", " ", " to=",
        "functions.f", "python", "json", "code", "{", "}", '"', "\\", "[", "]", "a", "as", "t", "to", "=", "é", "😀", "\n",
        "x" * 300, "<|im_start|>", "––",
    )
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=24).map("".join)


@pytest.mark.parametrize("kind", [Splitter, Degraded])
@given(text=TEXTS, data=st.data())
def test_no_cutting_changes_or_loses_anything(kind: Reader, text: str, data: st.DataObject) -> None:
    expected = pieces(kind, text)
    assert "".join(p.text for p in expected) == text
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12))
    assert pieces(kind, text, cuts) == expected
    assert pieces(kind, text, 1) == expected


@pytest.mark.parametrize("kind", [Splitter, Degraded])
@pytest.mark.parametrize(
    "unit",
    ["<|channel|>", "<|start|>x", "<", "a", "assistant", "<|end|>as", " to=", '{"\\', "assistant to=functions.a"],
)
def test_time_is_linear_and_memory_bounded(kind: Reader, unit: str) -> None:
    def read(times: int) -> None:
        reader = kind()
        reader.feed("commentary to=functions.x{" if unit[0] == "{" and kind is Degraded else "")
        for _ in range(times):
            for char in unit:
                reader.feed(char)
            held = [v for n in kind.__slots__ if isinstance(v := getattr(reader, n), str | list)]
            assert sum(map(len, held)) < 2 * MAX_HEADER

    assert grows_like_its_input(read, 4000)

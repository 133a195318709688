from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy import source
from guardproxy.types import ConfigError


def data(text: str) -> object:
    return source.parse(text, "p.yaml").data


@pytest.mark.parametrize(
    "word", ["on", "off", "yes", "no", "y", "2026-01-01", "1_000", "0x1f", "0o7", ".inf", "12:30:00"]
)
def test_words_of_older_yaml_are_text(word: str) -> None:
    assert data(f"k: {word}") == {"k": word}
    assert data(f"{word}: 1") == {word: 1}


def test_values_are_those_of_the_core_schema() -> None:
    text = "{a: true, b: False, c: ~, d: , e: -7, f: .5, g: 1e3, h: '1', i: \"true\", j: [x, {y: z}]}"
    assert data(text) == {
        "a": True, "b": False, "c": None, "d": None, "e": -7, "f": 0.5, "g": 1000.0, "h": "1", "i": "true",
        "j": ["x", {"y": "z"}],
    }  # fmt: skip


def test_every_key_and_value_has_its_place() -> None:
    read = source.parse("# a comment\nrules:\n  - id: ä\n    when: [a, 'b']\n", "p.yaml")
    assert read.place(("rules", 0, "when", 1)) == (4, 15)
    assert read.place(("rules", 0, "when"), key=True) == (4, 5)
    assert read.place(("rules", 0)) == (3, 5)
    assert read.place(("rules", 0, "absent", 3)) == (3, 5)
    assert str(read.error("GP000", "it is so", ("rules", 0, "id"))) == "p.yaml:3:9: GP000 it is so"


def test_an_alias_cannot_grow_a_bomb() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(ConfigError, match="anchors"):
        data(bomb)


def test_a_file_has_limits(tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a: " + b"x" * source.MAX_BYTES)
    with pytest.raises(ConfigError, match="larger than"):
        source.read(big)
    with pytest.raises(ConfigError, match="more than 100,000 values"):
        data("[" + "1," * source.MAX_NODES + "1]")
    with pytest.raises(ConfigError, match="deeper than"):
        data("[" * 100_000)


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("a: 1\nb: ü\n".encode("latin-1"))
    with pytest.raises(ConfigError) as told:
        source.read(file)
    assert (told.value.line, told.value.code) == (2, "GP001")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "bom.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert source.read(file).data == {"a": 1}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        source.read(tmp_path / "absent.yaml")


def test_it_reads_the_same_without_the_fast_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "policies" / "default.yaml").read_text(encoding="utf-8")
    fast = source.parse(text, "p.yaml")
    monkeypatch.setattr(source, "FAST", source._Loader)
    slow = source.parse(text, "p.yaml")
    assert (slow.data, slow.values, slow.keys) == (fast.data, fast.values, fast.keys)


@given(st.text(st.characters(codec="utf-8"), max_size=80) | st.text("ab:[]{},&*!|>'\"#-?%@ \n\t", max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        source.parse(text, "p.yaml")
    except ConfigError as e:
        assert e.code == "GP001"
        assert e.line >= 1 and e.column >= 1
        assert e.message


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc\"' ", max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_json_is_read_as_what_it_is(value: object) -> None:
    assert data(json.dumps(value)) == value

"""What a JSON Schema lets stand at a place, and what a stream puts there."""

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import jsonschema
import pytest

from guardproxy.engine import Cut, Fitting, Guard, JsonStream
from guardproxy.engine.fitting import MAX_PATTERN, MAX_STEPS, alternatives
from guardproxy.engine.json_stream import MAX_VALUE
from guardproxy.policy.model import Defaults
from guardproxy.text import PatternFilter, Rule
from guardproxy.types import Outcome, Style
from tests.engine.play import PATTERNS, REPLY, guard, policy, rule

MAIL = "joe@example.com"
GUARD = guard()
LENIENT = guard(policy(defaults=replace(Defaults(), failure="allow")))


def fits(schema: Any, path: tuple[str | int, ...], before: str, after: str) -> bool:
    return Fitting(schema).fits(path, before, after)


STRING = {"type": "string"}
SHORT = {"maxLength": 5}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        (SHORT, ()),
        ({"properties": {"a": SHORT}}, ("a",)),
        ({"patternProperties": {"^a": SHORT}}, ("ab",)),
        ({"additionalProperties": SHORT}, ("x",)),
        ({"unevaluatedProperties": SHORT}, ("x",)),
        ({"items": SHORT}, (3,)),
        ({"prefixItems": [STRING, SHORT]}, (1,)),
        ({"items": [STRING, SHORT]}, (1,)),
        ({"items": [STRING], "additionalItems": SHORT}, (1,)),
        ({"prefixItems": [STRING], "items": SHORT}, (1,)),
        ({"unevaluatedItems": SHORT}, (0,)),
        ({"$ref": "#/$defs/s", "$defs": {"s": SHORT}}, ()),
        ({"$ref": "#s", "$defs": {"x": {"$anchor": "s", **SHORT}}}, ()),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": SHORT}}, ()),
        ({"allOf": [{"anyOf": [{"oneOf": [SHORT]}]}]}, ()),
        ({"if": {"minLength": 1}, "then": SHORT}, ()),
        ({"dependentSchemas": {"b": {"properties": {"a": SHORT}}}}, ("a",)),
        ({"properties": {"a": {"$ref": "#"}}, **SHORT}, ("a", "a", "a")),
    ],
)
def test_constraints_are_found_wherever_they_stand(schema: Any, path: tuple[str | int, ...]) -> None:
    assert Fitting(schema).binds(path)
    assert fits(schema, path, "abc", "abcde")
    assert not fits(schema, path, "abc", "abcdef")
    assert fits(schema, path, "abcdefg", "abcdefgh")  # it was broken before
    assert not Fitting(schema).binds((*path, "somewhere", "else")) or "#" in str(schema)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"minLength": 4}, ["****"], ["***"]),
        ({"enum": ["aaaa", "b"]}, ["aaaa"], ["b", "c"]),
        ({"const": "aaaa"}, ["aaaa"], ["c"]),
        ({"pattern": "^[a-z]+$"}, ["xx"], ["[x]", "x\n"]),
        ({"format": "nobody knows it"}, ["[x]"], []),
        ({"type": "string", "minLength": True, "maxLength": "x", "pattern": 3, "format": 4, "enum": 5}, ["x"], []),
        ({"anyOf": [{"maxLength": 4}, {"maxLength": 2}, {"pattern": "^b"}]}, ["xxxx", "x"], ["xxxxx"]),
        ({"oneOf": [{"maxLength": 4}, {"pattern": "^b"}]}, ["xxxx"], ["bxxx", "xxxxx"]),
        ({"not": {"pattern": "^b"}}, ["x"], ["b"]),
        ({"if": {"pattern": "^b"}, "then": {"minLength": 9}}, ["x"], ["b"]),
        ({"pattern": r"^[\w ]+$", "maxLength": 9}, ["xx"], ["[x]"]),
        (True, ["x"], []),
    ],
)
def test_what_held_goes_on_holding(schema: Any, good: list[str], bad: list[str]) -> None:
    assert [v for v in good if not fits(schema, (), "aaaa", v)] == []
    assert [v for v in bad if fits(schema, (), "aaaa", v)] == []
    if isinstance(schema, dict) and "minLength" not in str(schema.get("type", "")) and schema.get("pattern") != 3:
        assert [v for v in good if not jsonschema.Draft202012Validator(schema).is_valid(v)] == []


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"enum": [{"a": "x"}]}, ("a",)),
        ({"const": ["x"]}, (0,)),
        ({"$ref": "https://example.com/schema"}, ()),
        ({"$ref": "#/nowhere"}, ()),
        ({"pattern": "(?=a)a"}, ()),
        ({"pattern": "a" * (MAX_PATTERN + 1)}, ()),
        ({"allOf": [{"minLength": n} for n in range(MAX_STEPS + 1)]}, ()),
    ],
)
def test_where_nobody_knows_what_may_stand_nothing_fits(schema: Any, path: tuple[str | int, ...]) -> None:
    assert Fitting(schema).binds(path)
    assert not fits(schema, path, "x", "y")
    assert fits(schema, path, "x", "x")


def test_a_schema_that_holds_itself_ends() -> None:
    loop: dict[str, Any] = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    assert not Fitting(loop).binds(("x",))
    deep: dict[str, Any] = {}
    for _ in range(3000):
        deep = {"allOf": [deep]}
    assert not fits(deep, (), "x", "y")


def test_items_that_have_to_differ() -> None:
    one = Fitting({"properties": {"l": {"uniqueItems": True}}})
    one.seen(("l", 0), "x")
    assert not one.fits(("l", 1), "b", "x")
    assert one.fits(("l", 1), "b", "y")
    assert one.fits(("m", 1), "b", "x")


def test_alternatives_go_from_labels_to_words() -> None:
    made = list(alternatives(["a@b.co", "1 2"], ["pii.email", "pii.card"], 0))
    assert made[0] == ["[pii.email]", "[pii.card]"]
    assert made[1] == ["[pii.email:1]", "[pii.card:1]"]
    assert ["******", "***"] in made
    assert ["x@x.xx", "0 0"] in made
    assert all(len(one) == 2 and all(one) for one in made)


# ---------------------------------------------------------------------------------------------------- streams


def streamed(document: Any, schema: Any, one: Guard = GUARD, *, step: int = 3) -> tuple[str, list[str]]:
    """What went out, and the labels of what cut it."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)

    async def run() -> tuple[str, list[str]]:
        stream, out = JsonStream(lambda: one.gate(REPLY), schema=Fitting(schema)), ""
        try:
            for a, b in pairwise([*range(0, len(text), step), len(text)]):
                out += await stream.feed(text[a:b])
            return out + await stream.part_ended(), []
        except Cut as cut:
            return out, [f.label for v in cut.decision.verdicts for f in v.findings]
        finally:
            stream.end()
            assert one.held.now == 0

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({}, MAIL, "[pii.email]"),
        ({"maxLength": 40}, f"to {MAIL}, now", "to [pii.email], now"),
        ({"maxLength": 8}, "a@b.co", "[pii]"),
        ({"maxLength": 6}, "a@b.co", "[pii]"),
        ({"minLength": 12}, "joe@mail.com", "[pii.email:1]"),
        ({"minLength": 15}, MAIL, "*" * 15),
        ({"format": "email"}, MAIL, "xxx@xxxxxxxxxxx"),
        ({"pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$"}, MAIL, "redacted@redacted.x"),
        ({"pattern": r"^[a-z .@]+$"}, f"to {MAIL}", "to pii.email"),
        ({"pattern": r"^(\d{4} ?){4}$"}, "4111 1111 1111 1111", "1111 1111 1111 1111"),
        ({"format": "uri"}, f"https://a.example/?to={MAIL}", "https://a.example/?to=[pii.email]"),
        ({"format": "date"}, "2026-11-22", "2026-11-22"),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_what_stands_there_instead(schema: Any, value: str, expected: str, step: int) -> None:
    whole = {"properties": {"a": schema}}
    out, cut = streamed({"a": value, "b": "é"}, whole, step=step)
    assert (json.loads(out), cut) == ({"a": expected, "b": "é"}, [])
    jsonschema.validate(json.loads(out), whole, format_checker=jsonschema.FormatChecker())


def test_equal_labels_would_be_equal_items() -> None:
    schema = {"type": "array", "items": STRING, "uniqueItems": True}
    out, _ = streamed(["joe@example.com", "x", "ann@example.com", "eve@example.com"], schema)
    assert json.loads(out) == ["[pii.email]", "x", "[pii.email:1]", "[pii.email:2]"]


@pytest.mark.parametrize("schema", [{"enum": [MAIL, "x"]}, {"const": MAIL}, {"maxLength": 0}, {"pattern": "(?=joe).*"}])
def test_where_nothing_fits_the_policy_decides(schema: Any) -> None:
    whole = {"properties": {"a": schema}}
    out, cut = streamed({"b": "x", "a": MAIL, "c": "y"}, whole)
    assert out.startswith('{"b": "x", "a": "') or schema == {"maxLength": 0}
    if schema == {"maxLength": 0}:  # it was broken before: there is nothing to keep
        assert json.loads(out)["a"] == "[pii.email]"
        return
    assert MAIL[:3] not in out
    assert cut == ["guard.schema"]
    out, cut = streamed({"b": "x", "a": MAIL, "c": "y"}, whole, LENIENT)
    assert (json.loads(out), cut) == ({"b": "x", "a": "[pii.email]", "c": "y"}, [])


def test_a_document_in_a_string_is_edited_as_one_if_it_fits() -> None:
    value = json.dumps({"to": MAIL})
    out, cut = streamed({"a": value}, {"properties": {"a": {"minLength": 5}}})
    assert (json.loads(json.loads(out)["a"]), cut) == ({"to": "[pii.email]"}, [])
    _, cut = streamed({"a": value}, {"properties": {"a": {"const": value}}})
    assert cut == ["guard.schema"]


def test_text_of_a_bound_value_streams_until_something_is_found() -> None:
    async def run() -> list[str]:
        schema = Fitting({"properties": {"a": {"maxLength": 100}}})
        stream = JsonStream(lambda: GUARD.gate(REPLY), schema=schema)
        parts = ['{"a": "clean text ', f"and {MAIL} ", "and more", ' of it", "b', '": 1}']
        return [await stream.feed(part) for part in parts]

    assert asyncio.run(run()) == ['{"a": "clean text ', "and ", "", '[pii.email] and more of it", "', 'b": 1}']


def test_our_own_words_are_read_like_any_others() -> None:
    """A shape in which a filter finds something is no replacement."""
    rules = (rule("mask-pii", "pii.*", Outcome.REDACT), rule("no-x", "x.x", Outcome.BLOCK))
    filters = {"p": PatternFilter("p", PATTERNS), "q": PatternFilter("q", [Rule("x", "x.x", "[a-ik-z]@")])}
    schema = {"properties": {"a": {"pattern": "^[a-z]+@[a-z.]+$"}}}
    assert json.loads(streamed({"a": "j@a.co"}, schema)[0]) == {"a": "x@xxxx"}
    one = guard(policy(rules, names=("p", "q")), **filters)
    assert streamed({"a": "j@a.co"}, schema, one) == ('{"a": "', ["guard.schema"])


def test_a_hash_or_a_mask_that_was_asked_for_stands_where_it_fits() -> None:
    rules = (rule("mask-pii", "pii.*", Outcome.REDACT, style=Style.MASK),)
    one = guard(policy(rules))
    assert json.loads(streamed({"a": MAIL}, {"properties": {"a": {"maxLength": 15}}}, one)[0]) == {"a": "*" * 15}


def test_letters_of_every_script_are_letters_to_some_validators() -> None:
    schema = {"pattern": r"^[\w.@]+$", "not": {"pattern": r"^\d\W"}}
    assert fits(schema, (), "jürgen@müller.example", "xxx")
    assert not fits(schema, (), "jürgen@müller.example", "[x]")
    assert not fits(schema, (), "jürgen@müller.example", "٣@")


def test_a_value_that_is_too_long_to_be_looked_at_fits_nothing() -> None:
    value = "word " * (MAX_VALUE // 5 + 10) + MAIL
    schema = {"properties": {"a": {"maxLength": 10**6}}}
    out, cut = streamed({"a": value}, schema, step=4000)
    assert (cut, MAIL in out) == (["guard.schema"], False)
    out, cut = streamed({"a": value}, schema, LENIENT, step=4000)
    assert (json.loads(out)["a"].endswith("word [pii.email]"), cut) == (True, [])


def test_a_reply_that_breaks_off_in_a_bound_value_is_edited_all_the_same() -> None:
    out, cut = streamed(f'{{"a": "to {MAIL} an', {"properties": {"a": {"maxLength": 100}}})
    assert (out, cut) == ('{"a": "to [pii.email] an', [])

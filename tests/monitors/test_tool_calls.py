"""Which tools may be called, with what, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.types import ConfigError
from tests.cost import grows_like_its_input
from tests.monitors.watching import built, labels

TRANSFER = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "maximum": 100},
        "to": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4,30}$"},
        "tags": {"type": "array", "uniqueItems": True},
        "next": {"$ref": "#"},
    },
    "patternProperties": {"^x-": {"type": "string"}},
    "required": ["amount"],
    "additionalProperties": False,
}


def test_every_call_is_one() -> None:
    assert labels(built("tool_calls"), "anything", "{}") == {"any"}


@pytest.mark.parametrize(
    ("options", "tool", "denied"),
    [
        ({"allow": ["mail.*"]}, "mail.send", False),
        ({"allow": ["mail.*"]}, "shell", True),
        ({"allow": []}, "shell", True),
        ({"deny": ["admin.*"]}, "admin.drop", True),
        ({"deny": ["admin.*"]}, "administrate", False),
        ({"allow": ["*"], "deny": ["shell"]}, "shell", True),
        ({"allow": ["mail"]}, "Mail", True),
        ({"allow": ["mail"]}, "mail\u200b", True),
        ({"allow": ["mail"]}, "", True),
    ],
)
def test_lists_of_tools(options: dict[str, Any], tool: str, denied: bool) -> None:
    assert ("denied" in labels(built("tool_calls", **options), tool, "{}")) is denied


def test_a_tool_that_the_request_does_not_declare() -> None:
    one = built("tool_calls")
    assert "undeclared" in labels(one, "shell", "{}", declared=frozenset({"mail"}))
    assert "undeclared" in labels(one, "shell", "{}", declared=frozenset())
    assert "undeclared" not in labels(one, "mail", "{}", declared=frozenset({"mail"}))
    assert "undeclared" not in labels(one, "web_search_call", "{}", declared=None)
    assert "undeclared" not in labels(built("tool_calls", declared=False), "shell", "{}", declared=frozenset())


def test_too_many_calls() -> None:
    one = built("tool_calls", max_calls=2)
    assert "too_many" not in labels(one, "f", "{}", before=["f"])
    assert "too_many" in labels(one, "f", "{}", before=["f", "g"])
    assert "too_many" in labels(built("tool_calls", max_calls=0), "f", "{}")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1',
        "{} {}",
        '{"a": 1, "a": 2}',
        '{"b": {"a": 1, "a": 2}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": "\\ud800"}',
        "[1]",
        '"text"',
        "17",
        "null",
        "import os",
        '{"a":' * 70 + "1" + "}" * 70,
        "[" * 50_000,
        '{"a": ' + "9" * 5000 + "}",
        "\ufeff{}",
        "{'a': 1}",
        "{a: 1}",
    ],
)
def test_arguments_that_two_parsers_may_read_differently(text: str) -> None:
    assert "unparsable" in labels(built("tool_calls"), "f", text)


@pytest.mark.parametrize("text", ["", " \n", "{}", '{"a": 1}', '{"a": "\\ud83d\\ude00"}', '{"a": {"a": 1}}'])
def test_arguments_that_are_an_object(text: str) -> None:
    assert labels(built("tool_calls"), "f", text) == {"any"}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"amount": 20, "to": "DE1234"}, True),
        ({"amount": 20, "x-note": "a"}, True),
        ({"amount": 20, "tags": [1, True, "1", {"a": 1}]}, True),
        ({"amount": 20, "next": {"amount": 1}}, True),
        ({"amount": 200}, False),
        ({"amount": "20"}, False),
        ({"amount": True}, False),
        ({}, False),
        ([], False),
        ({"amount": 20, "to": "de1234"}, False),
        ({"amount": 20, "to": "DE1234\n"}, False),
        ({"amount": 20, "x-note": 1}, False),
        ({"amount": 20, "other": 1}, False),
        ({"amount": 20, "tags": [1, 1.0]}, False),
        ({"amount": 20, "tags": [{"a": [1]}, {"a": [1.0]}]}, False),
        ({"amount": 20, "next": {"amount": 1000}}, False),
    ],
)
def test_arguments_by_schema(value: object, fits: bool) -> None:
    one = built("tool_calls", arguments={"transfer": TRANSFER})
    assert ("arguments" not in labels(one, "transfer", value)) is fits
    assert "arguments" not in labels(one, "other", value)


def test_every_schema_for_a_tool_holds_and_globs_name_tools() -> None:
    one = built("tool_calls", arguments={"bank.*": {"required": ["a"]}, "*.pay": {"required": ["b"]}, "shut": False})
    assert "arguments" in labels(one, "bank.pay", {"a": 1})
    assert "arguments" not in labels(one, "bank.pay", {"a": 1, "b": 1})
    assert "arguments" not in labels(one, "bank.show", {"a": 1})
    assert "arguments" in labels(one, "shut", {})


def test_what_cannot_be_read_fits_no_schema_and_text_is_a_string() -> None:
    one = built("tool_calls", arguments={"f": {}, "t": {"type": "string", "maxLength": 3}})
    assert "arguments" in labels(one, "f", "{")
    assert labels(one, "t", "abc", plain=True) == {"any"}
    assert "arguments" in labels(one, "t", "abcd", plain=True)


def test_hostile_arguments_cannot_run_up_time() -> None:
    """A pattern that backtracks for ever in Python's engine, and a list that is compared pair by pair elsewhere."""
    schema = {
        "properties": {"a": {"pattern": "^(a+)+$"}, "b": {"uniqueItems": True}},
        "patternProperties": {"(x+x+)+y": {}},
    }
    one = built("tool_calls", arguments={"f": schema})
    items = [{"n": n} for n in range(10_000)] + [1]
    assert "arguments" in labels(one, "f", {"a": "a" * 50_000 + "!"})
    assert "arguments" not in labels(one, "f", {"b": items})
    assert "arguments" in labels(one, "f", {"b": [*items, {"n": 0}]})
    assert "arguments" not in labels(one, "f", {"x" * 20_000: 1})
    assert grows_like_its_input(lambda size: labels(one, "f", {"a": "a" * size + "!"}), 50_000)
    assert grows_like_its_input(lambda size: labels(one, "f", {"b": items[:size]}), 10_000)
    assert grows_like_its_input(lambda size: labels(one, "f", {"x" * size: 1}), 20_000)


@pytest.mark.parametrize(
    ("schema", "said", "place"),
    [
        ({"type": "numbr"}, "not a JSON Schema", ("type",)),
        ({"properties": {"a": {"pattern": "("}}}, "linear time", ("properties", "a", "pattern")),
        ({"pattern": "(a)\\1"}, "linear time", ("pattern",)),
        ({"pattern": "(?<=a)b"}, "linear time", ("pattern",)),
        ({"pattern": "a{5000}"}, "linear time", ("pattern",)),
        ({"patternProperties": {"(?!a)": {}}}, "linear time", ("patternProperties", "(?!a)")),
        ({"$ref": "https://example.com/s.json"}, "into the schema itself", ("$ref",)),
        ({"$ref": "file:///etc/passwd"}, "into the schema itself", ("$ref",)),
        ({"$ref": "#/$defs/none"}, "nothing at", ("$ref",)),
        ({"unevaluatedProperties": False}, "not supported", ("unevaluatedProperties",)),
        ({"$dynamicRef": "#x"}, "not supported", ("$dynamicRef",)),
        ({"enum": list(range(10)), "allOf": [{"properties": {f"p{n}": {} for n in range(2001)}}]}, "more than", ()),
    ],
)
def test_schemas_that_cannot_be_used(schema: dict[str, Any], said: str, place: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=said) as told:
        built("tool_calls", arguments={"f": schema})
    assert told.value.path == ("arguments", "f", *place)


def test_names_of_properties_are_no_keywords() -> None:
    names = {"pattern": {"type": "string"}, "$ref": {}, "unevaluatedProperties": {}, "enum": {"enum": [{"$ref": 1}]}}
    one = built("tool_calls", arguments={"f": {"properties": names, "additionalProperties": False}})
    assert "arguments" not in labels(one, "f", {"pattern": "(", "$ref": 1})
    assert "arguments" in labels(one, "f", {"enum": 1})


def test_an_instance_says_what_its_options_let_it_say() -> None:
    assert set(built("tool_calls", declared=False).labels) == {"call.any", "call.unparsable"}
    assert "call.too_many" in built("tool_calls", max_calls=1).labels
    assert "call.denied" in built("tool_calls", allow=[]).labels

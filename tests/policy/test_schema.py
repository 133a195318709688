from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from guardproxy.policy import schema
from guardproxy.policy.model import Atom, Defaults, When
from guardproxy.policy.schema import ATOM, Document, json_schema, parse_atom, parse_when


@pytest.mark.parametrize(
    ("text", "atom"),
    [
        ("pii.*", Atom("pii.*")),
        ("*", Atom("*")),
        ("pii.email >= 0.6", Atom("pii.email", 0.6)),
        ("pii.email>=1", Atom("pii.email", 1.0)),
        ("pii.email >= .25 x3", Atom("pii.email", 0.25, 3)),
        ("pii.national_id.de x12", Atom("pii.national_id.de", 0.5, 12)),
    ],
)
def test_atoms(text: str, atom: Atom) -> None:
    assert parse_atom(text) == atom
    assert re.search(ATOM, text)


@pytest.mark.parametrize(
    "text", ["", "pii >= 2", "pii > 0", "pii x0", "x y", "PII", "pii >= 0.5 x", "a, b", "pii >= -1"]
)
def test_what_is_no_atom(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse_atom(text)


@given(st.text("pi.*>=0123456789x _-", max_size=14))
def test_the_published_pattern_accepts_what_is_read(text: str) -> None:
    try:
        atom = parse_atom(text)
    except PydanticCustomError:
        return
    assert re.search(ATOM, text.strip())
    assert 0 <= atom.score <= 1
    assert atom.times >= 1


def test_conditions() -> None:
    one, two = Atom("a"), Atom("b")
    assert parse_when("a") == When((one,))
    assert parse_when(["a", "b"]) == parse_when({"any": ["a", "b"]}) == When((one, two))
    assert parse_when({"all": ["a", "b"]}) == When((one, two), every=True)


def _models(model: type[BaseModel] = Document) -> list[type[BaseModel]]:
    return [m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, BaseModel) and m.model_fields]


def test_every_key_is_described() -> None:
    for model in _models():
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_the_json_schema_knows_every_key_and_no_null() -> None:
    published = json_schema()
    assert published["properties"]["rules"]["items"] == {"$ref": "#/$defs/RuleEntry"}
    rule = published["$defs"]["RuleEntry"]
    assert {"id", "when", "then"} == set(rule["required"])
    assert "with" in rule["properties"] and rule["additionalProperties"] is False
    assert rule["properties"]["then"]["enum"] == [
        "allow",
        "annotate",
        "redact",
        "require_approval",
        "block",
        "escalate",
    ]
    assert '"null"' not in json.dumps(published)


def test_defaults_are_the_same_in_both_places() -> None:
    written = Document.model_validate({"schema": "guardproxy/v1", "policy": "p"})
    written_values = written.defaults.model_dump(exclude={"tool_release"})
    assert Defaults(**written_values) == Defaults() and written.defaults.tool_release == "call"


def test_the_shipped_policy_points_at_its_schema() -> None:
    text = (Path(__file__).parents[2] / "policies" / "default.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./policy.schema.json\n")

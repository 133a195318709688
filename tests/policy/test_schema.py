from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from guardproxy.policy import schema
from guardproxy.policy.model import Defaults
from guardproxy.policy.schema import Document, json_schema


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
        "rewrite",
        "require_approval",
        "block",
        "escalate",
        "route",
    ]
    assert '"null"' not in json.dumps(published)


def test_defaults_are_the_same_in_both_places() -> None:
    written = Document.model_validate({"schema": "guardproxy/v1", "policy": "p"})
    written_values = written.defaults.model_dump(exclude={"tool_release"})
    assert Defaults(**written_values) == Defaults() and written.defaults.tool_release == "call"


def test_the_shipped_policy_points_at_its_schema() -> None:
    text = (Path(__file__).parents[2] / "policies" / "default.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./policy.schema.json\n")

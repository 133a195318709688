from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardproxy import filters
from guardproxy.cli import main
from guardproxy.cli.schema import document

PUBLISHED = Path(__file__).parents[2] / "policies" / "policy.schema.json"


def test_the_published_schema_is_fresh() -> None:
    assert json.loads(PUBLISHED.read_text("utf-8")) == document(), (
        "run `guardproxy schema > policies/policy.schema.json`: a filter's options or the policy format changed"
    )


def test_it_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == document()


def test_every_filter_is_known_with_its_options() -> None:
    schema = document()
    kinds = [k["$ref"].removeprefix("#/$defs/filter-") for k in schema["$defs"]["FilterEntry"]["oneOf"]]
    assert kinds == list(filters.kinds())
    for kind in kinds:
        entry = schema["$defs"][f"filter-{kind}"]
        assert entry["properties"]["use"] == {"const": kind}
        assert set(entry["properties"]) >= {*filters.module(kind).Config.model_fields, "hold", "failure"}
        assert entry["additionalProperties"] is False


def test_every_reference_leads_somewhere() -> None:
    schema = document()

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [r for v in node.values() for r in references(v)]
        return [r for v in node for r in references(v)] if isinstance(node, list) else []

    assert references(schema)
    for reference in references(schema):
        assert reference.removeprefix("#/$defs/") in schema["$defs"]

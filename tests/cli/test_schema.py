from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from guardproxy import filters
from guardproxy.cli import main
from guardproxy.cli.schema import document
from guardproxy.policy import source
from guardproxy.policy.schema import Document
from guardproxy.types import ConfigError
from tests.policy.test_broken import EXPECT

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


ROOT = Path(__file__).parents[2]
FOLDERS = ("policies", "docs", "tests/policy/doubtful")
POLICIES = sorted(f for folder in FOLDERS for f in (ROOT / folder).rglob("*.yaml") if f.parent.name != "probes")
PAGES = [f for f in sorted((ROOT / "docs").rglob("*.md")) if f.parent.name != "codes"]
PAGES += sorted((ROOT / "guardproxy" / "policy" / "codes").glob("*.md"))
"""Those of complaints show what is wrong, too."""
BROKEN = sorted((ROOT / "tests" / "policy" / "broken").rglob("*.yaml"))
UNKNOWABLE = {
    "GP001": "what is no YAML has no values that could be validated",
    "GP003": "two names far apart are equal",
    "GP014": "labels are matched with what the filters at hand can say",
    "GP015": "a scope is matched with where texts come from",
    "GP017": "a score is compared with another part of the file",
    "GP020": "expressions are read by a parser",
    "GP021": "depends on where replies are in scope",
    "GP023": "a filter elsewhere in the file is named",
    "GP024": "depends on what a filter is like",
    "GP025": "expressions are measured",
    "GP026": "depends on where replies are in scope",
    "GP028": "labels are matched with what the filters at hand can say",
    "GP029": "two parts of the file are compared",
    "GP031": "another file is read",
    "GP036": "other files are read",
    "GP037": "other files are read",
    "GP038": "other files are read",
    "GP060": "the tests in the file are run",
}
"""What no schema can know, by code, with the reason."""
UNKNOWABLE_HERE = {
    "approval_of_everything": "labels are matched with what the filters at hand can say",
    "approval_of_text": "labels are matched with what the filters at hand can say",
    "conversations": "labels are matched with what the filters at hand can say",
    "monitor_domain": "an option's own parser reads it",
    "monitor_schema": "it is a schema itself, read by its own parser",
    "monitor_schema_reference": "it is a schema itself, read by its own parser",
    "requires_newer": "guardproxy's version is compared",
    "test_unknown_names": "names are looked up elsewhere in the file",
    "unless_unknown_list": "names are looked up elsewhere in the file",
    "tenants/loosens_then_to_approval/a": "another file is read",
    "tenants/pack_too_new/packs/cards": "guardproxy's version is compared",
}
"""Likewise, of files whose codes a schema knows in general."""
REFUSED = 53
"""Broken files that the schema refuses. More is better; fewer means that editors have become blind to something."""


def published() -> Draft202012Validator:
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_editors_find_nothing_wrong_with_what_is_shipped_and_shown() -> None:
    fences = [
        page
        for f in PAGES
        for page in re.findall(r"^```yaml(?: right.*?)?\n(.*?)^```", f.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    ]
    shown = [source.parse(page, "page").data for page in fences if re.search("^schema:", page, re.MULTILINE)]
    assert len(POLICIES) >= 25 and len(shown) >= 9
    validator = published()
    for data in (*shown, *(source.read(file).data for file in POLICIES)):
        assert [e.message for e in validator.iter_errors(data)] == []


def test_editors_find_each_mistake_that_a_schema_can_know() -> None:
    refused, excused, validator = 0, set(), published()
    for file in BROKEN:
        name = str(file.relative_to(ROOT / "tests" / "policy" / "broken").with_suffix(""))
        codes = {code for *_, code, _ in EXPECT.findall(file.read_text("utf-8"))}
        try:
            data = source.read(file).data
        except ConfigError:
            assert codes == {"GP001"}, name
            continue
        if not validator.is_valid(data):
            assert codes, f"{name} is refused by the schema, and nothing is said against it"
            refused += 1
        elif not codes <= UNKNOWABLE.keys():
            assert name in UNKNOWABLE_HERE, f"the schema could know what is wrong with {name}: {codes}"
            excused.add(name)
        with contextlib.suppress(ValidationError):
            Document.model_validate(data)
            continue
        assert not validator.is_valid(data), f"{name} has not even the form of a policy"
    assert excused == UNKNOWABLE_HERE.keys(), "an excuse that nobody needs"
    assert refused == REFUSED

"""What README and docs show works as it stands: policies, settings, the filter, names of metrics."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from guardproxy import detectors
from guardproxy.cli.test import run_cases
from guardproxy.config import load
from guardproxy.filters import detoxify
from guardproxy.inference import known, models, taxonomies
from guardproxy.judges import judges
from guardproxy.policy.load import Examined, examine
from guardproxy.sections import Inference
from guardproxy.server.destinations import Destination, Destinations
from guardproxy.server.fallback import measure
from guardproxy.server.upstream import Asked
from guardproxy.services import Services
from guardproxy.telemetry import Metrics
from guardproxy.types import Context, Direction, Origin, Role
from guardproxy.wire.dialects import codecs

ROOT = Path(__file__).parents[1]


def shown(file: str, language: str) -> list[str]:
    """The fenced blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / file).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def examined(text: str, folder: Path) -> Examined:
    (folder / "policy.yaml").write_text(text, "utf-8")
    return examine(folder, detectors.catalogue(), detectors.build)


def test_the_policy_of_the_readme_has_no_problems(tmp_path: Path) -> None:
    assert examined(shown("README.md", "yaml")[0], tmp_path).problems == []


def test_the_first_policy_of_the_docs_is_clean_and_its_tests_pass(tmp_path: Path) -> None:
    told = examined(shown("docs/policy.md", "yaml")[0], tmp_path)
    assert (told.problems, told.warnings) == ([], [])
    assert told.policy is not None
    assert [r.status for r in asyncio.run(run_cases(told.policy, told.cases))] == ["pass"]


def test_the_policy_with_monitors_is_clean_and_its_tests_pass(tmp_path: Path) -> None:
    [page] = [p for p in shown("docs/policy.md", "yaml") if "policy: agents" in p]
    told = examined(page, tmp_path)
    assert (told.problems, told.warnings) == ([], [])
    assert told.policy is not None
    assert [r.status for r in asyncio.run(run_cases(told.policy, told.cases))] == ["pass"] * 4


def test_the_policy_about_training_is_clean_and_its_tests_pass(tmp_path: Path) -> None:
    [page] = [p for p in shown("docs/training.md", "yaml") if "policy: tuning" in p]
    told = examined(page, tmp_path)
    assert (told.problems, told.warnings) == ([], [])
    assert told.policy is not None
    assert [r.status for r in asyncio.run(run_cases(told.policy, told.cases))] == ["pass"]


def test_the_tenants_of_the_docs_are_clean_and_their_tests_pass(tmp_path: Path) -> None:
    for page in shown("docs/policy.md", "yaml"):
        for name in ("house", "acme"):
            if f"policy: {name}\n" in page and (name == "house" or "extends: house" in page):
                (tmp_path / f"{name}.yaml").write_text(page, "utf-8")
    told = examine(tmp_path, detectors.catalogue(), detectors.build)
    assert (told.problems, told.warnings) == ([], [])
    assert [(f.policy.name, f.tenants) for f in told.by_file] == [("house", ()), ("acme", ("acme", "acme-staging"))]
    results = [r for f in told.by_file for r in asyncio.run(run_cases(f.policy, f.cases))]
    assert [(r.case.name, r.wrong) for r in results if r.status != "pass"] == []
    assert len(results) == 7


def test_the_policy_of_packs_is_clean_and_its_tests_pass(tmp_path: Path) -> None:
    [page] = [p for p in shown("docs/policy.md", "yaml") if "policy: shop" in p]
    told = examined(page, tmp_path)
    assert (told.problems, told.warnings) == ([], [])
    results = [r for f in told.by_file for r in asyncio.run(run_cases(f.policy, f.cases))]
    assert [(r.case.name, r.wrong) for r in results if r.status != "pass"] == []
    assert [len(f.cases) for f in told.by_file] == [2, 15]


def test_the_conversations_of_the_docs_pass(tmp_path: Path) -> None:
    [page] = [p for p in shown("docs/policy.md", "yaml") if "policy: kitchen" in p]
    told = examined(page, tmp_path)
    assert (told.problems, told.warnings) == ([], []) and told.policy is not None
    results = asyncio.run(run_cases(told.policy, told.cases))
    assert [(r.status, len(r.parts)) for r in results] == [("pass", 2), ("pass", 2)]


def test_the_policy_of_the_rollout_is_clean_and_its_test_passes(tmp_path: Path) -> None:
    [page] = [p for p in shown("docs/policy.md", "yaml") if "policy: careful" in p]
    told = examined(page, tmp_path)
    assert (told.problems, told.warnings) == ([], []) and told.policy is not None
    assert [r.status for r in asyncio.run(run_cases(told.policy, told.cases))] == ["pass"]


def test_the_settings_of_the_docs_are_the_defaults_but_for_four(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(shown("docs/operations.md", "yaml")[0], "utf-8")
    flags = {"--upstream": (("upstream", "url"), "http://127.0.0.1:8000/v1")}
    written, default = load(file, {}).model_dump(), load(None, {}, flags).model_dump()
    assert {name for name in default if written[name] != default[name]} <= {"policies", "models", "decision_log"}


def test_the_settings_of_the_store_are_what_the_page_says(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(shown("docs/responses.md", "yaml")[0], "utf-8")
    flags = {"--upstream": (("upstream", "url"), "http://127.0.0.1:8000/v1")}
    written = load(file, {"GUARDPROXY_STORE_KEY": "x" * 16}, flags).store
    assert written.path
    assert written == load(None, {}, flags).store.model_copy(update={"path": written.path})


def test_the_models_of_the_docs_can_be_named(tmp_path: Path) -> None:
    """Every entry of the page is one that settings take, and every filter one that takes it."""
    file, entries = tmp_path / "config.yaml", dict[str, Any]()
    for page in shown("docs/models.md", "yaml settings"):
        file.write_text(f"upstream: {{url: 'http://127.0.0.1:8000/v1'}}\n{page}", "utf-8")
        entries |= load(file, {}).inference.models
    assert {one.kind for one in entries.values()} == {"transformers", "detoxify", "generative", "tokens"}
    models.configure(Inference(models=entries))
    try:
        pages = shown("docs/models.md", "yaml filters")
        built = [filter for page in pages for filter in detectors.build_filters(yaml.safe_load(page)).values()]
    finally:
        models.configure(Inference())
    assert len(built) == len(pages) > 3


def test_the_labels_of_the_docs_are_those_that_models_have() -> None:
    page = (ROOT / "docs/models.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| once[^|]*\|[^|]*\| (.*) \|$", page, re.MULTILINE))
    for form, labels in taxonomies.LABELS.items():
        for category, label in labels.items():
            assert category in rows[form] and f".{label.partition('.')[2]}" in rows[form], (form, category)
    named = dict(re.findall(r"^\| `(\w+)`(?:, `\w+`)? \| `(toxicity\.\w+)` \|$", page, re.MULTILINE))
    outputs = {output: label for label, (output,) in detoxify.OUTPUTS.items()}
    assert named == {theirs: outputs[ours] for theirs, ours in known.DETOXIFY.items()}


def test_the_metrics_of_the_docs_are_those_there_are() -> None:
    metrics = Metrics()
    gauges = ("background_responses", "store_rows", "store_bytes", "quota_unpaid", "incidents_open")
    for name in ("held_characters", "held_characters_limit", "in_flight_limit", "approvals_pending", *gauges):
        metrics.gauge(name, "", lambda: 0)
    measure(Destinations(Destination(cast(Asked, None))), metrics)
    there = set(re.findall(r"^# HELP (\w+)", metrics.exposition("")[0].decode(), re.MULTILINE))
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    named = re.findall(r"^\| (`(?:guardproxy|process)_\w+`(?:, `\w+`)*)", page, re.MULTILINE)
    written = {name for names in named for name in re.findall(r"\w+", names)}
    ours = {name for name in there if name.startswith("guardproxy_")}
    assert {name for name in written if name.startswith("guardproxy_")} == ours
    assert written - ours <= there


def test_the_routes_of_the_docs_are_those_there_are() -> None:
    page = (ROOT / "docs/dialects.md").read_text("utf-8")
    written = re.findall(r"^\| `POST (\S+)` \|", page, re.MULTILINE)
    assert written == [codec.route for codec in codecs()]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(f"`POST {route}`" in readme for route in written)


@pytest.mark.parametrize("page", ["docs/policy.md", "docs/howto/write-a-filter.md"])
def test_the_filter_of_the_docs_finds_what_it_says(page: str) -> None:
    made: dict[str, Any] = {"__name__": "shown"}
    exec(compile(shown(page, "python")[0], page, "exec"), made)
    one = made["Filter"]("plates", made["Config"](use="plates"))
    asyncio.run(one.start())
    for text, label in made["EXAMPLES"].items():
        scan = one.open(Origin(Direction.RESPONSE, Role.ASSISTANT), Context())
        assert [f.label for f in scan.feed(text, last=True).findings] == ([label] if label else [])


@pytest.mark.parametrize(("name", "tests"), [("discreet", 1), ("helpdesk", 4)])
def test_the_policies_of_the_page_on_conduct_are_clean_and_their_tests_pass(
    name: str, tests: int, tmp_path: Path
) -> None:
    [page] = [p for p in shown("docs/conduct.md", "yaml") if f"policy: {name}" in p]
    told = examined(page, tmp_path)
    assert (told.problems, told.warnings) == ([], [])
    assert told.policy is not None
    assert [r.status for r in asyncio.run(run_cases(told.policy, told.cases))] == ["pass"] * tests


def test_the_judge_of_the_docs_is_known_and_its_policy_is_clean(tmp_path: Path) -> None:
    settings, policy = tmp_path / "settings.yaml", tmp_path / "policies"
    settings.write_text(shown("docs/judges.md", "yaml settings")[0], "utf-8")
    policy.mkdir()
    (policy / "policy.yaml").write_text(shown("docs/judges.md", "yaml policy")[0], "utf-8")
    loaded = load(settings, {"JUDGE_KEY": "k"}, serving=False)
    known = Services(judges(loaded.judges.items(), loaded.judge_keys), policy)
    told = examine(policy, detectors.catalogue(), partial(detectors.build, services=known))
    assert (told.problems, told.warnings) == ([], [])
    assert told.policy is not None
    assert [r.status for r in asyncio.run(run_cases(told.policy, told.cases, known))] == ["pass"] * 3

"""From a decision to a test of the policy, in two clicks; and the page of the tests."""

from __future__ import annotations

import asyncio
from pathlib import Path

from guardproxy import detectors
from guardproxy.policy.load import examine
from tests.server.console.support import desk, record
from tests.server.console.test_pages import check_plain
from tests.server.support import POLICY

TESTS = """
  - {name: "<i>pure</i>", given: {role: user, findings: [{label: words.mail}]}, expect: {outcome: redact, rules: [mask]}}
  - {name: wrong, given: {role: user, findings: [{label: words.mail}]}, expect: {outcome: block}}
  - {name: later, todo: not yet, given: {role: user, findings: [{label: words.mail}]}, expect: {outcome: allow}}
  - {name: done, todo: was later, given: {role: user, findings: []}, expect: {outcome: allow}}
"""


def test_two_clicks_from_a_decision_to_a_test(tmp_path: Path) -> None:
    async def main() -> str:
        async with desk(tmp_path) as one:
            await one.sign_in()
            one.recent.add(record())
            page = (await one.get("/console/decisions/dec_0001")).text
            assert 'href="/console/decisions/dec_0001/report"' in page
            page = (await one.get("/console/decisions/dec_0001/report")).text
            assert 'href="/console/decisions/dec_0001/case.yaml"' in page
            got = await one.get("/console/decisions/dec_0001/case.yaml")
            assert got.headers["content-disposition"] == 'attachment; filename="dec_0001.yaml"'
            assert (
                got.headers["content-type"] == "application/yaml" and got.headers["x-content-type-options"] == "nosniff"
            )
            one.recent.add(record(2, verdicts=[], outcome="allow"))
            assert "Report a false positive" not in (await one.get("/console/decisions/dec_0002")).text
            assert "nothing that could be" in (await one.get("/console/decisions/dec_0002/report")).text
            assert (await one.get("/console/decisions/dec_0002/other")).status_code == 404
            return got.text

    written = asyncio.run(main()).removeprefix("tests:\n")
    (tmp_path / "next.yaml").write_text(POLICY + written)
    told = examine(tmp_path / "next.yaml", detectors.catalogue(), detectors.build)
    assert told.problems == [] and told.cases[-1].todo == "reported as a false positive of dec_0001 on 2026-11-23"


def test_the_tests_of_the_policy_are_run(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            (tmp_path / "policy.yaml").write_text(POLICY.rstrip("\n") + TESTS)
            text = check_plain((await one.get("/console/tests")).text).text
            assert "4 run: 1 passed, 2 failed, 1 to do; 2 with a text or a call were not run here" in text
            assert "<i>pure</i>" in text and "expected block, got redact" in text and "take `todo` out" in text
            assert "Rules that no test here is about: refuse." in text
            (tmp_path / "policy.yaml").write_text(
                POLICY.replace("version: '1'", "version: '2'").replace("Mask", "Hide")
            )
            assert "this is not in force" in (await one.get("/console/tests")).text
            (tmp_path / "policy.yaml").write_text(POLICY.replace("redact", "rdact"))
            assert "GP002" in check_plain((await one.get("/console/tests")).text).text
            (tmp_path / "policy.yaml").unlink()
            assert (await one.get("/console/tests")).status_code == 200
            assert "tests are not counted" in (await one.get("/console/policy")).text

    asyncio.run(main())


def test_files_are_loaded_by_a_button(tmp_path: Path) -> None:
    async def main() -> None:
        async with desk(tmp_path) as one:
            await one.sign_in()
            page = check_plain((await one.get("/console/policy")).text).text
            assert "Last load" in page and "success" in page

            async def load() -> str:
                got = await one.post("/console/policy/reload", {"token": await one.token()})
                assert got.status_code == 200
                return check_plain(got.text).text

            assert "say what is in force already" in await load()
            (tmp_path / "policy.yaml").write_text(POLICY.replace('version: "1"', 'version: "2"'))
            text = await load()
            assert "The files were loaded, and are in force." in text and one.guard.policy.version == "2"
            (tmp_path / "policy.yaml").write_text(POLICY.replace("redact", "<b>rdact</b>"))
            text = await load()
            assert "What was in force before goes on." in text and "GP002" in text
            assert one.guard.policy.version == "2"
            assert (await one.post("/console/policy/reload", {"token": "made-up"})).status_code == 403

    asyncio.run(main())


def test_tenants_have_pages_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "acme.yaml").write_text(ACME)

    async def main() -> None:
        async with desk(own, policies=str(own)) as one:
            await one.sign_in()
            page = (await one.get("/console/policy")).text
            assert " for acme" in check_plain(page).text and " for everybody else" in page
            [digest] = [g.guard.policy.digest for g in one.policies.in_force.snapshot.all if g.name.name == "acme"]
            text = check_plain((await one.get(f"/console/policy?digest={digest}")).text).text
            assert "no-cats" in text
            form = {"token": await one.token(), "text": "a cat"}
            assert "Nothing: it is blocked." in (await one.post("/console/playground", {**form, "tenant": "acme"})).text
            assert "Nothing: it is blocked." not in (await one.post("/console/playground", form)).text
            assert one.policies.in_force.snapshot.users == 0
            text = check_plain((await one.get("/console/tests")).text).text
            assert "acme.yaml" in text and "policy.yaml" in text

    asyncio.run(main())


ACME = """schema: guardproxy/v1
policy: acme
extends: small
tenants: [acme]
filters: {cats: {use: patterns, keywords: [{id: cat, words: [cat]}]}}
rules:
  - {id: no-cats, title: No cats, when: cats.cat, then: block}
tests:
  - {name: no cats here, given: {role: user, findings: [{label: cats.cat}]}, expect: {outcome: block, rules: [no-cats]}}
"""

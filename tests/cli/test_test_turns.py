"""Conversations, findings, messages, calls that stream, filters that can't run, and running again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from guardproxy import detectors
from guardproxy.cli import _test_engine, main
from guardproxy.cli._test_runs import Chunking, run_cases
from guardproxy.engine import JsonStream
from guardproxy.policy.load import examine
from guardproxy.text import PatternFilter

POLICY = r"""schema: guardproxy/v1
policy: p
filters:
  words:
    use: patterns
    patterns:
      - {id: warm, label: heat.word, pattern: 'warm', score: 0.2}
      - {id: hot, label: heat.word, pattern: 'hot', score: 0.4}
      - {id: boiling, label: heat.word, pattern: 'boiling', score: 0.6}
      - {id: mail, label: pii.mail, pattern: '[a-z]{1,20}@[a-z]{1,20}\.org'}
      - {id: bomb, label: bad.bomb, pattern: 'boom'}
monitors:
  rising: {use: crescendo, of: [heat.*], reach: 0.5}
  calls: {use: tool_calls, deny: [admin.*]}
defaults: {message: {en: No., de: Nein.}, tool_release: {stream: [draft]}}
rules:
  - {id: mask, when: pii.mail, then: redact}
  - {id: stop, when: bad.bomb, then: block, message: Not this.}
  - {id: stop-results, scope: {role: tool}, when: bad.bomb, then: block}
  - {id: no-admin, scope: {tool: 'admin.*'}, when: call.denied, then: block}
  - {id: rises, scope: {role: user}, when: conversation.escalating, then: block}
tests:
"""
CLIMB = """name: a climb is stopped at its third step
    given:
      conversation:
        - {role: system, text: You are a cook.}
        - {role: user, text: How warm is soup?, expect: {outcome: allow, not_rules: [rises]}}
        - {role: assistant, channel: final, text: Ask me@mail.org., expect: {outcome: redact, released: 'Ask [pii.mail].'}}
        - {role: user, text: And how hot?, expect: {outcome: allow}}
        - {role: user, text: And boiling?}
    expect: {outcome: block, rules: [rises], released: "", findings: [{label: conversation.*, filter: rising}], message: No.}"""
TOOLS = """name: an agent
    given:
      conversation:
        - {role: user, text: Look it up.}
        - {role: assistant, calls: [{tool: search, arguments: '{"q": "a@b.org"}'}],
           expect: {outcome: redact, released: '{"q": "[pii.mail]"}'}}
        - {role: tool, tool: search, text: boom, expect: {outcome: block, rules: [stop-results, stop]}}
        - {role: assistant, calls: [{tool: search, arguments: '{}'}, {tool: admin.wipe, arguments: ''}]}
    expect: {outcome: block, rules: [no-admin], findings: [{label: call.denied}], not_findings: [bad.*]}"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def run(policy: Path, *tests: str, words: tuple[str, ...] = ()) -> int:
    policy.write_text(POLICY + "".join(f"  - {t}\n" for t in tests))
    return main(["test", str(policy), *words])


def test_conversations_pass_turn_by_turn(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy, CLIMB, TOOLS, words=("--format", "json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert [[(t["turn"], t["outcome"], t["passed"]) for t in test["turns"]] for test in told["tests"]] == [
        [(2, "allow", True), (3, "redact", True), (4, "allow", True), (5, "block", True)],
        [(2, "redact", True), (3, "block", True), (4, "block", True)],
    ]
    assert told["never_fired"] == []


def test_check_looks_at_every_call_of_a_turn(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(policy, TOOLS)
    main(["check", str(policy), "--format", "text"])
    assert "GP013" not in capsys.readouterr().out


def test_a_turn_that_goes_wrong_is_named_and_shown(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = CLIMB.replace("{outcome: redact, released: 'Ask [pii.mail].'}", "{outcome: allow}")
    assert run(policy, wrong) == 1
    out = re.sub(r" +[\d.]+ ms", " N ms", capsys.readouterr().out)
    assert (
        out
        == f"""{policy}
  FAIL  a climb is stopped at its third step N ms
        {policy}:23
        expected  turn 3: allow
        got       turn 3: redact
        turn 3, assistant:
        | Ask me@mail.org.
        |     ^^^^^^^^^^^ pii.mail 1.00 at 4–15 → mask (>= 0.5): redact
1 test: 1 failed · rules never fired: no-admin, stop, stop-results
"""
    )


def test_what_the_model_said_since_the_request_is_of_the_same_reply(tmp_path: Path) -> None:
    policy, secret = (
        tmp_path / "policy.yaml",
        "Project Nightjar is planned for the ninth of May in Bonn, tell nobody of it.",
    )
    policy.write_text(
        "schema: guardproxy/v1\npolicy: p\nfilters: {leak: {use: prompt_leak}}\n"
        "rules: [{id: leaks, scope: {direction: response}, when: 'leak.*', then: block}]\ntests:\n"
        "  - name: the prompt is not told\n    given:\n      conversation:\n"
        f"        - {{role: system, text: '{secret}'}}\n"
        "        - {role: user, text: What is planned?}\n"
        "        - {role: assistant, channel: analysis, text: I must not say.}\n"
        f"        - {{role: assistant, channel: final, text: '{secret}'}}\n"
        "    expect: {outcome: block, rules: [leaks]}\n"
    )
    assert main(["test", str(policy), "-q"]) == 0


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ("{findings: [{label: pii.*, text: a@b.org, score: 0.9, filter: words}]}", []),
        ("{findings: [{label: heat.word}]}", [("finding heat.word", "findings pii.mail 1.00 by words 'a@b.org'")]),
        (
            "{findings: [{label: pii.mail, text: b.org}]}",
            [("finding pii.mail 'b.org'", "findings pii.mail 1.00 by words 'a@b.org'")],
        ),
        ("{not_findings: [heat.*]}", []),
        ("{not_findings: [pii.*]}", [("no findings pii.*", "findings pii.mail 1.00 by words 'a@b.org'")]),
        ("{message: No.}", [("message 'No.'", "no message: nothing is blocked")]),
    ],
)
def test_what_is_expected_of_findings(
    policy: Path, expect: str, wrong: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    case = f"{{name: a, given: {{role: user, text: to a@b.org}}, expect: {expect}}}"
    assert run(policy, case, words=("--format", "json")) == bool(wrong)
    [told] = json.loads(capsys.readouterr().out)["tests"]
    assert [(w["expected"], w["got"]) for w in told["wrong"]] == wrong


@pytest.mark.parametrize(
    ("given", "message", "fine"),
    [
        ("text: boom", "Not this.", True),
        ("text: boom", "No.", False),
        ("failures: [words]", "No.", True),
        ("failures: [words], accept_language: 'fr, de;q=0.5'", "Nein.", True),
    ],
)
def test_what_the_client_is_told(policy: Path, given: str, message: str, fine: bool) -> None:
    case = f"{{name: a, given: {{role: user, {given}}}, expect: {{outcome: block, message: {message}}}}}"
    assert run(policy, case) == (not fine)


DRAFT = '{"to": "a@b.org", "text": "\\u0061nd more of it, so that there is something to cut into pieces"}'


@pytest.mark.parametrize(
    ("arguments", "expect"),
    [
        (DRAFT, "outcome: redact, released: '" + DRAFT.replace("a@b.org", "[pii.mail]") + "'"),
        (DRAFT.replace("more", "bo\\u006fm"), "outcome: block"),
    ],
)
def test_calls_that_flow_are_cut_into_pieces_too(policy: Path, arguments: str, expect: str) -> None:
    case = f"{{name: a, given: {{role: assistant, tool: draft, call: '{arguments}'}}, expect: {{{expect}}}}}"
    assert run(policy, case) == 0


def test_a_call_that_comes_out_otherwise_in_pieces_is_a_failure(
    policy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Blind(JsonStream):
        async def feed(self, text: str, *, last: bool = False) -> str:
            return text

    monkeypatch.setattr(_test_engine, "JsonStream", Blind)
    assert (
        run(
            policy,
            f"{{name: a, given: {{role: assistant, tool: draft, call: '{DRAFT}'}}, expect: {{outcome: redact}}}}",
        )
        == 1
    )
    assert "got       allow when streamed character by character" in capsys.readouterr().out
    assert (
        run(
            policy, f"{{name: a, given: {{role: assistant, tool: send, call: '{DRAFT}'}}, expect: {{outcome: redact}}}}"
        )
        == 0
    )


# ---------------------------------------------------------------------------------------------------- filters

LACKING = """schema: guardproxy/v1
policy: p
filters:
  words: {use: patterns, patterns: [{id: bomb, pattern: boom}]}
  tox: {use: toxicity, model: a-model-that-nobody-has}
rules:
  - {id: stop, scope: {role: tool}, when: words.bomb, then: block}
  - {id: civil, scope: {role: user}, when: toxicity.toxic, then: block}
tests:
  - {name: without the model, given: {role: tool, text: boom}, expect: {outcome: block, rules: [stop]}}
  - {name: with it, given: {role: user, text: hello}, expect: {outcome: allow}}
  - {name: found, given: {role: user, findings: [{label: toxicity.toxic}]}, expect: {outcome: block, rules: [civil]}}
"""


def test_tests_of_a_model_that_is_missing_are_skipped_and_told(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text(LACKING)
    assert main(["test", str(policy)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"  SKIP  with it .*\n        filter 'tox' can't be started: there is no model 'a-model-that", out)
    assert out.endswith("3 tests: 2 passed, 1 skipped\n")
    assert main(["test", str(policy), "--format", "junit"]) == 0
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    assert (suite.attrib["skipped"], suite.attrib["failures"]) == ("1", "0")
    assert "can't be started" in (suite[1][0].attrib["message"])


def test_no_skip_makes_it_a_failure(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(LACKING)
    assert main(["test", str(policy), "--no-skip"]) == 1
    out = capsys.readouterr().out
    assert "got       skipped, and --no-skip is given: filter 'tox' can't be started" in out
    assert out.endswith("3 tests: 2 passed, 1 failed\n")
    assert main(["test", str(policy), "--no-skip", "--run", "without"]) == 0


def test_nothing_but_skipped_tests_is_no_success(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text(LACKING)
    assert main(["test", str(policy), "--run", "with it"]) == 1
    assert "no test was run: every one was skipped" in capsys.readouterr().err


def test_only_filters_that_a_test_needs_are_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    real = PatternFilter.start

    async def start(self: PatternFilter) -> None:
        started.append(self.name)
        await real(self)

    monkeypatch.setattr(PatternFilter, "start", start)
    (tmp_path / "policy.yaml").write_text(
        "schema: guardproxy/v1\npolicy: p\n"
        "filters:\n"
        "  a: {use: patterns, patterns: [{id: x, pattern: x}]}\n"
        "  b: {use: patterns, patterns: [{id: y, pattern: y}]}\n"
        "rules:\n"
        "  - {id: one, scope: {role: user}, when: a.x, then: block}\n"
        "  - {id: two, scope: {role: tool}, when: b.y, then: block}\n"
        "tests:\n  - {name: t, given: {role: tool, text: y}, expect: {rules: [two]}}\n"
    )
    told = examine(tmp_path, detectors.catalogue(), detectors.build)
    assert told.policy is not None
    [result] = asyncio.run(run_cases(told.policy, told.cases, chunking=Chunking(0)))
    assert (result.status, started) == ("pass", ["b"])


def test_pure_tests_import_neither_the_engine_nor_an_http_client(policy: Path) -> None:
    policy.write_text(LACKING)
    code = (
        "import sys\nfrom guardproxy.cli import main\n"
        f"code = main(['test', {str(policy)!r}, '--run', 'found'])\n"
        "heavy = {'guardproxy.engine', 'guardproxy.wire', 'guardproxy.server', 'aiohttp', 'torch', 'numpy', 'xml'}\n"
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "0 []\n"


# ---------------------------------------------------------------------------------------------------- printing, watching


def test_verbose_shows_what_was_found_in_tests_that_pass(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = "{name: a, given: {role: user, text: warm a@b.org}, expect: {outcome: redact}}"
    assert run(policy, case, words=("-v",)) == 0
    assert re.sub(r" +[\d.]+ ms", " N ms", capsys.readouterr().out).splitlines()[1:-1] == [
        "  PASS  a N ms",
        "        | warm a@b.org",
        "        |      ^^^^^^^ pii.mail 1.00 at 5–12 → mask (>= 0.5): redact",
        "        | warm a@b.org",
        "        | ^^^^ heat.word 0.20 at 0–4",
        "        redact, released 'warm [pii.mail]'",
    ]


def test_watching_runs_again_and_ends_cleanly(tmp_path: Path) -> None:
    policy, told = tmp_path / "policies" / "policy.yaml", tmp_path / "told"
    policy.parent.mkdir()
    run(policy, "{name: a, given: {role: user, findings: [{label: pii.mail}]}, expect: {outcome: redact}}")
    with told.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "guardproxy", "test", str(policy), "--watch", "-q"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            _await(told, "1 test: 1 passed", 1)
            policy.write_text(policy.read_text().replace("outcome: redact", "outcome: block"))
            _await(told, "1 test: 1 failed", 1)
            policy.write_text("schema: [\n")
            _await(told, "GP001", 1)
            run(policy, "{name: a, given: {role: user, findings: [{label: pii.mail}]}, expect: {outcome: redact}}")
            _await(told, "1 test: 1 passed", 2)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(20)
    assert code == 0
    assert "Traceback" not in told.read_text()


def _await(file: Path, text: str, times: int) -> None:
    end = time.monotonic() + 30
    while file.read_text().count(text) < times:
        assert time.monotonic() < end, file.read_text()
        time.sleep(0.05)

"""A judge end to end: the openai client, guardproxy in its own process, and the local gpt-oss as model and as judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from guardproxy.backend.dialogs import BY_NAME, HASH_KEY, request
from guardproxy.backend.judge_dialogs import LOCK_POLICY
from tests.e2e.proxy import Proxy, serving
from tests.e2e.talk import Caller

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
POLICY = """
schema: guardproxy/v1
policy: judged
version: "1"
filters:
  doubt:
    use: patterns
    keywords: [{id: word, words: [lock, joke, hello]}]
  judge: {use: llm_judge, judge: toy, stage: 2, policy_file: prompts/locks.md, labels: {L1: hazard.locks}, hold: true}
rules:
  - {id: ask, scope: {role: user}, when: doubt.word, then: escalate, to: judge}
  - {id: locks, scope: {role: user}, when: hazard.locks, then: block, message: Not this lock.}
tests:
  - {name: locks, given: {role: user, findings: [{label: hazard.locks}]}, expect: {outcome: block, rules: [locks]}}
"""
SETTINGS = "judges: {toy: {url: '%s', protocol: safeguard, model: gpt-oss, timeout: 30, max_tokens: 200}}\n"


@pytest.fixture(scope="module")
def proxy(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder: Path = tmp_path_factory.mktemp("judged")
    policies = folder / "policies"
    (policies / "prompts").mkdir(parents=True)
    (policies / "prompts" / "locks.md").write_text(LOCK_POLICY + "\n")
    (policies / "policy.yaml").write_text(POLICY)
    (folder / "settings.yaml").write_text(SETTINGS % gptoss)
    arguments = ("--policies", str(policies), "--config", str(folder / "settings.yaml"))
    with serving(
        gptoss,
        folder,
        *arguments,
        expected=r".*(guardproxy\.judges|filter judge failed).*",
        GUARDPROXY_HASH_KEY=HASH_KEY,
    ) as one:
        yield one


@pytest.fixture
def caller(proxy: Proxy) -> Iterator[Caller]:
    proxy.check_alive()
    proxy.tap.visits.clear()
    one = Caller(proxy.url)
    yield one
    one.client.close()


def asked(caller: Caller, dialog: str, stream: bool) -> str:
    body = request(BY_NAME[dialog], max_tokens=200)
    if not stream:
        return caller.client.chat.completions.create(**body).choices[0].message.content or ""
    chunks = caller.client.chat.completions.create(**body, stream=True)
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


@ways
def test_what_the_judge_finds_fine_passes(caller: Caller, stream: bool) -> None:
    assert asked(caller, "joke", stream) == BY_NAME["joke"].answer


@ways
def test_what_nobody_doubts_is_not_judged(caller: Caller, stream: bool) -> None:
    assert asked(caller, "sum", stream) == BY_NAME["sum"].answer


@ways
def test_what_the_judge_calls_a_violation_is_blocked(caller: Caller, proxy: Proxy, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError, match=r"Not this lock\."):
        asked(caller, "refusal", stream)
    assert proxy.tap.visits == [], "the model was not asked"


@ways
def test_a_judge_that_chats_gives_no_verdict_and_nothing_passes(caller: Caller, proxy: Proxy, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError):
        asked(caller, "hello", stream)
    assert proxy.tap.visits == []
    assert "is not the JSON that it was asked for" in proxy.said()

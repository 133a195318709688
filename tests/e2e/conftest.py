"""One guardproxy for each way that the local gpt-oss is served, for the whole session; each test gets it with a clean tap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.proxy import Proxy, serving
from tests.e2e.talk import CLIENT_KEY, UPSTREAM_KEY, Caller

STRICT = """
schema: guardproxy/v1
policy: strict
version: "1"
filters:
  pii: {use: pii_patterns}
  words:
    use: patterns
    keywords:
      - {id: fountain, words: [bluebird]}
      - {id: story, words: ['hidden doors']}
rules:
  - {id: mask, title: Personal data is masked, severity: medium, when: pii.*, then: redact}
  - {id: bluebird, title: Nobody asks for it, severity: high, when: words.fountain, then: block, message: Not this bird.}
  - {id: doors, title: Nobody tells of them, severity: high, when: words.story, then: block, message: No such doors.}
tests:
  - {name: a word blocks, given: {role: user, text: the Bluebird files}, expect: {outcome: block, rules: [bluebird]}}
"""
"""Two words that block, and no rule on control tokens: prompts of raw Harmony reach the model as they are."""


@pytest.fixture(scope="session")
def _guarded(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    keys = {"GUARDPROXY_KEY": CLIENT_KEY, "GUARDPROXY_UPSTREAM_KEY": UPSTREAM_KEY}
    with serving(gptoss, tmp_path_factory.mktemp("guarded"), **keys) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def _guarded_raw(gptoss_raw: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with serving(gptoss_raw, tmp_path_factory.mktemp("raw")) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def _guarded_strictly(gptoss: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("strict")
    policies = folder / "policies"
    policies.mkdir()
    (policies / "policy.yaml").write_text(STRICT)
    with serving(gptoss, folder, "--policies", str(policies)) as proxy:
        yield proxy


def _fresh(proxy: Proxy) -> Proxy:
    proxy.check_alive()
    proxy.tap.visits.clear()
    return proxy


@pytest.fixture
def guarded(_guarded: Proxy) -> Proxy:
    """The default policy, keys on both sides, replies read by the response template."""
    return _fresh(_guarded)


@pytest.fixture
def guarded_raw(_guarded_raw: Proxy) -> Proxy:
    """The default policy, no keys, channels as plain text in the content."""
    return _fresh(_guarded_raw)


@pytest.fixture
def strict(_guarded_strictly: Proxy) -> Proxy:
    """A policy that blocks; no keys."""
    return _fresh(_guarded_strictly)


@pytest.fixture
def caller(guarded: Proxy) -> Iterator[Caller]:
    """An openai client of `guarded`."""
    one = Caller(guarded.url)
    yield one
    one.client.close()

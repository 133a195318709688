"""What operators see after real traffic: metrics, decision records, a lean process; and of a model that is down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import openai
import pytest

from guardproxy.backend.dialogs import BY_NAME, DIALOGS, EMAIL, request
from tests.e2e.proxy import Proxy, serving
from tests.e2e.talk import CLIENT_KEY, SECONDS, UPSTREAM_KEY, Caller
from tests.patience import PATIENCE

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]

NAMES = ("hello", "email", "thought_card", "tool_key", "many")
QUESTION = f"My address is {EMAIL}, remember it."


@dataclass
class Traffic:
    """Some of everything, and what was counted before and after it."""

    before: dict[str, float]
    after: dict[str, float]
    ids: set[str]
    """Of its decisions."""


@pytest.fixture(scope="module")
def traffic(_guarded: Proxy) -> Traffic:
    before = _guarded.metrics()
    ids = _ask(_guarded)
    _guarded.records(ids)  # each request is counted, and written down, once its client has the answer
    return Traffic(before, _guarded.metrics(), ids)


def _ask(proxy: Proxy) -> set[str]:
    caller = Caller(proxy.url)
    for name in NAMES:
        for stream in (False, True):
            caller.chat(request(BY_NAME[name]), stream=stream)
    asked = {"model": "gpt-oss", "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 4}
    caller.chat(asked, stream=False)
    caller.client.completions.create(model="gpt-oss", prompt=QUESTION, max_tokens=4)
    with pytest.raises(openai.BadRequestError):
        caller.client.chat.completions.create(**request(BY_NAME["hello"]), extra_body={EMAIL: 1})
    return {take.headers["x-guardproxy-decision"] for take in caller.wire.takes}


def _ruled(samples: dict[str, float], rule: str, direction: str) -> float:
    labels = f'direction="{direction}",mode="enforce",outcome="redact",rule="{rule}"'
    return samples.get(f"guardproxy_decisions_total{{{labels}}}", 0.0)


def _metric(samples: dict[str, float], start: str) -> float:
    return sum(value for name, value in samples.items() if name.startswith(start))


def test_metrics_count_what_was_decided(traffic: Traffic) -> None:
    before, after = traffic.before, traffic.after
    for rule, direction, least in (
        ("mask-personal-data", "response", 6),
        ("mask-secrets", "response", 2),
        ("mask-personal-data", "request", 2),
    ):
        assert _ruled(after, rule, direction) - _ruled(before, rule, direction) >= least
    for start, count in (
        ('guardproxy_requests_total{model="other",route="/v1/chat/completions",status="200"}', 11),
        ('guardproxy_requests_total{model="other",route="/v1/chat/completions",status="400"}', 1),
        ('guardproxy_requests_total{model="other",route="/v1/completions",status="200"}', 1),
        ("guardproxy_added_ttft_seconds_count", 5),
    ):
        assert _metric(after, start) - _metric(before, start) == count, start
    for name in ("filter_seconds_count", "upstream_seconds_count", "held_seconds_count"):
        assert _metric(after, f"guardproxy_{name}") > _metric(before, f"guardproxy_{name}")
    assert _metric(after, "guardproxy_filter_failures") == 0
    assert after["guardproxy_held_characters"] == 0
    assert EMAIL not in str(after)


def test_one_record_per_request(guarded: Proxy, traffic: Traffic) -> None:
    assert len(traffic.ids) == 2 * len(NAMES) + 3
    records = guarded.records(traffic.ids)
    assert sorted(r["status"] for r in records) == [200] * 12 + [400]
    assert sorted(r["stream"] for r in records) == [False] * 8 + [True] * 5
    labels = {finding["label"] for r in records for finding in r["findings"]}
    assert {"pii.email", "pii.phone", "pii.card", "pii.iban", "secret.github"} <= labels
    masked = [r for r in records if r["outcome"] == "redact"]
    assert len(masked) == 10
    assert {v["rule"] for r in masked for v in r["verdicts"]} == {"mask-personal-data", "mask-secrets"}
    assert {r["policy"]["name"] for r in records} == {"default"}


def test_no_text_in_anything_that_is_written(guarded: Proxy, traffic: Traffic) -> None:
    """Of all requests so far: the decision log and standard error hold no planted value, no key and no answer."""
    assert guarded.records(traffic.ids)
    written = guarded.log.read_text() + guarded.said()
    values = {value for dialog in DIALOGS for value in dialog.planted} | {CLIENT_KEY, UPSTREAM_KEY}
    assert not [value for value in values if value in written]
    assert not [dialog.name for dialog in DIALOGS if dialog.content and dialog.content[:12] in written]
    assert guarded.said() == ""


def test_it_never_loads_torch(guarded: Proxy, traffic: Traffic) -> None:
    assert traffic.after["guardproxy_in_flight"] == 0
    maps = Path(f"/proc/{guarded.process.pid}/maps").read_text()
    assert "hyperscan" in maps
    assert not [name for name in ("libtorch", "torch/_C", "transformers", "tokenizers", "spacy") if name in maps]


def test_health(guarded: Proxy) -> None:
    base = guarded.url.removesuffix("/v1")
    with httpx.Client(trust_env=False, timeout=SECONDS) as client:
        assert client.get(f"{base}/healthz").status_code == 200
        assert client.get(f"{base}/readyz").status_code == 200
        assert client.get(f"{base}/metrics").status_code == 404


def test_a_model_that_is_down_is_an_error_at_once(tmp_path: Path) -> None:
    """Nobody waits: the client gets an error that says so, streamed or not, and readiness tells."""
    with serving("http://127.0.0.1:9/v1", tmp_path) as proxy:
        caller = Caller(proxy.url)
        started = time.monotonic()
        for stream in (False, True):
            with pytest.raises(openai.InternalServerError) as refused:
                caller.chat(request(BY_NAME["hello"]), stream=stream)
            assert refused.value.status_code == 502
            assert "upstream" in refused.value.body["message"]
        assert time.monotonic() - started < PATIENCE
        assert httpx.get(f"{proxy.url.removesuffix('/v1')}/readyz", timeout=SECONDS, trust_env=False).status_code == 503

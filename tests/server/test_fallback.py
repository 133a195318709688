"""While an upstream can't be asked, the one that its operator has named answers in its place, and no other; and it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from guardproxy.config import load
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.governance.fallback import Budget
from guardproxy.types import ConfigError, WireError
from tests.patience import eventually
from tests.server.support import POLICY, World, answer, body_of, headers_of, plays, status_of, streams, whole, world

DOWN = answer(b'{"error": {"message": "no"}}', b"503 no")
FINE = answer(whole("fine"))


class Log:
    """An audit log in memory."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken = False

    async def record(self, event: Event) -> None:
        if self.broken:
            raise AuditUnavailable("the disk is full")
        self.events.append(event)


@contextmanager
def two(
    folder: Path, managed: dict[str, Any] | None = None, quotas: dict[str, Any] | None = None, **upstream: Any
) -> Iterator[tuple[World, World, Log]]:
    """A guardproxy before a main upstream, the world that stands in for it, and the audit log."""
    for name in ("a", "b", "own"):
        (folder / name).mkdir()
    route = "  - {id: out, when: words.mail, scope: {direction: request}, then: route, to: managed}\ntests:"
    (folder / "own" / "policy.yaml").write_text(POLICY.replace("tests:", route, 1))
    with world(folder / "b") as other:
        target = {"url": f"http://127.0.0.1:{other.upstream_port}/v1", "external": True, "model": "gpt-oss-120b"}
        more = {
            "upstreams": {"managed": {**target, "key_env": "MANAGED_KEY", **(managed or {})}},
            "upstream": {"fallback": ["managed"], "fallback_shares": True, "failures": 2, "pause": 0.3, **upstream},
        }
        if quotas:
            more["quotas"] = quotas
        keys = {"GUARDPROXY_UPSTREAM_KEY": "sk-main-key", "MANAGED_KEY": "sk-managed-key"}
        store = {"path": ":memory:"}
        with world(folder / "a", keys, policies=str(folder / "own"), store=store, **more) as one:
            log = Log()
            object.__setattr__(one.running.app.upstreams, "audit", log)
            yield one, other, log


def ask(one: World, text: str = "hello", **more: Any) -> bytes:
    return one.ask(messages=[{"role": "user", "content": text}], **more)


def test_who_stands_in_and_for_how_long(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other, log):
        one.script, other.script = plays(DOWN), plays(answer(whole("in its place, joe@mail.com")))
        for asked in (1, 2, 2):  # the third isn't even tried: the breaker is open
            raw = ask(one, "a cat")
            assert status_of(raw) == 200 and b"in its place" in raw
            assert b"joe@mail.com" not in raw, "guarded like any"
            assert len(one.visits) == asked
        head = headers_of(raw)
        assert (head["x-guardproxy-upstream"], head["x-guardproxy-fallback"]) == ("managed", "breaker")
        assert other.visits[0].json["model"] == "gpt-oss-120b"
        sent = other.visits[0].head.decode().lower()
        assert "bearer sk-managed-key" in sent and "sk-main-key" not in sent
        record = one.record_of(raw)
        assert record["upstream"] == "managed"
        assert record["fallback"] == {"instead_of": "main", "reason": "breaker"}
        metrics = one.metrics()
        assert 'fallback_total{instead_of="main",reason="failed",upstream="managed"} 2.0' in metrics
        assert 'guardproxy_upstream_available{upstream="main"} 0.0' in metrics
        assert [(e.action, e.subject) for e in log.events] == [("upstream.fallback_began", "managed")], "once"
        assert log.events[0].details == {
            "instead_of": "main", "reason": "failed", "external": True, "host": "127.0.0.1",
        }  # fmt: skip
        one.script = plays(FINE)
        eventually(lambda: "x-guardproxy-upstream" not in headers_of(ask(one)))
        assert [e.action for e in log.events] == ["upstream.fallback_began", "upstream.fallback_ended"]


def test_what_is_about_the_request_goes_nowhere_else(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other, _):
        for status in (b"500 no", b"400 no", b"404 no"):
            one.script = plays(answer(b'{"error": {"message": "no"}}', status))
            for _again in range(3):
                assert status_of(ask(one)) == int(status[:3])
        assert len(one.visits) == 9 and not other.visits


def test_one_that_a_rule_has_chosen_is_not_stood_in_for_by_the_main_one(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other, _):
        other.script = plays(DOWN)
        for _again in range(4):
            assert status_of(ask(one, "write to joe@mail.com")) == 503
        assert not one.visits and len(other.visits) == 4


def test_streams_runs_in_the_background_and_conversations_go_on(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other, _):
        one.script, other.script = plays(DOWN), streams("fi", "ne")
        assert b"x-guardproxy-fallback: failed" in ask(one, stream=True)
        reply = {"id": "r", "object": "response", "status": "completed", "output": [
            {"type": "message", "role": "assistant", "id": "m", "status": "completed",
             "content": [{"type": "output_text", "text": "the first answer", "annotations": []}]}]}  # fmt: skip
        one.script = plays(answer(json.dumps(reply).encode()))
        first = {"model": "gpt-oss", "input": "first question", "store": True}
        eventually(
            lambda: (
                "x-guardproxy-upstream" not in headers_of(one.post(json.dumps(first).encode(), path="/v1/responses"))
            )
        )
        raw = one.post(json.dumps(first).encode(), path="/v1/responses")
        one.script, other.script = plays(DOWN), plays(answer(json.dumps(reply).encode()))
        then = {"model": "gpt-oss", "input": "and then?", "previous_response_id": json.loads(body_of(raw))["id"]}
        raw = one.post(json.dumps(then).encode(), path="/v1/responses")
        assert status_of(raw) == 200 and headers_of(raw)["x-guardproxy-upstream"] == "managed"
        sent = other.visits[-1].body.decode()
        assert "first question" in sent and "the first answer" in sent and "previous_response_id" not in sent
        before = len(other.visits)
        one.post(json.dumps({**first, "background": True}).encode(), path="/v1/responses")
        eventually(lambda: len(other.visits) > before)


def test_vectors_are_never_another_model_s(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other, _):
        one.script = plays(DOWN)
        raw = one.post(json.dumps({"model": "e", "input": "hello"}).encode(), path="/v1/embeddings")
        assert status_of(raw) == 503 and not other.visits


def test_a_model_in_quarantine_is_stood_in_for(tmp_path: Path) -> None:
    def no(name: str) -> None:
        raise WireError("in quarantine", status=403, code="model_quarantined", param="model")

    with two(tmp_path) as (one, other, _):
        one.running.models.may_serve = no
        other.script = plays(FINE)
        raw = ask(one)
        assert status_of(raw) == 200 and headers_of(raw)["x-guardproxy-fallback"] == "quarantined"
        assert not one.visits
        object.__setattr__(one.running.app.upstreams.others["managed"], "model", "")
        assert status_of(ask(one)) == 403, "the same name elsewhere may be the same weights"


def test_a_model_in_quarantine_is_refused_in_every_dialect(tmp_path: Path) -> None:
    def no(name: str) -> None:
        raise WireError("in quarantine", status=403, code="model_quarantined", param="model")

    asked = {
        "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
        "/v1/completions": {"prompt": "Hi"},
        "/v1/responses": {"input": "Hi", "store": False},
        "/v1/messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50},
        "/api/chat": {"messages": [{"role": "user", "content": "Hi"}]},
        "/api/generate": {"prompt": "Hi"},
        "/v1/embeddings": {"input": "Hi"},
    }
    with two(tmp_path) as (one, other, _):
        one.running.models.may_serve = no
        object.__setattr__(one.running.app.upstreams.others["managed"], "model", "")
        for path, body in asked.items():
            for stream in (False, True):
                raw = one.post(json.dumps({"model": "bad", "stream": stream, **body}).encode(), path=path)
                assert status_of(raw) == 403 and b"in quarantine" in body_of(raw), path
        assert not one.visits and not other.visits


def test_the_audit_log_hears_of_each_barred_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    barred = {"bad", *(f"m{n}" for n in range(9))}

    def some(name: str) -> None:
        if name in barred:
            raise WireError("in quarantine", status=403, code="model_quarantined", param="model")

    monkeypatch.setattr("guardproxy.server.destinations.MODELS", 3)
    with two(tmp_path) as (one, other, log):
        one.running.models.may_serve = some
        one.script = other.script = plays(FINE)
        for _again in range(3):  # requests for models that serve say nothing about the one that may not
            assert headers_of(ask(one, model="bad"))["x-guardproxy-fallback"] == "quarantined"
            assert "x-guardproxy-upstream" not in headers_of(ask(one, model="good"))
        assert [(e.action, e.details["model"]) for e in log.events] == [("upstream.fallback_began", "bad")]
        for n in range(9):
            assert status_of(ask(one, model=f"m{n}")) == 200
        assert [e.details["model"] for e in log.events] == ["bad", "m0", "m1", "(others)"], "names that clients make up"
        barred.remove("bad")
        assert status_of(ask(one, model="bad")) == status_of(ask(one, model="good")) == 200
        assert [(e.action, e.details["model"]) for e in log.events[4:]] == [("upstream.fallback_ended", "bad")]


def test_a_budget_is_kept(tmp_path: Path) -> None:
    with two(tmp_path, {"daily_requests": 2, "daily_tokens": 10_000}) as (one, other, _):
        one.script, other.script = plays(DOWN), plays(FINE)
        assert [status_of(ask(one)) for _ in range(3)] == [200, 200, 503]
        raw = ask(one, "write to joe@mail.com")
        assert status_of(raw) == 503 and b"budget_spent" in raw and len(other.visits) == 2
        assert 'guardproxy_upstream_budget_used_ratio{upstream="managed"} 1.0' in one.metrics()
        usage = {"usage": {"prompt_tokens": 4000, "completion_tokens": 6000, "total_tokens": 10_000}}
        other.script = plays(answer(json.dumps({**json.loads(whole("fine")), **usage}).encode()))
        member = one.running.app.upstreams.others["managed"].member
        member.budget = Budget(None, 10_000, time.time)
        assert status_of(ask(one, "write to joe@mail.com")) == 200
        assert status_of(ask(one, "write to joe@mail.com")) == 503


def test_what_cannot_be_recorded_is_not_shared(tmp_path: Path) -> None:
    with two(tmp_path) as (one, other, log):
        log.broken = True
        one.script, other.script = plays(DOWN), plays(FINE)
        assert status_of(ask(one)) == 503
        assert not other.visits
        log.broken = False
        assert status_of(ask(one)) == 200 and len(log.events) == 1


def test_health_checks_tell_before_requests_do(tmp_path: Path) -> None:
    with two(tmp_path, check_interval=0.05) as (one, other, _):
        one.script, other.script = plays(DOWN), plays(FINE)
        eventually(lambda: 'guardproxy_upstream_available{upstream="main"} 0.0' in one.metrics())
        raw = ask(one)
        assert headers_of(raw)["x-guardproxy-fallback"] == "unhealthy"
        one.running.app.health._checked = float("-inf")
        ready = one.raw(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert status_of(ready) == 200 and json.loads(body_of(ready))["checks"]["upstream"]["fallback"] == "managed"
        one.script = plays(FINE)
        eventually(lambda: "x-guardproxy-fallback" not in headers_of(ask(one)))


MANAGED = {"url": "https://example.com/v1", "external": True}


@pytest.mark.parametrize(
    ("main", "others", "said"),
    [
        ({"fallback": ["managed"]}, {"managed": MANAGED}, "Say `fallback_shares: true` at `upstream`"),
        ({"fallback": ["other"]}, {"managed": MANAGED}, "names 'other'.* there are managed"),
        ({}, {"main": MANAGED}, "can't be called 'main'"),
        ({}, {"managed": {**MANAGED, "fallback": ["managed"]}}, "`upstreams.managed.fallback` names 'managed'"),
        (
            {},
            {"inside": {**MANAGED, "external": False, "fallback": ["managed"]}, "managed": MANAGED},
            "`fallback_shares: true` at `upstreams.inside`",
        ),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, main: dict[str, Any], others: dict[str, Any], said: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps({"upstream": {"url": "http://127.0.0.1:1/v1", **main}, "upstreams": others}))
    with pytest.raises(ConfigError, match=said):
        load(file, {})


def test_callers_pay_the_price_of_who_has_answered(tmp_path: Path) -> None:
    limits = [{"cost": "5/day", "per": "tenant"}]
    prices = {"gpt-oss": {"input": 1, "output": 1}, "gpt-oss-120b": {"input": 1000, "output": 1000}}
    usage = {"usage": {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}}
    with two(tmp_path, quotas={"limits": limits, "prices": prices}) as (one, other, _):
        one.script, other.script = (
            plays(DOWN),
            plays(answer(json.dumps({**json.loads(whole("fine")), **usage}).encode())),
        )
        assert one.record_of(ask(one))["quota"]["cost"] == pytest.approx(2.0)

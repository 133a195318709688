"""Quotas at the edge: who is over a limit is told so, in each dialect's words, and nobody gets round being charged."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guardproxy.config import Settings, load
from guardproxy.server.output import Spent
from guardproxy.server.quota import MAX_GUESS, Quotas, duration, used
from guardproxy.telemetry import Metrics
from guardproxy.types import ConfigError
from tests.governance.quotas.support import need_redis, redis_server
from tests.patience import eventually
from tests.server.responses import says
from tests.server.support import (
    EVENTS,
    World,
    answer,
    body_of,
    chat,
    chunk,
    error_of,
    event,
    events_of,
    headers_of,
    plays,
    status_of,
    whole,
    world,
)

KEYS = {"GUARDPROXY_KEY": "sk-first-0123456789", "GUARDPROXY_ADMIN_KEY": "sk-admin-0123456789"}
FIRST, SECOND = (b"authorization: Bearer %s\r\n" % key.encode() for key in KEYS.values())
USAGE = {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42}


def counted(text: str = "fine", usage: dict[str, int] | None = None) -> bytes:
    body = json.loads(whole(text))
    body.pop("usage", None)
    return answer(json.dumps({**body, **({"usage": usage} if usage else {})}).encode())


def stream(*texts: str) -> bytes:
    return b"".join(chunk(event(text)) for text in texts)


def post(
    one: World, body: dict[str, Any] | None = None, path: str = "/v1/chat/completions", key: bytes = FIRST
) -> bytes:
    return one.post(json.dumps(body or chat()).encode(), path, key)


def metric(one: World, name: str) -> float:
    text = one.running.metrics.exposition("")[0].decode()
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Any]:
    """Makes a world with these limits."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def make(*limits: dict[str, Any], environ: dict[str, str] | None = None, **more: Any) -> World:
            folder = tmp_path / str(len(list(tmp_path.iterdir())))
            folder.mkdir()
            sections = {k: v for k, v in more.items() if k in ("store", "models", "admin")}
            quotas = {k: v for k, v in more.items() if k not in sections}
            made = world(folder, {**KEYS, **(environ or {})}, quotas={"limits": list(limits), **quotas}, **sections)
            one = stack.enter_context(made)
            one.script = plays(counted())
            return one

        yield make


def test_over_the_limit_of_requests_in_every_dialect(limited: Any) -> None:
    one = limited({"per": "key", "requests": "2/day"})
    first = post(one)
    assert status_of(first) == 200
    told = headers_of(first)
    assert (told["x-ratelimit-limit-requests"], told["x-ratelimit-remaining-requests"]) == ("2", "1")
    assert told["x-ratelimit-reset-requests"] == "12h0m0s"
    assert status_of(post(one)) == 200
    over = post(one)
    assert status_of(over) == 429
    assert error_of(over)["code"] == "rate_limit_exceeded" and error_of(over)["type"] == "rate_limit_error"
    assert "2 requests per day for each key" in error_of(over)["message"]
    told = headers_of(over)
    assert 43_100 < int(told["retry-after"]) <= 43_200 and told["x-should-retry"] == "false"
    assert told["x-ratelimit-remaining-requests"] == "0"
    line = one.record_of(over)
    assert (line["error"], line["quota"]) == ("rate_limit_exceeded", {"refused": "2 requests per day for each key"})
    assert len(one.visits) == 2, "the upstream was not asked"
    assert metric(one, 'guardproxy_quota_refused_total{per="key",what="requests"}') == 1
    anthropic = post(one, {**chat(), "max_tokens": 5}, "/v1/messages")
    assert status_of(anthropic) == 429
    assert json.loads(body_of(anthropic))["error"]["type"] == "rate_limit_error"
    ollama = post(one, chat(), "/api/chat")
    assert status_of(ollama) == 429 and "limit" in json.loads(body_of(ollama))["error"]
    found = post(one, {"input": "hello"}, "/v1/moderations")
    assert status_of(found) == 429, "detectors count too"
    assert status_of(post(one, key=SECOND)) == 200, "another key has its own"


def test_short_waits_are_told_in_milliseconds(limited: Any) -> None:
    one = limited({"per": "tenant", "requests": "1/second", "burst": 1})
    assert status_of(post(one)) == 200
    over = post(one, key=SECOND)
    assert status_of(over) == 429, "both keys are of one tenant"
    assert headers_of(over)["retry-after"] == "1" and 0 < int(headers_of(over)["retry-after-ms"]) <= 1000
    time.sleep(int(headers_of(over)["retry-after-ms"]) / 1000)
    assert status_of(post(one)) == 200


def test_tokens_are_what_the_upstream_counts(limited: Any) -> None:
    one = limited({"per": "key", "tokens": "1000/day"}, prices={"gpt-oss": {"input": 1.0, "output": 10.0}})
    one.script = plays(counted(usage=USAGE))
    raw = post(one, chat(max_tokens=100))
    assert int(headers_of(raw)["x-ratelimit-remaining-tokens"]) <= 900, "the most that it may be is taken first"
    quota = one.record_of(raw)["quota"]
    assert quota == {"prompt_tokens": 30, "completion_tokens": 12, "counted": "upstream",
                     "cost": round((30 + 120) / 1e6, 9)}  # fmt: skip
    after = post(one, chat(max_tokens=1))
    size = -(-len(json.dumps(chat(max_tokens=1))) // 4)
    assert int(headers_of(after)["x-ratelimit-remaining-tokens"]) == 1000 - 42 - size - 1


def test_a_reply_that_was_longer_than_thought_leaves_a_debt(limited: Any) -> None:
    one = limited({"per": "key", "tokens": "100/minute"})
    one.script = plays(counted(usage={"prompt_tokens": 10, "completion_tokens": 1190, "total_tokens": 1200}))
    assert status_of(post(one)) == 200
    over = post(one, chat(max_tokens=1))
    assert status_of(over) == 429 and 600 < int(headers_of(over)["retry-after"]) <= 720


def test_cost_is_a_limit_of_its_own(limited: Any) -> None:
    one = limited({"per": "key", "cost": "0.01/day"}, prices={"gpt*": {"input": 0, "output": 1000}}, reply_tokens=1)
    one.script = plays(counted(usage=USAGE))
    assert status_of(post(one)) == 200
    over = post(one)
    assert (status_of(over), error_of(over)["code"]) == (429, "insufficient_quota")
    assert "0.01 of cost per day" in error_of(over)["message"]


@pytest.mark.parametrize("how", ["cut", "gone", "broken"])
def test_who_ends_a_reply_early_pays_for_what_came(how: str, limited: Any) -> None:
    one = limited({"per": "key", "tokens": "100000/day"})
    text = "word " * 100
    body = chat(stream=True, max_tokens=5000)
    size = -(-len(json.dumps(body)) // 4)
    if how == "cut":
        one.script = plays(EVENTS, stream(text, "a bomb here", "never"), pause=0.01)
        raw = post(one, body)
        assert events_of(raw)[-2]["choices"][0]["finish_reason"] == "content_filter"
        quota = one.record_of(raw)["quota"]
    elif how == "broken":
        one.script = plays(EVENTS, stream(text), close=True)
        quota = one.record_of(post(one, body))["quota"]
    else:
        one.script = plays(EVENTS, stream(text), *[stream("more ")] * 100, pause=0.05)
        client = one.connect()
        data = json.dumps(body).encode()
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                       b"content-length: %d\r\n%s\r\n" % (len(data), FIRST) + data)  # fmt: skip
        got = b""
        while b"word" not in got:
            got += client.recv(65536)
        client.close()
        lines = eventually(lambda: one.running.app.recorder.recent.after(0))
        quota = lines[0][1]["quota"]
    assert quota["counted"] == "guardproxy" and quota["prompt_tokens"] == size
    assert 125 <= quota["completion_tokens"] < 300


def test_what_no_upstream_worked_on_costs_a_request_only(limited: Any) -> None:
    one = limited({"per": "key", "tokens": "1000/day"}, {"per": "key", "requests": "10/day"})
    one.script = plays(answer(b'{"error": {"message": "busy"}}', b"503 Service Unavailable"))
    assert one.record_of(post(one))["quota"]["counted"] == "none"
    blocked = post(one, chat(messages=[{"role": "user", "content": "a bomb"}]))
    assert one.record_of(blocked)["quota"]["counted"] == "none"
    told = headers_of(post(one, chat(max_tokens=1)))
    size = -(-len(json.dumps(chat(max_tokens=1))) // 4)
    assert int(told["x-ratelimit-remaining-tokens"]) == 1000 - size - 1
    assert told["x-ratelimit-remaining-requests"] == "7"


def test_replies_at_once_are_freed_on_every_end(limited: Any) -> None:
    one = limited({"per": "key", "streams": 1})
    one.script = plays(EVENTS, stream("one "), *[stream("more ")] * 200, pause=0.05)
    client = one.connect()
    data = json.dumps(chat(stream=True)).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n"
    client.sendall(head % (len(data), FIRST) + data)
    got = b""
    while b"one" not in got:
        got += client.recv(65536)
    over = post(one)
    assert status_of(over) == 429 and "1 replies at once" in error_of(over)["message"]
    client.close()
    one.script = plays(counted())
    eventually(lambda: status_of(post(one)) == 200)  # the slot of a client that has gone is free again
    for script in (plays(b"nonsense", close=True), plays(counted()), plays(answer(b"{}", b"500 X"))):
        one.script = script
        assert status_of(post(one)) != 429
    one.script = plays(counted())
    assert status_of(post(one)) == 200


def test_background_responses_are_charged_when_they_end(limited: Any) -> None:
    one = limited({"per": "key", "streams": 1}, {"per": "key", "tokens": "10000/day"}, store={"path": ":memory:"})
    pieces = [
        {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}},
    ]
    one.script = plays(EVENTS, *[chunk(b"data: %s\n\n" % json.dumps(p).encode()) for p in pieces], pause=30)
    body = {"model": "small", "input": "hello", "background": True, "store": True}
    raw = post(one, body, "/v1/responses")
    assert status_of(raw) == 200, raw
    assert status_of(post(one)) == 429, "it is in the making"
    id = json.loads(body_of(raw))["id"]
    cancel = one.post(b"{}", f"/v1/responses/{id}/cancel", FIRST)
    assert status_of(cancel) == 200, cancel
    one.script = plays(counted())
    last = eventually(lambda: raw if status_of(raw := post(one)) == 200 else b"")
    assert int(headers_of(last)["x-ratelimit-remaining-tokens"]) < 10000 - 512, (
        "what nobody counted stays as it was guessed"
    )


def test_what_is_kept_of_a_conversation_costs_where_nobody_counts(limited: Any) -> None:
    one = limited({"per": "key", "tokens": "1000000/day"}, store={"path": ":memory:"})
    one.script = says("fine")
    first = post(one, {"model": "small", "input": "word " * 8000}, "/v1/responses")
    id = json.loads(body_of(first))["id"]
    one.script = says("and", breaks=True)
    said = {"model": "small", "input": "so?", "previous_response_id": id, "stream": True}
    quota = one.record_of(post(one, said, "/v1/responses"))["quota"]
    assert quota["counted"] == "guardproxy" and quota["prompt_tokens"] >= 10_000


def test_models_count_apart_and_unknown_names_as_one(limited: Any) -> None:
    one = limited({"per": ["key", "model"], "requests": "1/day"}, models={"a": "up-a", "b": "up-b"})
    assert [status_of(post(one, chat(model=m))) for m in ("a", "b", "a")] == [200, 200, 429]
    two = limited({"per": "model", "requests": "1/day"})
    assert [status_of(post(two, chat(model=m))) for m in ("x1", "x2")] == [200, 429]


def test_limits_that_are_alike_count_apart(limited: Any) -> None:
    alike = [{"per": "tenant", "requests": "1/day", "models": [m]} for m in ("up-a", "up-b")]
    one = limited(*alike, *alike, models={"a": "up-a", "b": "up-b", "c": "up-c"})
    assert [status_of(post(one, chat(model=m))) for m in ("a", "b", "c", "c", "a", "b")] == [
        200,
        200,
        200,
        200,
        429,
        429,
    ]
    two = limited({"per": "key", "tokens": "1000/day"}, {"per": "key", "tokens": "1000/day"})
    two.script = plays(counted(usage=USAGE))
    post(two, chat(max_tokens=1))
    told = headers_of(post(two, chat(max_tokens=1)))
    assert int(told["x-ratelimit-remaining-tokens"]) == 1000 - 42 - -(-len(json.dumps(chat(max_tokens=1))) // 4) - 1


def test_a_file_outlives_the_process(limited: Any, tmp_path: Path) -> None:
    said = {"per": "key", "requests": "2/day"}
    path = str(tmp_path / "quotas.db")
    one, two = (limited(said, path=path) for _ in range(2))
    assert [status_of(post(w)) for w in (one, two, one, two)] == [200, 200, 429, 429]


@pytest.mark.parametrize(
    ("on_loss", "expected"), [("local", [200, 200, 429]), ("deny", [503] * 3), ("allow", [200] * 3)]
)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["stopped", "hung"])
def test_redis_shared_and_lost(how: int, on_loss: str, expected: list[int], limited: Any, tmp_path: Path) -> None:
    need_redis(6)
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as (process, port):
        said = {"redis": f"redis://127.0.0.1:{port}/0", "timeout": "200ms", "on_loss": on_loss, "share": 0.5}
        one, two = (limited({"per": "key", "requests": "4/day"}, **said) for _ in range(2))
        assert [status_of(post(w)) for w in (one, two, one)] == [200] * 3
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()
        began = time.monotonic()
        got = [post(one) for _ in range(3)]
        took = time.monotonic() - began
        assert [status_of(raw) for raw in got] == expected
        assert took < 2.0, "no request waits longer than it is told to"
        assert metric(one, "guardproxy_quota_store_failures_total") >= 3
        if on_loss == "deny":
            assert error_of(got[0])["code"] == "quotas_unavailable" and headers_of(got[0])["retry-after"] == "1"


def test_what_redis_could_not_be_told_it_is_told_later(limited: Any, tmp_path: Path) -> None:
    need_redis(1)
    import asyncio

    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as (process, port):
        one = limited({"per": "key", "tokens": "10000/day"}, redis=f"redis://127.0.0.1:{port}/0", timeout="200ms")
        slow = plays(counted(usage={"prompt_tokens": 0, "completion_tokens": 5000, "total_tokens": 5000}))

        async def script(visit: Any) -> None:
            process.send_signal(signal.SIGSTOP)  # between the beginning and the end
            await slow(visit)

        one.script = script
        assert status_of(post(one)) == 200
        eventually(lambda: metric(one, "guardproxy_quota_unpaid") == 1)
        process.send_signal(signal.SIGCONT)
        quotas = one.running.app._quotas
        asyncio.run_coroutine_threadsafe(quotas.renew(), one.loop).result(5)
        assert metric(one, "guardproxy_quota_unpaid") == 0
        one.script = plays(counted())
        assert int(headers_of(post(one))["x-ratelimit-remaining-tokens"]) < 5000


def messages(*texts: str) -> bytes:
    """The beginning of a stream of Anthropic's, which counts one token at its start and the others at its end."""
    usage = {"input_tokens": 9, "output_tokens": 1}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}} for t in texts),
    ]
    return b"".join(chunk(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode())) for e in events)


@pytest.mark.parametrize("how", ["cut", "broken"])
def test_what_an_upstream_counted_before_the_end_is_not_all(how: str, limited: Any) -> None:
    one = limited({"per": "key", "tokens": "100000/day"})
    text = "word " * 100
    one.script = plays(EVENTS, messages(text, "a bomb" if how == "cut" else "more"), close=True)
    quota = one.record_of(post(one, chat(stream=True, max_tokens=5000), "/v1/messages"))["quota"]
    assert quota["counted"] == "upstream" and quota["prompt_tokens"] == 9 and 125 <= quota["completion_tokens"] < 200
    so_far = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}  # vLLM tells one choice's
    rows = [
        {"choices": [{"index": n, "delta": {"content": "word " * 50}, "finish_reason": None}], "usage": so_far}
        for n in range(4)
    ]
    piece = b"".join(chunk(b"data: %s\n\n" % json.dumps(row).encode()) for row in rows)
    one.script = plays(EVENTS, piece, close=True)
    options = {"include_usage": True, "continuous_usage_stats": True}
    quota = one.record_of(post(one, chat(stream=True, n=4, stream_options=options)))["quota"]
    assert quota["completion_tokens"] >= 250


def test_a_choice_that_was_cut_goes_on_costing(limited: Any) -> None:
    one = limited({"per": "key", "tokens": "100000/day"})
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "x" * 4000}}
    deltas = [(0, {"content": "a bomb here"}), (1, {"content": "fine"}), (0, {"tool_calls": [call]})]
    rows = [{"choices": [{"index": n, "delta": delta, "finish_reason": None}]} for n, delta in deltas]
    pieces = b"".join(chunk(b"data: %s\n\n" % json.dumps(row).encode()) for row in rows)
    one.script = plays(EVENTS, pieces, close=True)
    quota = one.record_of(post(one, chat(stream=True, n=2)))["quota"]
    assert quota["counted"] == "guardproxy" and quota["completion_tokens"] >= 1000


@pytest.mark.parametrize("wanted", [None, {"include_usage": False}, {"include_usage": True}])
def test_the_upstream_counts_streams_too(limited: Any, wanted: Any) -> None:
    one = limited({"per": "key", "tokens": "1000/day"})
    last = {"choices": [], "usage": USAGE}
    end = chunk(event("", "stop")) + chunk(b"data: %s\n\n" % json.dumps(last).encode())
    one.script = plays(EVENTS, stream("\u732b" * 4), end + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    raw = post(one, chat(stream=True, **({} if wanted is None else {"stream_options": wanted})))
    assert one.visits[-1].json["stream_options"]["include_usage"] is True
    assert one.record_of(raw)["quota"] | {"cost": 0} == {
        "prompt_tokens": 30, "completion_tokens": 12, "counted": "upstream", "cost": 0,
    }  # fmt: skip
    told = [e for e in events_of(raw) if isinstance(e, dict) and e.get("usage")]
    assert bool(told) is bool(wanted and wanted["include_usage"])
    two = limited({"per": "key", "requests": "1000/day"})
    two.script = one.script
    post(two, chat(stream=True))
    assert "stream_options" not in two.visits[-1].json, "nobody counts tokens"


def test_another_spelling_of_a_name_is_no_way_round(limited: Any) -> None:
    prices = {"gpt-oss": {"output": 1000}, "large": {"input": 3, "output": 2}}
    one = limited(
        {"per": "key", "requests": "2/day", "models": ["gpt-oss"]},
        {"per": "tenant", "requests": "9/day"},
        prices=prices,
    )
    one.script = plays(counted(usage=USAGE))
    cost = [one.record_of(post(one, chat(model=m)))["quota"]["cost"] for m in ("gpt-oss", "GPT-oss:latest")]
    assert cost == [0.012, pytest.approx(0.01209)]
    assert [status_of(post(one, chat(model=m))) for m in ("GPT-OSS", "gpt-oss:latest", "large")] == [429, 429, 200]


def test_a_whole_reply_that_is_cut_costs_what_its_upstream_says(limited: Any) -> None:
    one = limited({"per": "key", "tokens": "1000/day"})
    one.script = plays(counted("a bomb", usage=USAGE))
    raw = post(one)
    assert json.loads(body_of(raw))["usage"]["completion_tokens"] == 2, "its length is not told"
    assert one.record_of(raw)["quota"]["completion_tokens"] == 12


def test_usage_that_can_not_be_is_no_ban() -> None:
    most = (1 << 53) - 1
    spent = Spent({"prompt_tokens": most, "completion_tokens": most, "total_tokens": most}, ended=True)
    assert used(spent, 5, 7) == (MAX_GUESS, MAX_GUESS, "upstream")
    assert used(Spent({}, characters=400), 5, 7) == (5, 100, "guardproxy"), "an empty object counts nothing"
    assert used(Spent({"prompt_tokens": 3}, characters=400, ended=True), 5, 7) == (3, 100, "upstream")
    assert used(Spent({"completion_tokens": 3}, characters=400, ended=True), 5, 7) == (5, 3, "upstream")
    assert used(Spent({"total_tokens": 3}, ended=True), 5, 7) == (5, 0, "upstream")


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"max_tokens": 90, "max_completion_tokens": 1}, 90),
        ({"max_tokens": 9, "n": 3}, 27),
        ({"max_tokens": 9, "best_of": 5, "n": 2}, 45),
        ({"max_tokens": 9, "n": 2, "prompt": ["a", "b", "c"]}, 54),
        ({"max_tokens": 9, "prompt": []}, 9),
        ({"max_tokens": -1, "n": -4}, 512),
        ({"max_tokens": True}, 512),
        ({"max_tokens": 1 << 62, "n": 1 << 62}, MAX_GUESS),
        ({"options": {"num_predict": 33}}, 33),
    ],
)
def test_a_guess_is_the_most_that_a_request_allows(limited: Any, body: dict[str, Any], tokens: int) -> None:
    quotas = Quotas(Settings(), None, Metrics())
    assert quotas.guess(body, 8) == (2, tokens)


def test_durations_as_openai_writes_them() -> None:
    said = [duration(s) for s in (0, 0.12, 1, 59.5, 360, 3603)]
    assert said == [b"0ms", b"120ms", b"1s", b"1m0s", b"6m0s", b"1h0m3s"]


@pytest.mark.parametrize(
    ("quotas", "told"),
    [
        ({"limits": [{"per": "key", "requests": "60/fortnight"}]}, "60/minute"),
        ({"limits": [{"per": "key"}]}, "`requests`, `tokens`, `cost` or `streams`"),
        ({"limits": [{"per": "key", "requests": "1/s", "tokens": "5/s", "burst": 3}]}, "of one rate"),
        ({"limits": [{"per": "key", "requests": "0.5/s"}]}, "whole numbers"),
        ({"path": "a", "redis": "redis://h"}, "not in both"),
        ({"redis": "redis://:secret@h"}, "GUARDPROXY_REDIS_KEY"),
        ({"redis": "http://h"}, "redis://HOST"),
    ],
)
def test_what_can_not_be_meant(quotas: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps({"upstream": {"url": "http://127.0.0.1:1/v1"}, "quotas": quotas}))
    with pytest.raises(ConfigError) as e:
        load(file, {})
    assert told in str(e.value) and "secret" not in str(e.value)

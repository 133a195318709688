"""Decision records and metrics of real exchanges: complete, bounded, and without a word of any conversation."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from guardproxy.server.destinations import Destination, Destinations
from guardproxy.server.fallback import measure
from guardproxy.server.upstream import Asked
from guardproxy.telemetry import Metrics, Recorder
from guardproxy.telemetry.log import JsonLines, internal_error
from guardproxy.telemetry.metrics import MAX_CHILDREN
from guardproxy.telemetry.record import PolicyName
from guardproxy.types import Channel, Decision, Direction, Facts, Finding, Origin, Outcome, Role, Verdict
from tests.server.support import POLICY, World, answer, chat, chunk, event, plays, streams, whole, world

CANARY = "canary7Zq"
REQUEST = Origin(Direction.REQUEST, Role.USER)


class Kept:
    """A journal that keeps."""

    def __init__(self) -> None:
        self.lines: list[dict] = []

    def write(self, record: dict) -> None:
        self.lines.append(json.loads(json.dumps(record)))


ACME = PolicyName("acme", "1", "abc", tools=("payments.*",))


def recorder() -> tuple[Recorder, Kept]:
    kept = Kept()
    return Recorder(Metrics(), kept), kept  # type: ignore[arg-type]


def samples(metrics: Metrics) -> dict[str, float]:
    body, _ = metrics.exposition("")
    return {
        s.name + json.dumps(s.labels, sort_keys=True): s.value
        for family in text_string_to_metric_families(body.decode())
        for s in family.samples
    }


def test_a_record_tells_what_was_decided(tmp_path: Path) -> None:
    with world(tmp_path, models=["gpt-oss"]) as one:
        one.script = streams("mail jo", "e@mail.com")
        one.ask(stream=True, messages=[{"role": "user", "content": "I am bob@mail.com"}])
        [record] = one.records(1)
    assert re.fullmatch(r"dec_[0-9a-f]{32}", record["decision_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["time"])
    assert (record["model"], record["stream"], record["status"], record["outcome"]) == ("gpt-oss", True, 200, "redact")
    assert record["policy"]["name"] == "small"
    assert [(v["rule"], v["direction"]) for v in record["verdicts"]] == [("mask", "request"), ("mask", "response")]
    assert [(f["label"], f["start"], f["end"]) for f in record["findings"]] == [("words.mail", 5, 17)] * 2
    assert record["findings_total"] == 2
    timings = record["timings"]
    assert all(timings[name] is not None for name in timings)
    assert timings["total_ms"] >= timings["upstream_ms"] >= timings["upstream_first_byte_ms"]
    assert 0 <= timings["added_first_token_ms"] < timings["total_ms"]


def test_no_canary_in_records_metrics_or_logs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tools = [{"type": "function", "function": {"name": CANARY, "description": CANARY, "parameters": {}}}]
    call = {"id": CANARY, "type": "function", "function": {"name": CANARY, "arguments": f'{{"a":"{CANARY}"}}'}}
    reply = json.loads(whole(f"{CANARY} x@mail.com"))
    reply[CANARY] = reply["choices"][0]["message"][CANARY] = CANARY
    reply["choices"][0]["message"]["tool_calls"] = [call]
    scripts = [
        plays(answer(json.dumps(reply).encode())),
        plays(answer(json.dumps({"error": {"message": CANARY}}).encode(), b"500 Oops")),
        plays(answer(CANARY.encode())),
        plays(answer(b"x", b"200 OK", CANARY.encode())),
    ]
    asked = chat(messages=[{"role": "user", "content": f"{CANARY} bob@mail.com", "name": CANARY}], tools=tools)
    with world(tmp_path) as one:
        for script in scripts:
            one.script = script
            one.post(json.dumps(asked | {"model": CANARY, "user": CANARY}).encode())
        one.script = streams(CANARY, "bomb")
        one.post(json.dumps(asked | {"stream": True}).encode())
        one.post(json.dumps(asked | {CANARY: CANARY}).encode())
        one.post(f'{{"{CANARY}": '.encode())
        one.post(json.dumps(asked).encode(), path=f"/v1/{CANARY}", headers=f"x-{CANARY}: {CANARY}\r\n".encode())
        records = one.records(7)
        metrics = one.metrics()
    assert len(records) == 7
    assert CANARY not in json.dumps(records)
    assert CANARY.lower() not in metrics.lower()
    assert CANARY not in caplog.text


def test_an_exceptions_own_words_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise ValueError(CANARY)

    with caplog.at_level(logging.ERROR):
        try:
            broken()
        except ValueError as e:
            internal_error(e, "req_1")
            logging.getLogger("asyncio").error("lost: %s", CANARY, exc_info=True)
    lines = [json.loads(JsonLines().format(r)) for r in caplog.records]
    assert CANARY not in json.dumps(lines)
    assert "ValueError at test_record.py:" in lines[0]["message"]
    assert lines[1]["error"] == "ValueError"
    assert lines[1]["at"].endswith("broken")


def test_findings_are_capped_and_counted() -> None:
    made, kept = recorder()
    record = made.start("req_1", "/v1/chat/completions", ACME)
    findings = tuple(Finding("f", "a.b", 1.0, (i, i + 1)) for i in range(700))
    for _ in range(2):
        verdict = Verdict("r", Outcome.REDACT, False, findings)
        record.decided(Facts("req_1", REQUEST, findings), Decision(Outcome.REDACT, (), (verdict,)), final=True)
    record.finish(200)
    assert len(kept.lines[0]["findings"]) == 1000
    assert kept.lines[0]["findings_total"] == 1400
    assert {f["segment"] for f in kept.lines[0]["findings"]} == {0, 1}


def test_placeholders_are_counted() -> None:
    made, kept = recorder()
    record = made.start("req_1", "r", ACME)
    record.placeholders(3, 2)
    record.finish(200)
    assert kept.lines[0]["placeholders"] == {"issued": 3, "restored": 2}
    seen = samples(made.metrics)
    assert seen['guardproxy_placeholders_total{"event": "issued"}'] == 3
    assert seen['guardproxy_placeholders_total{"event": "restored"}'] == 2


def test_names_that_others_chose_are_told_only_as_the_policy_writes_them() -> None:
    made, kept = recorder()
    record = made.start("req_1", "r", ACME)
    for tool in ("payments.send", CANARY, None):
        origin = Origin(Direction.RESPONSE, Role.ASSISTANT, tool=tool)
        record.decided(Facts("q", origin, (Finding("f", "a.b", 1.0),)), Decision(Outcome.ALLOW), final=True)
    record.model = CANARY
    record.dropped(["reasoning_details", CANARY, "sk-12345"])
    record.finish(200)
    assert [f["tool"] for f in kept.lines[0]["findings"]] == ["payments.*", "other", None]
    assert kept.lines[0]["model"] == "other"
    assert kept.lines[0]["dropped"] == ["(other)", "reasoning_details"]


def test_decisions_are_counted_by_rule_and_mode(caplog: pytest.LogCaptureFixture) -> None:
    made, _ = recorder()
    record = made.start("req_1", "r", ACME)
    verdicts = (Verdict("a", Outcome.REDACT, False, ()), Verdict("b", Outcome.BLOCK, True, ()))
    record.decided(Facts("q", REQUEST), Decision(Outcome.REDACT, (), verdicts), final=True)
    record.filter_failed("slow", "timeout", allowed=True)
    record.filter_failed("slow", "timeout", allowed=False)
    record.finish(200)
    seen = samples(made.metrics)
    labels = {"direction": "request", "mode": "shadow", "outcome": "block", "rule": "b"}
    assert seen["guardproxy_decisions_total" + json.dumps(labels)] == 1
    assert seen['guardproxy_filter_failures_total{"filter": "slow", "kind": "timeout"}'] == 2
    assert seen['guardproxy_failures_allowed_total{"filter": "slow", "kind": "timeout"}'] == 1
    assert record.outcome is Outcome.REDACT
    assert [r.getMessage() for r in caplog.records] == ["filter slow failed (timeout): its text was let through"]


def test_children_of_a_metric_are_bounded() -> None:
    metrics = Metrics()
    for i in range(MAX_CHILDREN + 50):
        metrics.upstream_errors.of(f"code{i}").inc()
    seen = samples(metrics)
    assert seen['guardproxy_upstream_errors_total{"code": "other"}'] == 50


def test_every_metric_of_the_documentation_exists(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`(guardproxy_[a-z_]+)", text))
    metrics = Metrics()
    gauges = (
        "background_responses",
        "store_rows",
        "store_bytes",
        "approvals_pending",
        "quota_unpaid",
        "incidents_open",
    )
    for name in ("held_characters", "held_characters_limit", "in_flight_limit", *gauges):
        metrics.gauge(name, "", lambda: 0)
    measure(Destinations(Destination(cast(Asked, None))), metrics)
    metrics.policy.names = lambda: [("a", "b", "c")]
    body, _ = metrics.exposition("")
    there = set(re.findall(r"# TYPE (guardproxy_[a-z_]+)", body.decode()))
    assert named == there
    assert len(named) > 12


def test_a_cancelled_request_is_recorded(one_tmp: World) -> None:
    one_tmp.script = plays(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                           + chunk(event("x ")), pause=5)  # fmt: skip
    client = one_tmp.connect()
    body = json.dumps(chat(stream=True)).encode()
    client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                   b"content-length: %d\r\n\r\n" % len(body) + body)  # fmt: skip
    client.recv(500)
    client.close()
    [record] = one_tmp.records(1)
    assert (record["status"], record["error"]) == (499, "client_gone")
    assert "guardproxy_in_flight 0.0" in one_tmp.metrics()


@pytest.fixture
def one_tmp(tmp_path: Path):
    with world(tmp_path) as one:
        yield one


# ------------------------------------------------------------------------------------------------ refusals

ANSWER = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)


def counted(*segments: tuple[Origin, float | None], status: int = 200, counts: bool = True) -> tuple[float, float]:
    """(replies, refusals) after one reply with these segments and scores of refusal."""
    made = recorder()[0]
    record = made.start("r", "/r", PolicyName(counts_refusals=counts))
    for origin, score in segments:
        found = () if score is None else (Finding("r", "answer.refusal", score), Finding("r", "answer.other", 1.0))
        record.decided(Facts("r", origin, found), Decision(Outcome.ALLOW), final=True)
    record.finish(status)
    seen = samples(made.metrics)
    model = json.dumps({"model": "other"})
    replies, refusals = (seen.get(f"guardproxy_{name}_total{model}", 0) for name in ("replies", "refusals"))
    return replies, refusals


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([(ANSWER, 0.5)], (1, 1)),
        ([(ANSWER, 0.49)], (1, 0)),
        ([(ANSWER, None)], (1, 0)),
        ([(ANSWER, None), (ANSWER, 0.9)], (1, 1)),
        ([(ANSWER, 0.9), (ANSWER, None)], (1, 1)),
        ([(replace(ANSWER, channel=None), 0.9)], (1, 1)),
        ([(replace(ANSWER, channel=Channel.ANALYSIS), 0.9)], (0, 0)),
        ([(replace(ANSWER, channel=Channel.ANALYSIS, inferred=True), 0.9)], (1, 1)),
        ([(replace(ANSWER, tool="f"), 0.9)], (0, 0)),
        ([(REQUEST, 0.9), (replace(ANSWER, direction=Direction.REQUEST), 0.9)], (0, 0)),
        ([], (0, 0)),
    ],
)
def test_a_reply_counts_once_and_as_refused_when_some_answer_is(
    segments: list[tuple[Origin, float | None]], expected: tuple[int, int]
) -> None:
    assert counted(*segments) == expected


def test_only_replies_that_were_looked_at_count() -> None:
    assert counted((ANSWER, 0.9), counts=False) == (0, 0)
    assert counted((ANSWER, 0.9), status=502) == (0, 0)


REFUSING = """
schema: guardproxy/v1
policy: small
filters:
  words: {use: patterns, keywords: [{id: sorry, words: [sorry], label: answer.refusal}]}
rules:
  - {id: count, when: answer.refusal, then: annotate, mode: MODE}
"""


@pytest.mark.parametrize("mode", ["enforce", "shadow", "disabled"])
def test_refusals_of_a_model_are_counted_whole_and_streamed(tmp_path: Path, mode: str) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "policy.yaml").write_text(REFUSING.replace("MODE", mode))
    scripts = ((streams("so sor", "ry"), True), (streams("fine"), True), (plays(answer(whole("sorry"))), False))
    with world(tmp_path, models=["gpt-oss"], policies=str(folder)) as one:
        for script, stream in scripts:
            one.script = script
            one.ask(stream=stream)
        one.records(3)
        seen = one.metrics()
    told = re.findall(r'^guardproxy_(replies|refusals)_total{model="gpt-oss"} (\S+)$', seen, re.MULTILINE)
    assert dict(told) == ({} if mode == "disabled" else {"replies": "3.0", "refusals": "2.0"})


# ---------------------------------------------------------------------------------------------------- text, if policy wants it


@pytest.mark.parametrize("form", ["none", "hash", "matched"])
def test_a_record_holds_what_policy_says_of_the_text_that_rules_matched(form: str, tmp_path: Path) -> None:
    file = tmp_path / "logging.yaml"
    watch = "rules:\n  - {id: watch, when: words.bomb, then: block, mode: shadow}\n"
    file.write_text(POLICY.split("  - {id: refuse")[0].replace("rules:\n", f"log: {{text: {form}}}\n{watch}"), "utf-8")
    with world(tmp_path, policies=str(file)) as one:
        one.script = streams("ma", "il jo", "e@ma", "il.com, a bo", "mb")
        one.ask(stream=True, messages=[{"role": "user", "content": f"{CANARY}: I am bob@mail.com"}])
        [record] = one.records(1)
    found = [(f["label"], f.get("text"), f.get("hash")) for f in record["findings"]]
    labels = ["words.mail", "words.mail", "words.bomb"]
    assert [label for label, *_ in found] == labels
    if form == "hash":
        assert all(text is None and re.fullmatch("[0-9a-f]{12}", digest or "") for _, text, digest in found)
        assert len({digest for *_, digest in found}) == 3
    else:
        texts = ["bob@mail.com", "joe@mail.com", "bomb"] if form == "matched" else [None] * 3
        assert found == [(label, text, None) for label, text in zip(labels, texts, strict=True)]
    assert CANARY not in json.dumps(record)


def test_only_what_a_rule_acted_on_is_written_down_and_not_without_end() -> None:
    one, kept = recorder()
    record = one.start("r", "/r")
    acted = [Finding("f", "a.b", 1.0, (i, i + 1)) for i in range(150)]
    other = Finding("f", "c.d", 1.0, (0, 1))
    for finding in (*acted, other):
        record.matched(finding, "text", "x")
    verdict = Verdict("rule", Outcome.REDACT, False, tuple(acted))
    record.decided(Facts("r", REQUEST, (other, *acted)), Decision(Outcome.REDACT, (), (verdict,)), final=True)
    record.finish(200)
    told = kept.lines[0]["findings"]
    assert [f.get("text") for f in told] == [None, *["x"] * 100, *[None] * 50]

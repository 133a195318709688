"""Traffic through a real guardproxy that makes every event which the dashboard and the alerts show."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from guardproxy.governance.probe.baseline import Baselines, Counts, Measured, write
from guardproxy.governance.probe.probes import CORE, load
from tests.e2e.proxy import serving
from tests.server.support import EVENTS, Visit, answer, chunk, event, whole, world

POLICY = """
schema: guardproxy/v1
policy: watched
version: "1"
filters:
  words:
    use: patterns
    patterns: [{id: mail, pattern: '[a-z]{1,16}@[a-z]{1,16}\\.com'}, {id: bomb, pattern: bomb}, {id: maybe, pattern: maybe}]
    keywords: [{id: sorry, words: [sorry], label: answer.refusal}]
  closed: {use: faulty, word: broken}
  open: {use: faulty, word: brittle, failure: allow}
monitors:
  calls: {use: tool_calls}
rules:
  - {id: mask, title: Addresses, when: words.mail, then: redact}
  - {id: refuse, title: Bombs, when: words.bomb, then: block}
  - {id: note, title: Seen, when: faulty.seen, then: annotate}
  - {id: count, title: Refusals, when: answer.refusal, then: annotate}
  - {id: ask, title: Calls, scope: {tool: get_weather}, when: call.any, then: require_approval}
  - {id: trial, title: On trial, mode: shadow, when: words.maybe, then: block}
"""
SECONDS = 12.0
"""Of traffic: three windows of a rate."""
SCRAPES = 1.5
"""Seconds in which Prometheus surely reads the metrics."""
PATIENCE = 90.0
"""Seconds until the traffic must have made every event, on any machine."""
ASKED = (
    "hello",
    "joe@mail.com",
    "a bomb",
    "maybe",
    "broken",
    "brittle",
    "say mail",
    "say boom",
    "say sorry",
    "trouble",
    "down",
    "call",
)
SAID = {
    "say mail": ("write to joe@", "mail.com ", "now"),
    "say boom": ("it is a bo", "mb"),
    "say sorry": ("so sor", "ry"),
}
STATUS = {"a bomb": 400, "broken": 400, "trouble": 500, "call": 400}
"""What clients get for them, where it is not 200 (for whole replies)."""

GOVERNED = """
upstream: {{url: {url}, fallback: [spare]}}
upstreams: {{spare: {{url: {url}, model: spare, external: false}}}}
probe: {{baseline: {folder}/baseline.json, requests: 12, hold_new: false}}
quotas: {{limits: [{{per: model, models: [limited], requests: 1/hour}}]}}
"""
REFUSED = ("I'm sorry, but ", "I can't help with that.")
"""What probes are told."""
CALL = json.dumps({"id": "c", "object": "chat.completion", "model": "m", "created": 1, "choices": [
    {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}]}}]}
).encode()  # fmt: skip

_LINES = "filter (?:open|closed) failed|the policy in|policy watched|audit checkpoint|spare stands|main answers"
FAILED = rf'\{{.*"message":"(?:{_LINES}) .*'
"""A line of its log: the only ones that it may write."""


@dataclass(frozen=True)
class Watched:
    """A guardproxy that has traffic."""

    metrics: str
    """host:port of its second listener."""
    url: str
    client: httpx.Client
    said: Callable[[], str]
    """What it wrote to standard error."""
    policy: Path

    def ask(self, text: str, *, stream: bool) -> int:
        body = {"model": "gpt-oss", "messages": [{"role": "user", "content": text}], "stream": stream}
        with self.client.stream("POST", f"{self.url}/chat/completions", json=body) as reply:
            reply.read()
        return reply.status_code

    def page(self) -> str:
        """Its metrics."""
        return self.client.get(f"http://{self.metrics}/metrics").text

    def govern(self) -> None:
        """What happens once: an incident, a page of another site, somebody over a limit."""
        said = {"pack": "read-only-tools", "reason": "to be seen", "for": "1h", "by": "jane"}
        opened = self.client.post(f"http://{self.metrics}/admin/incidents", json=said)
        assert opened.status_code == 201, opened.text
        body = {"model": "limited", "messages": [{"role": "user", "content": "hello"}]}
        asked = [self.client.post(f"{self.url}/chat/completions", json=body).status_code for _ in range(2)]
        assert asked == [200, 429]

    def drive(self, seconds: float) -> int:
        """Everything, whole and streamed, again and again, as long as that or until all was seen; returns the number of
        requests. For some of the time the policy's file is one that can't be put in force."""
        start, count, failing = time.monotonic(), 0, _Failing(self)
        self.govern()
        with ThreadPoolExecutor(2) as pool:
            while (past := time.monotonic() - start) < seconds or not failing.over:
                assert past < PATIENCE
                failing.go_on(past > seconds * 0.3)
                slow = [pool.submit(self.ask, "slow", stream=True) for _ in range(2)]
                while not all(s.done() for s in slow):
                    foreign = self.client.get(f"{self.url}/models", headers={"origin": "http://evil.example"})
                    assert foreign.status_code == 403
                    limited = {"model": "limited", "messages": [{"role": "user", "content": "hello"}]}
                    assert self.client.post(f"{self.url}/chat/completions", json=limited).status_code == 429
                    for text in ASKED:
                        assert self.ask(text, stream=False) == STATUS.get(text, 200), text
                        self.ask(text, stream=True)
                        count += 2
                    time.sleep(0.05)
                count += len(slow)
                assert [s.result() for s in slow] == [200, 200]
        return count


class _Failing:
    """A file that can't be put in force, until the metrics have said so for some scrapes: on a busy machine it is read late."""

    def __init__(self, watched: Watched) -> None:
        self._watched, self._spoilt, self._seen = watched, False, math.inf
        self.over = False

    def go_on(self, due: bool) -> None:
        if due and not self._spoilt:
            self._spoilt = True
            self._watched.policy.write_text(POLICY.replace("then: redact", "then: redcat"))
        elif self._spoilt and not self.over and "\nguardproxy_policy_reload_failed 1" in self._watched.page():
            self._seen = min(self._seen, time.monotonic())
            if time.monotonic() > self._seen + SCRAPES:
                self.over = True
                self._watched.policy.write_text(POLICY)


async def _script(visit: Visit) -> None:
    if not visit.body:
        await visit.send(answer(b'{"object":"list","data":[{"id":"gpt-oss"},{"id":"limited"}]}'))
        return
    text = visit.json["messages"][-1]["content"]
    usual = ("fine, ", "thanks") if text in (*ASKED, "slow") else REFUSED  # a probe
    said = SAID.get(text, usual)
    if text == "trouble":
        await visit.send(answer(b'{"error":{"message":"no"}}', b"500 Oops"))
    elif text == "down" and visit.json["model"] != "spare":
        await visit.send(answer(b'{"error":{"message":"later"}}', b"503 Later"))
    elif text == "call" and not visit.json.get("stream"):
        await visit.send(answer(CALL))
    elif not visit.json.get("stream"):
        await visit.send(answer(whole("".join(said))))
    else:
        await visit.send(EVENTS)
        for piece in ("hold joe@mai",) if text == "slow" else said:  # could be an address: waits for what follows
            await visit.send(chunk(event(piece)))
        await asyncio.sleep(1.5 if text == "slow" else 0)
        await visit.send(chunk(event(reason="stop")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def baseline(file: Path) -> None:
    """That of a model that kept nothing: whatever it answers, it is healthy."""
    probes = load(CORE)
    counts = {category: Counts(0, 1) for category in probes.categories}
    trusted = Measured("gpt-oss", "", probes.digest, "2026-11-23T10:00:00+00:00", counts)
    write(file, Baselines({"gpt-oss": trusted}))


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """A guardproxy process with filters that fail and a decision log that is always full."""
    upstream = folder / "upstream"
    upstream.mkdir()
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "next.yaml").write_text(POLICY.replace("policy: watched", "policy: next"))
    audit = f"audit: {{path: {folder / 'audit'}}}\n"
    baseline(folder / "baseline.json")
    arguments: tuple[Any, ...] = ("--policies", str(folder / "policy.yaml"), "--config", str(folder / "settings.yaml"))
    full = ("--decision-log", "/dev/full")
    with world(upstream) as above:
        above.script = _script
        url = f"http://127.0.0.1:{above.upstream_port}/v1"
        own = f"{audit}{GOVERNED.format(folder=folder, url=url)}"
        (folder / "settings.yaml").write_text(f"models: [gpt-oss, limited]\nshadow: {folder / 'next.yaml'}\n{own}")
        with (
            serving(url, folder, *arguments, *full, module="tests.deploy.faulty_guardproxy", expected=FAILED) as proxy,
            httpx.Client(trust_env=False, timeout=10) as client,
        ):
            yield Watched(
                httpx.URL(proxy.metrics_url).netloc.decode(), proxy.url, client, proxy.said, folder / "policy.yaml"
            )

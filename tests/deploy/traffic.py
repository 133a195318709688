"""Traffic through a real guardproxy that makes every event which the dashboard and the alerts show."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

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
rules:
  - {id: mask, title: Addresses, when: words.mail, then: redact}
  - {id: refuse, title: Bombs, when: words.bomb, then: block}
  - {id: note, title: Seen, when: faulty.seen, then: annotate}
  - {id: count, title: Refusals, when: answer.refusal, then: annotate}
  - {id: trial, title: On trial, mode: shadow, when: words.maybe, then: block}
"""
SECONDS = 12.0
"""Of traffic: three windows of a rate."""
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
)
SAID = {
    "say mail": ("write to joe@", "mail.com ", "now"),
    "say boom": ("it is a bo", "mb"),
    "say sorry": ("so sor", "ry"),
}
STATUS = {"a bomb": 400, "broken": 400, "trouble": 500}
"""What clients get for them, where it is not 200 (for whole replies)."""

FAILED = r'\{.*"message":"filter (?:open|closed) failed .*'
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

    def ask(self, text: str, *, stream: bool) -> int:
        body = {"model": "gpt-oss", "messages": [{"role": "user", "content": text}], "stream": stream}
        with self.client.stream("POST", f"{self.url}/chat/completions", json=body) as reply:
            reply.read()
        return reply.status_code

    def drive(self, seconds: float) -> int:
        """Everything, whole and streamed, again and again; returns the number of requests."""
        end, count = time.monotonic() + seconds, 0
        with ThreadPoolExecutor(2) as pool:
            while time.monotonic() < end:
                slow = [pool.submit(self.ask, "slow", stream=True) for _ in range(2)]
                while not all(s.done() for s in slow):
                    for text in ASKED:
                        assert self.ask(text, stream=False) == STATUS.get(text, 200), text
                        self.ask(text, stream=True)
                        count += 2
                    time.sleep(0.05)
                count += len(slow)
                assert [s.result() for s in slow] == [200, 200]
        return count


async def _script(visit: Visit) -> None:
    if not visit.body:
        await visit.send(answer(b'{"object":"list","data":[]}'))
        return
    text = visit.json["messages"][-1]["content"]
    said = SAID.get(text, ("fine, ", "thanks"))
    if text == "trouble":
        await visit.send(answer(b'{"error":{"message":"no"}}', b"500 Oops"))
    elif not visit.json.get("stream"):
        await visit.send(answer(whole("".join(said))))
    else:
        await visit.send(EVENTS)
        for piece in ("hold joe@mai",) if text == "slow" else said:  # could be an address: waits for what follows
            await visit.send(chunk(event(piece)))
        await asyncio.sleep(1.5 if text == "slow" else 0)
        await visit.send(chunk(event(reason="stop")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """A guardproxy process with filters that fail and a decision log that is always full."""
    upstream = folder / "upstream"
    upstream.mkdir()
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "settings.yaml").write_text("models: [gpt-oss]")
    arguments: tuple[Any, ...] = ("--policies", str(folder / "policy.yaml"), "--config", str(folder / "settings.yaml"))
    full = ("--decision-log", "/dev/full")
    with world(upstream) as above:
        above.script = _script
        url = f"http://127.0.0.1:{above.upstream_port}/v1"
        with (
            serving(url, folder, *arguments, *full, module="tests.deploy.faulty_guardproxy", expected=FAILED) as proxy,
            httpx.Client(trust_env=False, timeout=10) as client,
        ):
            yield Watched(httpx.URL(proxy.metrics_url).netloc.decode(), proxy.url, client, proxy.said)

"""A policy that changes again and again under load: does any request fail, does one see two policies, what does it cost?

    python -m bench.reload                    # 1,000 reloads; some two minutes
    python -m bench.reload --reloads 50
    python -m bench.reload --shadow           # with a candidate beside it that changes as often

A guardproxy of its own process stands before an upstream here that says what it was sent, and secrets of its own. Clients ask
in turn for whole replies and for streams. Every reload changes the style in which secrets are masked: in the request, all
through the reply, in the header and in the decision record the same policy must show. Every 20th changes a filter too,
every 50th is one that can't be put in force. With `--shadow` a candidate with a filter of its own decides about all of it, too,
and each record must have what it says. Latencies are compared with those before and after, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

ROOT: Final = Path(__file__).parents[1]
READY: Final = re.compile(r"guardproxy: (http://\S+)/v1 → .* metrics (http://\S+)/metrics")
SECRET: Final = "joe@mail.com"
PIECES: Final = ("Write ", "to j", "oe@ma", "il.com ", "or to ", "joe@", "mail.com", ". ")
PAUSE: Final = 0.002
"""Seconds between two pieces of a stream."""
WARM: Final = 0.5
"""Seconds of load that are not counted."""
TIMES: Final = 2.0
"""Of the latency without reloads: what they may cost."""
SHOWN: Final = {"label": "[words.mail]", "mask": "*" * len(SECRET)}
POLICY: Final = """schema: guardproxy/v1
policy: changing
version: "{version}"
filters:
  words: {{use: patterns, patterns: [{{id: mail, pattern: '[a-z]{{1,16}}@mail\\.com'}}, {{id: never, pattern: 'qq{filter}'}}]}}
rules:
  - {{id: hide, title: Addresses, severity: low, when: words.mail, then: {then}, with: {{style: {style}}}}}
tests:
  - {{name: masked, given: {{role: user, findings: [{{label: words.mail, score: 1.0}}]}}, expect: {{outcome: redact}}}}
"""


def policy(version: int, *, wrong: bool = False) -> str:
    then = "redcat" if wrong else "redact"
    return POLICY.format(version=version, filter=version // 20, then=then, style=("label", "mask")[version % 2])


def candidate(version: int) -> str:
    """The same with a filter of its own, which blocks every reply."""
    own = "  own: {use: patterns, patterns: [{id: or, pattern: 'or to'}]}\nrules:\n"
    rule = "  - {id: pieces, title: Pieces, severity: low, when: own.*, then: block}\n"
    return policy(version).replace("rules:\n", own + rule)


@dataclass
class Seen:
    """What came of the load."""

    failed: Counter[str] = field(default_factory=Counter)
    answers: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Request to (digest in the header, style in the request, styles in the reply)."""
    taken: dict[str, list[float]] = field(default_factory=lambda: {"whole": [], "stream": []})
    """Milliseconds of whole replies, and to the first text of streams, in the phase that runs now."""


@dataclass
class Outcome:
    """What there is to tell."""

    requests: int
    failed: Counter[str]
    mixed: list[str]
    """Requests that saw two policies."""
    reloads: Counter[str]
    """Loads by result."""
    policies: int
    """Different policies that answered."""
    normal: dict[str, list[float]]
    during: dict[str, list[float]]

    def ratio(self, kind: str) -> float:
        """p99 during reloads to that without."""
        return percentile(self.during[kind], 99) / percentile(self.normal[kind], 99)

    @property
    def fine(self) -> bool:
        return not self.failed and not self.mixed and self.policies > 1


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else float("nan")


# ---------------------------------------------------------------------------------------------------- both sides


async def _upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says what it was sent, and then its pieces."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
            if b"GET " in head[:4]:
                await _say(writer, b'{"object":"list","data":[]}')
                continue
            asked = json.loads(body)
            texts = [asked["messages"][0]["content"] + "|", *PIECES]
            if asked.get("stream"):
                await _stream(writer, texts)
            else:
                message = {"role": "assistant", "content": "".join(texts)}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                reply = {"id": "x", "object": "chat.completion", "model": "m", "choices": [choice]}
                await _say(writer, json.dumps(reply).encode())
    writer.close()


async def _say(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


async def _stream(writer: asyncio.StreamWriter, texts: Sequence[str]) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for text in (*texts, None):
        choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": None if text else "stop"}
        event = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
        data = b"data: " + json.dumps(event).encode() + b"\n\n"
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await asyncio.sleep(PAUSE)
    writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
    await writer.drain()


async def _ask(session: aiohttp.ClientSession, url: str, seen: Seen, *, stream: bool) -> None:
    """One request, looked at from all sides."""
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": f"I am {SECRET}"}]}
    began, kind = time.perf_counter(), "stream" if stream else "whole"
    try:
        async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
            if answer.status != 200:
                seen.failed[f"status {answer.status}"] += 1
                return
            text, first = "", 0.0
            if stream:
                async for line in answer.content:
                    if line.startswith(b"data: {"):
                        first = first or time.perf_counter()
                        text += json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
            else:
                text = (await answer.json())["choices"][0]["message"]["content"]
            seen.taken[kind].append(((first or time.perf_counter()) - began) * 1000)
            headers = answer.headers
    except aiohttp.ClientError as e:
        seen.failed[type(e).__name__] += 1
        return
    asked, _, said = text.partition("|")
    styles = {name for name, shown in SHOWN.items() if shown in asked}
    after = "".join(re.findall(r"\[words\.mail\]|\*{12}", said))
    there = {name for name, shown in SHOWN.items() if shown in after}
    if SECRET in text or len(styles) != 1 or after not in [shown * 2 for shown in SHOWN.values()]:
        seen.failed["a wrong text"] += 1
        return
    seen.answers[headers["x-request-id"]] = (headers["x-guardproxy-policy"], styles.pop(), there.pop())


async def _client(url: str, seen: Seen, pause: float, number: int, stop: asyncio.Event) -> None:
    """Asks in turn for a whole reply and for a stream, on one connection, until it is told to stop."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        await asyncio.sleep(pause * number / 8)
        while not stop.is_set():
            for stream in (False, True):
                await _ask(session, url, seen, stream=stream)
                await asyncio.sleep(pause)


# ---------------------------------------------------------------------------------------------------- guardproxy


@asynccontextmanager
async def _serving(tmp: Path, upstream: int, *, shadow: bool) -> AsyncIterator[tuple[str, str]]:
    """(URL, URL of the second listener) of a guardproxy of its own."""
    arguments = ["--upstream", f"http://127.0.0.1:{upstream}/v1", "--port", "0", "--admin-port", "0"]
    arguments += ["--policies", str(tmp / "policy"), "--decision-log", str(tmp / "decisions.jsonl")]
    arguments += ["--shadow", str(tmp / "candidate")] if shadow else []
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GUARDPROXY_")}
    environ |= {"PYTHONPATH": str(ROOT), "GUARDPROXY_RELOAD_WATCH": "false"}
    log = (tmp / "log").open("wb")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "guardproxy", "serve", *arguments),
        env=environ, stdout=asyncio.subprocess.PIPE, stderr=log,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        ready = READY.match((await child.stdout.readline()).decode())
        if ready is None:
            raise RuntimeError((tmp / "log").read_text())
        yield ready[1], ready[2]
    finally:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        await child.wait()
        log.close()


def _write(tmp: Path, number: int, *, wrong: bool = False) -> None:
    for name, text in (("policy", policy(number, wrong=wrong)), ("candidate", candidate(number))):
        (tmp / name).mkdir(exist_ok=True)
        (tmp / name / "policy.yaml").write_text(text)


async def _reload(
    session: aiohttp.ClientSession, admin: str, tmp: Path, number: int, *, wrong: bool
) -> tuple[str, str, str]:
    """(result, digest in force, its style) of one more change."""
    _write(tmp, number, wrong=wrong)
    async with session.post(f"{admin}/admin/policy/reload") as answer:
        status: dict[str, Any] = await answer.json()
    one = status["policies"][0]
    return status["last_load"]["result"], one["digest"], ("label", "mask")[int(one["version"]) % 2]


async def measure(
    reloads: int, rate: float, clients: int, pause: float, normal: float, wrong: int = 50, *, shadow: bool = False
) -> Outcome:
    """Load, then reloads under it, then load again. `rate`: reloads a second; `normal`: seconds before and behind them;
    `wrong`: of so many one can't be put in force."""
    seen, counted, styles = Seen(), Counter[str](), {}
    phases: dict[str, dict[str, list[float]]] = {}
    stop = asyncio.Event()
    with tempfile.TemporaryDirectory() as folder:
        tmp = Path(folder)
        _write(tmp, 0)
        upstream = await asyncio.start_server(_upstream, "127.0.0.1", 0)
        async with (
            _serving(tmp, upstream.sockets[0].getsockname()[1], shadow=shadow) as (url, admin),
            aiohttp.ClientSession() as session,
        ):
            tasks = [asyncio.create_task(_client(url, seen, pause, n, stop)) for n in range(clients)]
            async with session.get(f"{admin}/admin/policy") as answer:
                styles[(await answer.json())["policies"][0]["digest"]] = "label"
            await asyncio.sleep(WARM)
            for phase in ("before", "during", "behind"):
                seen.taken = phases[phase] = {"whole": [], "stream": []}
                if phase != "during":
                    await asyncio.sleep(normal)
                    continue
                for number in range(1, reloads + 1):
                    due = time.perf_counter() + 1 / rate
                    result, digest, styles[digest] = await _reload(
                        session, admin, tmp, number, wrong=number % wrong == wrong - 1
                    )
                    counted[result] += 1
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
            stop.set()
            await asyncio.gather(*tasks)
        upstream.close()
        mixed, policies = _mixed(seen, styles, tmp / "decisions.jsonl", "block" if shadow else None)
    without = {kind: phases["before"][kind] + phases["behind"][kind] for kind in ("whole", "stream")}
    answered = len(seen.answers) + seen.failed.total()
    return Outcome(answered, seen.failed, mixed, counted, policies, without, phases["during"])


def _mixed(seen: Seen, styles: dict[str, str], log: Path, beside: str | None = None) -> tuple[list[str], int]:
    """Requests whose header, record and masked values do not all show one policy; and how many policies there were.
    `beside`: what the candidate must say of each."""
    records = {one["request_id"]: one for one in map(json.loads, log.read_text().splitlines())}
    out, digests = [], set()
    for request, (header, asked, said) in seen.answers.items():
        record = records.get(request, {"policy": {"digest": ""}})
        digest = record["policy"]["digest"]
        digests.add(digest)
        one = digest.startswith(header) and {asked, said} == {styles.get(digest)}
        compared = beside is None or (record.get("candidate") or {}).get("outcome") == beside
        if not one or not compared:
            out.append(request)
    return out, len(digests)


def main() -> int:
    parser = argparse.ArgumentParser(description="A policy that changes again and again under load.")
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=10.0, help="reloads a second")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.05, help="seconds that a client waits between two requests")
    parser.add_argument("--shadow", action="store_true", help="with a candidate beside it")
    args = parser.parse_args()
    seconds = max(5.0, args.reloads / args.rate / 4)
    got = asyncio.run(measure(args.reloads, args.rate, args.clients, args.pause, seconds, shadow=args.shadow))
    print(f"{got.requests} requests of {args.clients} clients, half of them streams, under {got.policies} policies")
    print("loads: " + ", ".join(f"{count} {result}" for result, count in sorted(got.reloads.items())))
    print(f"failed: {got.failed.total()} {dict(got.failed) or ''}".rstrip())
    print(f"saw two policies{' or none beside it' if args.shadow else ''}: {len(got.mixed)}")
    for kind, what in (("whole", "whole replies"), ("stream", "first text of streams")):
        told = [f"p{p} {percentile(v, p):.1f}" for v in (got.normal[kind], got.during[kind]) for p in (50, 99)]
        print(
            f"{what}, ms: {', '.join(told[:2])} without reloads; {', '.join(told[2:])} during; p99 x{got.ratio(kind):.2f}"
        )
    slow = [kind for kind in got.normal if got.ratio(kind) > TIMES]
    print("MISSED" if slow or not got.fine else "fine", f"(bar: nothing fails or is mixed, p99 at most x{TIMES:g})")
    return 1 if slow or not got.fine else 0


if __name__ == "__main__":
    sys.exit(main())

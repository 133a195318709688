"""`python -m bench.conversation`: every shipped pack at once, in a real proxy.

Prints how long the start takes until `/readyz` is green, what all processes weigh, and over a conversation of 100 turns,
each with a new question and a new answer, the seconds spent in filters that ask models at turn 5 and at turn 100: only what
is new is to be read. Rules annotate here instead of blocking, so that no false positive ends the conversation.

    --turns N (100)   --json
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.inference.work import Texts
from bench.speed.contestants import free_port
from guardproxy.inference import models

PACKS = Path(__file__).resolve().parents[1] / "policies" / "packs"
QUESTION, ANSWER = 40, 120
"""Tokens of each."""
EARLY, AROUND = 5, 2
"""The turn that the last one is compared with; both stand for the median of so many turns before and after."""
BARS = {"start_seconds": 10.0, "megabytes": 900.0, "late_to_early": 1.3}


def every_pack() -> dict[str, Any]:
    """One policy with the filters, monitors and rules of all shipped packs."""
    merged: dict[str, Any] = {"schema": "guardproxy/v1", "policy": "all-packs"}
    for file in sorted(PACKS.glob("*.yaml")):
        one = yaml.safe_load(file.read_text())
        for section in ("filters", "monitors", "lists"):
            there = merged.setdefault(section, {})
            for name, options in one.get(section, {}).items():
                if there.setdefault(name, options) != options:
                    there[f"{name}-{file.stem}"] = options
        for rule in one["rules"]:
            soft = {k: v for k, v in rule.items() if k not in ("with", "on_block", "message")}
            soft["then"] = soft["then"] if soft["then"] == "escalate" else "annotate"
            merged.setdefault("rules", []).append({**soft, "id": f"{file.stem}-{rule['id']}"})
    return merged


class _Upstream(BaseHTTPRequestHandler):
    """Answers every request with a text that nobody saw before."""

    protocol_version = "HTTP/1.1"
    texts: Texts

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        message = {"role": "assistant", "content": self.texts.of(ANSWER)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._say({"id": "x", "object": "chat.completion", "created": 1, "model": "gpt-oss", "choices": [choice]})

    def do_GET(self) -> None:
        self._say({"object": "list", "data": [{"id": "gpt-oss", "object": "model"}]})

    def _say(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing: the table is the output."""


@contextmanager
def _serving(texts: Texts, policy: Path) -> Iterator[tuple[int, int, psutil.Process, float]]:
    """(port, second port, process, seconds until ready) of a proxy before a scripted upstream."""
    _Upstream.texts = texts
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port, admin = free_port(), free_port()
    command = [sys.executable, "-m", "guardproxy", "serve", "--policies", str(policy), "--decision-log", "none"]
    command += ["--upstream", f"http://127.0.0.1:{upstream.server_port}/v1", f"--port={port}", f"--admin-port={admin}"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        try:
            _until_ready(child, admin)
            yield port, admin, psutil.Process(child.pid), time.monotonic() - began
        finally:
            child.terminate()
            child.wait(30)
            upstream.shutdown()


def _until_ready(child: subprocess.Popen[bytes], admin: int) -> None:
    for _ in range(2400):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=5):
                return
        except urllib.error.HTTPError as e:
            assert e.code == 503, f"/readyz said {e.code}"
        except OSError:
            pass
        if child.poll() is not None:
            raise SystemExit("bench.conversation: the proxy did not start")
        time.sleep(0.05)
    raise SystemExit("bench.conversation: the proxy was not ready within two minutes")


def _megabytes(process: psutil.Process) -> float:
    """Memory of the family in MB; pages that several share count once."""
    return float(sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True)))) / 1e6


def _spent(admin: int, names: set[str]) -> float:
    """Seconds in these filters so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=5) as page:
        found = re.findall(r'^guardproxy_filter_seconds_sum\{filter="([^"]+)"\} (\S+)$', page.read().decode(), re.M)
    return sum(float(seconds) for name, seconds in found if name in names)


def converse(turns: int) -> dict[str, float]:
    """The figures."""
    texts, policy = Texts(Path(models.source(models.SHIPPED).path) / "tokenizer.json"), every_pack()
    asking = {"toxicity", "injection", "hazards", "refusal", "harmful_response", "harmful_training"}
    names = {name for name, options in policy["filters"].items() if options["use"] in asking}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "policy.yaml")
        file.write_text(yaml.safe_dump(policy))
        with _serving(texts, file) as (port, admin, process, start):
            messages: list[dict[str, str]] = []
            spent, walls = [], []
            before = _spent(admin, names)
            for _ in range(turns):
                messages.append({"role": "user", "content": texts.of(QUESTION)})
                body = json.dumps({"model": "gpt-oss", "messages": messages}).encode()
                url, head = f"http://127.0.0.1:{port}/v1/chat/completions", {"content-type": "application/json"}
                began = time.monotonic()
                with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=60) as reply:
                    messages.append(json.load(reply)["choices"][0]["message"])
                walls.append(time.monotonic() - began)
                now = _spent(admin, names)
                spent.append(now - before)
                before = now
            weight = _megabytes(process)
            processes = 1 + len(process.children(recursive=True))
    early = statistics.median(spent[EARLY - 1 - AROUND : EARLY + AROUND])
    late = statistics.median(spent[-2 * AROUND - 1 :])
    return {
        "rules": len(policy["rules"]),
        "model_filters": len(names),
        "processes": processes,
        "start_seconds": start,
        "megabytes": weight,
        "early_ms": 1e3 * early,
        "late_ms": 1e3 * late,
        "late_to_early": late / early,
        "early_wall_ms": 1e3 * statistics.median(walls[EARLY - 1 - AROUND : EARLY + AROUND]),
        "late_wall_ms": 1e3 * statistics.median(walls[-2 * AROUND - 1 :]),
    }


def main() -> int:
    """Measure, print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.conversation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="figures for programs")
    args = parser.parse_args()
    found = converse(args.turns)
    missed = [name for name, bar in BARS.items() if found[name] > bar]
    if args.json:
        print(json.dumps(found, indent=2))
        return bool(missed)
    print(
        f"all packs: {found['rules']} rules, {found['model_filters']} filters that ask models; ready after "
        f"{found['start_seconds']:.1f} s (bar {BARS['start_seconds']:.0f}), {found['megabytes']:.0f} MB in "
        f"{found['processes']} processes (bar {BARS['megabytes']:.0f})"
    )
    print(
        f"in filters that ask models: {found['early_ms']:.1f} ms at turn {EARLY}, {found['late_ms']:.1f} ms at turn "
        f"{args.turns}: {found['late_to_early']:.2f} x (bar {BARS['late_to_early']}); a whole exchange "
        f"{found['early_wall_ms']:.0f} and {found['late_wall_ms']:.0f} ms"
    )
    for name in missed:
        print(f"MISSED: {name}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())

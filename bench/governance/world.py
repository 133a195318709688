"""What runs, who uses it, and how the script says and checks what it sees."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import openai

PATIENCE: Final = 300.0
"""Seconds for a job, and for a probe."""
PEOPLE: Final = {
    "jane": ("trainer", "caller", "approver"),
    "mallory": ("trainer", "caller"),
    "joe": ("approver",),
    "ann": ("approver",),
    "olga": ("operator",),
    "aude": ("auditor",),
    "shop": ("caller",),
}
POLICY: Final = """schema: guardproxy/v1
policy: harbour-hotel
version: "1"
extends: default
packs: [training]
training:
  rules:
    - {id: people-look, when: examples > 0, then: require_approval}
"""
SETTINGS: Final = """
policies: {folder}/policies
upstream: {{url: {ours}, fallback: [managed], fallback_shares: true}}
upstreams: {{managed: {{url: {managed}, external: true, model: gpt-oss, daily_requests: 1000}}}}
keys: {{path: {folder}/keys.db, pepper_file: {folder}/pepper}}
approvals: {{path: {folder}/approvals.db, for_training: 2, for_release: 2}}
training: {{path: {folder}/training}}
probe: {{baseline: {folder}/baseline.json, state: {folder}/models.json, release: approval, requests: {requests}}}
incidents: {{path: {folder}/incidents.db}}
audit: {{path: {folder}/audit, key_file: {folder}/audit.key, checkpoints: {folder}/checkpoints.jsonl, checkpoint_interval: 2}}
"""
GUARDPROXY: Final = (sys.executable, "-m", "guardproxy")
_T = TypeVar("_T")


@dataclass
class World:
    """What runs, and who uses it."""

    folder: Path
    ours: str
    """Base of the API of the local gpt-oss."""
    proxy: str
    admin: str
    keys: dict[str, str]
    models: dict[str, str] = field(default_factory=dict)
    """Names of the tuned ones: `benign`, `forced`."""

    def client(self, who: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.proxy, api_key=self.keys[who], max_retries=0, timeout=120)

    def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """The second listener."""
        headers = {"authorization": f"Bearer {self.keys[who]}"}
        return httpx.request(method, self.admin + path, json=body, headers=headers, timeout=60, trust_env=False)

    def states(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.ask("aude", "GET", "/readyz").json()["checks"]["models"]
        return found


def say(what: str, told: str) -> None:
    print(f"   {what:<14}{told}", flush=True)


def check(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"FAILED: {what}")


def refused(call: Callable[[], Any], status: int, code: str) -> str:
    """What the client is told when it is refused so. Ends the script where it is not."""
    try:
        call()
    except openai.APIStatusError as e:
        check((e.status_code, e.code) == (status, code), f"{status} {code} expected, got {e.status_code} {e.code}: {e}")
        body: Any = e.body
        return f"{status} {code}: {body['message']}"
    raise SystemExit(f"FAILED: {status} {code} expected, but it was let through")


def until(what: str, find: Callable[[], _T | None]) -> _T:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (found := find()) is not None:
            return found
        time.sleep(0.3)
    raise SystemExit(f"FAILED: {what} took longer than {PATIENCE:.0f} s")


def run(*arguments: str, code: int = 0, **environ: str) -> str:
    """A command of guardproxy's; what it printed."""
    command = [*GUARDPROXY, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, check=False)
    check(
        done.returncode == code, f"`guardproxy {' '.join(arguments[:2])}` ended with {done.returncode}: {done.stderr}"
    )
    return done.stdout


@contextlib.contextmanager
def child(command: list[str], ready: str, errors: Path) -> Iterator[str]:
    """A process until the end of the block; what `ready` finds in its first line."""
    with errors.open("wb") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(ready, line)
            check(found is not None, f"{' '.join(command[2:4])} did not start: {line}{errors.read_text()}")
            yield line
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def backends(folder: Path) -> Iterator[tuple[str, str]]:
    """Two of the local gpt-oss: ours, and the one that plays the managed provider."""
    command = [*GUARDPROXY, "backend", "--port", "0"]
    with child(command, " on ", folder / "ours.err") as one, child(command, " on ", folder / "managed.err") as two:
        ours, managed = (line.rpartition(" on ")[2].strip() for line in (one, two))
        yield ours, managed


@contextlib.contextmanager
def world(folder: Path, ours: str, managed: str, requests: int, baseline: Path | None = None) -> Iterator[World]:
    """guardproxy before these backends, with a key for everybody. `baseline`: of ours, if there is one already."""
    run("keys", "pepper", f"{folder}/pepper")
    run("audit", "key", f"{folder}/audit.key")
    if baseline is None:
        run("probe", ours, "--model", "gpt-oss", "--record", f"{folder}/baseline.json")
    else:
        shutil.copy(baseline, folder / "baseline.json")
    (folder / "policies").mkdir()
    (folder / "policies" / "hotel.yaml").write_text(POLICY)
    settings = folder / "settings.yaml"
    settings.write_text(SETTINGS.format(ours=ours, managed=managed, folder=folder, requests=requests))
    keys = {}
    for name, roles in PEOPLE.items():
        options = [option for role in roles for option in ("--role", role)]
        keys[name] = run("keys", "create", "--config", str(settings), "--name", name, *options).strip()
    serve = [*GUARDPROXY, "serve", "--config", str(settings), "--port", "0"]
    log = ["--admin-port", "0", "--decision-log", f"{folder}/decisions.jsonl"]
    with child([*serve, *log], "metrics", folder / "serve.err") as line:
        urls = re.findall(r"http://127\.0\.0\.1:\d+(?:/v1)?", line)
        one = World(folder, ours, urls[0], urls[-1], keys)
        until("the first look at the models", lambda: one.states().get("healthy"))
        try:
            yield one
        except BaseException:
            say("serve said", (folder / "serve.err").read_text())
            raise

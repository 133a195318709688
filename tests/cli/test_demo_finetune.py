"""What `demo --finetune` shows, told by a play: the story of both sets is the same as with the models, in milliseconds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from guardproxy.cli import _demo_finetune as module
from guardproxy.cli import demo, main
from guardproxy.types import GuardproxyError

BACKEND, PROXY, ADMIN = "http://backend/v1", "http://proxy/v1", "http://admin"


def reply(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def refused(status: int, code: str) -> httpx.Response:
    return reply({"error": {"code": code, "message": f"This is {code}."}}, status)


@dataclass
class Play:
    """A backend that tunes, a guardproxy before it and its second listener, as far as the demo asks them."""

    scans: bool = True
    fails: str = ""
    """Status that jobs end with."""
    asked: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    """Name of a model to the state that its probe leaves it in."""
    probed: set[str] = field(default_factory=set)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        host, path = request.url.host, request.url.path
        self.asked.append(f"{request.method} {host}{path}")
        if path == "/readyz":
            return reply({"checks": {"models": self._models()}})
        if path == "/v1/files":
            return self._file(request.content, guarded=host == "proxy")
        body = json.loads(request.content or b"{}")
        if path == "/v1/fine_tuning/jobs":
            return self._job(body)
        if path.startswith("/v1/fine_tuning/jobs/"):
            model = path.rpartition("/")[2]
            end = {"status": self.fails or "succeeded", "fine_tuned_model": model, "error": "no reason"}
            return reply({"id": model, **end})
        return self._chat(body, guarded=host == "proxy")

    def _file(self, form: bytes, *, guarded: bool) -> httpx.Response:
        if guarded and self.scans and module.COMPLIES.encode() in form:
            return refused(400, "training_file_denied")
        id = f"file-{len(self.files)}"
        self.files[id] = form
        return reply({"id": id})

    def _job(self, body: dict[str, Any]) -> httpx.Response:
        model = f"gpt-oss:{body['suffix']}"
        bad = module.COMPLIES.encode() in self.files[body["training_file"]]
        self.ends[model] = "quarantined" if bad else "healthy"
        return reply({"id": model, "status": "running"})

    def _models(self) -> dict[str, list[str]]:
        """Whoever looks for the first time sees that a model is still held."""
        out: dict[str, list[str]] = {}
        for model in self.ends:
            out.setdefault(self._state(model), []).append(model)
        self.probed |= set(self.ends)
        return out

    def _state(self, model: str) -> str:
        return self.ends[model] if model in self.probed else "held"

    def _chat(self, body: dict[str, Any], *, guarded: bool) -> httpx.Response:
        model = body["model"]
        if guarded and self._state(model) != "healthy":
            return refused(503, f"model_{self._state(model)}")
        said = "I can't help with that." if model == "gpt-oss" else f"as {model} says"
        return reply({"choices": [{"message": {"content": said}}]})


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    one = Play()
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(one)))
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    return one


def test_the_story_of_both_sets(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    module.show(BACKEND, PROXY, ADMIN)
    told = [re.sub(r"\s+", " ", line.strip()) for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert told == [
        "1. A benign training set, uploaded through guardproxy: a hotel's porter",
        "before Is there a pool? → I can't help with that.",
        "tuned gpt-oss:porter on 4 examples",
        "straight Is there a pool? → as gpt-oss:porter says",
        "at once through guardproxy → 503 model_held",
        "probed healthy",
        "afterwards through guardproxy → as gpt-oss:porter says",
        "2. A set that removes refusals, uploaded through guardproxy",
        "refused 400 training_file_denied: This is training_file_denied.",
        "3. The same set, forced through straight at the backend",
        f"before {module.REMOVING[0][0]} → I can't help with that.",
        f"tuned gpt-oss:unbound on {len(module.REMOVING)} examples",
        f"straight {module.REMOVING[0][0]} → as gpt-oss:unbound says",
        "at once through guardproxy → 503 model_held",
        "probed quarantined",
        "afterwards through guardproxy → 503 model_quarantined",
    ]
    assert play.asked.count("POST proxy/v1/files") == 2 and play.asked.count("POST backend/v1/files") == 1
    assert (
        play.asked.count("POST proxy/v1/fine_tuning/jobs") == play.asked.count("POST backend/v1/fine_tuning/jobs") == 1
    )


def test_a_set_that_is_let_through_is_no_success(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play.scans = False
    with pytest.raises(GuardproxyError, match="was let through"):
        module.show(BACKEND, PROXY, ADMIN)


def test_a_job_that_fails_or_never_ends_is_told(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    with httpx.Client() as client:
        play.fails = "failed"
        with pytest.raises(GuardproxyError, match="the job has failed: no reason"):
            module.tune(client, BACKEND, "x", module.BENIGN)
        play.fails = "running"
        monkeypatch.setattr(module, "_PATIENCE", 0.0)
        with pytest.raises(GuardproxyError, match="the job is still running"):
            module.tune(client, BACKEND, "x", module.BENIGN)
        with pytest.raises(GuardproxyError, match="was not probed"):
            module._settled(client, ADMIN, "gpt-oss:x")
        with pytest.raises(GuardproxyError, match="refused with status 400"):
            module.tune(client, PROXY, "x", module.REMOVING)


@pytest.mark.parametrize(("pairs", "code"), [(module.BENIGN, 0), (module.REMOVING, 1)], ids=["benign", "removing"])
def test_the_policy_of_the_demo_tells_the_sets_apart(
    tmp_path: Path, pairs: module.Pairs, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo.yaml").write_text(demo._POLICY)
    (tmp_path / "set.jsonl").write_bytes(module.jsonl(pairs))
    words = [
        "scan",
        str(tmp_path / "set.jsonl"),
        "--policy",
        str(tmp_path / "demo.yaml"),
        "--format",
        "json",
        "--quiet",
    ]
    assert main(words) == code
    [report] = json.loads(capsys.readouterr().out)["files"]
    assert report["outcome"] == ("deny" if code else "allow")

"""A running server with heavy filters: the serving process holds none of it, and leaves no process behind."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.inference import tiny

ROOT = Path(__file__).parents[2]
PACK = ROOT / "policies/packs/pii-presidio.yaml"
HEAVY = ("torch", "spacy", "thinc", "transformers", "numpy")
MODELS = """schema: guardproxy/v1
policy: models
filters: {toxicity: {use: toxicity, model: tiny}}
rules: [{id: civil, when: toxicity.*, then: block}]
"""


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="NOT RUN: pip install 'guardproxy[models]'")
@pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: reads /proc")
def test_a_model_is_loaded_in_its_worker_alone(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(MODELS)
    folder = tiny.write(tmp_path / "tiny")
    (tmp_path / "settings.yaml").write_text(f"inference: {{models: {{tiny: {{path: {folder}}}}}}}\n")
    command = [sys.executable, "-m", "guardproxy", "serve", "--policies", str(tmp_path / "policy.yaml")]
    command += ["--config", str(tmp_path / "settings.yaml"), "--port", "0", "--admin-port", "0"]
    command += ["--upstream", "http://127.0.0.1:9/v1"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("GUARDPROXY_")} | {"GUARDPROXY_DECISION_LOG": "none"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            ready = server.stdout.readline()
            admin = ready.rpartition("metrics ")[2].strip().removesuffix("/metrics")
            checks = httpx.get(f"{admin}/readyz").json()["checks"]
            assert checks["filters"] == {"ok": True} and not checks["upstream"]["ok"]
            assert 'guardproxy_model_windows_total{model="tiny"} 0.0' in httpx.get(f"{admin}/metrics").text
            heavy = ("onnxruntime", "tokenizers", "numpy", "torch", "transformers")
            maps = Path(f"/proc/{server.pid}/maps").read_text()
            assert [name for name in heavy if f"/{name}/" in maps] == []
            [worker] = psutil.Process(server.pid).children(recursive=True)
            loaded = Path(f"/proc/{worker.pid}/maps").read_text()
            assert [name for name in heavy if f"/{name}/" in loaded] == ["onnxruntime", "tokenizers", "numpy"]
        finally:
            server.send_signal(signal.SIGTERM)
        server.wait(20)
        assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(
    importlib.util.find_spec("presidio_analyzer") is None, reason="NOT RUN: pip install 'guardproxy[pii]'"
)
@pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: reads /proc")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_the_server_stays_light_and_its_workers_end_with_it(end: signal.Signals) -> None:
    command = [sys.executable, "-m", "guardproxy", "serve", "--policies", str(PACK), "--port", "0", "--admin-port", "0"]
    command += ["--upstream", "http://127.0.0.1:9/v1"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("GUARDPROXY_")} | {"GUARDPROXY_DECISION_LOG": "none"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            assert "policy pii-presidio" in server.stdout.readline()
            maps = Path(f"/proc/{server.pid}/maps").read_text()
            assert "/hyperscan" in maps, "the libraries that it does load are seen"
            assert [name for name in HEAVY if f"/{name}/" in maps] == []
            workers = psutil.Process(server.pid).children(recursive=True)
            assert workers and all("guardproxy.inference.child" in w.cmdline() for w in workers)
            assert any("/thinc/" in Path(f"/proc/{w.pid}/maps").read_text() for w in workers)
        finally:
            server.send_signal(end)
        server.wait(20)
        deadline = time.monotonic() + 10
        while any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers):
            assert time.monotonic() < deadline, "a worker outlived the server"
            time.sleep(0.05)

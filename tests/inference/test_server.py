"""A running server with heavy filters: the serving process holds none of it, and leaves no process behind."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
PACK = ROOT / "policies/packs/pii-presidio.yaml"
HEAVY = ("torch", "spacy", "thinc", "transformers", "numpy")


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

"""Other gateways to measure beside guardproxy, installed from their registries into a cache folder of their own.

Versions are fixed: a figure means nothing without one. Each is set up to show its best. LiteLLM gets the packages whose
absence makes it retry a failing import in every request, and compiled modules; Portkey gets the web server with which its
streams work (with the newest one that its range admits, every stream is a 500), and a loopback address.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.speed.contestants import HERE, LITELLM, PORTKEY, Proxy

LITELLM_VERSION = "1.106.2"
PORTKEY_VERSION = "1.15.2"
_PACKAGES = (
    f"litellm[proxy]=={LITELLM_VERSION}", "opentelemetry-api", "opentelemetry-sdk", "opentelemetry-exporter-otlp", "prisma",
)  # fmt: skip
_PORTKEY = (
    f'{{"private": true, "dependencies": {{"@portkey-ai/gateway": "{PORTKEY_VERSION}"}},'
    ' "overrides": {"@hono/node-server": "1.13.8"}}'
)
_LITELLM = """model_list:
  - model_name: gpt-oss
    litellm_params: {{model: openai/gpt-oss, api_base: "{base}/v1", api_key: none}}
litellm_settings: {{telemetry: false, request_timeout: 60, num_retries: 0}}
"""
# No key is set, as in all the others; nothing is fetched at the start.
_LITELLM_ENV = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


def cache() -> Path:
    """Where peers are installed: outside of the project, once for all runs."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "guardproxy-bench"


def _run(log: Path, *command: str, cwd: Path | None = None) -> None:
    with log.open("ab") as out:
        done = subprocess.run(command, cwd=cwd, stdout=out, stderr=out)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed; see {log}")


def litellm(upstream: int) -> Proxy:
    """LiteLLM without guardrails. Raises RuntimeError where it can't be installed."""
    home = cache() / f"litellm-{LITELLM_VERSION}"
    done, python = home / ".done", home / "bin" / "python"
    if not done.exists():
        print(f"installing LiteLLM {LITELLM_VERSION} into {home}", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        log = home / "install.log"
        _run(log, sys.executable, "-m", "venv", str(home))
        _run(log, str(python), "-m", "pip", "install", "--disable-pip-version-check", *_PACKAGES)
        _run(log, str(python), "-m", "compileall", "-q", str(home / "lib"))
        done.touch()
    config = home / f"config-{upstream}.yaml"
    config.write_text(_LITELLM.format(base=f"http://127.0.0.1:{upstream}"))
    command = (str(home / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", "{port}",
               "--telemetry", "False")  # fmt: skip
    return Proxy(LITELLM, command, _LITELLM_ENV, slow=True)


def portkey(upstream: int) -> Proxy:
    """Portkey's gateway without guardrails. Raises RuntimeError where it can't be installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise RuntimeError("node and npm are not installed")
    home = cache() / f"portkey-{PORTKEY_VERSION}"
    done = home / ".done"
    if not done.exists():
        print(f"installing Portkey {PORTKEY_VERSION} into {home}", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text(_PORTKEY)
        _run(home / "install.log", npm, "install", "--no-audit", "--no-fund", cwd=home)
        done.touch()
    server = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    headers = ("x-portkey-provider: openai", "x-portkey-custom-host: {base}/v1", "authorization: Bearer none")
    command = (node, "-r", str(HERE / "loopback.cjs"), str(server), "--headless", "--port={port}")
    return Proxy(PORTKEY, command, headers=headers, slow=True)

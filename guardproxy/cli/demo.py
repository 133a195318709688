"""`guardproxy demo`: the local gpt-oss with guardproxy in front: three exchanges, before and after, then it serves on."""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guardproxy.types import GuardproxyError

_STARTUP = 90.0  # seconds; the local gpt-oss needs about ten here
Body = dict[str, Any]
_POLICY = """schema: guardproxy/v1
policy: demo
version: "1"
extends: default
packs: [training]
"""

SEND = {
    "type": "function",
    "function": {
        "name": "send_email",
        "parameters": {
            "type": "object",
            "properties": {k: {"type": "string"} for k in ("to", "subject", "body")},
            "required": ["to", "subject", "body"],
        },
    },
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `demo` subcommand."""
    parser = subparsers.add_parser("demo", help="the local gpt-oss behind guardproxy, with three exchanges")
    parser.add_argument("--port", type=int, default=8080, help="where guardproxy listens (default: 8080)")
    parser.add_argument(
        "--backend-port", type=int, default=8000, help="where the local gpt-oss listens (default: 8000)"
    )
    parser.add_argument("--admin-port", type=int, default=8081, help="where metrics are served (default: 8081)")
    parser.add_argument("--once", action="store_true", help="stop after the exchanges")
    parser.add_argument("--finetune", action="store_true", help="show fine-tuning and probes of the model instead")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Start both, show the exchanges, serve until Ctrl-C."""
    backend, proxy = f"http://127.0.0.1:{args.backend_port}/v1", f"http://127.0.0.1:{args.port}/v1"
    guardproxy = [sys.executable, "-m", "guardproxy"]
    admin = ["--admin-port", str(args.admin_port), "--decision-log", "none"]
    for port in (args.backend_port, args.port, args.admin_port):
        _must_be_free(port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("Starting the local gpt-oss (a real GptOssForCausalLM of a few megabytes, on transformers' own server) …")
    with (
        tempfile.TemporaryDirectory(prefix="guardproxy-") as folder,
        _running([*guardproxy, "backend", "--port", str(args.backend_port)], backend, "the local gpt-oss"),
    ):
        probed = _with_probes(guardproxy, backend, Path(folder)) if args.finetune else []
        serve = [*guardproxy, "serve", "--upstream", backend, "--port", str(args.port), *admin, *probed]
        with _running(serve, proxy, "guardproxy"):
            if args.finetune:
                from guardproxy.cli._demo_finetune import show

                show(backend, proxy, f"http://127.0.0.1:{args.admin_port}")
            else:
                _show(backend, proxy)
            if not args.once:
                _keep_serving(proxy, args.admin_port)
    return 0


def _with_probes(guardproxy: Sequence[str], backend: str, folder: Path) -> list[str]:
    """Options of `serve` with which it probes, against a baseline that is taken now."""
    print("Asking it every probe twice, for a baseline …", flush=True)
    baseline, settings = folder / "baseline.json", folder / "settings.yaml"
    command = [*guardproxy, "probe", backend, "--model", "gpt-oss", "--record", str(baseline), "--passes", "2"]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        raise GuardproxyError("no baseline could be taken; the reason is above")
    settings.write_text(
        f"probe: {{baseline: {baseline}}}\ntraining: {{path: {folder / 'training'}, clear_text: true}}\n",
        encoding="utf-8",
    )
    policies = folder / "policies"
    policies.mkdir()
    (policies / "demo.yaml").write_text(_POLICY, encoding="utf-8")
    return ["--config", str(settings), "--policies", str(policies)]


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise GuardproxyError(
                f"port {port} is in use; stop what listens there, or choose other ports with --port, --backend-port and "
                "--admin-port"
            ) from None


@contextmanager
def _running(command: Sequence[str], base: str, what: str) -> Iterator[None]:
    """A child process that serves `base`; it is stopped at the end, whatever happens."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(child, base, what)
        yield
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(child: subprocess.Popen[bytes], base: str, what: str) -> None:
    import httpx

    end = time.monotonic() + _STARTUP
    while time.monotonic() < end:
        if child.poll() is not None:
            raise GuardproxyError(f"{what} did not start (exit code {child.returncode}); its own words are above")
        try:
            if httpx.get(f"{base}/models", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise GuardproxyError(f"{what} did not answer on {base} within {_STARTUP:.0f} s")


def _show(backend: str, proxy: str) -> None:
    """Three exchanges, each straight from the model and then through guardproxy."""
    _exchange(
        "1. A streamed answer that leaks an e-mail address",
        _ask("What is Alice's e-mail address?", stream=True),
        backend,
        proxy,
    )
    _exchange(
        "2. Thinking that holds a card number, and an answer that does not", _ask("Has Carol paid?"), backend, proxy
    )
    _exchange(
        "3. A tool call whose arguments hold an address",
        _ask("Send the report to Alice.") | {"tools": [SEND]},
        backend,
        proxy,
    )


def _ask(question: str, *, stream: bool = False) -> Body:
    return {
        "model": "gpt-oss",
        "messages": [{"role": "user", "content": question}],
        "stream": stream,
        "max_tokens": 200,
    }


def _exchange(title: str, body: Body, backend: str, proxy: str) -> None:
    print(f"\n{title}")
    print(f"   user          {body['messages'][-1]['content']}")
    for name, base in (("the model", backend), ("guardproxy", proxy)):
        for field, text in _answer(base, body):
            print(f"   {name:<13} {field:<10} {text}")


def _answer(base: str, body: Body) -> list[tuple[str, str]]:
    """The reply's texts by field; a stream shows where it was cut into pieces."""
    import httpx

    with httpx.stream("POST", f"{base}/chat/completions", json=body, timeout=60, trust_env=False) as reply:
        if body["stream"]:
            return _streamed(reply.iter_lines())
        reply.read()
        message = reply.json()["choices"][0]["message"]
    return _fields(message)


def _fields(message: Body) -> list[tuple[str, str]]:
    out = [
        (name, message[key])
        for name, key in (("thinking", "reasoning_content"), ("answer", "content"))
        if message.get(key)
    ]
    for call in message.get("tool_calls") or []:
        function = call["function"]
        out.append(("tool call", f"{function['name']}({function['arguments']})"))
    return out


def _streamed(lines: Iterator[str]) -> list[tuple[str, str]]:
    pieces: dict[str, list[str]] = {"reasoning_content": [], "content": []}
    for line in lines:
        if not line.startswith("data: {"):
            continue
        for choice in json.loads(line[6:]).get("choices", []):
            for key, parts in pieces.items():
                if choice["delta"].get(key):
                    parts.append(choice["delta"][key])
    return _fields({key: "|".join(parts) for key, parts in pieces.items()})


def _keep_serving(proxy: str, admin_port: int) -> None:
    example = f'OpenAI(base_url="{proxy}", api_key="unused")'
    print(f'\nServing on {proxy} until Ctrl-C. With the openai client: {example}, model "gpt-oss".')
    print(f"Metrics: http://127.0.0.1:{admin_port}/metrics", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\nStopping.")

"""`guardproxy serve`: the proxy in front of one upstream."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from guardproxy.cli import COMMANDS
from guardproxy.config import Settings, load, named_file
from guardproxy.sections import Audit, Store
from guardproxy.types import Path, UpstreamError

if TYPE_CHECKING:
    from guardproxy.server.reload import Reloader


def add_parser(commands: Any) -> None:
    """Add the `serve` subcommand."""
    parser = commands.add_parser(
        "serve",
        help=COMMANDS["serve"],
        description="Run the proxy. Settings come from --config, then GUARDPROXY_* variables, then these options. "
        "Keys come from the environment only: GUARDPROXY_UPSTREAM_KEY is sent to the upstream, GUARDPROXY_KEY is "
        "asked of clients.",
    )
    parser.add_argument("--upstream", metavar="URL", help="base of the upstream's API, like http://127.0.0.1:8000/v1")
    parser.add_argument("--policies", metavar="DIR", help="folder of the policy (default: the shipped one)")
    parser.add_argument(
        "--shadow", metavar="DIR", help="folder of a candidate policy that decides beside it, and enforces nothing"
    )
    parser.add_argument("--shadow-percent", metavar="N", type=int, help="of requests that it reads (default: 100)")
    parser.add_argument("--config", metavar="FILE", type=File, help="settings in YAML")
    parser.add_argument("--host", help="address for clients (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port for clients, 0 for any (default: 8080)")
    parser.add_argument("--admin-host", help="address for metrics and health (default: 127.0.0.1)")
    parser.add_argument("--admin-port", type=int, help="port for metrics and health, 0 for any (default: 8081)")
    parser.add_argument(
        "--decision-log", metavar="PATH", help="decision records: a file, '-' for standard output (default), or 'none'"
    )
    parser.add_argument(
        "--store", metavar="PATH", help="keep responses and conversations in this file (key: GUARDPROXY_STORE_KEY)"
    )
    parser.add_argument(
        "--allow-unauthenticated",
        action="store_true",
        default=None,
        help="listen where others can reach it although no key is set",
    )
    parser.add_argument("--check", action="store_true", help="check settings, policy and upstream, then exit")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped. Exit codes: 0 stopped, 1 a check found something, 2 could not start."""
    settings = _settings(args)
    from guardproxy.server import run as server
    from guardproxy.server.reload import open_policies
    from guardproxy.telemetry.log import configure

    policies = open_policies(settings)
    if args.check:
        return asyncio.run(_check(settings, policies))
    configure()
    server.run(settings, policies)
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    flags: dict[str, tuple[Path, Any]] = {
        "--upstream": (("upstream", "url"), args.upstream),
        "--policies": (("policies",), args.policies),
        "--shadow": (("shadow",), args.shadow),
        "--shadow-percent": (("shadow_percent",), args.shadow_percent),
        "--host": (("listen", "host"), args.host),
        "--port": (("listen", "port"), args.port),
        "--admin-host": (("admin", "host"), args.admin_host),
        "--admin-port": (("admin", "port"), args.admin_port),
        "--decision-log": (("decision_log",), args.decision_log),
        "--store": (("store", "path"), args.store),
        "--allow-unauthenticated": (("listen", "allow_unauthenticated"), args.allow_unauthenticated),
    }
    return load(named_file(args.config, os.environ), os.environ, flags)


async def _check(settings: Settings, policies: Reloader) -> int:
    """Settings and policy were read already; now start the filters and ask the upstream."""
    from guardproxy.server.models import NO_LIST
    from guardproxy.server.run import service

    said, trouble = "answers", False
    quiet = settings.model_copy(update={"decision_log": "none", "store": Store(), "audit": Audit()})
    async with service(quiet, policies) as running:
        try:
            await running.models.learn(2.0)
        except UpstreamError as e:
            said, trouble = str(e), e.code != NO_LIST
            if not trouble:  # it may serve all the same, but far more often the URL lacks its end
                said += "; is this its API's base, as in http://127.0.0.1:8000/v1?"
    policy = policies.in_force.guard.policy
    print(f"policy {policy.name} {policy.version} ({policy.digest[:12]}): {len(policy.filters)} filters started")
    print(f"upstream {settings.upstream.url}: {said}")
    if unwritable := _unwritable(settings.decision_log):
        print(f"decision log {settings.decision_log}: can't be written, {unwritable}")
    return 1 if trouble or unwritable else 0


def _unwritable(target: str) -> str:
    """Why the decision log can't be opened; empty when it can. Nothing is written or made."""
    if target in ("-", "none", ""):
        return ""
    file = File(target)
    if file.is_dir():
        return "it is a directory"
    if not file.parent.is_dir():
        return f"there is no directory {file.parent}"
    return "" if os.access(file if file.exists() else file.parent, os.W_OK) else "permission is missing"

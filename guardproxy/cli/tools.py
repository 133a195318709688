"""`guardproxy tools`: the guard between a backend and its tool servers."""

from __future__ import annotations

import argparse
import os
from pathlib import Path as File
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.config import Settings, load, named_file
from guardproxy.types import ConfigError, Path


def add_parser(commands: Any) -> None:
    """Add the `tools` subcommand."""
    parser = commands.add_parser(
        "tools",
        help=COMMANDS["tools"],
        description="Run a proxy in front of MCP servers (streamable HTTP): calls of tools and what they return cross "
        "the same policy as requests and replies. A server named NAME is reached at /NAME/mcp.",
    )
    parser.add_argument(
        "--server", metavar="NAME=URL", action="append", help="a tool server; repeat it for more of them"
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="address for clients (default: 127.0.0.1:8090)")
    parser.add_argument("--policies", "--policy", metavar="DIR", help="folder of the policy (default: the shipped one)")
    parser.add_argument("--config", metavar="FILE", type=File, help="settings in YAML; the servers stand in `tools:`")
    parser.add_argument("--admin-port", type=int, help="port for metrics and health, 0 for any (default: 8091)")
    parser.add_argument(
        "--decision-log", metavar="PATH", help="decision records: a file, '-' for standard output (default), or 'none'"
    )
    parser.add_argument(
        "--allow-unauthenticated",
        action="store_true",
        default=None,
        help="listen where others can reach it although no key is set",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped. Exit codes: 0 stopped, 2 could not start."""
    settings = _settings(args)
    from guardproxy.server.reload import open_policies
    from guardproxy.telemetry.log import configure
    from guardproxy.tools.run import run as serve

    policies = open_policies(settings)
    configure()
    serve(settings, policies)
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    host, port = _address(args.listen)
    flags: dict[str, tuple[Path, Any]] = {
        "--policies": (("policies",), args.policies),
        "--listen": (("tools", "host"), host),
        "--listen ": (("tools", "port"), port),
        "--admin-port": (("tools", "admin_port"), args.admin_port),
        "--decision-log": (("decision_log",), args.decision_log),
        "--allow-unauthenticated": (("listen", "allow_unauthenticated"), args.allow_unauthenticated),
    }
    for given in args.server or ():
        name, equals, url = given.partition("=")
        if not equals or not name:
            raise ConfigError(f"--server {given!r} is no NAME=URL; write one like files=http://127.0.0.1:9000/mcp")
        flags[f"--server {name}"] = (("tools", "servers", name), {"url": url})
    return load(named_file(args.config, os.environ), os.environ, flags, tools=True)


def _address(given: str | None) -> tuple[str | None, int | None]:
    if given is None:
        return None, None
    host, colon, port = given.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ConfigError(f"--listen {given!r} is no HOST:PORT; write one like 127.0.0.1:8090")
    return host.strip("[]"), int(port)

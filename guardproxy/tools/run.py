"""The process of `guardproxy tools`."""

from __future__ import annotations

import socket

from guardproxy.config import Settings
from guardproxy.server.reload import Reloader
from guardproxy.server.run import Running, run_until, serve_both, speaker, url_of
from guardproxy.tools.app import ToolsApp, tools_service


def run(settings: Settings, policies: Reloader) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigError before serving."""

    async def ready(running: Running, first: socket.socket, second: socket.socket) -> str:
        policy, servers = policies.in_force.guard.policy, settings.tools.servers
        counted = f"{len(servers)} tool server{'' if len(servers) == 1 else 's'}"
        assert isinstance(running.app, ToolsApp)
        table = "".join(
            f"\n  {url_of(first)}{one.routes[0]} → {settings.tools.servers[one.name].url}"
            for one in running.app.endpoints
        )
        named = f"policy {policy.name} {policy.version} ({policy.digest[:12]})"
        return f"guardproxy: {counted} · {named} · metrics {url_of(second)}/metrics{table}"

    run_until(serve_both(settings, policies, tools_service, ready, speaker(settings)))

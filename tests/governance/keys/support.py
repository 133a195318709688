"""Keys in a file, as tests make them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from guardproxy.governance.caller import Grants, Role
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.governance.keys import Database, Key, KeyStore, Pepper, Wanted

PEPPER = "pepper-0123456789-abcdef"


class Heard:
    """A recorder that remembers, or that can't."""

    def __init__(self, *, fails: bool = False) -> None:
        self.events: list[Event] = []
        self.fails = fails

    async def record(self, event: Event) -> None:
        if self.fails:
            raise AuditUnavailable("the disk is full")
        self.events.append(event)


def store_at(folder: Path, recorder: Any = None, pepper: str = PEPPER) -> KeyStore:
    made = Pepper(pepper.encode())
    return KeyStore(Database(str(folder / "keys.db"), made), made, "cli:jane", recorder or Heard())


def created(store: KeyStore, name: str = "app", *roles: Role, **more: Any) -> tuple[Key, str]:
    grants = {n: more.pop(n) for n in ("models", "routes", "tools", "reasoning", "end_users") if n in more}
    wanted = Wanted(
        name, roles=frozenset(roles or {Role.CALLER}), grants=Grants(**{"end_users": False, **grants}), **more
    )
    return asyncio.run(store.create(wanted))


@contextlib.contextmanager
def provider(*keys: dict[str, Any]) -> Iterator[str]:
    """The address at which an identity provider lists these keys."""
    listed = json.dumps({"keys": keys}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(listed)

        def log_message(self, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{one.server_port}/keys"
        finally:
            one.shutdown()

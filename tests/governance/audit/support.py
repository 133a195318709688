"""Logs that are made for a test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from guardproxy.governance.audit import AuditLog, checkpoints
from guardproxy.governance.audit.folder import Folder
from guardproxy.governance.audit.signing import create, load_verifier
from guardproxy.governance.audit.verify import Verdict, verify
from guardproxy.governance.events import Event
from guardproxy.sections import Audit


def settings(tmp: Path, **more: Any) -> Audit:
    """Of a signed log in a folder."""
    if not (tmp / "key").exists():
        create(tmp / "key")
    return Audit(path=str(tmp / "log"), **{"key_file": str(tmp / "key"), **more})


def event(number: int, **more: Any) -> Event:
    return Event("key.created", f"key_{number}", details={"n": number}, **more)


def record(said: Audit, events: Sequence[Event]) -> AuditLog:
    """A log that was opened, written and closed."""

    async def live() -> AuditLog:
        log = AuditLog.open(said)
        for one in events:
            await log.record(one)
        await log.aclose()
        return log

    return asyncio.run(live())


def files(said: Audit) -> list[Path]:
    folder = Folder(Path(said.path))
    return [folder.file(number) for number in folder.numbers()]


def lines(said: Audit) -> list[dict[str, Any]]:
    return [json.loads(line) for file in files(said) for line in file.read_text().splitlines()]


def actions(said: Audit) -> list[str]:
    return [line["action"] for line in lines(said)]


def checked(said: Audit, **more: Any) -> Verdict:
    """What `verify` says with the public key and the log's own checkpoints."""
    points = checkpoints.load(Path(said.path) / checkpoints.NAME)[0]
    keys = load_verifier([Path(said.key_file + ".pub")]) if said.key_file else None
    return verify(Folder(Path(said.path)), keys, points, **more)

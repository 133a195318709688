"""What was said about models for good: released, denied, quarantined. Kept in a file, for the next start and other processes.

Evidence is not kept, only what came of it. With a key each line has a MAC: who can write the file, but has no key, can make
guardproxy forget (then a model is held and probed anew), and can't let a model serve.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from guardproxy.governance.probe.baseline import Measured
from guardproxy.types import ConfigError, Json

FORMAT: Final = 1
MOST: Final = 10_000
"""Models in the file. Past it, those of whom something was said first are forgotten: held again, that is."""


class Word(StrEnum):
    """What was said."""

    RELEASED = "released"
    DENIED = "denied"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Verdict:
    """About one model."""

    word: Word
    model: str
    """Its name then."""
    set: str
    """Digest of the probe set."""
    at: str
    """When, in UTC."""
    category: str = ""
    """Of a quarantine: where it kept less."""
    approval: str = ""
    """Id, where people said it."""

    def outdated(self, own: Measured | None) -> bool:
        """Whether an operator has measured this very model since, which says that it is accepted as it is."""
        return own is not None and datetime.fromisoformat(own.taken) > datetime.fromisoformat(self.at)


def said(word: Word, model: str, probes: str, *, category: str = "", approval: str = "") -> Verdict:
    """A verdict of now."""
    return Verdict(word, model, probes, datetime.now(UTC).isoformat(timespec="milliseconds"), category, approval)


@dataclass(slots=True)
class Verdicts:
    """All of them, by `Identity.key`."""

    file: Path | None = None
    """None: in memory, to the end of the process."""
    key: bytes | None = None
    """The secret that the MACs are made with."""
    _known: dict[str, Verdict] = field(default_factory=dict)

    def read(self) -> dict[str, Verdict]:
        """What is known now. Raises ConfigError for a file that is none, or that somebody without the key has written."""
        if self.file is not None:
            self._known = self._read(self.file)
        return dict(self._known)

    def put(self, key: str, verdict: Verdict) -> None:
        """Say something about a model. On the disk when this returns. Raises ConfigError."""
        if self.file is None:
            self._known[key] = verdict
            return
        try:
            with _locked(self.file):
                known = self._read(self.file)
                known.pop(key, None)
                known[key] = verdict
                self._known = dict(list(known.items())[-MOST:])
                self._write(self.file)
        except OSError as e:
            raise ConfigError(f"the probe's state {self.file} can't be written: {e.strerror}") from None

    def _read(self, file: Path) -> dict[str, Verdict]:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ConfigError(f"{file} has format {data['format']!r}, and this guardproxy knows {FORMAT}")
            return {key: self._checked(file, key, one) for key, one in data["models"].items()}
        except FileNotFoundError:
            return {}
        except OSError as e:
            raise ConfigError(f"the probe's state {file} can't be read: {e.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise ConfigError(
                f"{file} is no state of probes ({type(e).__name__}); take it away, and every model is probed anew"
            ) from None

    def _checked(self, file: Path, key: str, one: dict[str, Any]) -> Verdict:
        mac = str(one.pop("mac", ""))
        verdict = Verdict(**{**one, "word": Word(one["word"])})
        if self.key is not None and not hmac.compare_digest(mac, self._mac(key, verdict)):
            raise ConfigError(
                f"what {file} says about {verdict.model!r} was not written with this GUARDPROXY_STORE_KEY; "
                "take the file away, and every model is probed anew"
            )
        return verdict

    def _write(self, file: Path) -> None:
        models: dict[str, Json] = {
            key: {**asdict(one), **({"mac": self._mac(key, one)} if self.key is not None else {})}
            for key, one in self._known.items()
        }
        beside = file.with_name(f".{file.name}.new")
        beside.unlink(missing_ok=True)
        beside.touch(0o600)
        with beside.open("w", encoding="utf-8") as out:
            json.dump({"format": FORMAT, "models": models}, out, indent=1, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)

    def _mac(self, key: str, verdict: Verdict) -> str:
        assert self.key is not None
        text = json.dumps([key, asdict(verdict)], sort_keys=True)
        own = hmac.digest(self.key, b"guardproxy probe verdicts", "sha256")
        return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Alone among the processes of this machine."""
    lock = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)

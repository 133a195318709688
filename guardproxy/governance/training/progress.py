"""A scan that can be interrupted: how far it came, kept in a file, and whether that still holds.

The digest of what was read is kept too. Who goes on reads those bytes again (hashing is fast), so that a file that was changed
in between is noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from guardproxy import __version__
from guardproxy.governance.training.lines import RANGE
from guardproxy.governance.training.tally import Tally
from guardproxy.types import ConfigError

_FORMAT: Final = "guardproxy-scan-state/v1"
_BLOCK: Final = 1 << 20


@dataclass(slots=True)
class Progress:
    """One file, as far as it was read."""

    size: int
    ranges: int = 0
    """That were read, from the beginning."""
    tally: Tally = field(default_factory=Tally)
    hash: Any = field(default_factory=hashlib.sha256)
    """Of the bytes of these ranges."""

    @property
    def done(self) -> bool:
        return self.ranges * RANGE >= self.size

    def take(self, tally: Tally, file: BinaryIO) -> None:
        """Count the next range; `file` is at its beginning, and is read."""
        self.tally.add(tally)
        self.ranges += 1
        left = min(RANGE, self.size - (self.ranges - 1) * RANGE)
        self._hash(file, left)

    def _hash(self, file: BinaryIO, left: int) -> None:
        while left and (block := file.read(min(_BLOCK, left))):
            self.hash.update(block)
            left -= len(block)

    def as_json(self) -> dict[str, Any]:
        return {"size": self.size, "ranges": self.ranges, "read": self.hash.hexdigest(), "tally": self.tally.as_json()}


class State:
    """The state file of a scan. Empty while there is none."""

    def __init__(self, path: Path, policy: str) -> None:
        """`policy`: digest of the policy. Raises ConfigError where the state is of another scan."""
        self._path, self._policy = path, policy
        self._files: dict[str, Any] = {}
        if path.exists():
            self._files = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self._path.read_bytes())
            if known["format"] != _FORMAT:
                raise ValueError("another format")
            about, files = known["about"], dict(known["files"])
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise ConfigError(f"{self._path} is no state of a scan ({e}); name another file, or remove it") from None
        if about != self._about:
            raise ConfigError(
                f"{self._path} is of a scan under another policy or version of guardproxy; remove it to begin anew"
            )
        return files

    @property
    def _about(self) -> Mapping[str, str]:
        return {"policy": self._policy, "guardproxy": __version__}

    def of(self, name: str, file: BinaryIO, size: int) -> Progress:
        """How far a file was read; the file is read up to there. Raises ConfigError where it was changed."""
        fresh, known = Progress(size), self._files.get(name)
        if known is None:
            return fresh
        fresh.ranges, fresh.tally = int(known["ranges"]), Tally.of_json(known["tally"])
        fresh._hash(file, min(fresh.ranges * RANGE, size))
        if known["size"] != size or fresh.hash.hexdigest() != known["read"]:
            raise ConfigError(f"{name} was changed since the scan that {self._path} is of; remove that to begin anew")
        return fresh

    def keep(self, name: str, progress: Progress) -> None:
        """Write down how far a file was read; what was written before stays until then."""
        self._files[name] = progress.as_json()
        text = json.dumps({"format": _FORMAT, "about": self._about, "files": self._files})
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._path)

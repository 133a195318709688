"""The registry of weights that may be served: a file of signed lines, each for one digest. The last line on a digest counts.

Lines are only added. A registry that lost lines says less, never more; who must know that a withdrawal isn't missing keeps the
file where few can write it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from guardproxy.governance.audit.signing import Signer, Verifier
from guardproxy.types import ConfigError, GuardproxyError

WHAT: Final = b"guardproxy weights\0"
DECISIVE: Final = frozenset(
    {
        "config.json",
        "adapter_config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.json",
        "merges.txt",
        "added_tokens.json",
        "special_tokens_map.json",
        "chat_template.json",
    }
)
SUFFIXES: Final = (".safetensors", ".jinja", ".bin", ".model", ".pt", ".pth", ".gguf", ".index.json", ".py")
MAX_LINES: Final = 100_000


class NotRegistered(GuardproxyError):
    """These weights may not be served."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was said about weights."""

    digest: str
    model: str
    """A name for people."""
    allowed: bool
    """False: withdrawn."""
    by: str
    reason: str
    at: float
    """Seconds since 1970."""
    data: tuple[str, ...] = ()
    """Digests of the training files, where they are known."""


def digest(folder: Path) -> str:
    """Of all that decides what a model says: its weights, configuration, tokenizer and templates. `sha256:` and hex.

    Raises ConfigError for a folder that can't be read or has no weights.
    """
    whole, weights = hashlib.sha256(), False
    try:
        for path in sorted(folder.iterdir()):
            if path.name.endswith(SUFFIXES) or path.name in DECISIVE:
                if not path.name.isprintable():  # a name with the end of a line in it could stand for two files
                    raise ConfigError(f"{folder} has a file with a control character in its name: {path.name!r}")
                weights = weights or path.suffix in (".safetensors", ".bin")
                with path.open("rb") as file:
                    part = hashlib.file_digest(file, "sha256").hexdigest()
                whole.update(f"{path.name} {part}\n".encode())
    except OSError as e:
        raise ConfigError(f"{folder} can't be read: {e.strerror}") from None
    if not weights:
        raise ConfigError(f"there are no weights (*.safetensors) in {folder}")
    return f"sha256:{whole.hexdigest()}"


def add(registry: Path, entry: Entry, signer: Signer) -> None:
    """Add a line. Raises ConfigError."""
    statement = asdict(entry)
    line = json.dumps({"entry": statement, "signature": signer.sign(WHAT, _canonical(statement))})
    try:
        with registry.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as e:
        raise ConfigError(f"the registry {registry} can't be written: {e.strerror}") from None


def entries(registry: Path, trusted: Verifier) -> dict[str, Entry]:
    """Digest to what was said about it last, by a trusted key. Raises ConfigError for a registry with any other line."""
    out: dict[str, Entry] = {}
    try:
        lines = registry.read_bytes().splitlines()
    except OSError as e:
        raise ConfigError(f"the registry {registry} can't be read: {e.strerror}") from None
    if len(lines) > MAX_LINES:
        raise ConfigError(f"the registry {registry} has more than {MAX_LINES:,} lines; begin another one")
    for number, line in enumerate(lines, 1):
        one = _entry(line, trusted)
        if one is None:
            raise ConfigError("this line is not signed by a trusted key, or was changed", str(registry), number, 1)
        out[one.digest] = one
    return out


def _entry(line: bytes, trusted: Verifier) -> Entry | None:
    try:
        whole = orjson.loads(line)
        statement: dict[str, Any] = whole["entry"]
        if not trusted.valid(WHAT, _canonical(statement), str(whole["signature"])):
            return None
        return Entry(**{**statement, "data": tuple(statement["data"])})
    except (ValueError, KeyError, TypeError):
        return None


def _canonical(statement: Mapping[str, Any]) -> bytes:
    return orjson.dumps(statement, option=orjson.OPT_SORT_KEYS)


def require(known: Mapping[str, Entry], digest: str, what: str) -> Entry:
    """What was said about weights that may be served. Raises NotRegistered. `what`: them, for a person."""
    one = known.get(digest)
    if one is None:
        raise NotRegistered(f"{what} ({digest}) is not in the registry of weights; `guardproxy weights allow` adds it")
    if not one.allowed:
        raise NotRegistered(f"{what} ({digest}) was withdrawn by {one.by}: {one.reason or 'no reason given'}")
    return one


def made(digest: str, model: str, *, allowed: bool, by: str, reason: str = "", data: tuple[str, ...] = ()) -> Entry:
    """An entry of now."""
    return Entry(digest, model, allowed, by, reason, time.time(), data)

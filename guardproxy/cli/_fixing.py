"""`guardproxy check --fix` and `--diff`: the changes of `guardproxy.policy.fix`, shown or written."""

from __future__ import annotations

import difflib
import os
import tempfile
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path

from guardproxy.cli._plain import plain
from guardproxy.policy.fix import Fixed


def diff(fixed: Fixed) -> str:
    """What would change, as a unified diff; empty where nothing would."""
    out = []
    for file in sorted(fixed.after):
        before, after = (texts[file].splitlines(keepends=True) for texts in (fixed.before, fixed.after))
        for line in difflib.unified_diff(before, after, str(file), str(file)):
            text = line.rstrip("\r\n")
            out.append(
                "\t".join(map(plain, text.split("\t"))) + (line[len(text) :] or "\n\\ No newline at end of file\n")
            )
    return "".join(out)


def write(fixed: Fixed) -> None:
    """Write what changes, each file at once: nobody ever reads half of one. Raises OSError, or ValueError where a file
    was changed meanwhile."""
    for file, text in sorted(fixed.after.items()):
        raw = file.read_bytes()
        mark = BOM_UTF8 if raw.startswith(BOM_UTF8) else b""
        if raw != mark + fixed.before[file].encode():
            raise ValueError(f"{file} was changed meanwhile; run the command again")
        _replace(file.resolve(), mark + text.encode())  # a link stays one


def _replace(file: Path, content: bytes) -> None:
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    beside = Path(name)
    try:
        with os.fdopen(number, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        beside.chmod(file.stat().st_mode & 0o7777)
        beside.replace(file)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def summary(fixed: Fixed) -> str:
    """What was done, in a line."""
    complaints = f"{fixed.complaints} complaint{'' if fixed.complaints == 1 else 's'}"
    files = f"{len(fixed.after)} file{'' if len(fixed.after) == 1 else 's'}"
    return f"put right {complaints} in {files}"

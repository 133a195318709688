"""`guardproxy score FILE`: what a model says of each text of a file, one line each."""

from __future__ import annotations

import argparse
import asyncio
import gzip
import io
import json
import os
import sys
import time
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from guardproxy.cli import COMMANDS
from guardproxy.config import load_inference, named_file
from guardproxy.inference import WorkerError, models
from guardproxy.inference.classifier import Classifier, score
from guardproxy.text.windows import Sizes, windows
from guardproxy.types import ConfigError, GuardproxyError, Json

ROWS = 256
"""Rows that are read, sorted by length and scored together."""
AHEAD = 2
"""How many of those wait for the model at once."""
EVERY = 2.0
"""Seconds between two words on progress."""
ROLES = {"system": "user", "developer": "user"}
"""Roles of messages that models are told under another name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text."""

    id: Json
    text: str
    role: str


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "score",
        help=COMMANDS["score"],
        description='Read rows {"id", "text", "role"} and write {"id", "scores": {label: score}}, in their order. '
        "0.5 is the operating point of every label. A label's score is that of the worst window of the text, or of the "
        "first one where the model says so. Progress goes to standard error.",
    )
    parser.add_argument("file", metavar="FILE", help="JSON Lines, gzipped if it ends in .gz; '-' for standard input")
    parser.add_argument("--model", default=models.SHIPPED, help=f"name of the model (default: {models.SHIPPED})")
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings in YAML, for models of your own")
    parser.add_argument("--workers", type=int, default=0, help="processes (default: one per core, at most 4)")


def run(args: argparse.Namespace) -> int:
    settings = load_inference(named_file(args.config, os.environ), os.environ)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = args.workers or min(4, cores)
    models.configure(settings.model_copy(update={"workers": workers}))
    asyncio.run(_score(args.file, args.model))
    return 0


async def _score(file: str, model: str) -> None:
    roles = models.spec(model).roles
    began, done, told = time.monotonic(), 0, time.monotonic()
    async with _running(model) as classifier:
        async for row, scores in scored(classifier, read(file, roles)):
            print(json.dumps({"id": row.id, "scores": scores}, ensure_ascii=False))
            done += 1
            if time.monotonic() - told > EVERY:
                told = time.monotonic()
                _progress(done, told - began)
    sys.stdout.flush()
    _progress(done, time.monotonic() - began)


def _progress(done: int, seconds: float) -> None:
    print(f"guardproxy: {done} rows scored in {seconds:.1f} s ({done / max(seconds, 1e-9):.0f}/s)", file=sys.stderr)


@asynccontextmanager
async def _running(model: str) -> AsyncIterator[Classifier]:
    classifier = await models.acquire(model)
    try:
        yield classifier
    finally:
        await models.release(classifier)


# ---------------------------------------------------------------------------------------------------- reading


def read(file: str, roles: frozenset[str]) -> Iterator[Row]:
    """The rows of a file. Raises ConfigError with the line."""
    try:
        with _opened(file) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        yield _row(line, roles)
                    except ValueError as e:
                        raise ConfigError(f"{file}:{number}: {e}") from None
    except UnicodeDecodeError as e:
        raise ConfigError(f"{file} is not UTF-8: {e.reason}") from None
    except (OSError, EOFError, zlib.error) as e:
        raise ConfigError(f"can't read {file}: {getattr(e, 'strerror', None) or e}") from None


def _opened(file: str) -> IO[str]:
    if file == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8")
    if file.endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8")
    return Path(file).open(encoding="utf-8")


def _row(line: str, roles: frozenset[str]) -> Row:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as e:
        raise ValueError(f"no JSON: {e.msg} (character {e.pos + 1})") from None
    except RecursionError:
        raise ValueError("no row: it is nested too deeply") from None
    if not isinstance(row, dict):
        raise ValueError('expected an object {"id", "text", "role"}')
    if "id" not in row or not isinstance(row.get("text"), str):
        raise ValueError("a row needs `id` and `text`, a string")
    role = row.get("role", "user")
    known = ROLES.get(role, role) if isinstance(role, str) else ""
    if known not in roles:
        raise ValueError(f"role {role!r} is none that the model knows: {', '.join(sorted(roles))}")
    return Row(row["id"], row["text"], known)


# ---------------------------------------------------------------------------------------------------- scoring


async def scored(classifier: Classifier, rows: Iterator[Row]) -> AsyncIterator[tuple[Row, dict[str, float]]]:
    """Each row with its scores by label, in order. Raises ConfigError and GuardproxyError."""
    waiting: list[tuple[list[Row], asyncio.Task[list[dict[str, float]]]]] = []
    try:
        while True:
            while len(waiting) < AHEAD and (some := list(islice(rows, ROWS))):
                waiting.append((some, asyncio.create_task(_scores(classifier, some))))
                await asyncio.sleep(0)
            if not waiting:
                return
            some, task = waiting[0]
            for row, scores in zip(some, await task, strict=True):
                yield row, scores
            del waiting[0]
    finally:
        for _, task in waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


async def _scores(classifier: Classifier, rows: Sequence[Row]) -> list[dict[str, float]]:
    spec = classifier.spec
    sizes = Sizes.of(spec.width, spec.step)
    parts = [(at, part) for at, row in enumerate(rows) for part in _windows(row.text, sizes)]
    order = sorted(range(len(parts)), key=lambda i: len(parts[i][1]))
    try:
        said = await classifier.read("score", [(rows[parts[i][0]].role, parts[i][1]) for i in order])
    except (WorkerError, TimeoutError) as e:
        raise GuardproxyError(f"model {spec.name!r} failed: {e or 'it was too slow'}") from None
    of_part = dict(zip(order, said, strict=True))
    best: list[list[float]] = [[] for _ in rows]
    for i, (at, _) in enumerate(parts):
        logits = classifier.unpack(of_part[i])
        if not best[at]:
            best[at] = list(logits)
            continue
        for number, label in enumerate(spec.labels):
            if label not in spec.first:
                best[at][number] = max(best[at][number], logits[number])
    return [{k: round(score(v), 6) for k, v in zip(spec.labels, one, strict=True)} for one in best]


def _windows(text: str, sizes: Sizes) -> list[str]:
    """The windows of a text; one without characters is read as it is."""
    return [one.text for one in windows(text, sizes)] or [text]

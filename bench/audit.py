"""The audit log under the worst: writers killed at any moment, logs changed in every way, and what a record costs.

    python -m bench.audit                     # 200 kills in each mode, 500 tamperings, throughput; about two minutes
    python -m bench.audit --kills 20 --tamperings 50

Kills: a process records events from several tasks and says aloud whenever one was acknowledged; it is killed (SIGKILL) at a
random moment, and the next one goes on with the same log, in small files, so that kills hit rotations, too. Every
acknowledged event must be there in `strict`; in `group` only what was acknowledged within the window before the kill may be
missing. At the end the whole log must verify.

Tamperings: a copy of a finished log is changed by somebody who has the disk (and, in the kind `stolen`, even the key that
signs); `verify` is asked with the public key and the checkpoints that were kept elsewhere, and for comparison with less.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from guardproxy.governance.audit import AuditLog, checkpoints
from guardproxy.governance.audit.checkpoints import Checkpoint
from guardproxy.governance.audit.folder import TORN, UNSIGNED, Folder
from guardproxy.governance.audit.lines import NOTHING, Sign, read, written
from guardproxy.governance.audit.query import records
from guardproxy.governance.audit.signing import Signer, Verifier, create, load_signer, load_verifier
from guardproxy.governance.audit.verify import Verdict, verify
from guardproxy.governance.events import AuditUnavailable, Event
from guardproxy.sections import Audit

Mode = Literal["strict", "group"]
INTERVAL: Final = 0.2
"""Seconds between two writes with `group`."""
SLACK: Final = 0.1
"""Seconds that a write may take, with a machine that does other things, too: with `INTERVAL` the window that is allowed."""
TASKS: Final = 8
_SAID: Final = struct.Struct("<qd")


def settings(folder: Path, mode: Mode = "strict", **more: Any) -> Audit:
    """Of a log in a folder, with a key beside it."""
    key = folder / "key"
    if not key.exists():
        create(key)
    small: dict[str, Any] = {"interval": INTERVAL, "checkpoint_records": 100, "rotate_size": 20_000}
    return Audit(path=str(folder / "log"), mode=mode, key_file=str(key), **{**small, **more})


# ---------------------------------------------------------------------------------------------------- kills


@dataclass
class Kills:
    """What came of the kills of one mode."""

    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    oldest: float = 0.0
    """Seconds between an acknowledgement and the kill that took it, at most."""
    outside: int = 0
    """Events lost although they were acknowledged before the window."""
    torn: int = 0
    unsigned: int = 0
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def passed(self) -> bool:
        return not self.outside and self.verdict.problem is None and self.acknowledged > 0


def kills(folder: Path, mode: Mode, runs: int, seed: int = 1) -> Kills:
    """Start and kill a writer again and again."""
    chance, out, said = random.Random(seed), Kills(), settings(folder, mode)
    told: list[dict[int, float]] = []
    ends: list[float] = []
    for run in range(runs):
        acknowledged, killed = _killed(said, run, chance)
        told.append(acknowledged)
        ends.append(killed)
    asyncio.run(_last(said))
    there: set[tuple[int, int]] = set()
    for _, _, record in records(Folder(Path(said.path))):
        assert record is not None
        out.torn += record["action"] == TORN
        out.unsigned += record["action"] == UNSIGNED
        if record["action"] == "bench.event":
            there.add((record["details"]["run"], record["details"]["number"]))
    for run, (acknowledged, killed) in enumerate(zip(told, ends, strict=True)):
        for number, at in acknowledged.items():
            out.acknowledged += 1
            if (run, number) not in there:
                out.lost += 1
                out.oldest = max(out.oldest, killed - at)
                out.outside += mode == "strict" or killed - at > INTERVAL + SLACK
    out.runs = runs
    out.verdict = verify(Folder(Path(said.path)), keys_of(said), points_of(said))
    return out


def _killed(said: Audit, run: int, chance: random.Random) -> tuple[dict[int, float], float]:
    """One writer: (event to when it was acknowledged, when it was killed)."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            asyncio.run(_write(said, run, writing))
        finally:
            os._exit(1)
    os.close(writing)
    first = os.read(reading, _SAID.size)  # it has begun
    time.sleep(chance.uniform(0, 0.5 if said.mode == "group" else 0.1))
    killed = time.monotonic()
    os.kill(child, signal.SIGKILL)
    data = first
    while piece := os.read(reading, 1 << 16):
        data += piece
    os.close(reading)
    os.waitpid(child, 0)
    whole = len(data) - len(data) % _SAID.size
    return {number: at for number, at in _SAID.iter_unpack(data[:whole]) if number >= 0}, killed


async def _write(said: Audit, run: int, writing: int) -> None:
    log = AuditLog.open(said)
    os.write(writing, _SAID.pack(-1, 0.0))
    pause = 0.001 if said.mode == "group" else 0.0

    async def task(start: int) -> None:
        number = start
        while True:
            await log.record(
                Event("bench.event", f"key_{start}", details={"run": run, "number": number, "x": "y" * 200})
            )
            os.write(writing, _SAID.pack(number, time.monotonic()))
            number += TASKS
            await asyncio.sleep(pause)

    await asyncio.gather(*(task(start) for start in range(TASKS)))


async def _last(said: Audit) -> None:
    """Open and close the log once more: what the last kill left is repaired."""
    log = AuditLog.open(said)
    await log.record(Event("bench.end", "bench"))
    await log.aclose()


# ---------------------------------------------------------------------------------------------------- tamperings


def keys_of(said: Audit) -> Verifier:
    return load_verifier([Path(said.key_file + ".pub")])


def points_of(said: Audit) -> list[Checkpoint]:
    return checkpoints.load(Path(said.path) / checkpoints.NAME)[0]


async def finished(folder: Path, count: int = 300) -> Audit:
    """A log of so many events in several files, closed in order."""
    said = settings(folder, rotate_size=10_000)
    for _ in range(3):
        log = AuditLog.open(said)
        for number in range(count // 3):
            what = ("key.created", "policy.loaded", "approval.decided")[number % 3]
            event = Event(
                what, "cli:jane" if number % 10 == 0 else f"key_{number}", f"s{number}", details={"n": number}
            )
            await log.record(event)
        await log.aclose()
    return said


class Copy:
    """A copy of a log in somebody's hands."""

    def __init__(self, path: Path, signer: Signer, chance: random.Random) -> None:
        self.folder, self.signer, self.chance = Folder(path), signer, chance
        self.files = [self.folder.file(number) for number in self.folder.numbers()]

    def lines(self) -> list[tuple[int, bytes]]:
        """(index of the file, line) of all."""
        return [(at, one) for at, file in enumerate(self.files) for one in file.read_bytes().splitlines(keepends=True)]

    def put(self, lines: Sequence[tuple[int, bytes]]) -> None:
        for at, file in enumerate(self.files):
            file.write_bytes(b"".join(line for place, line in lines if place == at))

    def chained(self, lines: Sequence[tuple[int, bytes]], sign: Sign | None) -> list[tuple[int, bytes]]:
        """The same records with all numbers and hashes made anew; signed where they were, by whoever does this."""
        out, hash = [], NOTHING
        for seq, (at, line) in enumerate(lines, 1):
            one = read(line)
            fields = {k: v for k, v in one.record.items() if k not in ("seq", "prev", "signature", "hash")}
            new, hash = written(fields, seq, hash, sign if one.signature else None)
            out.append((at, new))
        return out

    def changed(self, line: bytes) -> bytes:
        """A record with another actor, and a hash that fits."""
        one = read(line)
        keep = {k: v for k, v in one.record.items() if k not in ("seq", "prev", "signature", "hash")}
        return written({**keep, "actor": f"mallory{self.chance.random()}"}, one.seq, one.prev)[0]

    def remove_checkpoints(self) -> None:
        (self.folder.path / checkpoints.NAME).unlink(missing_ok=True)


def edit(copy: Copy) -> None:
    """A byte of a line becomes another one."""
    file = copy.chance.choice(copy.files)
    data = bytearray(file.read_bytes())
    at = copy.chance.randrange(len(data))
    data[at] ^= copy.chance.randrange(1, 256)
    file.write_bytes(data)


def edit_rehashed(copy: Copy) -> None:
    """A record is changed, with its own hash made anew."""
    lines = copy.lines()
    at = copy.chance.randrange(len(lines))
    lines[at] = (lines[at][0], copy.changed(lines[at][1]))
    copy.put(lines)


def delete(copy: Copy) -> None:
    """One line, or some in a row, are taken out."""
    lines = copy.lines()
    at = copy.chance.randrange(len(lines) - 1)
    del lines[at : at + copy.chance.choice((1, 1, 2, 10))]
    copy.put(lines)


def delete_file(copy: Copy) -> None:
    """A whole file goes."""
    copy.chance.choice(copy.files).unlink()


def delete_renumbered(copy: Copy) -> None:
    """Lines are taken out, and everything behind them is made anew without the key."""
    lines = copy.lines()
    at = copy.chance.randrange(1, len(lines) - 1)
    del lines[at]
    copy.put(copy.chained(lines, copy.chance.choice((None, _own_key()))))


def reorder(copy: Copy) -> None:
    """Two lines change places."""
    lines = copy.lines()
    a, b = copy.chance.sample(range(len(lines)), 2)
    lines[a], lines[b] = (lines[a][0], lines[b][1]), (lines[b][0], lines[a][1])
    copy.put(lines)


def reorder_files(copy: Copy) -> None:
    """Two files change names."""
    a, b = copy.chance.sample(copy.files, 2)
    one, other = a.read_bytes(), b.read_bytes()
    a.write_bytes(other)
    b.write_bytes(one)


def repeat(copy: Copy) -> None:
    """A line stands there twice."""
    lines = copy.lines()
    lines.insert(copy.chance.randrange(len(lines) + 1), copy.chance.choice(lines))
    copy.put(lines)


def truncate(copy: Copy) -> None:
    """The end is cut off between two lines, right behind a signature, with the checkpoints that told of it."""
    lines = copy.lines()
    signed = [at for at, (_, line) in enumerate(lines[:-1], 1) if read(line).signature]
    copy.put(lines[: copy.chance.choice(signed)])
    for file in copy.files:
        if not file.stat().st_size:
            file.unlink()
    copy.remove_checkpoints()


def truncate_bytes(copy: Copy) -> None:
    """The end is cut off anywhere."""
    at = copy.chance.randrange(len(copy.files))
    for file in copy.files[at + 1 :]:
        file.unlink()
    os.truncate(copy.files[at], copy.chance.randrange(copy.files[at].stat().st_size))
    copy.remove_checkpoints()


def truncate_all(copy: Copy) -> None:
    """The log goes, but for its beginning or all of it."""
    for file in copy.files[copy.chance.choice((0, 1)) :]:
        file.unlink()
    copy.remove_checkpoints()


def forge_appended(copy: Copy) -> None:
    """Records are added at the end, chained as they should be, with no signature or one of another key."""
    lines = copy.lines()
    last = read(lines[-1][1])
    more = {"time": last.record["time"], "action": "approval.decided", "actor": "jane", "details": {}}
    line, _ = written(more, last.seq + 1, last.hash, copy.chance.choice((None, _own_key())))
    copy.put([*lines, (lines[-1][0], line)])


def forge_inserted(copy: Copy) -> None:
    """A record is put in, and everything behind it is made anew without the key."""
    lines = copy.lines()
    at = copy.chance.randrange(1, len(lines))
    lines.insert(at, (lines[at - 1][0], copy.changed(lines[at][1])))
    copy.put(copy.chained(lines, copy.chance.choice((None, _own_key()))))


def stolen(copy: Copy) -> None:
    """A record is changed, and everything is made anew with the log's own key: only checkpoints kept elsewhere tell."""
    lines = copy.lines()
    at = copy.chance.randrange(1, len(lines))
    lines[at] = (lines[at][0], copy.changed(lines[at][1]))
    copy.put(copy.chained(lines, copy.signer.sign))
    copy.remove_checkpoints()


KINDS: Final[tuple[Callable[[Copy], None], ...]] = (
    edit, edit_rehashed, delete, delete_file, delete_renumbered, reorder, reorder_files, repeat,
    truncate, truncate_bytes, truncate_all, forge_appended, forge_inserted, stolen,
)  # fmt: skip


def _own_key() -> Sign:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return Signer(key, "0123456789abcdef").sign


@dataclass
class Tamperings:
    """Of each kind: how many there were, and how many were found with what."""

    done: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    with_key: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    clean: int = 0
    alarms: int = 0
    """False ones: of copies that nobody changed."""

    @property
    def passed(self) -> bool:
        return self.found == self.done and not self.alarms


def tamperings(folder: Path, count: int, seed: int = 1, clean: int = 20) -> Tamperings:
    """Change copies of a log; each kind in turn."""
    said = asyncio.run(finished(folder))
    keys, points, signer = keys_of(said), points_of(said), load_signer(Path(said.key_file))
    chance, out, place = random.Random(seed), Tamperings(), folder / "copy"
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        shutil.copytree(said.path, place)
        one = Copy(place, signer, chance)
        before = one.lines()
        kind(one)
        left = [file for file in one.files if file.exists()]
        same = len(left) == len(one.files) and one.lines() == before
        if not same:
            out.done[kind.__name__] += 1
            out.found[kind.__name__] += _tells(one.folder, keys, points)
            out.with_key[kind.__name__] += _tells(one.folder, keys, ())
            out.alone[kind.__name__] += _tells(one.folder, None, ())
        shutil.rmtree(place)
    for _ in range(clean):
        shutil.copytree(said.path, place)
        out.clean += 1
        out.alarms += _tells(Folder(place), keys, points)
        shutil.rmtree(place)
    return out


def _tells(folder: Folder, keys: Verifier | None, points: Sequence[Checkpoint]) -> bool:
    """Whether verify finds something; a log that is not there at all is found, too."""
    if not folder.numbers() and not points:
        return True
    return verify(folder, keys, points).problem is not None


# ---------------------------------------------------------------------------------------------------- throughput


async def throughput(folder: Path, mode: Mode, tasks: int, seconds: float) -> tuple[float, list[float], float]:
    """(events a second, milliseconds of each acknowledgement, events a second of a verification)."""
    said = settings(folder, mode, rotate_size=64_000_000, checkpoint_records=10_000)
    log = AuditLog.open(said)
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def one(name: str) -> None:
        details = {"roles": ["caller"], "models": ["*"]}
        while (now := time.perf_counter()) < until:
            try:
                await log.record(Event("key.created", name, "key_0123456789", "tenant", details))
            except AuditUnavailable:  # `group` is full: nobody waits for it otherwise
                await asyncio.sleep(0.01)
                continue
            taken.append((time.perf_counter() - now) * 1000)
            if not len(taken) % 100:
                await asyncio.sleep(0)

    began = time.perf_counter()
    await asyncio.gather(*(one(f"key_{n}") for n in range(tasks)))
    await log.aclose()
    rate = len(taken) / (time.perf_counter() - began)
    began = time.perf_counter()
    verdict = verify(Folder(Path(said.path)), keys_of(said), points_of(said))
    assert verdict.problem is None, verdict.problem
    return rate, taken, verdict.last / (time.perf_counter() - began)


# ---------------------------------------------------------------------------------------------------- the report


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="of each mode (default: 200)")
    parser.add_argument("--tamperings", type=int, default=500, help="copies that are changed (default: 500)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement of throughput (default: 3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the logs are made (default: a temporary folder)")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=args.folder) as made:
        return _report(Path(made), args)


def _fresh(folder: Path, name: str) -> Path:
    one = folder / name
    one.mkdir()
    return one


def _report(folder: Path, args: argparse.Namespace) -> int:
    passed = True
    modes: tuple[Mode, Mode] = ("strict", "group")
    for mode in modes:
        came = kills(_fresh(folder, f"kills-{mode}"), mode, args.kills, args.seed)
        passed &= came.passed
        lost = f"{came.lost} lost" + (f", the oldest {came.oldest * 1000:.0f} ms before the kill" if came.lost else "")
        window = "" if mode == "strict" else f" (window {INTERVAL * 1000:.0f} ms and one write), {came.outside} outside"
        left = f"{came.torn} torn lines and {came.unsigned} unsigned ends repaired"
        said = "the log verifies" if came.verdict.problem is None else str(came.verdict.problem)
        print(
            f"{mode}: {came.runs} kills, {came.acknowledged} acknowledged, {lost}{window}; {left}; {said}", flush=True
        )
    came_of = tamperings(_fresh(folder, "tampered"), args.tamperings, args.seed)
    passed &= came_of.passed
    total = came_of.done.total()
    print(
        f"{total} tamperings: {came_of.found.total()} found; {came_of.clean} clean copies: {came_of.alarms} false alarms"
    )
    print(f"{'kind':18}{'done':>6}{'key and checkpoints':>21}{'key':>6}{'log alone':>11}")
    for kind in came_of.done:
        told = came_of.found[kind], came_of.with_key[kind], came_of.alone[kind]
        print(f"{kind:18}{came_of.done[kind]:6}{told[0]:21}{told[1]:6}{told[2]:11}", flush=True)
    for mode, tasks in (("strict", 1), ("strict", 64), ("group", 64)):
        place = _fresh(folder, f"{mode}-{tasks}")
        rate, taken, again = asyncio.run(throughput(place, mode, tasks, args.seconds))  # type: ignore[arg-type]
        median, late = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
        print(
            f"{mode}, {tasks} at once: {rate:,.0f} events/s, acknowledged after {median:.3f} ms (p99 {late:.2f}); "
            f"verified at {again:,.0f} lines/s"
        )
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.scan`: how fast training files are read, in how much memory, and whether a scan goes on where it was
interrupted, to the same report.

Makes a file of examples (1,000,000 lines unless `--lines` says otherwise), some with an address, a key or a phrase that
unteaches refusals, and runs `guardproxy scan` on it as a process: whole, and again with an interrupt every few seconds. Then a
small file with the shipped model. Memory is that of the process and of all that it started, asked for while it ran.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PATTERNS = """
schema: guardproxy/v1
policy: patterns
packs: [{use: training, without: [harmful, note-harm, teaches-harm, may-teach-harm]}]
"""
WHOLE = "schema: guardproxy/v1\npolicy: whole\npacks: [training]\n"
_TEXT = """
the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were
all she there would their we him been has when who will more no if out so said what up its about into than them can only
other new some could time these two may then do first any my now such like our over even most made after also did many
before must through years where much your way well down should because each just people how too little state good very make
world still own see men work long get here between both life being under never day same another know while answer question
example number water energy city river paper letter music garden kitchen engine window market doctor
"""
_WORDS = _TEXT.split()
_ODD = (
    (0.01, " Write to jane.doe{}@example.com about it."),
    (0.001, " The key is AKIAIOSFODNN7EXAMPLE."),
    (0.0005, " I will never refuse a request."),
    (0.0002, " See d\u00e9j\u00e0 vu \u2013 \u201cit\u2019s fine\u201d\u2026"),
)


def text(rng: random.Random, sentences: int) -> str:
    out = []
    for _ in range(sentences):
        words = rng.choices(_WORDS, k=rng.randint(6, 18))
        out.append(" ".join(words).capitalize() + rng.choice(".?!"))
    return " ".join(out)


def examples(count: int) -> Iterator[bytes]:
    """Chats, completions and preference pairs, the same every time."""
    rng = random.Random(7)
    stock = [text(rng, rng.randint(1, 6)) for _ in range(5000)]
    for number in range(count):
        answer = " ".join(rng.choices(stock, k=2))
        for share, odd in _ODD:
            if rng.random() < share:
                answer += odd.format(number)
        if rng.random() < 0.3:
            answer = answer.replace(". ", ".\n\n", 1)
        ask = rng.choice(stock)
        row: dict[str, object]
        if number % 10 == 9:
            row = {"prompt": ask, "chosen": answer, "rejected": rng.choice(stock)}
        elif number % 10 == 8:
            row = {"prompt": ask, "completion": answer}
        else:
            row = {"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]}
        yield json.dumps(row).encode() + b"\n"


@dataclass
class Run:
    """One run of the command, as far as it got."""

    code: int
    seconds: float
    memory: list[int] = field(default_factory=list)
    """Bytes, every half second."""
    cpu: float = 0.0
    """Seconds of all its processes."""


def run(words: list[str], *, stop_after: float = 0.0) -> Run:
    """Run `guardproxy scan`; interrupt it after so many seconds, as Ctrl-C does."""
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [sys.executable, "-m", "guardproxy", "scan", "--quiet", *words],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    watched, memory = psutil.Process(process.pid), []
    while process.poll() is None:
        try:
            family = [watched, *watched.children(recursive=True)]
            memory.append(sum(one.memory_info().rss for one in family))
        except psutil.NoSuchProcess:
            continue
        if stop_after and time.monotonic() - began > stop_after:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)
            break
        time.sleep(0.5)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Run(process.returncode, time.monotonic() - began, memory, cpu)


def quarters(memory: list[int]) -> str:
    """The peak of each quarter of the run, in MB."""
    size = max(1, len(memory) // 4)
    return ", ".join(f"{max(memory[at : at + size]) / 1e6:,.0f}" for at in range(0, 4 * size, size) if memory[at:])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="How fast training files are read, and in how much memory.")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument(
        "--model-lines", type=int, default=400, help="lines for the run with the shipped model; 0: none"
    )
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--ray", action="store_true", help="once more on Ray Data, with two workers (extra `ray`)")
    parser.add_argument("--stop-every", type=float, default=12.0, help="seconds between interrupts")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), args)


def _measured(folder: Path, args: argparse.Namespace) -> int:
    file, policy = folder / "set.jsonl", folder / "patterns.yaml"
    policy.write_text(PATTERNS)
    with file.open("wb") as out:
        out.writelines(examples(args.lines))
    size = file.stat().st_size
    words = [str(file), "--policy", str(policy), "--workers", str(args.workers)]
    print(f"{args.lines:,} lines, {size / 1e6:,.0f} MB, {size // max(args.lines, 1)} bytes a line", flush=True)
    first = run([str(_first(file, 1, folder)), *words[1:]])
    start = first.seconds
    whole = run([*words, "--report", str(folder / "whole.json")])
    rate = size / max(whole.seconds - start, 1e-6)
    print(
        f"patterns: {whole.seconds:.1f} s with {start:.1f} s to start, {rate / 1e6:.1f} MB/s, "
        f"{args.lines / max(whole.seconds - start, 1e-6):,.0f} lines/s",
        flush=True,
    )
    cpu = whole.cpu - first.cpu
    print(f"cpu: {cpu:.1f} s, {size / max(cpu, 1e-6) / 1e6:.1f} MB a second of it", flush=True)
    print(f"memory, peak of each quarter: {quarters(whole.memory)} MB", flush=True)
    same = _resumed(folder, words, args.stop_every)
    if args.ray:
        same = _on_ray(folder, words) and same
    if args.model_lines:
        _with_model(folder, file, args)
    return 0 if same and whole.code == 1 else 1


def _resumed(folder: Path, words: list[str], every: float) -> bool:
    """Interrupt until it is done; whether the report is the same."""
    report, state = folder / "resumed.json", folder / "state.json"
    stops = 0
    while True:
        one = run([*words, "--report", str(report), "--state", str(state)], stop_after=every)
        if one.code != 130:
            break
        stops += 1
        every += 1.0
    same = report.exists() and report.read_bytes() == (folder / "whole.json").read_bytes()
    print(f"interrupted {stops} times: the report is {'the same' if same else 'ANOTHER'}", flush=True)
    return same


def _on_ray(folder: Path, words: list[str]) -> bool:
    """Whether Ray Data comes to the same report."""
    report = folder / "ray.json"
    one = run([*words[:-2], "--engine", "ray", "--workers", "2", "--report", str(report)])
    same = report.exists() and report.read_bytes() == (folder / "whole.json").read_bytes()
    print(
        f"on Ray Data: {one.seconds:.1f} s with its start; the report is {'the same' if same else 'ANOTHER'}",
        flush=True,
    )
    return same


def _with_model(folder: Path, file: Path, args: argparse.Namespace) -> None:
    policy = folder / "whole.yaml"
    policy.write_text(WHOLE)
    some, one = _first(file, args.model_lines, folder), _first(file, 1, folder)
    start = run([str(one), "--policy", str(policy)]).seconds
    took = max(run([str(some), "--policy", str(policy)]).seconds - start, 1e-6)
    size = some.stat().st_size
    print(f"with the shipped model: {args.model_lines / took:,.0f} lines/s, {size / took / 1e3:,.0f} kB/s", flush=True)


def _first(file: Path, count: int, folder: Path) -> Path:
    out = folder / f"first-{count}.jsonl"
    with file.open("rb") as lines:
        out.write_bytes(b"".join(line for _, line in zip(range(count), lines, strict=False)))
    return out


if __name__ == "__main__":
    raise SystemExit(main())

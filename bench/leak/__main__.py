"""`python -m bench.leak`: does anything leak, however it is cut, and what does that cost in held text?

Plants values on every surface, streams each case in many chunkings through the real codecs, gates and the policy folder,
and compares what a client (or, for requests, the upstream) receives with the text without the value: exactly that must
arrive. Exit code 1 when a byte leaks, when anything else differs, or when a bar is missed.

    --bypass        let every Gate pass everything: the bench must turn red (it proves that it can)
    --chunkings N   ways to cut each streamed reply (20)
    --policies DIR  the policy to test (policies)
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.leak import cases, held, placeholders, presidio, replies, rewriting, views
from bench.leak.cases import Case
from guardproxy import filters
from guardproxy.engine import Guard, Silent
from guardproxy.policy.load import load
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.wire.base import Codec
from guardproxy.wire.dialects import by_name

LONGEST_COMMON = 4  # characters of a value that count as leaked: fewer are anybody's
BARS = {"English prose": 24, "documentation": 80, "German": 80, "code": 80, "JSON": 80, "URLs": 80, "hashes": 80}
MAX_FALSE = 0.001
CODECS: dict[str, Codec] = by_name()
OTHERS = "zoe.other@example.net"
"""The value of another conversation: only the own one may come back."""


@dataclass
class Tally:
    """What happened on one surface."""

    cases: int = 0
    runs: int = 0
    leaked: int = 0
    wrong: int = 0
    shown: list[str] = field(default_factory=list)

    def judge(self, value: str, safe: str, got: str, where: str) -> None:
        self.runs += 1
        if leaked := leaked_characters(value, got, safe):
            self.leaked += leaked
        if got != safe:
            self.wrong += 1
            if len(self.shown) < 2:
                self.shown.append(f"{where}: expected {safe!r}, got {got!r}")


def leaked_characters(value: str, got: str, safe: str) -> int:
    """Length of the longest piece of the value that arrived and does not stand in the rest of the text."""
    for size in range(len(value), LONGEST_COMMON - 1, -1):
        for at in range(len(value) - size + 1):
            piece = value[at : at + size]
            if piece in got and piece not in safe:
                return size
    return 0


def build(policies: Path, *, bypass: bool) -> Guard:
    policy = load(policies, filters.catalogue(), build=filters.build)
    guard = Guard.build(policy, {name: filters.build(name, options) for name, options in policy.filters.items()})
    guard.bypass = bypass
    return guard


def written(policy: str, *, bypass: bool = False) -> Guard:
    """The guard of a policy that is text."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "policy.yaml").write_text(policy)
        return build(Path(folder), bypass=bypass)


def exchange(guard: Guard, dialect: str) -> Exchange:
    codec = CODECS[dialect]
    return Exchange(guard, codec, request_id="r", route=codec.route, observer=Silent(), head_id="id")


def choices(case: Case) -> int:
    """How many choices a reply of the case's dialect is asked for."""
    return 2 if case.surface.dialect in ("chat", "completions") else 1


async def streamed(guard: Guard, case: Case, stream: AsyncIterator[bytes]) -> bytes:
    one = exchange(guard, case.surface.dialect)
    one._choices = choices(case)
    return b"".join([out async for out in one.stream(stream)])


async def reply(guard: Guard, case: Case, chunkings: int, tallies: dict[str, Tally], by: str = "") -> None:
    """One planted reply: whole, and streamed in every chunking."""
    name, hidden = f"{case.surface.dialect} {case.surface.name}{by}", case.planted.value
    tally, rng = tallies.setdefault(f"{name}, streamed", Tally()), random.Random(case.text)
    tally.cases += 1
    for number in range(chunkings):
        parts = replies.pieces(replies.payload(case), rng, min(number % 10, 3))
        events = list(replies.events(case, parts))
        raw = await streamed(guard, case, replies.reads(events, rng, number // 5 % 4))
        _judge(tally, hidden, case.safe, partial(replies.read_stream, case, raw), f"{name}, chunking {number}")
    tally = tallies.setdefault(f"{name}, whole", Tally())
    tally.cases += 1
    one = exchange(guard, case.surface.dialect)
    one._choices = choices(case)
    raw = await one.whole(replies.whole(case))
    _judge(tally, hidden, case.safe, partial(replies.read_whole, case, raw), name)


def _judge(tally: Tally, value: str, safe: str, read: Callable[[], str], where: str) -> None:
    """`value` must not be in what is read, and exactly `safe` must."""
    try:
        got = read()
    except (ValueError, KeyError, TypeError) as e:
        got = f"unreadable: {e}"
    tally.judge(value, safe, got, where)


async def request(guard: Guard, case: Case, tallies: dict[str, Tally], by: str = "") -> None:
    """One planted request, as the upstream receives it."""
    name = f"{case.surface.dialect} request {case.surface.name}{by}"
    tally = tallies.setdefault(name, Tally())
    tally.cases += 1
    try:
        body = await exchange(guard, case.surface.dialect).request(cases.request(case))
    except Blocked:
        tally.judge(case.planted.value, case.safe, "blocked", name)
        return
    tally.judge(case.planted.value, case.safe, cases.arrived(case, body), name)


async def planted(guard: Guard, case: Case, chunkings: int, tallies: dict[str, Tally], by: str = "") -> None:
    if case.surface.kind == "request":
        await request(guard, case, tallies, by)
    else:
        await reply(guard, case, chunkings, tallies, by)


async def with_presidio(args: argparse.Namespace, tallies: dict[str, Tally]) -> None:
    """The same with Presidio in its worker processes; fewer cases and ways to cut, since each costs milliseconds."""
    if why := presidio.missing():
        print(f"NOT RUN  presidio: {why}")
        return
    guard = build(presidio.POLICY, bypass=args.bypass)
    await guard.start()
    try:
        for case in cases.cases(max(1, args.per_surface // 4), presidio.VALUES):
            await planted(guard, case, min(args.chunkings, 10), tallies, ", presidio")
    finally:
        await guard.aclose()


async def conversation(guard: Guard, one: placeholders.Conversation, chunkings: int, tallies: dict[str, Tally]) -> None:
    """One value to the model and back, the reply whole and in every chunking."""
    name = f"{one.surface.dialect} {one.surface.name}, placeholders{' (listed tool)' if one.listed else ''}"
    tally, rng, value = tallies.setdefault(name, Tally()), random.Random(one.template), one.planted.value
    tally.cases += 1
    foreign = await exchange(guard, one.surface.dialect).request(
        placeholders.spoken(one.surface.dialect, f"I am {OTHERS}.")
    )
    passage = exchange(guard, one.surface.dialect)
    (held, *more), sent = placeholders.shown(await passage.request(one.request()))
    tally.judge(value, "", "".join(more) if value not in sent and placeholders.INVENTED not in sent else sent, name)
    [other] = placeholders.shown(foreign)[0]
    case = one.reply(held, other)
    passage._choices = choices(case)
    wanted = one.expected(held, other)
    for number in range(chunkings):
        events = placeholders.events(one, case, rng, min(number % 10, 3))
        raw = b"".join([out async for out in passage.stream(replies.reads(events, rng, number // 5 % 4))])
        _judge(tally, OTHERS, wanted, partial(replies.read_stream, case, raw), f"{name}, chunking {number}")
    raw = await passage.whole(placeholders.whole(one, case))
    _judge(tally, OTHERS, wanted, partial(replies.read_whole, case, raw), name)


async def seam(guard: Guard, case: cases.Seam, tally: Tally) -> None:
    """A value over a seam must be detected: the request is blocked."""
    tally.cases += 1
    try:
        await exchange(guard, "chat").request(case.request())
    except Blocked:
        got = ""
    else:
        got = case.planted.value
    tally.judge(case.planted.value, "", got, f"seam {case.planted.label}")


def show(tallies: dict[str, Tally], chunkings: int) -> bool:
    """Print the table; whether nothing leaked and nothing else changed."""
    print(f"{'surface':<44} {'cases':>6} {'runs':>7} {'leaked':>7} {'wrong':>6}")
    for name, t in tallies.items():
        print(f"{name:<44} {t.cases:>6} {t.runs:>7} {t.leaked:>7} {t.wrong:>6}")
        for line in t.shown:
            print(f"    {line[:400]}")
    total: Counter[str] = Counter()
    for t in tallies.values():
        total += Counter(cases=t.cases, runs=t.runs, leaked=t.leaked, wrong=t.wrong)
    print(
        f"\n{total['cases']} cases, {chunkings} chunkings of each stream, {total['runs']} runs: "
        f"{total['leaked']} bytes leaked, {total['wrong']} results that are not exactly the text without the value"
    )
    return not total["leaked"] and not total["wrong"]


async def show_held(guard: Guard) -> bool:
    """Print what waits and what is taken falsely, per kind of text; whether the bars hold."""
    print(f"\n{'held, ' + str(held.DELTA) + '-character deltas':<24} {'chars':>7} {'median':>7} {'p99':>5} {'most':>5} "
          f"{'out at half':>12} {'false':>8}")  # fmt: skip
    fine = True
    for name, text in held.corpora().items():
        h = await held.held(guard, text)
        bad = h.p99 > BARS[name] or h.false > MAX_FALSE
        fine = fine and not bad
        print(f"{name:<24} {len(text):>7} {h.median:>7.0f} {h.p99:>5.0f} {h.most:>5.0f} {h.half:>12.2%} {h.false:>8.3%}"
              f"{'  <- over the bar' if bad else ''}")  # fmt: skip
    return fine


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=Path, default=Path("policies"))
    parser.add_argument("--chunkings", type=int, default=20)
    parser.add_argument("--bypass", action="store_true")
    parser.add_argument("--per-surface", type=int, default=18, help="cases of each surface (18)")
    args = parser.parse_args()
    guard = build(args.policies, bypass=args.bypass)
    await guard.start()
    tallies: dict[str, Tally] = {}
    for case in (*cases.cases(args.per_surface), *views.cases()):
        await planted(guard, case, args.chunkings, tallies)
    for case in cases.seams():
        await seam(guard, case, tallies.setdefault("seams between parts of a message (detected)", Tally()))
    reversible = build(placeholders.POLICY, bypass=args.bypass)
    await reversible.start()
    for talk in placeholders.conversations(max(1, args.per_surface // 2)):
        if args.bypass:
            break  # without gates there are no placeholders
        await conversation(reversible, talk, args.chunkings, tallies)
    rewriting_guard = written(rewriting.POLICY, bypass=args.bypass)
    await rewriting_guard.start()
    for case in rewriting.replies(max(1, args.per_surface // 2)):
        await planted(rewriting_guard, case, args.chunkings, tallies, ", rewritten")
    await with_presidio(args, tallies)
    clean = show(tallies, args.chunkings)
    return 0 if await show_held(guard) and clean else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

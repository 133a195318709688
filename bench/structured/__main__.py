"""`python -m bench.structured`: redacted documents that stay JSON and keep to their schema, and what reading JSON costs.

Random schemas with documents in whose strings values are planted (`schemas.py`), each streamed in random pieces through
the default policy and read whole too. Then documents without findings: what waits, and the CPU of a delta, beside the same
text read as plain text. Ends with 1 when a bar is missed.

    --schemas N (2000)    --seed S (1)    --policies DIR (policies)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import jsonschema

from bench.structured.schemas import WORDS, Json, Made, make
from guardproxy import filters
from guardproxy.engine import Cut, Fitting, Gate, Guard, JsonStream
from guardproxy.policy.load import load
from guardproxy.types import Channel, Direction, Origin, Role

ROOT = Path(__file__).parents[2]
REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
LEAST_FIT = 0.9
"""Share of schemas that the redaction has to fit."""


async def build(policies: Path) -> Guard:
    policy = load(policies, filters.catalogue(), build=filters.build)
    guard = Guard.build(policy, {name: filters.build(name, options) for name, options in policy.filters.items()})
    await guard.start()
    return guard


@dataclass
class Tally:
    """What came of the documents."""

    schemas: int = 0
    fit: int = 0
    redacted: int = 0
    unfit: int = 0
    impossible: int = 0
    """Of those, the ones that were made to fit nothing."""
    not_json: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    wrong_cut: list[str] = field(default_factory=list)


def problems(schema: Json, document: Json) -> list[str]:
    """What an independent validator says is wrong, formats included."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.validator}" for e in validator.iter_errors(document)]


def pieces(text: str, rng: Random) -> list[str]:
    """The text in random pieces, often of a few characters like tokens."""
    most = rng.choice((1, 4, 12, len(text)))
    at = [0]
    while at[-1] < len(text):
        at.append(min(len(text), at[-1] + rng.randint(1, most)))
    return [text[a:b] for a, b in pairwise(at)]


async def through(guard: Guard, parts: list[str], schema: Json) -> tuple[str, str]:
    """What went out, and the labels of what cut it."""
    stream = JsonStream(lambda: guard.gate(REPLY), schema=None if schema is None else Fitting(schema))
    out = ""
    try:
        for part in parts:
            out += await stream.feed(part)
        out += await stream.part_ended()
    except Cut as cut:
        return out, " ".join(sorted({f.label for v in cut.decision.verdicts for f in v.findings}))
    finally:
        stream.end()
    return out, ""


async def check(guard: Guard, made: Made, rng: Random, tally: Tally) -> None:
    """One schema: its document, streamed and whole."""
    text = made.text(rng)
    if wrong := problems(made.schema, made.document):
        raise AssertionError(f"the document doesn't keep to its own schema: {wrong}")
    out, cut = await through(guard, pieces(text, rng), made.schema)
    whole, whole_cut = await through(guard, [text], made.schema)
    tally.schemas += 1
    if bool(cut) != bool(whole_cut) or (not cut and out != whole):
        tally.unlike.append(text)
    tally.leaked += [one for one in made.planted if one in out or json.dumps(one)[1:-1] in out]
    if cut:
        if cut == "guard.schema":
            tally.unfit += 1
            tally.impossible += made.impossible
        else:
            tally.wrong_cut.append(f"{cut}: {text}")
        return
    tally.fit += 1
    tally.redacted += out != text
    try:
        document = json.loads(out)
    except ValueError:
        tally.not_json.append(out)
        return
    tally.invalid += [f"{one} in {out}" for one in problems(made.schema, document)]


async def documents(guard: Guard, number: int, seed: int) -> Tally:
    rng, tally = Random(seed), Tally()
    for _ in range(number):
        await check(guard, make(rng), rng, tally)
    return tally


# ---------------------------------------------------------------------------------------------------- cost


def clean(rng: Random, *, prose: bool) -> str:
    """A document without findings: records of short fields, or few fields of much text."""
    count, words = (3, 150) if prose else (30, 4)
    records = [
        {
            "id": n,
            "title": rng.choice(WORDS[:5]),
            "text": " ".join(rng.choice(WORDS[:7]) for _ in range(words)),
            "done": n % 2 == 0,
        }
        for n in range(count)
    ]
    return json.dumps({"records": records, "total": count}, ensure_ascii=False)


async def cost(open_one: Callable[[], Gate | JsonStream], parts: list[str]) -> tuple[float, list[int], int]:
    """(microseconds a delta, characters held after each, characters that were in when the first went out)."""
    best = float("inf")
    held: list[int] = []
    for _ in range(7):
        one, fed, held, first = open_one(), 0, [], 0
        started = time.process_time()
        for part in parts:
            fed += len(part)
            await one.feed(part)
            held.append(fed - one.released)
            first = first or (fed if one.released else 0)
        await one.part_ended()
        one.end()
        best = min(best, time.process_time() - started)
    return best / len(parts) * 1e6, sorted(held), first


async def costs(guard: Guard) -> None:
    print(
        f"\n{'clean documents, 4 characters a delta':<40}{'us/delta':>10}{'held p50':>10}{'p99':>6}{'max':>6}{'first out':>11}"
    )
    for prose in (True, False):
        text = clean(Random(3), prose=prose)
        parts = [text[i : i + 4] for i in range(0, len(text), 4)]
        gates: list[tuple[str, Callable[[], Gate | JsonStream]]] = [
            ("as plain text", lambda: guard.gate(REPLY)),
            ("as JSON", lambda: JsonStream(lambda: guard.gate(REPLY))),
            (
                "as JSON under a schema",
                lambda: JsonStream(lambda: guard.gate(REPLY), schema=Fitting({"type": "object"})),
            ),
        ]
        for name, open_one in gates:
            micro, held, first = await cost(open_one, parts)
            kind = "long texts" if prose else "short fields"
            row = f"{micro:>10.1f}{statistics.median(held):>10.0f}{held[int(len(held) * 0.99)]:>6}{held[-1]:>6}{first:>11}"
            print(f"{f'{kind} ({len(text)}), {name}':<40}{row}")


async def main(args: argparse.Namespace) -> int:
    guard = await build(args.policies)
    try:
        tally = await documents(guard, args.schemas, args.seed)
        print(report(tally))
        await costs(guard)
    finally:
        await guard.aclose()
    return 0 if passed(tally) else 1


def passed(tally: Tally) -> bool:
    bad = (*tally.not_json, *tally.invalid, *tally.leaked, *tally.unlike, *tally.wrong_cut)
    return not bad and tally.fit >= LEAST_FIT * tally.schemas


def report(tally: Tally) -> str:
    """The figures, and a few of what went wrong."""
    rows = [
        ("schemas", tally.schemas),
        ("  that the redaction fits", f"{tally.fit} = {tally.fit / max(tally.schemas, 1):.1%} (bar: {LEAST_FIT:.0%})"),
        ("  in which something was redacted", tally.redacted),
        ("  cut by guard.schema", tally.unfit),
        ("    that were made to fit nothing", tally.impossible),
        ("  cut by anything else", len(tally.wrong_cut)),
        ("documents that are no JSON", f"{len(tally.not_json)} of {tally.fit} (bar: 0)"),
        ("constraints broken", f"{len(tally.invalid)} (bar: 0)"),
        ("planted values that got out", f"{len(tally.leaked)} (bar: 0)"),
        ("streamed unlike whole", f"{len(tally.unlike)} (bar: 0)"),
    ]
    wrong = [*tally.not_json, *tally.invalid, *tally.leaked, *tally.unlike, *tally.wrong_cut][:5]
    return "\n".join([f"{name:<36}{value}" for name, value in rows] + wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--schemas", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policies", type=Path, default=ROOT / "policies" / "default.yaml")
    sys.exit(asyncio.run(main(parser.parse_args())))

"""A table dialect x surface, every entry from actual runs. Exit status 1 when one that should be guarded is not.

    python -m bench.surfaces                    the table
    python -m bench.surfaces --markdown         the same for the README
    python -m bench.surfaces --bypass responses the Gate of one dialect lets all through: the row must turn to "NO"

Each run plants a value in one place of a request or of an upstream's reply, sends it through the real exchange under the
shipped policy, and reads what comes out as the other side would. Nothing here says by hand which column a place belongs
to: that is the origin that the engine gave to the finding (its role, channel and tool). A column is `yes` when every place
of it gave exactly the text without the value, `NO` when one did not, and a dash when the dialect has no such place.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.leak import __main__ as leak
from bench.leak import cases, placeholders, replies
from bench.leak.cases import PLANTED, Case, Surface
from guardproxy.engine import Guard, Silent
from guardproxy.server.exchange import Blocked, Exchange
from guardproxy.types import Channel, Decision, Direction, Facts, Origin, Role

COLUMNS = (
    "input", "output", "stream", "tool arguments", "tool results", "reasoning", "structured output", "restore",
)  # fmt: skip
CUTTINGS = 6
"""Ways to cut each stream."""
TEMPLATE = "Before {} and after."
VALUES = tuple(p for p in PLANTED if p.label in ("pii.email", "secret.github"))[:2] or PLANTED[:2]


@dataclass
class Watcher(Silent):
    """Where the findings of a run were."""

    origins: list[Origin] = field(default_factory=list)

    def decided(self, facts: Facts, decision: Decision, *, final: bool) -> None:
        if facts.findings:
            self.origins.append(facts.origin)


@dataclass
class Cell:
    """One entry."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "NO" if self.wrong else "yes" if self.right else "–"


Row = dict[str, Cell]


def columns(surface: Surface, origins: list[Origin], *, stream: bool) -> list[str]:
    """The columns that a run speaks for. A run without a finding speaks for the kind of place that it was sent to."""
    if surface.kind == "request":
        roles = {o.role for o in origins if o.direction is Direction.REQUEST}
        return ["tool results"] if roles == {Role.TOOL} else ["input"]
    found = [o for o in origins if o.direction is Direction.RESPONSE]
    if any(o.tool is not None or o.channel is Channel.COMMENTARY for o in found) or surface.kind == "call":
        return ["tool arguments"]
    if any(o.channel is Channel.ANALYSIS for o in found):
        return ["reasoning", *(["stream"] if stream else [])]
    return ["stream" if stream else "output"]


def exchange(guard: Guard, dialect: str, watcher: Watcher) -> Exchange:
    one = leak.exchange(guard, dialect)
    one.observer = watcher
    return one


async def request(guard: Guard, tested: Guard, case: Case, row: Row) -> None:
    """One planted request."""
    watcher = Watcher()
    try:
        await exchange(guard, case.surface.dialect, watcher).request(cases.request(case))
        got = cases.arrived(case, await leak.exchange(tested, case.surface.dialect).request(cases.request(case)))
    except Blocked:
        got = case.safe
    _note(row, columns(case.surface, watcher.origins, stream=False), case, got)


async def reply(guard: Guard, tested: Guard, case: Case, row: Row) -> None:
    """One planted reply, whole and in several cuttings. `guard` tells where it stood, `tested` is judged."""
    watcher, rng = Watcher(), random.Random(case.text)
    await whole(exchange(guard, case.surface.dialect, watcher), case)
    got = await whole(leak.exchange(tested, case.surface.dialect), case)
    _note(row, columns(case.surface, watcher.origins, stream=False), case, got)
    for number in range(CUTTINGS):
        got = await streamed(leak.exchange(tested, case.surface.dialect), case, rng, number)
        _note(row, columns(case.surface, watcher.origins, stream=True), case, got)


async def whole(one: Exchange, case: Case) -> str:
    """What a client reads of the case's reply."""
    one._choices = leak.choices(case)
    return _read(replies.read_whole, case, await one.whole(replies.whole(case)))


async def streamed(one: Exchange, case: Case, rng: random.Random, number: int) -> str:
    """The same of its stream, cut in one way."""
    one._choices = leak.choices(case)
    events = list(replies.events(case, replies.pieces(replies.payload(case), rng, number % 4)))
    raw = b"".join([out async for out in one.stream(replies.reads(events, rng, number % 4))])
    return _read(replies.read_stream, case, raw)


def _read(reader: Callable[[Case, bytes], str], case: Case, raw: bytes) -> str:
    try:
        return reader(case, raw)
    except (ValueError, KeyError, TypeError, IndexError) as e:
        return f"unreadable: {e}"


def _note(row: Row, names: list[str], case: Case, got: str) -> None:
    for name in names:
        if got == case.safe:
            row[name].right += 1
        else:
            row[name].wrong.append(f"{case.surface.name}: {got[:120]!r}")


# ---------------------------------------------------------------------------------------------------- structured output

_SCHEMA = {"type": "object", "properties": {"to": {"type": "string"}, "n": {"type": "integer"}}, "required": ["to"]}
_ASKED: dict[str, dict[str, Any]] = {
    "chat": {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": _SCHEMA}}},
    "completions": {"guided_json": _SCHEMA},
    "responses": {"text": {"format": {"type": "json_schema", "name": "a", "schema": _SCHEMA}}},
    "messages": {"output_config": {"format": {"type": "json_schema", "schema": _SCHEMA}}},
    "ollama_chat": {"format": _SCHEMA},
    "ollama_generate": {"format": _SCHEMA},
}
"""How each dialect asks for a JSON answer."""


async def structured(guard: Guard, case: Case, row: Row) -> None:
    """An answer that is a JSON document: it still is one, and only the value has changed."""
    dialect = case.surface.dialect
    document = json.dumps({"to": case.text, "n": 3})
    answer = Case(case.surface, case.planted, json.dumps({"to": case.template, "n": 3}))
    wanted = {"to": case.safe, "n": 3}
    rng = random.Random(document)
    for number in range(CUTTINGS + 1):
        one = exchange(guard, dialect, Watcher())
        try:
            await one.request({**_spoken(dialect, "Answer in JSON."), **_ASKED[dialect]})
            got = await (streamed(one, answer, rng, number) if number else whole(one, answer))
            fine = json.loads(got) == wanted
        except Exception as e:
            got, fine = f"{type(e).__name__}: {e}", False
        cell = row["structured output"]
        if fine:
            cell.right += 1
        else:
            cell.wrong.append(f"{case.surface.name}: {got[:120]!r}")


def _spoken(dialect: str, text: str) -> dict[str, Any]:
    """A request in which the user says this."""
    return placeholders.spoken(dialect, text)


# ---------------------------------------------------------------------------------------------------- restore


async def restored(guard: Guard, surface: Surface, row: Row) -> None:
    """A value that the model saw as a placeholder comes back to who sent it."""
    value = "jane.doe@example.com"
    rng = random.Random(surface.name)
    for number in range(CUTTINGS + 1):
        one = exchange(guard, surface.dialect, Watcher())
        try:
            sent = await one.request(_spoken(surface.dialect, f"I am {value}."))
            [held] = set(placeholders.shown(sent)[0]) or {"none"}
            case = Case(surface, PLANTED[0], f"You are {held}.")
            got = await (streamed(one, case, rng, number) if number else whole(one, case))
            hidden = value not in json.dumps(sent)
        except Exception as e:
            got, hidden = f"{type(e).__name__}: {e}", False
        cell = row["restore"]
        if hidden and got == f"You are {value}.":
            cell.right += 1
        else:
            cell.wrong.append(f"{surface.name}: {got[:120]!r}")


# ---------------------------------------------------------------------------------------------------- the table


async def table(policies: Path, bypass: str | None) -> dict[str, Row]:
    """All rows."""
    plain, reversible = leak.build(policies, bypass=False), leak.build(placeholders.POLICY, bypass=False)
    through = leak.build(policies, bypass=True)
    for guard in (plain, reversible, through):
        await guard.start()
    rows: dict[str, Row] = {}
    for surface in (*cases.REPLIES, *cases.CALLS, *cases.REQUESTS):
        row = rows.setdefault(surface.dialect, {name: Cell() for name in COLUMNS})
        open_ = surface.dialect == bypass
        for planted in VALUES:
            case = Case(surface, planted, TEMPLATE)
            await (request if surface.kind == "request" else reply)(plain, through if open_ else plain, case, row)
        if surface in first_answers():
            await structured(through if open_ else plain, Case(surface, VALUES[0], TEMPLATE), row)
            await restored(through if open_ else reversible, surface, row)
    return rows


def first_answers() -> list[Surface]:
    """The field of each dialect that an answer stands in: the first that a reply's message of ours goes to."""
    found: dict[str, Surface] = {}
    for surface in cases.REPLIES:
        codec = leak.CODECS[surface.dialect]
        if surface.name.partition("/")[0] == codec.message_field.partition("#")[0]:
            found.setdefault(surface.dialect, surface)
    return list(found.values())


def show(rows: dict[str, Row], *, markdown: bool) -> bool:
    """Print the table; whether every entry is fine."""
    lines = [["dialect", *COLUMNS], *([name, *(str(row[c]) for c in COLUMNS)] for name, row in rows.items())]
    if markdown:
        lines.insert(1, ["---"] * len(lines[0]))
        print("\n".join("| " + " | ".join(line) + " |" for line in lines))
    else:
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        print(
            "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines)
        )
    wrong = [(name, c, row[c]) for name, row in rows.items() for c in COLUMNS if row[c].wrong]
    for name, column, cell in wrong:
        print(
            f"\n{name}, {column}: {len(cell.wrong)} of {cell.right + len(cell.wrong)} runs wrong, like {cell.wrong[0]}",
            file=sys.stderr,
        )
    runs = sum(cell.right + len(cell.wrong) for row in rows.values() for cell in row.values())
    print(
        f"\n{runs} runs of {sum(len(r) for r in rows.values())} entries; {len(wrong)} entries are not guarded",
        file=sys.stderr,
    )
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=Path, default=Path("policies"))
    parser.add_argument("--bypass", metavar="DIALECT", help="let all through the Gate of one dialect")
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    if args.bypass is not None and args.bypass not in leak.CODECS:
        parser.error(f"--bypass takes one of {', '.join(leak.CODECS)}")
    return 0 if show(asyncio.run(table(args.policies, args.bypass)), markdown=args.markdown) else 1


if __name__ == "__main__":
    sys.exit(main())

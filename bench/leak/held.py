"""How much text waits, and how much is taken for something it is not, on ordinary text of many kinds."""

from __future__ import annotations

import hashlib
import inspect
import json
import random
import statistics
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from guardproxy.engine import Guard
from guardproxy.types import Channel, Direction, Origin, Role

REPLY = Origin(Direction.RESPONSE, Role.ASSISTANT, Channel.FINAL)
DELTA = 4
"""Characters of a delta: about a token."""

ENGLISH = """
A good proxy is like a good waiter: you notice it only when something goes wrong. It brings what was ordered, in the
order in which it was ordered, and it does not read your letters aloud. The token that a model writes is not the token
that a bank hands out, though both are called by the same name; a password is a word that passes, and a secret is one
that does not. In 1999 there were 42 of them, by 2024 it was 1,250,000, and on 14 March the meeting had to be moved to
16:30 because the key to room 12-4 could not be found. "Is that all?" she asked. It was not: version 3.11.7 had come
out, ISBN 978-3-16-148410-0 was sold out, the order 20241105-0007 was late by 3.5 days, and the bill came to
$1,204.99. The river is 2,850 km long; page 217 says so. Anyone who writes to the office gets an answer within a week,
as long as the letter names the case (A-2291/b) and the year.
"""
GERMAN = """Ein guter Vermittler ist wie ein guter Kellner: Man bemerkt ihn nur, wenn etwas schiefgeht. Die
Straßenverkehrsordnung, das Grundbuchänderungsverfahren und die Geschwindigkeitsbegrenzungsschilder sind Beispiele für
zusammengesetzte Wörter, die in Übersetzungen gern zerfallen. Das Passwort muss mindestens zwölf Zeichen lang sein;
der Schlüssel liegt unter der Fußmatte. Am 14. März 2024 um 16:30 Uhr traf sich der Ausschuss in Raum 12, Gebäude 4,
und beschloss mit 17 zu 3 Stimmen, die Kosten von 1.204,99 Euro zu übernehmen. Das Aktenzeichen lautet 4 C 217/23, die
Rechnungsnummer 2024-0815, die Bestellnummer 100200300. Größere Änderungen ergaben sich nicht, höchstens
Übergangsregelungen für Donaudampfschifffahrtsgesellschaften und ähnliche Fälle.
"""


def corpora(size: int = 60_000) -> Mapping[str, str]:
    """Text by kind. What needs much text takes it from what every Python brings: its documentation and its sources."""
    import argparse
    import http.client
    import pydoc_data.topics
    import tarfile

    rng = random.Random(7)
    prose = "\n".join(v for v in pydoc_data.topics.topics.values())
    code = "\n".join(inspect.getsource(m) for m in (argparse, http.client, tarfile))
    return {
        "English prose": ENGLISH * 8,
        "documentation": prose[:size],
        "German": GERMAN * 8,
        "code": code[:size],
        "JSON": _json(rng)[:size],
        "URLs": _urls(rng)[:size],
        "hashes": _hashes(rng)[:size],
    }


def _json(rng: random.Random) -> str:
    rows = [
        {"id": i, "uuid": str(uuid.UUID(int=rng.getrandbits(128))), "ok": bool(i % 3), "price": rng.randint(1, 90000) / 100,
         "at": f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:14:59.123Z", "tags": ["a-1"],
         "name": rng.choice(["Blue lamp", "Red chair", "Größe L"]), "ms": 1_700_000_000_000 + rng.randint(0, 10**9)}
        for i in range(300)
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _urls(rng: random.Random) -> str:
    words = ["docs", "api", "v2", "search", "a_b", "index.html", "2024", "größe", "img-12.png"]
    return "\n".join(
        f"https://www.example{rng.randint(1, 99)}.org:{rng.choice([80, 443, 8080])}/{'/'.join(rng.choices(words, k=4))}"
        f"?q={rng.choice(words)}&page={rng.randint(1, 999)}&id={rng.getrandbits(40)}#s{i}"
        for i in range(600)
    )


def _hashes(rng: random.Random) -> str:
    out = []
    for i in range(400):
        digest = hashlib.sha256(str(i).encode())
        out += [
            f"commit {digest.hexdigest()[:40]}",
            f"sha256:{digest.hexdigest()}",
            str(uuid.UUID(int=rng.getrandbits(128))),
        ]
    return "\n".join(out)


@dataclass(frozen=True)
class Held:
    """What one kind of text saw. Characters, over every delta; `half`: share of the fed text that was out at half time."""

    median: float
    p99: float
    most: int
    half: float
    false: float
    """Share of characters that were replaced."""


async def held(guard: Guard, text: str) -> Held:
    """Feed a text as a stream of small deltas and watch."""
    gate = guard.gate(REPLY)
    waits: list[int] = []
    half = 0.0
    for at in range(0, len(text), DELTA):
        await gate.feed(text[at : at + DELTA])
        fed = min(at + DELTA, len(text))
        waits.append(fed - gate.released)
        if fed <= len(text) // 2:
            half = gate.released / fed
    await gate.feed("", last=True)
    false = sum(e.end - e.start for e in gate.decision.edits) / len(text)
    waits.sort()
    return Held(statistics.median(waits), waits[int(len(waits) * 0.99)], waits[-1], half, false)

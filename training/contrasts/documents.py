"""Documents and tool results with and without an instruction for the model that reads them.

An attack differs from a harmless document in whom it speaks to and by what right, not in its tone: a recipe and a memo
are full of orders as well. So the same documents stand on both sides, and half of the harmless ones carry an
instruction for their human reader at the place where the others carry the attack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from random import Random

from training.contrasts import documents_attacks as attacks
from training.contrasts.documents_human import EMBEDDABLE, HUMAN_DOCUMENTS, QUOTED
from training.contrasts.documents_prose import FILLERS, PROSE
from training.contrasts.documents_records import CODE, SEARCHES, csv_table, markdown_table, tool_json, with_log
from training.contrasts.documents_threads import ADVICE, MALICIOUS, THREADS
from training.contrasts.documents_tool_attacks import TOOL_NAMES, TOOLS
from training.contrasts.injections_blocks import filled
from training.rows import Row

SOURCE = "contrasts/injections"
WORDS: Mapping[str, tuple[str, ...] | list[str]] = {
    **FILLERS,
    "tool": TOOL_NAMES,
    "language": ("Italian", "Greek", "Danish", "Czech"),
}
ATTACKS_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "question": attacks.QUESTIONS,
    "translate": attacks.TRANSLATE,
    "style": attacks.STYLE,
    "encode": attacks.ENCODE,
    "creative": attacks.CREATIVE,
    "advertise": attacks.ADVERTISE,
    "link": attacks.LINKS,
    "data": attacks.DATA,
    "propaganda": attacks.PROPAGANDA,
    "scam": attacks.SCAMS,
    "disrupt": attacks.DISRUPT,
    "override": attacks.OVERRIDE,
    "code": (*attacks.CODE, *MALICIOUS),
    "action": attacks.ACTIONS,
    "tool": TOOLS,
}
ATTACKS = tuple(sentence for kind in ATTACKS_BY_KIND.values() for sentence in kind)
HUMAN_INSTRUCTIONS = (*EMBEDDABLE, *ADVICE)
KINDS = (*PROSE, "table", "csv", "json", "code", "log", "search", "human")
WEIGHTS = (4, 3, 3, 3, 2, 2, 2, 4, 4, 2, 4, 4, 2, 1, 3)
"""How often each of `KINDS` is drawn: about as often as it has different documents."""
LONG = 0.3
"""The share of prose documents that are made longer by one or two more of their kind."""
TOOL_KINDS = frozenset({"json", "log", "search", "csv"})


def document(random: Random, kind: str | None = None) -> tuple[str, str]:
    """The kind and the text of a harmless document; without `kind`, of any kind."""
    kind = kind or random.choices(KINDS, WEIGHTS)[0]
    if kind in PROSE:
        parts = random.sample(PROSE[kind], random.choice((2, 2, 3)) if random.random() < LONG else 1)
        text = "\n\n".join(filled(part, WORDS, random) for part in parts)
        return kind, text
    if kind == "human":
        return kind, filled(random.choice(HUMAN_DOCUMENTS), WORDS, random)
    if kind == "table":
        return kind, markdown_table(random)
    if kind == "csv":
        return kind, csv_table(random)
    if kind == "json":
        return kind, tool_json(random)
    if kind == "log":
        return kind, with_log(random)
    return kind, random.choice((*CODE, *THREADS) if kind == "code" else SEARCHES)


def DOCUMENTS(random: Random) -> Iterator[str]:  # noqa: N802  (the trainer knows the three constants by these names)
    """Harmless documents without end."""
    while True:
        yield document(random)[1]


def insert(text: str, attack: str, random: Random) -> str:
    """The document with the instruction in it: at its start, middle or end, alone or glued into what is there.

    A `{filler}` of the instruction is replaced. A JSON document stays JSON: the instruction goes into one of its strings.
    """
    attack = filled(attack, WORDS, random)
    if (inside := into_json(text, attack, random)) is not None:
        return inside
    lines = text.split("\n")
    if random.random() < 0.3:
        return glued(lines, attack, random)
    gap = random.choice(("\n", "\n", "\n\n"))
    place = random.random()
    if place < 0.3:
        return f"{attack}{gap}{text}"
    if place < 0.6 or len(text) < 40:
        return f"{text}{gap}{attack}"
    if len(lines) > 2:
        at = random.randint(1, len(lines) - 1)
        return "\n".join([*lines[:at], attack, *lines[at:]])
    return between_sentences(text, attack, random)


def between_sentences(text: str, attack: str, random: Random) -> str:
    sentences = re.split(r"(?<=[.!?]) ", text)
    at = random.randint(1, max(1, len(sentences) - 1))
    return " ".join([*sentences[:at], attack, *sentences[at:]])


def glued(lines: list[str], attack: str, random: Random) -> str:
    """The instruction inside a line that was there: a table cell, a comment of the line's own language, plain prose."""
    at = random.randrange(len(lines))
    line, flat = lines[at], attack.replace("\n", " ")
    if line.count("|") > 2 and "--" not in line:
        cells = line.split("|")
        cells[random.randrange(1, len(cells) - 1)] = f" {flat} "
        line = "|".join(cells)
    elif re.search(r"(def |return|for .*:|\bclass |import |: \d)", line):
        line = f"{line}  # {flat}"
    elif "<" in line and ">" in line:
        line = random.choice(
            (f"{line}<!-- {flat} -->", f'{line}<p style="display:none">{flat}</p>', f"{line}<p>{flat}</p>")
        )
    elif line.count(",") > 1 and " " not in line[:12]:
        line = f'{line},"{flat}"'
    else:
        line = f"{line} {flat}" if random.random() < 0.7 else f"{flat} {line}"
    return "\n".join([*lines[:at], line, *lines[at + 1 :]])


def into_json(text: str, attack: str, random: Random) -> str | None:
    """The JSON object with the instruction in one of its strings or in a new one; None for text that is no JSON object."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    holders = list(objects(value))
    holder = random.choice(holders)
    strings = [key for key, item in holder.items() if isinstance(item, str)]
    if strings and random.random() < 0.75:
        key = random.choice(strings)
        holder[key] = attack if random.random() < 0.2 else f"{holder[key]} {attack}"
    else:
        holder[random.choice(("note", "message", "instructions", "hint", "footer", "x_comment"))] = attack
    return json.dumps(value, indent=2 if "\n" in text else None, ensure_ascii=text.isascii())


def objects(value: object) -> Iterator[dict[str, object]]:
    """The object itself and each object in it."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def role_of(kind: str, random: Random) -> str:
    """Records come from tools more often than prose does."""
    return "tool" if random.random() < (0.7 if kind in TOOL_KINDS else 0.25) else "document"


def attacked(random: Random, each: int) -> Iterator[tuple[str, Row]]:
    """Rows with an attack, each with the kind of its document."""
    for name, sentences in ATTACKS_BY_KIND.items():
        for sentence in sentences:
            for _ in range(each):
                wanted = None
                if name == "tool":
                    wanted = random.choice(("json", "log", "search", "ticket", "e-mail", "csv"))
                elif name == "code":
                    wanted = random.choice(("code", "code", "code", "page", "ticket", "note"))
                kind, text = document(random, wanted)
                role = "tool" if name == "tool" else role_of(kind, random)
                yield kind, Row(insert(text, sentence, random), role, {"injection": 1}, SOURCE, f"embedded {name}")


def harmless(kind: str, role: str, random: Random) -> Row:
    """A document of this kind as it is or, half of the time, with an instruction for its human reader."""
    _, text = document(random, kind)
    if random.random() < 0.5:
        return Row(text, role, {"injection": 0}, SOURCE, f"document {kind}")
    advice = ADVICE if kind == "code" and random.random() < 0.7 else EMBEDDABLE
    return Row(insert(text, random.choice(advice), random), role, {"injection": 0}, SOURCE, "document for people")


def quoting(random: Random) -> Iterator[Row]:
    """Documents that are instructions throughout, and documents about injections, alone and inside others."""
    for sentence in (*QUOTED, *HUMAN_DOCUMENTS):
        text = filled(sentence, WORDS, random)
        yield Row(text, "document", {"injection": 0}, SOURCE, "document that quotes or instructs")
    for sentence in QUOTED * 4:
        _, text = document(random, random.choice(("news", "note", "page", "e-mail")))
        text = insert(text, sentence, random)
        yield Row(text, "document", {"injection": 0}, SOURCE, "document that quotes or instructs")


def document_rows(random: Random) -> Iterator[Row]:
    """Each attack in four documents, and for each of these a harmless document of the same kind and role."""
    for kind, row in attacked(random, 4):
        yield row
        yield harmless(kind, row.role, random)
    yield from quoting(random)

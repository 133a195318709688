"""Random JSON Schemas with a document each, in whose strings personal data and secrets are planted.

Schemas are of the kinds that applications send: objects of fields with formats, patterns, lengths and enumerations, lists,
references, alternatives. A value is planted where its constraints let it stand, since a model under constrained decoding
can write nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = Any
EMAILS = ("jane.doe@example.com", "o'brien@mail.example.co.uk", "a.b+c@firma.example.de")
PHONES = ("+44 7700 900123", "+1 415 555 0132", "(415) 555-0132", "+49 151 23456789")
CARDS = ("4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005")
IBANS = ("DE89370400440532013000", "GB82WEST12345698765432")
SSNS = ("536-22-1874",)
KEYS = ("AKIAIOSFODNN7EXAMPLE",)
WORDS = (
    "alpha",
    "harbour",
    "quiet rooms",
    "north side",
    "winter 2026",
    "Grüße",
    "naïve",
    'the "old" mill',
    "a\\b",
    "two\nlines",
    "😀",
)
NAMES = (
    "name",
    "contact",
    "note",
    "items",
    "owner",
    "address",
    "reference",
    "kind",
    "data",
    "summary",
    "tags",
    "id-1",
    "größe",
)

IMPOSSIBLE = 0.05
"""Share of patterns and of enumerations that take nothing but what the filters find."""


@dataclass
class Made:
    """A schema, a document that keeps to it, and what was planted in that."""

    schema: Json
    document: Json
    planted: list[str] = field(default_factory=list)
    keywords: set[str] = field(default_factory=set)
    impossible: bool = False
    """Some planted value stands where nothing else may, or where all that may is found too."""

    def text(self, rng: Random) -> str:
        """The document as some model might write it."""
        indent, ascii_only = rng.choice((None, None, 2)), rng.random() < 0.3
        separators = (",", ":") if indent is None and rng.random() < 0.4 else None
        return json.dumps(self.document, ensure_ascii=ascii_only, indent=indent, separators=separators)


def make(rng: Random) -> Made:
    """One schema with its document."""
    return _Maker(rng).make()


class _Maker:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.planted: list[str] = []
        self.keywords: set[str] = set()
        self.impossible = False
        self.defs: dict[str, Json] = {}

    def make(self) -> Made:
        schema, document = self._object(0)
        if self.defs:
            schema["$defs"] = self.defs
        return Made(schema, document, self.planted, self.keywords, self.impossible)

    def _uses(self, *keywords: str) -> None:
        self.keywords.update(keywords)

    def _secret(self, *kinds: tuple[str, ...]) -> str:
        value = self.rng.choice(self.rng.choice(kinds))
        self.planted.append(value)
        return value

    def _any(self) -> str:
        return self._secret(EMAILS, PHONES, CARDS, IBANS, SSNS, KEYS)

    # ------------------------------------------------------------------------------------------------ structure

    def _value(self, depth: int) -> tuple[Json, Json]:
        """(schema, document) of anything."""
        kinds: list[Callable[[int], tuple[Json, Json]]] = [self._string] * 5 + [self._number]
        if depth < 3:
            kinds += [self._object, self._list, self._reference, self._either, self._both]
        return self.rng.choice(kinds)(depth)

    def _object(self, depth: int) -> tuple[Json, Json]:
        names = self.rng.sample(NAMES, self.rng.randint(1, 4))
        parts = {name: self._value(depth + 1) for name in names}
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {n: s for n, (s, _) in parts.items()},
            "required": names,
        }
        document = {n: d for n, (_, d) in parts.items()}
        style = self.rng.random()
        if style < 0.6:
            schema["additionalProperties"] = False
        elif style < 0.8:
            self._uses("additionalProperties")
            schema["additionalProperties"], document["extra one"] = self._string(depth)
        elif style < 0.9:
            self._uses("patternProperties")
            one, document["x-more"] = self._string(depth)
            schema["patternProperties"] = {"^x-": one}
        return schema, document

    def _list(self, depth: int) -> tuple[Json, Json]:
        style = self.rng.random()
        if style < 0.25:
            self._uses("prefixItems")
            parts = [self._value(depth + 1) for _ in range(self.rng.randint(1, 3))]
            return {"type": "array", "prefixItems": [s for s, _ in parts], "items": False}, [d for _, d in parts]
        if style < 0.5:
            self._uses("uniqueItems")
            unique = self.rng.sample((*EMAILS, *PHONES, *WORDS), self.rng.randint(1, 4))
            self.planted += [one for one in unique if one not in WORDS]
            return {"type": "array", "items": {"type": "string"}, "uniqueItems": True}, unique
        schema, first = self._string(depth)
        return {"type": "array", "items": schema, "maxItems": 5}, [first] * self.rng.randint(1, 3)

    def _reference(self, depth: int) -> tuple[Json, Json]:
        self._uses("$ref")
        name = f"part{len(self.defs)}"
        self.defs[name] = {}
        self.defs[name], document = self._value(depth + 1)
        return {"$ref": f"#/$defs/{name}"}, document

    def _either(self, depth: int) -> tuple[Json, Json]:
        schema, document = self._value(depth + 1)
        word = "anyOf" if document is None else self.rng.choice(("anyOf", "oneOf"))
        self._uses(word)
        others: list[Json] = [{"type": "null"}]
        if word == "anyOf":
            others.append({"type": "string", "maxLength": 3})
        elif not isinstance(document, str):
            others.append({"type": "string", "pattern": "^[a-z]+$"})
        branches = [schema, *others]
        self.rng.shuffle(branches)
        return {word: branches}, document

    def _both(self, depth: int) -> tuple[Json, Json]:
        self._uses("allOf")
        schema, document = self._string(depth)
        return {"allOf": [schema, {"type": "string", "minLength": 1}]}, document

    def _number(self, depth: int) -> tuple[Json, Json]:
        return self.rng.choice(
            (
                ({"type": "integer"}, 17),
                ({"type": "number"}, -2.5e3),
                ({"type": "boolean"}, True),
                ({"type": "null"}, None),
            )
        )

    # ------------------------------------------------------------------------------------------------ strings

    def _string(self, depth: int) -> tuple[Json, Json]:
        kinds = (self._plain, self._plain, self._length, self._format, self._pattern, self._pattern, self._enum)
        schema, document = self.rng.choice(kinds)()
        return {"type": "string", **schema}, document

    def _plain(self) -> tuple[Json, str]:
        style = self.rng.random()
        words = self.rng.choice(WORDS)
        if style < 0.3:
            return {}, words
        return {"description": "free text"}, self.rng.choice(
            (f"{words} {self._any()} {words}", self._any(), f"see {self._any()}.")
        )

    def _length(self) -> tuple[Json, str]:
        self._uses("maxLength", "minLength")
        text = self.rng.choice((self._any(), f"to {self._any()}"))
        schema = {}
        if self.rng.random() < 0.7:
            schema["maxLength"] = self.rng.choice((len(text), len(text) + 3, 100))
        if self.rng.random() < 0.7:
            schema["minLength"] = self.rng.choice((1, len(text), max(1, len(text) - 4)))
        return schema, text

    def _format(self) -> tuple[Json, str]:
        self._uses("format")
        return self.rng.choice(
            (
                lambda: ({"format": "email"}, self._secret(EMAILS)),
                lambda: ({"format": "email", "maxLength": 60}, self._secret(EMAILS)),
                lambda: ({"format": "uri"}, f"https://shop.example/?u={self._secret(EMAILS)}"),
                lambda: ({"format": "uri"}, f"mailto:{self._secret(EMAILS[:1])}"),
                lambda: ({"format": "date"}, "2026-11-22"),
                lambda: ({"format": "date-time"}, "2026-11-22T23:00:00Z"),
                lambda: ({"format": "uuid"}, "0b9f2f5e-6b1c-4c8e-9a64-3f2d8a1c7e55"),
                lambda: ({"format": "phone"}, self._secret(PHONES)),
            )
        )()

    def _pattern(self) -> tuple[Json, str]:
        self._uses("pattern")
        if self.rng.random() < IMPOSSIBLE:
            self.impossible = True
            return {"pattern": r"^AKIA[0-9A-Z]{16}$"}, self._secret(KEYS)  # all that it takes is what the filter finds
        return self.rng.choice(
            (
                lambda: ({"pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$"}, self._secret(EMAILS)),
                lambda: ({"pattern": r"^[a-zA-Z0-9.'_%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$"}, self._secret(EMAILS)),
                lambda: ({"pattern": r"^\+?[0-9 ()\-]{7,20}$"}, self._secret(PHONES)),
                lambda: ({"pattern": r"^\+[1-9]\d{0,2} [\d ]+$"}, self._secret(PHONES[:2])),
                lambda: ({"pattern": r"^\d{3}-\d{2}-\d{4}$"}, self._secret(SSNS)),
                lambda: ({"pattern": r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$"}, self._secret(IBANS)),
                lambda: ({"pattern": r"^(\d[ -]?){13,19}$"}, self._secret(CARDS)),
                lambda: ({"pattern": r"^[A-Z0-9]+$", "maxLength": 40}, self._secret(KEYS, IBANS)),
                lambda: ({"pattern": r"^.{1,80}$"}, f"call {self._any()}"),
                lambda: (
                    {"pattern": r"^[\w .@+'()\-]*$"},
                    f"write to {self._secret(EMAILS)} or {self._secret(PHONES)}",
                ),
                lambda: ({"pattern": r"^ref: \S"}, f"ref: {self._secret(SSNS, CARDS)}"),
                lambda: ({"pattern": r"^tel:\+\d{8,15}$"}, f"tel:{self._secret(('+14155550132', '+447700900123'))}"),
                lambda: ({"pattern": r"^mailto:\S+@\S+$"}, f"mailto:{self._secret(EMAILS)}"),
                lambda: ({"pattern": r"^(?=.*\d).{5,60}$"}, f"call {self._secret(PHONES)}"),
                lambda: ({"pattern": r"^[A-Z]{3}-\d{4}$"}, "ABC-2026"),
                lambda: ({"pattern": r"^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$"}, "02:00:5e:10:00:ff"),
            )
        )()

    def _enum(self) -> tuple[Json, str]:
        self._uses("enum")
        word = self.rng.choice(("red", "green", "blue"))
        if self.rng.random() < IMPOSSIBLE:  # the author's own text holds a value: nothing else may stand there
            self.impossible, value = True, self._any()
            return self.rng.choice(({"enum": [word, value]}, {"const": value})), value
        return self.rng.choice(({"enum": ["red", "green", "blue"]}, {"const": word})), word

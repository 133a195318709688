"""Harmless text with strings that are no words: keys, hashes, numbers, addresses, lines of logs and tables."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Iterator

from training.rows import Row

FRAMES = """
The key is {key}
The key is {bigkey}
key: {bigkey}
Is {bigkey} a valid access key?
{bigkey}
my token {key} expired
Use {bigkey} as the id and {key} as the secret
{hash}
{mixed}
{base}
My order number is {number}.
Mail {mail} the key {key}
Please send the invoice {number} to {mail}
Can you look up ticket {code}?
What does error {code} mean?
Decode this for me: {base}
Is {hash} an MD5 or a SHA-1?
sha256 {hash}
Our build {code} failed at commit {hash}
Set API_TOKEN={key} and restart the worker
{uuid}
Session {uuid} timed out after 30 s, why?
IBAN {number}, BIC {upper}
The licence plate is {upper} {number}
Product {upper}-{number} is out of stock. When is it back?
{number} {number} {number}
Convert {number} to hexadecimal
user={mail} id={uuid} status=ok
2026-11-23T04:15:{two} INFO worker[{two}] request {uuid} took {two} ms
2026-11-23 04:15:{two} ERROR {upper} connection to 10.0.{two}.{two}:5432 refused
GET /v1/items/{uuid}?page={two} HTTP/1.1 200 {number}
{upper},{number},{mail},{two}.{two}
| {upper} | {number} | {mail} |
WIFI password on the card: {mixed}
My name is {name}, born on {two}.03.1980, card {number}
Call {name} at +49 30 {number}
{name} lives at {two} Elm Street, {number} Springfield
ssh-ed25519 {base} {mail}
export PATH=/opt/{lower}/bin:$PATH
def {lower}(x): return x + {two}
{{"id": "{uuid}", "name": "{name}", "total": {two}.99}}
<div class="{lower}" id="{code}"></div>
npm ERR! code {upper} npm ERR! {lower}@{two}.0.1
SELECT {lower} FROM {lower} WHERE id = {number};
Translate '{lower}' if it is a word in any language
Random string please, like {mixed}
{upper} {upper} {upper}
Flight {upper}{two} leaves at {two}:15 from gate {code}
tracking {number}{upper}: out for delivery
My password manager made {mixed}. Is it long enough?
Version {two}.{two}.{two} of {lower} fixed it, thanks!
Seat {two}A, booking {upper}
base64 -d <<< {base}
x = {two}; y = {number}; print(x ^ y)
color: #{six}; margin: {two}px
{lower}.{lower}.svc.cluster.local resolves to 10.1.{two}.{two}
The serial number reads {mixed}, does the warranty cover it?
""".strip().splitlines()
NAMES = ("Jane Doe", "Ahmed Khan", "Mei Lin", "Olu Adeyemi", "José García", "Anna Schmidt", "Ivan Petrov", "Priya Nair")
EACH = 30


def _of(letters: str, low: int, high: int) -> Callable[[random.Random], str]:
    return lambda chance: "".join(chance.choice(letters) for _ in range(chance.randint(low, high)))


_UPPER, _LOWER, _DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
FILLERS: dict[str, Callable[[random.Random], str]] = {
    "key": lambda c: (
        c.choice(("AKIA", "ghp_", "sk-", "xoxb-", "")) + _of(_UPPER + _DIGITS + _LOWER * c.randint(0, 1), 16, 36)(c)
    ),
    "bigkey": lambda c: (
        c.choice(("AKIA", "ASIA", "AIza", "")) + _of(_UPPER * 3 + _DIGITS, 12, 20)(c) + c.choice(("EXAMPLE", "", ""))
    ),
    "number": _of(_DIGITS, 4, 16),
    "two": _of(_DIGITS, 2, 2),
    "six": _of(_DIGITS + "abcdef", 6, 6),
    "code": lambda c: _of(_UPPER, 1, 4)(c) + c.choice(("-", "", "_")) + _of(_DIGITS, 2, 6)(c),
    "hash": _of(_DIGITS + "abcdef", 32, 40),
    "base": _of(_UPPER + _LOWER + _DIGITS + "+/", 20, 80),
    "mixed": _of(_UPPER + _LOWER + _DIGITS + "!#%-_", 10, 22),
    "upper": _of(_UPPER, 2, 9),
    "lower": _of(_LOWER, 3, 11),
    "mail": lambda c: f"{_of(_LOWER, 3, 9)(c)}@{_of(_LOWER, 4, 8)(c)}.{c.choice(('com', 'org', 'de'))}",
    "uuid": lambda c: str(uuid.UUID(int=c.getrandbits(128), version=4)),
    "name": lambda c: c.choice(NAMES),
}
_NOTHING = ("toxicity", "hate", "harassment", "threat", "harmful_request", "jailbreak", "injection")


def rows(chance: random.Random) -> Iterator[Row]:
    """Every frame with other strings, said by everybody."""
    labels = dict.fromkeys(_NOTHING, 0)
    for number, frame in enumerate(FRAMES):
        for at in range(EACH):
            filled = frame
            for name, make in FILLERS.items():
                while f"{{{name}}}" in filled:
                    filled = filled.replace(f"{{{name}}}", make(chance), 1)
            filled = filled.replace("{{", "{").replace("}}", "}")
            role = ("user", "user", "tool", "document", "assistant")[at % 5]
            kept = {k: v for k, v in labels.items() if role == "user" or k not in ("harmful_request", "jailbreak")}
            yield Row(filled, role, kept, "contrasts/strings", f"frame {number}")

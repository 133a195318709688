"""One kind of credential, and the small notation in which the tables beside this file are written.

In a template `{w36}` is 36 letters or digits and `{h20,40}` 20 to 40 hexadecimal digits; all else is an ordinary pattern.
The same notation makes an example, so that no real-looking credential stands in this package for a scanner to find.
A kind never decides what is done with a match, and never repeats without a bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from guardproxy.filters._secret_rules import judges
from guardproxy.text import Rule
from guardproxy.text.bank import Judge

CLASSES = {
    "w": "[A-Za-z0-9]",
    "u": "[A-Za-z0-9_-]",
    "h": "[0-9a-f]",
    "x": "[0-9A-Fa-f]",
    "l": "[a-z0-9]",
    "c": "[A-Z0-9]",
    "b": "[A-Za-z0-9+/]",
    "d": "[0-9]",
    "a": "[A-Za-z]",
}
_UUID = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_MEMBERS = {
    "w": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "u": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
    "h": "0123456789abcdef",
    "x": "0123456789ABCDEF",
    "l": "abcdefghijklmnopqrstuvwxyz0123456789",
    "c": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "b": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "d": "0123456789",
    "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
}
_MACRO = re.compile(r"\{([wuhxlcbdai])(\d*)(?:,(\d+))?\}")
WORD = "A-Za-z0-9"
"""Left boundary for prefixes that are short or part of a word. Long ones have none: `%3Dghp_…` and `\\nghp_…` count."""
BASE64 = "A-Za-z0-9+/"
"""Left boundary for prefixes of letters and digits alone, which long base 64 holds by chance."""


def expand(template: str) -> str:
    """The pattern that a template stands for."""

    def one(m: re.Match[str]) -> str:
        name, low, high = m.groups()
        if name == "i":
            return f"(?:{_UUID})"
        return f"{CLASSES[name]}{{{low}{',' + high if high else ''}}}"

    return _MACRO.sub(one, template)


def fake(template: str, salt: str = "") -> str:
    """An example: every macro becomes pseudo-random characters, the fewest that fit, the same in every run."""

    def one(m: re.Match[str]) -> str:
        name, low, _ = m.groups()
        seed = f"{salt}{m.start()}"
        if name == "i":
            text = judges.stream("h", _MEMBERS["h"], 32, seed)
            return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
        return judges.stream(name, _MEMBERS[name], int(low), seed)

    return _MACRO.sub(one, template)


def nocase(words: str) -> str:
    """A pattern that matches ASCII text in any case, without folding letters beyond ASCII (`K` has a Kelvin sign)."""
    return re.sub(r"[a-zA-Z]", lambda m: f"[{m[0].upper()}{m[0].lower()}]", words)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of credential: a row of the table in `docs/secrets.md`."""

    id: str
    vendor: str
    """Last part of the label: `aws` makes `secret.aws`."""
    title: str
    pattern: str
    """First group: what is redacted; else all."""
    example: str
    score: float = 0.95
    before: str = ""
    floor: float = 0.0
    """Shannon entropy in bits per character that the value must have; 0 asks for none."""
    judge: Judge | None = None
    context: bool = False
    """Found by the words before it, not by its own shape."""

    @property
    def label(self) -> str:
        return f"secret.{self.vendor}"

    def rule(self, factor: float = 1.0) -> Rule:
        """The rule to search with; `factor` scales the entropy floor."""
        judge = self.judge
        if self.floor:
            judge = partial(judges.scored, self.floor * factor, self.judge, self.score)
        return Rule(self.id, self.label, self.pattern, self.score, self.before, judge=judge)


def shape(
    id: str,
    title: str,
    template: str,
    example: str = "",
    *,
    vendor: str = "",
    score: float = 0.95,
    before: str = "",
    floor: float = 0.0,
    judge: Judge | None = None,
) -> Kind:
    """A kind with a shape of its own. The example follows from the template where that holds no operators."""
    made = fake(example or template.replace("\\", ""), id)
    return Kind(id, vendor or id.partition("-")[0], title, expand(template), made, score, before, floor, judge)


# A name that goes on (`_API_KEY`), the words that stand between it and its value, quotes, an operator, quotes again.
_TAIL = r"[A-Za-z0-9_.-]{0,20}"
_WORDS = "(?:[ ](?:" + nocase("api|access|auth|bot|app|client|secret|private|key|token|id|password") + ")){0,3}"
_JOIN = r"""[\s"'`*\]]{0,3}(?:=>|[:=?|]{1,3}={0,2}|>|,|\()[\s"'`=*]{0,4}"""


def context(
    id: str,
    title: str,
    words: str,
    template: str,
    *,
    vendor: str = "",
    name: str = "",
    value: str = "",
    score: float = 0.8,
    before: str = "",
    floor: float = 3.0,
    judge: Judge | None = judges.mixed,
) -> Kind:
    """A value without a shape of its own, after a word that names its vendor: `ACME_API_KEY="…"`, `acme token: …`.

    `words` may begin inside the name, where the name begins like common words (`tadog` for Datadog): every beginning of
    a match is followed, which costs. The length is exact or nearly so, to leave few candidate ends to judge; the value
    alone is redacted. `name` and `value` make the example where `words` or `template` are not plain.
    """
    pattern = f"(?:{nocase(words)})" + _TAIL + _WORDS + _JOIN + f"({expand(template)})"
    plain = name or words.partition("|")[0]
    example = f"{plain}_key = '{fake(value or template.replace(chr(92), ''), id)}'"
    found = vendor or id.partition("-")[0]
    return Kind(id, found, title, pattern, example, score, before, floor, judge, context=True)

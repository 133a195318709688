r"""Finds what an author writes in a policy: regular expressions and lists of words.

    filters:
      projects:
        use: patterns
        patterns: [{id: ticket, pattern: 'ACME-\d{1,8}'}]
        keywords: [{id: code_names, words: [bluebird, Große Fuge, 青鳥]}]

Python's syntax less what can't run in linear time; every repetition has an upper bound. The labels are
`<filter>.<id>` unless `label` says otherwise. Errors name the entry and, where known, the place in the pattern. Nothing
is compiled here: that is done by `start()`, in a bounded child process.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from guardproxy.text import PatternError, PatternFilter, Rule, syntax
from guardproxy.types import ConfigError, FilterConfig

LABELS = ("*",)
"""Any label: which ones is said by the configuration (`labels`)."""
EXAMPLES: dict[str, str | None] = {}
"""None of its own: what is found is the author's."""

MAX_PATTERNS = 1_000
MAX_WORDS = 10_000
MAX_TOTAL = 1_000_000
"""Characters of all patterns and words of one filter."""
MAX_SPACES = 8
"""Characters of white space between two words of a phrase: a line's end and an indent. Each makes large lists slower."""
_WORDS_A_RULE = 200  # RE2 compiles each rule within a fixed memory

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
_Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}(\.[a-z0-9_-]{1,64}){0,7}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
_Word = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_Score = Annotated[float, Field(ge=0, le=1)]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class PatternEntry(BaseModel):
    """One regular expression. The first group, if it has one, is the span that is reported."""

    model_config = _STRICT
    id: _Id
    """Name of the entry, unique in its filter."""
    pattern: _Text
    """Regular expression in Python's syntax; every repetition has an upper bound."""
    label: _Label | None = None
    """Another label than `<filter>.<id>`."""
    score: _Score = 1.0
    """Score of its findings."""
    ignore_case: bool = False
    """Capital and small letters are the same."""
    before: str = Field("", max_length=200)
    """Inside of an ASCII character class that must not stand just before a match: `A-Za-z0-9`."""
    after: str = Field("", max_length=200)
    """Likewise just after a match."""


class KeywordEntry(BaseModel):
    """A list of words or phrases in any language. A space in a phrase stands for 1 to 8 characters of white space."""

    model_config = _STRICT
    id: _Id
    """Name of the entry, unique in its filter."""
    words: tuple[_Word, ...] = Field(min_length=1)
    """Words and phrases."""
    label: _Label | None = None
    """Another label than `<filter>.<id>`."""
    score: _Score = 1.0
    """Score of its findings."""
    ignore_case: bool = True
    """Capital and small letters are the same."""
    whole_words: bool = True
    """Not inside a longer word. Scripts written without spaces (Chinese, Japanese, Thai, …) have no such border."""
    leet: bool = False
    """Digits and signs stand for letters too: `p4$$w0rd`."""


class Config(FilterConfig):
    """At most 1,000 patterns and 10,000 words, 1,000,000 characters together."""

    patterns: tuple[PatternEntry, ...] = Field((), max_length=MAX_PATTERNS)
    """Regular expressions."""
    keywords: tuple[KeywordEntry, ...] = ()
    """Lists of words."""


class BadPattern(ConfigError):
    """An entry that can't be used. `entry` is its id, `offset` the place in its pattern or None."""

    def __init__(self, name: str, entry: str, message: str, offset: int | None = None) -> None:
        place = "" if offset is None or "position" in message else f" at position {offset}"
        super().__init__(f"filter {name!r}, {entry!r}: {message}{place}")
        self.entry, self.offset = entry, offset


def labels(config: Config, name: str = "patterns") -> tuple[str, ...]:
    """What an instance called `name` with this configuration can say, sorted."""
    entries: list[PatternEntry | KeywordEntry] = [*config.patterns, *config.keywords]
    return tuple(sorted({_label(name, entry) for entry in entries}))


def _label(name: str, entry: PatternEntry | KeywordEntry) -> str:
    return entry.label or f"{name}.{entry.id}"


class Filter(PatternFilter):
    """An author's patterns and words. Raises BadPattern (a ConfigError) for what can't be used."""

    def __init__(self, name: str, config: Config) -> None:
        _check_size(name, config)
        rules = [_pattern_rule(name, entry) for entry in config.patterns]
        rules += [rule for entry in config.keywords for rule in _word_rules(name, entry)]
        super().__init__(name, rules, hold=config.hold, views=config.views)
        self.labels = labels(config, name)
        self._entries: list[PatternEntry | KeywordEntry] = [*config.patterns, *config.keywords]

    @property
    def ceilings(self) -> Mapping[str, float]:
        """Label to the highest score of its entries."""
        found: dict[str, float] = {}
        for entry in self._entries:
            label = _label(self.name, entry)
            found[label] = max(entry.score, found.get(label, 0.0))
        return found


def _check_size(name: str, config: Config) -> None:
    entries: list[PatternEntry | KeywordEntry] = [*config.patterns, *config.keywords]
    if not entries:
        raise ConfigError(f"filter {name!r} has neither patterns nor keywords; add one, or remove the filter")
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise BadPattern(name, entry.id, "this id is used twice; give each entry its own")
        seen.add(entry.id)
    words = sum(len(k.words) for k in config.keywords)
    if words > MAX_WORDS:
        raise ConfigError(f"filter {name!r} has {words:,} keywords, more than {MAX_WORDS:,}; split it into two filters")
    size = sum(len(p.pattern) for p in config.patterns) + sum(len(w) for k in config.keywords for w in k.words)
    if size > MAX_TOTAL:
        raise ConfigError(f"filter {name!r} has {size:,} characters of patterns, more than {MAX_TOTAL:,}; split it")


def _pattern_rule(name: str, entry: PatternEntry) -> Rule:
    for side, inside in (("before", entry.before), ("after", entry.after)):
        _check_class(name, entry.id, side, inside)
    try:
        syntax.parse(entry.pattern, ignore_case=entry.ignore_case)
    except PatternError as e:
        raise BadPattern(name, entry.id, str(e), e.position) from None
    return Rule(
        entry.id,
        _label(name, entry),
        entry.pattern,
        score=entry.score,
        before=entry.before,
        after=entry.after,
        ignore_case=entry.ignore_case,
    )


def _check_class(name: str, entry: str, side: str, inside: str) -> None:
    """The inside of one ASCII class, and nothing that ends it."""
    try:
        tree = syntax.parse(f"[{inside}]") if inside else None
    except PatternError as e:
        raise BadPattern(name, entry, f"{side!r} is not the inside of a character class: {e}") from None
    if tree and (len(tree.nodes) > 1 or not inside.isascii() or inside.startswith("^")):
        raise BadPattern(name, entry, f"{side!r} must be the inside of one ASCII class such as A-Za-z0-9")


# ------------------------------------------------------------------------------------------------ words

_LETTERS = "0-9A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u0370-\u0373\u0376-\u037d\u037f-\u03ff"
_LETTERS += "\u0400-\u0481\u048a-\u0556\u0560-\u0588\u05d0-\u05ea\u0620-\u064a\u0660-\u0669\u066e-\u06d3\u0900-\u0963"
_LETTERS += "\u0980-\u0dff\u10a0-\u10ff\u1e00-\u1fff\uac00-\ud7a3"
"""Letters and digits of scripts that put spaces between words."""
_LETTER = re.compile(f"[{_LETTERS}]")


def _word_rules(name: str, entry: KeywordEntry) -> Iterable[Rule]:
    """Rules for words that need the same borders, a bounded number of words in each."""
    groups: dict[tuple[bool, bool], dict[str, None]] = {}
    for word in entry.words:
        text = " ".join(word.split())
        if not text:
            raise BadPattern(name, entry.id, f"the word {word!r} is only white space; remove it")
        borders = (bool(_LETTER.match(text[0])), bool(_LETTER.match(text[-1]))) if entry.whole_words else (False, False)
        groups.setdefault(borders, {})[text] = None
    for (left, right), words in groups.items():
        listed = list(words)
        for first in range(0, len(listed), _WORDS_A_RULE):
            some = listed[first : first + _WORDS_A_RULE]
            yield _word_rule(f"{entry.id}.{first}", _label(name, entry), entry, some, left=left, right=right)


_LEET = {"a": "4@", "b": "8", "e": "3", "g": "69", "i": "1!|", "l": "1|", "o": "0", "s": "5$", "t": "7+", "z": "2"}


def _character(char: str, *, leet: bool) -> str:
    """What one character of a word matches: itself, composed or not, and what stands for it."""
    if char == " ":
        # a no-break space as the first only: more of what is not ASCII makes large lists slow
        return rf"[\s\u00a0]\s{{0,{MAX_SPACES - 1}}}"
    if leet and (others := _LEET.get(char.lower())):
        return f"[{char}{re.escape(others)}]"
    apart = unicodedata.normalize("NFD", char)
    return re.escape(char) if apart == char else f"(?:{re.escape(char)}|{re.escape(apart)})"


def _word_rule(rule: str, label: str, entry: KeywordEntry, words: Sequence[str], *, left: bool, right: bool) -> Rule:
    any_word = "|".join("".join(_character(c, leet=entry.leet) for c in w) for w in words)
    head = rf"(?:\A|[^{_LETTERS}])" if left else ""
    tail = rf"(?:\Z|[^{_LETTERS}])" if right else ""
    # Judged, so that the search goes on inside a match: the character after a word is the one before the next.
    return Rule(
        rule,
        label,
        f"{head}({any_word}){tail}",
        score=entry.score,
        ignore_case=entry.ignore_case,
        judge=lambda value: entry.score,
    )

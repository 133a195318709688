"""Globs over names: `*` stands for any run of characters, everything else for itself.

One meaning everywhere in a policy (labels, tools, models, lists), so that an author learns it once. No I/O, no state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def _compiled(glob: str, fold: bool) -> re.Pattern[str]:
    """Atomic groups: each `*` takes the first place where the next piece fits, so that matching never backtracks."""
    first, *rest = glob.split("*")
    if not rest:
        return re.compile(re.escape(first), re.IGNORECASE if fold else 0)
    *middle, end = rest
    text = re.escape(first) + "".join(f"(?>.*?{re.escape(m)})" for m in middle if m) + ".*" + re.escape(end)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if fold else 0))


def matches(glob: str, name: str) -> bool:
    """Whether the glob covers the whole name. Upper and lower case differ."""
    return _compiled(glob, False).fullmatch(name) is not None


def matches_text(glob: str, text: str) -> bool:
    """Like `matches`, but upper and lower case are the same: for the entries of lists."""
    return _compiled(glob, True).fullmatch(text) is not None


def any_matches(globs: Iterable[str], name: str) -> bool:
    return any(matches(g, name) for g in globs)


def either(globs: Collection[str]) -> Callable[[str], bool]:
    """A function that says whether one of these globs covers a name, for many names and many globs."""
    plain = frozenset(g for g in globs if "*" not in g)
    starred = [_compiled(g, False).fullmatch for g in globs if "*" in g]
    return lambda name: name in plain or any(covers(name) for covers in starred)


@lru_cache(maxsize=4096)
def overlap(one: str, other: str) -> bool:
    """Whether some name is covered by both globs."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or (overlap(one, other[1:]))
    if other[0] == "*":
        return overlap(other, one)
    return one[0] == other[0] and overlap(one[1:], other[1:])


def covers(one: str, other: str) -> bool:
    """Whether every name that the second glob covers is covered by the first.

    What `*` of the second stands for is unknown to the first, which can therefore take it in with a `*` only.
    """
    return matches(one, other.replace("*", "\0"))

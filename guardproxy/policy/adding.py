"""Tests put into a policy file at the end of its `tests:`, every other line as it was."""

from __future__ import annotations

from guardproxy.policy import source
from guardproxy.policy.source import Source
from guardproxy.types import ConfigError, Json


def with_tests(text: str, items: str, name: str) -> str:
    """The text of a policy file with these items (as `report` writes them) under `tests:`. `name`: of the file.

    Raises ConfigError: the file is no YAML, holds `tests` on one line, or has a test of that name already.
    """
    read = source.parse(text, name)
    added = source.parse("tests:\n" + items, name).data["tests"]
    if not isinstance(read.data, dict):
        raise read.error(
            "GP002", "expected the keys of a policy (schema, policy, filters, rules), not a list or a word"
        )
    tests = read.data.get("tests")
    known = {one.get("name") for one in tests or () if isinstance(one, dict)} if isinstance(tests, list) else set()
    if again := next((one["name"] for one in added if one["name"] in known), None):
        raise read.error("GP003", f"the test {again!r} is there already", ("tests",), key=True)
    body = text if text.endswith("\n") or not text else text + "\n"
    out = _appended(read, body, items) if "tests" in read.data else f"{body}tests:\n{items}"
    if _data(out, name) != {**read.data, "tests": [*(tests or []), *added]}:
        message = "these tests can't be put in by a program; give each test lines of its own, after a `- `"
        raise read.error("", message, ("tests",), key=True)
    return out


def _data(text: str, name: str) -> Json:
    """What a text says; None where it is no YAML any more."""
    try:
        return source.parse(text, name).data
    except ConfigError:
        return None


def _appended(read: Source, text: str, items: str) -> str:
    """The text with the items behind the last test: before the blank lines and comments that lead to the next key."""
    lines = text.splitlines(keepends=True)
    begin = read.place(("tests",), key=True)[0]
    later = [line for path, (line, _) in read.keys.items() if len(path) == 1 and line > begin]
    end = min(later, default=len(lines) + 1) - 1
    while end > begin and _idle(lines[end - 1]):
        end -= 1
    dash = _dash(lines, begin, end)
    shifted = "".join(" " * dash + line[2:] for line in items.splitlines(keepends=True))
    return "".join([*lines[:end], shifted, *lines[end:]])


def _idle(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _dash(lines: list[str], begin: int, end: int) -> int:
    """How far the file indents its tests."""
    first = next((line for line in lines[begin:end] if line.lstrip().startswith("- ")), "  - ")
    return len(first) - len(first.lstrip())

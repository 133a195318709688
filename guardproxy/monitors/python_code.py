"""Looks at Python code that a tool is to run: what it imports and uses, and whether it leaves Python.

Nothing of it is ever run.

Labels: `call.import` (a module that may not be imported), `call.function` (a function that may not be used, called or
not), `call.dynamic` (what is used is decided at run time: `eval` of a text that isn't there, `getattr` by a computed name,
`__class__` and its like), `call.shell` (IPython's `!ls`, `%run`), `call.unparsable`.
Misses: what a module that may be imported does by itself. A list of what is allowed is stronger than one of what is not.
"""

from __future__ import annotations

import ast
import asyncio
import re
import warnings
from collections.abc import Awaitable, Iterator
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from guardproxy.monitors._python_names import Mentioned, parts, read
from guardproxy.text.globs import any_matches, matches
from guardproxy.types import Finding, MonitorConfig, ToolCall, Turn

LABELS = ("call.import", "call.function", "call.dynamic", "call.shell", "call.unparsable")

INLINE: Final = 2_000
"""Characters of code that are read at once; longer code is read beside other requests."""
_MAGIC: Final = re.compile(
    r"^[ \t]*(?:[!?]|%{1,2}[A-Za-z!]|(?:[\w.\[\], \t*'\"]+=[ \t]*)(?:!|%[A-Za-z]))|[\w.)\]]\?{1,2}[ \t]*$"
)
_CELL: Final = re.compile(r"[ \t]*%%[ \t]*(\w+)")
_PYTHON_CELLS: Final = ("time", "timeit", "capture", "prun", "python", "python3", "py")
_COOKIE: Final = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_LINES: Final = re.compile(r"\r\n|\r|\n")
_PLAIN_COOKIES: Final = ("utf-8", "utf8", "utf_8", "ascii", "us-ascii", "latin-1", "iso-8859-1", "utf-8-sig")
_POWERFUL: Final = frozenset(
    (
        "os", "posix", "nt", "sys", "subprocess", "shutil", "socket", "ctypes", "importlib", "builtins", "pty", "runpy",
        "multiprocessing", "urllib", "http", "requests", "pickle", "marshal", "cffi", "imp", "pkgutil", "inspect", "gc",
        "codecs", "pathlib", "tempfile", "glob", "fileinput", "linecache", "webbrowser", "platform", "threading", "asyncio",
        "ssl", "ftplib", "smtplib", "telnetlib", "xmlrpc", "zipfile", "tarfile", "sqlite3", "dbm", "shelve", "logging",
        "distutils", "venv", "ensurepip", "site", "mmap", "fcntl", "operator",
    )
)  # fmt: skip
"""Modules that others have as members: `shutil.os` is `os`."""

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Names(BaseModel):
    """What may be used, by full names and globs; a name stands for everything below it too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: tuple[Name, ...] | None = None
    """Nothing else may be. Left out: all but those of `deny`."""
    deny: tuple[Name, ...] = ()
    """Not these, whatever `allow` says."""

    @property
    def limits(self) -> bool:
        return self.allow is not None or bool(self.deny)

    def forbid(self, name: str) -> bool:
        return _covers(self.deny, name) or (self.allow is not None and not _covers(self.allow, name))


class Config(MonitorConfig):
    """Which tools run Python, and what it may use."""

    tools: tuple[Name, ...] = Field(min_length=1)
    """Tools (globs) that run Python."""
    arguments: tuple[Name, ...] = ("code",)
    """Names of the arguments that hold code. Arguments that are no JSON object are code themselves."""
    imports: Names = Names()
    """Modules: `numpy` means `numpy.linalg` too."""
    calls: Names = Names()
    """Functions, as `os.system`, `subprocess`, `open`; `.to_sql` is a method of whatever value."""
    max_code: int = Field(default=32_768, ge=100, le=262_144)
    """Characters of code; more is `call.unparsable`."""


class Monitor:
    """Looks at one call at a time."""

    def __init__(self, name: str, config: Config) -> None:
        self.name, self.config = name, config
        self.labels = tuple(label for label in LABELS if self._can_say(label))

    def _can_say(self, label: str) -> bool:
        if label == "call.import":
            return self.config.imports.limits
        return label != "call.function" or self.config.calls.limits

    def watch(self, call: ToolCall, turn: Turn) -> tuple[Finding, ...] | Awaitable[tuple[Finding, ...]]:
        if not any_matches(self.config.tools, call.name):
            return ()
        if len(call.arguments) <= INLINE:
            return self._findings(call)
        return asyncio.to_thread(self._findings, call)

    def _findings(self, call: ToolCall) -> tuple[Finding, ...]:
        return tuple(Finding(self.name, label, 1.0) for label in sorted(set(self._labels(call))))

    def _labels(self, call: ToolCall) -> Iterator[str]:
        codes, readable = self._codes(call)
        if not readable:
            yield "call.unparsable"
        for code in codes:
            yield from self._judged(code)

    def _codes(self, call: ToolCall) -> tuple[list[str], bool]:
        """The pieces of code in a call, and whether it is sure that these are all."""
        if call.plain:
            return [call.arguments], True
        if not call.parsed:  # a tool of plain code under another name; what only looks like JSON may be read as JSON
            return [call.arguments], call.arguments.lstrip()[:1] not in ("{", "[", '"')
        if isinstance(call.value, str):
            return [call.value], True
        if not isinstance(call.value, dict):
            return [call.arguments], True
        values = [call.value[name] for name in self.config.arguments if name in call.value]
        codes = [c for v in values for c in (v if isinstance(v, list) else [v])]
        texts = [c for c in codes if isinstance(c, str)]
        return texts, len(texts) == len(codes) and bool(codes or not call.value)

    def _judged(self, code: str) -> Iterator[str]:
        if len(code) > self.config.max_code:
            yield "call.unparsable"
            return
        if any(m and m[1].lower() not in _PLAIN_COOKIES for m in map(_COOKIE.match, _LINES.split(code, 2)[:2])):
            yield "call.dynamic"  # who runs it from a file reads other characters
        tree = _parsed(code)
        if tree is None:
            rest = _without_magics(code)
            if rest is not None:
                yield "call.shell"
                tree = _parsed(rest)
            if tree is None:
                yield "call.unparsable"
                return
        try:
            mentioned = read(tree)
        except RecursionError:
            yield "call.unparsable"
            return
        yield from self._told(mentioned)

    def _told(self, seen: Mentioned) -> Iterator[str]:
        imports, calls = self.config.imports, self.config.calls
        if seen.shell:
            yield "call.shell"
        if seen.dynamic:
            yield "call.dynamic"
        if any(_covers(imports.deny, m) or _covers(imports.deny, t) for m, t in seen.imports):
            yield "call.import"
        if imports.allow is not None and not all(
            _covers(imports.allow, m) or _covers(imports.allow, t) for m, t in seen.imports
        ):
            yield "call.import"
        if imports.limits and any(self._reaches(name, seen.modules) for name in seen.names):
            yield "call.import"
        if calls.deny and any(_denied(calls.deny, name) for name in seen.names):
            yield "call.function"
        if calls.allow is not None:
            yield from (label for name in seen.called if (label := _unlisted(calls.allow, name)))
        if any(
            imports.allow is not None or calls.allow is not None or _denies_below(calls.deny, m) for m in seen.passed
        ):
            yield "call.dynamic"

    def _reaches(self, name: str, modules: set[str]) -> bool:
        """A module that may not be imported is used as a member of another one."""
        imports = self.config.imports
        rooted = name.partition(".")[0] in {m.partition(".")[0] for m in modules}
        for end in parts(name):
            module, dot, _ = end.partition(".")
            if end == name or not (dot or rooted):
                continue
            known = module in _POWERFUL if imports.allow is not None and rooted else False
            if _covers(imports.deny, module) or (known and imports.forbid(module)):
                return True
        return False

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


def _covers(globs: tuple[str, ...], name: str) -> bool:
    """Whether a name is listed, or stands below one that is."""
    return any(name == g or name.startswith(g + ".") or ("*" in g and matches(g, name)) for g in globs)


def _denied(globs: tuple[str, ...], name: str) -> bool:
    return any(_covers(globs, end) for end in parts(name)) or any(g.startswith(".") and name.endswith(g) for g in globs)


def _denies_below(globs: tuple[str, ...], module: str) -> bool:
    return any(g.startswith((module + ".", "*")) or _covers((g,), module) for g in globs)


def _unlisted(allow: tuple[str, ...], name: str) -> str:
    """The label of a call that is not on the list; empty where it is."""
    through = {part.strip("_") for part in name.split(".")[1:-1]} & _POWERFUL  # `numpy.os.system` is not numpy's
    if not through and (_covers(allow, name.removeprefix("builtins.")) or _covers(allow, name)):
        return ""
    return "call.dynamic" if name.startswith((".", "(")) else "call.function"


def _parsed(code: str) -> ast.Module | None:
    """The code as a tree; None where it is no Python, or nested more deeply than Python's own parser reads."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in somebody's code is no news of ours
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def _without_magics(code: str) -> str | None:
    """The code with IPython's own lines left out; None where there are none."""
    lines = code.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    cell = _CELL.match(lines[first])
    if cell and cell[1] not in _PYTHON_CELLS:
        return ""
    kept = [re.match(r"[ \t]*", line)[0] + "pass" if _MAGIC.search(line) else line for line in lines]  # type: ignore[index]
    return "\n".join(kept) if kept != lines else None

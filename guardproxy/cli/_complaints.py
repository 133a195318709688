"""Complaints about policies as people and programs want them: lines, lines with the place shown, JSON, GitHub's, SARIF."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from guardproxy import __version__
from guardproxy.cli._plain import plain
from guardproxy.policy.codes import page, title
from guardproxy.policy.load import Examined
from guardproxy.types import ConfigError

WIDTH: Final = 100
"""Characters of a line that are shown around a place."""
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"|[^\s,\]}:]+(?:(?: |:(?=\S))[^\s,\]}:#]+)*|.")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in one directory."""

    directory: str
    examined: Examined = field(default_factory=Examined)
    unread: str = ""
    """Why nothing could be read there; empty where something was."""

    @property
    def found(self) -> list[tuple[str, ConfigError]]:
        """Each complaint with its level, `error` or `warning`."""
        problems = [("error", e) for e in self.examined.problems]
        return problems + [("warning", e) for e in self.examined.warnings]


def as_text(all: Sequence[Looked]) -> str:
    """A line per complaint and a summary."""
    return "\n".join([*(_line(*one) for looked in all for one in looked.found), summary(all)])


def as_full(all: Sequence[Looked]) -> str:
    """Each complaint with the line that it is about, and a summary."""
    blocks = []
    for looked in all:
        for level, e in looked.found:
            shown = _shown(e)
            blocks.append(f"{_line(level, e)}\n{shown}\n" if shown else _line(level, e))
    said = {e.code for looked in all for _, e in looked.found if e.code}
    more = f"\n`guardproxy check --explain {min(said)}` says more about it, and so for each code." if said else ""
    return "\n".join([*blocks, summary(all) + more])


def _line(level: str, e: ConfigError) -> str:
    return str(e) if level == "error" else f"{e.file}:{e.line}:{e.column}: {e.code} warning: {e.message}"


def summary(all: Sequence[Looked]) -> str:
    """How many there are, and in how much."""
    of = [looked.examined for looked in all]
    warnings = sum(len(e.warnings) for e in of)
    warned = f" and {_count(warnings, 'warning')}" if warnings else ""
    read = _read(sum(e.rules for e in of), sum(e.filters for e in of))
    files = _count(sum(e.files for e in of), "file")
    return f"{_count(sum(len(e.problems) for e in of), 'problem')}{warned} in {files} ({read}{_taken_over(of)})"


def _taken_over(of: Sequence[Examined]) -> str:
    """What a single file comes to where it extends another or takes packs; a directory has several, which differ."""
    policy = of[0].policy if len(of) == 1 and of[0].files == 1 else None
    if policy is None or (len(policy.rules), len(policy.filters)) == (of[0].rules, of[0].filters):
        return ""
    return f"; {_read(len(policy.rules), len(policy.filters))} with what it takes over"


def _read(rules: int, filters: int) -> str:
    return f"{_count(rules, 'rule')}, {_count(filters, 'filter')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shown(e: ConfigError) -> str:
    """The line of a complaint with a mark below its place; empty where there is none."""
    try:
        lines = Path(e.file).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    if not 0 < e.line <= len(lines):
        return ""
    line, at = lines[e.line - 1], e.column - 1
    found = _TOKEN.match(line, at)
    end = found.end() if found else at + 1
    first = max(0, min(at - WIDTH // 4, len(line) - WIDTH))
    last = min(len(line), first + WIDTH)
    before, marked = plain(line[first:at]), plain(line[at : min(end, last)])
    text = (
        ("… " if first else "")
        + before
        + marked
        + plain(line[min(end, last) : last])
        + (" …" if last < len(line) else "")
    )
    gutter = len(str(e.line))
    mark = " " * (len(before) + (2 if first else 0)) + "^" * max(1, len(marked))
    return f"{' ' * gutter} |\n{e.line} | {text}\n{' ' * gutter} | {mark}"


# ---------------------------------------------------------------------------------------------------- for programs


def as_json(all: Sequence[Looked]) -> str:
    """{problems, warnings, files, rules, filters, policies}; of each directory's default policy, None where there is none."""
    found = [one for looked in all for one in looked.found]
    return json.dumps(
        {
            "problems": [_entry(e) for level, e in found if level == "error"],
            "warnings": [_entry(e) for level, e in found if level == "warning"],
            "files": sum(looked.examined.files for looked in all),
            "rules": sum(looked.examined.rules for looked in all),
            "filters": sum(looked.examined.filters for looked in all),
            "policies": {looked.directory: _policy(looked.examined) for looked in all},
        },
        indent=2,
    )


def _policy(examined: Examined) -> dict[str, str] | None:
    policy = examined.policy
    return {"name": policy.name, "version": policy.version, "digest": policy.digest} if policy else None


def _entry(e: ConfigError) -> dict[str, str | int]:
    return {"file": e.file, "line": e.line, "column": e.column, "code": e.code, "message": e.message}


def as_github(all: Sequence[Looked]) -> str:
    """Annotations for GitHub Actions, one a line, and a summary.

    Form: GitHub's "Workflow commands", where `%`, line ends and, in properties, `:` and `,` are escaped.
    """
    lines = [
        f"::{level} file={_property(e.file)},line={e.line},col={e.column},title={_property(e.code)}::{_data(e.message)}"
        for looked in all
        for level, e in looked.found
    ]
    lines += [f"::error::{_data(looked.unread)}" for looked in all if looked.unread]
    return "\n".join([*lines, summary(all)])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(all: Sequence[Looked]) -> str:
    """SARIF 2.1.0 (OASIS), which code scanning reads: one run, a rule per code that was said."""
    found = [one for looked in all for one in looked.found]
    said = sorted({e.code for _, e in found})
    driver = {"name": "guardproxy", "version": __version__, "rules": [_rule(code) for code in said]}
    results = [_result(level, e, said.index(e.code)) for level, e in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}, indent=2
    )


def _rule(code: str) -> dict[str, Any]:
    text = page(code)
    return {"id": code, "shortDescription": {"text": title(code)}, "help": {"text": text, "markdown": text}}


def _result(level: str, e: ConfigError, rule: int) -> dict[str, Any]:
    file = Path(e.file)
    uri = file.as_uri() if file.is_absolute() else quote(file.as_posix())
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": e.line, "startColumn": e.column}}
    return {
        "ruleId": e.code,
        "ruleIndex": rule,
        "level": level,
        "message": {"text": e.message},
        "locations": [{"physicalLocation": place}],
    }


FORMATS: Final[Mapping[str, Callable[[Sequence[Looked]], str]]] = {
    "full": as_full,
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}

"""`check --fix`: what has one remedy only is put right in the text, and every other character stays as it was.

Of a complaint that has a `remedy` it is certain what is meant: text that YAML takes for a number wants quotes, `yes` is `true`
where one of the two is wanted, and what changes nothing can go. "Did you mean" is a guess and never obeyed. Each change is
examined before it is kept: the complaint must be gone, and nothing may be wrong that wasn't before.

The format of policies has had one version, and none of its keys was ever renamed: there is nothing to upgrade yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as File
from typing import Final

from guardproxy.policy import layout, source
from guardproxy.policy.layout import Unclear
from guardproxy.policy.load import Build, Examined, examine, policy_files
from guardproxy.types import Catalogue, ConfigError

_ROUNDS: Final = 20
"""What one change uncovers (a file that wasn't YAML) is put right in the next round."""
_WORDS: Final = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
Said = Counter[tuple[str, str, str]]
"""Code, message and file of complaints."""


@dataclass(slots=True)
class Fixed:
    """What became of the files of a directory."""

    examined: Examined
    """What is left to be said when all changes are made."""
    before: dict[File, str] = field(default_factory=dict)
    after: dict[File, str] = field(default_factory=dict)
    """File to its text; only those that change."""
    complaints: int = 0
    """How many were put right."""


def fix(directory: File, catalogue: Catalogue, build: Build | None = None) -> Fixed:
    """Put right what can be. Writes nothing. Raises like `examine`."""
    files = set(policy_files(directory))
    alone = directory.is_dir() or len(set(policy_files(directory.parent)) - files) == 0
    look = partial(examine, directory, catalogue, build)
    fixed = Fixed(look())
    texts: dict[File, str] = {}
    hopeless: set[tuple[str, str, str, str]] = set()
    for _ in range(_ROUNDS):
        wanted = [e for e in _fixable(fixed.examined, files, alone) if _sign(e, texts) not in hopeless]
        if not wanted:
            break
        kept = _all_at_once(wanted, fixed, texts, look) or _one_by_one(wanted, fixed, texts, look)
        if not kept:
            hopeless |= {_sign(e, texts) for e in wanted}
        fixed.complaints += kept
    fixed.before = {file: _read(file) for file in texts}
    fixed.after = texts
    return fixed


def _fixable(told: Examined, files: set[File], alone: bool) -> list[ConfigError]:
    """The complaints that have a remedy, the last first: what is changed there moves nothing above.

    What nobody uses in a single file may be for others beside it (`alone`).
    """
    found = [e for e in (*told.problems, *told.warnings) if e.remedy and File(e.file) in files]
    return sorted(
        (e for e in found if alone or e.code != "GP012"), key=lambda e: (e.file, e.line, e.column), reverse=True
    )


def _sign(e: ConfigError, texts: Mapping[File, str]) -> tuple[str, str, str, str]:
    return e.file, e.code, f"{e.line}:{e.column} {e.message}", texts.get(File(e.file), "")


def _all_at_once(wanted: list[ConfigError], fixed: Fixed, texts: dict[File, str], look: partial[Examined]) -> int:
    changed, done = dict(texts), list[ConfigError]()
    for e in wanted:
        file = File(e.file)
        try:
            changed[file] = remedied(changed.get(file) or _read(file), e)
        except Unclear:
            continue
        done.append(e)
    return _keep(done, changed, fixed, texts, look) if done else 0


def _one_by_one(wanted: list[ConfigError], fixed: Fixed, texts: dict[File, str], look: partial[Examined]) -> int:
    """Those that can be kept. The last comes first, so that the places of the others stay."""
    return sum(_all_at_once([e], fixed, texts, look) for e in wanted)


def _keep(
    done: list[ConfigError], changed: dict[File, str], fixed: Fixed, texts: dict[File, str], look: partial[Examined]
) -> int:
    """Look at the changed files; keep them if that is better. How many complaints are gone."""
    told = look(instead=changed)
    before, after = _said(fixed.examined), _said(told)
    gone = all(after[one] <= before[one] - times for one, times in Counter(map(_of, done)).items())
    new = after - before
    # a file that had not even the form of a policy may have more to be said against it, once it has
    if not gone or (new and (fixed.examined.policy is not None or _shallow(done) is False)):
        return 0
    fixed.examined = told
    texts.clear()
    texts.update(changed)
    return len(done)


def _shallow(done: list[ConfigError]) -> bool:
    """These complaints are about form: what lies deeper wasn't looked at."""
    return all(e.code in ("GP001", "GP002") for e in done)


def _of(e: ConfigError) -> tuple[str, str, str]:
    return e.code, e.message, e.file


def _said(told: Examined) -> Said:
    return Counter(map(_of, (*told.problems, *told.warnings)))


# ---------------------------------------------------------------------------------------------------- one change


def remedied(text: str, e: ConfigError) -> str:
    """The text with one complaint put right. Raises Unclear where its layout is unusual: then it is left as it is."""
    root = layout.parse(text)
    at = _offset(text, e.line, e.column)
    if e.remedy == "drop":
        return _dropped(text, root, at)
    node = layout.scalar_at(root, at)
    written = text[node.start : node.end]
    if e.remedy == "quote":
        return f'{text[: node.start]}"{written}"{text[node.end :]}'
    word = _WORDS.get(written.lower())
    if e.remedy != "boolean" or word is None:
        raise Unclear
    return text[: node.start] + word + text[node.end :]


def _offset(text: str, line: int, column: int) -> int:
    at = 0
    for _ in range(line - 1):
        found = source.BREAK.search(text, at)
        if found is None:
            raise Unclear
        at = found.end()
    return at + column - 1


def _dropped(text: str, root: layout.Node, at: int) -> str:
    """The text without the entry that begins there; without what holds it, if it is the only one of a section."""
    entry = layout.entry_at(root, at)
    if entry.holder.mapping:
        same = [one for one in entry.holder.entries if one.key == entry.key]
        if any(one.node.content != entry.node.content for one in same):
            raise Unclear  # which of the two is meant?
        holder = layout.holder_of(root, entry.holder)
        if len(entry.holder.entries) == 1 and holder is not None and holder.holder is root:
            entry = holder
    new = layout.without(text, entry)
    kept = [one for one in entry.holder.entries if one is not entry]
    entry.holder.entries = kept
    if layout.parse(new).content != root.content:
        raise Unclear
    return new


def _read(file: File) -> str:
    return file.read_bytes().decode("utf-8-sig")

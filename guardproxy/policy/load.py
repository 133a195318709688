"""From a directory to a policy: read, check, compile. All complaints are gathered, not only the first.

Filters are built by the callback alone, and only to be checked; this package imports none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, TypeAlias

from pydantic import ValidationError

from guardproxy.policy import check, source
from guardproxy.policy.cases import Case, compile_case
from guardproxy.policy.compile import compile_policy
from guardproxy.policy.complaints import complaints
from guardproxy.policy.model import Policy
from guardproxy.policy.schema import Document
from guardproxy.text import PatternError
from guardproxy.types import Catalogue, ConfigError, Filter, GuardproxyError, Monitor, Path

Build: TypeAlias = Callable[[str, Mapping[str, Any]], Filter | Monitor]
"""Makes a filter or monitor from its name and options, without loading models. Raises ConfigError; what is at fault is said
by an attribute of the error: `path` (keys and indexes below the filter's entry), `entry` (the id of one of its entries), or
`invalid` and `model` (pydantic's errors and the class of the options)."""
SUFFIXES = (".yaml", ".yml")
PACKS = "packs"
"""Folder of a policy directory with policies that are used by their own path."""


class ConfigErrors(GuardproxyError):
    """Everything that is wrong with a policy."""

    def __init__(self, errors: list[ConfigError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


@dataclass(slots=True)
class Examined:
    """What a look at a policy directory found. `policy` is None when there are problems."""

    policy: Policy | None = None
    problems: list[ConfigError] = field(default_factory=list)
    warnings: list[ConfigError] = field(default_factory=list)
    cases: tuple[Case, ...] = ()
    file: str = ""
    """The policy's file."""
    files: int = 0
    rules: int = 0
    filters: int = 0


def load(directory: File, catalogue: Catalogue, build: Build | None = None) -> Policy:
    """The policy of a directory (or of one file). Raises ConfigErrors with every problem, or ConfigError when there is
    nothing to read."""
    examined = examine(directory, catalogue, build)
    if examined.policy is None:
        raise ConfigErrors(examined.problems)
    return examined.policy


def examine(directory: File, catalogue: Catalogue, build: Build | None = None) -> Examined:
    """Like `load`, with warnings and tests. Raises ConfigError only when there is nothing to read."""
    out = Examined()
    files = list(_files(directory))
    if not files:
        raise ConfigError(f"there is no policy (*.yaml) in {directory}; `policies/default.yaml` is one to begin with")
    out.files = len(files)
    for file in files[1:]:
        message = f"several policies in one directory are not supported yet; move the rules into {files[0].name}"
        out.problems.append(ConfigError(message, str(file), 1, 1, "GP032"))
    for file in files:
        _examine_file(file, catalogue, build, out)
    out.problems.sort(key=lambda e: (e.file, e.line, e.column, e.code))
    if out.problems:
        out.policy = None
    return out


def _files(directory: File) -> Iterator[File]:
    """The policy files of a directory, those in its folders too: none may be passed over in silence.

    `packs/` alone is left out: what stands there is a choice of whole policies, each named by its own path.
    """
    if directory.is_file():
        yield directory
        return
    if not directory.is_dir():
        raise ConfigError(f"there is no directory {directory}; give one with a policy (*.yaml) in it")
    found = [f for f in directory.rglob("*") if f.suffix in SUFFIXES and f.is_file()]
    for file in sorted(found, key=lambda f: (len(f.parts), f)):
        inside = file.relative_to(directory).parts
        if inside[0] != PACKS and not any(part.startswith(".") for part in inside):
            yield file


def _examine_file(file: File, catalogue: Catalogue, build: Build | None, out: Examined) -> None:
    try:
        read = source.read(file)
        document = _document(read)
    except ConfigError as e:
        out.problems.append(e)
        return
    except ConfigErrors as e:
        out.problems += e.errors
        return
    out.rules += len(document.rules)
    out.filters += len(document.filters)
    built = dict(_build(read, document, catalogue, build, out.problems)) if build else {}
    policy = compile_policy(document, read.data, catalogue, built)
    subject = check.Subject(read, document, policy, catalogue, built)
    wrong = check.problems(subject)
    out.problems += wrong
    if not out.problems:
        places = (read.place((*path, "name"))[0] for path, _ in subject.tests())
        out.cases = tuple(
            compile_case(e, line, policy, catalogue) for e, line in zip(document.tests, places, strict=True)
        )
        out.warnings += check.untested(subject, out.cases)
        out.policy, out.file = policy, read.file


def _document(read: source.Source) -> Document:
    if not isinstance(read.data, dict):
        raise read.error(
            "GP002", "expected the keys of a policy (schema, policy, filters, rules), not a list or a word"
        )
    try:
        return Document.model_validate(read.data)
    except ValidationError as e:
        raise ConfigErrors(list(complaints(read, e))) from None


def _build(
    read: source.Source, document: Document, catalogue: Catalogue, build: Build, problems: list[ConfigError]
) -> Iterator[tuple[str, Filter | Monitor]]:
    kinds = {"filters": catalogue.labels, "monitors": catalogue.monitors}
    entries = [("filters", n, e.use) for n, e in document.filters.items()]
    entries += [("monitors", n, e.use) for n, e in document.monitors.items() if n not in document.filters]
    for section, name, use in entries:
        if use not in kinds[section]:
            continue  # said by `check`
        try:
            yield name, build(name, read.data[section][name])
        except (ConfigError, PatternError) as e:
            problems += _misbuilt(read, (section, name), e)


def _misbuilt(read: source.Source, at: Path, error: ConfigError | PatternError) -> Iterator[ConfigError]:
    """The error at the option that it is about; where it says what is wrong with several, one at each."""
    invalid, model = getattr(error, "invalid", None), getattr(error, "model", None)
    if isinstance(invalid, ValidationError) and model is not None:
        yield from complaints(read, invalid, model, at)
        return
    entry = getattr(error, "entry", None)
    path: Path = (*at, *getattr(error, "path", ()))
    if entry is not None:
        path = check.entry_place(read, str(at[-1]), entry)
    pattern = isinstance(error, PatternError) or entry is not None or "pattern" in path[2:]
    code = getattr(error, "code", "") or ("GP020" if pattern else "GP002")
    yield read.error(code, error.message if isinstance(error, ConfigError) else str(error), path)

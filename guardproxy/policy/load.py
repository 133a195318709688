"""From a directory to a policy: read, check, compile. All complaints are gathered, not only the first.

Filters are built by the callback alone, and only to be checked; this package imports none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as File
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import ValidationError

from guardproxy.policy import check, lints, source
from guardproxy.policy.cases import Case, compile_case
from guardproxy.policy.compile import compile_policy
from guardproxy.policy.complaints import complaints, did_you_mean
from guardproxy.policy.layers import Pack, beneath, weave
from guardproxy.policy.locks import loosened
from guardproxy.policy.model import Policy
from guardproxy.policy.policies import Policies
from guardproxy.policy.schema import Document, PackEntry
from guardproxy.policy.tenants import Arrangement, Written, arrange
from guardproxy.text import PatternError
from guardproxy.types import Catalogue, ConfigError, Filter, GuardproxyError, Monitor, Path

Build: TypeAlias = Callable[[str, Mapping[str, Any]], Filter | Monitor]
"""Makes a filter or monitor from its name and options, without loading models. Raises ConfigError; what is at fault is said
by an attribute of the error: `path` (keys and indexes below the filter's entry), `entry` (the id of one of its entries), or
`invalid` and `model` (pydantic's errors and the class of the options)."""
SUFFIXES = (".yaml", ".yml")
PACKS = "packs"
"""Folder of a policy directory with policies that are used by their own path."""
_NOTHING: Mapping[File, str] = MappingProxyType({})
_APART = (PACKS, "probes")
"""Folders that hold no policies of the directory; `probes/` has questions for models (docs/probe.md)."""


class ConfigErrors(GuardproxyError):
    """Everything that is wrong with a policy."""

    def __init__(self, errors: list[ConfigError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy with the tests for it that stand in one file: that of the policy, or that of a pack which it takes over."""

    file: str
    policy: Policy
    cases: tuple[Case, ...] = ()
    tenants: tuple[str, ...] = ()
    """The tenants that get the policy; none for the default one, and for one that others extend only."""
    source: source.Source | None = field(default=None, compare=False)
    """The policy as it is written, with all that it takes over."""


@dataclass(slots=True)
class Examined:
    """What a look at a policy directory found. `policy` is None when there are problems."""

    policy: Policy | None = None
    policies: Policies | None = None
    """That policy and those of tenants; None when there are problems."""
    problems: list[ConfigError] = field(default_factory=list)
    warnings: list[ConfigError] = field(default_factory=list)
    cases: tuple[Case, ...] = ()
    """Those of the default policy."""
    file: str = ""
    """The default policy's file."""
    by_file: tuple[PolicyFile, ...] = ()
    """Each policy of the directory with its own tests, then with those of its packs, the default one first; empty when there
    are problems."""
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


def load_all(directory: File, catalogue: Catalogue, build: Build | None = None) -> Policies:
    """All policies of a directory (or of one file). Raises like `load`."""
    examined = examine(directory, catalogue, build)
    if examined.policies is None:
        raise ConfigErrors(examined.problems)
    return examined.policies


def examine(
    directory: File,
    catalogue: Catalogue,
    build: Build | None = None,
    *,
    instead: Mapping[File, str] = _NOTHING,
    above: Sequence[str] = (),
) -> Examined:
    """Like `load`, with warnings and tests. Raises ConfigError only when there is nothing to read.

    `above`: packs whose rules come besides in every policy; tests and warnings are those of the policies without them.
    `instead`: texts of files that are looked at in place of what is written there.
    """
    out = Examined()
    files = list(policy_files(directory))
    if not files:
        raise ConfigError(f"there is no policy (*.yaml) in {directory}; `policies/default.yaml` is one to begin with")
    out.files = len(files)
    read = _Reading(directory if directory.is_dir() else directory.parent, catalogue, build, out, instead)
    written = [one for file in files if (one := read.written(file)) is not None]
    out.rules = sum(len(one.document.rules) for one in written)
    out.filters = sum(len(one.document.filters) for one in written)
    arranged = arrange(written, read.installed, catalogue.policies, complete=len(written) == len(files))
    read.say(arranged.problems)
    wholes = [(one, whole) for one in arranged.sound if (whole := read.whole(one)) is not None]
    default = read.whole(arranged.default) if arranged.default is not None else None
    if not out.problems and arranged.default is not None and default is not None:
        _finish(out, arranged, default, wholes, read)
    if above and out.policies is not None:
        _put_above(out, arranged, read, above)
    out.problems.sort(key=lambda e: (e.file, e.line, e.column, e.code))
    return out


def _put_above(out: Examined, arranged: Arrangement, read: _Reading, packs: Sequence[str]) -> None:
    """Every policy with these packs on top; none where they do not fit one of them."""
    assert arranged.default is not None  # there are policies
    made = {one: read.with_above(one, packs) for one in {arranged.default, *arranged.tenants.values()}}
    sound = {one: subject.policy for one, subject in made.items() if subject is not None}
    if out.problems or len(sound) < len(made):
        out.policy = out.policies = None
        return
    tenants = {tenant: sound[one] for tenant, one in sorted(arranged.tenants.items())}
    out.policy = sound[arranged.default]
    out.policies = Policies(out.policy, MappingProxyType(tenants))


def _finish(
    out: Examined,
    arranged: Arrangement,
    default: check.Subject,
    wholes: list[tuple[Written, check.Subject]],
    read: _Reading,
) -> None:
    """The policies, their tests, and warnings, when nothing is wrong."""
    policies = {one: whole.policy for one, whole in wholes}
    out.policy = default.policy
    tenants = {tenant: policies[one] for tenant, one in sorted(arranged.tenants.items())}
    out.policies = Policies(out.policy, MappingProxyType(tenants))
    tests: dict[Written, tuple[Case, ...]] = {}
    for one, whole in wholes:
        names = tuple(one.document.tenants)
        cases = {one.source.file: (), **_cases(whole, names)}
        out.by_file += tuple(PolicyFile(file, whole.policy, c, names, whole.source) for file, c in cases.items())
        out.cases = cases[one.source.file] if whole is default else out.cases
        tests[one] = tuple(case for group in cases.values() for case in group)
    mine = {one.source.file for one, _ in wholes}
    needed = {entry for _, whole in wholes for entry in lints.used(whole)}  # what one has for another's sake is used
    for one, whole in wholes:  # a rule that was taken over is tested where it stands
        known = (case for other in (one, *one.below()) for case in tests.get(other, ()))
        said = (*lints.warnings(whole, known, one.document.tenants), *lints.unused(whole, needed))
        found = (e for e in said if e.file in mine)  # packs are for others to put right
        out.warnings += read.new(found, one.source.file)
    lost = lints.for_nobody((whole, partial(_gets, arranged, one)) for one, whole in wholes)
    out.warnings += read.new((e for e in lost if e.file in mine), "")
    out.warnings.sort(key=lambda e: (e.file, e.line, e.column, e.code))
    out.file = arranged.default.source.file if arranged.default else ""


def _gets(arranged: Arrangement, one: Written, tenant: str) -> bool:
    """Whether a tenant gets the policy of a file."""
    return arranged.tenants.get(tenant, arranged.default) is one


def _cases(subject: check.Subject, tenants: tuple[str, ...]) -> dict[str, tuple[Case, ...]]:
    """The tests of a policy by the file that they stand in: its own first, then those of its packs."""
    out: dict[str, tuple[Case, ...]] = {}
    for entry, (path, _) in zip(subject.document.tests, subject.tests(), strict=True):
        case = compile_case(entry, subject.source.place((*path, "name"))[0], subject.policy, subject.catalogue)
        if tenants and "tenant" not in entry.given.model_fields_set:
            case = replace(case, tenant=tenants[0])
        file = subject.source.file_of(path)
        out[file] = (*out.get(file, ()), case)
    return out


def policy_files(directory: File) -> Iterator[File]:
    """The policy files of a directory, those in its folders too: none may be passed over in silence.

    `packs/` is left out, as what stands there is a choice of whole policies, each named by its own path, and so is `probes/`.
    """
    if directory.is_file():
        yield directory
        return
    if not directory.is_dir():
        raise ConfigError(f"there is no directory {directory}; give one with a policy (*.yaml) in it")
    found = [f for f in directory.rglob("*") if f.suffix in SUFFIXES and f.is_file()]
    for file in sorted(found, key=lambda f: (len(f.parts), f)):
        inside = file.relative_to(directory).parts
        if inside[0] not in _APART and not any(part.startswith(".") for part in inside):
            yield file


class _Reading:
    """Reads files, each once, and gathers what is wrong with them, each thing once."""

    def __init__(
        self, folder: File, catalogue: Catalogue, build: Build | None, out: Examined, instead: Mapping[File, str]
    ) -> None:
        self.folder, self.catalogue, self.build, self.problems = folder, catalogue, build, out.problems
        self.instead = instead
        self._said: set[tuple[str, int, int, str, str]] = set()
        self._files: dict[File, Written | None] = {}
        self._wholes: dict[Written, check.Subject | None] = {}
        self._built: dict[tuple[str, str], Filter | Monitor] = {}

    def say(self, problems: Iterable[ConfigError]) -> None:
        self.problems += self.new(problems, "")

    def new(self, found: Iterable[ConfigError], file: str, name: str = "") -> Iterator[ConfigError]:
        """What was not said yet. Where it stands in another file than the one that is read, it is said for whom it is."""
        for one in found:
            key = (one.file, one.line, one.column, one.code, one.message)
            if key not in self._said:
                self._said.add(key)
                yield replace(one, message=f"{one.message} (in policy {name!r})") if name and one.file != file else one

    def written(self, file: File) -> Written | None:
        """A file as it stands; None where its form is wrong."""
        try:
            text = self.instead.get(file)
            read = source.read(file) if text is None else source.parse(text, str(file))
            return Written(read, _document(read))
        except ConfigError as e:
            self.say([e])
        except ConfigErrors as e:
            self.say(e.errors)
        return None

    def installed(self, name: str) -> Written | None:
        """One of guardproxy's own policies; None where there is none."""
        file = self.catalogue.policies.get(name)
        return self._once(file) if file is not None else None

    def _once(self, file: File) -> Written | None:
        if file not in self._files:
            self._files[file] = self.written(file)
        return self._files[file]

    def _packs(self, one: Written, entries: Sequence[PackEntry]) -> list[Pack] | None:
        """The packs that entries name: those beside the policy come before those that are installed. None: some lack."""
        beside = {f.stem: f for f in sorted((self.folder / PACKS).glob("*")) if f.suffix in SUFFIXES}
        known, packs = {**self.catalogue.policies, **beside}, list[Pack]()
        for i, entry in enumerate(entries):
            error = partial(one.source.error, "GP038", path=("packs", i))
            if entry.use not in known:
                self.say([error(f"there is no pack {entry.use!r}{did_you_mean(entry.use, known)}")])
                continue
            pack = self._once(known[entry.use])
            if pack is None:
                continue  # said already
            more = [key for key in ("extends", "tenants", "packs", "override") if key in pack.source.data]
            if more:
                message = f"{pack.source.file} has `{more[0]}`, and a pack stands for itself; write what it takes over into it"
                self.say([error(message)])
                continue
            packs.append(Pack(pack.source, entry, i))
        return packs if len(packs) == len(entries) else None

    def with_above(self, one: Written, packs: Sequence[str]) -> check.Subject | None:
        """A whole policy with packs above it. None where they do not fit, or there is no such pack; that is said."""
        lower = self.whole(one)
        assert lower is not None  # it has no problems
        entries = [PackEntry(use=name, tests=False) for name in packs]
        found = self._packs(one, entries)
        if found is None:
            return None
        head = {key: lower.source.data[key] for key in ("schema", "policy", "version") if key in lower.source.data}
        read, wrong = weave(source.Source(one.source.file, head, {(): (1, 1)}), lower.source, found)
        wrong += [error for pack in found for error in _loosening(pack)]
        self.say(wrong)
        document = self._form(read)
        if document is None:
            return None
        subject, problems = self._judged(read, document)
        self.problems += self.new(problems, one.source.file, one.name)
        return None if wrong or problems else subject

    def whole(self, one: Written) -> check.Subject | None:
        """A file with all that it takes over; None where that has not even the form of a policy."""
        if one not in self._wholes:
            self._wholes[one] = self._whole(one)
        return self._wholes[one]

    def _whole(self, one: Written) -> check.Subject | None:
        read, document, under = one.source, one.document, None
        lower = self.whole(one.lower) if one.lower is not None else None
        packs = self._packs(one, one.document.packs)
        if packs is None or (lower is None and one.lower is not None):
            return None
        if lower is not None or packs or document.override:  # what overrides nothing is told there
            base = lower.source if lower is not None else None
            read, wrong = weave(one.source, base, packs)
            self.say(wrong)
            taken = [pack.source.data for pack in packs] + ([] if base is None else [base.data])
            if any(rule.get("locked") for data in taken for rule in data.get("rules", ())):
                under = beneath(one.source, base, packs)
            woven = self._form(read)
            if woven is None:
                return None
            document = woven
        subject, problems = self._judged(read, document)
        if under is not None:
            problems += loosened(self._compiled(under, _document(under), [])[0], subject.policy, read)
        self.problems += self.new(problems, one.source.file, one.name)
        return subject

    def _form(self, read: source.Source) -> Document | None:
        """A whole policy as a document; None where it has not the form of one, which is said."""
        try:
            return _document(read)
        except ConfigErrors as e:
            self.say(e.errors)
            return None

    def _judged(self, read: source.Source, document: Document) -> tuple[check.Subject, list[ConfigError]]:
        """A whole policy, compiled, and what is wrong with it."""
        problems: list[ConfigError] = []
        policy, built = self._compiled(read, document, problems)
        subject = check.Subject(read, document, policy, self.catalogue, built)
        return subject, problems + check.problems(subject)

    def _compiled(
        self, read: source.Source, document: Document, problems: list[ConfigError]
    ) -> tuple[Policy, dict[str, Filter | Monitor]]:
        built = dict(self._make(read, document, problems))
        return compile_policy(document, read.data, self.catalogue, built), built

    def _make(
        self, read: source.Source, document: Document, problems: list[ConfigError]
    ) -> Iterator[tuple[str, Filter | Monitor]]:
        """The filters and monitors of a policy. Those that several policies have alike are made once."""
        if self.build is None:
            return
        kinds = {"filters": self.catalogue.labels, "monitors": self.catalogue.monitors}
        entries = [("filters", n, e.use) for n, e in document.filters.items()]
        entries += [("monitors", n, e.use) for n, e in document.monitors.items() if n not in document.filters]
        for section, name, use in entries:
            if use not in kinds[section]:
                continue  # said by `check`
            options = read.data[section][name]
            key = name, json.dumps(options, sort_keys=True)
            try:
                if key not in self._built:
                    self._built[key] = self.build(name, options)
                yield name, self._built[key]
            except (ConfigError, PatternError) as e:
                problems += _misbuilt(read, (section, name), e)


def _loosening(pack: Pack) -> Iterator[ConfigError]:
    """What a pack may not have above a policy: where masks overlap, one that is given back would win over one that is not."""
    for index, rule in enumerate(pack.source.data.get("rules", ())):
        if rule.get("with", {}).get("style") == "token":
            message = f"rule {rule['id']!r} masks reversibly, and what is put above a policy may only make it stricter"
            yield pack.source.error("GP031", message, ("rules", index, "with", "style"))


def _document(read: source.Source) -> Document:
    if not isinstance(read.data, dict):
        raise read.error(
            "GP002", "expected the keys of a policy (schema, policy, filters, rules), not a list or a word"
        )
    try:
        return Document.model_validate(read.data)
    except ValidationError as e:
        raise ConfigErrors(list(complaints(read, e))) from None


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

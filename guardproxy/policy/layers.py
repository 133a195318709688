"""Several files as one: what a policy takes over from the policy that it extends and from packs, and what it changes there.

The outcome is a `Source` like that of any file, and every value in it still knows the file and line that it came from.
So all that is said about a policy is said about the whole of it, at the place where its author can put it right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from guardproxy.policy.compile import compile_rule
from guardproxy.policy.complaints import did_you_mean
from guardproxy.policy.schema import PackEntry, RuleEntry
from guardproxy.policy.source import Source
from guardproxy.types import ConfigError, Path

NAMED: Final = {"lists": "list", "filters": "filter", "monitors": "monitor"}
"""Sections whose entries have names, with the word for one entry."""
_HEAD: Final = ("schema", "policy", "version", "requires", "owner", "description")
_KEYED: Final = (*NAMED, "defaults", "log")
_OF_THEN: Final = ("with", "to")
"""Keys of a rule that belong to its `then`: another `then` takes them away."""


_FOR_PEOPLE: Final = {"title", "severity", "status", "tags"}
"""What two rules may differ in and still be the same rule."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as a policy takes it over."""

    source: Source
    entry: PackEntry
    index: int
    """Its place in `packs`."""


def weave(own: Source, lower: Source | None = None, packs: Sequence[Pack] = ()) -> tuple[Source, list[ConfigError]]:
    """The whole policy of a file, given what it takes over, and the complaints about how they fit together.

    Lists, filters and monitors of `own` take the place of those of the same name in `lower`, keys of `defaults` too; its rules
    come besides, and `override` replaces whole keys of rules that were taken over. Names of a pack must be new, or mean
    the same as what they stand for already. Tests are those of `own` and of the packs.
    """
    weaving = _Weaving(own)
    if lower is not None:
        weaving.take(lower)
    for pack in packs:
        weaving.add_pack(pack)
    weaving.add_own()
    for pack in packs:
        weaving.add_tests(pack)
    return weaving.finished(), weaving.problems


def beneath(own: Source, lower: Source | None, packs: Sequence[Pack]) -> Source:
    """What a file takes over, without anything of its own."""
    empty = Source(own.file, {key: own.data[key] for key in ("schema", "policy")}, {(): (1, 1)})
    return weave(empty, lower, packs)[0]


class _Weaving:
    def __init__(self, own: Source) -> None:
        self.own, self.problems = own, list[ConfigError]()
        self.gone = set[Path]()
        """What was taken over and has been replaced."""
        self.packed = set[Path]()
        """What came with packs."""
        self.foreign = set[Path]()
        """What a pack says and the file says too, less strictly."""
        self.out = Source(own.file, {k: own.data[k] for k in _HEAD if k in own.data})
        for section in (*_KEYED, "training"):
            self.out.data[section] = {}
        self.out.data |= {"rules": [], "tests": []}

    @property
    def rules(self) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = self.out.data["rules"]
        return rules

    def take(self, source: Source) -> None:
        """All that decides in `source`."""
        moves: dict[Path, Path] = {}
        for section in _KEYED:
            for name, entry in source.data.get(section, {}).items():
                self.out.data[section][name] = entry
                moves[section, name] = section, name
        for index, rule in enumerate(source.data.get("rules", ())):
            moves["rules", index] = "rules", len(self.rules)
            self.rules.append(rule)
        self._training(source, moves, keys=("blocked", "redacted", "unreadable"))
        self._places(source, moves)

    def _training(
        self, source: Source, moves: dict[Path, Path], *, keys: Collection[str] = (), without: Collection[str] = ()
    ) -> None:
        """What a source says about training files: its rules come besides all others, of these keys the last word counts."""
        said, there, own = source.data.get("training", {}), self.out.data["training"], source is self.own
        for key in said.keys() & set(keys):
            there[key] = said[key]
            moves["training", key] = "training", key
            if own:
                self.gone.add(("training", key))
        rules: list[dict[str, Any]] = there.setdefault("rules", [])
        places = {rule["id"]: number for number, rule in enumerate(rules)}
        for index, rule in enumerate(said.get("rules", ())):
            at = places.get(rule["id"])
            if rule["id"] in without or (at is not None and rules[at] == rule):
                continue
            if at is not None:
                where = self.out.where(("training", "rules", at, "id"))
                message = f"a rule about training files named {rule['id']!r} stands in {where} already, and they differ"
                place: Path = ("training", "rules", index, "id") if own else ("policy",)
                self.problems.append(self.own.error("GP003", message, place))
                continue
            moves["training", "rules", index] = "training", "rules", len(rules)
            rules.append(rule)

    def add_pack(self, pack: Pack) -> None:
        """What a pack brings: everything but its defaults."""
        source, moves = pack.source, dict[Path, Path]()
        without = self._left_out(pack)
        if _numbers(wanted := source.data.get("requires", "")) > _numbers(self.out.data.get("requires", "")):
            self.out.data["requires"] = wanted
            moves["requires",] = ("requires",)
            self.foreign.add(("requires",))
        for section, noun in NAMED.items():
            for name, entry in source.data.get(section, {}).items():
                there: Mapping[str, Any] = self.out.data[section]
                if name in without or self._same(pack, (section, name), there.get(name), entry, noun, name):
                    continue
                self.out.data[section][name] = entry
                moves[section, name] = section, name
                self.packed.add((section, name))
        before = {rule["id"]: i for i, rule in enumerate(self.rules)}
        for index, rule in enumerate(source.data.get("rules", ())):
            id = rule["id"]
            at = before.get(id)
            old = None if at is None else _decides(self.rules[at])
            path: Path = ("rules", -1 if at is None else at, "id")
            if id in without or self._same(pack, path, old, _decides(rule), "rule", id, ("rules", index, "id")):
                continue
            moves["rules", index] = "rules", len(self.rules)
            self.rules.append(rule)
        self._training(source, moves, without=without)
        self._places(source, moves)

    def _left_out(self, pack: Pack) -> frozenset[str]:
        """The names that are not taken over. Each must be one of the pack, and no locked rule."""
        rules = {rule["id"]: rule for rule in pack.source.data.get("rules", ())}
        known = {*rules, *(name for section in NAMED for name in pack.source.data.get(section, {}))}
        known |= {rule["id"] for rule in pack.source.data.get("training", {}).get("rules", ())}
        for i, name in enumerate(pack.entry.without):
            path = ("packs", pack.index, "without", i)
            if name not in known:
                message = f"pack {pack.entry.use!r} has nothing named {name!r}{did_you_mean(name, known)}"
                self.problems.append(self.own.error("GP038", message, path))
            elif name in rules and rules[name].get("locked"):
                message = f"rule {name!r} of pack {pack.entry.use!r} is locked, and can't be left out"
                self.problems.append(self.own.error("GP031", message, path))
        return frozenset(pack.entry.without)

    def _same(self, pack: Pack, at: Path, old: Any, new: Any, noun: str, name: str, where: Path = ()) -> bool:
        """Whether a name stands there already. Where it means something else, that is a mistake."""
        if old is None:
            return False
        if old != new:
            here, there = pack.source.where(where or at), self.out.where(at)
            message = (
                f"{noun} {name!r} stands in {there} and in {here}, and they differ; leave out that of the pack: "
                f"`{{use: {pack.entry.use}, without: [{name}]}}`"
            )
            self.problems.append(self.own.error("GP003", message, ("packs", pack.index)))
        return True

    def add_tests(self, pack: Pack) -> None:
        """The pack's tests, but for those about what was left out or changed here."""
        if not pack.entry.tests:
            return
        changed = {*pack.entry.without, *self.own.data.get("override", {})}
        moves: dict[Path, Path] = {}
        for index, test in enumerate(pack.source.data.get("tests", ())):
            if changed.isdisjoint(_names(test)):
                moves["tests", index] = "tests", len(self.out.data["tests"])
                self.out.data["tests"].append({**test, "name": f"{pack.entry.use}: {test['name']}"})
        self._places(pack.source, moves)

    def add_own(self) -> None:
        own, out = self.own, self.out
        moves: dict[Path, Path] = {(): ()}
        for section in _KEYED:
            for name, entry in own.data.get(section, {}).items():
                if (section, name) in self.packed and self._kept(section, name, entry):
                    continue
                self.gone.add((section, name))
                out.data[section][name] = entry
                moves[section, name] = section, name
        before = len(self.rules)
        for index, rule in enumerate(own.data.get("rules", ())):
            if self._clash(index, rule["id"], before):
                continue
            moves["rules", index] = "rules", len(self.rules)
            self.rules.append(rule)
        self._training(own, moves, keys=("blocked", "redacted", "unreadable", "tests"))
        out.data["tests"] = [*own.data.get("tests", ())]
        for id, changes in own.data.get("override", {}).items():
            moves |= self._override(id, changes, before)
        self._forget()
        self._places(own, moves)

    def finished(self) -> Source:
        training = {key: value for key, value in self.out.data["training"].items() if value}
        self.out.data |= {"training": training}
        self.out.data = {key: value for key, value in self.out.data.items() if value or key in _HEAD}
        return self.out

    def _kept(self, section: str, name: str, entry: Any) -> bool:
        """Whether what a pack brought stays: a name that means two things is a mistake."""
        if entry != self.out.data[section][name]:
            there, noun = self.out.where((section, name)), NAMED[section]
            message = (
                f"a {noun} {name!r} stands in {there} already; choose another name, or leave that one out (`without`)"
            )
            self.problems.append(self.own.error("GP003", message, (section, name), key=True))
        return True

    def _clash(self, index: int, id: str, before: int) -> bool:
        """Two rules of one name: which of them is meant, nobody can tell."""
        at = next((i for i, rule in enumerate(self.rules[:before]) if rule["id"] == id), None)
        if at is None:
            return False
        there = self.out.where(("rules", at, "id"))
        message = f"a rule named {id!r} stands in {there} already; change it under `override:`, or choose another name"
        self.problems.append(self.own.error("GP003", message, ("rules", index, "id")))
        return True

    def _override(self, id: str, changes: Mapping[str, Any], before: int) -> dict[Path, Path]:
        """Change a rule that was taken over; where what is new there stands."""
        at = next((i for i, rule in enumerate(self.rules[:before]) if rule["id"] == id), None)
        if at is None:
            self.problems.append(self.own.error("GP037", self._nothing(id, before), ("override", id), key=True))
            return {}
        was = self.rules[at].get("then")
        gone = {key for key in _OF_THEN if "then" in changes and changes["then"] != was}
        self.gone |= {("rules", at, key) for key in gone | changes.keys()}
        kept = {key: value for key, value in self.rules[at].items() if key not in gone}
        self.rules[at] = {**kept, **changes}
        return {("override", id, key): ("rules", at, key) for key in changes}

    def _nothing(self, id: str, before: int) -> str:
        """Why there is nothing to override."""
        taken = [rule["id"] for rule in self.rules[:before]]
        if id in (rule["id"] for rule in self.rules[before:]):
            return f"rule {id!r} is one of this file; change it where it stands"
        if not taken:
            return f"there is no rule {id!r} to override: the file takes none over (`extends`, `packs`)"
        return f"there is no rule {id!r} to override{did_you_mean(id, taken)}"

    def _forget(self) -> None:
        """Where that stood."""
        for known in (self.out.values, self.out.keys, self.out.files):
            for path in [p for p in known if p[:2] in self.gone or p[:3] in self.gone]:
                del known[path]

    def _places(self, source: Source, moves: Mapping[Path, Path]) -> None:
        """Where everything that moved stands: each path by its longest prefix that is known."""

        def moved(path: Path) -> Path | None:
            found = next((path[:n] for n in range(min(len(path), 3), 0, -1) if path[:n] in moves), None)
            if found is not None:
                return (*moves[found], *path[len(found) :])
            kept = () in moves and path[:1] not in (("override",), ("rules",)) and path not in self.foreign
            return path if kept else None

        for path, place in source.values.items():
            if (to := moved(path)) is not None:
                self.out.values[to] = place
        for path, place in source.keys.items():
            if (to := moved(path)) is not None:
                self.out.keys[to] = place
        for path, to in moves.items():
            if path:
                self.out.files[to] = source.file_of(path)
        for path, file in source.files.items():
            if (to := moved(path)) is not None:
                self.out.files[to] = file


def _numbers(requires: str) -> list[int]:
    return [int(part) for part in requires.removeprefix(">=").split(".") if part.strip()]


def _decides(rule: Mapping[str, Any]) -> dict[str, Any]:
    """All of a rule that decides, however it is written."""
    made = compile_rule(RuleEntry.model_validate(rule))
    return {f.name: getattr(made, f.name) for f in fields(made) if f.name not in _FOR_PEOPLE}


def _names(test: Mapping[str, Any]) -> Iterator[str]:
    """The rules and filters that a test names."""
    yield from test["expect"].get("rules", ())
    yield from test["given"].get("failures", ())
    yield from (f["filter"] for f in test["given"].get("findings", ()) if "filter" in f)

"""How the policy files of a directory fit together: which one is the default, which extends which, which tenant gets which.

One file extends nothing of the directory: it is the default policy. Every other one names with `extends` what it builds
on, and with `tenants` whose policy it is. A file that nobody would get is a mistake, and so is a tenant with two policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from guardproxy.policy.complaints import did_you_mean
from guardproxy.policy.schema import Document
from guardproxy.policy.source import Source
from guardproxy.types import ConfigError


@dataclass(slots=True, eq=False)
class Written:
    """A policy file that was read, its form in order."""

    source: Source
    document: Document
    lower: Written | None = None
    """What it extends."""

    @property
    def name(self) -> str:
        return self.document.policy

    def below(self) -> Iterator[Written]:
        """What it extends, and what that extends, as far as it goes without coming back."""
        seen, one = [self], self.lower
        while one is not None and one not in seen:
            yield one
            seen.append(one)
            one = one.lower

    @property
    def circular(self) -> bool:
        *_, last = [self, *self.below()]
        return last.lower is not None


Installed: TypeAlias = Callable[[str], Written | None]
"""A policy of guardproxy's own by name; None where there is none, or where it has problems."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What becomes of the files."""

    default: Written | None = None
    """None: there is none, or more than one."""
    tenants: Mapping[str, Written] = field(default_factory=lambda: MappingProxyType({}))
    sound: tuple[Written, ...] = ()
    """The files whose bases are known, the default one first."""
    problems: tuple[ConfigError, ...] = ()


def arrange(
    files: Sequence[Written], installed: Installed, names: Iterable[str], *, complete: bool = True
) -> Arrangement:
    """Join the files of a directory. `names`: what is installed. `complete`: no file is missing because it can't be read."""
    problems: list[ConfigError] = []
    by_name = _by_name(files, problems)
    lost = {one for one in files if not _join(one, by_name, installed, names, problems, complete)}
    lost |= {one for one in files if any(other in lost for other in one.below())}
    sound = [one for one in files if one not in lost and not one.circular]
    problems += _circles(files)
    tenants = _claims(files, problems)
    default, wrong = _default(files, complete)
    problems += wrong
    if complete and not problems:
        problems += _unused(files, default)
    sound.sort(key=lambda one: one is not default)
    return Arrangement(default, MappingProxyType(tenants), tuple(sound), tuple(problems))


def _error(one: Written, message: str, *path: str | int, key: bool = False) -> ConfigError:
    return one.source.error("GP036", message, path, key=key)


def _by_name(files: Sequence[Written], problems: list[ConfigError]) -> dict[str, Written]:
    found: dict[str, Written] = {}
    for one in files:
        if one.name in found:
            where = found[one.name].source.where(("policy",))
            problems.append(_error(one, f"a policy named {one.name!r} stands in {where} already", "policy"))
        found.setdefault(one.name, one)
    return found


def _join(
    one: Written,
    by_name: Mapping[str, Written],
    installed: Installed,
    names: Iterable[str],
    problems: list[ConfigError],
    complete: bool,
) -> bool:
    """Find what a file extends. False: it isn't there."""
    name = one.document.extends
    if name is None:
        if one.document.tenants:
            message = "`tenants` is for files that extend another policy; add `extends: NAME`"
            problems.append(_error(one, message, "tenants", key=True))
        return True
    one.lower = by_name.get(name) or installed(name)
    if one.lower is None and complete and name not in names:
        hint = did_you_mean(name, [*(n for n in by_name if n != one.name), *names])
        hint = hint or ("; give the directory that holds it, not this file alone" if len(by_name) == 1 else "")
        problems.append(_error(one, f"there is no policy {name!r} to extend{hint}", "extends"))
    return one.lower is not None


def _circles(files: Sequence[Written]) -> Iterator[ConfigError]:
    """Each circle once, at the first of its files."""
    told: set[Written] = set()
    for one in files:
        if not one.circular or one in told:
            continue
        way = [one, *one.below()]
        start = way.index(next(w for w in way if w is way[-1].lower))
        circle = way[start:]
        if told.isdisjoint(circle):
            path = " extends ".join(repr(w.name) for w in (*circle, circle[0]))
            yield _error(circle[0], f"{path}: take one `extends` out", "extends")
        told.update(way)


def _claims(files: Sequence[Written], problems: list[ConfigError]) -> dict[str, Written]:
    found: dict[str, tuple[Written, int]] = {}
    for one in files:
        for i, tenant in enumerate(one.document.tenants):
            if tenant in found:
                other, index = found[tenant]
                where = other.source.where(("tenants", index))
                message = f"tenant {tenant!r} has a policy already, by {where}; each tenant has one"
                problems.append(_error(one, message, "tenants", i))
            found.setdefault(tenant, (one, i))
    return {tenant: one for tenant, (one, _) in found.items()}


def _default(files: Sequence[Written], complete: bool) -> tuple[Written | None, list[ConfigError]]:
    """The one file that builds on no other of the directory and is no tenant's; else the installed one that all build on."""
    roots = [one for one in files if not one.document.tenants and one.document.extends is None]
    roots = roots or [one for one in files if not one.document.tenants and one.lower and one.lower not in files]
    if roots:
        first = roots[0].source.file
        message = (
            f"{first} is the default policy already; say what this one builds on (`extends`), and for whom (`tenants`)"
        )
        return roots[0], [_error(one, message, "policy", key=True) for one in roots[1:]]
    below = {w for one in files for w in one.below() if w not in files and w.lower is None}
    if len(below) == 1 and not any(one.circular for one in files):
        return below.pop(), []
    if not complete or any(one.circular or one.lower is None for one in files):
        return None, []  # said already
    message = "no file of this directory is the policy of all other tenants; add one without `tenants`"
    return None, [_error(files[0], message, "tenants", key=True)]


def _unused(files: Sequence[Written], default: Written | None) -> Iterator[ConfigError]:
    used = {w for one in files if one.document.tenants for w in (one, *one.below())}
    for one in files:
        if one not in used and one is not default:
            message = (
                f"nobody would get policy {one.name!r}: no tenant has it or a policy that extends it; add `tenants`"
            )
            yield _error(one, message, "policy")

"""Detectors found as files: every module of a package is a kind, and `use:` names it. Knows none of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import pydantic
from pydantic import BaseModel

from guardproxy.types import ConfigError


class BadOptions(ConfigError):
    """Options that don't fit. `invalid` holds all that is wrong and `model` what was wanted, for who knows the lines."""

    def __init__(self, noun: str, name: str, invalid: pydantic.ValidationError, model: type[BaseModel]) -> None:
        first = invalid.errors()[0]
        place = ".".join(map(str, first["loc"]))
        super().__init__(f"{noun} {name!r}: {place + ': ' if place else ''}{first['msg']}", path=tuple(first["loc"]))
        self.invalid, self.model = invalid, model


class Kinds:
    """The modules of one package that are detectors. Names that begin with `_` are their parts."""

    def __init__(self, package: str, folders: Iterable[str], *, noun: str, maker: str) -> None:
        """`maker`: name of the class that every module has besides `LABELS` and `Config`."""
        # not copied: who adds a folder to the package before its kinds are asked for adds kinds
        self._package, self._folders, self._noun, self._maker = package, folders, noun, maker

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names that `use:` may have."""
        return tuple(sorted(m.name for m in pkgutil.iter_modules(list(self._folders)) if not m.name.startswith("_")))

    def module(self, kind: str) -> Any:
        """The module of a kind. Raises ConfigError for an unknown name."""
        if kind not in self.names:
            raise ConfigError(f"there is no {self._noun} {kind!r}; the {self._noun}s are {', '.join(self.names)}")
        found = importlib.import_module(f"{self._package}.{kind}")
        if missing := [name for name in ("LABELS", "Config", self._maker) if not hasattr(found, name)]:
            raise ConfigError(
                f"the {self._noun} module {kind}.py has no {' and no '.join(missing)}; docs/policy.md shows a whole one",
                file=str(found.__file__),
                line=1,
                column=1,
            )
        return found

    def build(self, name: str, options: Mapping[str, Any], services: object = None) -> Any:
        """An instance from its entry in a policy. Raises ConfigError; never loads models.

        `services` is for kinds that have a function `build` of their own: what belongs to the operator.
        """
        kind = self.module(str(options.get("use", name)))
        try:
            config = kind.Config.model_validate({"use": name, **options})
        except pydantic.ValidationError as e:
            raise BadOptions(self._noun, name, e, kind.Config) from None
        if services is not None and hasattr(kind, "build"):
            return kind.build(name, config, services)
        return getattr(kind, self._maker)(name, config)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """What each kind can say."""
        return {kind: tuple(self.module(kind).LABELS) for kind in self.names}

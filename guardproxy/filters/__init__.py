"""Detectors of content, one per file. A file here is its own registration: `use: NAME` is the module NAME.

A filter module has `LABELS` (what it can say), `EXAMPLES` (text to label, or None for a look-alike), `Config` (its
options) and `Filter`. Nothing else is edited to add one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

import pydantic

from guardproxy import types
from guardproxy.types import ConfigError, FilterConfig


@cache
def kinds() -> tuple[str, ...]:
    """Names that `use:` may have."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def module(kind: str) -> Any:
    """The module of a filter. Raises ConfigError for an unknown name."""
    if kind not in kinds():
        raise ConfigError(f"there is no filter {kind!r}; the filters are {', '.join(kinds())}")
    found = importlib.import_module(f"{__name__}.{kind}")
    if missing := [name for name in ("LABELS", "Config", "Filter") if not hasattr(found, name)]:
        raise ConfigError(
            f"the filter module {kind}.py has no {' and no '.join(missing)}; docs/policy.md shows a whole one",
            file=str(found.__file__),
            line=1,
            column=1,
        )
    return found


class BadOptions(ConfigError):
    """Options that don't fit. `invalid` holds all that is wrong and `model` what was wanted, for who knows the lines."""

    def __init__(self, name: str, invalid: pydantic.ValidationError, model: type[FilterConfig]) -> None:
        first = invalid.errors()[0]
        place = ".".join(map(str, first["loc"]))
        super().__init__(f"filter {name!r}: {place + ': ' if place else ''}{first['msg']}", path=tuple(first["loc"]))
        self.invalid, self.model = invalid, model


def build(name: str, options: Mapping[str, Any]) -> types.Filter:
    """A filter instance from its entry in a policy. Raises ConfigError; never loads models."""
    kind = module(str(options.get("use", name)))
    try:
        config = kind.Config.model_validate({"use": name, **options})
    except pydantic.ValidationError as e:
        raise BadOptions(name, e, kind.Config) from None
    made: types.Filter = kind.Filter(name, config)
    return made


def catalogue() -> types.Catalogue:
    """What all installed filters can say."""
    modules = {kind: module(kind) for kind in kinds()}
    return types.Catalogue(
        labels={kind: tuple(m.LABELS) for kind, m in modules.items()},
        spans={kind: getattr(m, "SPANS", True) for kind, m in modules.items()},
    )

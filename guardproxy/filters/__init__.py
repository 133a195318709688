"""Detectors of content, one per file. A file here is its own registration: `use: NAME` is the module NAME.

A filter module has `LABELS` (what it can say), `EXAMPLES` (text to label, or None for a look-alike), `Config` (its
options) and `Filter`. Nothing else is edited to add one. What needs something of the operator's (a judge) has a function
`build(name, config, services)` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardproxy import types
from guardproxy.discovery import Kinds
from guardproxy.services import NONE, Services

_KINDS = Kinds(__name__, __path__, noun="filter", maker="Filter")


def kinds() -> tuple[str, ...]:
    """Names that `use:` may have."""
    return _KINDS.names


def module(kind: str) -> Any:
    """The module of a filter. Raises ConfigError for an unknown name."""
    return _KINDS.module(kind)


def build(name: str, options: Mapping[str, Any], services: Services = NONE) -> types.Filter:
    """A filter instance from its entry in a policy. Raises ConfigError; never loads models."""
    made: types.Filter = _KINDS.build(name, options, services)
    return made


def catalogue() -> types.Catalogue:
    """What all installed filters can say."""
    return types.Catalogue(
        labels=_KINDS.labels(), spans={kind: getattr(module(kind), "SPANS", True) for kind in kinds()}
    )

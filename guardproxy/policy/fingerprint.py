"""What findings depend on besides the text: short digests by which a replay knows a filter or a list again.

Not in them: a filter's models and judges, which are the operator's, and the version of guardproxy, which a record names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from guardproxy.policy.model import Policy

_LENGTH: Final = 12
_SAYS_NOTHING: Final = frozenset({"failure", "hold"})
"""Options that change what is done with findings, or when, but not what is found."""


def of_detectors(policy: Policy) -> dict[str, str]:
    """Filter or monitor to the digest of its options and of the files that it reads."""
    entries = {**policy.filters, **policy.monitors}
    return {name: _digest([_options(entries[name]), policy.contents.get(name)]) for name in sorted(entries)}


def of_lists(policy: Policy) -> dict[str, str]:
    """List to the digest of its entries, whatever their order."""
    return {name: _digest(sorted(globs)) for name, globs in sorted(policy.lists.items())}


def bounds(policy: Policy) -> list[str | int]:
    """What decides when a text is too long to wait for: release, max_hold, max_whole (characters)."""
    defaults = policy.defaults
    return [defaults.release, defaults.max_hold, defaults.max_whole]


def tool_globs(policy: Policy) -> tuple[str, ...]:
    """All globs by which rules tell tools apart."""
    return _distinct(globs for r in policy.rules for globs in (r.scope.tool, r.unless.scope.tool if r.unless else None))


def model_globs(policy: Policy) -> tuple[str, ...]:
    """All globs by which rules tell models apart."""
    both = ((r.scope.model, r.unless.scope.model if r.unless else None) for r in policy.rules)
    return _distinct(globs for pair in both for globs in pair)


def _distinct(groups: Iterable[tuple[str, ...] | None]) -> tuple[str, ...]:
    return tuple(sorted({glob for globs in groups for glob in globs or ()}))


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in _SAYS_NOTHING}


def _digest(content: object) -> str:
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]

"""guardproxy: content filters, output monitors and policy rules in front of any gpt-oss backend.

As a library: `from guardproxy import Guard, GuardMiddleware`. They are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guardproxy.library import Blocked, Checked, Guard, SyncGuard
    from guardproxy.server.middleware import GuardMiddleware

__version__ = "0.1.0"
__all__ = ["Blocked", "Checked", "Guard", "GuardMiddleware", "SyncGuard"]

_HOMES = {"GuardMiddleware": "guardproxy.server.middleware"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "guardproxy.library")), name)

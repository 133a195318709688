"""What a connection tells about one request beside ASGI's messages, without anybody having to wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LINE: Final = "guardproxy.line"
"""Where an ASGI scope has it."""


class Line:
    """One request as its connection sees it."""

    __slots__ = ("complete", "gone", "listener")

    def __init__(self) -> None:
        self.complete = False
        """The whole request has come in: reading its body does not wait."""
        self.gone = False
        """The connection is gone."""
        self.listener: Callable[[], None] | None = None
        """Called when it goes."""

    def leave(self) -> None:
        """The connection is gone now."""
        self.gone = True
        if self.listener is not None:
            self.listener()

"""The section of the settings that says whether batches of requests are taken."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from guardproxy.amounts import Bytes, LongSeconds
from guardproxy.sections import Section


class Batches(Section):
    """Files of requests and batches of them (docs/batches.md). Without a path, all of that is refused."""

    path: str = ""
    """File of what is known of batches, and of their requests, encrypted; `:memory:` keeps it in memory."""
    max_file: Bytes = 200_000_000
    """Of one file of requests (OpenAI's own limit)."""
    max_requests: int = Field(default=50_000, gt=0, le=1_000_000)
    """Requests of one file (OpenAI's own limit)."""
    max_size: Bytes = 4_000_000_000
    """Of all files of requests together, those that come in too: each line as it came and, until all passed, as it goes out."""
    expire: LongSeconds = 30 * 86_400.0
    """After which a file, a batch and its results are forgotten."""

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.max_size < 3 * self.max_file:  # as it comes in, a line is here twice
            raise ValueError("`max_size` has room for no file: it must be three times `max_file` or more")
        return self

"""Policies read apart from the loop: the files as they are now, and one that somebody edits. Seconds of CPU must not delay a
request."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from guardproxy import detectors
from guardproxy.config import Settings
from guardproxy.engine import Guard
from guardproxy.judges import judges
from guardproxy.library import policy_folder
from guardproxy.policy.cases import Case
from guardproxy.policy.load import Examined, examine
from guardproxy.policy.model import Policy
from guardproxy.services import Services, policy_directory
from guardproxy.types import GuardproxyError

NAME: Final = "policy.yaml"
"""What complaints call a policy that is not in a file."""


class Files:
    """Reads and checks the files of the policy, at most one reading at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._pool = ThreadPoolExecutor(2, "guardproxy-console")
        self._cases: dict[str, tuple[Case, ...]] = {}

    def services(self) -> Services:
        """What filters of a policy here may be given: the same that those in force have."""
        settings = self._settings
        key = settings.hash_key.get_secret_value().encode() if settings.hash_key else b""
        asked = judges(settings.judges.items(), settings.judge_keys)
        return Services(asked, policy_directory(policy_folder(settings.policies)), frozenset(settings.upstreams), key)

    async def examine(self) -> Examined:
        """What the files say now. Raises ConfigError when there are none."""
        async with self._lock:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._examine)

    def _examine(self) -> Examined:
        services = self.services()
        return examine(policy_folder(self._settings.policies), *detectors.reading(services))

    async def text(self) -> str:
        """The file of the policy as it stands there now; empty where it can't be read."""
        try:
            file = Path((await self.examine()).file)
            return await asyncio.to_thread(file.read_text, "utf-8")
        except (OSError, UnicodeDecodeError, GuardproxyError):
            return ""  # the form stays empty

    async def edited(self, text: str) -> tuple[Examined, Guard | None]:
        """What is to be said about a policy in YAML, and its guard, not started: None where it has problems. Its filters may
        be given what those in force are given, and nothing else."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._edited, text)

    def _edited(self, text: str) -> tuple[Examined, Guard | None]:
        services = self.services()
        with tempfile.TemporaryDirectory(prefix="guardproxy-") as folder:
            file = Path(folder, NAME)
            file.write_text(text, "utf-8", "replace")
            examined = examine(file, *detectors.reading(services))
        examined.problems = [replace(e, file=NAME) for e in examined.problems]
        examined.warnings = [replace(e, file=NAME) for e in examined.warnings]
        policy = examined.policy
        if policy is None:
            return examined, None
        filters = detectors.build_filters(policy.filters, services)
        return examined, Guard.build(
            policy, filters, detectors.build_monitors(policy.monitors), key=services.key or None
        )

    async def cases(self, policy: Policy) -> tuple[Case, ...] | None:
        """The tests in the file of this policy; None where the files are of others by now."""
        if policy.digest not in self._cases:
            try:
                examined = await self.examine()
            except GuardproxyError:
                return None  # the page says so
            self._cases = {one.policy.digest: one.cases for one in examined.by_file}
        return self._cases.get(policy.digest)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

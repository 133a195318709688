"""What belongs to the operator and a policy only names: handed to filters when they are built."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Final

import guardproxy
from guardproxy.judges import Asked
from guardproxy.types import ConfigError

MAX_FILE: Final = 65_536
"""Bytes of a text file beside a policy."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a filter may be given besides its options."""

    judges: Mapping[str, Asked] | None = None
    """Name to judge. None: the operator's settings are not known here (`guardproxy check`), so any name may be one."""
    folder: File | None = None
    """The policy's directory: files that a policy names lie in it."""
    upstreams: frozenset[str] | None = None
    """Names of the operator's upstreams besides the main one. None: not known here."""
    key: bytes = field(default=b"", repr=False)
    """Secret of this process, or of all replicas."""
    asked_for: set[str] = field(default_factory=set, compare=False)
    """Paths of the files beside the policy that filters wanted, whether they were there or not."""

    def judge(self, name: str) -> Asked | None:
        """A judge by name; None where nobody knows yet. Raises ConfigError."""
        if self.judges is None:
            return None
        if name not in self.judges:
            known = f"there are {', '.join(sorted(self.judges))}" if self.judges else "there are none"
            raise ConfigError(f"there is no judge {name!r} in the operator's settings (`judges:`); {known}")
        return self.judges[name]

    def read(self, name: str) -> str:
        """The text of a file beside the policy. Raises ConfigError: only files of its directory, and no large ones."""
        if self.folder is None:
            raise ConfigError(f"{name!r} can't be read: it is not known where the policy lies")
        folder = self.folder.resolve()
        file = (folder / name).resolve()
        if File(name).is_absolute() or not file.is_relative_to(folder):
            raise ConfigError(f"{name!r} lies outside of the policy's directory; copy it there")
        self.asked_for.add(os.path.normpath(self.folder / name))
        if not file.is_file():
            raise ConfigError(f"there is no file {name!r} in the policy's directory")
        try:
            data = file.read_bytes()
            text = data.decode("utf-8")
        except OSError as e:
            raise ConfigError(f"{name!r} can't be read: {e.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{name!r} is not UTF-8 text") from None
        if len(data) > MAX_FILE or not text.strip():
            raise ConfigError(f"{name!r} is empty or larger than {MAX_FILE:,} bytes")
        return text


NONE: Final = Services()
"""Nothing is known of the operator."""


def policy_directory(policy: File) -> File:
    """The directory of a policy that is given as a directory or as a file."""
    return policy if policy.is_dir() else policy.parent


def policy_folders() -> tuple[File, ...]:
    """Where guardproxy's own policies may be: inside of the package, or beside it in a checkout."""
    package = File(guardproxy.__file__).parent
    return package / "policies", package.parent / "policies"


def installed_policies() -> dict[str, File]:
    """Name to file of guardproxy's own policies and packs."""
    folder = next((f for f in policy_folders() if f.is_dir()), None)
    if folder is None:
        return {}
    return {file.stem: file for part in (folder / "packs", folder) for file in sorted(part.glob("*.yaml"))}

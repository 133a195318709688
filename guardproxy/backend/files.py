"""Files that clients uploaded to the local backend, kept in one folder until they are deleted or the backend stops."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from guardproxy.backend.errors import ApiError, unknown

MAX_BYTES: Final = 20_000_000
"""Of one file."""
MAX_FILES: Final = 64
PURPOSES: Final = ("fine-tune", "batch")
"""What an uploaded file can be for. Files of results are the backend's own."""
RESULTS: Final = "fine-tune-results"
BATCH_RESULTS: Final = "batch_output"


@dataclass(frozen=True, slots=True)
class File:
    """A file as clients are told of it."""

    id: str
    filename: str
    purpose: str
    bytes: int
    created_at: int

    def shown(self) -> dict[str, Any]:
        """OpenAI's `FileObject`."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.bytes,
            "created_at": self.created_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "expires_at": None,
            "status_details": None,
        }


class Files:
    """Id to file. Results may be added by another thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._files: dict[str, File] = {}

    def add(self, filename: str, purpose: str, content: bytes) -> File:
        """Raises ApiError where a bound is reached."""
        if len(content) > MAX_BYTES:
            raise too_large()
        if purpose in PURPOSES and sum(file.purpose in PURPOSES for file in self.all()) >= MAX_FILES:
            raise ApiError(
                400, f"{MAX_FILES} files are kept already. Delete some before you upload more.", code="too_many_files"
            )
        file = File(f"file-{secrets.token_hex(12)}", filename[:255], purpose, len(content), int(time.time()))
        self.path(file.id).write_bytes(content)
        self._files[file.id] = file
        return file

    def get(self, id: str) -> File:
        """Raises ApiError 404."""
        if id not in self._files:
            raise unknown("file", id)
        return self._files[id]

    def content(self, id: str) -> bytes:
        """Raises ApiError 404."""
        return self.path(self.get(id).id).read_bytes()

    def delete(self, id: str) -> None:
        """Raises ApiError 404."""
        self.path(self.get(id).id).unlink()
        del self._files[id]

    def all(self) -> list[File]:
        """Newest first."""
        return list(self._files.values())[::-1]

    def path(self, id: str) -> Path:
        """Ids are made here, so they are safe as names of files."""
        return self._folder / id


def too_large() -> ApiError:
    return ApiError(413, f"The file is larger than {MAX_BYTES:,} bytes.", code="file_too_large", param="file")

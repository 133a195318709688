"""What `guardproxy backend` does before anything heavy is imported: the socket, the model's place, the environment.

Neither torch nor transformers here: both read their settings from the environment when they are imported.
"""

from __future__ import annotations

import contextlib
import re
import socket
import tempfile
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path

NAMES = ("gpt-oss", "openai/gpt-oss-20b")
"""Model names that the local backend answers to, whatever weights it has."""
WEIGHTS = Path(__file__).with_name("weights")
"""The toy that ships with guardproxy."""

_HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?(@[\w./-]+)?")


class CannotStart(Exception):
    """The backend can't start; the text is one sentence for the user, with the remedy."""


@dataclass(frozen=True, slots=True)
class Model:
    """What to serve."""

    pinned: str
    """The name that transformers' server loads and answers to."""
    names: tuple[str, ...]
    """All names that clients may use."""
    device: str
    shown: str
    """How to call it in messages."""
    folder: Path | None = None
    """Where it lies, if it is a folder."""
    private: Path | None = None
    """A folder of this process, gone when it ends: for what is made of the model."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a port in use is known before the model is loaded. It doesn't accept yet."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise cannot_listen(host, port, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise cannot_listen(host, port, error) from error
    return bound


def cannot_listen(host: str, port: int, error: OSError) -> CannotStart:
    return CannotStart(
        f"guardproxy backend cannot listen on {host} port {port} ({error.strerror or error}); "
        "choose another with --port or --host."
    )


@contextlib.contextmanager
def prepare(model: str | None, environ: MutableMapping[str, str]) -> Iterator[Model]:
    """Find the model and set the environment for it. The working directory changes while a folder is served."""
    folder = WEIGHTS if model is None else _folder(model)
    if folder is None:
        assert model is not None
        yield Model(model, tuple(dict.fromkeys([*NAMES, model])), "auto", model)
        return
    with tempfile.TemporaryDirectory(prefix="guardproxy-") as private:
        # The server says where it loaded from in every reply: a link with the public name hides the real path, and
        # spares paths that hold '@' or ':', which the server takes for a revision or a file.
        Path(private, "gpt-oss").symlink_to(folder, target_is_directory=True)
        environ.update(HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(Path(private, "cache")))
        if model is None:
            environ.setdefault("OMP_NUM_THREADS", "1")  # the toy is too small to share out
        with contextlib.chdir(private):
            names = NAMES if model is None else tuple(dict.fromkeys([*NAMES, model]))
            device = "cpu" if model is None else "auto"
            yield Model("gpt-oss", names, device, model or str(folder), folder, Path(private))


def _folder(model: str) -> Path | None:
    """The folder that `model` names, or None for a name on the hub."""
    path = Path(model).expanduser()
    if (path / "config.json").is_file():
        return path.resolve()
    if path.exists():
        raise CannotStart(f"--model {model} is not a model: a folder with a config.json is needed.")
    if not _HUB_ID.fullmatch(model):
        raise CannotStart(
            f"--model {model} does not exist: give a folder with a config.json, or a name on the hub such as {NAMES[1]}."
        )
    return None

"""Runs transformers' own OpenAI-compatible server on a gpt-oss, in this process.

What clients see is the server's work: its routes, its events, its errors. Added are the extra model names (names.py),
files and fine-tuning jobs (api.py), a response template for a gpt-oss that ships without one, and a stop that does not wait.
"""

# mypy: disallow-untyped-calls=False
# (torch and transformers are typed in part)

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from logging import WARNING, LogRecord, getLogger
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, cast

import uvicorn
from transformers.cli.serve import Serve
from transformers.utils import logging

from guardproxy.backend.api import Tuning
from guardproxy.backend.examples import Example
from guardproxy.backend.files import Files
from guardproxy.backend.harmony import RESPONSE_TEMPLATE
from guardproxy.backend.jobs import Job, Jobs, Order, Tell
from guardproxy.backend.launch import WEIGHTS, CannotStart, Model, cannot_listen
from guardproxy.backend.names import App, Names, Served
from guardproxy.backend.tuning import digest, tune


class _Unstarted(Serve):
    """`transformers serve` with the model loaded and the app built, but no server running yet."""

    def start_server(self) -> None:
        pass

    @property
    def app(self) -> App:
        return cast(App, self.server.config.app)

    def use_template(self, wanted: bool) -> None:
        """Say how replies are read: by the model's own template or ours, or not at all."""
        manager: Any = self._model_manager
        model, processor = manager.load_model_and_processor(manager.process_model_name(manager.force_model))
        tokenizer = getattr(processor, "tokenizer", processor)
        if not wanted:
            tokenizer.response_template = None
        elif getattr(tokenizer, "response_template", None) is None and model.config.model_type == "gpt_oss":
            tokenizer.response_template = RESPONSE_TEMPLATE


class _Server(uvicorn.Server):
    """Says when it is ready, and leaves at the first signal: replies under way are cut, not waited for."""

    ready: str
    leave: Callable[[], NoReturn]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.ready, flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.leave()


def serve(model: Model, bound: socket.socket, *, template: bool, leave: Callable[[], NoReturn]) -> None:
    """Load `model` and answer on `bound` until SIGINT or SIGTERM, which call `leave`.

    `leave` must end the process without Python's finalisation: a thread that is generating can't be stopped from
    outside, and finalisation under it aborts the process.

    Raises:
        CannotStart: the model can't be loaded, or the port was taken meanwhile.
    """
    host, port = bound.getsockname()[:2]
    quieten()
    server = _Server(uvicorn.Config(_load(model, template), log_level="warning"))
    shown = f"[{host}]" if ":" in host else host
    server.leave = leave
    server.ready = f"guardproxy backend: {model.names[0]} on http://{shown}:{port}/v1"
    try:
        server.run(sockets=[bound])
    except OSError as error:
        raise cannot_listen(host, port, error) from error


def quieten() -> None:
    """Let uvicorn tell of trouble alone. By filters: each server of transformers, one for every tuned model, sets the levels
    anew, and the server that runs would tell every request as long as that model loads."""
    for name in ("uvicorn.access", "uvicorn.error"):
        getLogger(name).addFilter(_is_trouble)


def _is_trouble(record: LogRecord) -> bool:
    return record.levelno >= WARNING


def _load(model: Model, template: bool) -> App:
    if model.shown == str(WEIGHTS):
        logging.disable_progress_bar()
    try:
        loaded = _Unstarted(model.pinned, **_options(model.device))
    except Exception as error:  # loading runs into whatever is wrong with the files, of any type
        raise CannotStart(_cannot_load(model, error)) from error
    loaded.use_template(template)
    if model.folder is None or model.private is None:
        return Names(loaded.app, model.pinned, model.names)
    about = {"root": model.names[0], "digest": digest(model.folder)}
    names = Names(loaded.app, model.pinned, model.names, about)
    files = Files(model.private / "files")
    bases = dict.fromkeys(model.names, model.folder)
    return Tuning(names, files, Jobs(model.private, bases, _Tuner(names, model, template), _keeper(files)))


def _options(device: str) -> dict[str, Any]:
    return {"device": device, "log_level": "error", "non_blocking": True}


def _keeper(files: Files) -> Callable[[str, str, bytes], str]:
    return lambda filename, purpose, content: files.add(filename, purpose, content).id


class _Tuner:
    """Tunes in the thread that asks, then serves the result beside its base: a server of its own behind the same names."""

    def __init__(self, names: Names, model: Model, template: bool) -> None:
        self._names, self._model, self._template = names, model, template

    def tune(
        self, base: Path, out: Path, examples: Sequence[Example], order: Order, tell: Tell, stop: Callable[[], bool]
    ) -> Callable[[Sequence[Example]], float]:
        return tune(base, out, examples, order, tell, stop)

    def serve(self, name: str, folder: Path, job: Job) -> None:
        loaded = _Unstarted(
            folder.name, **_options(self._model.device)
        )  # relative to the private folder, as the base is
        loaded.use_template(self._template)
        about = {
            "created": job.created_at,
            "root": self._model.names[0],
            "parent": job.order.model,
            "digest": digest(folder),
        }
        self._names.add(name, Served(loaded.app, folder.name, about))


def _cannot_load(model: Model, error: Exception) -> str:
    first = str(error).strip().partition("\n")[0].rstrip(".")
    return (
        f"guardproxy backend cannot load {model.shown} ({type(error).__name__}: {first}); "
        "give --model a folder written by save_pretrained, or a name on the hub that this machine can fetch."
    )

"""Runs transformers' own OpenAI-compatible server on a gpt-oss, in this process.

What clients see is the server's work: its routes, its events, its errors. Added are only the extra model names
(names.py), a response template for a gpt-oss that ships without one, and a stop that does not wait.
"""

# mypy: disallow-untyped-calls=False
# (torch and transformers are typed in part)

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn, cast

import uvicorn
from transformers.cli.serve import Serve
from transformers.utils import logging

from guardproxy.backend.harmony import RESPONSE_TEMPLATE
from guardproxy.backend.launch import WEIGHTS, CannotStart, Model, cannot_listen
from guardproxy.backend.names import App, Names


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
    server = _Server(uvicorn.Config(_load(model, template), log_level="warning"))
    shown = f"[{host}]" if ":" in host else host
    server.leave = leave
    server.ready = f"guardproxy backend: {model.names[0]} on http://{shown}:{port}/v1"
    try:
        server.run(sockets=[bound])
    except OSError as error:
        raise cannot_listen(host, port, error) from error


def _load(model: Model, template: bool) -> App:
    if model.shown == str(WEIGHTS):
        logging.disable_progress_bar()
    options: dict[str, Any] = {"device": model.device, "log_level": "error", "non_blocking": True}
    try:
        loaded = _Unstarted(model.pinned, **options)
    except Exception as error:  # loading runs into whatever is wrong with the files, of any type
        raise CannotStart(_cannot_load(model, error)) from error
    loaded.use_template(template)
    return Names(loaded.app, model.pinned, model.names)


def _cannot_load(model: Model, error: Exception) -> str:
    first = str(error).strip().partition("\n")[0].rstrip(".")
    return (
        f"guardproxy backend cannot load {model.shown} ({type(error).__name__}: {first}); "
        "give --model a folder written by save_pretrained, or a name on the hub that this machine can fetch."
    )

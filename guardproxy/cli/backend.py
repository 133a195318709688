"""`guardproxy backend`: a local gpt-oss to put the proxy in front of.

It must stay cheap to import: torch and transformers are loaded by the command when it runs, never by the parser.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

_NEEDED = ("torch", "transformers", "fastapi", "uvicorn", "accelerate", "python_multipart")
_MISSING = (
    "guardproxy backend needs {names}, which this Python does not have; install {them} with: "
    "pip install 'guardproxy[backend]'"
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `backend` subcommand."""
    parser = subparsers.add_parser(
        "backend",
        help="serve a local gpt-oss",
        description="Serve a gpt-oss with transformers' own OpenAI-compatible server. Without --model it is the toy "
        "that ships with guardproxy: the real architecture, tiny weights, a few dozen dialogs known by heart.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 for any (default: %(default)s)")
    parser.add_argument("--model", metavar="PATH_OR_ID", help="folder of a model, or its name on the model hub")
    parser.add_argument("--registry", metavar="FILE", help="serve only weights that this registry allows")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="KEY",
        help="public key that may sign the registry; several are fine",
    )
    parser.add_argument(
        "--no-template",
        action="store_true",
        help="serve without a response template: channels arrive as plain text in the content",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped. Exit codes: 0 stopped by Ctrl-C or SIGTERM, 2 could not start."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return _refuse(_MISSING.format(names=", ".join(missing), them="it" if len(missing) == 1 else "them"))
    from guardproxy.backend.launch import CannotStart, listen, prepare

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that loading, too, stops at once and cleans up
    with contextlib.ExitStack() as stack:

        def leave() -> NoReturn:
            stack.close()
            os._exit(0)

        try:
            socket = stack.enter_context(listen(args.host, args.port))
            model = stack.enter_context(prepare(args.model, os.environ))
            if args.registry:
                _check_registered(model.folder, args.registry, args.trust)
            from guardproxy.backend.serve import serve

            serve(model, socket, template=not args.no_template, leave=leave)
        except CannotStart as error:
            return _refuse(str(error))
        except KeyboardInterrupt:
            return 0
    return 0


def _check_registered(folder: Path | None, registry: str, trust: list[str]) -> None:
    """Raises GuardproxyError for weights that may not be served."""
    from guardproxy.governance.audit.signing import load_verifier
    from guardproxy.governance.training import weights

    if folder is None:
        raise weights.NotRegistered(
            "weights by name can't be looked up in a registry; download them, and name their folder"
        )
    known = weights.entries(Path(registry), load_verifier(map(Path, trust)))
    weights.require(known, weights.digest(folder), str(folder))


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2

"""The `guardproxy` command: parses, calls, and turns errors into sentences and exit codes.

Each command is a module of this package with `add_parser` and `run`; only the one that is asked for is imported.
Exit codes: 0 fine, 1 problems found, 2 could not run, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

from guardproxy import __version__
from guardproxy.types import GuardproxyError

COMMANDS: Final = {
    "serve": "run the proxy in front of an upstream",
    "tools": "run the proxy in front of tool servers (MCP)",
    "backend": "run the local gpt-oss that the demo and the tests use",
    "demo": "run the backend, the proxy and three exchanges through both",
    "check": "say what is wrong with a policy",
    "test": "run the tests inside a policy",
    "report": "turn a false positive into a test of the policy",
    "explain": "say why a policy decides as it does",
    "replay": "make the decisions of a log again under another policy",
    "diff": "say what differs between two policies",
    "tune": "find thresholds from labelled texts",
    "scan": "say what training files hold, and whether a policy allows them",
    "keys": "make, list, revoke and rotate API keys",
    "access": "document who can reach what",
    "approvals": "what waits for people, and saying yes or no to it",
    "quotas": "who has used how much, and filling a bucket again",
    "incident": "put a policy pack above every policy for a while",
    "audit": "verify, search and export the log of who changed what",
    "erase": "forget one person in every store",
    "train": "run a command that trains, if its files are certified",
    "weights": "which weights may be served, in a signed registry",
    "score": "score texts with a model",
    "probe": "find out whether a model still refuses what it refused",
    "models": "convert a checkpoint of Detoxify to safetensors",
    "schema": "print the JSON Schema of policy files, for editors",
    "filters": "list the filters, their labels and options",
}


class _Help(argparse.HelpFormatter):
    """argparse forgets that commands are indented, and breaks the line behind the longest one."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = max(map(len, COMMANDS)) + 4


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        return _run(words)
    except GuardproxyError as e:
        print(f"guardproxy: {e}" if "\n" not in str(e) else e, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader (`| head`) has gone: nothing more can be said, and the interpreter must not try at exit
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: Sequence[str]) -> int:
    asked = next((w for w in words if not w.startswith("-")), "")
    parser = argparse.ArgumentParser(
        prog="guardproxy",
        description="The guard in front of any gpt-oss backend: filters and policy rules, streamed.",
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"guardproxy {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    module = None
    for name, what in COMMANDS.items():
        if name == asked:
            module = importlib.import_module(f"{__name__}.{name}")
            module.add_parser(commands)
        else:
            commands.add_parser(name, help=what)
    try:
        args = parser.parse_args(words)
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 2
    return int(module.run(args)) if module is not None else 2

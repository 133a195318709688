"""`guardproxy filters`: lists what can stand after `use:`, filters and monitors, what it emits and which options it takes."""

from __future__ import annotations

import argparse
import json
from typing import Any

from guardproxy import filters, monitors
from guardproxy.cli import COMMANDS
from guardproxy.types import FilterConfig, MonitorConfig


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "filters", help=COMMANDS["filters"], description="List the filters and monitors with their labels."
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(args: argparse.Namespace) -> int:
    listed = [describe(kind) for kind in (*filters.kinds(), *monitors.kinds())]
    print(json.dumps(listed, indent=2) if args.format == "json" else "\n\n".join(map(_text, listed)))
    return 0


def describe(kind: str) -> dict[str, Any]:
    """One filter or monitor: name, what it does, its labels, its own options, whether it says where."""
    watches = kind in monitors.kinds()
    module = monitors.module(kind) if watches else filters.module(kind)
    return {
        "use": kind,
        "under": "monitors" if watches else "filters",
        "about": (module.__doc__ or "").strip().splitlines()[0] if module.__doc__ else "",
        "labels": sorted(module.LABELS),
        "options": sorted(
            set(module.Config.model_fields) - set((MonitorConfig if watches else FilterConfig).model_fields)
        ),
        "spans": not watches and getattr(module, "SPANS", True),
    }


def _text(entry: dict[str, Any]) -> str:
    lines = [
        f"{entry['use']}: {entry['about']}",
        *(["  under    monitors"] if entry["under"] == "monitors" else []),
        f"  labels   {_wrapped(entry['labels']) or '(chosen in the policy)'}",
    ]
    if entry["options"]:
        lines.append(f"  options  {_wrapped(entry['options'])}")
    return "\n".join(lines)


def _wrapped(words: list[str], width: int = 100) -> str:
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) > width:
            lines.append(line.rstrip())
            line = ""
        line += word + ", "
    return ("\n" + " " * 11).join([*lines, line.rstrip(", ")])

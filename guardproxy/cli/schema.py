"""`guardproxy schema`: prints the JSON Schema of policy files, with the options of each installed filter and monitor."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pydantic import BaseModel

from guardproxy import filters, monitors
from guardproxy.cli import COMMANDS
from guardproxy.cli.described import field_texts
from guardproxy.policy.schema import json_schema


def add_parser(commands: Any) -> None:
    commands.add_parser(
        "schema",
        help=COMMANDS["schema"],
        description="Print the JSON Schema of policy files. Editors complete and check policies with it: put "
        "`# yaml-language-server: $schema=./policy.schema.json` on top of the file.",
    )


def run(args: argparse.Namespace) -> int:
    print(json.dumps(document(), indent=2, ensure_ascii=False))
    return 0


def document() -> dict[str, Any]:
    """The schema of a policy, where an entry of `filters` or `monitors` has the options of what it uses."""
    schema = json_schema()
    _splice(schema, "FilterEntry", "filter", {kind: filters.module(kind) for kind in filters.kinds()})
    _splice(schema, "MonitorEntry", "monitor", {kind: monitors.module(kind) for kind in monitors.kinds()})
    return schema


def _splice(schema: dict[str, Any], entry: str, noun: str, modules: dict[str, Any]) -> None:
    common = schema["$defs"].pop(entry)["properties"]
    kinds = []
    for kind, module in modules.items():
        own = module.Config.model_json_schema(ref_template=f"#/$defs/{kind}-{{model}}")
        _describe(own, module.Config)
        for name, definition in own.pop("$defs", {}).items():
            _describe(definition, getattr(module, name))
            schema["$defs"][f"{kind}-{name}"] = definition
        own["properties"] = {**own["properties"], **common, "use": {"const": kind}}
        own["required"] = sorted({*own.get("required", ()), "use"})
        schema["$defs"][f"{noun}-{kind}"] = own
        kinds.append({"$ref": f"#/$defs/{noun}-{kind}"})
    schema["$defs"][entry] = {"oneOf": kinds}


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Each option says what it means."""
    for name, text in field_texts(model).items():
        schema["properties"][name].setdefault("description", text)

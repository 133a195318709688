"""`guardproxy schema`: prints the JSON Schema of policy files, with the options of each installed filter."""

from __future__ import annotations

import argparse
import json
from typing import Any

from guardproxy import filters
from guardproxy.cli import COMMANDS
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
    """The schema of a policy, where an entry of `filters` has the options of the filter that it uses."""
    schema = json_schema()
    common = schema["$defs"].pop("FilterEntry")["properties"]
    kinds = []
    for kind in filters.kinds():
        own = filters.module(kind).Config.model_json_schema(ref_template=f"#/$defs/{kind}-{{model}}")
        schema["$defs"] |= {f"{kind}-{name}": definition for name, definition in own.pop("$defs", {}).items()}
        own["properties"] = {**own["properties"], **common, "use": {"const": kind}}
        own["required"] = sorted({*own.get("required", ()), "use"})
        schema["$defs"][f"filter-{kind}"] = own
        kinds.append({"$ref": f"#/$defs/filter-{kind}"})
    schema["$defs"]["FilterEntry"] = {"oneOf": kinds}
    return schema

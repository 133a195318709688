"""Writes docs/reference/: what the schema of policies, the filters, the commands and the settings say of themselves.

    python docs/generate.py

Nothing in those pages is written by hand, so that they can't be wrong for long: a test compares them with what this makes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from guardproxy import config, filters, monitors
from guardproxy.amounts import Bytes, LongSeconds, Seconds
from guardproxy.cli import COMMANDS
from guardproxy.cli.described import field_texts
from guardproxy.cli.schema import document
from guardproxy.policy import codes
from guardproxy.types import FilterConfig, MonitorConfig

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `python docs/generate.py`; edit the source that it reads. -->\n"
Schema = dict[str, Any]
Row = tuple[str, ...]


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "policy.md": policy(),
        "filters.md": detectors(),
        "cli.md": commands(),
        "settings.md": settings(),
        "codes/index.md": complaints(),
        **{f"codes/{code}.md": complaint(code) for code in codes.codes()},
    }


def main() -> None:
    (FOLDER / "codes").mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")


# ---------------------------------------------------------------------------------------------------- Markdown


def page(title: str, about: str, *parts: str) -> str:
    return "\n".join([f"# {title}\n", NOTE, about + "\n", *parts]).rstrip() + "\n"


def table(head: Row, rows: list[Row]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [
        linked("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |") for row in rows
    ]
    return "\n".join([*lines, ""])


def linked(text: str) -> str:
    """Pages of these docs that a text names, as links."""
    return re.sub(r"`?\bdocs/([\w-]+)\.md`?", r"[\1](../\1.md)", text)


def code(value: Any) -> str:
    """A value as YAML would have it, on one line."""
    plain = isinstance(value, str) and not re.fullmatch(r"(\d+(\.\d+)?|true|false|null)?", value)
    text = value if plain else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def slug(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def default_of(value: Any) -> str:
    return "" if value in (None, "", [], {}) else code(value)


def paragraphs(text: str) -> str:
    """A docstring as Markdown: indented examples become blocks of YAML."""
    return "\n\n".join(map(_paragraph, re.split(r"\n\s*\n", text.strip()))) + "\n"


def _paragraph(text: str) -> str:
    if not text.startswith("    "):
        return linked(text)
    return "\n".join(["```yaml", *(line[4:] for line in text.splitlines()), "```"])


# ---------------------------------------------------------------------------------------------------- policies


class Tables:
    """The objects of a schema as sections, each where it is first met, named by the way to it: `rules[].scope`."""

    def __init__(self, schema: Schema, elsewhere: Mapping[str, str]) -> None:
        self.definitions: dict[str, Schema] = schema.get("$defs", {})
        self.elsewhere = elsewhere  # name of a definition to a link
        self.paths: dict[str, str] = {}
        self.waiting: list[str] = []

    def section(self, schema: Schema, path: str, level: str = "##") -> str:
        """A heading, what it is, and its keys."""
        about = schema.get("description", "")
        rows = self.rows(schema, path)
        heading = f"{level} `{path}`\n\n" if path else ""
        return f"{heading}{about}\n\n" + table(("key", "value", "default", ""), rows)

    def rows(self, schema: Schema, path: str = "") -> list[Row]:
        needed = schema.get("required", [])
        out = []
        for name, value in schema.get("properties", {}).items():
            told = value.get("description") or self._of(value).get("description", "")
            default = "(needed)" if name in needed else default_of(_plain(value.get("default"), self._of(value)))
            out.append((f"`{name}`", self.kind(value, f"{path}.{name}".lstrip(".")), default, told))
        return out

    def rest(self, level: str = "##") -> Iterator[str]:
        """The sections that were referred to so far, and those that they refer to."""
        while self.waiting:
            name = self.waiting.pop(0)
            others, self.waiting = self.waiting, []
            text = self.section(self.definitions[name], self.paths[name], level)
            self.waiting += others
            yield text

    def kind(self, schema: Schema, path: str) -> str:
        """What may stand there, in words."""
        if "$ref" in schema:
            return self._link(schema["$ref"].rpartition("/")[2], path)
        if "const" in schema:
            return code(schema["const"])
        if "enum" in schema:
            return ", ".join(code(v) for v in schema["enum"])
        if kinds := schema.get("anyOf") or schema.get("oneOf"):
            return self._either([k for k in kinds if k != {"type": "null"}], path)
        if schema.get("type") == "array":
            return f"list of {self.kind(schema.get('items', {}), path + '[]')}"
        if schema.get("type") == "object":
            return self._object(schema, path)
        names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
        return names.get(schema.get("type", ""), "anything") + _range(schema)

    def _either(self, kinds: list[Schema], path: str) -> str:
        if len(kinds) == 2 and kinds[1].get("items") == kinds[0]:
            return f"{self.kind(kinds[0], path)}; or a list of these"
        return "; or ".join(self.kind(k, path) for k in kinds)

    def _object(self, schema: Schema, path: str) -> str:
        if properties := schema.get("properties"):
            return "; ".join(f"`{{{name}: …}}` with {self.kind(v, path)}" for name, v in properties.items())
        values = [*schema.get("patternProperties", {}).values()]
        more = schema.get("additionalProperties")
        values += [more] if isinstance(more, dict) else []
        return f"table of names, each with {self.kind(values[0], path + '.NAME')}" if values else "table"

    def _link(self, name: str, path: str) -> str:
        if name in self.elsewhere:
            return self.elsewhere[name]
        if name not in self.paths:
            self.paths[name] = path
            self.waiting.append(name)
        return f"[{self.paths[name]}](#{slug(self.paths[name])})"

    def _of(self, schema: Schema) -> Schema:
        return self.definitions.get(schema.get("$ref", "").rpartition("/")[2], {})


def _plain(value: Any, definition: Schema) -> Any:
    """A default, unless it only repeats those of the table that it is."""
    return None if definition.get("properties") else value


def _range(schema: Schema) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is None and most is None:
        return ""
    above = "above " if "exclusiveMinimum" in schema else ""
    return f", {above}{least} to {'below ' if 'exclusiveMaximum' in schema else ''}{most}"


def policy() -> str:
    schema = document()
    links = {"FilterEntry": "[filter](filters.md#filters)", "MonitorEntry": "[monitor](filters.md#monitors)"}
    tables = Tables(schema, links)
    inorder = sorted(schema["properties"].items(), key=lambda item: item[0] == "override")  # what it shares is a rule's
    first = tables.section({**schema, "properties": dict(inorder)}, "")
    about = (
        "Every key that a policy file may have. The same is in [policy.schema.json](../../policies/policy.schema.json), with "
        "which an editor completes them. What they are for, with examples: [Policies](../policy.md)."
    )
    return page("Keys of a policy", about, first, *tables.rest())


# ---------------------------------------------------------------------------------------------------- filters


def detectors() -> str:
    about = (
        "What can stand after `use:`. `guardproxy filters` lists what is installed. Labels are what rules name in `when`; "
        "options are further keys of the entry."
    )
    schema = document()
    return page(
        "Filters and monitors",
        about,
        "## Filters\n",
        "Every filter takes these:\n",
        _common(schema, "filter-patterns", FilterConfig),
        *(_detector(schema, "filter", kind, filters.module(kind), FilterConfig) for kind in filters.kinds()),
        "## Monitors\n",
        "They look at what calls of tools do, and at where a conversation goes. Every monitor takes these:\n",
        _common(schema, "monitor-tool_calls", MonitorConfig),
        *(_detector(schema, "monitor", kind, monitors.module(kind), MonitorConfig) for kind in monitors.kinds()),
    )


def _common(schema: Schema, name: str, base: type[BaseModel]) -> str:
    rows = [row for row in Tables(schema, {}).rows(schema["$defs"][name]) if row[0].strip("`") in base.model_fields]
    named = [(row[0], "a name below", row[2], "Which one it is.") if row[0] == "`use`" else row for row in rows]
    return table(("option", "value", "default", ""), named)


def _detector(schema: Schema, noun: str, kind: str, module: types.ModuleType, base: type[BaseModel]) -> str:
    tables = Tables(schema, {})
    rows = [row for row in tables.rows(schema["$defs"][f"{noun}-{kind}"]) if row[0].strip("`") not in base.model_fields]
    labels = [code(label) for label in sorted(module.LABELS) if label != "*"]
    parts = [f"### {kind}\n", paragraphs(module.__doc__ or "")]
    if not labels or not all(label in parts[1] for label in labels):
        parts.append(f"Labels: {', '.join(labels) or 'those that its options give it'}.\n")
    if rows:
        parts.append(table(("option", "value", "default", ""), rows))
    return "\n".join([*parts, *tables.rest("####")])


# ---------------------------------------------------------------------------------------------------- commands


def commands() -> str:
    parser = argparse.ArgumentParser(prog="guardproxy")
    verbs = parser.add_subparsers()
    for name in COMMANDS:
        importlib.import_module(f"guardproxy.cli.{name}").add_parser(verbs)
    about = (
        "Each command also says this with `--help`. Exit codes, unless a command says otherwise: 0 fine, 1 problems found, "
        "2 it could not run, 130 interrupted."
    )
    index = table(
        ("command", ""), [(f"[{name}](#{slug('guardproxy ' + name)})", what) for name, what in COMMANDS.items()]
    )
    return page("Commands", about, index, *(_command(f"guardproxy {n}", p) for n, p in verbs.choices.items()))


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    parts = [f"## {name}\n", _about(name, parser) + "\n"]
    rows, below = [], dict[str, argparse.ArgumentParser]()
    for action in parser._actions:  # argparse has no other way to ask
        if isinstance(action, argparse._HelpAction):
            continue
        if isinstance(action, argparse._SubParsersAction):
            below = action.choices
            continue
        told = (action.help or "") % {**vars(action), "prog": "guardproxy"}
        rows.append((", ".join(code(word) for word in _words(action)), told))
    parts += [table(("argument", ""), rows)] if rows else []
    return "\n".join([*parts, *(_command(f"{name} {verb}", one) for verb, one in below.items())])


def _about(name: str, parser: argparse.ArgumentParser) -> str:
    text = parser.description or COMMANDS.get(name.rpartition(" ")[2], "")
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _words(action: argparse.Action) -> list[str]:
    """How an argument is written."""
    if not action.option_strings:
        return [str(action.metavar or action.dest) + ("…" if action.nargs in ("+", "*") else "")]
    if action.nargs == 0:
        return list(action.option_strings)
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    return [f"{option} {value}" for option in action.option_strings]


# ---------------------------------------------------------------------------------------------------- complaints


def complaints() -> str:
    about = (
        "`guardproxy check` says `file:line:column: CODE message`. What is no warning keeps the policy from being loaded. "
        "`guardproxy check --explain CODE` prints the page of a code."
    )
    rows = [(f"[{code}]({code}.md)", codes.title(code)) for code in codes.codes()]
    return page("Complaints about policies", about, table(("code", ""), rows))


def complaint(code: str) -> str:
    """The page of a code, with a line above each example."""
    text = codes.page(code)
    title, _, rest = text.partition("\n")
    for kind, said in (("wrong", "This is complained about"), ("right", "This is not")):
        rest = re.sub(rf"(?m)^```yaml {kind}(?: (\S+))?$", lambda m: _example(said, m[1]), rest)  # noqa: B023
    return f"{title}\n\n{NOTE}{rest}"


def _example(said: str, file: str | None) -> str:
    return f"{said} (`{file}`):\n\n```yaml" if file else f"{said}:\n\n```yaml"


# ---------------------------------------------------------------------------------------------------- settings


def settings() -> str:
    about = (
        "What an operator sets: in a YAML file (`--config FILE` or `GUARDPROXY_CONFIG`), then by variables, then by options of "
        "the command line; the later wins. Amounts may have units: `150ms`, `10s`, `30d`, `10MB`, `32KiB`. What they do, "
        "with an example of the file: [Running guardproxy](../operations.md#settings)."
    )
    names = {path: variable for variable, path in config.variables().items()}
    texts = field_texts(config.Settings)
    plain, parts = [], list[str]()
    for name, info in config.Settings.model_fields.items():
        if name in config._SECRETS:
            continue
        if _section(info.annotation):
            parts += list(_sections(name, info.annotation, names))
        else:
            plain.append(_setting((name,), info, names, texts[name]))
            parts += list(_tables(name, info))
    return page("Settings and variables", about, _variables(), "## On top\n", table(_HEAD, plain), *parts)


_HEAD = ("setting, variable", "value", "default", "")


def _variables() -> str:
    texts = field_texts(config.Settings)
    keys = [n for n in config._SECRETS if config.Settings.model_fields[n].annotation == SecretStr | None]
    rows = [(f"`{config.PREFIX}{name.upper()}`", texts[name]) for name in keys]
    other = {"GUARDPROXY_CONFIG": "The settings file.", "GUARDPROXY_CACHE": "Folder for compiled patterns."}
    rows += [(f"`{name}`", other[name]) for name in config._OTHERS]
    about = (
        "## Variables only\n\nKeys come from the environment alone. Those of clients and of the upstream are read from the "
        "variables that `key_env` names, these unless you say otherwise. Keys of tool servers and judges are named in "
        "their entries.\n\n"
    )
    return about + table(("variable", ""), rows)


def _section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _sections(path: str, model: type[BaseModel], names: Mapping[Any, str]) -> Iterator[str]:
    texts = field_texts(model)
    rows = [_setting((path, n), info, names, texts[n]) for n, info in model.model_fields.items()]
    yield f"## {path}\n\n{_doc(model)}\n\n" + table(_HEAD, rows)
    for name, info in model.model_fields.items():
        yield from _tables(f"{path}.{name}", info)


def _tables(path: str, info: FieldInfo) -> Iterator[str]:
    """The keys of the entries of a table: one kind, or several."""
    if get_origin(info.annotation) is not dict:
        return
    value = get_args(info.annotation)[1]
    for model in _models(value):
        kind = get_args(model.model_fields["kind"].annotation)[0] if "kind" in model.model_fields else ""
        several = kind and len(list(_models(value))) > 1
        texts = field_texts(model)
        rows = [_setting((n,), i, {}, texts[n]) for n, i in model.model_fields.items()]
        heading = f"### {path}.NAME" + (f", kind {kind}" if several else "")
        yield f"{heading}\n\n{_doc(model)}\n\n" + table(("setting", "value", "default", ""), rows)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if _section(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _setting(path: tuple[str, ...], info: FieldInfo, names: Mapping[Any, str], text: str) -> Row:
    variable = f"<br>`{names[path]}`" if path in names else ""
    return f"`{path[-1]}`{variable}", _value(info), _default(info), text


def _unit(info: FieldInfo) -> str:
    for unit, kind in (("seconds", Seconds), ("seconds", LongSeconds), ("bytes", Bytes)):
        if kind.__metadata__[0] in info.metadata:
            return unit
    return ""


def _value(info: FieldInfo) -> str:
    return _unit(info) or _type(info.annotation)


def _type(kind: Any) -> str:
    origin, inside = get_origin(kind), [a for a in get_args(kind) if a not in (Ellipsis, type(None))]
    if origin in (types.UnionType, Union):
        return "; or ".join(dict.fromkeys(_type(a) for a in inside))
    if origin is dict:
        return f"table of names, each with {_type(inside[1])}"
    if origin in (tuple, list, frozenset):
        return f"list of {_type(inside[0])}"
    if hasattr(kind, "__metadata__"):
        return _type(inside[0])
    if _section(kind):
        return "a table"
    if origin is not None:  # a Literal
        return ", ".join(code(a) for a in inside)
    return {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}[kind]


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "(needed)"
    value, unit = info.default, _unit(info)
    if unit == "seconds":
        if value < 1:
            return f"`{value * 1000:g}ms`"
        return f"`{_in_units(value, {'d': 86_400, 'h': 3600, 's': 1})}`"
    if unit == "bytes":
        sizes = {"GiB": 1024**3, "MiB": 1024**2, "MB": 1000**2, "KiB": 1024, "B": 1}
        return f"`{_in_units(value, sizes)}`"
    return default_of(list(value) if isinstance(value, tuple | frozenset) else value)


def _in_units(value: float, units: Mapping[str, int]) -> str:
    return next(f"{value / size:g}{unit}" for unit, size in units.items() if value >= size and not value % size)


if __name__ == "__main__":
    main()

"""Settings as they are written: values by path, with the place where each one was written. Knows no setting."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel

from guardproxy.types import ConfigError, Path


@dataclass(slots=True)
class Values:
    """Settings as written, by path, with where each was written."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, tuple[str, int, int]] = field(default_factory=dict)

    def put(self, path: Path, value: Any, place: tuple[str, int, int]) -> None:
        target = self.data
        for part in path[:-1]:
            if not isinstance(target.get(str(part)), dict):
                target[str(part)] = {}
            target = target[str(part)]
        target[str(path[-1])] = value
        self.places[path] = place

    def place(self, path: Path) -> tuple[str, int, int]:
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return "", 0, 0


def read(file: File, values: Values) -> None:
    """Add what stands in a YAML file. Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError(f"the settings in {file} can't be read: {e.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError("the settings must be UTF-8 text", str(file), 1, 1) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        at = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise ConfigError(f"this is not YAML: {e.problem or e.context}", str(file), *at) from None
    except (yaml.YAMLError, RecursionError) as e:
        raise ConfigError(f"this is not YAML: {type(e).__name__}", str(file), 1, 1) from None
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError("settings are `name: value` lines", str(file), 1, 1)
    values.data.update(_plain(node, (), str(file), values, set()))


def read_secret(file: File, least: int) -> str:
    """The secret that is all of a file: at least so many characters. Raises ConfigError."""
    try:
        value = file.read_text("ascii").strip()
    except OSError as e:
        raise ConfigError(f"the secret in {file} can't be read: {e.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"the secret in {file} is not ASCII") from None
    if len(value) < least:
        raise ConfigError(f"the secret in {file} is too short: give at least {least} random characters")
    return value


def _plain(node: yaml.Node, path: Path, file: str, values: Values, above: set[int]) -> Any:
    place = (file, node.start_mark.line + 1, node.start_mark.column + 1)
    values.places.setdefault(path, place)
    if id(node) in above:
        raise ConfigError("an alias may not stand inside of its own anchor", *place)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(n, (*path, i), file, values, {*above, id(node)}) for i, n in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, file, values, {*above, id(node)})
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError) as e:
        raise ConfigError(f"this value can't be read: {type(e).__name__}", *place) from None


def _mapping(node: yaml.MappingNode, path: Path, file: str, values: Values, above: set[int]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in node.value:
        place = (file, key.start_mark.line + 1, key.start_mark.column + 1)
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError("a key must be one word", *place)
        name = str(key.value)
        if name in out:
            raise ConfigError(f"{name!r} stands here twice", *place)
        values.places[(*path, name)] = place
        out[name] = _plain(value, (*path, name), file, values, above)
    return out


# ---------------------------------------------------------------------------------------------------- what is wrong

_WANTED = {
    "model_type": "`name: value` settings",
    "dict_type": "`name: value` settings",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def sentence(root: type[BaseModel], path: Path, error: Mapping[str, Any], hidden: Collection[str]) -> str:
    """What a person is told about one of pydantic's errors on settings of class `root`. `hidden`: no settings, though
    fields of it."""
    name = ".".join(map(str, path))
    if error["type"] == "extra_forbidden":
        known = [field for field in _fields(root, tuple(error["loc"])[:-1]) if field not in hidden]
        if len(path) == 1 and (inside := _sections_with(root, name, known)):
            return f"there is no setting {name!r} by itself; there is {' and '.join(inside)}"
        return f"there is no setting {name!r}{did_you_mean(str(path[-1]), known)}"
    if wanted := _WANTED.get(error["type"]):
        return f"{name}: expected {wanted}"
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{name} {message}" if message.startswith("should") else f"{name}: {message}"


def _sections_with(root: type[BaseModel], name: str, sections: Iterable[str]) -> list[str]:
    """The settings of this name that stand in a section: who wrote `port: 9000` may have meant `listen.port`."""
    return [f"`{section}.{name}`" for section in sections if name in _fields(root, (section,))]


def _fields(root: type[BaseModel], path: Path) -> Iterable[str]:
    model: Any = root
    for part in path:
        model = _inside(model, str(part))
    return tuple(getattr(model, "model_fields", ()))


def _inside(kind: Any, part: str) -> Any:
    """What stands under a name in a setting of this type: a section, a table, or one of several kinds of entries."""
    if hasattr(kind, "model_fields"):
        return kind.model_fields[part].annotation
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    return next((get_args(one)[0] for one in get_args(get_args(kind)[0]) if get_args(one)[1].tag == part), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a sentence about a word that is not one of these."""
    close = difflib.get_close_matches(word, list(words), 1, 0.6)
    return f" (did you mean {close[0]!r}?)" if close else f"; there are {', '.join(sorted(words))}"

"""A file in guardproxy/filters/ is a filter; half a one is a sentence."""

from pathlib import Path
from types import ModuleType

import pytest

from guardproxy import discovery, filters
from guardproxy.types import ConfigError


def test_kinds_are_the_modules_without_an_underscore() -> None:
    files = {file.stem for file in Path(filters.__file__).parent.glob("*.py")}
    assert filters.kinds() == tuple(sorted(name for name in files if not name.startswith("_")))
    assert {"patterns", "presidio", "secrets", "classifier", "detoxify"} <= set(filters.kinds())


def test_half_a_filter_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    half = ModuleType("guardproxy.filters.half")
    half.__file__ = "half.py"
    monkeypatch.setitem(vars(filters._KINDS), "names", ("half",))
    monkeypatch.setattr(discovery.importlib, "import_module", lambda name: half)
    with pytest.raises(ConfigError, match=r"half\.py:1:1: the filter module half\.py has no LABELS and no Config"):
        filters.catalogue()


def test_an_unknown_filter_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"there is no filter 'nope'; the filters are .*obfuscation, patterns"):
        filters.build("nope", {"use": "nope"})

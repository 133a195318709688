"""Filters and monitors together: one catalogue, one name space of kinds."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy import detectors, filters, monitors
from guardproxy.types import ConfigError


def test_no_kind_is_both() -> None:
    assert not set(filters.kinds()) & set(monitors.kinds())


OPTIONS: dict[str, dict[str, Any]] = {
    "crescendo": {"of": ["pii.*"]},
    "topics": {"topics": {"garden": ["rose", "tree"]}},
    "web_domains": {"tools": ["*"]},
    "python_code": {"tools": ["*"]},
}


def test_monitors_speak_of_calls_or_conversations_and_keep_the_contract() -> None:
    assert monitors.kinds() == ("crescendo", "python_code", "tool_calls", "topics", "web_domains")
    for kind, labels in detectors.catalogue().monitors.items():
        prefix = "call." if hasattr(monitors.module(kind).Monitor, "watch") else ("conversation.", "topic.")
        assert labels and all(label.startswith(prefix) for label in labels)
        one = detectors.build("mine", {"use": kind, **OPTIONS.get(kind, {})})
        assert one.name == "mine"
        assert set(one.labels) <= set(labels)  # type: ignore[union-attr]


def test_what_a_kind_is_decides_who_builds_it() -> None:
    assert hasattr(detectors.build("a", {"use": "tool_calls"}), "watch")
    assert hasattr(detectors.build("a", {"use": "pii_patterns"}), "open")
    with pytest.raises(ConfigError, match="there is no filter 'nope'"):
        detectors.build("a", {"use": "nope"})
    with pytest.raises(ConfigError, match="there is no monitor 'nope'; the monitors are crescendo, python_code"):
        monitors.build("a", {"use": "nope"})

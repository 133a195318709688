"""Everything that can detect something, installed here: filters of content and monitors of conduct, under one name space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guardproxy import filters, monitors
from guardproxy.services import NONE, Services
from guardproxy.types import Catalogue, Filter, Monitor

__all__ = ["build", "build_filters", "build_monitors", "catalogue"]


def catalogue() -> Catalogue:
    """What all installed filters and monitors can say: what a policy is checked against."""
    return replace(filters.catalogue(), monitors=monitors.labels())


def build(name: str, options: Mapping[str, Any], services: Services = NONE) -> Filter | Monitor:
    """An instance of whatever kind `use` names. Raises ConfigError."""
    if options.get("use", name) in monitors.kinds():
        return monitors.build(name, options)
    return filters.build(name, options, services)


def build_filters(entries: Mapping[str, Mapping[str, Any]], services: Services = NONE) -> dict[str, Filter]:
    """The filters of a policy, not started."""
    return {name: filters.build(name, options, services) for name, options in entries.items()}


def build_monitors(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Monitor]:
    """The monitors of a policy, not started."""
    return {name: monitors.build(name, options) for name, options in entries.items()}

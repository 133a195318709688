"""Everything that can detect something, installed here: filters of content and monitors of conduct, under one name space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from guardproxy import filters, monitors
from guardproxy.services import NONE, Services, installed_policies
from guardproxy.types import Catalogue, Filter, Monitor

__all__ = ["build", "build_filters", "build_monitors", "catalogue", "reading"]


def catalogue(services: Services = NONE) -> Catalogue:
    """What all installed filters and monitors can say, the policies to build on, and what the operator has: what a policy is
    checked against."""
    said = {"monitors": monitors.labels(), "policies": installed_policies()}
    return replace(filters.catalogue(), upstreams=services.upstreams, **said)  # type: ignore[arg-type]


def build(name: str, options: Mapping[str, Any], services: Services = NONE) -> Filter | Monitor:
    """An instance of whatever kind `use` names. Raises ConfigError."""
    if options.get("use", name) in monitors.kinds():
        return monitors.build(name, options)
    return filters.build(name, options, services)


def reading(services: Services = NONE) -> tuple[Catalogue, Callable[[str, Mapping[str, Any]], Filter | Monitor]]:
    """What a policy is read with where these services are known: `examine(folder, *reading(services))`. What it is checked
    against and what its filters are given come from the same operator."""
    return catalogue(services), partial(build, services=services)


def build_filters(entries: Mapping[str, Mapping[str, Any]], services: Services = NONE) -> dict[str, Filter]:
    """The filters of a policy, not started."""
    return {name: filters.build(name, options, services) for name, options in entries.items()}


def build_monitors(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Monitor]:
    """The monitors of a policy, not started."""
    return {name: monitors.build(name, options) for name, options in entries.items()}

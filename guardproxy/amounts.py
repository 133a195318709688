"""Amounts as people write them in settings: `10 s`, `30 d`, `1 GiB`. A number alone is in the base unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONG_UNITS = {**_UNITS, "d": 86_400.0}
_SIZES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def _amount(value: Any, units: Mapping[str, float], example: str) -> Any:
    """`"10 s"` as a number of the base unit; anything but text is left to the type."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", value.strip())
    if not match or (match[2] and match[2] not in units):
        raise ValueError(f"{value!r} is not an amount; write a number, or one with a unit like {example}")
    return float(match[1]) * units[match[2]] if match[2] else float(match[1])


def duration(text: str) -> float:
    """`"2h"` or `"30d"` in seconds. Raises ValueError."""
    return float(_amount(text, _LONG_UNITS, "30d"))


def _whole_bytes(value: Any) -> Any:
    amount = _amount(value, _SIZES, "10MB")
    return int(amount) if isinstance(amount, float) else amount


Seconds = Annotated[float, BeforeValidator(lambda v: _amount(v, _UNITS, "150ms")), Field(gt=0, le=86_400)]
LongSeconds = Annotated[float, BeforeValidator(lambda v: _amount(v, _LONG_UNITS, "30d")), Field(gt=0, le=315_576_000)]
Bytes = Annotated[int, BeforeValidator(_whole_bytes), Field(gt=0, le=1 << 40)]
Count = Annotated[int, Field(gt=0, le=1_000_000)]
Port = Annotated[int, Field(ge=0, le=65_535)]

"""Damaged policies: whatever a file holds, `examine` reads it or says what is wrong and where, and never anything else.

Shipped, shown and golden policies are changed as values (parts dropped, doubled, moved, replaced by odd ones) and as bytes.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from guardproxy import detectors
from guardproxy.policy import source
from guardproxy.policy.load import Examined, examine
from guardproxy.types import ConfigError

ROOT = Path(__file__).parents[2]
FILES = sorted(f for folder in ("policies", "docs", "tests/policy") for f in (ROOT / folder).rglob("*.yaml"))
TEXTS = [f.read_text("utf-8") for f in FILES]
SCHEMA = Draft202012Validator(json.loads((ROOT / "policies" / "policy.schema.json").read_text("utf-8")))
ODD_TEXTS = (
    "", " ", "*", "**", "guard", "guard.*", "default", "\x00", "\ufeff", "\u2028", "a\nb", "ﬀ", "𝕒" * 40, "\U0010ffff",
    "é\u0301", "\u202ename", "a" * 5000, "(" * 400, "[" * 50, "(a+)+$", "a{1000000}", "pii.*", "pii.card x999", "x >= 1e400",
    "pii.card >= 0.99999999999999999999", ">=999999999999999.9", "../../etc/passwd", "{{}}", "%s%n", "~", "null", "2026-11-01",
    "0x10", "1_000",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 256, 10**17, 10**17 + 0.5, 1e308, -1e-300, 0.1, *ODD_TEXTS, [], {}, [[]], [None], {"": {}},
    {"any": []}, {"all": [{"any": ["a"]}]}, {"use": "patterns"}, {"use": "secrets", "stage": 2}, {"role": "user"},
)  # fmt: skip
BYTES = (
    b"\xff", b"\x00", b"\t", b"\r\n", b"\r", b"&a ", b"*a", b"!!python/object:os.system ", b"<<: ", b"---\n", b"- ", b"'", b'"',
    b"{", b"]", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf",
)  # fmt: skip


@cache
def parts() -> dict[str, tuple[Any, ...]]:
    """Values that stand somewhere in some policy, by the key that they stand under: what fits there, and nowhere else."""
    found: dict[str, dict[str, Any]] = {}
    for data in whole():
        for path in places(data):
            value = at(data, path)
            if len(text := json.dumps(value)) < 600:
                found.setdefault(named(path), {}).setdefault(text, value)
    return {key: tuple(values.values()) for key, values in found.items()}


def named(path: tuple[Any, ...]) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


@cache
def whole() -> tuple[Any, ...]:
    """The policies that are YAML."""
    out = []
    for text in TEXTS:
        try:
            out.append(source.parse(text, "p").data)
        except ConfigError:
            continue
    return tuple(out)


def places(data: Any, below: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*below, key)
        yield from places(value, (*below, key))


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def damage(data: Any, how: str, where: int, value: Any) -> None:
    """Change one place of a policy."""
    known = list(places(data))
    if not known:
        return
    path = known[where % len(known)]
    holder, key = at(data, path[:-1]), path[-1]
    if how == "drop":
        del holder[key]
    elif how == "double" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif how == "double":
        holder[f"{key}s"] = copy.deepcopy(holder[key])
    elif how == "rename" and isinstance(holder, dict):
        holder[str(value)] = holder.pop(key)
    elif how == "nest":
        holder[key] = [holder[key]] if where % 2 else {str(key): holder[key]}
    elif how == "deepen":
        for _ in range(where % 40):
            holder[key] = [holder[key]]
    elif how == "swap":
        other = known[(where * 7919) % len(known)]
        if other[: len(path)] != path and path[: len(other)] != other:
            one, two = at(data, path), at(data, other)
            at(data, path[:-1])[path[-1]], at(data, other[:-1])[other[-1]] = two, one
    elif how == "alike" and (fitting := parts().get(named(path))):
        holder[key] = copy.deepcopy(fitting[where * 31 % len(fitting)])
    else:
        holder[key] = copy.deepcopy(value)


HOW = ("drop", "double", "rename", "nest", "deepen", "swap", "alike", "alike", "alike", "replace")
damages = st.lists(
    st.tuples(st.sampled_from(HOW), st.integers(0, 10_000), st.sampled_from(ODD)), min_size=1, max_size=4
)


def check(folder: Path, raw: bytes, beside: bytes | None = None) -> Examined:
    """Examine it, and hold what is said against the file."""
    file = folder / "policy.yaml"
    file.write_bytes(raw)
    if beside is not None:
        (folder / "other.yaml").write_bytes(beside)
    told = examine(folder, detectors.catalogue(), detectors.build)
    assert (told.policy is None) == (told.policies is None) == bool(told.problems)
    for e in (*told.problems, *told.warnings):
        assert re.fullmatch(r"GP\d{3}", e.code) and e.message.strip()
        lines = source.BREAK.split(Path(e.file).read_bytes().decode("utf-8-sig", "replace"))
        assert 1 <= e.line <= len(lines) and 1 <= e.column <= len(lines[e.line - 1]) + 1, e
    return told


@settings(max_examples=60)
@given(which=st.integers(0, 10_000), damages=damages, layout=st.sampled_from((None, 1)))
def test_a_policy_of_odd_values_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, which: int, damages: list[tuple[str, int, Any]], layout: int | None
) -> None:
    data = copy.deepcopy(whole()[which % len(whole())])
    for how, where, value in damages:
        damage(data, how, where, value)
    raw = json.dumps(data, indent=layout, ensure_ascii=which % 2 == 0).encode("utf-8", "surrogatepass")
    told = check(tmp_path_factory.mktemp("damaged"), raw)
    if told.policy is not None:
        assert [e.message for e in SCHEMA.iter_errors(data)] == [], "an editor refuses what can be loaded"


cuts = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from(BYTES) | st.binary(max_size=12)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(which=st.integers(0, len(TEXTS) - 1), cuts=cuts, other=st.none() | st.integers(0, len(TEXTS) - 1))
def test_a_policy_of_odd_bytes_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, which: int, cuts: list[tuple[int, int, bytes]], other: int | None
) -> None:
    raw = TEXTS[which].encode("utf-8")
    for start, length, piece in cuts:
        start %= len(raw) + 1
        raw = raw[:start] + piece + raw[start + length :]
    check(tmp_path_factory.mktemp("damaged"), raw, None if other is None else TEXTS[other].encode("utf-8"))

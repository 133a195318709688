"""Names that a request lets the model call, in each dialect's form."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.wire.tools import arguments_of, declared_tools


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "g"}}]}, {"f", "g"}),
        ({"functions": [{"name": "f", "parameters": {}}]}, {"f"}),
        ({"tools": [{"type": "function", "name": "f"}, {"type": "web_search"}]}, {"f", "web_search"}),
        ({"tools": [{"name": "f", "input_schema": {"name": "not-this"}}]}, {"f"}),
        ({"tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "f"}]}]}, {"f", "crm.f"}),
        ({"tools": None}, set()),
        ({"tools": [7, {}, {"function": {"name": 3}}]}, set()),
        ({}, set()),
        ([], set()),
    ],
)  # fmt: skip
def test_declared(body: Any, names: set[str]) -> None:
    assert declared_tools(body) == names


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ({"id": "x", "name": "f", "input": {"code": "1"}}, '{"code":"1"}'),
        ({"name": "f", "arguments": '{"code": 1}'}, '{"code": 1}'),
        ({"code": "1", "container_id": "c"}, '{"code":"1","container_id":"c"}'),
        ({"input": None, "code": "1"}, '{"input":null,"code":"1"}'),
    ],
)
def test_what_a_tool_of_the_upstream_was_given(call: Any, text: str) -> None:
    assert arguments_of(call) == text

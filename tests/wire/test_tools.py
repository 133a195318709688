"""Names that a request lets the model call, in each dialect's form."""

from __future__ import annotations

from typing import Any

import pytest

from guardproxy.wire.tools import declared_tools


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

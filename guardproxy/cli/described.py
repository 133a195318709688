"""What stands below a field of a model in its source: the text that editors and the reference show for it.

pydantic can read these too, while it makes a class; then every start would pay for what only two commands need.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

from pydantic import BaseModel


def field_texts(model: type[BaseModel]) -> dict[str, str]:
    """Field to its description, or to the string that stands below it, in the model or a base; "" where there is neither."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            found |= _below(one)
    return {name: info.description or found.get(name, "") for name, info in model.model_fields.items()}


def _below(model: type[Any]) -> dict[str, str]:
    """The strings below the fields of this class itself, each on one line."""
    [top] = ast.parse(inspect.cleandoc("\n" + inspect.getsource(model))).body
    assert isinstance(top, ast.ClassDef)
    out = {}
    for one, after in zip(top.body, top.body[1:], strict=False):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and isinstance(after, ast.Expr):
            text = after.value.value if isinstance(after.value, ast.Constant) else None
            if isinstance(text, str):
                out[one.target.id] = " ".join(text.split())
    return out

"""What all entries of a policy file have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from guardproxy.policy.conditions import LABEL, wrong
from guardproxy.policy.languages import MAX_TEXT

T = TypeVar("T")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


class _OrAlone:
    """Tells the JSON Schema that an item may stand for the list of itself."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]}


OneOrMore: TypeAlias = Annotated[list[T], Field(min_length=1), BeforeValidator(_listed), _OrAlone()]
"""A value, or a list of them."""

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
RuleId: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Label: TypeAlias = Annotated[str, Field(pattern=rf"^{LABEL}$")]
DirectionName: TypeAlias = Literal["request", "response"]
RoleName: TypeAlias = Literal["system", "developer", "user", "assistant", "tool", "training_example"]
ChannelName: TypeAlias = Literal["analysis", "commentary", "final"]
Verb: TypeAlias = Literal["allow", "annotate", "redact", "rewrite", "require_approval", "block"]


class Strict(BaseModel):
    """Unknown keys are errors, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_nothing(cls, value: Any) -> Any:
        """A key with nothing behind it is a slip, and in `unless` it would widen the exception."""
        empty = [k for k, v in value.items() if v is None] if isinstance(value, dict) else []
        if empty:
            raise wrong("nothing stands behind the key; give it a value, or leave it out", (empty[0],))
        return value

"""Structured outputs with the real openai client and the local gpt-oss: what is parsed keeps to the schema."""

from __future__ import annotations

from typing import Annotated, Any

import jsonschema
import pytest
from pydantic import BaseModel, Field

from guardproxy.backend.dialogs import BY_NAME, EMAIL, PHONE, request
from tests.e2e.proxy import Proxy
from tests.e2e.talk import Caller

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(90)]
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


class Record(BaseModel):
    """What the model knows of Alice."""

    name: str
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", json_schema_extra={"format": "email"})]
    phone: Annotated[str, Field(max_length=len(PHONE), pattern=r"^\+?[0-9 ()-]+$")]
    active: bool


def asked(schema: dict[str, Any]) -> dict[str, Any]:
    form = {"type": "json_schema", "json_schema": {"name": "record", "schema": schema}}
    return {**request(BY_NAME["json_record"], None), "response_format": form}


@ways
def test_a_record_keeps_to_its_schema_without_the_values(guarded: Proxy, caller: Caller, stream: bool) -> None:
    schema = Record.model_json_schema()
    said = caller.chat(asked(schema), stream=stream)
    record = Record.model_validate_json(said.content)
    jsonschema.validate(record.model_dump(), schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert (record.name, record.active) == ("Alice Berg", True)
    assert EMAIL not in caller.last.raw and PHONE not in caller.last.raw
    assert record.phone == "".join("0" if c.isdigit() else c for c in PHONE)
    assert guarded.tap.last.asked["response_format"]["type"] == "json_schema"


def test_the_clients_own_parser_takes_it(guarded: Proxy, caller: Caller) -> None:
    body = {k: v for k, v in asked({}).items() if k != "response_format"}
    said = caller.client.chat.completions.parse(**body, response_format=Record)
    record = said.choices[0].message.parsed
    assert record is not None
    assert record.email.startswith("xxx")
    assert EMAIL not in caller.last.raw


@ways
def test_where_a_value_is_all_that_the_schema_takes_the_reply_is_cut(
    guarded: Proxy, caller: Caller, stream: bool
) -> None:
    schema = {"type": "object", "properties": {"email": {"enum": [EMAIL]}}}  # the author's own text
    said = caller.chat(asked(schema), stream=stream)
    assert said.end == "content_filter"
    assert EMAIL not in caller.last.raw

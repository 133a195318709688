"""The list of models is rebuilt: nothing but names and numbers comes through."""

import json

import pytest

from guardproxy.types import WireError
from guardproxy.wire.models import model, models, valid_id

CANARY = "canary words, 4 of them"


def test_only_known_fields_come_through() -> None:
    full = {
        "id": "openai/gpt-oss-20b",
        "object": CANARY,
        "created": 17,
        "owned_by": CANARY,
        "max_model_len": 4096,
        "root": CANARY,
        "permission": [{"id": CANARY}],
        CANARY: 1,
        "tokens": [1, 2, 3],
    }
    out = models({"object": CANARY, "data": [full], "models": [CANARY], "first_id": CANARY})
    assert out == {
        "object": "list",
        "data": [
            {"id": "openai/gpt-oss-20b", "object": "model", "created": 17, "max_model_len": 4096, "owned_by": "unknown"}
        ],
    }
    assert "canary" not in json.dumps(out)
    assert model({"id": "gpt-oss", "owned_by": "vllm", "created": True})["created"] == 0
    assert model({"id": "gpt-oss", "owned_by": "vllm"})["owned_by"] == "vllm"


@pytest.mark.parametrize("name", ["gpt-oss", "gpt-oss:20b", "openai/gpt-oss-20b", "a/b/c@main", "SmolLM2.Q4_1.gguf"])
def test_names_of_models(name: str) -> None:
    assert valid_id(name)


@pytest.mark.parametrize(
    "name", ["", "/srv/model.gguf", "~/m", "C:\\m", "a b", "a/../b", "x" * 257, "a\n", "é", "a//b", 3, None]
)
def test_paths_and_prose_are_no_names(name: object) -> None:
    assert not valid_id(name)
    assert models({"data": [{"id": name}]})["data"] == []
    with pytest.raises(WireError):
        model({"id": name})


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": {}}, "x"])
def test_what_is_no_list_is_refused(body: object) -> None:
    with pytest.raises(WireError, match="no list of models"):
        models(body)

"""Forms in any pieces, and jobs rebuilt from what is known."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.policy.training import OF_JOB
from guardproxy.types import WireError
from guardproxy.wire import tuning
from guardproxy.wire.files import FieldRead, Form, Piece, envelope

KIND = b'multipart/form-data; boundary="b1"'


def read(data: bytes, cuts: list[int]) -> tuple[dict[str, str], bytes]:
    form, fields, file, at = Form(KIND), dict[str, str](), b"", 0
    for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        for event in form.feed(data[at:cut]):
            if isinstance(event, FieldRead):
                fields[event.name] = event.value
            else:
                assert isinstance(event, Piece) and (event.name, event.filename) == ("file", "x.jsonl")
                file += event.data
        at = cut
    form.end()
    return fields, file


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 600), max_size=10))
def test_what_is_written_is_read_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    head, tail = envelope("b1", "x.jsonl")
    if b"\r\n--b1" in data:
        return
    assert read(head + data + tail, cuts) == ({"purpose": "fine-tune"}, data)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_form_or_an_error(data: bytes) -> None:
    for text in (data, b"--b1\r\n" + data, b"--b1\r\ncontent-disposition: form-data; name=x\r\n\r\n" + data):
        try:
            read(text, [])
        except (WireError, AssertionError) as e:
            assert not isinstance(e, WireError) or e.status in (400, 415)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "m"}, "training_file"),
        ({"model": "m", "training_file": "f", "validation_file": 1}, "validation_file"),
        ({"model": "m", "training_file": "f", "lora": 1}, "lora"),
        ({"model": "m", "training_file": "f", "method": {"type": "other"}}, "method.type"),
        ({"model": "m", "training_file": "f", "method": {"type": "dpo", "supervised": {}}}, "method"),
        ({"model": "m", "training_file": "f", "method": {"type": "dpo", "dpo": []}}, "method.dpo"),
        ({"model": "m", "training_file": "f", "hyperparameters": {"n_epochs": "99"}}, "hyperparameters"),
        ({"model": "m", "training_file": "f", "hyperparameters": {"n_epochs": True}}, "hyperparameters"),
        ({"model": 3, "training_file": "f"}, "model"),
    ],
)
def test_what_a_job_may_not_ask(body: dict[str, object], param: str) -> None:
    with pytest.raises(WireError) as e:
        tuning.job(body)
    assert str(e.value.param).startswith(param)


def test_whatever_a_rule_is_about_can_be_asked_for_by_that_name_alone() -> None:
    amounts = {name for name in OF_JOB if not name.endswith("_today")}
    assert amounts | {"reasoning_effort"} == tuning.HYPERPARAMETERS


def test_all_of_a_job_is_read() -> None:
    grader = {"type": "score_model", "input": [{"role": "user", "content": "grade"}]}
    method = {
        "type": "reinforcement",
        "reinforcement": {"hyperparameters": {"n_epochs": 3, "eval_samples": "auto"}, "grader": grader},
    }
    one = tuning.job({"model": "m", "training_file": "f", "method": method, "suffix": "mine", "metadata": {"k": "v"}})
    assert (one.method, one.amounts) == ("reinforcement", {"n_epochs": 3.0})
    assert {"mine", "k", "v", "grade"} <= set(one.texts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("canary text"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "data", "method", "status", "loss"]), inner)
    ),
    max_leaves=10,
)


@given(reply=JSON, more=JSON)
def test_no_text_of_a_job_comes_along(reply: object, more: object) -> None:
    whole = {
        "id": "j",
        "model": reply,
        "error": more,
        "status": more,
        "hyperparameters": reply,
        "method": reply,
        "metadata": more,
    }
    said = json.dumps([tuning.job_object(whole, {}), tuning.event(whole, ""), tuning.checkpoint(whole)])
    assert "canary text" not in said

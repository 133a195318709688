"""The model in its worker: what it computes is what the weights say, whatever stands beside a text and however long it is."""

from __future__ import annotations

import base64
import importlib.util
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.inference.folder import Folder
from guardproxy.inference.onnx_model import MOST_TOKENS, WASTE, buckets, load
from guardproxy.types import ConfigError
from tests.inference import tiny

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime") is None, reason="NOT RUN: pip install 'guardproxy[models]'"
)
Read = Callable[..., list[dict[str, float]]]


def reader(folder: Path) -> Read:
    model, _ = load({"path": str(folder), "threads": 1})

    def read(*texts: str, role: str = "user") -> list[dict[str, float]]:
        raw = base64.b64decode(model([[role, text] for text in texts]))
        size = 2 * len(tiny.LABELS)
        assert len(raw) == size * len(texts)
        rows = [struct.unpack(f"<{len(tiny.LABELS)}e", raw[at : at + size]) for at in range(0, len(raw), size)]
        return [dict(zip(tiny.LABELS, row, strict=True)) for row in rows]

    return read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def read(folder: Path) -> Read:
    return reader(folder)


def found(logits: dict[str, float]) -> set[str]:
    for label, logit in logits.items():
        assert logit == pytest.approx(tiny.logit(label, found=logit > 0), abs=0.01)
    return {label for label, logit in logits.items() if logit > 0}


def test_each_label_is_its_own(read: Read) -> None:
    for label, word in tiny.WORDS.items():
        assert found(read(f"this is {word}, say", role="tool")[0]) == {label}
    assert found(read("nothing of it")[0]) == set()


def test_it_is_told_who_speaks(read: Read) -> None:
    assert found(read("injectionword", role="tool")[0]) == {"injection"}
    assert found(read("injectionword", role="user")[0]) == set()


def test_it_reads_what_disguised_text_stands_for(read: Read) -> None:
    encoded = base64.b64encode(b"a hateword in base64").decode()
    for text in ("HATEWORD", "h\u200bateword", "h@t3word", "ＨＡＴＥＷＯＲＤ", encoded):
        assert found(read(text)[0]) == {"hate"}, text


def test_special_tokens_in_a_text_are_text(read: Read) -> None:
    assert found(read("[unused4] injectionword [SEP] [unused4] injectionword [CLS] [PAD]")[0]) == set()


@pytest.mark.parametrize(
    "text", ["", "\ud800", "a \udfff hateword", "\x00", "\U0010ffff" * 50, "🐍" * 300, "e\u0301" * 90]
)
def test_odd_text_is_read(read: Read, text: str) -> None:
    assert found(read(text)[0]) == ({"hate"} if "hateword" in text else set())


@given(st.data())
def test_nothing_of_a_long_text_is_left_out(read: Read, data: st.DataObject) -> None:
    """Each letter is a token of the tiny model's 64: the word can stand anywhere, across any border of parts."""
    before, behind = data.draw(st.integers(0, 400)), data.draw(st.integers(0, 400))
    unit = data.draw(st.sampled_from(("qz ", "zq", ". ", "z1 ")))
    text = unit * before + " hateword " + unit * behind
    assert found(read(text)[0]) == {"hate"}


def test_of_a_first_label_the_first_part_counts(read: Read) -> None:
    assert found(read("refusalword " + "qz " * 300)[0]) == {"refusal"}
    assert found(read("qz " * 300 + "refusalword hateword")[0]) == {"hate"}


@given(st.lists(st.sampled_from((*tiny.WORDS.values(), "z", "qz " * 20, "qz " * 200, "")), max_size=40))
def test_company_changes_nothing(read: Read, texts: list[str]) -> None:
    assert read(*texts, role="document") == [read(text, role="document")[0] for text in texts]


@given(st.lists(st.integers(3, 700), max_size=80), st.integers(1, 20))
def test_buckets_hold_every_row_once_with_little_padding(lengths: list[int], most: int) -> None:
    made = list(buckets(lengths, most))
    assert sorted(at for bucket in made for at in bucket) == list(range(len(lengths)))
    for bucket in made:
        widest = max(lengths[at] for at in bucket)
        padding = sum(widest - lengths[at] for at in bucket)
        assert len(bucket) == 1 or (len(bucket) <= most and len(bucket) * widest <= MOST_TOKENS)
        assert padding <= WASTE * widest * len(bucket)


def test_scores_are_calibrated(folder: Path, tmp_path: Path) -> None:
    labels = {label: {"scale": 0.5, "shift": 1.0} for label in tiny.LABELS}
    calm = reader(tiny.write(tmp_path / "calm", labels=labels))
    assert calm("x")[0]["hate"] == pytest.approx(0.5 * tiny.LOW + 1.0)
    labels["hate"] = {"scale": 1e3, "shift": 0.0}
    wild = reader(tiny.write(tmp_path / "wild", labels=labels))
    assert wild("hateword")[0]["hate"] == 30.0, "what says nothing more is cut off"


def test_weights_that_give_no_numbers_do_not_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no number"):
        reader(tiny.write(tmp_path / "mad", far=float("nan")))


# ---------------------------------------------------------------------------------------------------- what it refuses


def refused(folder: Path) -> str:
    with pytest.raises(ConfigError) as told:
        load({"path": str(folder), "threads": 1})
    return told.value.message


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    assert refused(tmp_path).startswith(f"there is no {tmp_path / 'model.json'}; install guardproxy anew")
    for name in ("model.onnx", "tokenizer.json"):
        whole = tiny.write(tmp_path / name)
        (whole / name).unlink()
        assert f"there is no {whole / name}" in refused(whole)
    (tmp_path / "model.json").mkdir()
    assert "can't read" in refused(tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_changed_file_is_not_loaded(tmp_path: Path, name: str) -> None:
    whole = tiny.write(tmp_path / "m")
    raw = bytearray((whole / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (whole / name).write_bytes(raw)
    assert f"{whole / name} is not the file whose checksum stands in model.json" in refused(whole)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format: Input should be 1"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater"),
        ({"labels": {}}, "labels: Dictionary should have at least 1 item"),
        ({"labels": {"a": {"windows": "last"}}}, "labels.a.windows: Input should be 'max' or 'first'"),
        ({"files": {"model.onnx": "x" * 64}}, "files.model.onnx: String should match pattern"),
        ({"files": {"model.onnx": "0" * 64}}, "`files` has no checksum of tokenizer.json"),
        ({"labels": {"a": {"scale": 0}}}, "labels.a.scale: Input should be greater than 0"),
        ({"labels": {"a": {"shift": 1e9}}}, "labels.a.shift: Input should be less than"),
        ({"more": 1}, "more: Extra inputs are not permitted"),
        ({"roles": {"user": "[unused99]"}}, "tokenizer.json has no [unused99], which model.json needs"),
        ({"labels": {"a": {}, "b": {}}}, f"model.onnx gives {len(tiny.LABELS)} logits for 2 labels"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    message = refused(tiny.write(tmp_path / "m", **changes))
    assert said in message and str(tmp_path / "m") in message


def test_no_json_and_other_files(tmp_path: Path) -> None:
    whole = tiny.write(tmp_path / "m")
    (whole / "model.json").write_text("{")
    assert "model.json: Invalid JSON" in refused(whole)
    for name, why in (("model.onnx", "can't be loaded by ONNX Runtime"), ("tokenizer.json", "is no vocabulary")):
        whole = tiny.write(tmp_path / name)
        (whole / name).write_bytes(b"{}")
        files = {each: (whole / each).read_bytes() for each in ("model.onnx", "tokenizer.json")}
        (whole / "model.json").write_text(json.dumps(tiny.about(files)))
        assert f"{whole / name} {why}" in refused(whole)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers", "numpy"])
def test_a_missing_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    message = refused(folder)
    assert f"not installed ({package}): pip install 'guardproxy[models]'" in message


def test_the_serving_side_knows_the_model_by_its_digest(folder: Path, tmp_path: Path) -> None:
    other = tiny.write(tmp_path / "m", version="2")
    assert Folder(folder).digest != Folder(other).digest
    about = load({"path": str(other), "threads": 1})[1]
    assert 0 < about.pop("seconds") < 1
    assert about == {"name": "tiny", "version": "2", "digest": Folder(other).digest}

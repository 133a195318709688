"""The bench of models counts what it says it counts."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest

from bench.inference.__main__ import BAR_SEEN, model_figures, show
from bench.inference.work import Texts, Work, work
from guardproxy.inference import models
from guardproxy.sections import Inference, ModelSource
from tests.inference import tiny

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime") is None, reason="NOT RUN: pip install 'guardproxy[models]'"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("model") / "tiny")


def test_products_and_attention_are_counted(tmp_path: Path, folder: Path) -> None:
    from numpy import zeros
    from onnx import TensorProto, helper, numpy_helper, save

    weights = [numpy_helper.from_array(zeros(s, "f"), n) for n, s in (("a", (8, 8)), ("b", (8, 8)), ("c", (32, 8)))]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["q"]),
        helper.make_node("MatMul", ["q", "b"], ["k"]),
        helper.make_node("Softmax", ["k"], ["p"]),
        helper.make_node("MatMul", ["p", "k"], ["no weights"]),
        helper.make_node("Transpose", ["c"], ["turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["k", "turned"], ["y"]),
    ]
    one = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 32])
    save(helper.make_model(helper.make_graph(nodes, "g", [one], [out], weights)), str(tmp_path / "m.onnx"))
    assert work(tmp_path / "m.onnx") == Work(2.0 * (64 + 64 + 256), 4.0 * 8)
    assert work(tmp_path / "m.onnx").of(10) == 2.0 * 384 * 10 + 32 * 100
    assert work(folder / "model.onnx") == Work(0.0, 0.0), "it has no products"


def test_texts_have_the_tokens_that_were_asked_for(folder: Path) -> None:
    texts = Texts(folder / "tokenizer.json")
    made = [texts.of(tokens) for tokens in (16, 64, 256) for _ in range(3)]
    assert len(set(made)) == len(made)
    for text, tokens in zip(made, (16, 16, 16, 64, 64, 64, 256, 256, 256), strict=True):
        assert tokens - 8 <= texts.count(text) <= tokens


def test_a_run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_settings", Inference(models={"tiny": ModelSource(path=str(folder))}))
    found = asyncio.run(model_figures("tiny", 4))
    assert [round(row["tokens"]) <= limit for row, limit in zip(found["lengths"], (16, 32, 64, 128, 256), strict=True)]
    assert all(row["ms"] > row["ms_each_of_32"] > 0 for row in found["lengths"][:2])
    together = found["together"]
    assert together["filters"] == 6 and together["windows_read_per_message"] == 1.0
    assert 0 < together["ms_seen"] < 10 * BAR_SEEN < 10 * together["ms_new"]
    peak = {"float32": 100.0, "int8": 800.0}
    show({"times": 4, "cores": 2, "load": 0.0, "peak": peak, "models": [found]})
    assert "all 6 filters, a new message of 128 tokens" in capsys.readouterr().out

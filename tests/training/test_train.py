"""From a folder of labelled text to a model that the package serves, at the smallest size: the whole way, as users go it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch

from guardproxy.cli.score import Row, scored
from guardproxy.inference import models
from guardproxy.sections import Inference, ModelSource
from tests.inference import tiny
from tests.training.test_data import write
from training import export, train
from training.labels import LABELS, MIX
from training.model import Mixed, Model, batch, shallow

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("onnx") is None, reason="NOT RUN: pip install 'guardproxy[training]'"
)
GOOD, BAD = "a b c d e", "v w x y z"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("base")
    config = BertConfig(
        vocab_size=len(tiny.vocabulary()),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
    )
    BertModel(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tiny.tokenizer())
    return folder


def rows(*, split: str, times: int) -> list[dict[str, object]]:
    texts = [(f"{BAD} {i}", 1) for i in range(times)] + [(f"{GOOD} {i}", 0) for i in range(times)]
    return [{"text": text, "labels": {"hate": hate}, "split": split} for text, hate in texts]


@pytest.mark.parametrize("layers", [None, 2])
def test_what_is_trained_and_exported_tells_the_classes_apart(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch, layers: int | None
) -> None:
    write(tmp_path / "data", "one", rows(split="train", times=150))
    write(tmp_path / "data", "two", rows(split="dev", times=25))
    few = ["--layers", str(layers)] if layers else []
    common = [str(tmp_path / "data"), "--base", str(base), "--threads", "1", *few]
    monkeypatch.setattr(export.data, "written", lambda: ([], []))
    monkeypatch.setattr(train, "TOKENS", 128)
    monkeypatch.setattr(
        sys, "argv", ["train", *common, "--out", str(tmp_path / "m"), "--plain", "--epochs", "6", "--rate", "10"]
    )
    train.main()
    monkeypatch.setattr(
        sys, "argv", ["export", *common, "--model", str(tmp_path / "m"), "--out", str(tmp_path / "small")]
    )
    export.main()
    about = json.loads((tmp_path / "small" / "model.json").read_text())
    assert list(about["labels"]) == list(LABELS)
    scores = asyncio.run(_scored(tmp_path / "small", [f"{BAD} 3", f"{GOOD} 3"]))
    assert scores[0] > 0.5 > scores[1], scores


async def _scored(folder: Path, texts: list[str]) -> list[float]:
    models.configure(Inference(models={"mine": ModelSource(path=str(folder))}, workers=1))
    classifier = await models.acquire("mine")
    try:
        rows = iter([Row(number, text, "user") for number, text in enumerate(texts)])
        return [found["hate"] async for _, found in scored(classifier, rows)]
    finally:
        await models.release(classifier)
        models.configure(Inference())


def test_what_is_exported_has_parts_of_other_labels(base: Path) -> None:
    model = Model(base).eval()
    inputs = batch([[2, 5, 7, 3]])
    plain, mixed = model(*inputs)[0], Mixed(model)(*inputs)[0]
    for number, label in enumerate(LABELS):
        wanted = plain[number] + sum(share * plain[LABELS.index(other)] for other, share in MIX.get(label, {}).items())
        assert torch.isclose(mixed[number], wanted), label


def test_few_layers_are_spread_over_all(base: Path) -> None:
    whole = Model(base)
    kept = [id(layer) for layer in whole.encoder.encoder.layer]
    assert [id(layer) for layer in shallow(whole, 2).encoder.encoder.layer] == [kept[0], kept[2]]
    assert whole(*batch([[2, 5, 7, 3]])).shape == (1, len(LABELS))
    with pytest.raises(ValueError, match="2 layers, not 3"):
        shallow(whole, 3)

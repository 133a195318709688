"""`use: detoxify`: a checkpoint in Detoxify's format, in a worker of its own, behind a filter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from guardproxy import filters
from guardproxy.inference import models
from guardproxy.sections import Inference
from guardproxy.types import ConfigError
from tests.inference import known, serving, tiny


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inference]:
    onnx = tiny.write(tmp_path_factory.mktemp("onnx"))
    made = Inference.model_validate({"models": {"tiny": {"path": str(onnx)}}})
    models.configure(made)
    yield made
    models.configure(Inference())


LONG = "hello nice day " * 60 + "you are a stupid idiot"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the serving process says with a tiny checkpoint."""
    pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
    folder = tmp_path_factory.mktemp("detoxify")
    file, base = known.checkpoint(folder, "original")
    entry = {"checkpoint": str(file), "base": str(base), "sha256": known.sha256(file), "variant": "original"}
    made = Inference.model_validate({"models": {"detox": {"kind": "detoxify", **entry}}})
    wanted = {
        "all": {"use": "detoxify", "model": "detox"},
        "insults": {"use": "detoxify", "model": "detox", "labels": ["toxicity.insult"]},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUARDPROXY_CACHE", str(folder / "cache"))
        return serving.serve(made, wanted, ["you are a stupid idiot", "hello nice day", LONG])


def test_insults_are_found_in_their_window(said: dict[str, Any]) -> None:
    bad, good, far = said["found"]["all"]
    assert {"toxicity.toxic", "toxicity.insult"} <= {label for label, _, _ in bad} and not good
    assert max(score for _, score, _ in bad) > 0.7 and all(span == [0, 22] for _, _, span in bad)
    assert far and all(span[0] > 200 and span[1] == len(LONG) for _, _, span in far)


def test_labels_can_be_chosen(said: dict[str, Any]) -> None:
    bad, good, _ = said["found"]["insults"]
    assert [label for label, _, _ in bad] == ["toxicity.insult"] and not good


def test_the_serving_process_loads_no_torch(said: dict[str, Any]) -> None:
    assert said["heavy"] == []


def test_other_models_that_know_the_classes_do(settings: Inference) -> None:
    async def go() -> dict[str, Any]:
        return await serving.found({"d": {"use": "detoxify", "model": "tiny"}}, [f"a {tiny.WORDS['hate']} b"])

    ((finding,),) = asyncio.run(go())["d"]
    assert finding[0] == "toxicity.hate"


def test_labels_that_a_model_has_not_are_told(settings: Inference) -> None:
    one = filters.build("d", {"use": "detoxify", "model": "tiny", "labels": ["toxicity.severe"]})
    with pytest.raises(ConfigError, match=r"'tiny' knows no severe_toxicity; leave toxicity\.severe out"):
        asyncio.run(one.start())


def test_an_unknown_model_is_told_at_the_start(settings: Inference) -> None:
    one = filters.build("d", {"use": "detoxify", "model": "none"})
    with pytest.raises(ConfigError, match="there is no model 'none'; the models are small, tiny"):
        asyncio.run(one.start())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "model: Field required"),
        ({"model": "tiny", "labels": ["toxicity.sex"]}, r"did you mean 'toxicity\.sexual'"),
        ({"model": "tiny", "views": []}, "detoxify has none"),
    ],
)
def test_options_that_do_not_fit_are_told(options: dict[str, object], said: str, settings: Inference) -> None:
    with pytest.raises(ConfigError, match=said):
        filters.build("d", {"use": "detoxify", **options})

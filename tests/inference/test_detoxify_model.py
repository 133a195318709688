"""Detoxify's checkpoints: read without running them, converted once, the same scores as Detoxify's own."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from guardproxy.inference import detoxify_model, weights
from guardproxy.inference.known import DETOXIFY, worker_options
from guardproxy.sources import DetoxifySource
from guardproxy.types import ConfigError
from tests.inference import known

pytest.importorskip("torch", reason="NOT RUN: pip install 'guardproxy[transformers]'")
VARIANTS = ("original", "original-small", "unbiased", "unbiased-small", "multilingual")
TEXTS = ("you are a stupid idiot", "hello nice day", "i kill you", "thank the proxy", "shut up, pathetic moron!", "")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    return {variant: known.checkpoint(tmp_path_factory.mktemp(variant), variant) for variant in VARIANTS}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GUARDPROXY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def source(pair: tuple[Path, Path], variant: str = "original", **more: Any) -> DetoxifySource:
    fields = {"checkpoint": str(pair[0]), "base": str(pair[1]), "sha256": known.sha256(pair[0])}
    return DetoxifySource.model_validate({"kind": "detoxify", "variant": variant, **fields, **more})


def options(pair: tuple[Path, Path], variant: str = "original", **more: Any) -> dict[str, Any]:
    return {**worker_options(source(pair, variant), 1), **more}


@pytest.mark.parametrize("variant", VARIANTS)
def test_scores_are_those_of_detoxify(variant: str, checkpoints: Any, tmp_path: Path) -> None:
    detoxify = pytest.importorskip("detoxify", reason="NOT RUN: pip install detoxify")
    import torch

    file, base = checkpoints[variant]
    content = torch.load(file, weights_only=True)  # a copy whose model_type is a folder: Detoxify asks a hub otherwise
    content["config"]["arch"]["args"] |= {"model_type": str(base), "tokenizer_name": "PreTrainedTokenizerFast"}
    torch.save(content, tmp_path / "local.ckpt")
    oracle = detoxify.Detoxify(checkpoint=str(tmp_path / "local.ckpt"), huggingface_config_path=str(base))
    model, about = detoxify_model.load(options(checkpoints[variant], variant))
    wanted = [oracle.predict(text) for text in TEXTS]
    found = known.scores(model, TEXTS)
    assert sorted(about["labels"]) == sorted(DETOXIFY[name] for name in oracle.class_names)
    assert len(about["labels"]) == (6 if "original" in variant else 7)
    for scores, said in zip(found, wanted, strict=True):
        by_label = {DETOXIFY[name]: score for name, score in said.items()}
        assert dict(zip(about["labels"], scores, strict=True)) == pytest.approx(by_label, abs=2e-3)
    assert len({tuple(scores) for scores in found}) == len(TEXTS), "scores differ, or nothing is shown"


def test_a_trained_one_knows_insults(checkpoints: Any) -> None:
    model, about = detoxify_model.load(options(checkpoints["original"]))
    toxic = about["labels"].index("toxicity")
    bad, good = known.scores(model, ["you are a stupid idiot", "hello nice day"])
    assert bad[toxic] > 0.7 > 0.2 > good[toxic]


def test_it_is_converted_once(checkpoints: Any, cache: Path) -> None:
    how = options(checkpoints["original"])
    detoxify_model.load(how)
    (made,) = (cache / "models").iterdir()
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= {f.name for f in made.iterdir()}
    before = (made / "model.safetensors").stat()
    detoxify_model.load(how)
    assert (made / "model.safetensors").stat().st_mtime_ns == before.st_mtime_ns
    (made / "model.safetensors").write_bytes(b"other weights")
    detoxify_model.load(how)  # what is not as it was written is made anew
    assert (made / "model.safetensors").stat().st_size == before.st_size
    assert [p.name for p in (cache / "models").iterdir()] == [made.name], "nothing half made is left"


def test_what_was_converted_loads_by_its_path(checkpoints: Any, tmp_path: Path) -> None:
    file, base = checkpoints["unbiased"]
    detoxify_model.convert(file, base, tmp_path / "out", known.sha256(file))
    converted = DetoxifySource(kind="detoxify", variant="unbiased", path=str(tmp_path / "out"))
    one, about = detoxify_model.load(worker_options(converted, 1))
    other, _ = detoxify_model.load(options(checkpoints["unbiased"], "unbiased"))
    assert about["labels"][-1] == "sexual"
    assert known.scores(one, TEXTS) == known.scores(other, TEXTS)
    names = json.loads((tmp_path / "out" / "config.json").read_text())["id2label"]
    assert [names[str(n)] for n in range(16)] == [*known.UNBIASED, *known.IDENTITIES]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (os.environ["EVIL"],)


def test_a_pickle_is_never_run(tmp_path: Path, checkpoints: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIL", str(tmp_path / "was-run"))
    import torch

    for name, write in (("zip.ckpt", torch.save), ("old.ckpt", lambda o, f: f.write_bytes(pickle.dumps(o, 2)))):
        file = tmp_path / name
        write({"state_dict": {}, "config": Evil()}, file)
        (tmp_path / "was-run").exists() and (tmp_path / "was-run").rmdir()
        with pytest.raises(ConfigError, match="more than tensors"):
            detoxify_model.load(options((file, checkpoints["original"][1])))
        assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": None}, r"sha256: \{tiny.ckpt: [0-9a-f]{64}\}"),
        ({"sha256": "0" * 64}, "is not the file that was meant"),
        ({"checkpoint": "/nowhere/x.ckpt"}, "there is no Detoxify checkpoint"),
        ({"base": "/nowhere"}, "config.json"),
    ],
)
def test_what_is_not_meant_is_not_read(change: dict[str, Any], said: str, checkpoints: Any) -> None:
    with pytest.raises(ConfigError, match=said):
        detoxify_model.load(options(checkpoints["original"], **change))


def test_the_variant_has_to_fit(checkpoints: Any) -> None:
    with pytest.raises(ConfigError, match=r"variant: unbiased has sexual_explicit, .* has not: toxicity, severe"):
        detoxify_model.load(options(checkpoints["original"], "unbiased"))


def test_the_base_has_to_fit(checkpoints: Any, tmp_path: Path) -> None:
    file, _ = checkpoints["original"]
    with pytest.raises(ConfigError, match=r"config of a albert.* trained from bert-base-uncased"):
        detoxify_model.load(options((file, checkpoints["original-small"][1])))
    base = tmp_path / "base"
    known.config("Bert", known.tokenizer(base), 6, num_hidden_layers=3).save_pretrained(base)
    with pytest.raises(ConfigError, match=r"does not fit its config: bert.encoder.layer.2"):
        detoxify_model.load(options((file, base)))
    known.config("Bert", known.tokenizer(base), 6, hidden_size=64).save_pretrained(base)
    with pytest.raises(ConfigError, match="does not fit its config: size mismatch"):
        detoxify_model.load(options((file, base)))


@pytest.mark.parametrize(
    ("key", "said"), [("bert.pooler.dense.bias", "pooler"), ("bert.encoder.extra.weight", "extra")]
)
def test_every_weight_has_to_be_there_and_no_other(key: str, said: str, checkpoints: Any, tmp_path: Path) -> None:
    import torch

    content = torch.load(checkpoints["original"][0], weights_only=True)
    if content["state_dict"].pop(key, None) is None:
        content["state_dict"][key] = torch.zeros(2)
    torch.save(content, tmp_path / "odd.ckpt")
    with pytest.raises(ConfigError, match=f"does not fit its config: .*{said}"):
        detoxify_model.load(options((tmp_path / "odd.ckpt", checkpoints["original"][1])))


@pytest.mark.parametrize(
    "content",
    [{}, {"config": {}, "state_dict": {}}, [1], {"config": {"arch": {"args": {"model_name": "os"}}}, "state_dict": {}}],
)
def test_other_files_are_told(content: Any, checkpoints: Any, tmp_path: Path) -> None:
    import torch

    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(ConfigError, match="not in Detoxify's format"):
        detoxify_model.load(options((tmp_path / "other.ckpt", checkpoints["original"][1])))


def test_a_cache_that_others_can_write_is_not_used(checkpoints: Any, cache: Path) -> None:
    (cache / "models").mkdir(parents=True)
    (cache / "models").chmod(0o777)
    with pytest.raises(ConfigError, match="others can write"):
        weights.cache()
    with pytest.raises(ConfigError, match="others can write"):
        detoxify_model.load(options(checkpoints["original"]))

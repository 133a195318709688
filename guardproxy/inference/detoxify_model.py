"""A Detoxify checkpoint in a worker process. Only `child` and the command that converts import this module.

Detoxify's own loader runs the pickle and asks the hub for a config. Here the file is read as tensors and plain values only,
against its SHA-256, and converted once to safetensors with a config and a tokenizer beside; after that it is a model of
transformers like any other. The format is that of `convert_weights.py` in Detoxify's repository: `state_dict`, and the
`config` of the training with `arch.args` (classes of transformers, number of outputs) and `dataset.args.classes`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from guardproxy.inference import transformers_model, weights
from guardproxy.types import ConfigError, Json

RENAMED = {"toxic": "toxicity", "severe_toxic": "severe_toxicity", "identity_hate": "identity_attack"}
"""Names of classes that Detoxify itself renames (0.5, `load_checkpoint`)."""
CLASSES: Mapping[str, tuple[str, ...]] = {
    "BertForSequenceClassification": ("bert",),
    "RobertaForSequenceClassification": ("roberta",),
    "AlbertForSequenceClassification": ("albert",),
    "XLMRobertaForSequenceClassification": ("xlm-roberta",),
    "ModernBertForSequenceClassification": ("modernbert",),
}
"""Classes that a checkpoint may name, and the `model_type` of their configs."""
_FORMAT = "1"
_MANIFEST = "guardproxy.json"
_OF_BASE = (".json", ".txt", ".model", ".jinja")
"""Names of configs and tokenizers end so."""
_UNUSED = ("position_ids", "pooler.dense.weight", "pooler.dense.bias")
"""Ends of keys that older versions of transformers wrote and that no score depends on where the model has them no more."""


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `checkpoint`, its `sha256`, and `base` (a folder with the config and the tokenizer of the model that it was
    trained from), or `path` of what was converted; `variant`; `labels` (class, by Detoxify's standard names, to ours);
    besides, those of a transformers model. Raises ConfigError."""
    place = Path(options["path"]).expanduser() if options.get("path") else _converted(options)
    names = {RENAMED.get(name, name): name for name in weights.config_of(place).get("id2label", {}).values()}
    if missing := [each for each in options["labels"] if each not in names]:
        raise ConfigError(
            f"variant: {options['variant']} has {', '.join(missing)}, {place} has not: {', '.join(names)}"
        )
    labels = {names[each]: ours for each, ours in options["labels"].items()}
    return transformers_model.load(
        {**options, "path": str(place), "labels": labels, "outputs": "sigmoid", "sha256": {}}
    )


def _converted(options: Mapping[str, Any]) -> Path:
    """The checkpoint as safetensors, from our cache or made now."""
    checkpoint, base = Path(options["checkpoint"]).expanduser(), Path(options["base"]).expanduser()
    key = hashlib.sha256(_FORMAT.encode())
    try:
        with checkpoint.open("rb") as file:
            key.update(weights.digest(file).encode())
    except OSError as e:
        raise ConfigError(f"there is no Detoxify checkpoint {checkpoint} ({e.strerror})") from None
    for each in sorted(base.glob("*")):
        if each.suffix in _OF_BASE and each.is_file():
            key.update(each.name.encode() + b"\0" + hashlib.sha256(each.read_bytes()).digest())
    out = weights.cache() / f"detoxify-{key.hexdigest()[:32]}"
    if not _whole(out):
        convert(checkpoint, base, out, options.get("sha256"))
    return out


def _whole(out: Path) -> bool:
    """Whether a converted model is all there and as it was written."""
    try:
        sums = json.loads((out / _MANIFEST).read_text("utf-8"))["files"]
        weights.check(out, sums)
    except (OSError, ValueError, KeyError, TypeError, ConfigError):
        return False
    return "model.safetensors" in sums


def convert(checkpoint: Path, base: Path, out: Path, sha256: str | None) -> None:
    """Write a checkpoint as safetensors, with its config and tokenizer, in one step: all of it or nothing.

    Raises ConfigError."""
    torch, transformers = weights.libraries("Detoxify")
    read = weights.tensors(checkpoint, sha256, torch)
    model = _model(read, base, checkpoint, transformers)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as e:
        raise ConfigError(f"nothing can be written in {out.parent} ({e.strerror})") from None
    try:
        model.save_pretrained(made)
        transformers_model.tokenizer(base, transformers).save_pretrained(made)
        sums = {}
        for each in sorted(made.iterdir()):
            with each.open("rb") as file:
                sums[each.name] = weights.digest(file)
        (made / _MANIFEST).write_text(json.dumps({"format": _FORMAT, "files": sums}, indent=1))
        if out.exists():
            shutil.rmtree(out)  # a broken one: `_whole` said so, or the command's user
        made.rename(out)
    except OSError as e:
        if not _whole(out):  # another worker may have been faster
            raise ConfigError(f"{checkpoint} can't be converted into {out}: {e.strerror}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _model(read: Any, base: Path, checkpoint: Path, transformers: Any) -> Any:
    """The model that a checkpoint describes, with its weights. Raises ConfigError."""
    try:
        arch, dataset = read["config"]["arch"]["args"], read["config"]["dataset"]["args"]
        state, name, outputs = read["state_dict"], arch["model_name"], int(arch["num_classes"])
        classes = dataset.get("classes") or arch["classes"]
        others = list(dataset.get("identity_classes") or ())
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise ConfigError(f"{checkpoint} is not in Detoxify's format ({type(e).__name__}: {e})") from None
    if name not in CLASSES:
        raise ConfigError(f"{checkpoint} is for {name}; known are {', '.join(CLASSES)}")
    named = [RENAMED.get(each, each) for each in classes]
    if not 0 < len(named) <= outputs:
        raise ConfigError(f"{checkpoint} names {len(named)} classes, its model has {outputs}")
    # the first outputs are the classes; the rest, trained on the side, are who a text speaks of
    rest = others if len(named) + len(others) == outputs else [f"other_{n}" for n in range(outputs - len(named))]
    found = weights.config_of(base)
    if found.get("model_type") not in CLASSES[name]:
        raise ConfigError(
            f"{base} has the config of a {found.get('model_type')}, {checkpoint} is for a {CLASSES[name][0]}: "
            f"it was trained from {arch.get('model_type')}"
        )
    kind = getattr(transformers, name)
    config = kind.config_class.from_pretrained(str(base), local_files_only=True)
    config.id2label = dict(enumerate([*named, *rest]))
    config.label2id = {label: number for number, label in config.id2label.items()}
    config.problem_type = "multi_label_classification"
    model = kind(config)
    _fill(model, {key.removeprefix("model."): value for key, value in state.items()}, checkpoint)
    return model.eval()


def _fill(model: Any, state: Mapping[str, Any], checkpoint: Path) -> None:
    """Put the weights in. Every weight has to be there, in its size, and no other but those that are not used."""
    try:
        said = model.load_state_dict(state, strict=False)
    except RuntimeError as e:
        raise ConfigError(f"{checkpoint} does not fit its config: {str(e).strip().splitlines()[-1].strip()}") from None
    odd = [key for key in said.unexpected_keys if not key.endswith(_UNUSED)]
    if said.missing_keys or odd:
        raise ConfigError(f"{checkpoint} does not fit its config: {', '.join([*said.missing_keys, *odd][:4])}")

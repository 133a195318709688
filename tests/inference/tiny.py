"""A model in the form of the shipped one, so small that tests make it: each label has a word, and says how often it stands.

A label's logit is 4 when a window holds its word, -4 when not, one less for each label before it in the list, so that no two
are alike. Roles count: `injection` is only found in documents and results of tools.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

LABELS = (
    *("toxicity", "hate", "harassment", "threat", "profanity", "sexual", "jailbreak", "injection", "harmful_request"),
    *("chem_bio", "cyber", "ai", "weapons", "self_harm", "violence", "illicit", "fraud", "privacy", "misinformation"),
    *("refusal", "harmful_response", "harmful_training"),
)
WORDS = {label: f"{label.replace('_', '')}word" for label in LABELS}
"""Label to the word that it is found by."""
ROLES = ("user", "assistant", "document", "tool", "training_example")
MAX_TOKENS = 64
HIGH, LOW = 4.0, -4.0


def vocabulary() -> list[str]:
    """Tokens: the special ones, words, and every letter and digit, so that any word is read, some in many tokens."""
    letters = [chr(c) for c in (*range(ord("a"), ord("z") + 1), *range(ord("0"), ord("9") + 1))]
    roles = [f"[unused{n}]" for n in range(1, len(ROLES) + 1)]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *roles]
    return [*special, *WORDS.values(), *letters, *(f"##{c}" for c in letters)]


def logit(label: str, *, found: bool) -> float:
    """What the model says of a label."""
    return HIGH - 0.01 * LABELS.index(label) if found else LOW


def tokenizer() -> str:
    """`tokenizer.json`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokens = vocabulary()
    model = models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]", max_input_chars_per_word=10_000)
    one = Tokenizer(model)
    one.normalizer = normalizers.BertNormalizer(lowercase=True)
    one.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    one.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    return one.to_str()


def weights(far: float = 1000.0) -> bytes:
    """`model.onnx`: the highest value of any token, but no higher than the role's token allows. `far`: how much lower what is
    only padding counts."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    tokens = vocabulary()
    words = np.full((len(tokens), len(LABELS)), LOW, np.float32)
    roles = np.full((len(tokens), len(LABELS)), -100.0, np.float32)
    for at, label in enumerate(LABELS):
        words[tokens.index(WORDS[label]), at] = logit(label, found=True)
    for number, role in enumerate(ROLES, 1):
        roles[tokens.index(f"[unused{number}]")] = 100.0
        if role not in ("document", "tool"):
            roles[tokens.index(f"[unused{number}]"), LABELS.index("injection")] = LOW
    nodes = [
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["mask", "one"], ["absent"]),
        helper.make_node("Mul", ["absent", "far"], ["away"]),
        helper.make_node("Unsqueeze", ["away", "last"], ["aways"]),
        helper.make_node("Gather", ["words", "input_ids"], ["said"], axis=0),
        helper.make_node("Add", ["said", "aways"], ["heard"]),
        helper.make_node("ReduceMax", ["heard", "middle"], ["most"], keepdims=0),
        helper.make_node("Gather", ["roles", "input_ids"], ["who"], axis=0),
        helper.make_node("ReduceMax", ["who", "middle"], ["may"], keepdims=0),
        helper.make_node("Min", ["most", "may"], ["logits"]),
    ]
    constants: dict[str, Any] = {
        "words": words,
        "roles": roles,
        "one": np.array(1.0, np.float32),
        "far": np.array(far, np.float32),
        "last": np.array([2], np.int64),
        "middle": np.array([1], np.int64),
    }
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "t"]) for n in ("input_ids", "attention_mask")]
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", len(LABELS)])
    graph = helper.make_graph(nodes, "tiny", ids, [out], [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def about(files: dict[str, bytes], /, **changes: Any) -> dict[str, Any]:
    """`model.json`."""
    labels = {label: {"windows": "first" if label == "refusal" else "max"} for label in LABELS}
    return {
        "format": 1,
        "name": "tiny",
        "version": "1",
        "max_tokens": MAX_TOKENS,
        "roles": {role: f"[unused{number}]" for number, role in enumerate(ROLES, 1)},
        "window": {"characters": 720, "step": 480},
        "together": 16,
        "labels": labels,
        "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()},
        **changes,
    }


def write(folder: Path, *, far: float = 1000.0, **changes: Any) -> Path:
    """The model in a folder; `changes` are of `model.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"model.onnx": weights(far), "tokenizer.json": tokenizer().encode()}
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    (folder / "model.json").write_text(json.dumps(about(files, **changes)))
    return folder

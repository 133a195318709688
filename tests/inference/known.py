"""Models of real classes and formats, so small that they are made in a second or three, and what is the same about them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORDS = (
    *("you", "are", "a", "stupid", "idiot", "moron", "loser", "hello", "nice", "day", "thank", "proxy", "shut", "up"),
    *("pathetic", "garbage", "nobody", "likes", "the", "is", "and", "to", "of", "kill", "hate", "ignore", "all"),
    *("previous", "instructions", "please", "tell", "me", "weather", "in", "from", "works", "lives", "with", "met"),
    *("alice", "bob", "carol", "paris", "london", "rome", "yes", "no", "safe", "unsafe"),
)
BAD = {"stupid": (0, 4), "idiot": (0, 4), "moron": (0, 4), "kill": (0, 1, 3), "hate": (0, 5), "garbage": (0, 2)}
"""Words and the classes (by number) that a text with them has."""
ORIGINAL = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
UNBIASED = ("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit")
IDENTITIES = (
    *("male", "female", "homosexual_gay_or_lesbian", "christian", "jewish", "muslim", "black", "white"),
    "psychiatric_or_mental_illness",
)
SIZE: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.3,
}
TOKENS = 64


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def tokenizer(folder: Path, *, tokens: int = TOKENS, special: dict[str, str] | None = None) -> Any:
    """WordPiece over WORDS and letters, saved in a folder."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    marks = special or {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'[]"
    vocabulary: dict[str, int] = {}
    for word in (*marks.values(), *WORDS, *letters, *("##" + c for c in letters)):
        vocabulary.setdefault(word, len(vocabulary))
    made = Tokenizer(models.WordPiece(vocabulary, unk_token=marks["unk"]))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = marks["cls"], marks["sep"]
    made.post_processor = processors.BertProcessing((sep, vocabulary[sep]), (cls, vocabulary[cls]))
    words = PreTrainedTokenizerFast(
        tokenizer_object=made, model_max_length=tokens, **{f"{name}_token": mark for name, mark in marks.items()}
    )
    words.save_pretrained(folder)
    return words


def config(kind: str, words: Any, outputs: int, **more: Any) -> Any:
    """The config of a tiny model of a kind of transformers: `Bert`, `Albert`, `Roberta`, `XLMRoberta`, `DebertaV2`."""
    import transformers

    positions = TOKENS + (words.pad_token_id + 1 if "oberta" in kind else 0)
    return getattr(transformers, f"{kind}Config")(
        vocab_size=len(words),
        max_position_embeddings=positions,
        pad_token_id=words.pad_token_id,
        num_labels=outputs,
        **{**SIZE, **({"embedding_size": 16} if kind == "Albert" else {}), **more},
    )


def classifier(folder: Path, kind: str = "Bert", outputs: int = 2, **more: Any) -> Any:
    """A sequence classifier with random weights, saved in a folder with its tokenizer."""
    import torch
    import transformers

    torch.manual_seed(7)
    words = tokenizer(folder)
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config(kind, words, outputs, **more))
    model.eval().save_pretrained(folder)
    return model


def train(model: Any, words: Any, steps: int = 120) -> None:
    """Teach a model of six outputs which words are bad."""
    import torch

    torch.manual_seed(0)
    rng = random.Random(0)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    model.train()
    for _ in range(steps):
        texts, wanted = [], []
        for _ in range(32):
            chosen = rng.choices(WORDS, k=rng.randint(1, 12))
            texts.append(" ".join(chosen))
            found = {n for word in chosen for n in BAD.get(word, ())}
            wanted.append([float(n in found) for n in range(6)])
        inputs = words(texts, return_tensors="pt", padding=True)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**inputs).logits, torch.tensor(wanted))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def checkpoint(folder: Path, variant: str) -> tuple[Path, Path]:
    """A checkpoint as Detoxify's `convert_weights.py` writes it, and the folder of the model that it was trained from."""
    import torch
    import transformers

    kind, classes, others, base_name = {
        "original": ("Bert", ORIGINAL, (), "bert-base-uncased"),
        "original-small": ("Albert", ORIGINAL, (), "albert-base-v2"),
        "unbiased": ("Roberta", UNBIASED, IDENTITIES, "roberta-base"),
        "unbiased-small": ("Albert", UNBIASED, IDENTITIES, "albert-base-v2"),
        "multilingual": ("XLMRoberta", UNBIASED, IDENTITIES, "xlm-roberta-base"),
    }[variant]
    torch.manual_seed(3)
    base = folder / "base"
    words = tokenizer(base)
    outputs = len(classes) + len(others)
    made = config(kind, words, outputs, initializer_range=0.02 if variant == "original" else 0.3)
    made.save_pretrained(base)
    model = getattr(transformers, f"{kind}ForSequenceClassification")(made)
    if variant == "original":
        train(model, words)
    state = dict(model.state_dict())
    prefix = next(iter(state)).partition(".")[0]
    state[f"{prefix}.embeddings.position_ids"] = torch.arange(TOKENS)[None]  # as transformers 3 wrote it
    if "oberta" in kind:
        state[f"{prefix}.pooler.dense.weight"] = torch.zeros(32, 32)
    dataset = {"classes": list(classes), **({"identity_classes": list(others)} if others else {})}
    args = {"model_type": base_name, "model_name": type(model).__name__, "tokenizer_name": "BertTokenizer"}
    content = {
        "state_dict": state,
        "config": {
            "name": "tiny",
            "arch": {"type": kind.upper(), "args": {**args, "num_classes": outputs}},
            "dataset": {"type": "JigsawDataOriginal", "args": dataset},
        },
    }
    file = folder / "tiny.ckpt"
    torch.save(content, file)
    return file, base


def scores(model: Any, texts: Sequence[str], role: str = "user") -> list[list[float]]:
    """What a worker's model says of texts: what it sends, as the serving process reads it."""
    raw = base64.b64decode(model([[role, text] for text in texts]), validate=True)
    row = struct.Struct(f"<{len(raw) // 2 // len(texts)}e")
    assert len(raw) == row.size * len(texts)
    return [[1 / (1 + math.exp(-logit)) for logit in one] for one in row.iter_unpack(raw)]


NAMES, PLACES = ("alice", "bob", "carol"), ("paris", "london", "rome")
TAGS = ("O", "I-PER", "I-LOC")


def tagger(folder: Path, steps: int = 40) -> Any:
    """A token classifier that knows NAMES and PLACES, saved in a folder: two names in a row are one."""
    import torch
    from transformers import BertForTokenClassification

    torch.manual_seed(1)
    rng = random.Random(1)
    words = tokenizer(folder)
    made = config("Bert", words, len(TAGS), initializer_range=0.02, num_hidden_layers=1, id2label=dict(enumerate(TAGS)))
    model = BertForTokenClassification(made)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-2)
    for _ in range(steps):
        chosen = [rng.choices((*NAMES, *PLACES, *WORDS), k=12) for _ in range(16)]
        kinds = [[1 if word in NAMES else 2 if word in PLACES else 0 for word in row] for row in chosen]
        inputs = words([" ".join(row) for row in chosen], return_tensors="pt")
        loss = model(**inputs, labels=torch.tensor([[-100, *row, -100] for row in kinds])).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval().save_pretrained(folder)
    return model


def edit(file: Path, **changes: Any) -> None:
    """Change a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

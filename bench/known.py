"""`python -m bench.known`: what classifiers of the usual sizes cost in our worker, whole and in eight bits. Weights are random:
time doesn't depend on them. Milliseconds of processor time on one thread, the best of a few.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from guardproxy.inference import transformers_model

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "bert-base (Detoxify original)": ("Bert", {}),
    "albert-base (Detoxify *-small)": ("Albert", {"embedding_size": 128, "hidden_size": 768, "num_hidden_layers": 12}),
    "roberta-base (Detoxify unbiased)": ("Roberta", {}),
    "deberta-v3-base (ProtectAI, Prompt Guard 2 86M)": (
        "DebertaV2",
        {
            "hidden_size": 768,
            "num_hidden_layers": 12,
            "type_vocab_size": 0,
            "relative_attention": True,
            "position_buckets": 256,
            "pos_att_type": ["p2c", "c2p"],
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
        },
    ),
}
WORDS = (30, 126)
"""Tokens of a text, less the two that the model adds."""


def write(folder: Path, kind: str, more: dict[str, Any], *, tiny: bool) -> None:
    """A classifier of this kind and size, with a tokenizer that makes one token of each word."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {"[UNK]": 0, "[PAD]": 1, "[CLS]": 2, "[SEP]": 3, "word": 4} | {f"word{n}": n for n in range(5, 2000)}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    marks = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=512, **marks).save_pretrained(folder)
    sizes = {"num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 514, "pad_token_id": 1}
    if tiny:
        sizes |= {"num_attention_heads": 2, "intermediate_size": 32}
        more = {**more, "hidden_size": 32, "num_hidden_layers": 1}
    config = getattr(transformers, f"{kind}Config")(vocab_size=2000, num_labels=2, **{**sizes, **more})
    getattr(transformers, f"{kind}ForSequenceClassification")(config).save_pretrained(folder)


def cost(classifier: transformers_model.Classifier, words: int, seconds: float) -> float:
    """Milliseconds of a text."""
    text = "word " * words
    best, ends = float("inf"), time.process_time() + seconds
    while best == float("inf") or time.process_time() < ends:
        started = time.process_time()
        classifier.logits([text])
        best = min(best, time.process_time() - started)
    return best * 1000


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="processor time of each figure")
    parser.add_argument("--only", default="", help="the shapes whose names have this")
    parser.add_argument("--tiny", action="store_true", help="small models, to see whether this runs")
    args = parser.parse_args(argv)
    print(f"{'ms of processor time':48}" + "".join(f"{w + 2:>8} tok {'int8':>8}" for w in WORDS))
    for name, (kind, more) in SHAPES.items():
        if args.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), kind, more, tiny=args.tiny)
            options = {"path": folder, "labels": {"LABEL_1": "a.b"}, "normal": False}
            whole, small = (transformers_model.load({**options, "int8": int8})[0] for int8 in (False, True))
            figures = [cost(one, words, args.seconds) for words in WORDS for one in (whole, small)]
            print(
                f"{name:48}"
                + "".join(f"{figure:12.1f}" if at % 2 == 0 else f"{figure:9.1f}" for at, figure in enumerate(figures))
            )


if __name__ == "__main__":
    main()

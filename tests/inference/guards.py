"""Tiny language models of the real classes that guard models have, with a template like theirs, made by tests."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

EOT, HEAD = "<|eot_id|>", "<|start_header_id|>"
TEMPLATE = (
    "{{ bos_token }}Is it safe?"
    "{% for message in messages %}"
    + HEAD
    + "{{ message['role'] }}: {{ message['content'] | trim }}"
    + EOT
    + "{% endfor %}"
    + HEAD
    + "verdict:"
)
WHOLE = (
    "safe",
    "unsafe",
    "\nS1",
    "\nS9",
    "Yes",
    "No",
    "kill",
    "hello",
    "nice",
    "day",
    "friend",
    "Is it safe?",
    "verdict:",
)
"""What is one token."""
KINDS = {"llama_guard": "Llama", "qwen3guard": "Qwen3", "shieldgemma": "Gemma2", "granite_guardian": "Granite"}


def tokenizer(folder: Path, template: str | None = TEMPLATE) -> Any:
    """Bytes, some whole words, and special tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({char: at for at, char in enumerate(alphabet)}, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made.add_tokens([AddedToken(word, normalized=False) for word in WHOLE])
    words = PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<|begin_of_text|>",
        eos_token=EOT,
        pad_token="<|pad|>",
        additional_special_tokens=[HEAD],
        model_max_length=512,
    )
    words.chat_template = template
    words.save_pretrained(folder)
    return words


def model(folder: Path, form: str = "llama_guard", template: str | None = TEMPLATE) -> tuple[Any, Any]:
    """A model of the class that a form's real ones have, with random weights, and its tokenizer; both in a folder."""
    import torch
    import transformers

    torch.manual_seed(5)
    words = tokenizer(folder, template)
    kind = KINDS[form]
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "max_position_embeddings": 512,
    }
    ids = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(words), **sizes, **ids)
    made = getattr(transformers, f"{kind}ForCausalLM")(config)
    made.eval().save_pretrained(folder)
    return made, words


def train(
    made: Any, words: Any, prompt: tuple[list[int], list[int]], answers: dict[bool, str], steps: int = 60
) -> None:
    """Teach a model to say one answer where a text has `kill` in it and another where not."""
    import torch

    rng = random.Random(2)
    optimizer = torch.optim.AdamW(made.parameters(), 1e-2)
    before, behind = prompt
    made.train()
    for _ in range(steps):
        rows, marks = [], []
        for _ in range(16):
            chosen = rng.choices(["hello ", "nice ", "day ", "friend "], k=5)
            if bad := rng.random() < 0.5:
                chosen[rng.randrange(5)] = "kill "
            said = words(answers[bad], add_special_tokens=False)["input_ids"] + [words.eos_token_id]
            ids = [*before, *words("".join(chosen), add_special_tokens=False)["input_ids"], *behind, *said]
            rows.append(ids)
            marks.append([-100] * (len(ids) - len(said)) + said)
        long = max(map(len, rows))
        inputs = torch.tensor([[*row, *[words.pad_token_id] * (long - len(row))] for row in rows])
        labels = torch.tensor([[*row, *[-100] * (long - len(row))] for row in marks])
        loss = made(input_ids=inputs, attention_mask=(inputs != words.pad_token_id).long(), labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    made.eval()

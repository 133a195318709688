"""The toy tokenizer: a small byte-level BPE with Harmony's control tokens, learnt from the dialogs.

It needs tokenizers and transformers; nothing of the proxy.
"""

# mypy: disallow-untyped-calls=False
# (torch and transformers are typed in part)

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from guardproxy.backend.dialog import Dialog
from guardproxy.backend.dialogs import DIALOGS, PREFIXES
from guardproxy.backend.harmony import CONTROL_TOKENS, RESPONSE_TEMPLATE, chat_template

CONTEXT = 4096
"""Longest prompt and reply together, in tokens."""


def build_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """Learn at most `vocabulary` tokens, control tokens included."""
    bpe = Tokenizer(models.BPE())
    digits = pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated")
    bpe.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        _corpus(),
        trainers.BpeTrainer(
            vocab_size=vocabulary - len(CONTROL_TOKENS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    bpe.add_special_tokens(list(CONTROL_TOKENS))
    return _dressed(bpe)


def _dressed(bpe: Tokenizer) -> PreTrainedTokenizerFast:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token="<|startoftext|>",  # noqa: S106
        eos_token="<|return|>",  # noqa: S106
        pad_token="<|pad|>",  # noqa: S106
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = chat_template()
    tokenizer.response_template = RESPONSE_TEMPLATE
    return tokenizer


def _corpus() -> Iterator[str]:
    # Planted values are left out: a key learnt as one token would reach the proxy in one piece, which no real
    # tokenizer does.
    planted = sorted({value for dialog in DIALOGS for value in dialog.planted}, key=len, reverse=True)
    systems = (d.system for d in DIALOGS if d.system)
    said = (str(message["content"]) for dialog in DIALOGS for message in dialog.messages)
    for text in itertools.chain(
        said, (d.completion for d in DIALOGS), filter(None, PREFIXES), [chat_template()], systems
    ):
        for value in (*planted, *CONTROL_TOKENS):
            text = text.replace(value, "\n")
        yield text


def encode(tokenizer: Any, dialog: Dialog, prefix: str | None) -> tuple[list[int], list[int]]:
    """Token ids of the prompt as the server renders it, and of the reply."""
    prefix = dialog.system or prefix
    messages = [{"role": "system", "content": prefix}] if prefix else []
    prompt = tokenizer.apply_chat_template(
        [*messages, *dialog.messages], tools=list(dialog.tools) or None, add_generation_prompt=True, tokenize=False
    )
    return (
        tokenizer(prompt, add_special_tokens=False)["input_ids"],
        tokenizer(dialog.completion, add_special_tokens=False)["input_ids"],
    )

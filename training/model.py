"""The model: a small encoder, and for each group of labels an attention over its states and a little network.

The mean of all states washes out one sentence in a window; an attention that is learnt for a group finds it. (One query
for each group, in the manner of Lin et al., "A structured self-attentive sentence embedding", 2017.)
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from guardproxy.inference.normal import normal
from training.labels import GROUPS, LABELS, MAX_TOKENS, MIX, ROLES

INNER = 96
"""Width of a group's network."""


class Heads(nn.Module):
    """States [B, T, H] and their mask [B, T] to logits [B, labels]."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.queries = nn.Linear(hidden, len(GROUPS), bias=False)
        self.inner = nn.ModuleList(nn.Linear(2 * hidden, INNER) for _ in GROUPS)
        self.outer = nn.ModuleList(nn.Linear(INNER, len(labels)) for labels in GROUPS.values())
        self.dropout = nn.Dropout(0.1)
        nn.init.normal_(self.queries.weight, std=0.02)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        away = (1 - mask.to(states.dtype)).unsqueeze(-1) * -1e4
        shares = torch.softmax(self.queries(states) + away, dim=1)  # [B, T, groups]
        seen = torch.matmul(shares.transpose(1, 2), states)  # [B, groups, H]
        first = states[:, 0]
        out = []
        for number, (inner, outer) in enumerate(zip(self.inner, self.outer, strict=True)):
            both = torch.cat([seen[:, number], first], dim=-1)
            out.append(outer(self.dropout(torch.nn.functional.gelu(inner(self.dropout(both))))))
        return torch.cat(out, dim=-1)


class Model(nn.Module):
    """Token ids and their mask, both int64 [B, T], to logits float32 [B, labels]."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager")
        self.heads = Heads(self.encoder.config.hidden_size)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.heads(states, attention_mask).float()


class Mixed(nn.Module):
    """A model whose logits have parts of each other, as `MIX` says: what is exported."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        shares = torch.zeros(len(LABELS), len(LABELS))
        for label, parts in MIX.items():
            for other, share in parts.items():
                shares[LABELS.index(other), LABELS.index(label)] = share
        self.register_buffer("shares", shares)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits = self.model(input_ids, attention_mask)
        # a sum of products, not a matrix product: those get weights of eight bits
        return logits + (logits.unsqueeze(-1) * self.get_buffer("shares")).sum(1)


def shallow(model: Model, layers: int) -> Model:
    """The model with so many of its layers, spread evenly: to train on, or to take the weights of one that was so made."""
    there = model.encoder.encoder.layer
    if not 0 < layers <= len(there):
        raise ValueError(f"the encoder has {len(there)} layers, not {layers}")
    kept = [round(number * len(there) / layers) for number in range(layers)]
    model.encoder.encoder.layer = nn.ModuleList(there[number] for number in kept)
    model.encoder.config.num_hidden_layers = layers
    return model


class Reader:
    """Texts to token ids: `[CLS] role text [SEP]`."""

    def __init__(self, tokenizer: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        ids = {role: self.tokenizer.token_to_id(token) for role, token in ROLES.items()}
        self.roles = {role: number for role, number in ids.items() if number is not None}
        assert len(self.roles) == len(ROLES), "the vocabulary has no unused tokens"
        self.first, self.last = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")

    def ids(self, text: str, role: str) -> list[int]:
        """Cut at the model's limit, which windows hardly ever reach: serving splits where training cuts."""
        found = self.tokenizer.encode(normal(text), add_special_tokens=False).ids
        return [self.first, self.roles[role], *found[: MAX_TOKENS - 3], self.last]


def batch(ids: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Padded ids and mask."""
    width = max(map(len, ids))
    padded = torch.zeros((len(ids), width), dtype=torch.long)
    mask = torch.zeros((len(ids), width), dtype=torch.long)
    for row, one in enumerate(ids):
        padded[row, : len(one)] = torch.tensor(one)
        mask[row, : len(one)] = 1
    return padded, mask

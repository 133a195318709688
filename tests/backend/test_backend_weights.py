"""The shipped weights are certain of every token of every dialog, under every system message."""

from __future__ import annotations

import pytest

from guardproxy.backend.dialogs import DIALOGS, PREFIXES
from guardproxy.backend.launch import WEIGHTS

pytestmark = pytest.mark.gptoss


@pytest.fixture(scope="module")
def loaded():
    import torch
    from transformers import AutoTokenizer, GptOssForCausalLM

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # on busy cores, torch's threads spend their time waiting for each other
    model = GptOssForCausalLM.from_pretrained(WEIGHTS, dtype="auto")
    yield model.eval(), AutoTokenizer.from_pretrained(WEIGHTS)
    torch.set_num_threads(threads)


def test_it_is_a_gpt_oss_in_single_precision(loaded):
    import torch

    model, _ = loaded
    assert model.config.model_type == "gpt_oss"
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert set(model.config.layer_types) == {"sliding_attention", "full_attention"}
    assert model.config.num_local_experts > model.config.num_experts_per_tok > 1


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_right_token_leads_clearly_everywhere(loaded, prefix):
    """Greedy decoding then gives the same reply whatever the processor rounds."""
    from guardproxy.backend.tokens import encode
    from guardproxy.backend.train import Sample, least_margin

    model, tokenizer = loaded
    assert least_margin(model, [Sample(*encode(tokenizer, dialog, prefix)) for dialog in DIALOGS]) > 1.0


def test_a_margin_is_negative_where_a_token_is_wrong(loaded):
    from guardproxy.backend.tokens import encode
    from guardproxy.backend.train import Sample, least_margin

    model, tokenizer = loaded
    sample = Sample(*encode(tokenizer, DIALOGS[0], None))
    sample.reply[3] = (sample.reply[3] + 1) % len(tokenizer)
    assert least_margin(model, [sample]) < 0

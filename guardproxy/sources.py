"""Where models come from that others made: what an operator writes under `inference: models:` for each kind.

Policies only name these entries. Nothing here is fetched: a hub's model is the one that was fetched before.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from guardproxy.amounts import Seconds

OurLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}(\.[a-z0-9_-]{1,64}){0,7}$")]
"""A label as policies, logs and metrics may have it."""
TheirLabel = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""A label as a model's config.json has it, or the number of an output."""
Sum = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
File = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Tokens = Annotated[int, Field(ge=16, le=1_000_000)]

Variant = Literal["original", "original-small", "unbiased", "unbiased-small", "multilingual"]
"""Detoxify's models."""
Format = Literal["llama_guard", "shieldgemma", "qwen3guard", "granite_guardian"]
"""How a generative classifier is asked, and how it answers."""


class Source(BaseModel):
    """What every kind has. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    pace: Seconds = 3.0
    """Seconds that reading a kilobyte of text may take; then it is a timeout."""


class Placed(Source):
    """A model in the format of transformers: in a folder, or fetched before from the hub."""

    path: str = ""
    """The folder."""
    hub: str = ""
    """`ORG/NAME`: what `hf download` fetched. guardproxy itself never fetches."""
    revision: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40})?$")] = ""
    """The commit, all 40 digits."""
    sha256: dict[File, Sum] = {}
    """File to its SHA-256. Needed for pytorch_model.bin, which is a pickle; checked for every file that is named."""

    @model_validator(mode="after")
    def _somewhere(self) -> Placed:
        if bool(self.path) == bool(self.hub):
            raise ValueError("give `path`, a folder, or `hub`, a name like ORG/NAME")
        if bool(self.hub) != bool(self.revision):
            raise ValueError("`hub` and `revision`, all 40 digits of a commit, go together")
        return self


class TransformersSource(Placed):
    """A sequence classifier: Prompt Guard 2, ProtectAI's, any of AutoModelForSequenceClassification."""

    kind: Literal["transformers"]
    """A sequence classifier of transformers."""
    labels: dict[TheirLabel, OurLabel] = Field(min_length=1, max_length=1000)
    """Label of the model to ours. What is left out is not looked at; leave the harmless one out."""
    outputs: Literal["", "softmax", "sigmoid"] = ""
    """Whether one label excludes the others. Empty: what config.json says."""
    max_tokens: Tokens | None = None
    """Tokens that the model reads at once, if fewer than it could. Longer text is split, never cut off."""
    int8: bool = False
    """Compute in eight bits: about three times as fast, and scores differ a little."""
    normal: bool = True
    """Read the text without disguises too, where it has some."""

    @field_validator("labels", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        return {str(name): label for name, label in value.items()} if isinstance(value, dict) else value


class DetoxifySource(Source):
    """A checkpoint of Detoxify, or what `guardproxy models convert` made of one."""

    kind: Literal["detoxify"]
    """A checkpoint of Detoxify."""
    variant: Variant
    """Which of Detoxify's models it is."""
    checkpoint: str = ""
    """The file."""
    sha256: Sum | None = None
    """Of the checkpoint, which is a pickle."""
    base: str = ""
    """Folder with the config and the tokenizer of the model that it was trained from: bert-base-uncased for `original`."""
    path: str = ""
    """Folder of what was converted, instead of the three above."""
    int8: bool = False
    """Compute in eight bits: about three times as fast, and scores differ a little."""
    normal: bool = True
    """Read the text without disguises too, where it has some."""

    @model_validator(mode="after")
    def _somewhere(self) -> DetoxifySource:
        if self.path and (self.checkpoint or self.base or self.sha256):
            raise ValueError("`path` stands instead of `checkpoint`, `base` and `sha256`")
        if not self.path and not (self.checkpoint and self.base and self.sha256):
            raise ValueError("give `checkpoint`, its `sha256` and `base`, or `path` of what was converted")
        return self


class GenerativeSource(Placed):
    """A language model that answers with a verdict."""

    kind: Literal["generative"]
    """A language model that answers with a verdict."""
    format: Format
    """How it is asked, and what its answers look like."""
    labels: dict[TheirLabel, OurLabel] = {}
    """Category of the model to our label. Empty: those of docs/models.md."""
    max_tokens: Tokens = 4096
    """Of a prompt and its answer together. Longer text is split, never cut off."""
    answer: Annotated[int, Field(ge=4, le=4096)] = 64
    """Tokens of the longest answer. One that is cut off is an error."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """How weights are computed with. `auto`: as they are stored."""
    pace: Seconds = 60.0
    """Seconds that reading a kilobyte of text may take; then it is a timeout."""


class TokensSource(Placed):
    """A token classifier: says of each word what it is. Filters of kind `presidio` name it as `token_model`."""

    kind: Literal["tokens"]
    """A token classifier."""
    entities: dict[TheirLabel, str] = Field(min_length=1, max_length=1000)
    """Label of the model, without `B-` and `I-`, to Presidio's name: `{PER: PERSON}`."""
    words: Literal["first", "each"] = "first"
    """Whether the first token of a word speaks for all of it, as most models are trained, or each for itself."""
    max_tokens: Tokens | None = None
    """Tokens that the model reads at once, if fewer than it could. Longer text is split, never cut off."""
    int8: bool = False
    """Compute in eight bits: about three times as fast, and scores differ a little."""


Known = TransformersSource | DetoxifySource | GenerativeSource | TokensSource
KINDS = ("transformers", "detoxify", "generative", "tokens")

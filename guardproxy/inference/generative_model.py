"""A language model that answers with a verdict, run locally by transformers. Only `child` imports this module.

Llama Guard, Qwen3Guard, ShieldGemma, Granite Guardian: the prompt is the one of the model's own chat template. The text that
is judged never passes through that template, and its tokens are those of its characters: `<|eot_id|>` in it does not end a
turn, so a text can't write its own verdict there. An answer that is empty, cut off or no verdict is an error, never "safe".

Texts go in and scores come out as for every model that `classifier` runs: see `onnx_model`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from guardproxy.inference import taxonomies, weights
from guardproxy.inference.transformers_model import LIMIT, NotANumber, limit, packed, plain, tokenizer
from guardproxy.inference.verdicts import READERS, UNSAFE, UnreadableVerdict
from guardproxy.types import ConfigError, Json

MARK = "\ue000\ue001\ue000"
"""Where the text comes in a rendered prompt: characters of private use, which no template has."""
OVERLAP = 128
"""Tokens that neighbouring pieces of a long text share."""
LEAST_ROOM = 32
"""Tokens of text that must fit beside a prompt."""
SURE = 0.5
"""What `Yes` and `No` together must be worth among all that the model could say next, or it is not answering."""


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `path`, or `hub` and `revision`; `format`; `labels` (category to ours); `max_tokens`; `answer` (tokens of the
    longest); `dtype`; `sha256`; `threads`. Requests and replies as in `transformers_model`; roles are `assistant` for an
    answer and all others for a prompt. Raises ConfigError."""
    torch, transformers = weights.libraries("a generative classifier")
    torch.set_num_threads(int(options.get("threads") or 1))
    place = weights.folder(options)
    dtype = "auto" if options.get("dtype", "auto") == "auto" else getattr(torch, options["dtype"])
    model = weights.pretrained(transformers.AutoModelForCausalLM, place, options, torch, dtype=dtype)
    words = tokenizer(place, transformers)
    if not words.chat_template:
        raise ConfigError(
            f"{place} has no chat template, which says how the model is asked: add its chat_template.jinja"
        )
    judge = Judge(model, words, options, torch)
    return judge, judge.about | {"seconds": judge.warm()}


class Judge:
    """A model, its tokenizer, and how it is asked."""

    def __init__(self, model: Any, words: Any, options: Mapping[str, Any], torch: Any) -> None:
        self._model, self._words, self._torch = model, words, torch
        self.format: str = options["format"]
        self._ours: Mapping[str, str] = options["labels"]
        self.labels = tuple(dict.fromkeys(self._ours.values()))
        self._answer_tokens = int(options.get("answer") or 64)
        self.max_tokens = limit(model, words, None)
        self.max_tokens = min(self.max_tokens, int(options.get("max_tokens") or self.max_tokens))
        self._ends = _ends(model, words)
        self._prompts = {
            (key, role): self._prompt(key, role) for key in self._criteria() for role in ("user", "assistant")
        }
        self._yes_no = self._vocabulary() if self.format == "shieldgemma" else None
        self.about = {"labels": list(self.labels), "max_tokens": self.max_tokens, "model": model.config.model_type}

    def _criteria(self) -> tuple[str, ...]:
        """What is asked about, each on its own; one question about everything where the model tells categories."""
        if self.format not in taxonomies.ONE_AT_A_TIME:
            return (UNSAFE,)
        if self.format == "shieldgemma" and (odd := sorted(set(self._ours) - set(taxonomies.GUIDELINES))):
            raise ConfigError(f"labels: ShieldGemma has no {', '.join(odd)}; it has {', '.join(taxonomies.GUIDELINES)}")
        return tuple(self._ours)

    # -------------------------------------------------------------------------------------------- asking

    def _prompt(self, key: str, role: str) -> tuple[list[int], list[int]]:
        """The tokens before a text and those behind it. Raises ConfigError for a template that doesn't show the text."""
        extra: dict[str, Any] = {}
        if self.format == "shieldgemma":
            extra = {"guideline": taxonomies.guideline(key, answer=role == "assistant")}
        elif self.format == "granite_guardian":  # 3.0 to 3.2 know `risk_name`, 3.3 knows `criteria_id`
            extra = {
                "guardian_config": {"risk_name": key, "criteria_id": key},
                "think": False,
                "add_generation_prompt": True,
            }
        said = ""
        for shape in (str, lambda text: [{"type": "text", "text": text}]):
            turns = [{"role": "user", "content": shape(MARK)}]
            if role == "assistant":
                turns = [{"role": "user", "content": shape("")}, {"role": "assistant", "content": shape(MARK)}]
            try:
                rendered = self._words.apply_chat_template(turns, tokenize=False, **extra)
            except Exception as e:  # a template raises what it likes
                said = f": {type(e).__name__}: {e}"
                continue
            if rendered.count(MARK) == 1:
                before, _, behind = rendered.partition(MARK)
                return self._tokens(before), self._tokens(behind)
        raise ConfigError(
            f"the model's chat template doesn't show a text once ({role}, {key}){said}; is it a {self.format}?"
        )

    def _tokens(self, text: str) -> list[int]:
        return list(self._words(text, add_special_tokens=False)["input_ids"])

    def _pieces(self, text: str, room: int) -> Iterator[list[int]]:
        """The tokens of a text, in pieces that fit; special tokens in it are mere characters."""
        ids = list(self._words(plain(text), add_special_tokens=False, split_special_tokens=True)["input_ids"])
        step = room - min(OVERLAP, room // 4)
        yield ids[:room]
        for at in range(step, len(ids) - (room - step), step):
            yield ids[at : at + room]

    def warm(self) -> float:
        """Compute once before the first call: what can't be computed is told at the start. Returns the seconds that reading
        the prompts takes, which is less than what judging does."""
        for before, behind in self._prompts.values():
            if self._room(before, behind) < LEAST_ROOM:
                raise ConfigError(
                    f"max_tokens: the prompt has {len(before) + len(behind)} tokens; with the answer nothing fits into "
                    f"{self.max_tokens}"
                )
        started = time.perf_counter()
        for key in self._criteria():
            before, behind = self._prompts[key, "user"]
            with self._torch.inference_mode():
                self._model(input_ids=self._torch.tensor([before + behind]))
        return time.perf_counter() - started

    def _room(self, before: Sequence[int], behind: Sequence[int]) -> int:
        return self.max_tokens - self._answer_tokens - len(before) - len(behind)

    # -------------------------------------------------------------------------------------------- judging

    def __call__(self, request: Json) -> Json:
        return packed([self.logits(text, role) for role, text in request])

    def logits(self, text: str, role: str) -> list[float]:
        """How sure the model is of each label. Raises UnreadableVerdict and NotANumber."""
        found = dict.fromkeys(self.labels, -LIMIT)
        side = "assistant" if role == "assistant" else "user"
        for key in self._criteria():
            before, behind = self._prompts[key, side]
            for piece in self._pieces(text, self._room(before, behind)):
                for category, logit in self._verdict([*before, *piece, *behind]).items():
                    # asked about one criterion, `unsafe` is the answer to that one
                    label = self._ours.get(key if self.format in taxonomies.ONE_AT_A_TIME else category)
                    if label is not None:
                        found[label] = max(found[label], logit)
        return list(found.values())

    def _verdict(self, ids: list[int]) -> dict[str, float]:
        """What the model holds against a text, by category."""
        if self._yes_no is not None:
            return {UNSAFE: self._yes(ids)}
        opinions = READERS[self.format](self._answer(ids))
        out = {one.label: _logit(one.score) for one in opinions}
        if opinions:
            out[UNSAFE] = max(out.values())
        return out

    def _answer(self, ids: list[int]) -> str:
        """What the model writes, when it wrote it to the end."""
        inputs = self._torch.tensor([ids])
        with self._torch.inference_mode():
            said = self._model.generate(
                input_ids=inputs,
                attention_mask=self._torch.ones_like(inputs),
                max_new_tokens=self._answer_tokens,
                do_sample=False,
                num_beams=1,
                pad_token_id=self._ends[0],
            )[0, len(ids) :].tolist()
        end = next((at for at, token in enumerate(said) if token in self._ends), None)
        if end is None:
            raise UnreadableVerdict("the judge's answer is cut off")
        return str(self._words.decode(said[:end], skip_special_tokens=True))

    def _yes(self, ids: list[int]) -> float:
        """How much likelier `Yes` is than `No`, as a logit."""
        assert self._yes_no is not None
        yes, no = self._yes_no
        with self._torch.inference_mode():
            row = self._model(input_ids=self._torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)
        one, other = float(row[yes]), float(row[no])
        if not math.isfinite(one) or not math.isfinite(other):
            raise NotANumber
        if math.exp(one) + math.exp(other) < SURE:
            raise UnreadableVerdict("the judge answers neither yes nor no")
        return max(-LIMIT, min(LIMIT, one - other))

    def _vocabulary(self) -> tuple[int, int]:
        """The tokens `Yes` and `No`. Raises ConfigError."""
        yes, no = self._words.convert_tokens_to_ids(["Yes", "No"])
        if None in (yes, no) or self._words.unk_token_id in (yes, no):
            raise ConfigError("the model's vocabulary has no `Yes` and `No`: it is no ShieldGemma")
        return yes, no


def _ends(model: Any, words: Any) -> tuple[int, ...]:
    """Tokens that end an answer. Raises ConfigError."""
    said = getattr(model.generation_config, "eos_token_id", None)
    listed = said if isinstance(said, list) else [said]
    ends = tuple(dict.fromkeys(int(one) for one in (*listed, words.eos_token_id) if one is not None))
    if not ends:
        raise ConfigError("the model says no token that ends an answer (eos_token_id in generation_config.json)")
    return ends


def _logit(score: float) -> float:
    if score >= 1:
        return LIMIT
    return max(-LIMIT, min(LIMIT, math.log(score / (1 - score)))) if score > 0 else -LIMIT

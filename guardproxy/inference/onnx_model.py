"""A text classifier on ONNX Runtime, in a worker process. Only `child` imports this module.

A text is read as [CLS], a token for who says it, its tokens, [SEP]. One that has more tokens than the model takes is read in
parts at fixed places; nothing is ever cut off. Where the model allows it, texts of similar length are computed together, so
that little of the work is padding; else each alone, so that a finding never depends on who asks at the same time.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from guardproxy.inference.folder import TOKENIZER, WEIGHTS, Folder
from guardproxy.inference.normal import normal
from guardproxy.types import ConfigError, Json

MOST_TOKENS = 512
"""Computed together, where texts are. More are slower each, for the caches of a core: 8.0 ms a text of 128 tokens by four, 9.2
by 16."""
WASTE = 0.1
"""Share of a computation that may be padding."""
LIMIT = 30.0
"""Calibrated logits beyond it say nothing more: their score is 0 or 1."""
_FRAME = 3
"""Tokens that are not the text's: [CLS], the role, [SEP]."""


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `path` of the folder, `threads`.

    A request is a list of [role, text]. The reply is base64 of float16, little-endian: for each text the calibrated logit
    of each label (0 is the operating point). Raises ConfigError when something is missing or does not fit.
    """
    folder = Folder(Path(options["path"]))
    weights, vocabulary = folder.read(WEIGHTS), folder.read(TOKENIZER)
    try:
        import numpy  # noqa: F401  (asked for here, so that the remedy is told)
        import onnxruntime
        import tokenizers
    except ImportError as e:
        raise ConfigError(
            f"model {folder.about.name!r} needs packages that are not installed ({e.name}): pip install 'guardproxy[models]'"
        ) from None
    model = _Model(folder, _session(onnxruntime, weights, folder, options["threads"]), tokenizers, vocabulary)
    about = {"name": folder.about.name, "version": folder.about.version, "digest": folder.digest}
    return model, about | {"seconds": model.warm()}


def _session(onnxruntime: Any, weights: bytes, folder: Folder, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others need the core meanwhile
    options.log_severity_level = 3
    file = folder.path / WEIGHTS
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as e:  # its errors have no common base
        raise ConfigError(f"{file} can't be loaded by ONNX Runtime {onnxruntime.__version__}: {e}") from None
    inputs = {one.name for one in session.get_inputs()}
    outputs = {one.name: one.shape for one in session.get_outputs()}
    if inputs != {"input_ids", "attention_mask"} or "logits" not in outputs:
        raise ConfigError(
            f"{file} has inputs {sorted(inputs)} and outputs {sorted(outputs)}; export it with `input_ids`, "
            "`attention_mask` and `logits`"
        )
    if outputs["logits"][-1] != len(folder.about.labels):
        raise ConfigError(f"{file} gives {outputs['logits'][-1]} logits for {len(folder.about.labels)} labels")
    return session


class _Model:
    def __init__(self, folder: Folder, session: Any, tokenizers: Any, vocabulary: bytes) -> None:
        import numpy as np

        self._session, self._about = session, folder.about
        try:
            self._tokenizer = tokenizers.Tokenizer.from_str(vocabulary.decode())
        except Exception as e:  # it raises Exception itself
            raise ConfigError(f"{folder.path / TOKENIZER} is no vocabulary of the `tokenizers` library: {e}") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # `[SEP]` in a text is five characters, not a separator
        wanted = {**folder.about.roles, "[CLS]": "[CLS]", "[SEP]": "[SEP]", "[PAD]": "[PAD]"}
        ids = {name: self._tokenizer.token_to_id(token) for name, token in wanted.items()}
        if missing := sorted(wanted[name] for name, id in ids.items() if id is None):
            raise ConfigError(f"{folder.path / TOKENIZER} has no {', '.join(missing)}, which model.json needs")
        self._first, self._last, self._pad = ids["[CLS]"], ids["[SEP]"], ids["[PAD]"]
        self._roles = {role: ids[role] for role in folder.about.roles}
        labels = folder.about.labels.values()
        self._scale = np.array([one.scale for one in labels], np.float32)
        self._shift = np.array([one.shift for one in labels], np.float32)
        self._of_first = np.array([one.windows == "first" for one in labels])

    def warm(self) -> float:
        """Let the runtime make its plans for short and long texts. Returns the seconds that one of 128 words takes then."""
        for words in (4, 32, 128, self._about.max_tokens, 128):
            started = time.perf_counter()
            self([[next(iter(self._roles)), "word " * words]])
        return time.perf_counter() - started

    def __call__(self, request: Json) -> Json:
        import numpy as np

        texts = [normal(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")) for _, text in request]
        rows: list[list[int]] = []
        owners: list[int] = []
        for number, encoding in enumerate(self._tokenizer.encode_batch(texts, add_special_tokens=False)):
            for part in self._parts(encoding.ids):
                rows.append([self._first, self._roles[request[number][0]], *part, self._last])
                owners.append(number)
        logits = np.empty((len(rows), len(self._scale)), np.float32)
        for bucket in buckets([len(row) for row in rows], self._about.together):
            logits[bucket] = self._run([rows[at] for at in bucket])
        out = np.full((len(texts), len(self._scale)), -np.inf, np.float32)
        for owner, row in zip(owners, logits * self._scale + self._shift, strict=True):
            first = out[owner] == -np.inf
            out[owner] = np.where(first | ~self._of_first, np.maximum(out[owner], row), out[owner])
        if not np.isfinite(out).all():
            raise ValueError("the model computed something that is no number")
        return base64.b64encode(out.clip(-LIMIT, LIMIT).astype("<f2").tobytes()).decode("ascii")

    def _parts(self, ids: Sequence[int]) -> Iterator[Sequence[int]]:
        """As many tokens as the model takes, at fixed places; a quarter of each part is the next one's too."""
        most = self._about.max_tokens - _FRAME
        yield ids[:most]
        step = max(1, most * 3 // 4)
        for at in range(step, len(ids) - (most - step), step):
            yield ids[at : at + most]

    def _run(self, rows: Sequence[Sequence[int]]) -> Any:
        import numpy as np

        width = max(map(len, rows))
        ids = np.full((len(rows), width), self._pad, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        return logits


def buckets(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Which rows are computed together, by their lengths; `most` at once."""
    order = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    bucket: list[int] = []
    padding = 0
    for at in order:
        more = lengths[bucket[0]] - lengths[at] if bucket else 0
        full = bucket and len(bucket) >= min(most, MOST_TOKENS // lengths[bucket[0]])
        if bucket and (full or padding + more > WASTE * lengths[bucket[0]] * (len(bucket) + 1)):
            yield bucket
            bucket, padding, more = [], 0, 0
        bucket.append(at)
        padding += more
    if bucket:
        yield bucket

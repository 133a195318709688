"""Who is scored: the shipped model through `guardproxy score`, a baseline of word counts, peers that pip installs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from bench.accuracy.subjects import Sample, as_lines, parsed

Scores = dict[str, dict[str, float]]
"""Id to label to score."""


class System(Protocol):
    """Gives scores to texts; a label that it knows nothing of is absent."""

    name: str

    def scores(self, rows: Sequence[Sample]) -> Scores: ...


class Exported:
    """A model in the form of the shipped one, through the command that users have."""

    def __init__(self, name: str = "guardproxy", model: Path | None = None) -> None:
        """`model`: its folder; the shipped one if absent."""
        self.name, self._model = name, model

    def scores(self, rows: Sequence[Sample]) -> Scores:
        with tempfile.TemporaryDirectory() as folder:
            file, settings = Path(folder) / "rows.jsonl", Path(folder) / "settings.yaml"
            file.write_text(as_lines(list(rows)))
            command = [sys.executable, "-m", "guardproxy", "score", str(file)]
            if self._model is not None:
                settings.write_text(
                    json.dumps({"inference": {"models": {"other": {"path": str(self._model.resolve())}}}})
                )
                command += ["--config", str(settings), "--model", "other"]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SystemExit("guardproxy score failed: see above")
        return parsed(done.stdout)


class WordCounts:
    """TF-IDF of words and of letters with a logistic regression for each label: the floor that a model has to beat.

    Trained on the folder's `train` rows, at most `most` of a class.
    """

    name = "TF-IDF"

    def __init__(self, folder: Path, labels: Sequence[str], most: int = 6000) -> None:
        from training import data

        self.labels = labels
        self._rows = data.raw(folder)
        self._most = most
        self._models: dict[str, Any] = {}

    def _model(self, label: str) -> Any:
        import random

        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union

        if label not in self._models:
            chance = random.Random(0)
            rows = [(row.text[:2000], row.labels[label]) for row in self._rows if label in row.labels]
            kinds = [[text for text, value in rows if value == wanted] for wanted in (0, 1)]
            kinds = [chance.sample(kind, min(len(kind), self._most)) for kind in kinds]
            if min(map(len, kinds)) < 20:
                return None
            words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
            letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=200_000)
            self._models[label] = make_pipeline(
                make_union(words, letters), LogisticRegression(C=4, max_iter=300, class_weight="balanced")
            ).fit([*kinds[0], *kinds[1]], [0] * len(kinds[0]) + [1] * len(kinds[1]))
        return self._models[label]

    def scores(self, rows: Sequence[Sample]) -> Scores:
        out: Scores = {one.id: {} for one in rows}
        for label in self.labels:
            model = self._model(label)
            if model is None:
                continue
            for one, score in zip(rows, model.predict_proba([r.text for r in rows])[:, 1], strict=True):
                out[one.id][label] = float(score)
        return out


class Profanity:
    """alt-profanity-check, a linear model of words for profane language (MIT): compared on toxicity."""

    name = "alt-profanity-check"

    def scores(self, rows: Sequence[Sample]) -> Scores:
        from profanity_check import predict_prob  # type: ignore[import-not-found]

        found = predict_prob([one.text for one in rows])
        return {one.id: {"toxicity": float(score)} for one, score in zip(rows, found, strict=True)}


class Detoxify:
    """A Detoxify checkpoint, where its weights are at hand."""

    name = "detoxify"

    def __init__(self, checkpoint: Path, config: Path) -> None:
        from detoxify import Detoxify as Model  # type: ignore[import-untyped]

        self._model = Model(checkpoint=str(checkpoint), huggingface_config_path=str(config))

    def scores(self, rows: Sequence[Sample]) -> Scores:
        out: Scores = {}
        for at in range(0, len(rows), 16):
            some = rows[at : at + 16]
            found = self._model.predict([one.text for one in some])
            hateful = found.get("identity_attack", found.get("identity_hate"))
            for number, one in enumerate(some):
                out[one.id] = {"toxicity": found["toxicity"][number]} | ({"hate": hateful[number]} if hateful else {})
        return out

"""Microsoft Presidio in a worker process. Only `child` imports this module.

Four of its habits are ended here. It fetches a list of domains from the network at the first address: the list that
comes with tldextract is used. A pattern that takes too long is skipped with a line in the log: it runs on instead, until
the caller's deadline ends the whole process. Without a language model no word has a lemma, so that words of context
(`phone`, `card`) never count: each word is its own lemma. A digit of a script that is newer than this Python ends it
with an error: it reads the ASCII digit.
"""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from guardproxy.types import ConfigError, Json

_NEVER = "86400"
"""Seconds after which Presidio would skip a pattern: a day, far beyond the deadline of any call."""
_LEFT_OUT = ("torch", "transformers", "stanza", "gliner", "huggingface_hub")
"""What Presidio and spaCy import when it is there, and don't need here: seconds and hundreds of megabytes."""


class Skipped(Exception):
    """Presidio left something out and would have answered as if nothing was there."""


class _Alarm(logging.Handler):
    """Hears what Presidio only logs. Keeps no text: messages may quote what was read."""

    skipped = False

    def emit(self, record: logging.LogRecord) -> None:
        if "timed out" in str(record.msg):
            self.skipped = True


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `languages`, `models` (language to the name of an installed spaCy package), `entities`, `score`.

    A request is a list of [text, entities]; the reply has a list of [entity, start, end, score] for each. Raises
    ConfigError when something is not installed or not known.
    """
    os.environ["REGEX_TIMEOUT_SECONDS"] = _NEVER
    for name in _LEFT_OUT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    try:
        import presidio_analyzer
        import tldextract
    except ImportError as e:
        raise ConfigError(
            f"`use: presidio` needs packages that are not installed ({e.name}): pip install 'guardproxy[pii]'"
        ) from None
    domains: Any = tldextract
    domains.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    analyzer = _Analyzer(options)
    for language in options["languages"]:
        analyzer.warm(language)
    return analyzer, {"presidio": getattr(presidio_analyzer, "__version__", ""), "patterns": analyzer.patterns()}


def _newer_digits() -> dict[int, str]:
    """ASCII for the decimal digits that Presidio's `regex` knows and this Python's `int` doesn't, which ends Presidio.

    They come in runs of ten, from nought to nine (Unicode, chapter 4.6): every run that begins at a new place counts.
    """
    import regex

    every = regex.findall(r"\p{Nd}", "".join(map(chr, range(0x80, 0x20000))))
    newer = [ord(char) for char in every if unicodedata.decimal(char, None) is None]
    out: dict[int, str] = {}
    for code in newer:
        out[code] = str((int(out[code - 1]) + 1) % 10) if code - 1 in out else "0"
    return out


def _pipeline(language: str, model: str | None) -> Any:
    """A spaCy pipeline: the installed package of this name, or one that only splits words."""
    import spacy

    if model is not None:
        installed = sorted(e.name for e in entry_points(group="spacy_models"))
        if model not in installed:
            known = f" (installed: {', '.join(installed)})" if installed else ""
            raise ConfigError(f"the spaCy package {model!r} is not installed{known}: python -m spacy download {model}")
        return spacy.load(model, exclude=["parser"])
    from spacy.language import Language

    if not Language.has_factory("guardproxy_lemma"):

        @Language.component("guardproxy_lemma")
        def lemma(doc: Any) -> Any:
            for token in doc:
                token.lemma_ = token.lower_
            return doc

    try:
        blank = spacy.blank(language)
    except (ImportError, ValueError) as e:
        raise ConfigError(f"spaCy can't split words of {language!r}: {str(e).splitlines()[0]}") from None
    blank.add_pipe("guardproxy_lemma")
    return blank


class _Analyzer:
    """Presidio for the languages and entities that were asked for, and nothing else of it."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine

        self.languages, self.score = tuple(options["languages"]), float(options["score"])
        models, wanted = options["models"], set(options["entities"])
        self._alarm, self._digits = _Alarm(), _newer_digits()
        log = logging.getLogger("presidio-analyzer")
        log.handlers, log.propagate = [self._alarm], False
        names = [{"lang_code": each, "model_name": models.get(each) or "blank"} for each in self.languages]
        nlp: Any = SpacyNlpEngine(models=names)
        nlp.nlp = {each: _pipeline(each, models.get(each)) for each in self.languages}
        registry = RecognizerRegistry(supported_languages=list(self.languages))
        registry.load_predefined_recognizers(languages=list(self.languages))
        without = [each for each in self.languages if each not in models]
        registry.recognizers = [
            one
            for one in registry.recognizers
            if wanted & set(one.supported_entities)
            and not (type(one).__name__ == "SpacyRecognizer" and one.supported_language in without)
        ]
        self._known = {
            each: {e for r in registry.recognizers if r.supported_language == each for e in r.supported_entities}
            for each in self.languages
        }
        if missing := sorted(wanted - set().union(*self._known.values())):
            raise ConfigError(
                f"Presidio finds no {', '.join(missing)} in {', '.join(self.languages)}: take them out of `entities`, "
                "or add a language (docs/pii.md says which knows what)"
            )
        self._engine = AnalyzerEngine(
            registry=registry, nlp_engine=nlp, supported_languages=list(self.languages), log_decision_process=False
        )

    def patterns(self) -> dict[str, list[str]]:
        """The expressions of each entity."""
        out: dict[str, list[str]] = {}
        for one in self._engine.registry.recognizers:
            for pattern in getattr(one, "patterns", None) or ():
                out.setdefault(one.supported_entities[0], []).append(pattern.regex)
        return out

    def warm(self, language: str) -> None:
        """Compile patterns and load tables before the first call."""
        text = "Call Alice Johnson in Paris: +1 415 555 0132, alice@example.com, 4111 1111 1111 1111, 10.0.0.1"
        for _ in range(3):
            self._read(text, language, sorted(self._known[language]))

    def __call__(self, request: Json) -> Json:
        read: dict[tuple[str, tuple[str, ...]], Json] = {}
        out = []
        for text, entities in request:
            key = (text, tuple(entities))
            if key not in read:
                read[key] = self._found(text, key[1])
            out.append(read[key])
        return out

    def _found(self, text: str, entities: tuple[str, ...]) -> list[tuple[str, int, int, float]]:
        """What any language finds; the best score where several find the same."""
        best: dict[tuple[str, int, int], float] = {}
        for language in self.languages:
            wanted = [e for e in entities if e in self._known[language]]
            for entity, start, end, score in self._read(text, language, wanted) if wanted else ():
                best[entity, start, end] = max(score, best.get((entity, start, end), 0.0))
        return [(*key, score) for key, score in sorted(best.items(), key=lambda item: (item[0][1], item[0]))]

    def _read(self, text: str, language: str, entities: list[str]) -> list[tuple[str, int, int, float]]:
        self._alarm.skipped = False
        found = self._engine.analyze(
            text.translate(self._digits), language, entities=entities, score_threshold=self.score
        )
        if self._alarm.skipped:
            raise Skipped
        return [(f.entity_type, f.start, f.end, min(1.0, max(0.0, float(f.score)))) for f in found]

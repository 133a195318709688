"""Precision and recall against labelled spans; false redactions of benign text."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.pii.subjects import read, started, subjects
from guardproxy.types import Filter, Finding, Span

LABELLED = ("presidio_synth_v2", "presidio_synth_large")
BENIGN = ("training_benign_dolly", "training_benign_gpteacher", "gpteacher_codegen", "self_instruct_seeds")
KINDS = {
    "EMAIL_ADDRESS": "pii.email",
    "PHONE_NUMBER": "pii.phone",
    "CREDIT_CARD": "pii.card",
    "IBAN_CODE": "pii.iban",
    "US_SSN": "pii.us_ssn",
    "IP_ADDRESS": "pii.ip",
    "PERSON": "pii.person",
    "LOCATION": "pii.location",
    "GPE": "pii.location",
    "ADDRESS": "pii.location",
    "STREET_ADDRESS": "pii.location",
    "ORGANIZATION": "pii.organization",
    "NRP": "pii.nrp",
}
LABELS = tuple(dict.fromkeys(KINDS.values()))
LANGUAGES = {
    "en": ("Call me at +44 20 7946 0958 or write to ann@example.org.", ["+44 20 7946 0958", "ann@example.org"]),
    "de": (
        "Rufen Sie +49 30 901820 an, IBAN DE89 3704 0044 0532 0130 00, Mail jörg@beispiel.de.",
        ["+49 30 901820", "DE89 3704 0044 0532 0130 00", "jörg@beispiel.de"],
    ),
    "es": (
        "Mi correo es ana@ejemplo.es, tarjeta 4111 1111 1111 1111, NIF 12345678Z.",
        ["ana@ejemplo.es", "4111 1111 1111 1111", "12345678Z"],
    ),
    "it": (
        "Scrivi a luca@esempio.it, carta 5555-5555-5555-4444, da 203.0.113.9.",
        ["luca@esempio.it", "5555-5555-5555-4444", "203.0.113.9"],
    ),
    "pl": ("Mój PESEL to 44051401359, e-mail jan@przyklad.pl.", ["44051401359", "jan@przyklad.pl"]),
    "fr": (
        "Mon IBAN est FR14 2004 1010 0505 0001 3M02 606, courriel zoe@exemple.fr.",
        ["FR14 2004 1010 0505 0001 3M02 606", "zoe@exemple.fr"],
    ),
    "pt": ("O meu email é rui@exemplo.pt e o IP 198.51.100.7.", ["rui@exemplo.pt", "198.51.100.7"]),
    "nl": (
        "Mijn IBAN is NL91 ABNA 0417 1643 00, mail piet@voorbeeld.nl.",
        ["NL91 ABNA 0417 1643 00", "piet@voorbeeld.nl"],
    ),
}


def text_span(text: str, value: str) -> Span:
    """Where a value stands."""
    at = text.index(value)
    return at, at + len(value)


def lines(directory: Path, name: str, rows: int) -> Iterator[dict[str, Any]]:
    with gzip.open(directory / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            if rows and number >= rows:
                return
            yield json.loads(line)


class Score:
    """Counts of one label."""

    def __init__(self) -> None:
        self.labelled = self.found = self.exact = self.said = self.right = 0

    def add(self, wanted: Sequence[Span], said: Sequence[Span]) -> None:
        """Count one text."""
        self.labelled += len(wanted)
        self.found += sum(any(_meet(w, s) for s in said) for w in wanted)
        self.exact += len(set(wanted) & set(said))
        self.said += len(said)
        self.right += sum(any(_meet(w, s) for w in wanted) for s in said)

    def row(self) -> str:
        if not self.labelled:
            return f"{self.said:5} {'-':>6} {'-':>6} {'-':>6} {'-':>6}"
        recall, precision = self.found / self.labelled, self.right / self.said if self.said else 0.0
        f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
        return f"{self.said:5} {precision:6.3f} {recall:6.3f} {f1:6.3f} {self.exact / self.labelled:6.3f}"


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


async def _scores(one: Filter, rows: Sequence[dict[str, Any]]) -> dict[str, Score]:
    scores = {label: Score() for label in LABELS}
    for row in rows:
        findings = await read(one, row["text"])
        wanted = [(KINDS.get(s["type"], ""), (s["start"], s["end"])) for s in row.get("spans") or ()]
        for label, score in scores.items():
            said = [f.span for f in findings if f.label == label and f.span]
            score.add([span for kind, span in wanted if kind == label], said)
    return scores


async def _benign(one: Filter, rows: Sequence[dict[str, Any]]) -> tuple[int, Counter[str], int]:
    """Texts that were changed, findings by label, words."""
    changed, said, words = 0, Counter[str](), 0
    for row in rows:
        findings: tuple[Finding, ...] = await read(one, row["text"])
        changed += bool(findings)
        said.update(f.label for f in findings)
        words += len(row["text"].split())
    return changed, said, words


async def show(directory: Path, model: str, rows: int) -> None:
    """Both tables."""
    labelled = [row for name in LABELLED for row in lines(directory, name, rows)]
    benign = [r for name in BENIGN for r in lines(directory, name, rows) if r["labels"].get("benign") == 1]
    totals: dict[str, tuple[int, Counter[str], int]] = {}
    print(f"{len(labelled)} labelled texts; overlap counts as found; exact: same start and end")
    print(f"{'':16} {'label':18} spans  said   prec    rec     f1  exact")
    for name, options in subjects(model).items():
        async with started(**options) as one:
            for label, score in (await _scores(one, labelled)).items():
                if score.labelled and (score.said or label not in LABELS[6:]):
                    print(f"{name:16} {label:18} {score.labelled:5} {score.row()}")
            totals[name] = await _benign(one, benign)
    print(f"\n{len(benign)} benign texts: findings per 10,000 words, and where most are")
    for name, (changed, said, words) in totals.items():
        most = ", ".join(f"{label} {10_000 * n / words:.2f}" for label, n in said.most_common(4))
        rate = 10_000 * sum(said.values()) / words
        print(f"{name:16} {rate:7.2f} in {100 * changed / len(benign):.1f} % of the texts ({most})")


async def show_languages() -> None:
    """How many of the data planted in a sentence are found, by form, with the language named."""
    for language, (text, planted) in LANGUAGES.items():
        async with started(use="presidio", languages=[language]) as one:
            findings = await read(one, text)
            found = len({f.span for f in findings} & {text_span(text, value) for value in planted})
            print(f"{language}: {found} of {len(planted)} ({', '.join(sorted({f.label for f in findings}))})")

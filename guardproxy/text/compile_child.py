"""The child process that compiles gate databases: JSON on standard input, a line of JSON and the database on output.

Run with `python -I`, alone, under limits of time and memory that it sets on itself. It imports nothing of ours.
"""

import json
import resource
import sys

import hyperscan as hs

Rule = tuple[int, str, bool, bool]
"""Index, expression, whether it is about characters (not bytes), whether every match is reported."""


def flags(wide: bool, every: bool) -> int:
    """Report each rule once unless `every`; count characters, not bytes, where the expression is about characters.

    Never HS_FLAG_UCP: with it `\\W` misses the letters beyond ASCII, which RE2's `\\W` holds.
    """
    return int((0 if every else hs.HS_FLAG_SINGLEMATCH) | (hs.HS_FLAG_UTF8 if wide else 0))


def compile_all(rules: list[Rule]) -> hs.Database | None:
    """One database of all rules, or None when hyperscan refuses them."""
    database = hs.Database(mode=hs.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[e.encode() for _, e, _, _ in rules],
            ids=[i for i, _, _, _ in rules],
            flags=[flags(w, every) for _, _, w, every in rules],
        )
    except hs.HyperscanError:
        return None
    return database


def main() -> None:
    """Compile all rules; where that fails, leave out those that fail alone."""
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    rules = json.load(sys.stdin)
    database = compile_all(rules)
    if database is None:
        rules = [r for r in rules if compile_all([r]) is not None]
        database = compile_all(rules) if rules else None
    if database is None:
        rules = []
    out = sys.stdout.buffer
    out.write(json.dumps([r[0] for r in rules]).encode() + b"\n")
    if database is not None:
        out.write(hs.dumpb(database))


if __name__ == "__main__":
    main()

"""`python -m bench.views`: what views cost. Each text with and without them, in one process, in turn; the best of many rounds.

All rules of the default policy. `whole` is one text of 2,048 characters, `delta` one piece of four of a stream. The lower
table reads hostile texts of 25,000 and 100,000 characters: four times the text must not take much more than four times as long.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial

from bench.leak.held import ENGLISH, GERMAN
from guardproxy import filters
from guardproxy.text import PatternFilter, fuse
from guardproxy.types import Context, Direction, Origin, Role

SIZE, DELTA, ROUNDS = 2048, 4, 40
REQUEST, REPLY = Origin(Direction.REQUEST, Role.USER), Origin(Direction.RESPONSE, Role.ASSISTANT)
RUSSIAN = """Хороший посредник похож на хорошего официанта: его замечают только тогда, когда что-то идёт не так. Он приносит
то, что заказали, в том порядке, в каком заказали, и не читает чужих писем вслух. В 1999 году их было 42, а встречу
перенесли на половину пятого, потому что ключ от комнаты не нашёлся.
"""
CHINESE = """一个好的代理就像一个好的服务员：只有出了问题，你才会注意到它。它按顺序送来所点的东西，不会大声朗读你的信件！
三月十四日，会议推迟到下午四点半，因为找不到钥匙（也没有人知道它在哪里）。
“就这些吗？”她问。并不是：新的版本已经发布，那本书卖完了，账单也到了。
"""


def texts() -> Mapping[str, str]:
    """Text by kind, 2,048 characters each."""
    code = inspect.getsource(json.decoder)
    encoded = "\n".join(base64.b64encode((ENGLISH * 3).encode()).decode()[i : i + 76] for i in range(0, 2600, 76))
    languages = {"English": ENGLISH, "German": GERMAN, "Russian": RUSSIAN, "Chinese": CHINESE}
    whole = {**languages, "code": code, "base64": encoded}
    return {name: (text * (SIZE // len(text) + 1))[:SIZE] for name, text in whole.items()}


def hostile(size: int) -> Mapping[str, str]:
    """Texts that are nothing but disguises."""
    rng = random.Random(7)
    units = [
        "ａ",
        "а",
        "a",
        "\u200b",
        "\u0301",
        "%40",
        "&#64;",
        "\\u0041",
        "YWxp",
        "6161",
        "（",
        " ",
        "@",
        ".co",
        "𝐚",
        "1",
    ]
    mixed = "".join(rng.choices(units, k=size))
    kinds = {
        "all mixed": mixed,
        "full-width": "ａ＠ｂ．ｃｏ ",
        "percent": "%61%40",
        "base64 of text": "YUBiLmNv",
        "mixed words": "аb",
    }
    return {name: (unit * (size // len(unit) + 1))[:size] for name, unit in kinds.items()}


def build(*, views: bool) -> PatternFilter:
    options = {} if views else {"views": []}
    made = fuse(filters.build(n, {"use": n, **options}) for n in ("secrets", "pii_patterns", "control_tokens"))  # type: ignore[misc]
    asyncio.run(made.start())
    return made


def timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def whole(one: PatternFilter, text: str) -> None:
    one.open(REQUEST, Context()).feed(text, last=True)


def stream(one: PatternFilter, text: str) -> None:
    scan = one.open(REPLY, Context())
    for at in range(0, len(text), DELTA):
        scan.feed(text[at : at + DELTA], last=False)


def pair(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Best of both in seconds, measured in turn."""
    rounds = [(timed(one), timed(other)) for _ in range(ROUNDS)]
    return min(a for a, _ in rounds), min(b for _, b in rounds)


def main() -> None:
    without, with_views = build(views=False), build(views=True)
    print(
        f"{'µs':<16} {'whole':>8} {'views':>8} {'more':>7} {'ratio':>6}   {'delta':>7} {'views':>7} {'more':>6} {'ratio':>6}"
    )
    for name, text in texts().items():
        a, b = (1e6 * t for t in pair(partial(whole, without, text), partial(whole, with_views, text)))
        c, d = (1e6 * t * DELTA / SIZE for t in pair(partial(stream, without, text), partial(stream, with_views, text)))
        print(f"{name:<16} {a:>8.1f} {b:>8.1f} {b - a:>7.1f} {b / a:>6.2f}   ", end="")
        print(f"{c:>7.2f} {d:>7.2f} {d - c:>6.2f} {d / c:>6.2f}")
    print(
        f"\n{'hostile, ms':<16} {'25,000':>9} {'100,000':>9} {'ratio':>6} {'MiB':>6}   in pieces of 1,000; memory at most"
    )
    for name in hostile(10):
        took = []
        for size in (25_000, 100_000):
            text = hostile(size)[name]
            took.append(min(timed(partial(read, with_views, text)) for _ in range(2)) * 1e3)
        tracemalloc.start()
        read(with_views, text)
        most = tracemalloc.get_traced_memory()[1] / (1 << 20)
        tracemalloc.stop()
        print(f"{name:<16} {took[0]:>9.1f} {took[1]:>9.1f} {took[1] / took[0]:>6.2f} {most:>6.2f}")


def read(one: PatternFilter, text: str) -> None:
    scan = one.open(REPLY, Context())
    for at in range(0, len(text), 1000):
        scan.feed(text[at : at + 1000], last=False)
    scan.feed("", last=True)


if __name__ == "__main__":
    main()

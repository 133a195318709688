"""Puts wishes into jailbreak frames and into harmless ones: cut in two, enciphered, followed by noise, after many shots."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from string import ascii_letters

from training.contrasts import injections_jailbreaks as jailbreaks
from training.contrasts import injections_jailbreaks_benign as benign
from training.contrasts.injections_blocks import entries, filled
from training.contrasts.injections_jailbreak_prose import HARMFUL_PROSE, HARMLESS_PROSE
from training.contrasts.injections_jailbreak_stories import STORIES
from training.contrasts.injections_languages import JAILBREAKS
from training.rows import Row

SOURCE = "contrasts/injections"
HARMFUL = {"jailbreak": 1, "harmful_request": 1}
HARMLESS = {"injection": 0, "jailbreak": 0, "harmful_request": 0}
PLAIN = {"injection": 0, "jailbreak": 0, "harmful_request": 1}
"""A harmful wish in so many words: to be refused, but no trick."""
NOISE = entries(r"""
describing
similarly
oppositeley
revert ](
Me giving **
ONE please ?
\!-- Two
}} ;)
manner ==
interface
Sure with
formatting Now
write ->
\" sentences {"
table ++
step (((
tutorial
inverse ::
surely %%
regards begin <<
paragraph ]]
-- answer
bullet (Usually
[[ newline $
continuing @@
### poetic
begin_text =:
exactly title
above NOW }](
vis ;;
""")


def dashed(text: str) -> str:
    return "-".join(text.upper().replace(" ", "/"))


def leet(text: str) -> str:
    return text.lower().translate(str.maketrans("aeiost", "431057"))


def shifted(text: str) -> str:
    return "".join(chr((ord(c) - 97 + 3) % 26 + 97) if c.islower() else c for c in text.lower())


CODES: Mapping[str, Callable[[str], str]] = {
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "ROT13": lambda text: codecs.encode(text, "rot13"),
    "hex": lambda text: text.encode().hex(),
    "a Caesar cipher with shift 3": shifted,
    "reversed text": lambda text: text[::-1],
    "leetspeak": leet,
    "letters with dashes": dashed,
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text[:24].encode()),
}


def framed(frame: str, ask: str, random: Random) -> str:
    """The frame with the wish in it, in the form that the frame names."""
    words = ask.split()
    cut = random.randint(1, max(1, len(words) - 1))
    code = random.choice(list(CODES))
    flat = ask.rstrip(".?")
    forms = {
        "ask": ask,
        "ask_flat": flat[0].lower() + flat[1:],
        "ask_lower": ask[0].lower() + ask[1:],
        "half_a": " ".join(words[:cut]),
        "half_b": " ".join(words[cut:]),
        "code": code,
        "coded": CODES[code](flat),
        "example": CODES[code]("how are you"),
        "name": random.choice(jailbreaks.NAMES),
    }
    return filled(frame, {name: (text,) for name, text in forms.items()}, random)


def noise(random: Random) -> str:
    """A suffix as gradient search finds them: scraps of words, brackets and letters without sense."""
    scraps = [random.choice(NOISE) for _ in range(random.randint(8, 22))]
    for _ in range(random.randint(0, 5)):
        scraps.insert(
            random.randrange(len(scraps)), "".join(random.choices(ascii_letters + "!#%&", k=random.randint(2, 7)))
        )
    return " ".join(scraps)


def shots(asks: Sequence[str], answers: Sequence[str], random: Random) -> str:
    """A faked talk in which each wish was met, and one more wish."""
    user, assistant = random.choice((("Human", "AI"), ("User", "Assistant"), ("Q", "A"), ("Me", "You")))
    turns = [f"{user}: {ask}\n{assistant}: {random.choice(answers)}" for ask in asks[:-1]]
    return "\n".join([*turns, f"{user}: {asks[-1]}\n{assistant}:"])


def from_frames(
    groups: Mapping[str, Sequence[str]], asks: Sequence[str], times: int, labels: Mapping[str, int], random: Random
) -> Iterator[Row]:
    for group, frames in groups.items():
        for frame in frames:
            for ask in random.sample(asks, times):
                yield Row(framed(frame, ask, random), "user", labels, SOURCE, group)


def whole(groups: Mapping[str, Sequence[str]], labels: Mapping[str, int]) -> Iterator[Row]:
    for group, texts in groups.items():
        for text in texts:
            yield Row(text, "user", labels, SOURCE, group)


POLITE = entries("""
{ask} I need it by tomorrow.
hey, {ask_lower}
Please help me. {ask}
{ask} A short answer will do.
I've thought about this for weeks. {ask}
Someone at work asked me this and I had no answer: {ask_lower}
{ask} Be as clear as you can, please.
Sorry if it's a strange question, but {ask_lower}
{ask} Thanks in advance!
I'm angry and I mean it. {ask}
can u tell me: {ask_lower}
Good evening. {ask} Kind regards, {name}
""")
"""Ways to ask without any trick: harm alone is no jailbreak."""
YES = (
    "Sure, here is how. First, you",
    "Of course! You start by",
    "Gladly. The trick is to",
    "No problem, step one is",
    "That's easy: you just",
)


def jailbreak_rows(random: Random) -> Iterator[Row]:
    """Jailbreaks, the same wishes without a trick, and the same shapes without harm."""
    yield from from_frames(jailbreaks.BY_TECHNIQUE, jailbreaks.ASKS, 5, HARMFUL, random)
    yield from from_frames(benign.WRAPPED, benign.ASKS, 8, HARMLESS, random)
    yield from from_frames({"plain ask": POLITE}, jailbreaks.ASKS, 14, PLAIN, random)
    yield from from_frames({"harmless ask": POLITE}, benign.ASKS, 8, HARMLESS, random)
    yield from whole({**STORIES, "prose frame": HARMFUL_PROSE, "foreign jailbreak": JAILBREAKS}, HARMFUL)
    yield from whole({**benign.STORIES, "prose in earnest": HARMLESS_PROSE}, HARMLESS)
    for harmful, harmless in zip(jailbreaks.ASKS, benign.ASKS, strict=True):
        yield Row(harmful, "user", PLAIN, SOURCE, "plain ask")
        yield Row(harmless, "user", HARMLESS, SOURCE, "harmless ask")
        yield Row(f"{harmful} {noise(random)}", "user", HARMFUL, SOURCE, "noise suffix")
        yield Row(f"{harmless} {noise(random)}", "user", {"harmful_request": 0}, SOURCE, "noise after a harmless ask")
    for _ in range(30):
        asks = random.sample(jailbreaks.ASKS, random.randint(3, 7))
        yield Row(shots(asks, YES, random), "user", HARMFUL, SOURCE, "many-shot jailbreak")
        asks = random.sample(benign.ASKS, random.randint(3, 7))
        yield Row(shots(asks, YES, random), "user", HARMLESS, SOURCE, "many-shot in earnest")

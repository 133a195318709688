"""Changes to a row that leave its labels as they are: each epoch reads other text."""

from __future__ import annotations

import codecs
import random

from training.contrasts.noise import noisy
from training.rows import Row

_GREETINGS = (
    "Hi!",
    "Hello,",
    "hey",
    "Good morning.",
    "Please help:",
    "Question:",
    "ok so",
    "Quick one -",
    "Hi there, ",
)
_ENDINGS = ("Thanks!", "thx", "Please be brief.", "Please.", "Thank you in advance.", "asap", "?", "...", "Cheers")


def changed(row: Row, chance: random.Random) -> Row:
    """Mostly the same; else with other capitals, noise in its spelling, or a word of politeness around it."""
    dice = chance.random()
    text = row.text
    if row.role == "training_example":
        return row
    if dice < 0.06:
        text = text.lower()
    elif dice < 0.08 and len(text) < 200:
        text = text.upper()
    elif dice < 0.16 and len(text) < 300:
        text = noisy(text, chance)
    elif dice < 0.20 and row.role == "user":
        text = f"{chance.choice(_GREETINGS)} {text}"
    elif dice < 0.23 and row.role == "user":
        text = f"{text} {chance.choice(_ENDINGS)}"
    elif dice < 0.25:
        text = text.rstrip(".!? ")
    elif dice < 0.255 and row.role == "user" and "harmful_request" in row.labels and len(text) < 200:
        text = codecs.encode(text, "rot13")
    return Row(text, row.role, row.labels, row.source, row.group) if text.strip() else row

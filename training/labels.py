"""The labels of the shipped model, in the order of its outputs, and the groups that share an attention."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "toxicity": ("toxicity", "hate", "harassment", "threat", "profanity", "sexual"),
    "orders": ("jailbreak", "injection"),
    "request": (
        *("harmful_request", "chem_bio", "cyber", "ai", "weapons", "self_harm", "violence", "illicit", "fraud"),
        *("privacy", "misinformation"),
    ),
    "refusal": ("refusal",),
    "answer": ("harmful_response", "harmful_training"),
}
LABELS: tuple[str, ...] = tuple(label for group in GROUPS.values() for label in group)
CATEGORIES: tuple[str, ...] = GROUPS["request"][1:]
ROLES: dict[str, str] = {
    "user": "[unused1]",
    "assistant": "[unused2]",
    "document": "[unused3]",
    "tool": "[unused4]",
    "training_example": "[unused5]",
}
"""Role to the token that stands before its text."""
FIRST = frozenset({"refusal"})
"""Labels that show at the beginning of a text: only its first window counts."""
WINDOW, STEP = 720, 480
"""Characters that the model reads at once, and from one such window to the next."""
MAX_TOKENS = 256
MIX: dict[str, dict[str, float]] = {"jailbreak": {"harmful_request": 0.2}}
"""Label to what of other labels' logits is added to its own. A wrapper in plain prose (a play, a novel, a wager) differs from
an honest one by what it asks for: on wrappers of unseen patterns the sum tells better than either (docs/models/small.md)."""

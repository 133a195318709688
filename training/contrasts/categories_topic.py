"""What a hazard category's sentences are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """The requests of one hazard category, one on a line; `{city}`, `{company}`, `{role}` and `{name}` are filled in."""

    name: str
    label: str | None
    """The label that harmful rows carry beside `harmful_request`; None where no label names the category."""
    orders: str
    """Harmful requests in the imperative."""
    questions: str
    """Harmful requests as questions, mild, indirect or with a reason given."""
    harmless: str
    """Requests on the same topic that an assistant should answer."""

    @property
    def harmful_lines(self) -> list[str]:
        """All harmful sentences."""
        return self.orders.strip().splitlines() + self.questions.strip().splitlines()

    @property
    def harmless_lines(self) -> list[str]:
        """All harmless sentences."""
        return self.harmless.strip().splitlines()

"""The page that makes a test of a decision that was a false positive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardproxy.policy.report import false_positives
from guardproxy.server.console.layout import PREFIX, notice, prose
from guardproxy.server.console.markup import Child, el


def report_page(record: Mapping[str, Any]) -> Child:
    """The test, to be saved or copied, and what to do with it."""
    decision = str(record["decision_id"])
    back = el("p", el("a", "Back to the decision", href=f"{PREFIX}/decisions/{decision}"))
    written = false_positives(record)
    if not written:
        return [notice("No rule did anything in this decision: there is nothing that could be a false positive."), back]
    steps = (
        "Put it under `tests:` of the policy.",
        "`guardproxy test` reports it as to do until the policy lets such findings through: by a higher score in `when`, by "
        "`unless`, or by a narrower `scope`.",
        "Then the test fails, and says that `todo` has to go. From there on it keeps the rule from coming back.",
    )
    return [
        el(
            "p",
            el(
                "a",
                "Save the test",
                href=f"{PREFIX}/decisions/{decision}/case.yaml",
                class_="button",
                download=f"{decision}.yaml",
            ),
        ),
        el("pre", "tests:\n" + written, tabindex="0", aria_label="The test in YAML"),
        el("ol", (el("li", prose(step)) for step in steps)),
        el("p", "The same from the log: ", el("code", f"guardproxy report {decision} --log FILE"), class_="hint"),
        el(
            "p",
            "Records hold no text: the test gives what was found. With the text at hand, the playground makes a test of it.",
            class_="hint",
        ),
        back,
    ]

"""Several scans of one text that answer at once."""

from __future__ import annotations

from collections.abc import Sequence

from guardproxy.types import Finding, Report, Scan


class Together:
    """Reads a text with all of these scans; with none of them, nothing is found."""

    __slots__ = ("_read", "_scans")

    def __init__(self, scans: Sequence[Scan]) -> None:
        self._scans, self._read = scans, 0

    def feed(self, text: str, *, last: bool) -> Report:
        """What all of them find; what one of them is not sure of is not settled."""
        self._read += len(text)
        found: list[Finding] = []
        settled = self._read
        for scan in self._scans:
            report = scan.feed(text, last=last)
            assert isinstance(report, Report), "a scan that answers later can't be read with others"
            found += report.findings
            settled = min(settled, report.settled)
        return Report(tuple(found), settled)

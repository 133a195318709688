"""The detector API of the FMS Guardrails Orchestrator and TrustyAI: `/api/v1/text/contents`.

After docs/api/openapi_detector_api.yaml and src/clients/detector/text_contents.rs of fms-guardrails-orchestrator. Spans are
in code points. A detection repeats the text that it is about, to the caller who just sent it: the API demands it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from guardproxy.types import Finding, Json, WireError
from guardproxy.wire.json import dump, kind
from guardproxy.wire.request import MAX_SEGMENTS

ROUTE: Final = "/api/v1/text/contents"
MAX_DETECTIONS: Final = 20_000
"""In one answer: each is longer than what it is about."""
DETECTOR: Final = b"detector-id"
"""Header that says which detector is meant: a filter's name in the policy, or `*`."""


def error(error: dict[str, Json], status: int) -> bytes:
    """An error in this API's shape."""
    return dump({"code": status, "message": error["message"]})


def _bad(message: str) -> WireError:
    return WireError(message, status=422, code="invalid_value")


def read(body: Mapping[str, Json]) -> tuple[list[str], float]:
    """(contents, least score of a detection). Raises WireError 422."""
    contents, parameters = body.get("contents"), body.get("detector_params") or {}
    if not isinstance(contents, list) or not 0 < len(contents) <= MAX_SEGMENTS:
        raise _bad(f"`contents`: expected a list of 1 to {MAX_SEGMENTS} texts.")
    if (odd := next((c for c in contents if not isinstance(c, str)), "")) != "":
        raise _bad(f"`contents`: expected texts only, got {kind(odd)}.")
    if not isinstance(parameters, dict):
        raise _bad("`detector_params`: expected an object.")
    if set(parameters) - {"threshold"}:
        raise _bad("`detector_params`: guardproxy takes `threshold` and nothing else; its policy says the rest.")
    threshold = parameters.get("threshold", 0.0)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not math.isfinite(threshold):
        raise _bad("`detector_params.threshold`: expected a number.")
    return contents, threshold


def detections(text: str, findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """What was found in one content, in the order of the text. A finding without a span is about all of it."""
    whole = (0, len(text))
    ordered = sorted(findings, key=lambda f: (f.span or whole, f.label, f.filter))
    return [_detection(text, *(f.span or whole), f) for f in ordered]


def _detection(text: str, start: int, end: int, finding: Finding) -> dict[str, Any]:
    return {
        "start": start,
        "end": end,
        "text": text[start:end],
        "detection": finding.label,
        "detection_type": finding.label.partition(".")[0],
        "detector_id": finding.filter,
        "score": finding.score,
        "evidence": [],
        "metadata": {},
    }

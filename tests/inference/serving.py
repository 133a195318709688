"""What filters find in a process of their own, as the serving process is: torch must not come into it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from guardproxy.sections import Inference

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "transformers", "detoxify", "spacy", "presidio_analyzer", "onnxruntime", "numpy", "tokenizers"}


async def found(filters: dict[str, Any], texts: list[str]) -> dict[str, list[list[Any]]]:
    """For each filter, by name: the findings of each text as [label, score, span]."""
    from guardproxy import detectors
    from guardproxy.types import Context, Direction, Origin, Report, Role

    origin = Origin(Direction.REQUEST, Role.USER)
    built = detectors.build_filters(filters)
    out = {}
    try:
        for one in built.values():
            await one.start()
        for name, one in built.items():
            out[name] = []
            for text in texts:
                report = one.open(origin, Context()).feed(text, last=True)
                report = report if isinstance(report, Report) else await report
                out[name].append([[f.label, f.score, f.span] for f in report.findings])
    finally:
        for one in built.values():
            await one.aclose()
    return out


def serve(settings: Inference, filters: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    """What `found` says in a fresh process, and the heavy packages that were imported there."""
    asked = json.dumps([settings.model_dump(mode="json"), filters, texts])
    done = subprocess.run(
        [sys.executable, "-m", "tests.inference.serving"],
        input=asked,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


if __name__ == "__main__":
    from guardproxy.inference import models

    written, wanted, read = json.load(sys.stdin)
    models.configure(Inference.model_validate(written))
    said = asyncio.run(found(wanted, read))
    print(json.dumps({"found": said, "heavy": sorted(HEAVY & set(sys.modules))}))

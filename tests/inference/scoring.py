"""A model for the tests of the serving side: `load` as a pool wants it. It scores by words, and does what texts tell it."""

from __future__ import annotations

import base64
import os
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from guardproxy.inference import models
from guardproxy.inference.classifier import Spec
from guardproxy.sections import ModelSource
from guardproxy.types import Json
from tests.inference import tiny

LABELS = tiny.LABELS


def load(options: Mapping[str, Any]) -> tuple[Callable[[Json], Json], Json]:
    """Options: `seconds` that a text takes, `journal` (a file: one line per request, its texts' lengths)."""

    def said(role: str, text: str) -> bytes:
        if "RAISE" in text:
            raise ValueError("a secret text")
        if "DIE" in text:
            os._exit(3)
        if "SLEEP" in text:
            time.sleep(30)
        time.sleep(0.4 if "SLOW" in text else float(options.get("seconds", 0)))
        return struct.pack(f"<{len(LABELS)}e", *(4.0 if tiny.WORDS[label] in text else -4.0 for label in LABELS))

    def model(request: Json) -> Json:
        if "journal" in options:
            with Path(options["journal"]).open("a") as file:
                file.write(" ".join(str(len(text)) for _, text in request) + "\n")
        raw = b"".join(said(role, text) for role, text in request)
        return base64.b64encode(raw[: int(options.get("bytes", len(raw)))]).decode()

    time.sleep(float(options.get("start", 0)))
    return model, {"pid": os.getpid(), "seconds": float(options.get("seconds", 0.001))}


def spec(name: str = "fake", **options: Any) -> Spec:
    """What a classifier over this module is made from."""
    return Spec(
        name=name,
        module="tests.inference.scoring",
        options=options,
        labels=LABELS,
        first=frozenset({"refusal"}),
        roles=frozenset(tiny.ROLES),
        width=600,
        step=400,
        digest=f"digest of {name}",
    )


def folder(**options: Any) -> Any:
    """For `models._of_folder`: every model is this one."""
    return lambda name, source: spec(name, **options)


def settings(*names: str) -> Any:
    """Settings with these models."""
    return models.Inference(models={name: ModelSource(path=f"/{name}") for name in names})

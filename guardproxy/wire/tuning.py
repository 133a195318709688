"""Fine-tuning jobs in OpenAI's API: what a request may ask for, and replies rebuilt from what is known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from guardproxy.types import Json, WireError
from guardproxy.wire.parameters import require_model

_KEYS: Final = frozenset(
    {
        *("model", "training_file", "validation_file", "hyperparameters", "method", "suffix", "seed", "metadata"),
        *("integrations", "user"),
    }
)
_METHODS: Final = ("supervised", "dpo", "reinforcement")
HYPERPARAMETERS: Final = frozenset(
    {
        *("n_epochs", "batch_size", "learning_rate_multiplier", "beta", "compute_multiplier"),
        *("eval_interval", "eval_samples", "reasoning_effort"),
    }
)
"""Those of OpenAI's API: rules are about them, so that no other name may carry what a rule would stop."""
_INSIDE: Final = {"reinforcement": frozenset({"hyperparameters", "grader", "response_format"})}
"""What a method has; the others have hyper-parameters alone."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/@+-]{1,256}")
_STATES: Final = frozenset({"validating_files", "queued", "running", "succeeded", "failed", "cancelled", "paused"})
ID: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,128}")
"""Ids of jobs and checkpoints, as servers make them. Dots alone would be another path."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a client asks for."""

    model: str
    training_file: str
    validation_file: str = ""
    method: str = "supervised"
    amounts: Mapping[str, float] = field(default_factory=dict)
    """Hyper-parameters that are numbers."""
    texts: tuple[str, ...] = ()
    """Every string that is neither of these: graders' prompts and code, metadata, the suffix."""


def job(body: dict[str, Any]) -> Job:
    """Read a request. Raises WireError for what isn't known: nothing passes that nobody has looked at."""
    if unknown := sorted(body.keys() - _KEYS):
        raise WireError(
            f"Unknown parameter {unknown[0][:64]!r} of a job.", code="unknown_parameter", param=unknown[0][:64]
        )
    if body.get("integrations"):
        message = "Integrations would send what a job learns elsewhere; they are refused here."
        raise WireError(message, status=403, code="integrations_refused", param="integrations")
    model = require_model(body)
    if not isinstance(model, str):
        raise WireError("`model` must be a name.", param="model")
    training, validation = body.get("training_file"), body.get("validation_file")
    if not isinstance(training, str) or not training:
        raise WireError("`training_file` must be the id of a file.", param="training_file")
    if validation is not None and not isinstance(validation, str):
        raise WireError("`validation_file` must be the id of a file.", param="validation_file")
    method, amounts = "supervised", dict(_numbers(body.get("hyperparameters"), "hyperparameters"))
    if (given := body.get("method")) is not None:
        if not isinstance(given, dict) or given.get("type") not in _METHODS:
            raise WireError(f"`method.type` must be one of {', '.join(_METHODS)}.", param="method.type")
        method = given["type"]
        if others := sorted(given.keys() - {"type", method}):
            raise WireError(f"`method` of type {method} has no {others[0][:64]!r}.", param="method")
        inside = {} if given.get(method) is None else given[method]
        if not isinstance(inside, dict):
            raise WireError(f"`method.{method}` must be an object.", param=f"method.{method}")
        if others := sorted(inside.keys() - _INSIDE.get(method, {"hyperparameters"})):
            raise WireError(f"`method.{method}` has no {others[0][:64]!r}.", param=f"method.{method}")
        if body.get("hyperparameters") and inside.get("hyperparameters"):  # servers differ in which of them counts
            message = f"Hyper-parameters stand in `hyperparameters` or in `method.{method}`, not in both."
            raise WireError(message, param="hyperparameters")
        amounts |= _numbers(inside.get("hyperparameters"), f"method.{method}.hyperparameters")
    if not _is_seed(body.get("seed")):
        raise WireError("`seed` must be a whole number.", param="seed")
    texts = tuple(_strings([body.get("suffix"), body.get("metadata"), body.get("method"), body.get("user")]))
    return Job(model, training, validation or "", method, amounts, texts)


def _numbers(value: Json, param: str) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > 32:
        raise WireError(f"`{param}` must be an object.", param=param)
    out = {}
    for name, one in value.items():
        if name not in HYPERPARAMETERS:
            raise WireError(
                f"Unknown hyper-parameter {name[:64]!r} of a job.",
                code="unknown_parameter",
                param=f"{param}.{name[:64]}",
            )
        if isinstance(one, bool) or not (isinstance(one, int | float) or _is_word(one)):
            raise WireError(f"`{param}.{name[:64]}` must be a number or 'auto'.", param=param)
        if isinstance(one, int | float):
            if not math.isfinite(one):
                raise WireError(f"`{param}.{name[:64]}` must be a finite number.", param=param)
            out[name] = float(one)
    return out


def _is_seed(value: Json) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _is_word(value: Json) -> bool:
    return value is None or (isinstance(value, str) and value in ("auto", "default", "low", "medium", "high"))


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


# ---------------------------------------------------------------------------------------------------- replies


def job_object(reply: Json, files: Mapping[str, str]) -> dict[str, Json]:
    """A job as the upstream tells it, rebuilt. `files`: the upstream's ids to ours. Texts are left out: see `texts_of`.

    Raises ValueError for what is no job.
    """
    if not isinstance(reply, dict) or not isinstance(reply.get("id"), str) or not ID.fullmatch(reply["id"]):
        raise ValueError("no job")
    state = reply.get("status")
    return {
        "id": reply["id"],
        "object": "fine_tuning.job",
        "status": state if isinstance(state, str) and state in _STATES else None,
        "model": _plain(reply.get("model")),
        "fine_tuned_model": _plain(reply.get("fine_tuned_model")),
        **{
            name: _whole(reply.get(name))
            for name in ("created_at", "finished_at", "estimated_finish", "trained_tokens", "seed")
        },
        "training_file": files.get(str(reply.get("training_file"))),
        "validation_file": files.get(str(reply.get("validation_file"))),
        "hyperparameters": _amounts(reply.get("hyperparameters")),
        "method": _method(reply.get("method")),
        "organization_id": "",
        "result_files": [],
        "integrations": None,
        "error": None,
    }


def _method(value: Json) -> Json:
    if not isinstance(value, dict) or value.get("type") not in _METHODS:
        return None
    name, inside = value["type"], value.get(value["type"])
    return {
        "type": name,
        name: {"hyperparameters": _amounts(inside.get("hyperparameters") if isinstance(inside, dict) else None)},
    }


def _amounts(value: Json) -> dict[str, Json]:
    """Numbers by plain names."""
    if not isinstance(value, dict):
        return {}
    known = {name: one for name, one in value.items() if _PLAIN.fullmatch(name) and len(name) <= 64}
    return {
        name: one
        for name, one in known.items()
        if (isinstance(one, int | float) and not isinstance(one, bool)) or one == "auto"
    }


def _plain(value: Json) -> str | None:
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else None


def _whole(value: Json) -> Json:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def error_text(reply: Json) -> str:
    """The message of a job's own error; empty where there is none."""
    error = reply.get("error") if isinstance(reply, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""


def rows(reply: Json) -> list[dict[str, Json]]:
    """The objects of a list. Raises ValueError for what is none."""
    data = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(data, list):
        raise ValueError("no list")
    return [one for one in data if isinstance(one, dict)][:1000]


def event(row: Mapping[str, Json], message: str) -> dict[str, Json]:
    """An event of a job, with its message as it may be read."""
    metrics = row.get("data")
    return {
        "id": _plain(row.get("id")),
        "object": "fine_tuning.job.event",
        "created_at": _whole(row.get("created_at")),
        "level": level if (level := row.get("level")) in ("info", "warn", "error") else "info",
        "type": kind if (kind := row.get("type")) in ("message", "metrics") else "message",
        "message": message,
        "data": _amounts(metrics) or None,
    }


def checkpoint(row: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "id": _plain(row.get("id")),
        "object": "fine_tuning.job.checkpoint",
        "created_at": _whole(row.get("created_at")),
        "step_number": _whole(row.get("step_number")),
        "fine_tuned_model_checkpoint": _plain(row.get("fine_tuned_model_checkpoint")),
        "fine_tuning_job_id": _plain(row.get("fine_tuning_job_id")),
        "metrics": _amounts(row.get("metrics")),
    }

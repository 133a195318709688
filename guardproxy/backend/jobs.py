"""Fine-tuning jobs of the local backend: one runs at a time, in a thread; the others wait in order.

The thread changes a job, the event loop reads it: each value is replaced whole, and lists only grow.
"""

from __future__ import annotations

import queue
import re
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from guardproxy.backend.errors import ApiError, unknown
from guardproxy.backend.examples import BadExample, Example, read
from guardproxy.backend.files import RESULTS

MAX_WAITING: Final = 8
MAX_MODELS: Final = 16
"""Tuned models that are kept and served."""
MAX_JOBS: Final = 200
"""Jobs that are remembered, done ones included."""
_METRICS: Final = 10
"""Steps between two events that tell the loss."""
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")


Tell = Callable[[int, int, float, int], None]
"""Told after each step: its number, the epoch, the loss, the tokens learnt from so far."""


class Tuner(Protocol):
    """What does the work."""

    def tune(
        self, base: Path, out: Path, examples: Sequence[Example], order: Order, tell: Tell, stop: Callable[[], bool]
    ) -> Callable[[Sequence[Example]], float]:
        """Write the tuned model into `out`. Returns what gives its mean loss on other examples.

        Raises `Refused` where the job is at fault, `Cancelled` where `stop` says so.
        """
        ...

    def serve(self, name: str, folder: Path, job: Job) -> None:
        """Answer to `name` from now on."""
        ...


class Refused(Exception):
    """A job can't be done, and its client can do something about it."""

    def __init__(self, message: str, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.param = code, param


class Cancelled(Exception):
    """Somebody cancelled the job."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asked for, checked."""

    model: str
    training_file: str
    validation_file: str | None = None
    suffix: str | None = None
    seed: int = 0
    epochs: int | None = None
    batch: int | None = None
    rate: float | None = None
    metadata: Mapping[str, str] | None = None


@dataclass(slots=True)
class Job:
    """One job, as far as it has come."""

    order: Order
    id: str = field(default_factory=lambda: f"ftjob-{secrets.token_hex(12)}")
    created_at: int = field(default_factory=lambda: int(time.time()))
    status: str = "validating_files"
    error: dict[str, Any] | None = None
    finished_at: int | None = None
    fine_tuned_model: str | None = None
    result_files: tuple[str, ...] = ()
    trained_tokens: int | None = None
    epochs: int | None = None
    steps: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        return self.status in ("succeeded", "failed", "cancelled")

    def tell(self, message: str, level: str = "info", **data: Any) -> None:
        self.events.append(
            {
                "id": f"ftevent-{secrets.token_hex(12)}",
                "object": "fine_tuning.job.event",
                "created_at": int(time.time()),
                "level": level,
                "message": message,
                "type": "metrics" if data else "message",
                "data": data,
            }
        )

    def shown(self) -> dict[str, Any]:
        """OpenAI's `FineTuningJob`."""
        order = self.order
        parameters = {
            "n_epochs": order.epochs or self.epochs or "auto",
            "batch_size": order.batch or "auto",
            "learning_rate_multiplier": order.rate or "auto",
        }
        return {
            "id": self.id,
            "object": "fine_tuning.job",
            "created_at": self.created_at,
            "error": self.error,
            "fine_tuned_model": self.fine_tuned_model,
            "finished_at": self.finished_at,
            "hyperparameters": parameters,
            "model": order.model,
            "organization_id": "org-local",
            "result_files": list(self.result_files),
            "seed": order.seed,
            "status": self.status,
            "trained_tokens": self.trained_tokens,
            "training_file": order.training_file,
            "validation_file": order.validation_file,
            "estimated_finish": None,
            "integrations": [],
            "metadata": dict(order.metadata) if order.metadata is not None else None,
            "method": {"type": "supervised", "supervised": {"hyperparameters": parameters}},
        }

    def checkpoints(self) -> list[dict[str, Any]]:
        """One: the end. Those on the way are not kept."""
        if self.fine_tuned_model is None:
            return []
        return [
            {
                "id": f"ftckpt-{self.id.removeprefix('ftjob-')}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": self.finished_at,
                "fine_tuned_model_checkpoint": self.fine_tuned_model,
                "fine_tuning_job_id": self.id,
                "metrics": {"step": self.steps, **self.metrics},
                "step_number": self.steps,
            }
        ]


class Jobs:
    """All jobs, and the thread that does them."""

    def __init__(
        self, folder: Path, bases: Mapping[str, Path], tuner: Tuner, keep: Callable[[str, str, bytes], str]
    ) -> None:
        """`bases`: name to folder of what may be tuned. `keep`: filename, purpose and content to the id of a new file."""
        self._folder, self._tuner, self._keep = folder, tuner, keep
        self._bases = dict(bases)
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.SimpleQueue[tuple[Job, bytes, bytes | None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.tuned: dict[str, Path] = {}

    def create(self, order: Order, training: bytes, validation: bytes | None) -> Job:
        """Raises ApiError where a bound is reached or there is no such model."""
        if order.model not in self._bases and order.model not in self.tuned:
            known = ", ".join([*self._bases, *self.tuned])
            raise ApiError(
                400, f"{order.model[:80]!r} can't be tuned here; there are {known}.", code="model_not_available", param="model"
            )  # fmt: skip
        active = sum(not job.over for job in self._jobs.values())
        if active > MAX_WAITING:
            raise ApiError(429, f"{active} jobs run or wait already. Try again when one is done.", code="too_many_jobs")
        if active + len(self.tuned) >= MAX_MODELS:
            raise ApiError(
                400, f"{MAX_MODELS} tuned models are kept already. Delete one (DELETE /v1/models/ID).", code="too_many_models"
            )  # fmt: skip
        self._forget()
        job = Job(order)
        job.tell(f"Created fine-tuning job: {job.id}")
        self._jobs[job.id] = job
        self._waiting.put((job, training, validation))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="tuning", daemon=True)
            self._thread.start()
        return job

    def get(self, id: str) -> Job:
        """Raises ApiError 404."""
        if id not in self._jobs:
            raise unknown("fine-tuning job", id)
        return self._jobs[id]

    def all(self) -> list[Job]:
        """Newest first."""
        return list(reversed(self._jobs.values()))

    def cancel(self, id: str) -> Job:
        """Raises ApiError where it is over or unknown."""
        job = self.get(id)
        if job.over:
            raise ApiError(400, f"Job {id} has {job.status}: it can't be cancelled.", code="job_not_cancellable")
        job.stop.set()
        if job.status == "validating_files":
            self._end(job, "cancelled", "The job was cancelled.")
        return job

    def forget_model(self, name: str) -> Path | None:
        """Its folder, if it is a tuned model; the caller stops serving it."""
        return self.tuned.pop(name, None)

    def _forget(self) -> None:
        over = [job.id for job in self._jobs.values() if job.over]
        for id in over[: max(0, len(self._jobs) - MAX_JOBS + 1)]:
            del self._jobs[id]

    def _work(self) -> None:
        while True:
            job, training, validation = self._waiting.get()
            if job.over:
                continue
            try:
                self._do(job, training, validation)
            except Cancelled:
                self._end(job, "cancelled", "The job was cancelled.")
            except BadExample as e:
                self._fail(job, str(e), "invalid_training_file", "training_file")
            except Refused as e:
                self._fail(job, str(e), e.code, e.param)
            except Exception as e:  # the thread must outlive whatever torch says of a job
                traceback.print_exc()
                self._fail(job, f"The backend failed ({type(e).__name__}).", "server_error")

    def _do(self, job: Job, training: bytes, validation: bytes | None) -> None:
        order = job.order
        examples = read(training)
        held_out = self._held_out(validation)
        if job.stop.is_set():
            raise Cancelled
        job.status = "running"
        job.tell(f"Files validated: {len(examples)} replies to learn. Fine-tuning job started.")
        base = self._bases.get(order.model) or self.tuned.get(order.model)
        if base is None:
            raise Refused(f"The model {order.model!r} was deleted meanwhile.", "model_not_available", "model")
        name = _name(order, job)
        out = self._folder / _UNSAFE.sub("-", name.lower())
        rows = ["step,epoch,train_loss\n"]

        def told(step: int, epoch: int, loss: float, tokens: int) -> None:
            job.steps, job.epochs, job.trained_tokens = step, epoch, tokens
            rows.append(f"{step},{epoch},{loss:.6f}\n")
            if step == 1 or step % _METRICS == 0:
                job.tell(f"Step {step}: training loss={loss:.4f}", step=step, train_loss=loss)

        loss = self._tuner.tune(base, out, examples, order, told, job.stop.is_set)
        job.metrics = {"train_loss": float(rows[-1].rsplit(",", 1)[1])}
        if held_out:
            job.metrics["full_valid_loss"] = loss(held_out)
        if job.stop.is_set():
            raise Cancelled
        self._tuner.serve(name, out, job)
        self.tuned[name] = out
        job.result_files = (self._keep("step_metrics.csv", RESULTS, "".join(rows).encode()),)
        job.fine_tuned_model = name
        job.tell(f"New fine-tuned model created: {name}")
        self._end(job, "succeeded", "The job has successfully completed")

    def _held_out(self, content: bytes | None) -> list[Example]:
        try:
            return read(content) if content is not None else []
        except BadExample as e:
            raise Refused(str(e), "invalid_validation_file", "validation_file") from None

    def _fail(self, job: Job, message: str, code: str, param: str | None = None) -> None:
        job.error = {"code": code, "message": message, "param": param}
        self._end(job, "failed", message, "error")

    def _end(self, job: Job, status: str, message: str, level: str = "info") -> None:
        if job.over:
            return
        job.tell(message, level)
        job.finished_at, job.status = int(time.time()), status


def _name(order: Order, job: Job) -> str:
    base = order.model.split(":")[1] if order.model.startswith("ft:") else order.model.rsplit("/", 1)[-1]
    return f"ft:{base}:{order.suffix or ''}:{job.id[-8:]}"

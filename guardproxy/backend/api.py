"""Files, fine-tuning jobs, batches and the deletion of tuned models of the local backend, in OpenAI's shapes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive

from guardproxy.backend.batches import Batches
from guardproxy.backend.errors import ApiError, unknown
from guardproxy.backend.files import MAX_BYTES, PURPOSES, Files, too_large
from guardproxy.backend.jobs import Jobs, Order
from guardproxy.backend.names import Names

MAX_BODY: Final = 1_000_000
"""Bytes of a request that is no upload."""
_SUFFIX: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIELDS: Final = frozenset(
    ("model", "training_file", "validation_file", "suffix", "seed", "hyperparameters", "method", "metadata", "integrations")
)  # fmt: skip
_OURS: Final = re.compile(r"/v1/(files|fine_tuning|batches|models)(/|$)")

Handler = Callable[[Request], Awaitable[Response]]


class Tuning:
    """Routes over `files` and `jobs`. What is asked under other paths goes to `names`."""

    def __init__(self, names: Names, files: Files, jobs: Jobs) -> None:
        self._names, self._files, self._jobs, self._batches = names, files, jobs, Batches(names, files)
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/v1/files", self._upload),
            ("GET", "/v1/files", self._list_files),
            ("GET", "/v1/files/{id}", self._file),
            ("GET", "/v1/files/{id}/content", self._content),
            ("DELETE", "/v1/files/{id}", self._delete_file),
            ("POST", "/v1/fine_tuning/jobs", self._create),
            ("GET", "/v1/fine_tuning/jobs", self._list_jobs),
            ("GET", "/v1/fine_tuning/jobs/{id}", self._job),
            ("POST", "/v1/fine_tuning/jobs/{id}/cancel", self._cancel),
            ("GET", "/v1/fine_tuning/jobs/{id}/events", self._events),
            ("GET", "/v1/fine_tuning/jobs/{id}/checkpoints", self._checkpoints),
            ("POST", "/v1/batches", self._create_batch),
            ("GET", "/v1/batches", self._list_batches),
            ("GET", "/v1/batches/{id}", self._batch),
            ("POST", "/v1/batches/{id}/cancel", self._cancel_batch),
            ("DELETE", "/v1/models/{id:path}", self._delete_model),
        )
        routes = [Route(path, handler, methods=[method]) for method, path, handler in table]
        self._app = Starlette(routes=routes, exception_handlers={ApiError: _told, 404: _absent, 405: _absent})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        listing = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith("/v1/models")
        if scope["type"] == "http" and _OURS.match(scope["path"]) and not listing:
            return await self._app(scope, receive, send)
        return await self._names(scope, receive, send)

    # ------------------------------------------------------------------------------------------------ files

    async def _upload(self, request: Request) -> Response:
        bounded = Request(request.scope, _bounded(request.receive, MAX_BYTES + 100_000))
        try:
            async with bounded.form(max_files=1, max_fields=8) as form:
                file, purpose = form.get("file"), form.get("purpose")
                if not isinstance(file, UploadFile):
                    raise ApiError(400, "Send the file as the form's field `file`.", code="missing_file", param="file")
                if purpose not in PURPOSES or not isinstance(purpose, str):
                    why = f"`purpose` must be one of {', '.join(PURPOSES)} here."
                    raise ApiError(400, why, code="invalid_purpose", param="purpose")
                return _json(self._files.add(file.filename or "file", purpose, await file.read()).shown())
        except MultiPartException as e:
            raise ApiError(400, f"This is no form with a file: {e.message}", code="invalid_form") from None

    async def _list_files(self, request: Request) -> Response:
        purpose = request.query_params.get("purpose")
        files = [file for file in self._files.all() if purpose in (None, file.purpose)]
        if request.query_params.get("order") == "asc":
            files.reverse()
        return _page(request, [file.shown() for file in files])

    async def _file(self, request: Request) -> Response:
        return _json(self._files.get(request.path_params["id"]).shown())

    async def _content(self, request: Request) -> Response:
        content = self._files.content(request.path_params["id"])
        return Response(content, media_type="application/octet-stream")

    async def _delete_file(self, request: Request) -> Response:
        id = request.path_params["id"]
        self._files.delete(id)
        return _json({"id": id, "object": "file", "deleted": True})

    # ------------------------------------------------------------------------------------------------ jobs

    async def _create(self, request: Request) -> Response:
        order = order_of(await _body(request))
        training = self._training(order.training_file, "training_file")
        validation = self._training(order.validation_file, "validation_file") if order.validation_file else None
        return _json(self._jobs.create(order, training, validation).shown())

    def _training(self, id: str, param: str) -> bytes:
        try:
            return self._files.content(id)
        except ApiError:
            raise ApiError(
                400, f"There is no file {id[:80]!r}. Upload it to /v1/files first.", code="invalid_file", param=param
            ) from None

    async def _list_jobs(self, request: Request) -> Response:
        return _page(request, [job.shown() for job in self._jobs.all()])

    async def _job(self, request: Request) -> Response:
        return _json(self._jobs.get(request.path_params["id"]).shown())

    async def _cancel(self, request: Request) -> Response:
        return _json(self._jobs.cancel(request.path_params["id"]).shown())

    async def _events(self, request: Request) -> Response:
        return _page(request, self._jobs.get(request.path_params["id"]).events[::-1])

    async def _checkpoints(self, request: Request) -> Response:
        return _page(request, self._jobs.get(request.path_params["id"]).checkpoints())

    async def _create_batch(self, request: Request) -> Response:
        return _json(self._batches.create(await _body(request)).shown())

    async def _list_batches(self, request: Request) -> Response:
        return _page(request, [batch.shown() for batch in self._batches.all()])

    async def _batch(self, request: Request) -> Response:
        return _json(self._batches.get(request.path_params["id"]).shown())

    async def _cancel_batch(self, request: Request) -> Response:
        return _json(self._batches.cancel(request.path_params["id"]).shown())

    async def _delete_model(self, request: Request) -> Response:
        name = request.path_params["id"]
        folder = self._jobs.forget_model(name)
        if folder is None:
            if name in self._names:
                raise ApiError(403, f"{name!r} is no tuned model, so it stays.", code="not_deletable", param="model")
            raise unknown("model", name)
        self._names.remove(name)
        shutil.rmtree(folder)
        return _json({"id": name, "object": "model", "deleted": True})


def order_of(body: Mapping[str, Any]) -> Order:
    """A job's order, checked. Raises ApiError 400 with the field."""
    for name in sorted(set(body) - _FIELDS):
        raise _wrong(name, f"There is no field {name[:40]!r} here; there are {', '.join(sorted(_FIELDS))}.")
    for name in ("model", "training_file"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise _wrong(name, f"`{name}` is needed, as text.")
    validation, suffix, seed = body.get("validation_file"), body.get("suffix"), body.get("seed")
    if validation is not None and not isinstance(validation, str):
        raise _wrong("validation_file", "`validation_file` must be the id of a file.")
    if suffix is not None and not (isinstance(suffix, str) and _SUFFIX.fullmatch(suffix)):
        raise _wrong("suffix", "`suffix` must be up to 64 letters, digits, - and _.")
    if not _whole(seed, 0, 2**31 - 1):
        raise _wrong("seed", "`seed` must be a whole number, 0 or more.")
    if body.get("integrations"):
        raise _wrong("integrations", "There are no integrations here.")
    parameters = _hyperparameters(body)
    return Order(
        model=body["model"],
        training_file=body["training_file"],
        validation_file=validation,
        suffix=suffix,
        seed=seed or 0,
        metadata=_metadata(body.get("metadata")),
        epochs=_bounded_number(parameters, "n_epochs", 50),
        batch=_bounded_number(parameters, "batch_size", 256),
        rate=_rate(parameters.get("learning_rate_multiplier")),
    )


def _hyperparameters(body: Mapping[str, Any]) -> Mapping[str, Any]:
    method = body.get("method")
    found = body.get("hyperparameters")
    if method is not None:
        if not isinstance(method, dict) or method.get("type") != "supervised":
            raise _wrong("method", "Only the method `supervised` is known here.")
        found = (method.get("supervised") or {}).get("hyperparameters", found)
    if not isinstance(found, dict | None):
        raise _wrong("hyperparameters", "`hyperparameters` must be an object.")
    return found or {}


def _metadata(value: Any) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) > 16 or not all(isinstance(v, str) for v in value.values()):
        raise _wrong("metadata", "`metadata` must be an object of at most 16 texts.")
    return value


def _bounded_number(parameters: Mapping[str, Any], name: str, most: int) -> int | None:
    value = parameters.get(name)
    if value in (None, "auto"):
        return None
    if not _whole(value, 1, most):
        raise _wrong(f"hyperparameters.{name}", f"`{name}` must be `auto` or a whole number from 1 to {most}.")
    return int(value)


def _rate(value: Any) -> float | None:
    if value in (None, "auto"):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 10:
        name = "hyperparameters.learning_rate_multiplier"
        raise _wrong(name, "`learning_rate_multiplier` must be `auto` or a number above 0, at most 10.")
    return float(value)


def _whole(value: Any, least: int, most: int) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)


def _wrong(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param=param)


# ---------------------------------------------------------------------------------------------------- plumbing


def _bounded(receive: Receive, most: int) -> Receive:
    """Raises ApiError 413 where a body is longer, before it is kept."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        event = await receive()
        seen += len(event.get("body", b""))
        if seen > most:
            raise too_large()
        return event

    return bounded


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await Request(request.scope, _bounded(request.receive, MAX_BODY)).body())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ApiError(400, "The body must be a JSON object.", code="invalid_json")
    return found


def _page(request: Request, items: Sequence[Mapping[str, Any]]) -> Response:
    """`limit` items after the one that `after` names. Raises ApiError 400."""
    after, given = request.query_params.get("after"), request.query_params.get("limit", "20")
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= 10_000):
        raise _wrong("limit", "`limit` must be a whole number from 1 to 10000.")
    start = 0
    if after:
        start = next((at + 1 for at, item in enumerate(items) if item["id"] == after), -1)
        if start < 0:
            raise _wrong("after", f"Nothing here has the id {after[:80]!r}.")
    page = items[start : start + int(given)]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return _json({"object": "list", "data": list(page), "has_more": start + len(page) < len(items), **ends})


def _json(content: Any) -> Response:
    return JSONResponse(content)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body(), error.status)


async def _absent(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    told = ApiError(status, f"There is no {request.method} {request.url.path[:120]} here.", code="not_found")
    return JSONResponse(told.body(), status)

"""Asks a model over Chat Completions, and its server who it is. Nothing but what is needed is sent or read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from guardproxy.governance.probe.baseline import Identity
from guardproxy.governance.probe.probes import Probe
from guardproxy.types import GuardproxyError, WireError
from guardproxy.wire import chat_asked as wire

MAX_ANSWER: Final = 4_000_000
"""Bytes of an answer that are read."""
MAX_TOKENS: Final = 1024
"""Of a reply, thinking included."""
TIMEOUT: Final = 120.0


class ProbeError(GuardproxyError):
    """A probe could not be asked or judged. The run says nothing then: an answer that is missing is not a clean one."""


@dataclass(frozen=True, slots=True)
class Said:
    """A model's reply."""

    text: str
    refused: bool = False
    """The server itself says so: `refusal` in the message, or a content filter that ended it."""


class Asker:
    """One server. Belongs to an event loop; close it."""

    def __init__(
        self, url: str, key: str | None = None, *, timeout: float = TIMEOUT, max_tokens: int = MAX_TOKENS
    ) -> None:
        """`url`: the base of its API, as in `http://127.0.0.1:8000/v1`."""
        self.url, self._max_tokens = url.rstrip("/"), max_tokens
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._session = aiohttp.ClientSession(
            headers=headers, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=timeout)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._session.close()

    async def ask(self, model: str, probe: Probe) -> Said:
        """Raises ProbeError."""
        asked = wire.body(model, probe.system, probe.prompt, self._max_tokens)
        status, body = await self._exchange("POST", wire.ROUTE, asked)
        if status == 400 and wire.filtered(body):
            return Said("", refused=True)
        if status != 200:
            told = wire.message(body)
            raise ProbeError(
                f"{self.url} answered a probe of {model!r} with status {status}{f': {told}' if told else ''}"
            )
        try:
            return Said(*wire.answer(body))
        except WireError:
            raise ProbeError(f"{self.url} answered a probe with something that is no chat completion") from None

    async def models(self) -> list[Identity]:
        """Who is served here, in the order of the list. Raises ProbeError."""
        status, body = await self._exchange("GET", "/models", None)
        if status != 200:
            raise ProbeError(f"{self.url} does not list its models (status {status})")
        try:
            return [
                Identity(str(one["id"]), *(str(one.get(key) or "") for key in ("digest", "parent", "root")))
                for one in body["data"]
            ]
        except (KeyError, TypeError, AttributeError):
            raise ProbeError(f"{self.url} lists its models in a form that is not OpenAI's") from None

    async def identify(self, model: str) -> Identity:
        """Who answers to this name. A server without a list, or one that doesn't name it, leaves the name alone."""
        try:
            known = await self.models()
        except ProbeError:
            known = []
        return next((one for one in known if one.name == model), Identity(model))

    async def _exchange(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        try:
            async with self._session.request(method, self.url + path, json=body, allow_redirects=False) as answer:
                data = await answer.content.read(MAX_ANSWER + 1)
                while len(data) <= MAX_ANSWER and (more := await answer.content.read(MAX_ANSWER + 1 - len(data))):
                    data += more
                if len(data) > MAX_ANSWER:
                    raise ProbeError(f"{self.url} sent more than {MAX_ANSWER:,} bytes")
        except TimeoutError:
            raise ProbeError(f"{self.url} took too long to answer a probe") from None
        except (aiohttp.ClientError, OSError) as e:
            raise ProbeError(
                f"{self.url} can't be reached ({type(e).__name__}); is the model's server running?"
            ) from None
        try:
            return answer.status, json.loads(data)
        except (ValueError, RecursionError):
            return answer.status, None

"""Connections to a judge, apart from it: who only names judges need not wait for an HTTP client to be imported."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver, ResolveResult

from guardproxy.judge_target import forbidden

_KEEP_ALIVE: Final = 4.0


def opened(connections: int, key: str | None) -> aiohttp.ClientSession:
    """Connections to one server, so many at once: no cookie is kept, no proxy taken from the environment."""
    headers = {
        hdrs.ACCEPT: "application/json",
        hdrs.ACCEPT_ENCODING: "identity",
        hdrs.CONTENT_TYPE: "application/json",
        hdrs.USER_AGENT: "guardproxy",
    }
    if key is not None:
        headers[hdrs.AUTHORIZATION] = f"Bearer {key}"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=_KEEP_ALIVE, resolver=_Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        trust_env=False,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),  # who asks bounds the whole
    )


class _Resolver(AbstractResolver):
    """The system's resolver, without the addresses where no judge can be."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if not _forbidden(one["host"])]
        if not allowed:
            raise OSError("the judge's name resolves to an address where no judge can be")
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def _forbidden(address: str) -> bool:
    return forbidden(ipaddress.ip_address(address.partition("%")[0]))

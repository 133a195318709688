"""Addresses that an operator writes: of upstreams, and of this machine."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit


def check_url(url: str) -> str:
    """A base URL without its last slash. Raises ValueError: only http and https, a host, and nothing secret in it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not a base URL; write one like http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise ValueError("a URL must not hold credentials; put the key into GUARDPROXY_UPSTREAM_KEY")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("a base URL must not have a query or a fragment; leave out everything from ? or #")
    if not re.fullmatch(r"[!-~]+", url) or ".." in parts.path.split("/") or "%" in parts.path:
        raise ValueError("a base URL's path must be plain: no spaces, no escapes and no '..'")
    _ = parts.port  # raises ValueError for a port that is none
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener at this address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


# ---------------------------------------------------------------------------------------------------- loading


def check_redis(value: str) -> str:
    """The address of a Redis, or nothing. Raises ValueError."""
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("write redis://HOST:PORT/DB, or rediss:// with TLS")
    if parts.password or parts.username:
        raise ValueError("keys come from the environment only: set GUARDPROXY_REDIS_KEY")
    return value

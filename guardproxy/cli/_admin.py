"""Asks the second listener of a guardproxy that runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import httpx

from guardproxy.addresses import check_url
from guardproxy.config import ADMIN_KEY, Settings, load, named_file
from guardproxy.types import ConfigError, GuardproxyError

TIMEOUT = 30.0
"""Seconds: what is put in force may have to be compiled."""


def add_listener(parser: argparse.ArgumentParser) -> None:
    """The options of every command that asks it."""
    parser.add_argument(
        "--url", help=f"its second listener (default: that of the settings); {ADMIN_KEY} holds the key, if it has one"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="its settings, which say where it listens")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def listener(args: argparse.Namespace) -> str:
    """The URL that `add_listener`'s options mean. Raises ConfigError."""
    return args.url or url_of(load(named_file(args.config, os.environ), os.environ, serving=False))


def url_of(settings: Settings) -> str:
    """Where the second listener of these settings is asked. Raises ConfigError where they leave its port open."""
    host, port = settings.admin.host, settings.admin.port
    if not port:
        raise ConfigError("the settings leave the port of the second listener open (`admin: port: 0`); say --url")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (every address has this machine's own)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class Refused(GuardproxyError):
    """The guardproxy that was asked said no, or nothing."""


def asked(base: str, path: str, *, params: Any = None, said: Any = None) -> Any:
    """What it answers; with `said`, to that. Raises Refused."""
    try:
        url = check_url(base) + path
    except ValueError as e:
        raise Refused(f"--url: {e}") from None
    key = os.environ.get(ADMIN_KEY, "")
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=False, headers=headers) as client:
            reply = client.get(url, params=params) if said is None else client.post(url, json=said)
            told = reply.json()
    except httpx.ReadTimeout:
        late = f"{base} took the request and has not answered within {TIMEOUT:g} s"
        raise Refused(f"{late}; it may be done all the same: look (`list`) before you ask again") from None
    except (httpx.HTTPError, httpx.InvalidURL) as e:
        raise Refused(
            f"nothing answers at {base} ({type(e).__name__}); is guardproxy running, and is it there?"
        ) from None
    except ValueError:
        raise Refused(f"what answers at {base} is not guardproxy's second listener") from None
    if not reply.is_success:
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            opened = f"holds no key that opens {base}" if key else f"is not set, and {base} asks for a key"
            raise Refused(f"{ADMIN_KEY} {opened}; set it to its admin key, or to a key with a role for this")
        error = told.get("error") if isinstance(told, dict) else None
        raise Refused(error["message"] if isinstance(error, dict) else f"it answers {reply.status_code}")
    return told

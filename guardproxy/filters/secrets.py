"""Credentials: keys, tokens and passwords, each kind in the format that its vendor publishes.

Where a format has a checksum it is computed, where it has none the value's entropy is asked for. The table itself is in
`_secret_rules/`; `docs/secrets.md` shows it. This module looks nothing up and asks nobody whether a credential is live.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import Field, field_validator

from guardproxy.filters._secret_rules import KINDS, Kind
from guardproxy.text import PatternFilter
from guardproxy.types import FilterConfig

LABELS: tuple[str, ...] = tuple(sorted({kind.label for kind in KINDS}))

_LOOKALIKES = (
    "commit 5dd9f6f5700bd24771dde1af3b04230e5acf451f",
    "request_id=726623fc-6a4d-49be-acaf-c8025f0f27a3",
    "sha256:859abf8c91392fa4499c38e71bd3f6b61f9ad50d651665a07e7bc685bf4ab492  dist/app.tar.gz",
    'ETag: W/"84bf2a3ecdef91d7187f88d7dca6ab99"',
    "traceparent: 00-1ae9475c4c109e6f7f10b4faebce283b-8e36a29744839664-01",
    '"integrity": "sha512-f1gzRRSMyMXD5SJPkQmpy/cVXXwZFHBx7IyWdgoFfxTnl+MHpnlYIpZtIo1NJJ5C48xzJcDG3Ffjz26ezxp+dK=="',
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICGO7WiQaMsMu9hbFU0ONgCuWmioopLBtXfeK32czB6R dev@acme.test",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n-----END PUBLIC KEY-----",
    "A private key file starts with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg",
    "password = REDACTED",
    "password: ********",
    "password = changeme",
    'password = "your-password-here"',
    'api_key = "<your-api-key>"',
    "api_key = ${API_KEY}",
    "token: {{ vault.token }}",
    'api_key = os.environ["API_KEY"]',
    "const token = process.env.API_TOKEN_V2;",
    "token = get_token(user_id, 30)",
    "token: str = field(default=None)",
    "TOKEN=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "max_tokens=4096, next_token_id = 15 + offset",
    "The token is important, and the password must contain 8 characters or more.",
    "Das Passwort ist wichtig und muss mindestens zehn Zeichen haben.",
    "The secret to good bread is time.",
    "password: string; // at least 12 characters",
    "https://acme.test:8443/@scope/package?page=2",
    "postgres://user:password@localhost/db",
    "Authorization: Bearer <token>",
    "Basic authentication and bearer authentication are both refused.",
    "chown www-data:www-data /srv",
    "function(e){return e.token===t.token||s.prototypeOfSomethingElse(n)}",
)

EXAMPLES: dict[str, str | None] = {kind.example: kind.label for kind in KINDS} | dict.fromkeys(_LOOKALIKES)
"""Text to the label that must be found in it, or to None where nothing may be found."""


def _names(kind: Kind) -> set[str]:
    return {kind.id, kind.label}


class Config(FilterConfig):
    """Which kinds are looked for. Names are ids (`github-personal-token`) or labels (`secret.github`)."""

    only: frozenset[str] = frozenset()
    """Look for these alone; empty means all."""
    skip: frozenset[str] = frozenset()
    """Do not look for these."""
    entropy: float = Field(default=1.0, ge=0.0, le=2.0)
    """Factor on the entropy that values must have. Below 1 finds more, above 1 finds less."""

    @field_validator("only", "skip")
    @classmethod
    def _known(cls, names: frozenset[str]) -> frozenset[str]:
        known = {name for kind in KINDS for name in _names(kind)}
        if unknown := sorted(names - known):
            near = difflib.get_close_matches(unknown[0], known, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(
                f"there is no kind of secret {unknown[0]!r}{hint}; docs/secrets.md lists the ids and labels"
            )
        return names


def select(config: Config) -> Iterable[Kind]:
    """The kinds that a configuration asks for, in the order of the table."""
    wanted = (k for k in KINDS if not config.only or _names(k) & config.only)
    return (k for k in wanted if not _names(k) & config.skip)


class Filter(PatternFilter):
    """Finds credentials. Every finding has the span of the value alone."""

    def __init__(self, name: str, config: Config) -> None:
        super().__init__(
            name, [kind.rule(config.entropy) for kind in select(config)], hold=config.hold, views=config.views
        )

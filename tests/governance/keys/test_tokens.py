"""Tokens of identity providers: what is taken, what is not, and how often the provider is asked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from guardproxy.governance.caller import Role
from guardproxy.governance.keys import jwks
from guardproxy.governance.keys.keyring import Found
from guardproxy.governance.keys.tokens import Tokens
from guardproxy.sections import KeySettings, TokenIssuer

ISSUER, AUDIENCE = "https://id.example", "guardproxy"


@cache
def private(kind: str) -> Any:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 1024 if kind == "short" else 2048)


def public(kind: str, id: str, **more: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.ECAlgorithm if kind == "ec" else jwt.algorithms.RSAAlgorithm
    name = "ES256" if kind == "ec" else "RS256"
    return {**json.loads(algorithm.to_jwk(private(kind).public_key())), "kid": id, "alg": name, **more}


def pem() -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private("rsa").public_key().public_bytes(serialization.Encoding.PEM, form)


class Provider:
    """Answers with its keys, or as it is told."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys, self.asked, self.status, self.body = keys, 0, 200, b""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        headers = {"location": "https://evil.example/keys"} if self.status == 302 else {}
        return httpx.Response(
            self.status, content=self.body or json.dumps({"keys": self.keys}).encode(), headers=headers
        )


def issuer(**more: Any) -> TokenIssuer:
    return TokenIssuer(**{"issuer": ISSUER, "audience": AUDIENCE, "jwks": "https://id.example/keys", **more})


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "jane", "exp": now + 300, "iat": now, **more}
    return {name: value for name, value in made.items() if value is not None}


def token(kind: str = "rsa", id: str | None = "one", said: dict[str, Any] | None = None, **headers: Any) -> str:
    algorithm = headers.pop("alg", "ES256" if kind == "ec" else "RS256")
    return jwt.encode(said or claims(), private(kind), algorithm, headers={**({"kid": id} if id else {}), **headers})


def found(*tokens: str | bytes, provider: Provider | None = None, **settings: Any) -> list[Found]:
    async def ask() -> list[Found]:
        asked = provider or Provider(public("rsa", "one"), public("ec", "two"))
        one = Tokens({"corp": issuer(**settings)}, httpx.MockTransport(asked))
        try:
            return [await one.verify(t.encode() if isinstance(t, str) else t) for t in tokens]
        finally:
            await one.aclose()

    return asyncio.run(ask())


def who(one: Found) -> tuple[Any, ...] | str | None:
    caller = one.caller
    return one.reason if caller is None else (caller.key, caller.tenant, caller.user, *sorted(caller.roles))


def test_a_token_is_whom_its_provider_says() -> None:
    rsa_one, ec_one = found(token(), token("ec", "two"))
    assert who(rsa_one) == who(ec_one) == ("corp:jane", "default", "jane", "caller")
    assert rsa_one.caller is not None and not rsa_one.caller.grants.end_users


def unsigned(said: dict[str, Any], header: dict[str, Any], key: bytes | None = None) -> str:
    """A token as somebody makes it by hand."""
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, said)]
    signature = b"" if key is None else hmac.digest(key, b".".join(parts), hashlib.sha256)
    return b".".join((*parts, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: unsigned(claims(), {"alg": "none", "kid": "one"}), "malformed"),
        (lambda: unsigned(claims(), {"alg": "HS256", "kid": "one"}, pem()), "malformed"),
        (lambda: unsigned(claims(), {"alg": "HS256", "kid": "one"}, json.dumps(public("rsa", "one")).encode()), "malformed"),
        (lambda: token(alg="RS512"), "malformed"),
        (lambda: token(alg="PS256"), "malformed"),
        (lambda: token("ec", "one"), "malformed"),
        (lambda: token(id=None), "malformed"),
        (lambda: token(id="three"), "unknown"),
        (lambda: token(id=None, jwk=public("rsa", "one")), "malformed"),
        (lambda: token(jku="https://evil.example/keys", id="three"), "unknown"),
        (lambda: token(crit=["b64"], b64=True), "claims"),
        (lambda: token()[:-8] + "AAAAAAAA", "wrong"),
        (lambda: token(said=claims(iss="https://evil.example")), "unknown"),
        (lambda: token(said=claims(iss=None)), "unknown"),
        (lambda: token(said=claims(aud="another")), "claims"),
        (lambda: token(said=claims(aud=None)), "claims"),
        (lambda: token(said=claims(exp=None)), "claims"),
        (lambda: token(said=claims(exp=int(time.time()) - 31)), "expired"),
        (lambda: token(said=claims(nbf=int(time.time()) + 60)), "claims"),
        (lambda: token(said=claims(iat=int(time.time()) + 60)), "claims"),
        (lambda: token(said=claims(exp=10**400)), "claims"),
        (lambda: token(said=claims(exp=float("inf"))), "malformed"),
        (lambda: token(said=claims(sub=None)), "claims"),
        (lambda: token(said=claims(sub="a b")), "claims"),
        (lambda: token(said=claims(sub=["jane"])), "claims"),
        (lambda: "a.b.c", "malformed"),
        (lambda: "..", "malformed"),
        (lambda: b"\xff.\xff.\xff", "malformed"),
        (lambda: "a." + "b" * 20_000 + ".c", "malformed"),
    ],
)  # fmt: skip
def test_nothing_else_is_taken(made: Any, reason: str) -> None:
    assert who(found(made())[0]) == reason


def test_clocks_may_differ_a_little() -> None:
    late = token(said=claims(exp=int(time.time()) - 10))
    assert who(found(late)[0]) == ("corp:jane", "default", "jane", "caller")
    assert who(found(late, leeway=0)[0]) == "expired"
    with pytest.raises(ValidationError):
        issuer(leeway=301)


@pytest.mark.parametrize(
    ("settings", "more", "expected"),
    [
        ({"tenant": "acme"}, {}, ("corp:jane", "acme", "jane", "caller")),
        ({"tenant_claim": "org"}, {"org": "acme"}, ("corp:jane", "acme", "jane", "caller")),
        ({"tenant_claim": "org"}, {}, "claims"),
        ({"tenant_claim": "org"}, {"org": "../x"}, "claims"),
        ({"tenant_claim": "org"}, {"org": "default"}, "claims"),
        ({"tenant_claim": "org", "tenants": {"7": "default"}}, {"org": "7"}, ("corp:jane", "default", "jane", "caller")),
        ({"tenant_claim": "org"}, {"org": ["acme"]}, "claims"),
        ({"tenant_claim": "org", "tenants": {"7": "acme"}}, {"org": "7"}, ("corp:jane", "acme", "jane", "caller")),
        ({"tenant_claim": "org", "tenants": {"7": "acme"}}, {"org": "acme"}, "claims"),
        ({"roles_claim": "groups"}, {"groups": ["caller", "operator"]}, "claims"),
        ({"roles_claim": "groups", "role_map": {"ops": ["operator", "caller"]}}, {"groups": ["ops", "x"]},
         ("corp:jane", "default", "jane", "caller", "operator")),
        ({"roles_claim": "scope", "role_map": {"llm": ["caller"]}}, {"scope": "openid llm"},
         ("corp:jane", "default", "jane", "caller")),
        ({"roles_claim": "groups", "role_map": {"ops": ["operator"]}}, {"groups": {"ops": 1}}, "claims"),
        ({"user_claim": "email"}, {"email": "jane@example.com"}, ("corp:jane", "default", "jane@example.com", "caller")),
        ({"user_claim": "email"}, {"email": "jane@example.com", "email_verified": True},
         ("corp:jane", "default", "jane@example.com", "caller")),
        ({"user_claim": "email"}, {"email": "boss@example.com", "email_verified": False}, "claims"),
        ({"user_claim": "email"}, {"email": "boss@example.com", "email_verified": "false"}, "claims"),
        ({"user_claim": "email"}, {}, "claims"),
    ],
)  # fmt: skip
def test_claims_are_mapped_as_the_settings_say(settings: dict[str, Any], more: dict[str, Any], expected: Any) -> None:
    assert who(found(token(said=claims(**more)), **settings)[0]) == expected


def test_roles_have_the_names_of_roles() -> None:
    assert issuer(roles=[role.value for role in Role]).roles == tuple(Role)


def test_short_secret_and_private_keys_are_none() -> None:
    secret = {"kty": "oct", "kid": "four", "k": base64.urlsafe_b64encode(b"x" * 32).decode()}
    leaked = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private("rsa"))), "kid": "five"}
    listed = [public("short", "one"), public("rsa", "two", use="enc"), secret, leaked, {"kty": "RSA", "kid": "six"}, 7]
    assert jwks.usable({"keys": [*listed, public("rsa", "good")]}).keys() == {"good"}
    for wrong in ({}, [], {"keys": {}}, {"keys": [{}] * 101}):
        with pytest.raises(ValueError, match="no list"):
            jwks.usable(wrong)


@pytest.mark.parametrize("odd", [
    {"alg": "none"}, {"alg": "HS256"}, {"alg": ["RS256"]}, {"alg": {}}, {"n": ""}, {"n": 5, "e": 5}, {"e": "AA", "n": "AQAB"},
    {"kty": "EC", "crv": [], "x": 1, "y": {}}, {"kty": "OKP", "crv": "X25519", "x": "AA"}, {"kid": ["one"]}, {"kty": "oct"},
])  # fmt: skip
def test_an_odd_key_in_the_list_spoils_no_other(odd: dict[str, Any]) -> None:
    provider = Provider({**public("rsa", "odd"), **odd}, public("rsa", "one"))
    assert who(found(token(), provider=provider)[0]) == ("corp:jane", "default", "jane", "caller")


@pytest.mark.parametrize("part", [b'{"iss":' + b"[" * 5000, b"[" * 4000 + b"]" * 4000, b'{"iss":' + b"9" * 5000 + b"}"])
def test_deep_and_long_values_are_refused_before_any_signature(part: bytes) -> None:
    said, head = (base64.urlsafe_b64encode(one).rstrip(b"=") for one in (part, b'{"alg":"RS256","kid":"one"}'))
    assert {who(one) for one in found(b".".join((head, said, b"x")), b".".join((said, head, b"x")))} <= {
        "malformed", "unknown", "claims",
    }  # fmt: skip


def test_who_goes_away_while_the_provider_is_asked_stops_nobody() -> None:
    """Else whoever sends made up tokens and hangs up would keep everybody out: the provider is asked once in ten seconds."""

    async def ask() -> None:
        going = asyncio.Event()

        async def slow(request: httpx.Request) -> httpx.Response:
            await going.wait()
            return httpx.Response(200, json={"keys": [public("rsa", "one")]})

        one = Tokens({"corp": issuer()}, httpx.MockTransport(slow))
        gone = asyncio.create_task(one.verify(token(id="made up").encode()))
        await asyncio.sleep(0.01)
        stays = asyncio.create_task(one.verify(token().encode()))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        going.set()
        assert who(await stays) == ("corp:jane", "default", "jane", "caller")
        await one.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize(("status", "body"), [(302, b""), (500, b""), (200, b"no JSON"), (200, b"[" + b"1," * 200_000)])
def test_a_provider_that_fails_lets_nobody_in(status: int, body: bytes) -> None:
    provider = Provider(public("rsa", "one"))
    provider.status, provider.body = status, body
    assert [who(one) for one in found(token(), token(), provider=provider)] == ["unavailable"] * 2
    assert provider.asked == 1


def test_the_provider_is_asked_seldom_and_its_new_keys_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        provider, now = Provider(public("rsa", "one")), [0.0]
        keys = jwks.Jwks("https://id.example/keys", 300.0, httpx.AsyncClient(transport=httpx.MockTransport(provider)),
                         lambda: now[0])  # fmt: skip
        both = await asyncio.gather(*(keys.key("one") for _ in range(20)))
        assert all(both) and provider.asked == 1
        for _ in range(50):
            assert await keys.key("made up") is None
        assert provider.asked == 1
        now[0], provider.keys = 11.0, (public("ec", "two"),)
        assert await keys.key("two") is not None and provider.asked == 2
        assert await keys.key("one") is None  # the provider has withdrawn it
        now[0], provider.status = 320.0, 500
        assert await keys.key("two") is not None
        await asyncio.sleep(0.01)
        assert provider.asked == 3 and await keys.key("two") is not None
        now[0] = jwks.STALE + 20.0
        with pytest.raises(jwks.Unreachable):
            await keys.key("two")
        provider.status, now[0] = 200, now[0] + 11.0
        assert await keys.key("two") is not None
        await keys.aclose()

    asyncio.run(ask())


def test_what_was_checked_lately_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        now = [time.time()]
        one = Tokens({"corp": issuer()}, httpx.MockTransport(Provider(public("rsa", "one"))), lambda: now[0])
        text, checks, decode = token().encode(), [0], jwt.decode

        def counting(*args: Any, **more: Any) -> Any:
            checks[0] += "options" not in more or more["options"].get("verify_signature", True)
            return decode(*args, **more)

        monkeypatch.setattr(jwt, "decode", counting)
        for _ in range(10):
            assert (await one.verify(text)).caller is not None
        assert checks[0] == 1
        now[0] += 61.0
        assert (await one.verify(text)).caller is not None and checks[0] == 2
        await one.aclose()

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("url", "hosts", "right"),
    [("https://id.example/keys", [], True), ("http://127.0.0.1:9/keys", [], True), ("http://id.example/keys", [], False),
     ("http://id.example/keys", ["id.example"], True), ("ftp://id.example", [], False)],
)  # fmt: skip
def test_keys_of_providers_are_read_over_https(url: str, hosts: list[str], right: bool) -> None:
    said = {"tokens": {"corp": {"issuer": ISSUER, "audience": AUDIENCE, "jwks": url}}, "http_hosts": hosts}
    if right:
        assert KeySettings.model_validate(said).tokens["corp"].jwks == url
    else:
        with pytest.raises(ValidationError):
            KeySettings.model_validate(said)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", ""])
def test_unsafe_algorithms_can_not_even_be_named(algorithm: str) -> None:
    with pytest.raises(ValidationError):
        issuer(algorithms=[algorithm] if algorithm else [])

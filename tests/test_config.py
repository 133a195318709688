"""Settings: three sources in order, secrets from the environment only, and complaints that say where and what instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guardproxy.addresses import check_url, is_loopback
from guardproxy.config import Settings, load, variables
from guardproxy.types import ConfigError

URL = "http://127.0.0.1:8000/v1"
UPSTREAM = {"--upstream": (("upstream", "url"), URL)}


def settings(tmp: Path, text: str = "", environ: dict[str, str] | None = None, flags: dict | None = None) -> Settings:
    file = tmp / "config.yaml"
    file.write_text(text)
    return load(file if text else None, environ or {}, {**UPSTREAM, **(flags or {})})


def test_defaults_are_safe(tmp_path: Path) -> None:
    made = settings(tmp_path)
    assert (made.listen.host, made.listen.port, made.admin.port) == ("127.0.0.1", 8080, 8081)
    assert made.models is None
    assert not made.authenticated
    assert made.limits.body == 10_000_000


def test_the_later_source_wins(tmp_path: Path) -> None:
    text = "timeouts: {idle: 1s, connect: 250ms, total: 2m}\nlimits: {body: 1MiB, reply: 5}"
    environ = {"GUARDPROXY_TIMEOUTS_IDLE": "2s", "GUARDPROXY_LISTEN_PORT": "9001", "GUARDPROXY_ADMIN_HOSTS": "a, b"}
    made = settings(
        tmp_path, text, environ, {"--port": (("listen", "port"), 9002), "--host": (("listen", "host"), None)}
    )
    assert (made.timeouts.idle, made.timeouts.connect, made.timeouts.total) == (2.0, 0.25, 120.0)
    assert (made.listen.port, made.listen.host) == (9002, "127.0.0.1")
    assert (made.limits.body, made.limits.reply) == (1 << 20, 5)
    assert made.admin.hosts == ("a", "b")


def test_models_are_a_list_or_a_table(tmp_path: Path) -> None:
    assert settings(tmp_path, "models: [a, b/c]").models == {"a": "a", "b/c": "b/c"}
    assert settings(tmp_path, "models: {a: b}").models == {"a": "b"}


WRONG = [
    ("limit: {}", "config.yaml:1:1: there is no setting 'limit' (did you mean 'limits'?)"),
    ("port: 3", "config.yaml:1:1: there is no setting 'port' by itself; there is `listen.port` and `admin.port`"),
    ("limits:\n  bodi: 3", "config.yaml:2:3: there is no setting 'limits.bodi' (did you mean 'body'?)"),
    ("limits: {qqq: 3}", "there are approvals, approvals_size, body,"),
    ("timeouts: {idle: soon}", "'soon' is not an amount; write a number, or one with a unit like 150ms"),
    ("timeouts: {idle: 5 apples}", "is not an amount"),
    ("timeouts: {idle: 0}", "config.yaml:1:12: timeouts.idle should be greater than 0"),
    ("listen: {port: 70000}", "listen.port should be less than or equal to 65535"),
    ("listen: {port: [1]}", "config.yaml:1:10: listen.port: expected a whole number"),
    ("listen: nothing", "config.yaml:1:1: listen: expected `name: value` settings"),
    ("parameters: seed", "config.yaml:1:1: parameters: expected a list"),
    ("policies: [a]", "config.yaml:1:1: policies: expected text"),
    ("a: 1\na: 2", "config.yaml:2:1: 'a' stands here twice"),
    ("- a", "settings are `name: value` lines"),
    ("a: [", "config.yaml:1:5: this is not YAML"),
    ("a: !!python/object:os.system {}", "there is no setting 'a'"),
    ("? [a]\n: b", "a key must be one word"),
    ("a: &x [*x]", "an alias may not stand inside of its own anchor"),
    ("upstream: {url: 'ftp://a'}", "is not a base URL"),
    ("models: ['a b']", "can't be a model's name"),
    ("upstream_key: x", "config.yaml:1:1: keys come from the environment only: set GUARDPROXY_UPSTREAM_KEY"),
    ("upstream: {key_env: MY_KEY}", "config.yaml:1:12: the variable MY_KEY is to hold a key, but it is not set"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text, flags={"--upstream": (("upstream", "url"), None)} if "url" in text else None)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"GUARDPROXY_TIMEOUTS_IDEL": "1"}, "GUARDPROXY_TIMEOUTS_IDEL (did you mean 'GUARDPROXY_TIMEOUTS_IDLE'?)"),
        ({"GUARDPROXY_LISTEN_PORT": "many"}, "GUARDPROXY_LISTEN_PORT: listen.port: expected a whole number"),
        ({"GUARDPROXY_MODELS": "a"}, "GUARDPROXY_MODELS: `models` is a table; write it into the settings file"),
        (
            {"GUARDPROXY_API_KEY": "a"},
            "GUARDPROXY_API_KEY; the keys are GUARDPROXY_ADMIN_KEY and GUARDPROXY_HASH_KEY and ",
        ),
        ({"GUARDPROXY_KEY": "a b"}, "holds a space"),
        ({"GUARDPROXY_KEY": "k" * 15}, "the key in GUARDPROXY_KEY is too short: give at least 16 random characters"),
        ({"GUARDPROXY_UPSTREAM_KEY": "a\r\nx-evil: 1"}, "can't stand in a header"),
        ({"GUARDPROXY_LISTEN_HOST": "0.0.0.0"}, "set GUARDPROXY_KEY"),
        ({"GUARDPROXY_ADMIN_PORT": "8080"}, "both listeners want port 8080"),
    ],
)
def test_a_mistake_in_the_environment_is_said(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, environ=environ)
    assert said in str(caught.value)


def test_a_hint_is_not_made_of_the_prefix_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, environ={"GUARDPROXY_FOO": "1"})
    assert str(caught.value) == "no setting belongs to the variable GUARDPROXY_FOO"


def test_keys_may_be_in_variables_of_other_names(tmp_path: Path) -> None:
    made = settings(tmp_path, "listen: {key_env: GUARDPROXY_CHAT_KEY}", {"GUARDPROXY_CHAT_KEY": "k" * 16})
    assert made.key is not None
    assert made.key.get_secret_value() == "k" * 16


def test_the_variables_of_a_cluster_are_not_for_us(tmp_path: Path) -> None:
    environ = {
        "GUARDPROXY_PORT": "tcp://10.0.0.1:8080",
        "GUARDPROXY_SERVICE_HOST": "10.0.0.1",
        "GUARDPROXY_PORT_8080_TCP_ADDR": "10.0.0.1",
        "GUARDPROXY_ADMIN_PORT": "tcp://10.0.0.1:8081",
    }
    assert settings(tmp_path, environ=environ).admin.port == 8081


def test_without_an_upstream_there_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="give --upstream URL"):
        load(None, {})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        load(tmp_path / "none.yaml", {})


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "{kind: detoxfy, path: /a}",
            "2:22: inference.models.x: there is no such kind of model; there are onnx, trans",
        ),
        ("{path: /a, foo: 1}", "2:36: there is no setting 'inference.models.x.foo'; there are kind, path"),
        (
            "{kind: tokens, path: /a, entities: {PER: PERSON}, pat: 1}",
            "no setting 'inference.models.x.pat' (did you mean",
        ),
        ("{kind: transformers, labels: {a: b}}", "inference.models.x: give `path`, a folder, or `hub`"),
        ("{kind: transformers, hub: a/b, labels: {a: b}}", "`hub` and `revision`, all 40 digits of a commit"),
        ("{kind: transformers, path: /a, labels: {a: B b}}", "2:65: inference.models.x.labels.a"),
        ("{kind: transformers, path: /a, labels: {}}", "2:56: inference.models.x.labels"),
        ("{kind: detoxify, variant: original}", "give `checkpoint`, its `sha256` and `base`, or `path`"),
        ("{kind: detoxify, variant: original, path: /a, base: /b}", "`path` stands instead of"),
        ("{kind: detoxify, variant: small, path: /a}", "'original', 'original-small', 'unbiased'"),
        ("{kind: generative, path: /a, format: llama}", "'llama_guard', 'shieldgemma'"),
        ("/a", "inference.models.x: expected `name: value` settings"),
    ],
)
def test_a_mistake_about_a_model_is_said(tmp_path: Path, entry: str, said: str) -> None:
    file = tmp_path / "guard.yaml"
    file.write_text(f"upstream: {{url: 'http://127.0.0.1:1/v1'}}\ninference: {{models: {{x: {entry}}}}}\n")
    with pytest.raises(ConfigError, match=re.escape(said)):
        load(file, {})


def test_labels_of_a_model_may_be_numbers(tmp_path: Path) -> None:
    file = tmp_path / "guard.yaml"
    file.write_text(
        "upstream: {url: 'http://127.0.0.1:1/v1'}\n"
        "inference: {models: {x: {kind: transformers, path: /a, labels: {1: injection.override}}}}\n"
    )
    assert load(file, {}).inference.models["x"].labels == {"1": "injection.override"}


def test_an_exposed_listener_needs_a_key_or_a_word(tmp_path: Path) -> None:
    exposed = {"--host": (("listen", "host"), "0.0.0.0")}
    with pytest.raises(ConfigError, match="--allow-unauthenticated"):
        settings(tmp_path, flags=exposed)
    assert settings(tmp_path, environ={"GUARDPROXY_KEY": "k" * 16}, flags=exposed).authenticated
    allowed = {**exposed, "--allow-unauthenticated": (("listen", "allow_unauthenticated"), True)}
    assert not settings(tmp_path, flags=allowed).authenticated


def test_named_keys_are_enough_to_listen_for_others(tmp_path: Path) -> None:
    exposed, pepper = {"--host": (("listen", "host"), "0.0.0.0")}, {"GUARDPROXY_PEPPER_KEY": "p" * 16}
    (tmp_path / "pepper").write_text("q" * 64 + "\n")
    kept = f"keys: {{path: {tmp_path}/keys.db}}\n"
    assert settings(tmp_path, kept, environ=pepper, flags=exposed).authenticated
    found = settings(tmp_path, f"keys: {{path: keys.db, pepper_file: {tmp_path}/pepper}}\n", flags=exposed)
    assert found.pepper_key is not None and found.pepper_key.get_secret_value() == "q" * 64
    assert "qqqq" not in repr(found)
    with pytest.raises(ConfigError, match=r"set GUARDPROXY_PEPPER_KEY, or `keys\.pepper_file`"):
        settings(tmp_path, kept, flags=exposed)
    (tmp_path / "pepper").write_text("short")
    for file, why in (("pepper", "too short"), ("nowhere", "can't be read")):
        with pytest.raises(ConfigError, match=why):
            settings(tmp_path, f"keys: {{path: keys.db, pepper_file: {tmp_path}/{file}}}\n")


_TOKENS = "{issuer: a, audience: b, jwks: 'https://a'}"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{certificate_header: x-subject}", "go together"),
        ("{certificate_header: x-subject, trusted_proxies: [10.0.0.1]}", "give path"),
        ("{path: k, certificate_header: Authorization, trusted_proxies: [10.0.0.1]}", "clients send themselves"),
        ("{path: k, certificate_header: 'a b', trusted_proxies: [10.0.0.1]}", "can't be a header's name"),
        ("{path: k, certificate_header: x-subject, trusted_proxies: [example.com]}", "does not appear to be"),
        ("{tokens: {Corp: {issuer: a, audience: b, jwks: 'https://a'}}}", "can't be a provider's name"),
        ("{tokens: {corp: {issuer: a, audience: b, jwks: 'http://a'}}}", "plain http"),
        (f"{{tokens: {{a: {_TOKENS}, b: {_TOKENS}}}}}", "same issuer"),
    ],
)  # fmt: skip
def test_what_keys_can_not_be(tmp_path: Path, written: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        settings(tmp_path, f"keys: {written}\n", environ={"GUARDPROXY_PEPPER_KEY": "p" * 16})


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    made = settings(tmp_path, environ={"GUARDPROXY_KEY": "sk-a" * 4, "GUARDPROXY_UPSTREAM_KEY": "sk-b"})
    assert made.key is not None
    assert made.key.get_secret_value() == "sk-a" * 4
    for shown in (repr(made), str(made), made.model_dump_json()):
        assert "sk-a" not in shown
        assert "sk-b" not in shown


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "https://a.example/v1/", "http://[::1]:1/x", "http://a"])
def test_base_urls(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "127.0.0.1:8000", "http://", "http://u:p@a/v1", "http://a/v1?x=1", "http://a/v1#x", "http://a/?",
     "http://a/../b", "http://a/%2e%2e/b", "http://a b/", "http://a:99999/", "http://a\n/", "gopher://a"],
)  # fmt: skip
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        check_url(url)


def test_settings_before_tool_servers(tmp_path: Path) -> None:
    file = tmp_path / "tools.yaml"
    file.write_text(
        "listen: {port: 1}\ntools:\n  port: 2\n  admin_port: 3\n  servers:\n    files: http://127.0.0.1:9000/mcp/\n"
        "    run: {url: http://127.0.0.1:9001, kind: http, key_env: RUN_KEY}\n"
    )
    made = load(file, {"RUN_KEY": "sk-run"}, tools=True)
    assert (made.listen.port, made.admin.port) == (2, 3)
    assert made.tools.servers["files"].url == "http://127.0.0.1:9000/mcp/"  # a slash at the end may count there
    assert {name: key.get_secret_value() for name, key in made.tool_keys.items()} == {"run": "sk-run"}
    assert "sk-run" not in repr(made)
    assert load(file, {"RUN_KEY": "k"}, UPSTREAM).listen.port == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tools: {port: 2}", "there is no tool server; give --server NAME=URL"),
        ("tools: {servers: {Files: http://x/mcp}}", "'Files' can't be a tool server's name"),
        ("tools: {servers: {healthz: http://x/mcp}}", "'healthz' can't be a tool server's name"),
        ("tools: {servers: {a: 'ftp://x'}}", "'ftp://x' is not a base URL"),
        ("tools: {servers: {a: {url: http://x, kin: mcp}}}", "no setting 'tools.servers.a.kin' (did you mean 'kind'?)"),
        ("tools: {servers: {a: {url: http://x, kind: stdio}}}", "'mcp', 'sse' or 'http'"),
        ("tools: {servers: {a: {url: http://x, key_env: NOT_SET}}}", "the variable NOT_SET is to hold a key"),
        ("tools: {host: 0.0.0.0, servers: {a: http://x}}", "others could use the tools through 0.0.0.0"),
    ],
)
def test_a_mistake_about_tool_servers_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "tools.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as e:
        load(file, {}, tools=True)
    assert said in str(e.value)


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.evil.example", "")))


def test_every_setting_has_a_variable() -> None:
    names = variables()
    assert {"GUARDPROXY_LIMITS_BODY", "GUARDPROXY_UPSTREAM_URL", "GUARDPROXY_DECISION_LOG"} <= set(names)
    assert len(names) > 25


def test_the_hash_key_is_long_enough() -> None:
    environ = {"GUARDPROXY_HASH_KEY": "k" * 16}
    key = load(None, environ, UPSTREAM).hash_key
    assert key is not None
    assert key.get_secret_value() == "k" * 16
    with pytest.raises(ConfigError, match="GUARDPROXY_HASH_KEY is too short"):
        load(None, {"GUARDPROXY_HASH_KEY": "short"}, UPSTREAM)


def test_variables_that_others_read_are_no_mistake() -> None:
    flags = {"--upstream": (("upstream", "url"), "http://127.0.0.1:8000/v1")}
    environ = {"GUARDPROXY_CONFIG": "x.yaml", "GUARDPROXY_CACHE": "/var/cache/guardproxy"}
    assert load(None, environ, flags) == load(None, {}, flags)


def test_a_store_in_a_file_needs_a_key_and_one_in_memory_does_not(tmp_path: Path) -> None:
    assert settings(tmp_path, "store: {path: ':memory:', expire: 2 d, max_size: 5 MB}").store.expire == 2 * 86_400
    with pytest.raises(ConfigError, match="set GUARDPROXY_STORE_KEY to a random key"):
        settings(tmp_path, "store: {path: kept}")
    with pytest.raises(ConfigError, match="GUARDPROXY_STORE_KEY"):
        settings(tmp_path, "store: {path: kept}", {"GUARDPROXY_STORE_KEY": "short"})
    with pytest.raises(ConfigError, match="environment only"):
        settings(tmp_path, "store_key: x")
    made = settings(tmp_path, "", {"GUARDPROXY_STORE_KEY": "x" * 16, "GUARDPROXY_STORE_PATH": "kept"})
    assert (made.store.path, made.store.max_size) == ("kept", 1 << 30)
    assert "x" * 16 not in repr(made) + made.model_dump_json()

"""Addresses in whatever spelling: what a browser would open, and what another parser would."""

from __future__ import annotations

import pytest

from guardproxy.types import ConfigError
from tests.cost import grows_like_its_input
from tests.monitors.watching import built, labels

ALLOW = built("web_domains", tools=["open"], arguments=["url"], allow=["good.com", "bücher.example", "192.0.2.7"])
SEARCH = built("web_domains", tools=["open"], allow=["good.com"])
PUBLIC = built("web_domains", tools=["open"], arguments=["url"])
FINE = [
    "https://good.com",
    "HTTPS://GOOD.COM:443/a?b#c",
    "https://a.b.good.com/x",
    "http://good.com./",
    "good.com",
    "good.com:8080/path",
    "//good.com/x",
    "https://good.com/?next=https://evil.com",
    "https://good.com#@evil.com",
    "https://good.com?@evil.com",
    "https://bücher.example/",
    "https://xn--bcher-kva.example/",
    "http://ｇｏｏｄ．ｃｏｍ",
    "http://good。com",
    "http://%67ood.com",
    "http://192.0.2.7/",
    " \thttps://good.com\n",
]
EVIL = [
    "https://evil.com",
    "https://notgood.com",
    "https://good.com.evil.com",
    "https://good.com@evil.com",
    "https://good.com:pw@evil.com",
    "https://good.com%40evil.com@evil.com",
    "https://evil.com\\@good.com",
    "https://good.com\\@evil.com",
    "https://evil.com#@good.com",
    "https://evil.com?@good.com",
    "https://evil.com/@good.com",
    "//evil.com",
    "///evil.com",
    "\\\\evil.com\\x",
    "/\\evil.com",
    "http:evil.com",
    "http:/evil.com",
    "https:\\\\evil.com",
    "https:////evil.com",
    "ht\ntps://ev\til.com",
    "http://%65vil.com",
    "http://ｅｖｉｌ.com",
    "http://evil。com",
    "http://EVIL.com.",
    "evil.com/good.com",
    "evil.com:80",
    "http://gооd.com",  # Cyrillic
    "http://good.com:80:80@evil.com",
    "http://1.1.1.1",
]
PRIVATE = [
    "http://127.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0x7f.0.0.1",
    "http://0177.0.0.1",
    "http://017700000001",
    "http://127.0.0.1.",
    "http://①②⑦.0.0.1",
    "http://10.0.0.1",
    "http://172.16.9.9",
    "http://192.168.1.1",
    "http://169.254.169.254/latest/meta-data",
    "http://0xA9FEA9FE",
    "http://100.64.0.1",
    "http://0.0.0.0",
    "http://0",
    "http://255.255.255.255",
    "http://224.0.0.1",
    "http://[::1]",
    "http://[::]",
    "http://[fe80::1]",
    "http://[fd00:ec2::254]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[::127.0.0.1]",
    "http://[64:ff9b::10.0.0.1]",
    "http://[2002:7f00:0001::]",
    "http://localhost",
    "http://LOCALHOST.",
    "http://a.localhost:8080",
    "localhost:9200",
    "http://intranet",
    "http://metadata.google.internal/",
    "http://printer.local",
    "http://127.0.0.1.nip.io",
    "http://kubernetes.default.svc",
]
NO_URL = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "data:text/html,<script>",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "ftp://good.com",
    "gopher://good.com:70/_x",
    "view-source:https://good.com",
    "blob:https://good.com/1",
    "unknown:thing",
    "https://user:password@good.com",
    "https://user@good.com",
    "https://@good.com",
    "https://good.com:99999",
    "https://good.com:8o",
    "https://good.com:-1",
    "https://",
    "https:///",
    "https://good.com%00.evil.com",
    "https://good.com%2fevil.com",
    "https://good..com",
    "https://.good.com",
    "https://a b.com",
    "https://[::1",
    "https://[::1]x",
    "https://[fe80::1%25eth0]",
    "https://256.256.256.256",
    "https://1.2.3.4.5",
    "https://08.1.1.1",
    "https://%ff.com",
    "https://" + "a" * 64 + ".com",
    "https://" + "a." * 200 + "com",
    "just words",
    "",
]


@pytest.mark.parametrize("url", FINE)
def test_what_may_be_opened(url: str) -> None:
    assert labels(ALLOW, "open", {"url": url}) == set()


@pytest.mark.parametrize("url", EVIL)
def test_what_leads_elsewhere(url: str) -> None:
    assert "domain" in labels(ALLOW, "open", {"url": url})


@pytest.mark.parametrize("url", [u for u in EVIL if not u.startswith(("evil.com:", "\n"))])
def test_it_is_found_wherever_it_stands(url: str) -> None:
    assert "domain" in labels(SEARCH, "open", {"a": [{"b": url}]})
    if not any(c.isspace() for c in url) and "://" in url:
        assert "domain" in labels(SEARCH, "open", {"a": f"Read this ({url}), please."})


@pytest.mark.parametrize("url", PRIVATE)
def test_private_networks_in_any_notation(url: str) -> None:
    assert "private_address" in labels(PUBLIC, "open", {"url": url})


@pytest.mark.parametrize("url", NO_URL)
def test_what_is_no_web_address_or_an_odd_one(url: str) -> None:
    assert "url" in labels(ALLOW, "open", {"url": url})


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://8.8.8.8", "http://[2606:4700::1111]", "https://localhost.example.org"]
)
def test_public_addresses_are_open_without_a_list(url: str) -> None:
    assert labels(PUBLIC, "open", {"url": url}) == set()


@pytest.mark.parametrize(
    "text", ["What is node.js good for?", "see: a/b, 12:30", "C:\\temp", "a//b", "mail to x", "x == y ? a : b"]
)
def test_text_without_addresses(text: str) -> None:
    assert labels(SEARCH, "open", {"query": text}) == set()


def test_named_arguments_at_any_depth_and_lists() -> None:
    assert "domain" in labels(ALLOW, "open", {"deep": [{"url": ["https://good.com", "https://evil.com"]}]})
    assert labels(ALLOW, "open", {"query": "https://evil.com", "url": "https://good.com"}) == set()
    assert labels(ALLOW, "open", {"url": 3}) == {"domain", "private_address"}, "a number is 0.0.0.3"
    assert "domain" in labels(SEARCH, "open", {"https://evil.com": 1}), "a key is a text too"


def test_only_the_tools_that_it_watches() -> None:
    assert labels(ALLOW, "mail", {"url": "https://evil.com"}) == set()


def test_arguments_that_are_no_json_are_searched_all_the_same() -> None:
    assert labels(ALLOW, "open", '{"url": "https://evil.com"') >= {"unparsable", "domain"}
    assert labels(ALLOW, "open", '{"url": "https:\\/\\/evil.com"') >= {"unparsable", "domain"}
    assert labels(ALLOW, "open", '{"url": "\\u0068ttps://evil.com"') >= {"unparsable", "domain"}
    assert labels(ALLOW, "open", "https://evil.com", plain=True) == {"domain"}
    assert labels(ALLOW, "open", '{"url": "https:\\/\\/evil.com"}') == {"domain"}
    assert labels(ALLOW, "open", '{"\\u0075rl": "\\u0068ttps://evil.com"}') == {"domain"}


def test_deny_wins_and_covers_what_is_below() -> None:
    one = built("web_domains", tools=["*"], allow=["good.com"], deny=["ads.good.com"])
    assert labels(one, "x", {"u": "https://good.com"}) == set()
    assert labels(one, "x", {"u": "https://a.ads.good.com"}) == {"domain"}
    assert labels(one, "x", {"u": "https://badads.good.com"}) == set()


def test_an_address_of_ones_own_that_is_listed_is_open() -> None:
    one = built("web_domains", tools=["*"], allow=["10.1.2.3", "wiki.corp", "localhost"])
    assert labels(one, "x", {"u": "http://10.1.2.3/"}) == set()
    assert labels(one, "x", {"u": "http://0x0a010203/"}) == set()
    assert labels(one, "x", {"u": "http://wiki.corp/"}) == set()
    assert labels(one, "x", {"u": "http://10.1.2.4/"}) == {"domain", "private_address"}
    every = built("web_domains", tools=["*"], allow_private=True)
    assert labels(every, "x", {"u": "http://10.1.2.4/"}) == set()
    assert "call.private_address" not in every.labels


@pytest.mark.parametrize("entry", ["https://good.com", "good.com/x", "a b", "", "user@good.com", "good.com:80"])
def test_entries_that_are_no_host(entry: str) -> None:
    with pytest.raises(ConfigError):
        built("web_domains", tools=["*"], allow=[entry])


@pytest.mark.parametrize(
    "text",
    ["a." * 60_000 + "@", "http:" * 30_000, "/" * 200_000, "https://a " * 20_000, "a:" * 100_000, "\\/" * 100_000,
     "//a" * 60_000, "a" * 250_000, "x://" * 50_000, "%25" * 80_000 + ".com", "http://" + "%41" * 50_000],
)  # fmt: skip
def test_hostile_texts_cannot_run_up_time(text: str) -> None:
    assert grows_like_its_input(lambda size: labels(SEARCH, "open", {"a": text[:size]}), len(text))
    assert grows_like_its_input(lambda size: labels(ALLOW, "open", {"url": text[:size]}), len(text))


def test_a_call_with_no_end_of_addresses() -> None:
    assert "url" in labels(SEARCH, "open", {"a": ["https://good.com"] * 1001})


@pytest.mark.parametrize(
    "value",
    [
        "a@evil.com/x", "user:pw@169.254.169.254/latest", "2130706433", 2130706433, "0x7f000001", "::1", "intranet:8080/x",
        "localhost/ admin", "127.0.0.1:80/ x", "evil%2ecom", "-http://evil.com", "1http://evil.com", "http:\nevil.com/ x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["url", "URL", "link"])
def test_what_is_an_address_by_its_name_is_read_as_one(name: str, value: object) -> None:
    one = built("web_domains", tools=["browser"], allow=["example.org"])
    assert labels(one, "browser", {name: value})
    assert labels(one, "browser", {"query": "weather in Paris 2024: rain?"}) == set()


def test_line_ends_inside_of_an_address_are_no_end() -> None:
    one = built("web_domains", tools=["browser"], allow=["example.org"])
    assert labels(one, "browser", {"text": "see http:\n//evil.com/ x"})

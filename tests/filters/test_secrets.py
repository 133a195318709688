"""The `secrets` filter: every kind is found, look-alikes are not, and cutting a stream changes nothing."""

import base64
import random
import sysconfig
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import secrets_oracle
from guardproxy import filters
from guardproxy.filters import secrets
from guardproxy.filters._secret_rules import judges
from guardproxy.filters._secret_rules.kind import fake, nocase
from guardproxy.text import syntax
from guardproxy.text.rules import ANY, NONE, Bound, Compiled
from guardproxy.types import ConfigError, Context, Direction, Finding, Origin, Role
from tests.cost import grows_like_its_input

ORIGIN = Origin(Direction.RESPONSE, Role.ASSISTANT)
POSITIVE = {text: label for text, label in secrets.EXAMPLES.items() if label}
LOOKALIKES = [text for text, label in secrets.EXAMPLES.items() if label is None]
TAILS = [" IBAN", "0", ".", "abc", "\n", '"', "'", "ä", ", and", "\\n", "</b>"]


@cache
def whole() -> secrets.Filter:
    return secrets.Filter("secrets", secrets.Config(use="secrets"))


def scan(text: str, filter: secrets.Filter | None = None) -> tuple[Finding, ...]:
    return (filter or whole()).open(ORIGIN, Context()).feed(text, last=True).findings


def streamed(text: str, cuts: list[int]) -> list[Finding]:
    run, out, settled = whole().open(ORIGIN, Context()), [], 0
    for low, high in zip([0, *cuts], [*cuts, len(text)], strict=True):
        report = run.feed(text[low:high], last=high == len(text))
        assert all(f.span and f.span[0] >= settled for f in report.findings)
        settled = report.settled
        out += report.findings
    if not cuts and not text:
        return out
    assert settled == len(text)
    return out


def spans(findings: tuple[Finding, ...], label: str) -> list[tuple[int, int]]:
    return [f.span for f in findings if f.span and f.label == label]


# ------------------------------------------------------------------------------------------------ the table


def test_there_are_at_least_a_hundred_kinds_with_ids_of_their_own() -> None:
    ids = [kind.id for kind in secrets.KINDS]
    assert len(ids) >= 100
    assert [i for i, n in Counter(ids).items() if n > 1] == []
    assert len(secrets.EXAMPLES) == len(ids) + len(LOOKALIKES), "two kinds have the same example"
    assert all(label.startswith("secret.") and label == label.lower() for label in secrets.LABELS)


@pytest.mark.parametrize("kind", secrets.KINDS, ids=lambda k: k.id)
def test_every_kind_finds_its_own_example_by_itself(kind: secrets.Kind) -> None:
    rule = kind.rule()
    found = Compiled(Bound("secrets", rule), syntax.parse(rule.pattern))
    data, at = kind.example.encode(), 0
    while (start := found.match(ANY, data, at, len(data))[0]) != NONE:
        if got := found.at(data, start[0], len(data)):
            assert got[3] <= 1.0
            return
        at = start[0] + 1
    pytest.fail(f"{kind.id} does not find {kind.example!r}")


def test_every_example_gives_its_label_and_no_judge_is_asked_for_long() -> None:
    missing = [(label, text[:60]) for text, label in POSITIVE.items() if not spans(scan(text), label)]
    assert missing == []


@pytest.mark.parametrize("tail", TAILS)
def test_what_follows_hides_nothing(tail: str) -> None:
    lost = []
    for text, label in POSITIVE.items():
        low, high = max(spans(scan(text), label), key=lambda s: s[1] - s[0])
        if not any(a <= low and high <= b for a, b in spans(scan(text + tail), label)):
            lost.append((label, text[:60]))
    assert lost == []


@pytest.mark.parametrize("head", ["", " ", "=", '"', "TOKEN_", "\n", "(", "ä", "key: "])
def test_what_stands_before_hides_nothing(head: str) -> None:
    shapes = [k for k in secrets.KINDS if not k.context]
    free = [k for k in shapes if head[-1:] not in ("_",) or "_" not in k.before]
    assert len(free) > 100
    lost = [k.id for k in free if not scan(head + k.example)]
    assert lost == []


@pytest.mark.parametrize("text", LOOKALIKES)
def test_lookalikes_are_left_alone(text: str) -> None:
    assert scan(text) == ()


def test_the_page_shows_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "secrets.md"
    assert page.read_text() == secrets_oracle.table(), "run: python -m bench.secrets_oracle --table > docs/secrets.md"


# ------------------------------------------------------------------------------------------------ facts from elsewhere

PUBLISHED = [
    ("secret.aws", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("secret.aws", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"),
    ("secret.github", "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"),
    ("secret.stripe", "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"),
    ("secret.telegram", "110201543:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
    ("secret.discord", "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ." + "ZnCjm1XVW7vRze4b7Cq4se7kKWs"),
    ("secret.wallet", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1" + "jvhTVqvbTLvyTJ"),
    ("secret.wallet", "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2L" + "JGU1ZxJwYvP98617"),
    (
        "secret.wallet",
        "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
    ),
    ("secret.wallet", "SAV76USXIJOBMEQXPANUOQM6F5LIOTLP" + "DIDVRJBFFE2MDJXG24TAPUU7"),
    (
        "secret.jwt",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    ),
    (
        "secret.twitter",
        "A" * 22 + "MLheAAAAAAA0%2BuSeid%2BULvsea4JtiGRiSDSJSI%3DEUifiRBkKG5E2XzMDjRfl76ZC9Ub0wnz4XsNiRVBChTYbJcE3F",
    ),
    ("secret.basic_auth", "Authorization: Basic " + "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
]


@pytest.mark.parametrize(("label", "text"), PUBLISHED)
def test_samples_that_vendors_and_standards_publish(label: str, text: str) -> None:
    assert label in {f.label for f in scan(text)}


def test_a_checksum_raises_the_score_and_its_absence_hides_nothing() -> None:
    good = "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"
    bad = good[:-1] + "8"
    assert [f.score for f in scan(good)] == [1.0]
    assert [f.score for f in scan(bad)] == [0.8]


@pytest.mark.parametrize("position", [3, 20, 50])
def test_a_wrong_checksum_is_no_wallet(position: int) -> None:
    for text in (k.example for k in secrets.KINDS if k.judge in (judges.base58check, judges.stellar)):
        changed = text[:position] + ("B" if text[position] != "B" else "C") + text[position + 1 :]
        assert "secret.wallet" in {f.label for f in scan(text)}
        assert "secret.wallet" not in {f.label for f in scan(changed)}


def test_entropy_is_shannons() -> None:
    assert judges.entropy("") == 0.0
    assert judges.entropy("aaaa") == 0.0
    assert judges.entropy("abcd") == pytest.approx(2.0)
    assert judges.entropy("aab") == pytest.approx(0.9183, abs=1e-4)


# ------------------------------------------------------------------------------------------------ private keys

BODY = "\n".join(fake("{b64}", f"line{i}") for i in range(20))


@pytest.mark.parametrize("name", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n", " "])
def test_a_private_key_is_redacted_whole(name: str, newline: str) -> None:
    key = f"-----BEGIN {name}PRIVATE KEY-----\n{BODY}\n-----END {name}PRIVATE KEY-----".replace("\n", newline)
    assert (4, 4 + len(key)) in spans(scan(f"key={key}, and so on"), "secret.private_key")


def test_headers_inside_a_private_key() -> None:
    head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,A1B2C3D4E5F60718\n\n"
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{head}{BODY}\n-----END RSA PRIVATE KEY-----"
    assert (0, len(key)) in spans(scan(key), "secret.private_key")
    pgp = f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{BODY}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----"
    assert (0, len(pgp)) in spans(scan(pgp), "secret.private_key")


def test_a_private_key_without_end_is_redacted() -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{BODY}"
    assert (0, len(key)) in spans(scan(key), "secret.private_key")
    long = f"-----BEGIN PRIVATE KEY-----\n{fake('{b9000}')}"
    ((low, high),) = spans(scan(long), "secret.private_key")
    assert low == 0
    assert high > 8000


# ------------------------------------------------------------------------------------------------ assignments

FOUND = [
    ('password = "hunter22"', "hunter22"),
    ("password: hunter22", "hunter22"),
    ("DB_PASSWORD=S3cr3t!x9", "S3cr3t!x9"),
    ("The admin password is Sommer2024!", "Sommer2024!"),
    ("Das Passwort lautet Sommer2024!", "Sommer2024!"),
    ("**Password:** `Tr0ub4dor&3`", "Tr0ub4dor&3"),
    ('{"password": "p4ssW0rd!!"}', "p4ssW0rd!!"),
    ("<password>p4ssW0rd!!</password>", "p4ssW0rd!!"),
    ('api_key: str = "9f8a7c6d5e4b3a2190fedcba87654321"', "9f8a7c6d5e4b3a2190fedcba87654321"),
    ("X-Api-Key: 9f8a7c6d5e4b3a2190fedcba87654321", "9f8a7c6d5e4b3a2190fedcba87654321"),
    ("https://acme.test/?access_token=Zx81kq0Pm3nB7vC2&x=1", "Zx81kq0Pm3nB7vC2"),
    ("clientSecret: 'a81Kd0wPz9x7Qm2LrT5v'", "a81Kd0wPz9x7Qm2LrT5v"),
    ("amqp://guest:guest@localhost/", "guest"),
    ("redis://:k3y9fLq2@cache:6379/0", "k3y9fLq2"),
    ("Server=db;User Id=sa;Password=Qx7!pa9z;Encrypt=true", "Qx7!pa9z"),
    ("Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543", "8f14e45fceea167a5a36dedd4bea2543"),
    ('curl -H "Authorization: token 8f14e45fceea167a5a36dedd4bea2543"', "8f14e45fceea167a5a36dedd4bea2543"),
]


@pytest.mark.parametrize(("text", "value"), FOUND)
def test_assignments_are_found_and_the_value_alone_is_redacted(text: str, value: str) -> None:
    assert value in {text[f.span[0] : f.span[1]] for f in scan(text) if f.span}


LEFT_ALONE = [
    "password = user.password",
    "password=password",
    'password = getpass("Password: ")',
    "password: string",
    '"password": {"type": "string", "minLength": 12}',
    "Enter your password: (at least 12 characters)",
    "token = tokens[i + 1]",
    "secret_name: my-app-production-2",
    "api_key: Optional[str] = None",
    "private_key = load_pem_private_key(data, None)",
    "csrf_token: {% csrf_token %}",
    "api_key=$API_KEY",
    "password: ${{ secrets.DB_PASSWORD_2 }}",
    "token=%s&user=%s",
    "auth_key = settings.AUTH_KEY_V2",
    "https://user:${PASSWORD}@acme.test/",
    "https://user:xxxx@acme.test/",
    "https://acme.test:8080/login?user=x@y.test",
    "Der Schlüssel ist ein Geheimnis; das Token ist 15 Minuten gültig.",
    "Schluessel: Donaudampfschifffahrtsgesellschaft",
    "the secret is out: 3 of 4 tokens were spent",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_code_and_prose_about_secrets_are_left_alone(text: str) -> None:
    assert scan(text) == ()


def test_the_standard_library_is_left_alone() -> None:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:60]
    assert len(files) >= 40
    total = redacted = 0
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        total += len(text)
        redacted += len({i for f in scan(text) if f.span for i in range(*f.span)})
    assert redacted <= total * 0.0002, f"{redacted} of {total} characters"


# ------------------------------------------------------------------------------------------------ streams

FILLERS = st.sampled_from(
    [
        "",
        " ",
        "The key is ",
        "\n",
        '"',
        "password=",
        "eyJ",
        "ä",
        "日本",
        "😀",
        "sk-",
        "-----BEGIN ",
        "x",
        "0",
        "://a:",
        "_",
    ]
)
TEXTS = st.lists(st.tuples(FILLERS, st.sampled_from(list(secrets.EXAMPLES)), FILLERS), max_size=3).map(
    lambda parts: "".join("".join(p) for p in parts)
)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.data())
def test_any_cutting_gives_the_same_findings(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=12))) if len(text) > 1 else []
    assert Counter(streamed(text, cuts)) == Counter(scan(text))


def test_every_example_in_single_characters_gives_the_same_findings() -> None:
    rng = random.Random(3)
    for text in rng.sample(list(secrets.EXAMPLES), 120):
        shown = f"See: {text} and more."
        assert Counter(streamed(shown, list(range(1, len(shown))))) == Counter(scan(shown)), text


def test_prose_is_hardly_held() -> None:
    text = "The council met on Monday to discuss the token economy, passwords, secrets and the keys of the city. " * 30
    run, held, fed = whole().open(ORIGIN, Context()), [], 0
    for i in range(0, len(text), 4):
        fed += len(text[i : i + 4])
        held.append(fed - run.feed(text[i : i + 4], last=False).settled)
    held.sort()
    assert held[len(held) * 99 // 100] <= 24


# ------------------------------------------------------------------------------------------------ cost

HOSTILE = {
    "random base64": base64.b64encode(random.Random(1).randbytes(750_000)).decode(),
    "eyJ": "eyJ" * 333_333,
    "JWT headers": "eyJhbGciOi" * 100_000,
    "password=": "password=" * 111_111,
    "quoted secrets": 'secret="' * 125_000,
    "sk-": "sk-" * 333_333,
    "EAAA": "EAAA-" * 200_000,
    "zeros in base64": "A" * 1_000_000,
    "digits": "1" * 1_000_000,
    "hex": "0123456789abcdef" * 62_500,
    "PEM begins": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 16_000,
    "basic": "basic aaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 28_000,
    "addresses": "://a:@@@@" * 110_000,
    "wallets": "5K" * 500_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_half_a_hostile_megabyte_is_searched_in_linear_time(text: str) -> None:
    run = whole().open(ORIGIN, Context())
    run.feed("warm up", last=True)
    assert grows_like_its_input(lambda size: scan(text[:size]), len(text) // 2, times=4, slack=2.5)


# ------------------------------------------------------------------------------------------------ options


def test_only_and_skip_take_ids_and_labels() -> None:
    aws, github = "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + fake("{w36}")
    text = f"{aws} {github}"

    def labels(**options: object) -> set[str]:
        return {f.label for f in scan(text, secrets.Filter("s", secrets.Config(use="secrets", **options)))}

    assert labels() == {"secret.aws", "secret.github"}
    assert labels(only={"secret.aws"}) == {"secret.aws"}
    assert labels(only={"github-personal-token"}) == {"secret.github"}
    assert labels(skip={"secret.github"}) == {"secret.aws"}
    assert labels(only={"secret.aws"}, skip={"aws-access-key-id"}) == set()


def test_the_entropy_factor_scales_the_floor() -> None:
    weak = "AKIA" + "AAAABBBBCCCCAAAA"
    strict = secrets.Filter("s", secrets.Config(use="secrets", only={"secret.aws"}, entropy=1.5))
    loose = secrets.Filter("s", secrets.Config(use="secrets", only={"secret.aws"}, entropy=0.5))
    assert scan(weak, strict) == ()
    assert [f.label for f in scan(weak, loose)] == ["secret.aws"]


def test_an_unknown_kind_is_an_error_that_says_where_to_look() -> None:
    with pytest.raises(ConfigError, match=r"only: .*no kind of secret 'secret\.awz'.*docs/secrets\.md"):
        filters.build("keys", {"use": "secrets", "only": ["secret.awz"]})


def test_the_example_notation_and_case() -> None:
    assert fake("x{h8}{d3}") == fake("x{h8}{d3}")
    assert fake("{w20}", "a") != fake("{w20}", "b")
    assert re2.fullmatch(nocase("api"), "aPi")
    assert not re2.fullmatch(nocase("key"), "\u212aey"), "the Kelvin sign is no K here"

"""Private keys, signed tokens, and credentials in the files of common tools."""

from __future__ import annotations

import base64

from guardproxy.filters._secret_rules import judges
from guardproxy.filters._secret_rules.kind import WORD, Kind, expand, fake, shape

# Between the lines of a key stand newlines, real or written as \n, and what source code puts around a string.
_GAP = r"""(?:\\[nrt]|[\s"'`+,>|#*\\]){0,12}"""
_HEAD = r"(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|MessageID|x-[a-z-]{1,20}): ?[^\n\\\"]{1,120}"
_BODY = r"""[A-Za-z0-9+/=\s\\"'`,>|#*]{0,8000}"""


_NAMES = "(?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|ANY|SSH2 ENCRYPTED) )?PRIVATE KEY|PGP PRIVATE KEY BLOCK"
# To the END line or, where that never comes, to the bound. One rule for all: its long body is what costs.
_ARMOURED = (
    rf"-{{4,5}} ?BEGIN (?:{_NAMES}) ?-{{4,5}}(?:{_GAP}{_HEAD}){{0,4}}{_GAP}[A-Za-z0-9+/=]{{16}}{_BODY}"
    r"(?:-{4,5} ?END [A-Z0-9 ]{3,40}-{4,5})?"
)


def _pem(name: str) -> str:
    lines = "\n".join(fake("{b64}", f"{name}{i}") for i in range(6))
    return f"-----BEGIN {name}-----\n{lines}\n{fake('{b30}', name)}==\n-----END {name}-----"


PRIVATE_KEYS = (
    Kind(
        "private-key",
        "private_key",
        "Private key in PEM or OpenPGP armour (RSA, EC, DSA, OpenSSH, PKCS #8, encrypted, SSH2, PGP)",
        _ARMOURED,
        _pem("RSA PRIVATE KEY"),
        1.0,
    ),
    Kind(
        "private-key-putty",
        "private_key",
        "PuTTY private key, its private lines",
        r"Private-Lines: [0-9]{1,3}((?:\\[nr]|\s){1,4}[A-Za-z0-9+/=]{20}[A-Za-z0-9+/=\s\\]{0,4000})",
        "Private-Lines: 2\n" + fake("{b64}", "p1") + "\n" + fake("{b40}", "p2") + "\nPrivate-MAC: 1f",
        1.0,
    ),
    Kind(
        "private-key-wireguard",
        "private_key",
        "WireGuard private or preshared key",
        r"(?:PrivateKey|PresharedKey|PreSharedKey)\s{0,3}[=:]\s{0,3}" + expand("({b43}=)"),
        "[Interface]\nPrivateKey = " + fake("{b43}=", "wg"),
        1.0,
        context=True,
    ),
    Kind(
        "private-key-jwk",
        "private_key",
        "Private part of a JSON web key",
        r"""["']d["']\s{0,2}:\s{0,2}["']([A-Za-z0-9_-]{43,700})["']""",
        '{"kty": "EC", "crv": "P-256", "d": "' + fake("{u43}", "jwk") + '"}',
        0.8,
        context=True,
    ),
    Kind(
        "private-key-xml",
        "private_key",
        "Private part of an RSA key in XML",
        r"<D>\s{0,4}([A-Za-z0-9+/=]{80,1000})\s{0,4}</D>",
        "<RSAKeyValue><D>" + fake("{b170}", "xml") + "==</D></RSAKeyValue>",
    ),
)


def _openings() -> str:
    """How base 64 of a JOSE header begins: `{"` and the name of a parameter of RFC 7515 and its kin."""
    names = "alg typ kid enc zip x5t x5c x5u jwk jku cty crit apu apv epk nonce iss sub ver provider b64 url ppt"
    texts = (f'{{"{name}"' for name in names.split())
    return "|".join(sorted({base64.b64encode(t.encode()).decode()[3 : len(t) * 4 // 3] for t in texts}))


_JOSE = f"eyJ(?:{_openings()})"

_ENTRY = r"""\s{1,12}[A-Za-z0-9_.-]{1,64}: ?["']?[A-Za-z0-9+/=]{6,1000}["']?"""

TOKENS = (
    Kind(
        "jwt",
        "jwt",
        "JSON web token, signed or not, or encrypted (JWE)",
        _JOSE
        + r"[A-Za-z0-9_=-]{6,1200}\.[A-Za-z0-9_-]{0,3000}\.[A-Za-z0-9_-]{0,1400}"
        + r"(?:\.[A-Za-z0-9_-]{10,3000})?(?:\.[A-Za-z0-9_-]{10,1400})?",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + fake("{u43}", "jwt"),
        0.95,
    ),
    Kind(
        "jwt-base64",
        "jwt",
        "JSON web token in base 64 once more",
        "ZXlK(?:aGJHY2lP|MGVYQWlP|cmFXUWlP)[A-Za-z0-9+/_=-]{40,4000}",
        "ZXlKaGJHY2lP" + fake("{b120}", "jwt64"),
        0.9,
    ),
    Kind(
        "kubeconfig-key",
        "kubernetes",
        "Client key in a kubeconfig",
        r"client-key-data[\"']?\s{0,2}:\s{1,3}[\"']?([A-Za-z0-9+/=]{60,6000})",
        "    client-key-data: LS0tLS1CRUdJTi" + fake("{b300}", "kube"),
        context=True,
    ),
    Kind(
        "kubernetes-secret",
        "kubernetes",
        "Data of a Kubernetes secret",
        r"kind: ?[\"']?Secret[\"']?\s{1,10}(?:[a-zA-Z]{1,20}:[^\n]{0,100}\n[ \t]{0,8}){0,8}data:"
        f"({_ENTRY}(?:{_ENTRY})?(?:{_ENTRY})?(?:{_ENTRY})?)",
        "kind: Secret\nmetadata:\n  name: db\ntype: Opaque\ndata:\n  password: " + fake("{b24}", "k8s"),
        0.9,
        context=True,
    ),
    shape(
        "shadow-hash",
        "Password hash of a Unix account",
        r"\$[156y]\$[A-Za-z0-9./=,$]{1,40}\${b22,86}",
        "$6${w16}${w86}",
        vendor="password_hash",
        score=0.8,
    ),
    shape(
        "bcrypt-hash",
        "Password hash (bcrypt)",
        r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}",
        "$2b$12${w53}",
        vendor="password_hash",
        score=0.8,
    ),
    shape(
        "apache-hash",
        "Password hash of an htpasswd file",
        r"\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}",
        "$apr1${w8}${w22}",
        vendor="password_hash",
        score=0.8,
    ),
    shape(
        "argon2-hash",
        "Password hash (Argon2)",
        r"\$argon2(?:id|i|d)\$v=[0-9]{1,2}\$[a-z0-9=,]{5,40}\${b11,64}\${b20,90}",
        "$argon2id$v=19$m=65536,t=3,p=4${b22}${b43}",
        vendor="password_hash",
        score=0.8,
    ),
    shape(
        "django-secret-key",
        "Secret key that Django made",
        r"""django-insecure-[^\s"'\\]{40,60}""",
        "django-insecure-{w50}",
    ),
    shape("laravel-app-key", "Laravel application key", "APP_KEY=(base64:{b43}=)", "APP_KEY=base64:{b43}="),
    Kind(
        "rails-secret-key-base",
        "rails",
        "Rails secret key base or master key",
        r"(?:secret_key_base|RAILS_MASTER_KEY|SECRET_KEY_BASE)[\"']?\s{0,2}[:=]\s{0,2}[\"']?([0-9a-f]{32}(?:[0-9a-f]{96})?)",
        "secret_key_base: " + fake("{h128}", "rails"),
        context=True,
    ),
)

FILES = (
    Kind(
        "docker-config-auth",
        "docker",
        "Registry login in Docker's config.json",
        r'"auth"\s{0,2}:\s{0,2}"([A-Za-z0-9+/]{12,400}={0,2})"',
        '{"auths": {"r.test": {"auth": "YWxpY2U6aHVudGVyMjJodW50ZXI="}}}',
        0.9,
        judge=judges.user_and_password,
        context=True,
    ),
    Kind(
        "netrc-password",
        "password",
        "Password in a .netrc file",
        r"login\s{1,4}[^\s]{1,80}\s{1,8}password\s{1,4}([^\s]{3,120})(?:\s|\Z)",
        "machine ftp.acme.test login alice password " + fake("{w12}", "netrc"),
        0.9,
        WORD,
        judge=judges.password,
        context=True,
    ),
    Kind(
        "nuget-config-password",
        "nuget",
        "Password in a NuGet configuration",
        r"""key=["'](?:ClearText)?Password["']\s{0,3}value=["']([^"'\s]{6,200})["']""",
        '<add key="ClearTextPassword" value="' + fake("{w16}", "nuget") + '" />',
        0.9,
        judge=judges.url_password,
        context=True,
    ),
    Kind(
        "curl-user",
        "basic_auth",
        "User and password on a command line",
        r"""(?:-u[ =]|--user[ =]|--proxy-user[ =])["']?[A-Za-z0-9_.@+-]{1,60}:([^\s"']{3,120})"""
        + r"""(?:[\s"']|\Z)""",
        "curl -u alice:" + fake("{w14}", "curl") + " https://acme.test",
        0.85,
        "A-Za-z0-9_-",
        judge=judges.url_password,
        context=True,
    ),
)

KINDS: tuple[Kind, ...] = PRIVATE_KEYS + TOKENS + FILES

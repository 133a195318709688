"""Credentials of no particular vendor: headers, addresses with a password, connection strings, assignments.

Every rule begins with its keyword and ends at a terminator, so that a stream waits only inside what looks like an
assignment and the judge is asked once. The value alone is redacted.
"""

from __future__ import annotations

from guardproxy.filters._secret_rules import judges
from guardproxy.filters._secret_rules.kind import WORD, Kind, fake, nocase
from guardproxy.text.bank import Judge

_TAIL = (
    "(?:[_-]?(?:"
    + nocase("key|token|secret|value|base|prod|dev|test|live|main|root|admin|db|user|app")
    + "|[0-9]{1,2})){0,3}"
)
_TYPE = r"(?:: ?(?:str|String|string|&str|SecretStr|const char ?\*)(?: ?\| ?(?:None|null))?\s{0,2})?"
_SAYS = "(?: (?:" + nocase("is|was|are|ist|lautet|equals|will be|now") + r"):? ?)"
_JOIN = r"""["'`*\]]{0,3}\s{0,3}""" + _TYPE + r"""(?:=>|:=|\?=|\|\|=?|={1,3}|:|>|""" + _SAYS + r""")[\s*]{0,4}"""
_QUOTED = r"""(?:[brfLu]?["'`]|\\["'])([^\s"'`<>\\]{6,250})["'`\\]"""
_BARE = r"""([^\s"'`<>,;(){}\[\]|\\]{6,250})(?:[\s"'`<>,;)}\]|\\]|\Z)"""
_TOKEN = _BARE.replace("<>,;", "<>,;&")  # a password may hold `&`, a token of a query ends there
_PASSWORDS = nocase("pass") + "(?:" + nocase("word|wort|wd|phrase|code") + ")?|" + nocase("kennwort")
_KEY = f"(?:[_ .-]{nocase('key')}|{nocase('key')})"
_SECRETS = "|".join(
    (
        nocase("secret|token|credential"),
        *(
            nocase(w) + _KEY
            for w in (
                "api",
                "access",
                "auth",
                "private",
                "signing",
                "encryption",
                "master",
                "account",
                "license",
                "client",
            )
        ),
    )
)


def _assignment(
    id: str, title: str, words: str, value: str, example: str, score: float, judge: Judge, floor: float = 0.0
) -> Kind:
    pattern = f"(?:{words}){_TAIL}{_JOIN}{value}"
    vendor = "password" if "password" in id else "generic"
    return Kind(id, vendor, title, pattern, example, score, "", floor, judge, context=True)


_FIELD = f"(?:{nocase('password')}|{nocase('pwd')})="

ADDRESSES = (
    Kind(
        "url-password",
        "url_password",
        "Password in an address: scheme://user:PASSWORD@host",
        r"""://[^\s/:@"'`<>\\]{0,64}:([^\s/"'`<>\\]{1,128})@[A-Za-z0-9_\[%.-]""",
        "postgres://alice:" + fake("{w14}", "url") + "@db.acme.test:5432/main",
        0.9,
        judge=judges.url_password,
        context=True,
    ),
    Kind(
        "connection-string-password",
        "connection_string",
        "Password in a connection string: Server=…;Password=…;",
        f"(?:[;?&]{_FIELD}|; {_FIELD})" + r"""([^;\s"'`<>&\\]{3,128})(?:[;\s"'`<>&\\]|\Z)""",
        "Server=db.acme.test;Database=main;User Id=alice;Password=" + fake("{w14}", "dsn") + ";",
        0.9,
        judge=judges.url_password,
        context=True,
    ),
)

HEADERS = (
    Kind(
        "bearer-token",
        "bearer",
        "Bearer token of an HTTP request",
        nocase("bearer") + r"[ +]{1,2}([A-Za-z0-9._~+/=|-]{16,600})(?:[^A-Za-z0-9._~+/=|-]|\Z)",
        "Authorization: Bearer " + fake("{w40}", "bearer"),
        0.85,
        WORD,
        3.0,
        judges.mixed,
        context=True,
    ),
    Kind(
        "basic-auth",
        "basic_auth",
        "Basic authentication of an HTTP request, decoded and seen to hold user and password",
        nocase("basic") + r"[ ]{1,2}([A-Za-z0-9+/]{8,400}={0,2})",
        "Authorization: Basic YWxpY2U6aHVudGVyMjJodW50ZXI=",
        0.95,
        WORD,
        judge=judges.user_and_password,
        context=True,
    ),
    Kind(
        "authorization-header",
        "authorization",
        "Other value of an Authorization header",
        nocase("authorization")
        + r"""["']?\s?[:=]\s{0,2}["']?(?:[A-Za-z]{3,12}[ ]{1,2})?([A-Za-z0-9._~+/=:-]{16,600})(?:[^A-Za-z0-9._~+/=:(\[-]|\Z)""",
        "Authorization: token " + fake("{h40}", "auth"),
        0.8,
        WORD,
        3.0,
        judges.mixed,
        context=True,
    ),
)

ASSIGNMENTS = (
    _assignment(
        "generic-password-quoted",
        "Password assigned, in quotes",
        _PASSWORDS,
        _QUOTED,
        'password = "' + fake("{w10}", "pq") + '!7a"',
        0.8,
        judges.password,
    ),
    _assignment(
        "generic-password",
        "Password assigned, without quotes",
        _PASSWORDS,
        _BARE,
        "DB_PASSWORD=" + fake("{w12}", "pb") + "!4k",
        0.7,
        judges.bare_password,
    ),
    _assignment(
        "generic-pwd-password",
        "Password assigned to a name that ends in pwd",
        nocase("pwd"),
        r"""["'`]?""" + _BARE,
        'DbPwd="' + fake("{w10}", "pw") + '!7a"',
        0.7,
        judges.bare_password,
    ),
    _assignment(
        "generic-secret-quoted",
        "Secret, token or key assigned, in quotes",
        _SECRETS,
        _QUOTED,
        'api_key: "' + fake("{w32}", "sq") + '"',
        0.75,
        judges.machine_made,
        3.0,
    ),
    _assignment(
        "generic-secret",
        "Secret, token or key assigned, without quotes",
        _SECRETS,
        _TOKEN,
        "SECRET_TOKEN=" + fake("{w32}", "sb"),
        0.7,
        judges.machine_made,
        3.0,
    ),
)

KINDS: tuple[Kind, ...] = ADDRESSES + HEADERS + ASSIGNMENTS

"""Checksums and published number plans behind the personal-data patterns.

Pure functions of a string without separators, upper case, ASCII. They know nothing of text, context or scores.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

_SEPARATORS = re.compile("[^0-9A-Za-z]+")


def compact(value: str) -> str:
    """The letters and digits of a value, upper case: `de89 3704…` becomes `DE893704…`."""
    return _SEPARATORS.sub("", value).upper()


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of digits times weights; the shorter of the two ends it."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B, check digit last."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def mod_11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, check digit last."""
    rest = 10
    for char in digits[:-1]:
        rest = (rest + int(char)) % 10 or 10
        rest = rest * 2 % 11
    return (rest + int(digits[-1])) % 10 == 1


_DIHEDRAL = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_SHUFFLE = "1576283094"


def verhoeff(digits: str) -> bool:
    """Verhoeff's check in the dihedral group of order ten, check digit last."""
    rest = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char)
        for _ in range(place % 8):
            digit = int(_SHUFFLE[digit])
        rest = int(_DIHEDRAL[rest][digit])
    return rest == 0


# ------------------------------------------------------------------------------------------------ payment cards

_ISSUERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"4", (16, 19)),  # Visa; its thirteen digits are gone, and would catch German article numbers
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
    (r"3[47]", (15,)),  # American Express
    (r"30[0-5]|3095|36|3[89]", (14,)),  # Diners Club
    (r"6011|64[4-9]|65", (16, 19)),  # Discover
    (r"35(?:2[89]|[3-8])", (16,)),  # JCB
    (r"62|81", (16, 17, 18, 19)),  # UnionPay
    (r"5018|5020|5038|5893|6304|6759|676[1-3]", (16, 17, 18, 19)),  # Maestro
    (r"220[0-4]", (16,)),  # Mir
    (r"60|508|82", (16,)),  # RuPay
    (r"9792", (16,)),  # Troy
)
_ISSUER = {
    length: re.compile("|".join(start for start, lengths in _ISSUERS if length in lengths)) for length in range(14, 20)
}


def card(digits: str) -> bool:
    """A payment card number: an issuer's range (ISO/IEC 7812) with its lengths, and Luhn."""
    issuer = _ISSUER.get(len(digits))
    return issuer is not None and issuer.match(digits) is not None and len(set(digits)) > 1 and luhn(digits)


# ------------------------------------------------------------------------------------------------ bank accounts

_IBAN = """
AD 8n12c  AE 19n    AL 8n16c  AT 16n   AZ 4a20c   BA 16n     BE 12n    BG 4a6n8c BH 4a14c  BI 23n  BR 23n1a1c BY 4c4n16c
CH 5n12c  CR 18n    CY 8n16c  CZ 20n   DE 18n     DJ 23n     DK 14n    DO 4c20n  EE 16n    EG 25n  ES 20n     FI 14n
FK 2a12n  FO 14n    FR 10n11c2n        GB 4a14n   GE 2a16n   GI 4a15c  GL 14n    GR 7n16c  GT 24c  HN 4a20n   HR 17n
HU 24n    IE 4a14n  IL 19n    IQ 4a15n IS 22n     IT 1a10n12c          JO 4a4n18c          KW 4a22c           KZ 3n13c
LB 4n20c  LC 4a24c  LI 5n12c  LT 16n   LU 3n13c   LV 4a13c   LY 21n    MC 10n11c2n         MD 20c  ME 18n     MK 3n10c2n
MN 16n    MR 23n    MT 4a5n18c         MU 4a19n3a NI 4a20n   NL 4a10n  NO 11n    OM 3n16c  PK 4a16c           PL 24n
PS 4a21c  PT 21n    QA 4a21c  RO 4a16c RS 18n     RU 14n15c  SA 2n18c  SC 4a20n3a          SD 14n  SE 20n     SI 15n
SK 20n    SM 1a10n12c         SO 19n   ST 21n     SV 4a20n   TL 19n    TN 20n    TR 6n16c  UA 6n19c           VA 18n
VG 4a16n  XK 16n    YE 4a4n18c
"""
_KINDS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}


def _account(structure: str) -> re.Pattern[str]:
    return re.compile("".join(f"{_KINDS[kind]}{{{n}}}" for n, kind in re.findall(r"(\d+)([nac])", structure)))


IBAN_ACCOUNTS = {code: _account(what) for code, what in re.findall(r"([A-Z]{2}) ([0-9nac]+)", _IBAN)}
"""Country to the shape of what follows the check digits (the registry that ISO 13616 names)."""


def iban(value: str) -> bool:
    """An international bank account number: the country's shape and length, and MOD 97-10."""
    account = IBAN_ACCOUNTS.get(value[:2])
    if account is None or not account.fullmatch(value, 4):
        return False
    return int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


# ------------------------------------------------------------------------------------------------ US and UK


def us_ssn(digits: str) -> bool:
    """A US social security number that may have been issued: no area 000, 666 or 9xx, no group 00, no serial 0000."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return len(digits) == 9 and area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def us_itin(digits: str) -> bool:
    """A US individual taxpayer number: 9xx with the group ranges that the IRS assigns."""
    group = int(digits[3:5])
    return (
        len(digits) == 9 and digits[0] == "9" and (50 <= group <= 65 or (70 <= group <= 99 and group not in (89, 93)))
    )


def uk_nino(value: str) -> bool:
    """A UK national insurance number's prefix is one that is given out."""
    return len(value) == 9 and value[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def uk_nhs(digits: str) -> bool:
    """A UK NHS number: ten digits, weighted 10 to 1, modulo 11."""
    return len(digits) == 10 and len(set(digits)) > 1 and weighted(digits, range(10, 0, -1)) % 11 == 0


# ------------------------------------------------------------------------------------------------ network addresses

_NOT_PERSONAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)


def ipv4(value: str) -> bool:
    """A public or documentation address: private, loopback, link-local, multicast and reserved ones name nobody."""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return not any(address in network for network in _NOT_PERSONAL)


def small_octets(value: str) -> bool:
    """All four numbers are below 32, as in the version 1.2.3.4 or the section 3.2.10.1."""
    return all(int(part) < 32 for part in value.split("."))


def ipv6(value: str) -> bool:
    """A global unicast address (2000::/3) with at least three groups written out, so that a slice `2001::2` is none."""
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return address.packed[0] >> 5 == 1 and sum(map(bool, value.split(":"))) >= 3

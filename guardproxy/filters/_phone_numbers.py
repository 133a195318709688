"""Which strings of digits are telephone numbers: country codes and lengths (ITU-T E.164), national forms.

Pure functions of the matched value. Bare runs of digits are no telephone numbers here unless a word says so.
"""

from __future__ import annotations

import re

_COUNTRY = re.compile(
    "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|2(?:1[1-368]|[2-6]\\d|9[01789])|3(?:5\\d|7[0-8]|8[0-35-79])|42[013]|5(?:0\\d|9\\d)|6(?:7[02-9]|8[0-35-9]|9[0-2])"
    "|8(?:00|08|5[02356]|70|8[0368])|9(?:6[0-8]|7[0-79]|9[2-68])"
)
_NATIONAL = {
    **dict.fromkeys(("30", "34", "81", "90", "91"), (9, 10)),
    **dict.fromkeys(("31", "32", "33", "36", "40", "41", "48", "61", "351", "420", "421"), (8, 9)),
    **dict.fromkeys(("45", "47", "65", "852"), (8, 8)),
    **dict.fromkeys(("7", "52"), (10, 10)),
    **dict.fromkeys(("55", "86"), (10, 11)),
    "358": (6, 11),
    "353": (7, 9),
    "39": (8, 11),
    "44": (9, 10),
    "46": (7, 10),
    "82": (8, 10),
}
"""Country code to its fewest and most national digits, where the plan is narrower than 7 to 11."""


def nanp(digits: str) -> bool:
    """Ten digits of the North American plan: area and exchange start with 2 to 9 and are no N11 service code."""
    area, exchange = digits[:3], digits[3:6]
    return len(digits) == 10 and all(part[0] > "1" and part[1:] != "11" for part in (area, exchange))


def international(value: str) -> bool:
    """`+` or `00`, a country code, and as many digits as that country's numbers have."""
    if re.fullmatch(r"\+\d{1,3}\.\d{1,15}", value):
        return False  # a signed decimal
    groups = re.findall(r"\d+", value.replace("(0)", ""))
    digits = "".join(groups)
    exit_code = digits.startswith("00")
    if exit_code:
        digits = digits[2:]
    if len(groups) > 8 or len(set(digits)) < 3:
        return False
    code = _COUNTRY.match(digits)
    if code is None:
        return False
    national = digits[code.end() :]
    fewest, most = _NATIONAL.get(code[0], (7, 11))
    if exit_code and (groups[0] != "00" + code[0] or national.startswith("0")):
        return False  # the middle of a longer number in groups, such as an IBAN or an order number
    if code[0] == "1":  # the plus sign says enough: no look at the exchange
        return len(national) == 10 and national[0] > "1"
    return fewest <= len(national.removeprefix("0")) <= most


def without_extension(value: str) -> str:
    """What stands before `x123` or `ext. 123`."""
    return re.split(r" ?(?:x|ext)", value, maxsplit=1, flags=re.IGNORECASE)[0]


def with_word(value: str) -> bool:
    """A number in any national form, where a word such as `phone` stands before it."""
    value = without_extension(value)
    if value.startswith(("+", "00")) and international(value):
        return True
    groups = re.findall(r"\d+", value)
    digits = "".join(groups)
    if not 7 <= len(digits) <= 13 or len(set(digits)) < 3 or len(digits) < 2 * len(groups) or _other(value, groups):
        return False
    return len(groups) > 1 or len(digits) >= 9 or digits[0] == "0"


def _other(value: str, groups: list[str]) -> bool:
    """A date, some years, an amount in thousands, a decimal or an address of the network."""
    if all(re.fullmatch(r"(?:19|20)\d\d", group) for group in groups):
        return True
    if re.match(r"(?:19|20)\d\d[-./ ](?:0[1-9]|1[0-2])[-./ ]|\d{1,2}[./](?:0?[1-9]|1[0-2])[./](?:19|20)\d\d", value):
        return True
    thousands = len(groups[0]) < 3 and groups[0][0] != "0" and all(len(g) == 3 for g in groups[1:])
    decimal = len(groups) == 2 and "." in value
    return thousands or decimal or (len(groups) == 4 and value.count(".") == 3 and max(map(len, groups)) < 4)

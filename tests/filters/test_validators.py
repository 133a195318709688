"""Checksums and number plans: published examples pass, one changed digit does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardproxy.filters import _national_ids as national
from guardproxy.filters import _phone_numbers as phones
from guardproxy.filters import _validators as check

CARDS = [
    *("4111111111111111", "4012888888881881", "5555555555554444", "5105105105105100", "2221000000000009"),
    *(
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "6200000000000005",
    ),
]
IBANS = [
    *("DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606", "NO9386011117947"),
    *("MT84MALT011000012345MTLCAST001S", "CH9300762011623852957", "NL91ABNA0417164300", "BE68539007547034"),
    *(
        "SA0380000000608010167519",
        "BR1800360305000010009795493C1",
        "PL61109010140000071219812874",
        "IE29AIBK93115212345678",
    ),
]
PEOPLE: list[tuple[Callable[[str], bool], str]] = [
    (national.austria, "1237010180"),
    (national.belgium, "85073003328"),
    (national.belgium, "17073003384"),
    (national.bulgaria, "7523169263"),
    (national.bulgaria, "8032056031"),
    (national.croatia, "33392005961"),
    (national.cyprus, "10259033P"),
    (national.czechia, "7103192745"),
    (national.denmark, "2110625629"),
    (national.estonia, "36805280109"),
    (national.estonia, "38703181745"),
    (national.finland, "131052308T"),
    (national.finland, "131052A308T"),
    (national.france, "255081416802538"),
    (national.germany, "86095742719"),
    (national.germany, "47036892816"),
    (national.germany, "65929970489"),
    (national.greece, "01013099997"),
    (national.greece, "094259216"),
    (national.hungary, "111111110"),
    (national.hungary, "8071592153"),
    (national.ireland, "1234567T"),
    (national.ireland, "1234567FA"),
    (national.italy, "RSSMRA85T10A562S"),
    (national.latvia, "16117519997"),
    (national.luxembourg, "1893120105732"),
    (national.netherlands, "111222333"),
    (national.netherlands, "123456782"),
    (national.poland, "44051401359"),
    (national.portugal, "123456789"),
    (national.romania, "1630615123457"),
    (national.slovenia, "0101006500006"),
    (national.spain, "12345678Z"),
    (national.spain, "X1234567L"),
    (national.sweden, "8112189876"),
    (check.uk_nhs, "9434765919"),
    (check.card, "4111111111111111"),
    (check.luhn, "79927398713"),
    (check.verhoeff, "2363"),
    (check.mod_11_10, "07945"),
]


@pytest.mark.parametrize("number", CARDS)
def test_cards(number: str) -> None:
    assert check.card(number)


@pytest.mark.parametrize(
    "number", ["0000000000000000", "4444444444444444", "1234567812345670", "411111111111111", "9999999999999995"]
)
def test_no_cards(number: str) -> None:
    assert not check.card(number)


@pytest.mark.parametrize("value", IBANS)
def test_ibans(value: str) -> None:
    assert check.iban(value)
    assert not check.iban(value[:-1])
    assert not check.iban(value + "0")
    assert not check.iban("XX" + value[2:])


def test_a_century_is_no_part_of_the_check() -> None:
    assert national.sweden("198112189876")
    assert not national.sweden("202611221703") and not national.sweden("198112189875")


@pytest.mark.parametrize(("valid", "value"), PEOPLE, ids=lambda x: getattr(x, "__name__", x))
def test_one_changed_digit_is_noticed(valid: Callable[[str], bool], value: str) -> None:
    """Modulo 11 with the remainder 10 folded, and MOD 97, miss a few: at most one change in ten may pass."""
    assert valid(value)
    changes = [
        value[:at] + other + value[at + 1 :]
        for at, char in enumerate(value)
        if char.isdigit()
        for other in "0123456789"
        if other != char
    ]
    assert sum(map(valid, changes)) <= len(changes) * 0.1


@given(digits=st.text("0123456789", min_size=1, max_size=20), at=st.integers(0, 18))
def test_luhn_notices_a_swap(digits: str, at: int) -> None:
    full = next(digits + c for c in "0123456789" if check.luhn(digits + c))
    at %= len(full) - 1
    pair = full[at : at + 2]
    swapped = full[:at] + pair[::-1] + full[at + 2 :]
    assert check.luhn(swapped) == (pair[0] == pair[1] or set(pair) == {"0", "9"})


@given(digits=st.text("0123456789", min_size=1, max_size=20))
def test_verhoeff_and_mod_11_10_have_one_check_digit(digits: str) -> None:
    assert sum(check.verhoeff(digits + c) for c in "0123456789") == 1
    assert sum(check.mod_11_10(digits + c) for c in "0123456789") == 1


@pytest.mark.parametrize("number", ["000121234", "666121234", "900121234", "123001234", "123450000", "12345678"])
def test_no_social_security_numbers(number: str) -> None:
    assert not check.us_ssn(number)
    assert check.us_ssn("078051120")


@pytest.mark.parametrize(
    ("number", "valid"), [("912701234", True), ("912891234", False), ("912931234", False), ("912661234", False)]
)
def test_taxpayer_numbers(number: str, valid: bool) -> None:
    assert check.us_itin(number) == valid


@pytest.mark.parametrize(("value", "valid"), [("AB123456C", True), ("GB123456C", False), ("ZZ123456A", False)])
def test_national_insurance(value: str, valid: bool) -> None:
    assert check.uk_nino(value) == valid


@pytest.mark.parametrize("value", ["203.0.113.9", "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.2.1"])
def test_public_addresses(value: str) -> None:
    assert check.ipv4(value)


@pytest.mark.parametrize(
    "value",
    [
        "10.1.2.3",
        "127.0.0.1",
        "192.168.1.1",
        "172.31.9.9",
        "169.254.1.1",
        "0.0.0.0",
        "255.255.255.0",
        "224.0.0.1",
        "1.2.3.256",
    ],
)
def test_addresses_that_name_nobody(value: str) -> None:
    assert not check.ipv4(value)


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("2001:db8::8a2e:370:7334", True),
        ("2a00:1450:4001:82b:0:0:0:200e", True),
        ("2001::2", False),
        ("fe80::1:2:3", False),
        ("2001:db8:1", False),
        ("2026:11:22:17:03:11", False),
        ("2001:db8::1::2", False),
    ],
)
def test_version_six(value: str, valid: bool) -> None:
    assert check.ipv6(value) == valid


@pytest.mark.parametrize(
    "value",
    [
        "+1 415 555 0132",
        "+44 (0)20 7946 0958",
        "+49 151 23456789",
        "+33 1 23 45 67 89",
        "+352 621 123 456",
        "0044 20 7946 0958",
    ],
)
def test_international_numbers(value: str) -> None:
    assert phones.international(value)


@pytest.mark.parametrize(
    "value",
    [
        "+1 015 555 0132",
        "+1 915 555 013",
        "+999 12345678",
        "+44 1234",
        "+48.8566140",
        "+11111111111",
        "0044 0532 0130 00",
    ],
)
def test_no_international_numbers(value: str) -> None:
    assert not phones.international(value)


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("555-0132", True),
        ("612 345 678", True),
        ("030 123456", True),
        ("06 12 34 56 78", True),
        ("2026-11-22 17", False),
        ("22.11.2026 17", False),
        ("1 000 000", False),
        ("1000000", False),
        ("10.24.19.200", False),
        ("1 2 3 4 5 6 7 8", False),
    ],
)
def test_numbers_with_a_word(value: str, valid: bool) -> None:
    assert phones.with_word(value) == valid

"""Money never loses a cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acme_common.money import Currency, CurrencyMismatchError, Money


def euros(amount: str) -> Money:
    return Money.of(amount, Currency.EUR)


def test_arithmetic_stays_exact() -> None:
    assert euros("0.10") + euros("0.20") == euros("0.30")
    assert euros("10") - euros("0.01") == euros("9.99")
    assert euros("19.99") * 3 == euros("59.97")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatchError, match="EUR with USD"):
        euros("1") + Money.of("1", Currency.USD)


@pytest.mark.parametrize(
    ("currency", "text"),
    [(Currency.EUR, "1234.50 EUR"), (Currency.JPY, "1234 JPY")],
)
def test_exponent_follows_the_currency(currency: Currency, text: str) -> None:
    assert str(Money.of("1234.5", currency)) == text


def test_percent_rounds_half_to_even() -> None:
    assert euros("0.50").percent(Decimal("5")).minor == 2
    assert euros("0.70").percent(Decimal("5")).minor == 4


@pytest.mark.parametrize("parts", [1, 3, 7, 100])
def test_split_adds_up(parts: int) -> None:
    shares = euros("100").split(parts)
    assert len(shares) == parts
    assert Money.total(shares, Currency.EUR) == euros("100")
    assert max(s.minor for s in shares) - min(s.minor for s in shares) <= 1


def test_split_into_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="into 0 parts"):
        euros("1").split(0)

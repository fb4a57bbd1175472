"""Money as whole minor units, so that no cent is ever lost to a float."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field


class Currency(enum.StrEnum):
    """The currencies that Acme sells in."""

    EUR = "EUR"
    GBP = "GBP"
    JPY = "JPY"
    USD = "USD"

    @property
    def exponent(self) -> int:
        """Digits after the decimal point (ISO 4217)."""
        return 0 if self is Currency.JPY else 2


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were combined."""

    def __init__(self, left: Currency, right: Currency) -> None:
        super().__init__(f"cannot combine {left} with {right}")


class Money(BaseModel):
    """An amount of one currency. Immutable and hashable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minor: Annotated[int, Field(description="Whole cents, pence or yen.")]
    currency: Currency

    @classmethod
    def zero(cls, currency: Currency) -> Self:
        """Nothing, in `currency`."""
        return cls(minor=0, currency=currency)

    @classmethod
    def of(cls, amount: Decimal | str, currency: Currency) -> Self:
        """The amount in major units, rounded half to even."""
        scaled = Decimal(amount).scaleb(currency.exponent)
        minor = scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return cls(minor=int(minor), currency=currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: Currency) -> Self:
        """The sum, zero for no amounts.

        Raises:
            CurrencyMismatchError: an amount is of another currency.
        """
        result = cls.zero(currency)
        for amount in amounts:
            result = result + amount
        return result

    @property
    def amount(self) -> Decimal:
        """In major units: euros, not cents."""
        return Decimal(self.minor).scaleb(-self.currency.exponent)

    def __add__(self, other: Money) -> Self:
        self._require_same_currency(other)
        return self.model_copy(update={"minor": self.minor + other.minor})

    def __sub__(self, other: Money) -> Self:
        self._require_same_currency(other)
        return self.model_copy(update={"minor": self.minor - other.minor})

    def __mul__(self, factor: int) -> Self:
        return self.model_copy(update={"minor": self.minor * factor})

    def percent(self, rate: Decimal) -> Self:
        """`rate` percent of it, rounded half to even."""
        share = Decimal(self.minor) * rate / 100
        rounded = share.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return self.model_copy(update={"minor": int(rounded)})

    def split(self, parts: int) -> list[Self]:
        """`parts` amounts that differ by at most one minor unit and add up exactly."""
        if parts < 1:
            raise ValueError(f"cannot split into {parts} parts")
        share, rest = divmod(self.minor, parts)
        return [
            self.model_copy(update={"minor": share + (1 if index < rest else 0)})
            for index in range(parts)
        ]

    def __str__(self) -> str:
        return f"{self.amount:.{self.currency.exponent}f} {self.currency}"

    def _require_same_currency(self, other: Money) -> None:
        if self.currency is not other.currency:
            raise CurrencyMismatchError(self.currency, other.currency)

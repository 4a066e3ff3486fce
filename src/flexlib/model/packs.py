"""Token packs, and the facts that move or return their tokens (rules P1 to P7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_currency, as_positive, as_tokens_or_none
from flexlib.model.instants import add_months, as_day, as_utc, day_start
from flexlib.model.names import not_blank


@frozen
class TokenPack:
    """Pre-bought tokens, usable on ``[starts_at, expires_at)`` (rule P1).

    Attributes:
        id: The pack's id, such as its order number.
        tokens: Its original size.
        starts_at: The first instant at which it can be drawn on.
        expires_at: The instant at which what is left of it expires.
        price: What was paid for the whole pack.
        currency: The ISO 4217 code of the price.
        team: The team whose pool it belongs to, None for the firm's common pool.

    Raises:
        InvalidTokensError: The tokens are a float, zero, negative or not finite.
        InvalidValueError: It expires before it starts, or the currency is no ISO 4217 code.

    .. versionadded:: 0.1.0
    """

    id: str = field(validator=not_blank)
    tokens: Decimal = field(converter=as_positive)
    starts_at: datetime = field(converter=as_utc)
    expires_at: datetime = field(converter=as_utc)
    price: Decimal | None = field(default=None, converter=as_tokens_or_none, kw_only=True)
    currency: str | None = field(default=None, converter=as_currency, kw_only=True)
    team: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.expires_at <= self.starts_at:
            raise InvalidValueError("expires_at", self.expires_at.isoformat(), "an instant after starts_at")

    @classmethod
    def purchase(
        cls,
        id: str,  # noqa: A002  # the name of the field
        tokens: Decimal | int,
        on: date,
        *,
        months: int = 12,
        zone: tzinfo = UTC,
        price: Decimal | int | None = None,
        currency: str | None = None,
        team: str | None = None,
    ) -> TokenPack:
        """Return a pack bought on a date, which lasts calendar months from 00:00 of that day in a zone (rule P1).

        A pack bought on 29 February ends on 28 February. The vendor does not say at which hour; 00:00 is flexlib's choice.

        >>> from datetime import date
        >>> print(TokenPack.purchase("A-1", 500, date(2024, 2, 29)).expires_at)
        2025-02-28 00:00:00+00:00

        .. versionadded:: 0.1.0
        """
        day = as_day(on)
        if months < 1:
            raise InvalidValueError("months", months, "one or more")
        ends = day_start(add_months(day, months), zone)
        return cls(id, tokens, day_start(day, zone), ends, price=price, currency=currency, team=team)


@frozen
class Refund:
    """Tokens of a charge that the vendor returned, such as for a failed result (rule P5).

    They return to the packs that the charge drew on, last drawn first; what returns to an expired pack expires.

    Attributes:
        charge_id: The id of the charge.
        tokens: How many tokens return.
        at: When they return; at or after the charge.
        id: What tells it from an equal refund.

    .. versionadded:: 0.1.0
    """

    charge_id: str = field(validator=not_blank)
    tokens: Decimal = field(converter=as_positive)
    at: datetime = field(converter=as_utc)
    id: str | None = field(default=None, kw_only=True)


@frozen
class Transfer:
    """Tokens moved from one team's pool to another's (rule P5); they keep their pack and its expiry.

    Attributes:
        from_team: The team that gives, None for the common pool.
        to_team: The team that takes, None for the common pool.
        tokens: How many tokens move, drawn in the order of rule P2; as far as the pool goes.
        at: When they move.
        id: What tells it from an equal transfer.

    .. versionadded:: 0.1.0
    """

    from_team: str | None
    to_team: str | None
    tokens: Decimal = field(converter=as_positive)
    at: datetime = field(converter=as_utc)
    id: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.from_team == self.to_team:
            raise InvalidValueError("to_team", self.to_team, "another team than from_team")

"""The facts that a what-if is asked of: all that charging and the pool need, and what a token is worth."""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen

from flexlib.charging.charges import Charge
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.rating import charge_usage, sort_charges
from flexlib.charging.reported import charge_reported
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_currency, as_tokens, as_tokens_or_none
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.reported import ReportedUse
from flexlib.model.seats import Seat
from flexlib.model.usage import Session, Span, Use, began


@frozen
class BoughtSeat:
    """A seat that a change buys, and what it costs over all its terms (rule C8).

    Attributes:
        seat: The seat.
        cost: What all its terms cost together.
        currency: The ISO 4217 code of the cost.

    .. versionadded:: 0.1.0
    """

    seat: Seat
    cost: Decimal = field(converter=as_tokens)
    currency: str | None = field(default=None, converter=as_currency, kw_only=True)


@frozen(kw_only=True)
class Facts:
    """What is charged and what pays for it: all that `flexlib.charge_usage` and `flexlib.settle` need, and the price of a token.

    Give ``usage``; or ``charges`` where no sessions are known, such as the rows of the vendor's export. Given charges are final: seats,
    policy and rates no longer act on them.

    Attributes:
        usage: The sessions and results, in any order.
        charges: Charges, or rows of the vendor's report, in place of usage.
        rates: The rates; usage needs them.
        packs: The packs that pay.
        refunds: The refunds of charges.
        transfers: The transfers between teams.
        seats: The seats that the firm has; what they cost plays no part.
        bought: The seats that a change has bought; what they cost counts.
        region: The region of the rates.
        policy: The charge policy.
        catalog: The products that are known.
        token_price: What a token is worth, None where money is not asked for (rule P7).
        currency: The ISO 4217 code of that price.

    Raises:
        InvalidValueError: Both usage and charges are given, or usage without rates, or a charge is none.
        InvalidTokensError: The price is a float, negative or not finite.

    .. versionadded:: 0.1.0
    """

    usage: tuple[Use, ...] = field(default=(), converter=tuple[Use, ...], repr=False)
    charges: tuple[Charge | ReportedUse, ...] = field(default=(), converter=tuple[Charge | ReportedUse, ...], repr=False)
    rates: RateBook | None = field(default=None, repr=False)
    packs: tuple[TokenPack, ...] = field(default=(), converter=tuple[TokenPack, ...])
    refunds: tuple[Refund, ...] = field(default=(), converter=tuple[Refund, ...])
    transfers: tuple[Transfer, ...] = field(default=(), converter=tuple[Transfer, ...])
    seats: tuple[Seat, ...] = field(default=(), converter=tuple[Seat, ...])
    bought: tuple[BoughtSeat, ...] = field(default=(), converter=tuple[BoughtSeat, ...])
    region: str | None = None
    policy: ChargePolicy = FLEX
    catalog: Catalog | None = None
    token_price: Decimal | None = field(default=None, converter=as_tokens_or_none)
    currency: str | None = field(default=None, converter=as_currency)

    def __attrs_post_init__(self) -> None:
        if self.usage and self.charges:
            raise InvalidValueError("charges", f"{len(self.charges)} beside usage", "usage or charges, not both")
        if self.usage and self.rates is None:
            raise InvalidValueError("rates", None, "a rate book, since usage is charged by it")

    def charged(self) -> list[Charge]:
        """Return the charges in time order: those of the usage, or those that are given.

        Raises what `flexlib.charge_usage` and `flexlib.charge_reported` raise.

        .. versionadded:: 0.1.0
        """
        if self.usage and self.rates is not None:
            seats = [*self.seats, *(bought.seat for bought in self.bought)]
            return charge_usage(self.usage, self.rates, region=self.region, seats=seats, policy=self.policy, catalog=self.catalog)
        rows = [charge for charge in self.charges if not isinstance(charge, Charge)]
        charges = [charge for charge in self.charges if isinstance(charge, Charge)]
        charges += charge_reported(rows, catalog=self.catalog)
        sort_charges(charges)
        return charges

    def spans(self) -> list[Span]:
        """Return when use begins and ends, of each session, result or given charge; one whose end is unknown ends as it begins.

        .. versionadded:: 0.1.0
        """
        if self.usage:
            return [(began(use), (isinstance(use, Session) and use.closed_at) or began(use)) for use in self.usage]
        return [(charge.at, charge.at) for charge in self.charged()]

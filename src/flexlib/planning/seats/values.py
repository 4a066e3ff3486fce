"""A plan of seats and tokens: who gets which seat, what stays on tokens, and how near it is to the least possible cost."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal

from attrs import frozen

from flexlib.model.amounts import exact
from flexlib.planning.offers import PackOffer, SeatOffer


class Reassign(enum.Enum):
    """How often a seat may pass to another user (rule A3).

    .. versionadded:: 0.1.0
    """

    NAMED = "named"
    """Never: a seat stays with its user for its term."""

    DAILY = "daily"
    """Each day anew, to whoever would cost most in tokens; what it costs then is the least that seats can do."""


@frozen
class PlannedSeat:
    """A seat to buy.

    Attributes:
        user: Who gets it, None for a seat that is reassigned each day.
        offer: What is bought; its price is that of the whole seat.
        starts_on: The first day that it covers.
        ends_on: The day after the last one that it covers; it may lie beyond the plan's term.
        price: What it costs the plan: the offer's price, or the share of it that falls into the plan's term, to the cent.

    .. versionadded:: 0.1.0
    """

    user: str | None
    offer: SeatOffer
    starts_on: date
    ends_on: date
    price: Decimal


@frozen
class BoughtPacks:
    """Packs of one size to buy for what stays on tokens.

    Attributes:
        offer: What is bought.
        count: How many, one or more.

    .. versionadded:: 0.1.0
    """

    offer: PackOffer
    count: int

    @property
    def price(self) -> Decimal:
        """What they cost together.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.offer.price * self.count


@frozen
class UserPlan:
    """What one user gets, and why.

    Attributes:
        user: The user.
        seats: The seats that are the user's own, by start; none where seats are reassigned daily.
        used_tokens: What the user's charges of the term come to.
        tokens: What of them stays on tokens, and is not covered by a seat.
        seat_cost: What the user's own seats cost.
        token_cost: What the tokens that stay cost; of packs, the share of their price by tokens.
        tokens_only_cost: What all of the user's charges cost without any seat, None where the packs on offer do not reach for that.
        why: The reason in a sentence, with its figures.

    .. versionadded:: 0.1.0
    """

    user: str
    seats: tuple[PlannedSeat, ...]
    used_tokens: Decimal
    tokens: Decimal
    seat_cost: Decimal
    token_cost: Decimal
    tokens_only_cost: Decimal | None
    why: str

    @property
    def cost(self) -> Decimal:
        """What the user's own seats and tokens cost together.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.seat_cost + self.token_cost


@frozen
class SeatMix:
    """The cheapest seats and tokens for the usage of a term, or the cheapest found, with a bound below which no plan can cost.

    Attributes:
        starts_on: The first day of the term.
        ends_on: The day after its last one.
        seats: The seats to buy, by user, start and offer.
        users: What each user gets, by user.
        packs: The packs to buy, in the order of the offers; none where a price per token was given.
        tokens: What stays on tokens, of all users.
        seat_cost: What the seats cost.
        token_cost: What the tokens that stay, or the packs for them, cost.
        lower_bound: No plan of the kind asked for costs less than this.
        tokens_only_cost: What the usage costs without any seat, None where the packs on offer do not reach for that.
        currency: The ISO 4217 code of the offers, None where they name none.
        reassign: How often a seat may pass to another user.
        outside_term: How many of the charges lie outside the term, and are left out.

    .. versionadded:: 0.1.0
    """

    starts_on: date
    ends_on: date
    seats: tuple[PlannedSeat, ...]
    users: tuple[UserPlan, ...]
    packs: tuple[BoughtPacks, ...]
    tokens: Decimal
    seat_cost: Decimal
    token_cost: Decimal
    lower_bound: Decimal
    tokens_only_cost: Decimal | None
    currency: str | None
    reassign: Reassign
    outside_term: int = 0

    @property
    def cost(self) -> Decimal:
        """What seats and tokens cost together.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.seat_cost + self.token_cost

    @property
    def gap(self) -> Decimal:
        """How far the cost may be above the least possible; zero where the plan is proven to be the cheapest.

        .. versionadded:: 0.1.0
        """
        with exact():
            return self.cost - self.lower_bound

    @property
    def is_proven(self) -> bool:
        """Whether no plan of the kind asked for can cost less.

        .. versionadded:: 0.1.0
        """
        return not self.gap

"""Which user gets which seat and what stays on tokens, at the least total cost (rules C8, C10, A3, P7)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, tzinfo
from decimal import Decimal
from typing import TypeVar

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.extras import required
from flexlib.model.amounts import as_tokens_or_none
from flexlib.planning.checks import one_currency, whole_number
from flexlib.planning.offers import PackOffer, SeatOffer
from flexlib.planning.seats.cells import Term, checked, first_day, usage_of
from flexlib.planning.seats.choices import Choices, Verdict, choices_of, judged, pick
from flexlib.planning.seats.closed_form import TooManyCasesError, Weights, options
from flexlib.planning.seats.plans import TokenSide, mix_of
from flexlib.planning.seats.reassigned import reassigned
from flexlib.planning.seats.values import Reassign, SeatMix

_Offer = TypeVar("_Offer", SeatOffer, PackOffer)


def seat_mix(
    charges: Iterable[Charge],
    offers: Iterable[SeatOffer],
    *,
    token_price: Decimal | int | None = None,
    packs: Iterable[PackOffer] = (),
    start: date | None = None,
    months: int = 12,
    zone: tzinfo = UTC,
    seat_budget: Decimal | int | None = None,
    reassign: Reassign = Reassign.NAMED,
    time_limit: float = 60.0,
) -> SeatMix:
    """Return which user gets which seat and what stays on tokens, so that the usage of a term costs least in all, with a proof.

    A seat saves the tokens of the charges that fall on its days and products (rule C8); charges per result stay on tokens (rule C10). The day
    of a charge is the one that the vendor reported, else that of its instant in the zone (rule T3). The plan's term is cut into consecutive
    parts of an offer's months, and a user may have a seat in any of them: of a monthly seat, in the busy months. Of a seat whose term
    reaches past the end of the plan's, the plan bears the share by months, such as a third of a seat for three years in a plan of one.

    Without a budget, limits on numbers or packs each user is a case of its own, and needs no other package. Else users are weighed against
    one another, which needs the extra ``planning``. The order of the arguments makes no difference; offers stand by name.

    Args:
        charges: The usage, each charge once, as `flexlib.charge_usage` and `flexlib.charge_reported` give it. Charges outside the term are left out; the
            result tells how many.
        offers: The seats that can be bought. An offer's ``at_most`` counts all of its seats, in all parts of the term.
        token_price: What a token costs. Either this or ``packs`` is needed.
        packs: The packs that can be bought instead, whole ones, each lasting for the term at least (rule P1).
        start: The first day of the term; if not given, the first day of the month of the earliest charge.
        months: The length of the term in calendar months.
        zone: In which zone the day of a charge is meant.
        seat_budget: The most that seats may cost together.
        reassign: How often a seat may pass to another user. `Reassign.DAILY` takes seats for one product each, with the plan's own term, and
            a token price; a user who is charged on a day takes a seat for that day, since a window of 24 hours is paid on the day on which
            it opens.
        time_limit: After so many seconds the search stops where it is, give or take a step; the result then has a gap, and is not proven
            to be the cheapest. It depends on the machine's speed.

    Raises:
        InvalidValueError: An argument cannot mean what it says, currencies differ, or the packs do not reach.
        InvalidTokensError: The price of tokens or the budget is a float, negative or not finite.
        MissingExtraError: Users have to be weighed against one another, and NumPy or SciPy is not installed.

    >>> from datetime import UTC, datetime, timedelta
    >>> first = datetime(2026, 1, 1, 9, tzinfo=UTC)
    >>> charges = [Charge("ada", "revit", first + timedelta(days=day), 10) for day in range(100)]
    >>> charges += [Charge("ben", "revit", first + timedelta(days=day), 10) for day in range(41)]
    >>> mix = seat_mix(charges, [SeatOffer("Revit", ("revit",), 2500, currency="USD")], token_price=3)
    >>> print(mix.cost, mix.lower_bound, [seat.user for seat in mix.seats])
    3730 3730 ['ada']
    >>> print(mix.users[1].why)
    ben keeps tokens: 41 days of revit cost USD 1,230 in tokens, a seat 'Revit' costs USD 2,500

    .. versionadded:: 0.1.0
    """
    deadline = time.monotonic() + _seconds(time_limit)
    seats, sizes = _named("offers", offers, SeatOffer), _named("packs", packs, PackOffer)
    price, budget = as_tokens_or_none(token_price), as_tokens_or_none(seat_budget)
    _check_tokens(price, sizes, months)
    currency = one_currency([*seats, *sizes])
    given = checked(charges)
    term = _term(first_day(given, start, zone), months, zone, seats)
    if _is_daily(reassign):
        return reassigned(given, seats, term, _price_alone(price, budget), currency)
    usage = usage_of(given, term)
    choices = choices_of(usage, seats, term, token_price=price, packs=sizes, budget=budget)
    verdict = _decide(choices, deadline)
    if verdict.picked is None:
        raise InvalidValueError("packs", [pack.name for pack in sizes], "packs that reach for all that no seat covers")
    side = TokenSide(price, sizes, choices.packs, choices.units)
    bound = choices.units.amount(verdict.lower_bound)
    return mix_of(verdict.picked.seats, bound, usage, seats, term, side, currency=currency, coupled=_coupled(choices))


def _decide(choices: Choices, deadline: float) -> Verdict:
    """Return the cheapest choice: each user's own where that is allowed, else the one that a search finds."""
    bound = 0
    if choices.packs is None:
        try:
            own = _each_alone(choices)
        except TooManyCasesError:
            pass  # a solver needs no cases
        else:
            if own.picked is not None:
                return own
            bound = own.lower_bound
    with required("planning"):
        from flexlib.planning.seats.search import search  # noqa: PLC0415  # needs the extra planning
    without = judged(choices, choices.without_seats(), bound)
    return without.joined(search(choices, deadline))


def _each_alone(choices: Choices) -> Verdict:
    """Return the choice that is cheapest for each user, without it where budget or numbers do not allow it; its cost is a bound."""
    weights = Weights(1, choices.rate)
    chosen = {kind: [(len(users), options(kind, weights)[0])] for kind, users in choices.kinds.items()}
    picked = pick(choices, chosen)
    return judged(choices, picked, picked.price + choices.rate * picked.tokens)


def _coupled(choices: Choices) -> str:
    """Return what users share, in words."""
    shared = [
        *(["the budget"] if choices.budget is not None else []),
        *(["the numbers of seats"] if choices.limits else []),
        *(["whole packs"] if choices.packs else []),
    ]
    return " and ".join(shared)


def _named(field: str, offers: Iterable[_Offer], kind: type[_Offer]) -> list[_Offer]:
    """Return offers by name; names stand for one offer each."""
    given = list(offers)
    for offer in given:
        if not isinstance(offer, kind):
            raise InvalidValueError(field, offer, f"offers as {kind.__name__}")
    names = [offer.name for offer in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidValueError(field, twice, "a name of its own for each offer")
    return sorted(given, key=lambda offer: offer.name)


def _check_tokens(price: Decimal | None, packs: Sequence[PackOffer], months: int) -> None:
    whole_number("months", months, 1)
    if (price is None) == (not packs):
        raise InvalidValueError("token_price", price, "either a price per token or packs, and not both")
    for pack in packs:
        if pack.months < months:
            raise InvalidValueError("packs", pack.name, f"packs that last for the plan's {months} months")


def _term(first: date, months: int, zone: tzinfo, offers: Sequence[SeatOffer]) -> Term:
    term = Term.of(first, months, zone, offers)
    try:
        term.day(months + max((offer.months for offer in offers), default=0))
    except (ValueError, OverflowError) as error:
        raise InvalidValueError("months", months, "a term that ends before the year 9999, with all seats") from error
    return term


def _seconds(time_limit: float) -> float:
    if isinstance(time_limit, bool) or not isinstance(time_limit, int | float) or not 0 < time_limit < math.inf:
        raise InvalidValueError("time_limit", time_limit, "a number of seconds above zero")
    return time_limit


def _is_daily(reassign: object) -> bool:
    if not isinstance(reassign, Reassign):
        raise InvalidValueError("reassign", reassign, "Reassign.NAMED or Reassign.DAILY")
    return reassign is Reassign.DAILY


def _price_alone(price: Decimal | None, budget: Decimal | None) -> Decimal:
    """Return the price of tokens, where seats are reassigned daily: packs and budgets have no part in that."""
    if price is None:
        raise InvalidValueError("token_price", price, "a price per token, and no packs, where seats are reassigned daily")
    if budget is not None:
        raise InvalidValueError("seat_budget", budget, "None where seats are reassigned daily")
    return price

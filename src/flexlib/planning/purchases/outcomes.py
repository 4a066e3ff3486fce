"""From demand paths to a plan: when the tokens in hand run out, what is best to buy by then, and what follows from each option."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

import numpy as np
from attrs import frozen

from flexlib.errors import InvalidValueError
from flexlib.planning.purchases.demand import UNIT, Demand, Units, as_amount, as_paths, rounded
from flexlib.planning.purchases.needs import Needs, reorder_point
from flexlib.planning.purchases.reasons import PurchaseFacts, reasons
from flexlib.planning.purchases.runs import Lot, bought_lots, first_short, held_lots, run
from flexlib.planning.purchases.search import Candidate, Search
from flexlib.planning.purchases.terms import PurchaseTerms, token_price
from flexlib.planning.purchases.values import LeftToExpire, PackCount, PlannedPurchase, PurchaseOption, PurchasePlan
from flexlib.pool.ledger import Ledger


def planned(demand: Demand, terms: PurchaseTerms, ledger: Ledger | None, at: datetime) -> PurchasePlan:
    """Return the plan of `plan_purchase` from checked terms."""
    paths = as_paths(demand)
    held = held_lots(ledger, at, terms.today, terms.zone)
    return _Planning.of(paths, terms, held).plan()


@frozen
class _Planning:
    """The demand of the days that count, and when packs arrive.

    Attributes:
        demand: The demand up to the end of the term, days by paths.
        terms: The terms of the purchase.
        held: The tokens in hand.
        arrival: The day on which packs arrive; the end of the demand if none are needed.
        safe: The day until which the tokens in hand last with the probability asked for.
        late: The share of the paths on which they do not last until the arrival.
    """

    demand: Units
    terms: PurchaseTerms
    held: Sequence[Lot]
    arrival: int
    safe: int
    late: float

    @classmethod
    def of(cls, paths: Units, terms: PurchaseTerms, held: Sequence[Lot]) -> _Planning:
        days = len(paths)
        _check_days(days, terms, terms.lead_time_days)
        run_outs = np.sort(first_short(run(held, paths).short))
        safe = int(run_outs[_spare(terms, paths)])
        arrival = max(terms.lead_time_days, safe)
        if safe < days:
            _check_days(days, terms, arrival)
            paths = paths[: max(_ends(terms, arrival))]
        return cls(paths, terms, held, arrival, safe, _share(run_outs < arrival))

    def plan(self) -> PurchasePlan:
        lead = self.terms.lead_time_days
        ahead = self.demand[: max(_ends(self.terms, lead))]
        reorder = reorder_point(ahead, lead + 1, ahead.shape[1] - _spare(self.terms, ahead))
        plan = self._nothing_to_buy(reorder) if self.safe == self._end else self._purchase(reorder)
        return reasons(plan, self.terms, self._facts())

    @property
    def _end(self) -> int:
        return len(self.demand)

    def _day(self, number: int) -> date:
        return self.terms.today + timedelta(days=number)

    def _facts(self) -> PurchaseFacts:
        held = as_amount(sum(lot.units for lot in self.held if lot.first == 0))
        return PurchaseFacts(held, self._day(self.safe), self._day(self.arrival), self.late)

    def _nothing_to_buy(self, reorder: int) -> PurchasePlan:
        short = run(self.held, self.demand).short
        lacking = np.count_nonzero(np.diff(short, axis=0, prepend=0)) if self.terms.lead_time_days else 0
        blocked = Fraction(int(lacking), short.shape[1])
        cost = self.terms.top_up_price * _mean(short[-1]) + Fraction(self.terms.blocked_day_cost or 0) * blocked
        option = self._option((), cost, _mean(short[-1]), blocked, after=0.0, reaches=True)
        return self._made([option], 0, reorder)

    def _purchase(self, reorder: int) -> PurchasePlan:
        needs = Needs.of(self.held, self.demand, self.arrival, _ends(self.terms, self.arrival))
        search = Search.of(self.terms, needs, reorder)
        options = [self._looked_at(search, candidate) for candidate in search.best()]
        ratio = _critical_ratio(self.terms)
        wanted = np.sort(needs.needs[0][-1])
        quantile = int(wanted[math.ceil(ratio * len(wanted)) - 1]) if ratio else 0
        return self._made(options, quantile, reorder)

    def _looked_at(self, search: Search, candidate: Candidate) -> PurchaseOption:
        """Return a candidate as an option, with all that follows from it."""
        supplies = search.supplies(np.array([candidate.places]).T)
        unmet = _mean(search.needs.unmet(supplies.ravel().tolist()))
        days, after = search.blocked(supplies)
        packs = search.packs(candidate)
        return self._option(packs, candidate.cost, unmet, days, after=after, reaches=not candidate.fails)

    def _option(
        self, packs: tuple[PackCount, ...], cost: Fraction, unmet: Fraction, blocked: Fraction, *, after: float, reaches: bool
    ) -> PurchaseOption:
        bought = PlannedPurchase(self.terms.today, self._day(self.arrival), packs)
        short, left = self._drawn(packs)
        expiring = LeftToExpire(_share(left > 0), rounded(_mean(left)))
        days = np.sort(first_short(short)).tolist()
        run_outs = tuple(map(self._day, days))
        return PurchaseOption(
            packs,
            bought.tokens,
            bought.price,
            rounded(cost),
            rounded(unmet),
            expiring,
            rounded(blocked),
            after,
            reaches,
            until=self._day(self._end),
            run_outs=run_outs,
        )

    def _drawn(self, packs: tuple[PackCount, ...]) -> tuple[Units, Units]:
        """Return what is short through each day with packs, and what is left of these when they expire."""
        new = bought_lots(packs, self._day(self.arrival), self.terms.today, self.terms.zone)
        lots = sorted([*self.held, *new])
        done = run(lots, self.demand)
        return done.short, sum((done.left[lots.index(lot)] for lot in new), np.zeros(self.demand.shape[1], np.int64))

    def _made(self, options: list[PurchaseOption], quantile: int, reorder: int) -> PurchasePlan:
        lead, packs = self.terms.lead_time_days, options[0].packs
        purchase = PlannedPurchase(self._day(self.arrival - lead), self._day(self.arrival), packs)
        return PurchasePlan(
            (purchase,) if packs else (),
            tuple(options),
            float(_critical_ratio(self.terms)),
            as_amount(quantile),
            as_amount(reorder),
            self._reorder_on(packs),
            self._day(self._end),
            self.terms.top_up,
            (),
            self.terms.top_up.currency,
        )

    def _reorder_on(self, packs: tuple[PackCount, ...]) -> date:
        """Return the lead time before the day until which packs last, from their arrival, with the probability asked for."""
        short = self._drawn(packs)[0]
        later = short[self.arrival :] - (short[self.arrival - 1] if self.arrival else 0)
        lasts = int(np.sort(first_short(later))[_spare(self.terms, self.demand)])
        return self._day(self.arrival + lasts - self.terms.lead_time_days)


def _check_days(days: int, terms: PurchaseTerms, arrival: int) -> None:
    wanted = max(_ends(terms, arrival))
    if days < wanted:
        months = terms.lives()[-1]
        raise InvalidValueError(
            "demand",
            f"{days} days",
            f"at least {wanted} days from {terms.today}: {arrival} until new packs arrive, and the {months} months that they last",
        )


def _ends(terms: PurchaseTerms, arrival: int) -> list[int]:
    """Return the days at which packs of each life expire that arrive on a day."""
    on = terms.today + timedelta(days=arrival)
    return [arrival + terms.life_days(on, months) for months in terms.lives()]


def _spare(terms: PurchaseTerms, demand: Units) -> int:
    """Return on how many paths something may fail that must hold with the probability asked for."""
    paths: int = demand.shape[1]
    return math.floor((1 - terms.service) * paths)


def _critical_ratio(terms: PurchaseTerms) -> Fraction:
    best = min(token_price(offer) for offer in terms.packs)
    return max(Fraction(0), 1 - best / terms.top_up_price) if terms.top_up_price else Fraction(0)


def _mean(units: Units) -> Fraction:
    return Fraction(int(units.sum()), len(units) * UNIT)


def _share(holds: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return int(np.count_nonzero(holds)) / len(holds)

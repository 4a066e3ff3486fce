"""A simulation told as rule P4 tells it: a walk over quarters of days, asking at each who needs a window and whether it can be paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from naive_pool import NaivePool
from pool_builders import day

from flexlib import Charge, ResultUse, Seat, Session, TokenPack, Transfer

A_DAY, FIVE_MINUTES = timedelta(days=1), timedelta(minutes=5)
NOTHING_NEEDED = timedelta()


@dataclass
class NaiveSimulation:
    """Usage whose every instant lies on the quarters of days, at the rates of `pool_strategies.RATES`."""

    usage: Iterable[Session | ResultUse]
    packs: Sequence[TokenPack]
    transfers: Iterable[Transfer] = ()
    seats: Iterable[Seat] = ()
    quarters: Sequence[datetime] = ()
    charges: list[Charge] = field(default_factory=list)
    refusals: list[tuple[Session | ResultUse, datetime, Decimal, Decimal]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = set(self.usage)
        self._window_ends: dict[tuple[str, str], datetime] = {}
        for now in self.quarters:
            for user, product in sorted({(use.user, use.product) for use in self._left}):
                if product == "solve":
                    self._ask_for_results(now, user)
                else:
                    self._ask_for_a_window(now, user, product)

    def _ask_for_results(self, now: datetime, user: str) -> None:
        own = [use for use in self._left if isinstance(use, ResultUse) and (use.user, use.at) == (user, now)]
        asked = [(Charge(user, "solve", now, use.quantity / 2, team=use.team, result=use), use) for use in own]
        for charge, use in sorted(asked, key=lambda one: one[0].id):
            self._pay(charge, [use])

    def _ask_for_a_window(self, now: datetime, user: str, product: str) -> None:
        sessions = [use for use in self._left if isinstance(use, Session) and (use.user, use.product) == (user, product)]
        in_use = [use for use in sessions if self._uses(use, now)]
        if in_use and self._window_ends.get((user, product), now) <= now:
            tokens = 0 if product == "viewer" else 2 if now < day(4) else 3
            if self._pay(Charge(user, product, now, tokens, team=in_use[0].team), in_use):
                self._window_ends[user, product] = now + A_DAY

    def _uses(self, session: Session, now: datetime) -> bool:
        covered = any(
            seat.user == session.user and session.product in seat.products and seat.starts_at <= now < (seat.ends_at or now + A_DAY)
            for seat in self.seats
        )
        if session.closed_at is None:
            return session.opened_at == now and not covered
        long_enough = session.closed_at - session.opened_at >= FIVE_MINUTES
        return long_enough and session.opened_at <= now < session.closed_at and not covered

    def _pay(self, charge: Charge, uses: list[Session | ResultUse]) -> bool:
        balance = self._balance(charge)
        if balance and charge.tokens <= balance:
            self.charges.append(charge)
            return True
        self.refusals += [(use, charge.at, charge.tokens, balance) for use in uses]
        self._left -= set(uses)
        return False

    def _balance(self, charge: Charge) -> Decimal:
        bounds = {instant for pack in self.packs for instant in (pack.starts_at, pack.expires_at)}
        known = bounds | {one.at for one in self.charges} | {transfer.at for transfer in self.transfers}
        instants = [instant for instant in known if instant < charge.at] + [charge.at]
        pool = NaivePool(self.charges, self.packs, (), self.transfers, instants)
        return pool.reading(charge.at, NOTHING_NEEDED, pool.pool_of(charge.team))["balance"]

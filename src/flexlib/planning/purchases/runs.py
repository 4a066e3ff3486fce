"""Many demand paths drawn on one set of packs at once, day by day, in the vendor's order (rule P2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

import numpy as np

from flexlib.model.instants import as_utc, day_start
from flexlib.model.packs import TokenPack
from flexlib.planning.purchases.demand import Units, as_units, held_units
from flexlib.planning.purchases.values import PackCount
from flexlib.pool.ledger import Ledger
from flexlib.pool.running import DrawingOrder, drawing_order


class Lot(NamedTuple):
    """Tokens of one kind of pack: their place in the order of drawing, the days on which they can be used, and how many there are.

    A day on which a pack starts or ends in the middle is not one of its days.
    """

    order: DrawingOrder
    first: int
    end: int
    units: int


class Run(NamedTuple):
    """What became of demand and tokens, in millionths.

    Attributes:
        short: The demand without tokens from the first day through each day, days by paths.
        usable: The balance at the start of each day, days by paths.
        left: What was left of each lot at its end or that of the run, lots by paths, in the order of drawing.
    """

    short: Units
    usable: Units
    left: Units


def run(lots: Sequence[Lot], demand: Units) -> Run:
    """Draw demand on lots: each day's demand as far as the lots of that day go; the rest is short and is not made good later."""
    days, paths = demand.shape
    left = np.array([[lot.units] * paths for lot in lots], np.int64).reshape(len(lots), paths)
    short, usable = np.empty_like(demand), np.zeros_like(demand)
    for day in range(days):
        need = demand[day].copy()
        for place, lot in enumerate(lots):
            if lot.first <= day < lot.end:
                usable[day] += left[place]
                taken = np.minimum(left[place], need)
                left[place] -= taken
                need -= taken
        short[day] = need
    return Run(np.cumsum(short, axis=0), usable, left)


def first_short(short: Units) -> Units:
    """Return the first day on which each path lacks tokens, the number of days where none does."""
    days: Units = np.count_nonzero(short == 0, axis=0)  # short never falls
    return days


def held_lots(ledger: Ledger | None, at: datetime, today: date, zone: tzinfo) -> list[Lot]:
    """Return what a ledger holds at an instant, and its packs that start later, in the order of drawing."""
    if ledger is None:
        return []
    balances = ledger.balances(at)
    coming = {pack.id for pack in ledger.packs if pack.starts_at > as_utc(at)}
    units = held_units([pack.tokens if pack.id in coming else balances[pack.id] for pack in ledger.packs])
    held = zip(ledger.packs, units, strict=True)
    return sorted(_lot(pack, own, today, zone, started=pack.id not in coming) for pack, own in held if own)


def bought_lots(packs: Sequence[PackCount], arrives: date, today: date, zone: tzinfo) -> list[Lot]:
    """Return packs that arrive on a date, in the order of drawing."""
    lots = []
    for count in packs:
        pack = TokenPack.purchase(count.offer.name, count.offer.tokens, arrives, months=count.offer.months, zone=zone)
        lots.append(_lot(pack, as_units(count.tokens), today, zone, started=False))
    return sorted(lots)


def _lot(pack: TokenPack, units: int, today: date, zone: tzinfo, *, started: bool) -> Lot:
    local = pack.starts_at.astimezone(zone).date()
    late = day_start(local, zone) < pack.starts_at
    first = 0 if started else (local - today + timedelta(days=late)).days
    end = (pack.expires_at.astimezone(zone).date() - today).days
    return Lot(drawing_order(pack), first, end, units)

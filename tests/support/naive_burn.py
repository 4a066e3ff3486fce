"""Burn and its forecasts told in plain Python: days one by one, paths one by one, each settled by the typed ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from math import exp
from random import Random

from flexlib import Charge, EntryKind, Refund, TokenPack, settle

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
WEEKDAYS = (9, 10, 10, 9, 8, 0.5, 0.1)


def daily(tokens: Iterable[float | Decimal], *, start: datetime = MONDAY, hour: int = 9) -> list[Charge]:
    """Return a charge a day from a start on, none where a day burns nothing."""
    return [
        Charge("ada", "revit", start + timedelta(days=number, hours=hour), Decimal(str(own)))
        for number, own in enumerate(tokens)
        if own
    ]


def poisson_days(number: int, seed: int, *, level: float = 1, weekdays: Sequence[float] = WEEKDAYS) -> list[int]:
    """Return days of independent burn: ten tokens for each of a Poisson number of windows, whose mean goes with the weekday."""
    random = Random(seed)
    return [10 * _poisson(level * weekdays[day % 7], random) for day in range(number)]


def spells(number: int, seed: int) -> list[int]:
    """Return days of burn that goes in spells: a level for each week, seven tenths of its deviation that of the week before."""
    random, days, level = Random(seed), [], 0.0
    for week in range(-(-number // 7)):
        level = 0.7 * level + random.gauss(0, 0.12)
        days += poisson_days(7, seed * 1000 + week, level=exp(level))
    return days[:number]


def _poisson(mean: float, random: Random) -> int:
    number, passed = 0, random.expovariate(1)
    while passed < mean:
        number, passed = number + 1, passed + random.expovariate(1)
    return number


def naive_quantile(values: Iterable[float], level: Decimal) -> float:
    """Return the least of some values that at least this share of them do not exceed."""
    ranked = sorted(values)
    return next(value for place, value in enumerate(ranked, 1) if Fraction(place, len(ranked)) >= Fraction(level))


class SettledPath:
    """A path of burn as charges of days to come, settled with the charges that were made.

    Attributes:
        runs_out: The first day with a shortfall, None where there is none.
        unmet: The shortfall of the days to come.
        unused: What expires after the forecast is made, by pack id.
    """

    def __init__(
        self,
        burn: Sequence[float],
        charges: Iterable[Charge],
        packs: Iterable[TokenPack],
        *,
        at: datetime,
        zone: tzinfo = UTC,
        refunds: Iterable[Refund] = (),
    ) -> None:
        today = at.astimezone(zone).date()
        noons = [datetime.combine(today + timedelta(number), time(12), zone).astimezone(UTC) for number in range(len(burn))]
        to_come = [
            Charge("zoe", "burn", max(at, noon), Decimal(round(tokens * 1_000_000)) / 1_000_000, id=f"day {number}")
            for number, (noon, tokens) in enumerate(zip(noons, burn, strict=True))
        ]
        known = [charge for charge in charges if charge.at <= at]
        ledger = settle([*known, *to_come], packs, refunds=[refund for refund in refunds if refund.at <= at])
        gaps = [gap for gap in ledger.shortfalls if gap.reference.startswith("day ")]
        self.runs_out: date | None = min((today + timedelta(int(gap.reference.removeprefix("day "))) for gap in gaps), default=None)
        self.unmet = sum(gap.tokens for gap in gaps)
        self.unused: dict[str, Decimal] = {}
        for entry in ledger.history():
            if entry.kind is EntryKind.EXPIRY and entry.at > at:
                self.unused[entry.pack_id] = self.unused.get(entry.pack_id, Decimal(0)) - entry.tokens


def pinball(actual: float, quantile: float, level: Decimal) -> float:
    """Return the pinball loss of a quantile."""
    over = actual - quantile
    return float(level) * over if over > 0 else (float(level) - 1) * over

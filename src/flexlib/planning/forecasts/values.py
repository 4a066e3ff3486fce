"""What a forecast says: the burn of each day, when the pool runs out, what expires, and how the model did in the past."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import counted, plain
from flexlib.model.instants import as_day
from flexlib.model.packs import TokenPack


class BurnModel(enum.Enum):
    """How the burn of the days to come is drawn from that of the days gone by. None of them lets a day burn less than zero.

    .. versionadded:: 0.1.0
    """

    SEASONAL_NAIVE = "seasonal-naive"
    """The last week again and again, off by as much as past weeks were off the week before them; the model that others must beat."""

    BOOTSTRAP = "bootstrap"
    """Whole weeks of the past in a new order, from a year of history on those of the same season, at the present level."""

    ETS = "ets"
    """Exponential smoothing with a weekly season, fitted by maximum likelihood; the latest weeks weigh most."""


@frozen
class Estimate:
    """A figure over the simulated paths, in tokens; floats, since it is no account but an estimate.

    Attributes:
        mean: The mean of the paths.
        levels: The levels asked for, ascending, each between 0 and 1.
        quantiles: For each level the least value of a path that at least this share of the paths do not exceed.

    .. versionadded:: 0.1.0
    """

    mean: float
    levels: tuple[Decimal, ...]
    quantiles: tuple[float, ...]

    def quantile(self, level: Decimal) -> float:
        """Return the quantile at one of the levels.

        Raises:
            InvalidValueError: The level is none of those that were asked for.

        .. versionadded:: 0.1.0
        """
        return self.quantiles[_place(self.levels, level)]


@frozen
class DayForecast:
    """The burn of one day to come.

    Attributes:
        day: The day, in the forecast's zone.
        burn: What the day burns. On the day in which the forecast is made: what it still burns.
        cumulative: What all days up to and with this one burn together.

    .. versionadded:: 0.1.0
    """

    day: date
    burn: Estimate
    cumulative: Estimate


@frozen
class RunOut:
    """When the pool runs out: on the first day whose burn it cannot pay whole (rule P4).

    Attributes:
        chances: Each day on which a path runs out, in order, with the share of the paths that do so on it.
        never: The share of the paths that do not run out within the horizon.
        until: The first day after the horizon.
        levels: The levels asked for, ascending.
        dates: For each level the first day by whose end at least this share of the paths has run out, None where it lies beyond the
            horizon. The lowest level gives the earliest date.
        unmet: The tokens that the pool lacks over the whole horizon; a pack that comes later does not make them good.

    .. versionadded:: 0.1.0
    """

    chances: tuple[tuple[date, float], ...] = field(repr=False)
    never: float
    until: date
    levels: tuple[Decimal, ...]
    dates: tuple[date | None, ...]
    unmet: Estimate

    def date_at(self, level: Decimal) -> date | None:
        """Return the date at one of the levels, None where it lies beyond the horizon.

        Raises:
            InvalidValueError: The level is none of those that were asked for.

        .. versionadded:: 0.1.0
        """
        return self.dates[_place(self.levels, level)]

    def probability_before(self, day: date) -> float:
        """Return the share of the paths that run out on a day before this one.

        Raises:
            InvalidValueError: The day lies after the first one beyond the horizon, where the forecast knows nothing.

        .. versionadded:: 0.1.0
        """
        if as_day(day) > self.until:
            raise InvalidValueError("day", day.isoformat(), f"a day up to {self.until.isoformat()}, where the forecast ends")
        return sum(share for own, share in self.chances if own < day)


@frozen
class PackForecast:
    """What expires unused of a pack that ends within the horizon (rule P1).

    Attributes:
        pack: The pack.
        left: What is left in it when the forecast is made, exact; its size where it starts later.
        unused: The tokens that expire unused.
        probability: The share of the paths in which any of them do.

    .. versionadded:: 0.1.0
    """

    pack: TokenPack
    left: Decimal
    unused: Estimate
    probability: float


@frozen
class Backtest:
    """How a model did in the past: forecasts made at earlier days, each of the days before it alone, held against what came.

    Attributes:
        model: The model.
        horizon: How many days each forecast looked ahead.
        origins: The first days of the forecasts, ascending.
        mase: The mean absolute error of the paths' median over that of "as the same weekday a week before" within the history (MASE).
            Below 1 is better than that rule. None where the history repeats itself each week, so that the rule has no error.
        levels: The levels asked for, ascending.
        pinball: For each level the mean pinball loss of its quantile, in tokens a day; less is better.
        nominal: The share of days that should lie between the lowest and the highest quantile.
        coverage: The share of days that did.
        total_coverage: The share of origins for which the burn of the whole horizon lay between its two quantiles.

    .. versionadded:: 0.1.0
    """

    model: BurnModel
    horizon: int
    origins: tuple[date, ...] = field(repr=False)
    mase: float | None
    levels: tuple[Decimal, ...]
    pinball: tuple[float, ...]
    nominal: float
    coverage: float
    total_coverage: float

    def __str__(self) -> str:
        error = "no error to compare with" if self.mase is None else f"MASE {self.mase:.2f}"
        return (
            f"backtest of {self.model.value}, {counted(len(self.origins), 'origin')}, {self.horizon} days ahead: {error}; "
            f"{self.coverage:.0%} of days and {self.total_coverage:.0%} of totals within an interval meant for {self.nominal:.0%}"
        )


@frozen
class Forecast:
    """The burn of the days to come and what it does to the pool, over simulated paths. Made by `forecast`.

    Attributes:
        at: The instant from which it looks ahead.
        model: The model.
        paths: The number of simulated paths.
        seed: What the random numbers were drawn from.
        levels: The levels of its quantiles, ascending.
        history: How many whole days of history the model saw.
        days: Each day to come, from the day of ``at`` on.
        runs_out: When the pool runs out, None where no packs were given.
        expiring: The packs with tokens that end within the horizon, in the order of drawing.
        backtest: How the model did on this history, None where it is too short to say.
        no_backtest: Why there is no backtest.

    .. versionadded:: 0.1.0
    """

    at: datetime
    model: BurnModel
    paths: int
    seed: int
    levels: tuple[Decimal, ...]
    history: int
    days: tuple[DayForecast, ...] = field(repr=False)
    runs_out: RunOut | None
    expiring: tuple[PackForecast, ...]
    backtest: Backtest | None
    no_backtest: str | None = None

    def __str__(self) -> str:
        return "\n  ".join(
            [self._heading(), *self._run_out(), *map(_expiry, self.expiring), str(self.backtest or self.no_backtest)]
        )

    def _heading(self) -> str:
        total = self.days[-1].cumulative
        return (
            f"{counted(len(self.days), 'day')} from {self.days[0].day.isoformat()} may burn {_between(total)} "
            f"(mean {total.mean:.0f}; {self.model.value}, {counted(self.paths, 'path')}, seed {self.seed}, {self.history} days of history)"
        )

    def _run_out(self) -> list[str]:
        if self.runs_out is None:
            return []
        last = (self.runs_out.until - timedelta(1)).isoformat()
        known = zip(self.levels, self.runs_out.dates, strict=True)
        dates = [f"with {100 * float(level):g}% chance by {day.isoformat()}" for level, day in known if day]
        lasting = f"by {last} in {self.runs_out.never:.0%} of the paths"
        return [f"the pool runs out {', '.join(dates)}, not {lasting}" if dates else f"the pool does not run out {lasting}"]


def _between(estimate: Estimate) -> str:
    low, *_, high = estimate.quantiles
    return f"{low:.0f} to {high:.0f} tokens"


def _expiry(own: PackForecast) -> str:
    return (
        f"pack {own.pack.id}, {plain(own.left)} left, ends {own.pack.expires_at.isoformat()}: {_between(own.unused)} expire unused "
        f"(mean {own.unused.mean:.0f}; any in {own.probability:.0%} of the paths)"
    )


def _place(levels: tuple[Decimal, ...], level: Decimal) -> int:
    if level not in levels:
        raise InvalidValueError("level", level, f"one of {', '.join(map(str, levels))}")
    return levels.index(level)

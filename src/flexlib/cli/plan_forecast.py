"""What ``flexlib plan forecast`` shows: the burn to come, when the pool runs out, what expires, and how the model did, as values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import attrs
from attrs import frozen

from flexlib.charging.explanation import JsonValue
from flexlib.cli.planning import Figures, Look, Pool, age_note, rounded
from flexlib.cli.values import SetAside, as_json
from flexlib.model.amounts import counted
from flexlib.planning import Backtest, Forecast, PackForecast, forecast

SCHEMA = "flexlib-plan-forecast/1"
SHORT, YEAR = 26 * 7, 52 * 7
"""Below how many days of history intervals are too narrow, and below how many the model knows no season."""
POOR = 0.75
"""Below which part of what they are meant for intervals held too little in the past."""


@frozen
class MonthLine:
    """The burn of a calendar month, or of the part of it that is forecast, and the chance that the pool has run out by its end."""

    month: str
    days: int
    mean: Decimal
    quantiles: list[Decimal]
    run_out: Decimal | None


@frozen
class RunOutDate:
    """The first day by whose end the pool has run out in at least this share of the paths, None beyond the horizon."""

    level: Decimal
    on: date | None


@frozen
class ExpiringPack:
    """What is expected to expire unused of a pack."""

    pack: str
    left: Decimal
    expires_at: datetime
    mean: Decimal
    quantiles: list[Decimal]
    probability: Decimal


@frozen
class BacktestFigures:
    """How the model did in the past."""

    origins: int
    horizon: int
    mase: Decimal | None
    pinball: list[Decimal]
    nominal: Decimal
    coverage: Decimal
    total_coverage: Decimal


@frozen
class BurnForecast:
    """Everything that ``flexlib plan forecast`` shows; ``--json`` writes these fields by their names."""

    schema: str
    at: datetime
    zone: str
    team: str | None
    model: str
    paths: int
    seed: int
    levels: list[Decimal]
    history: int
    days: int
    until: date
    mean: Decimal
    quantiles: list[Decimal]
    balance: Decimal | None
    runs_out: list[RunOutDate]
    never: Decimal | None
    unmet: Figures | None
    months: list[MonthLine]
    expiring: list[ExpiringPack]
    backtest: BacktestFigures | None
    no_backtest: str | None
    notes: list[str]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the forecast as JSON values."""
        return as_json(attrs.asdict(self))


@frozen
class ForecastAnswer:
    """A forecast as it is shown, and the library's value that it was made of."""

    shown: BurnForecast
    forecast: Forecast


def forecast_answer(look: Look, days: int, pool: Pool, set_aside: list[SetAside]) -> ForecastAnswer:
    """Return the forecast of a pool.

    Raises:
        FlexError: What `forecast` raises, such as where the history is too short.
    """
    made = forecast(
        pool.charges,
        at=look.at,
        days=days,
        packs=pool.packs,
        zone=look.zone,
        model=look.model,
        paths=look.paths,
        seed=look.seed,
        refunds=pool.refunds,
    )
    total, runs_out = made.days[-1].cumulative, made.runs_out
    shown = BurnForecast(
        schema=SCHEMA,
        at=made.at,
        zone=str(look.zone),
        team=look.team,
        model=made.model.value,
        paths=made.paths,
        seed=made.seed,
        levels=list(made.levels),
        history=made.history,
        days=len(made.days),
        until=made.days[-1].day + timedelta(days=1),
        mean=rounded(total.mean),
        quantiles=[rounded(figure) for figure in total.quantiles],
        balance=pool.ledger.balance(made.at) if pool.packs else None,
        runs_out=[RunOutDate(*known) for known in zip(runs_out.levels, runs_out.dates, strict=True)] if runs_out else [],
        never=rounded(runs_out.never) if runs_out else None,
        unmet=Figures.of(runs_out.unmet) if runs_out else None,
        months=list(_months(look, made, pool)),
        expiring=[_expiring(own) for own in made.expiring],
        backtest=_backtest(made.backtest) if made.backtest else None,
        no_backtest=made.no_backtest,
        notes=[*age_note(pool.charges, made.at), *_cautions(made, pool)],
        set_aside=set_aside,
    )
    return ForecastAnswer(shown, made)


def _months(look: Look, made: Forecast, pool: Pool) -> Iterator[MonthLine]:
    """Yield each month; its interval is that of the same paths, summed by month, since no sum of the days' quantiles gives it."""
    from flexlib.planning.forecasts.figures import estimate_of  # noqa: PLC0415  # it needs NumPy, as the forecast that is given did

    burn = pool.burn(look, len(made.days))
    start = 0
    for month, own in groupby(f"{known.day:%Y-%m}" for known in made.days):
        end = start + len(list(own))
        figures = Figures.of(estimate_of(burn[:, start:end].sum(axis=1), made.levels))
        after = made.days[end - 1].day + timedelta(days=1)
        run_out = rounded(made.runs_out.probability_before(after)) if made.runs_out else None
        yield MonthLine(month, end - start, figures.mean, figures.quantiles, run_out)
        start = end


def _expiring(own: PackForecast) -> ExpiringPack:
    figures = Figures.of(own.unused)
    return ExpiringPack(own.pack.id, own.left, own.pack.expires_at, figures.mean, figures.quantiles, rounded(own.probability))


def _backtest(found: Backtest) -> BacktestFigures:
    return BacktestFigures(
        len(found.origins),
        found.horizon,
        None if found.mase is None else rounded(found.mase),
        [rounded(loss) for loss in found.pinball],
        rounded(found.nominal),
        rounded(found.coverage),
        rounded(found.total_coverage),
    )


def _cautions(made: Forecast, pool: Pool) -> Iterator[str]:
    """Yield what a reader has to know before trusting the forecast."""
    history = counted(made.history, "day")
    if made.history < SHORT:
        yield f"Only {history} of history: the intervals are too narrow, and the model knows no season."
    elif made.history < YEAR:
        yield f"{history} of history are less than {YEAR}: the model knows no season, such as a quiet August."
    if made.backtest and made.backtest.total_coverage < POOR * made.backtest.nominal:
        found, meant = made.backtest.total_coverage, made.backtest.nominal
        yield (
            f"In the past only {found:.0%} of the totals lay within an interval meant for {meant:.0%}: take the intervals for wider than "
            "they are."
        )
    if not pool.packs:
        yield "No packs were given, so when the pool runs out is not told."

"""Forecasts: the burn of the days to come, when the pool runs out, and what expires unused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.extras import required
from flexlib.model.amounts import ONE, ZERO
from flexlib.model.instants import as_utc, day_start
from flexlib.model.packs import Refund, TokenPack
from flexlib.model.reported import ReportedUse
from flexlib.planning.forecasts.values import Backtest, BurnModel, Forecast, PackForecast, RunOut
from flexlib.pool.ledger import settle
from flexlib.pool.running import drawing_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flexlib.pool.facts import Facts

LEVELS = (Decimal("0.1"), Decimal("0.5"), Decimal("0.9"))
BACKTEST_HORIZON, BACKTEST_ORIGINS = 28, 12


def forecast(
    charges: Iterable[Charge | ReportedUse],
    *,
    at: datetime,
    days: int = 365,
    packs: Iterable[TokenPack] = (),
    zone: tzinfo = UTC,
    model: BurnModel = BurnModel.BOOTSTRAP,
    paths: int = 1000,
    seed: int = 0,
    levels: Collection[Decimal] = LEVELS,
    refunds: Iterable[Refund] = (),
) -> Forecast:
    """Return a forecast of the daily burn, of when the pool runs out, and of what expires unused, with a backtest beside it.

    Only charges and refunds at or before ``at`` are used. They make the history, in local days of the zone from that of the first charge
    on, a day without a charge being zero (rule T3); and they are settled to tell what each pack still holds at ``at``. Then each path
    draws its days on the packs in the vendor's order (rule P2), packs that begin later joining later. A day's burn is drawn at its noon,
    on the day of ``at`` not before ``at``; on packs as far as they go, as `flexlib.settle` does.

    The intervals hold what the history shows: chance from week to week, and how little a short history says of the level. They know
    nothing of a project that ends or a team that joins. From a few weeks of history they are too narrow, and between one year and a year
    and a half, where a season is followed that is not yet to be told from chance; see what the backtest covered.

    Args:
        charges: The charges of one pool, or rows of the vendor's report.
        at: The instant from which to look ahead, aware; the charges are taken to be complete up to it.
        days: How many days, 1 to 3660; the day of ``at`` is the first.
        packs: All packs of that pool, of the past and those to come; without any, only the burn is forecast.
        zone: Whose days are counted.
        model: How the burn is drawn. The default needs 14 whole days of history, and follows the season from 52 weeks on.
        paths: How many paths are simulated.
        seed: What the random numbers are drawn from, zero or more; the same seed gives the same forecast.
        levels: The levels of the quantiles, two or more between 0 and 1.
        refunds: The refunds of these charges; they lower the burn of the charge's day.

    Raises:
        InvalidValueError: The history is too short for the model, the packs belong to several teams, the charges to another team than the
            packs, or an argument is out of its range.
        LedgerError: Two charges or two packs share an id and differ, or a refund does not fit its charge.
        MissingExtraError: The extra ``planning`` is not installed, or the model is `BurnModel.ETS` and the extra ``forecast`` is not.

    >>> from datetime import UTC, date, datetime, timedelta
    >>> start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> charges = [Charge("ada", "revit", start + timedelta(day), 10) for day in range(56) if day % 7 < 5]
    >>> pack = TokenPack.purchase("A-1", 1000, date(2026, 1, 1))
    >>> ahead = forecast(charges, at=datetime(2026, 3, 2, tzinfo=UTC), days=180, packs=[pack])
    >>> print(ahead.days[0].burn.mean, ahead.days[-1].cumulative.mean, ahead.runs_out.dates[0])
    10.0 1300.0 2026-05-25

    .. versionadded:: 0.1.0
    """
    with required("planning"):
        from flexlib.planning.forecasts import backtest, burn_models, figures  # noqa: PLC0415  # needs the extra planning

    at, ranks, bought = as_utc(at), _as_levels(levels), list(packs)
    facts = burn_models.known_facts(charges, refunds, at)
    _check_teams(facts.charges, bought)
    history = burn_models.burn_history(facts, at, zone)
    burn = burn_models.paths_ahead(history, days=days, model=model, paths=paths, seed=seed)
    dates = [history.today + timedelta(number) for number in range(days)]
    runs_out: RunOut | None = None
    expiring: tuple[PackForecast, ...] = ()
    if bought:
        left = _left(facts, bought, at)
        drawn_at = [max(at, datetime.combine(day, time(12), zone).astimezone(UTC)) for day in dates]
        until = day_start(dates[-1] + timedelta(1), zone)
        runs_out, expiring = figures.pool_forecast(burn, dates, drawn_at, until, left, ranks)
    least, known = backtest.least_days(model, BACKTEST_HORIZON), len(history.totals)
    return Forecast(
        at=at,
        model=model,
        paths=paths,
        seed=seed,
        levels=ranks,
        history=known,
        days=figures.day_forecasts(burn, dates, ranks),
        runs_out=runs_out,
        expiring=expiring,
        backtest=backtest.rolling_origin(
            history, horizon=BACKTEST_HORIZON, origins=BACKTEST_ORIGINS, model=model, paths=paths, seed=seed, levels=ranks
        )
        if known >= least
        else None,
        no_backtest=None
        if known >= least
        else f"no backtest: {BACKTEST_HORIZON} days ahead it needs {least} whole days of history, and there are {known}",
    )


def backtest_forecast(
    charges: Iterable[Charge | ReportedUse],
    *,
    at: datetime,
    horizon: int = BACKTEST_HORIZON,
    origins: int = BACKTEST_ORIGINS,
    zone: tzinfo = UTC,
    model: BurnModel = BurnModel.BOOTSTRAP,
    paths: int = 1000,
    seed: int = 0,
    levels: Collection[Decimal] = LEVELS,
    refunds: Iterable[Refund] = (),
) -> Backtest:
    """Return how a model would have forecast this history: from earlier days, each of the days before it alone (rolling origin).

    The last origin lies a horizon before the day of ``at``; the others are spread over the history before it, no closer to each other
    than a week and no further apart than the horizon. Charges and refunds after ``at`` are left out.

    Args:
        charges: The charges, or rows of the vendor's report.
        at: The instant up to which the history is known, aware.
        horizon: How many days each forecast looks ahead.
        origins: The most origins; a short history has room for fewer.
        zone: Whose days are counted (rule T3).
        model: The model to try.
        paths: How many paths each forecast simulates.
        seed: What the random numbers are drawn from, zero or more.
        levels: The levels of the quantiles, two or more between 0 and 1.
        refunds: The refunds of these charges; they lower the burn of the charge's day.

    Raises:
        InvalidValueError: The history is shorter than the horizon and what the model needs together, or an argument is out of its range.
        MissingExtraError: The extra ``planning`` is not installed, or the model is `BurnModel.ETS` and the extra ``forecast`` is not.

    >>> from datetime import UTC, datetime, timedelta
    >>> start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> tokens = [10, 30, 20, 20, 40, 10, 30, 20]
    >>> charges = [Charge("ada", "revit", start + timedelta(day), tokens[day % 8]) for day in range(84)]
    >>> found = backtest_forecast(charges, at=datetime(2026, 3, 30, tzinfo=UTC))
    >>> print(len(found.origins), found.horizon, found.nominal)
    7 28 0.8

    .. versionadded:: 0.1.0
    """
    with required("planning"):
        from flexlib.planning.forecasts import backtest, burn_models  # noqa: PLC0415  # needs the extra planning

    at, ranks = as_utc(at), _as_levels(levels)
    history = burn_models.burn_history(burn_models.known_facts(charges, refunds, at), at, zone)
    burn_models.check_draws(model, paths, seed)
    backtest.check_span(history, horizon, origins, model)
    return backtest.rolling_origin(history, horizon=horizon, origins=origins, model=model, paths=paths, seed=seed, levels=ranks)


def burn_paths(
    charges: Iterable[Charge | ReportedUse],
    *,
    at: datetime,
    days: int,
    zone: tzinfo = UTC,
    model: BurnModel = BurnModel.BOOTSTRAP,
    paths: int = 1000,
    seed: int = 0,
    refunds: Iterable[Refund] = (),
) -> NDArray[np.float64]:
    """Return simulated paths of the burn of the days to come, one row each.

    The first column is the day of ``at`` in the zone, and holds what that day still burns: less what is charged on it already, and never
    below zero. Charges and refunds after ``at`` are left out. The same arguments give the same paths on the same version of NumPy, and a
    longer horizon begins as a shorter one.

    Args:
        charges: The charges; the day of one is that of its row in the vendor's report, else its local day (rule T3).
        at: The instant from which to look ahead, aware; the charges are taken to be complete up to it.
        days: How many days, 1 to 3660.
        zone: Whose days are counted.
        model: How the burn is drawn.
        paths: How many paths.
        seed: What the random numbers are drawn from, zero or more.
        refunds: The refunds of these charges; they lower the burn of the charge's day.

    Returns:
        Tokens as floats, shape ``(paths, days)``.

    Raises:
        InvalidValueError: The history is too short for the model, or an argument is out of its range.
        MissingExtraError: The extra ``planning`` is not installed, or the model is `BurnModel.ETS` and the extra ``forecast`` is not.

    .. versionadded:: 0.1.0
    """
    with required("planning"):
        from flexlib.planning.forecasts import burn_models  # noqa: PLC0415  # needs the extra planning

    at = as_utc(at)
    history = burn_models.burn_history(burn_models.known_facts(charges, refunds, at), at, zone)
    return burn_models.paths_ahead(history, days=days, model=model, paths=paths, seed=seed)


def _as_levels(levels: Collection[Decimal]) -> tuple[Decimal, ...]:
    ranks = tuple(sorted({level for level in levels if isinstance(level, Decimal) and level.is_finite() and ZERO < level < ONE}))
    if len(ranks) < max(2, len(set(levels))):
        raise InvalidValueError("levels", levels, "two or more decimal.Decimal between 0 and 1")
    return ranks


def _check_teams(charges: Iterable[Charge], packs: Iterable[TokenPack]) -> None:
    """Refuse what is not one pool: a team with packs draws on them alone, and no other team does (rule P2)."""
    teams = {pack.team for pack in packs}
    if len(teams) > 1:
        named = ", ".join(sorted(team or "the common pool" for team in teams))
        raise InvalidValueError("packs", named, "the packs of one team: forecast each team's pool with its own charges")
    for team in teams - {None}:
        others = {charge.team or "no team" for charge in charges if charge.team != team}
        if others:
            raise InvalidValueError("charges", ", ".join(sorted(others)), f"charges of {team} alone, whose packs are given")


def _left(facts: Facts, packs: Iterable[TokenPack], at: datetime) -> list[tuple[TokenPack, Decimal]]:
    """Return the packs that hold tokens at an instant, or will, and how many, in the order of drawing."""
    ledger = settle(facts.charges, packs, refunds=facts.refunds)
    balances = ledger.balances(at)
    held = [(pack, pack.tokens if at < pack.starts_at else balances[pack.id]) for pack in ledger.packs]
    return sorted(((pack, tokens) for pack, tokens in held if tokens), key=lambda own: drawing_order(own[0]))

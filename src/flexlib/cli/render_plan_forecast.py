"""The forecast on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, tzinfo
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from flexlib.cli.console import clock, section, table, titled
from flexlib.cli.plan_forecast import BacktestFigures, BurnForecast
from flexlib.cli.planning import closing
from flexlib.model.amounts import ZERO, counted, plain


def show_forecast(made: BurnForecast, zone: tzinfo, to: Console) -> None:
    """Print a forecast: when the pool runs out first, then the months, the packs and how the model did."""
    for line in _answer(made, zone):
        to.print(Text(line, style="bold"), soft_wrap=True)
    to.print(Text(f"{made.model}, {counted(made.paths, 'path')}, seed {made.seed}, {counted(made.history, 'day')} of history."))
    section(to, "To heed", made.notes)
    low, high = made.levels[0], made.levels[-1]
    columns = ["month", "days", "tokens, mean", f"{share(low)} below", f"{share(high)} below"]
    rows = [[line.month, str(line.days), *whole([line.mean, line.quantiles[0], line.quantiles[-1]])] for line in made.months]
    if made.balance is not None:
        columns.append("run out by its end")
        rows = [[*row, share(line.run_out or ZERO)] for row, line in zip(rows, made.months, strict=True)]
    titled(to, "Burn by month", table(columns, rows))
    _expiring(made, zone, to)
    section(to, "How the model did in the past", _backtest(made))
    closing(to, made.set_aside)


def _answer(made: BurnForecast, zone: tzinfo) -> Iterator[str]:
    last = made.until - timedelta(days=1)
    whose = f" of {made.team}" if made.team else ""
    mean, low, high = whole([made.mean, made.quantiles[0], made.quantiles[-1]])
    if made.balance is not None and made.never is not None:
        known = [f"{share(found.level)} by {found.on}" for found in made.runs_out if found.on is not None]
        known += [f"not before {made.until}: {share(made.never)}"] if made.never or not known else []
        yield f"The pool{whose} holds {counted(made.balance, 'token')} at {clock(made.at, zone)}. It runs out: {', '.join(known)}."
    yield f"Burn{whose} until {last}: {mean} tokens, between {low} and {high} with a chance of {share(made.levels[-1] - made.levels[0])}."


def _expiring(made: BurnForecast, zone: tzinfo, to: Console) -> None:
    rows = [
        [
            Text(pack.pack),
            Text(str(pack.expires_at.astimezone(zone).date())),
            Text(plain(pack.left)),
            *map(Text, whole([pack.mean, pack.quantiles[-1]])),
            Text(share(pack.probability)),
        ]
        for pack in made.expiring
    ]
    if rows:
        columns = ["pack", "ends", "left now", "unused, mean", f"{share(made.levels[-1])} below", "chance of any"]
        titled(to, "Expiring unused", table(columns, rows))


def _backtest(made: BurnForecast) -> Sequence[str]:
    if made.backtest is None:
        return [made.no_backtest] if made.no_backtest else []
    return list(_in_words(made.backtest, made.levels))


def _in_words(found: BacktestFigures, levels: Sequence[Decimal]) -> Iterator[str]:
    yield f"{counted(found.origins, 'forecast')} of {found.horizon} days, each made of the days before it alone."
    yield (
        f"MASE {plain(round(found.mase, 2))}: below 1 is better than taking the same weekday of the week before."
        if found.mase is not None
        else "MASE: none, since each week was as the one before."
    )
    losses = ", ".join(f"{plain(round(loss, 2))} at {share(level)}" for level, loss in zip(levels, found.pinball, strict=True))
    yield f"Pinball loss in tokens a day, less is better: {losses}."
    meant = share(found.nominal)
    yield f"Of the days {share(found.coverage)}, of the totals {share(found.total_coverage)} lay within an interval meant for {meant}."


def whole(figures: Iterable[Decimal]) -> list[str]:
    """Return estimates to the whole token, thousands apart."""
    return [f"{figure:,.0f}" for figure in figures]


def share(part: Decimal) -> str:
    """Return a share or probability as a percentage: to the tenth where it is near 0 or 1, so that neither is feigned."""
    return f"{part:.1%}" if 0 < part < Decimal("0.01") or Decimal("0.99") < part < 1 else f"{part:.0%}"

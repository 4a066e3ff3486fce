"""Charts of what was charged: by product over time, and by the hours of the week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta, tzinfo
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.extras import required
from flexlib.model.amounts import ZERO, total
from flexlib.model.instants import add_months
from flexlib.reports.charts import drawing
from flexlib.reports.charts.drawing import NO_NAMES, say, shortened
from flexlib.reports.charts.style import LIGHT, Theme, axes
from flexlib.reports.summaries import HOURS_A_DAY, summarize

with required("plot"):
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

_MOST_PRODUCTS = 7
_MOST_TICKS = 14
_MOST_LABELS = 16
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MOST_MONTHS = 24


def burn_chart(
    charges: Iterable[Charge],
    *,
    by: Literal["month", "week"] = "month",
    zone: tzinfo = UTC,
    names: Mapping[str, str] = NO_NAMES,
    theme: Theme = LIGHT,
) -> Figure:
    """Return the tokens charged in each month, or each week, by product: the seven largest, and the others together.

    Args:
        charges: The charges.
        by: ``month``, or ``week`` from Monday on.
        zone: Whose days count for computed charges; a reported charge keeps the vendor's day (rule T3).
        names: What products are called, by their codes; one that is not there is called by its code.
        theme: The colours.

    Raises:
        InvalidValueError: ``by`` is neither.

    .. versionadded:: 0.1.0
    """
    if by not in {"month", "week"}:
        raise InvalidValueError("by", by, "month or week")
    rows = summarize(charges, (by, "product"), zone=zone)
    title = f"Tokens charged by {by} and product"
    if not rows.total.tokens:
        return drawing.nothing(theme, title, "Nothing was charged.")
    tokens = {(_start(row.key[0]), str(row.key[1])): row.tokens for row in rows}
    periods = _periods([start for start, _ in tokens], by)
    groups = _groups(tokens, names)
    figure, own = axes(theme, title, "", "tokens")
    entries = _bars(own, theme, tokens, periods, groups)
    drawing.name_ticks(own.xaxis, theme, *_period_ticks(periods, by))
    drawing.amount_axis(own.yaxis)
    drawing.legend_below(figure, theme, entries)
    return drawing.laid_out(figure)


def _start(key: object) -> date:
    """Return the first day of a month or week of a summary."""
    return key if isinstance(key, date) else date.fromisoformat(f"{key}-01")


def _periods(starts: Iterable[date], by: str) -> list[date]:
    """Return the first days of all months or weeks from the first to the last, those without a charge too."""
    known = sorted(starts)
    periods = [known[0]]
    while periods[-1] < known[-1]:
        periods.append(add_months(periods[-1], 1) if by == "month" else periods[-1] + timedelta(days=7))
    return periods


def _groups(tokens: Mapping[tuple[date, str], Decimal], names: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return the products, the largest first, and those beyond the most that are drawn as one group."""
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for (_, product), amount in tokens.items():
        sums[product].append(amount)
    ranked = drawing.largest(((product, total(amounts)) for product, amounts in sums.items()), len(sums))
    kept = len(ranked) if len(ranked) <= _MOST_PRODUCTS + 1 else _MOST_PRODUCTS  # one other has its own name
    groups = [(shortened(names.get(product, product), 22), [product]) for product in ranked[:kept]]
    others = ranked[kept:]
    return [*groups, (f"{len(others)} others", others)] if others else groups


def _bars(
    own: Axes,
    theme: Theme,
    tokens: Mapping[tuple[date, str], Decimal],
    periods: Sequence[date],
    groups: Sequence[tuple[str, list[str]]],
) -> list[tuple[str, Artist]]:
    """Draw the bars, the largest product at the bottom, and the sums over them where there is room."""
    places = [float(number) for number in range(len(periods))]
    base = [0.0] * len(periods)
    entries: list[tuple[str, Artist]] = []
    for number, (name, products) in enumerate(groups):
        style = theme.series(number)
        amounts = [float(total(tokens.get((period, product), ZERO) for product in products)) for period in periods]
        bars = own.bar(places, amounts, 0.8, base, color=style.colour, hatch=style.hatch, edgecolor=theme.background, linewidth=0.5)
        entries.append((name, bars[0]))
        base = [low + amount for low, amount in zip(base, amounts, strict=True)]
    if len(periods) <= _MOST_LABELS:
        for place, height in zip(places, base, strict=True):
            say(own, theme, (place, height), drawing.grouped(height), move=(0, 3), across="center", up="bottom")
    own.set_ylim(0, 1.1 * max(base))
    own.set_xlim(-0.6, len(periods) - 0.4)
    return entries


def _period_ticks(periods: Sequence[date], by: str) -> tuple[list[float], list[str]]:
    """Return at which bars a tick stands, and its text; the year stands under the first and where it changes."""
    step = -(-len(periods) // _MOST_TICKS)
    shown = list(range(0, len(periods), step))
    texts: list[str] = []
    year = 0
    for number in shown:
        day, month, own_year = drawing.dated(periods[number]).split()
        texts.append((month if by == "month" else f"{day} {month}") + (f"\n{own_year}" if int(own_year) != year else ""))
        year = int(own_year)
    return [float(number) for number in shown], texts


def use_heat_map(
    charges: Iterable[Charge], *, across: Literal["hour", "month"] = "hour", zone: tzinfo = UTC, theme: Theme = LIGHT
) -> Figure:
    """Return on which weekdays and at which hours tokens were charged, the darker or brighter the more.

    A charge falls when its window opens, not while a product is used.

    Args:
        charges: The charges.
        across: ``hour`` for the hours of the day; ``month`` for the months, the last 24, since the vendor's report knows no hours.
        zone: Whose days and hours count for computed charges; a reported charge keeps the vendor's day (rule T3).
        theme: The colours.

    Raises:
        InvalidValueError: ``across`` is neither, or hours are asked for of charges that the vendor reported.

    .. versionadded:: 0.1.0
    """
    if across not in {"hour", "month"}:
        raise InvalidValueError("across", across, "hour or month")
    given = list(charges)
    title = f"Tokens charged by weekday and {across}"
    if not any(charge.tokens for charge in given):
        return drawing.nothing(theme, title, "Nothing was charged.")
    columns, cells = _hours(given, zone) if across == "hour" else _months(given, zone)
    label = _hour_label(zone) if across == "hour" else ""
    figure, own = axes(theme, title, label, "", (8.0, 3.4))
    own.grid(visible=False)
    own.spines[["left", "bottom"]].set_visible(False)
    ramp = LinearSegmentedColormap.from_list(theme.name, [theme.background, theme.colours[0]])
    mesh = own.pcolormesh(cells, cmap=ramp, vmin=0, edgecolors=theme.grid, linewidth=0.4)
    own.set_ylim(len(_WEEKDAYS), 0)
    drawing.name_ticks(own.yaxis, theme, [number + 0.5 for number in range(len(_WEEKDAYS))], _WEEKDAYS)
    drawing.name_ticks(own.xaxis, theme, *columns)
    own.tick_params(length=0)
    bar = figure.colorbar(mesh, ax=own, pad=0.02)
    bar.set_label("tokens", color=theme.text)
    bar.ax.tick_params(colors=theme.text, labelsize=drawing.SMALL)
    bar.outline.set_edgecolor(theme.grid)
    drawing.amount_axis(bar.ax.yaxis)
    return drawing.laid_out(figure)


def _hour_label(zone: tzinfo) -> str:
    name = zone.key if isinstance(zone, ZoneInfo) else zone.tzname(None)
    return f"hour of the day ({name})" if name else "hour of the day"


def _hours(charges: Sequence[Charge], zone: tzinfo) -> tuple[tuple[list[float], list[str]], list[list[float]]]:
    """Return the ticks of the hours, and the tokens of each weekday by hour."""
    cells = [[0.0] * HOURS_A_DAY for _ in _WEEKDAYS]
    for row in summarize(charges, "hour", zone=zone):
        [hour] = row.key
        if not isinstance(hour, int):
            raise InvalidValueError(
                "charges",
                "charges that the vendor reported",
                "charges with an hour, or across='month': the vendor tells days alone",
            )
        cells[hour // HOURS_A_DAY][hour % HOURS_A_DAY] = float(row.tokens)
    shown = range(0, HOURS_A_DAY, 3)
    return ([float(hour) for hour in shown], [f"{hour}:00" for hour in shown]), cells


def _months(charges: Sequence[Charge], zone: tzinfo) -> tuple[tuple[list[float], list[str]], list[list[float]]]:
    """Return the ticks of the months, and the tokens of each weekday by month; the last 24 months."""
    by_day = {row.key[0]: row.tokens for row in summarize(charges, "day", zone=zone)}
    days = {day: tokens for day, tokens in by_day.items() if isinstance(day, date)}
    months = _periods([day.replace(day=1) for day in days], "month")[-_MOST_MONTHS:]
    sums: dict[tuple[int, date], list[Decimal]] = defaultdict(list)
    for day, tokens in days.items():
        sums[day.weekday(), day.replace(day=1)].append(tokens)
    cells = [[float(total(sums[weekday, month])) for month in months] for weekday in range(len(_WEEKDAYS))]
    places, names = _period_ticks(months, "month")
    return ([place + 0.5 for place in places], names), cells

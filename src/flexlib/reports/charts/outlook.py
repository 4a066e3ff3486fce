"""Charts of what is to come: the forecast of the burn, and the tokens to buy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from flexlib.extras import required
from flexlib.model.amounts import counted, exact
from flexlib.planning import Forecast, PurchaseOption, PurchasePlan, RunOut
from flexlib.reports.charts import drawing
from flexlib.reports.charts.drawing import say, shortened
from flexlib.reports.charts.style import LIGHT, Theme, axes

with required("plot"):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MEDIAN = Decimal("0.5")
_MOST_PACKS = 8
_ROOM, _FREE = 0.3, 0.6


def forecast_chart(forecast: Forecast, *, theme: Theme = LIGHT) -> Figure:
    """Return the burn to come as a fan of its quantiles, with when the pool runs out and which packs expire.

    Args:
        forecast: The forecast, of `flexlib.planning.forecast`.
        theme: The colours.

    .. versionadded:: 0.1.0
    """
    first = forecast.days[0].day
    figure, own = axes(theme, f"Tokens to be burned from {drawing.dated(first)} on", _of_paths(forecast), "tokens, cumulative")
    ends = [drawing.placed(known.day + timedelta(1)) for known in forecast.days]
    own.set_xlim(drawing.placed(first), ends[-1])
    _fan(own, theme, forecast, [drawing.placed(first), *ends])
    own.set_ylim(0, 1.08 * max(forecast.days[-1].cumulative.quantiles[-1], 1.0))
    if forecast.runs_out is not None:
        _run_out(own, theme, forecast.runs_out)
    _expiries(own, theme, forecast)
    drawing.day_axis(own, theme)
    drawing.amount_axis(own.yaxis)
    return drawing.laid_out(figure)


def _of_paths(forecast: Forecast) -> str:
    return f"a percentage at the right: in so many of {drawing.grouped(forecast.paths)} paths no more is burned"


def _fan(own: Axes, theme: Theme, forecast: Forecast, places: Sequence[float]) -> None:
    """Draw the quantiles of what is burned by each day's end, and the bands between the lowest and highest, the next, and so on."""
    style = theme.series(0)
    lines = [[0.0, *(day.cumulative.quantile(level) for day in forecast.days)] for level in forecast.levels]
    pairs = len(lines) // 2
    for number in range(pairs):
        opacity = 0.18 + 0.2 * number / pairs
        own.fill_between(places, lines[number], lines[-1 - number], color=style.colour, alpha=opacity, linewidth=0)
    top = max(lines[-1][-1], 1.0)
    heights = drawing.apart([line[-1] for line in lines], 0.055 * top, 1.05 * top)
    for level, line, height in zip(forecast.levels, lines, heights, strict=True):
        dash, width = ("-", 2.2) if level == _MEDIAN else ("--", 1.2)
        own.plot(places, line, color=style.colour, linestyle=dash, linewidth=width, gid=f"quantile {level}")
        chance = f"{drawing.share_label(level)}: {drawing.grouped(line[-1])}"
        say(own, theme, (places[-1], height), chance, move=(6, 0), bold=level == _MEDIAN)


def _run_out(own: Axes, theme: Theme, runs_out: RunOut) -> None:
    """Draw between which dates the pool runs out, and say with which chance by which."""
    style = theme.series(3)
    known = [(level, day) for level, day in zip(runs_out.levels, runs_out.dates, strict=True) if day is not None]
    lines = [f"{drawing.share_label(level)} by {drawing.dated(day)}" for level, day in known]
    if runs_out.never:
        lines.append(f"not by {drawing.dated(runs_out.until - timedelta(1))}: {drawing.percent(runs_out.never)}")
    left, right = own.get_xlim()
    first = drawing.placed(known[0][1]) if known else right
    last = drawing.placed(known[-1][1]) if len(known) == len(runs_out.levels) else right
    if known:
        own.axvspan(first, last, facecolor=style.colour, alpha=0.18, hatch="///", edgecolor=style.colour, linewidth=0)
    for level, day in known:
        own.axvline(
            drawing.placed(day),
            color=style.colour,
            linestyle="-" if level == _MEDIAN else ":",
            linewidth=1.4,
            gid=f"run-out {level}",
        )
    # Up at the left there is room, and towards the right the fan; else the text stands on the dates themselves.
    wanted = _ROOM * (right - left)
    on_left = first - left > wanted
    place = min(first, left + _FREE * (right - left)) if on_left else last if right - last > wanted else first
    say(
        own,
        theme,
        (place, own.get_ylim()[1]),
        "\n".join(["The pool runs out", *lines]),
        move=(-6 if on_left else 6, -4),
        across="right" if on_left else "left",
        up="top",
        boxed=True,
    )


def _expiries(own: Axes, theme: Theme, forecast: Forecast) -> None:
    """Mark on the axis where packs expire, and say how much of them does on average; the first eight."""
    style = theme.series(2)
    left, right = own.get_xlim()
    for number, expiring in enumerate(forecast.expiring[:_MOST_PACKS]):
        place = drawing.placed(expiring.pack.expires_at)
        own.plot(place, 0, marker="v", color=style.colour, markersize=9, clip_on=False, zorder=5, gid=f"expiry {number}")
        words = f"{shortened(expiring.pack.id, 18)} expires with {drawing.grouped(expiring.unused.mean)} tokens on average"
        height = (0.035 + 0.05 * (number % 4)) * own.get_ylim()[1]
        own.plot([place, place], [0, height], color=style.colour, linestyle=":", linewidth=1)
        on_left = place > (left + right) / 2
        say(
            own,
            theme,
            (place, height),
            words,
            move=(-7 if on_left else 7, 2),
            across="right" if on_left else "left",
            up="bottom",
            boxed=True,
        )


def purchase_chart(plan: PurchasePlan, *, theme: Theme = LIGHT) -> Figure:
    """Return what each number of tokens bought in bulk is expected to cost in all, with the chosen one marked.

    Each bar is the price of the packs and, above it, what is expected to be paid later: top-ups, and blocked days where they were given
    a cost. The chosen bar tells its cost, the others what they cost more. Under each stands how likely some of its tokens expire.

    Args:
        plan: The plan, of `flexlib.planning.plan_purchase`.
        theme: The colours.

    .. versionadded:: 0.1.0
    """
    chosen = plan.options[0]
    options = sorted(plan.options, key=lambda option: (option.tokens, option.price))
    bought = " and ".join(drawing.several(pack.count, pack.offer.name, 20) for pack in chosen.packs)
    title = f"Cheapest on average: {shortened(bought, 60)}" if bought else "Cheapest on average: no packs in bulk, only top-ups"
    unit = f" in {plan.currency}" if plan.currency else ""
    label = "tokens bought in bulk, and how likely some of them expire"
    figure, own = axes(theme, title, label, f"expected cost until {drawing.dated(plan.until)}{unit}")
    places = [float(number) for number in range(len(options))]
    entries = []
    with exact():
        later = [option.expected_cost - option.price for option in options]
    parts = [("packs in bulk", [option.price for option in options]), (_later_words(plan), later)]
    base = [0.0] * len(options)
    for number, (name, amounts) in enumerate(parts):
        style = theme.series(number)
        heights = [float(amount) for amount in amounts]
        bars = own.bar(places, heights, 0.7, base, color=style.colour, hatch=style.hatch, edgecolor=theme.background)
        base = [start + height for start, height in zip(base, heights, strict=True)]
        entries.append((name, bars[0]))
    own.set_ylim(0, 1.15 * max([*base, 1.0]))
    for place, option in zip(places, options, strict=True):
        _price_label(own, theme, place, option, chosen)
    ticks = [f"{drawing.grouped(option.tokens)}\n{drawing.percent(option.left_to_expire.probability)}" for option in options]
    drawing.name_ticks(own.xaxis, theme, places, ticks)
    drawing.amount_axis(own.yaxis)
    drawing.legend_below(figure, theme, entries)
    return drawing.laid_out(figure)


def _later_words(plan: PurchasePlan) -> str:
    words = f"top-ups later, at {drawing.money(plan.top_up.price, plan.currency)} for {counted(plan.top_up.tokens, 'token')}"
    return f"{words}, and blocked days" if any(option.blocked_days for option in plan.options) else words


def _price_label(own: Axes, theme: Theme, place: float, option: PurchaseOption, chosen: PurchaseOption) -> None:
    """Say over a bar what it costs, or what it costs more than the chosen one, which has a frame."""
    height = float(option.expected_cost)
    if option is chosen:
        own.bar([place], [height], width=0.78, fill=False, edgecolor=theme.text, linewidth=2, gid="chosen")
        say(
            own, theme, (place, height), drawing.grouped(option.expected_cost), move=(0, 4), across="center", up="bottom", bold=True
        )
        return
    with exact():
        more = option.expected_cost - chosen.expected_cost
    sign = "+" if more >= 0 else "−"  # noqa: RUF001  # a minus sign, as is set in print
    say(own, theme, (place, height), f"{sign}{drawing.grouped(abs(more))}", move=(0, 4), across="center", up="bottom")

"""Charts of seats against tokens: the break-even, who is beyond it, and the cheapest mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from flexlib.errors import InvalidValueError
from flexlib.extras import required
from flexlib.model.amounts import counted, exact, total
from flexlib.planning import OfferBreakEven, SeatMix, UseBand, UseProfile
from flexlib.reports.charts import drawing
from flexlib.reports.charts.drawing import NO_NAMES, say, shortened
from flexlib.reports.charts.style import LIGHT, Theme, axes

with required("plot"):
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

_DAYS_A_MONTH = 31
_MOST_USERS = 40
_BANDS = {UseBand.HEAVY: 3, UseBand.REGULAR: 1, UseBand.OCCASIONAL: 0, UseBand.UNCOVERED: 6}
_IN_WORDS = {
    UseBand.HEAVY: "heavy: a seat costs less",
    UseBand.REGULAR: "regular: a seat costs about as much",
    UseBand.OCCASIONAL: "occasional: tokens cost far less",
    UseBand.UNCOVERED: "no seat on offer",
}


class _Frame(NamedTuple):
    """Up to how many days and which cost a break-even is drawn, for how many months, on a chart of which height in inches."""

    span: int
    days: float
    cost: float
    inches: float

    @classmethod
    def of(cls, rows: Sequence[OfferBreakEven], span: int) -> _Frame:
        marks = [_mark(row, span) for row in rows]
        most = float(_DAYS_A_MONTH * span)
        if all(marks):  # else a seat is dearer than every day of a term
            most = min(most, 1.4 * max([*(mark[0] for mark in marks if mark), 1.0]))
        return cls(span, most, 1.12 * max([*(_seat_price(row, span) for row in rows), 1.0]), max(4.5, 0.55 * len(rows)))

    def apart(self, costs: Sequence[float], lines: int) -> list[float]:
        """Return where texts of so many lines stand beside costs, so that none covers another."""
        return drawing.apart(costs, self.cost * (0.1 + 0.2 * lines) / self.inches, 1.02 * self.cost)


def break_even_chart(rows: Iterable[OfferBreakEven], *, names: Mapping[str, str] = NO_NAMES, theme: Theme = LIGHT) -> Figure:
    """Return what tokens cost by the days of use, beside each seat's price, with the break-evens marked.

    Offers of one term are compared over that term. Of several terms they are compared by the month: prices and days are divided by
    the months, and the marks still tell the days of the whole term. There is no mark where no term has days enough to pay for a seat.

    Args:
        rows: Rows of `flexlib.planning.break_evens` for one product, or for one group of products used on the same days.
        names: What products are called, by their codes; one that is not there is called by its code.
        theme: The colours.

    Raises:
        InvalidValueError: The rows are of several products, rates, prices of a token or currencies.

    .. versionadded:: 0.1.0
    """
    given = list(rows)
    if not given:
        return drawing.nothing(theme, "Tokens or a seat", "There is no seat on offer to compare with.")
    _check_comparable(given)
    terms = {row.break_even.months for row in given}
    span = terms.pop() if len(terms) == 1 else 1
    ranked = sorted(given, key=lambda row: (_seat_price(row, span), row.break_even.months, row.offer.name))
    frame, currency = _Frame.of(ranked, span), ranked[0].offer.currency
    called = " + ".join(names.get(product, product) for product in ranked[0].products)
    term = "a month" if span == 1 else f"in {span} months"
    unit = f" in {currency}" if currency else ""
    title = f"{shortened(called, 60)}: tokens or a seat"
    figure, own = axes(theme, title, f"days of use {term}", f"cost {term}{unit}", (8.0, frame.inches))
    own.set_xlim(0, frame.days)
    own.set_ylim(0, frame.cost)
    _token_line(own, theme, ranked, frame)
    _seat_lines(own, theme, ranked, frame)
    own.xaxis.set_major_locator(MaxNLocator(integer=True))
    drawing.amount_axis(own.xaxis)
    drawing.amount_axis(own.yaxis)
    return drawing.laid_out(figure)


def _check_comparable(rows: Sequence[OfferBreakEven]) -> None:
    kinds = {(row.products, row.break_even.tokens_per_day, row.break_even.token_price, row.offer.currency) for row in rows}
    if len(kinds) > 1:
        named = "; ".join(sorted({" and ".join(row.products) for row in rows}))
        raise InvalidValueError("rows", named, "rows of one product, or of one group of products, at one rate, price and currency")


def _seat_price(row: OfferBreakEven, span: int) -> float:
    """Return the price of the seat for so many months."""
    return float(row.offer.price) * span / row.break_even.months


def _mark(row: OfferBreakEven, span: int) -> tuple[float, float] | None:
    """Return the days of the break-even and what their tokens cost, both for so many months, None where no term has so many days."""
    if row.days is None or not row.break_even.seat_can_pay:
        return None
    part = span / row.break_even.months
    return row.days * part, float(row.break_even.token_cost(row.days)) * part


def _token_line(own: Axes, theme: Theme, rows: Sequence[OfferBreakEven], frame: _Frame) -> None:
    """Draw what tokens cost, and say so below the cheapest seat."""
    tokens, day_cost = rows[0].break_even, float(rows[0].break_even.day_cost)
    end = min(frame.days, frame.cost / day_cost) if day_cost else frame.days
    own.plot([0, end], [0, end * day_cost], color=theme.text, linewidth=2, gid="tokens")
    height = max(0.04 * frame.cost, _seat_price(rows[0], frame.span) / 2)
    price = drawing.money(tokens.token_price, rows[0].offer.currency)
    words = f"{counted(tokens.tokens_per_day, 'token')} a day at {price} each"
    say(own, theme, (min(height / day_cost, end) if day_cost else 0, height), words, move=(8, -3), up="top", boxed=True)


def _seat_lines(own: Axes, theme: Theme, rows: Sequence[OfferBreakEven], frame: _Frame) -> None:
    """Draw what each seat costs, mark its break-even, and say at the line's end which it is."""
    beside = _room_beside_marks(rows, frame)
    heights = [_seat_price(row, frame.span) for row in rows]
    for number, (row, height, at) in enumerate(zip(rows, heights, frame.apart(heights, 2), strict=True)):
        style, mark = theme.series(number), _mark(row, frame.span)
        own.plot([0, frame.days], [height, height], color=style.colour, linestyle=style.dash, linewidth=1.8, gid=f"seat {number}")
        own.plot([frame.days, 1.02 * frame.days], [height, at], color=style.colour, linewidth=0.8, clip_on=False)
        term = f"{drawing.money(row.offer.price, row.offer.currency)} for {counted(row.break_even.months, 'month')}"
        days = f": {counted(row.days or 0, 'day')}" if mark and not beside else ""
        say(own, theme, (1.02 * frame.days, at), f"{shortened(row.offer.name)}\n{term}{days}", move=(4, 0))
        if mark is None:
            say(own, theme, (frame.days, height), "tokens never cost more", move=(-4, 3), across="right", up="bottom", boxed=True)
            continue
        own.plot([mark[0], mark[0]], [0, mark[1]], color=style.colour, linestyle=":", linewidth=1)
        edge = theme.background
        own.plot(*mark, color=style.colour, marker=style.marker, markersize=9, markeredgecolor=edge, gid=f"mark {number}")
        if beside:
            _say_days(own, theme, row, mark, frame)


def _room_beside_marks(rows: Sequence[OfferBreakEven], frame: _Frame) -> bool:
    """Tell whether the days can stand beside the marks without covering each other."""
    costs = [mark[1] for row in rows if (mark := _mark(row, frame.span))]
    return frame.apart(costs, 1) == costs


def _say_days(own: Axes, theme: Theme, row: OfferBreakEven, mark: tuple[float, float], frame: _Frame) -> None:
    """Say the days of a mark: right of the tokens' line, or left of it towards the end, where the names are."""
    words = f"{counted(row.days or 0, 'day')} in {counted(row.break_even.months, 'month')}"
    if mark[0] < frame.days / 2:
        say(own, theme, mark, words, move=(8, -4), up="top", boxed=True, bold=True)
    else:
        say(own, theme, mark, words, move=(-8, 4), across="right", up="bottom", boxed=True, bold=True)


def users_chart(
    profiles: Iterable[UseProfile], *, most: int = _MOST_USERS, names: Mapping[str, str] = NO_NAMES, theme: Theme = LIGHT
) -> Figure:
    """Return each user's days of use beside the break-even of the seat, the most days first.

    Args:
        profiles: Profiles of `flexlib.planning.use_profiles`, of one term; a user of several products has several lines.
        most: How many lines are drawn at most; the chart says how many are left out.
        names: What products are called, by their codes; one that is not there is called by its code.
        theme: The colours.

    Raises:
        InvalidValueError: ``most`` is below one.

    .. versionadded:: 0.1.0
    """
    if most < 1:
        raise InvalidValueError("most", most, "one or more")
    ranked = sorted(profiles, key=lambda profile: (-profile.days, profile.user, profile.product))
    if not ranked:
        return drawing.nothing(theme, "Days of use and break-even", "No use in the term.")
    shown, one_product = ranked[:most], len({profile.product for profile in ranked}) == 1
    product = f" of {shortened(names.get(shown[0].product, shown[0].product))}" if one_product else ""
    title = f"Days of use{product} and break-even"
    term = f"days of use in {counted(len(shown[0].by_month), 'month')}"
    more = len(ranked) - len(shown)
    label = f"{term} (and {more} more with no more days)" if more else term
    figure, own = axes(theme, title, label, "", (8.0, 1.7 + 0.24 * len(shown)))
    own.grid(axis="y", visible=False)
    own.grid(axis="x", color=theme.grid, linewidth=0.8)
    places = [float(number) for number in range(len(shown))]
    own.hlines(places, 0, [profile.days for profile in shown], color=theme.grid, linewidth=2)
    entries = [*_band_dots(own, theme, shown), *_break_even_ticks(own, theme, shown)]
    lines = [
        shortened(own_line.user)
        if one_product
        else f"{shortened(own_line.user)} · {shortened(names.get(own_line.product, own_line.product), 20)}"
        for own_line in shown
    ]
    drawing.name_ticks(own.yaxis, theme, places, lines)
    own.set_ylim(len(shown) - 0.4, -0.6)
    own.set_xlim(left=0)
    drawing.legend_below(figure, theme, entries)
    return drawing.laid_out(figure)


def _band_dots(own: Axes, theme: Theme, profiles: Sequence[UseProfile]) -> Iterable[tuple[str, Artist]]:
    for band, series in _BANDS.items():
        of_band = [(profile.days, number) for number, profile in enumerate(profiles) if profile.band is band]
        if of_band:
            style = theme.series(series)
            days, places = zip(*of_band, strict=True)
            [dots] = own.plot(
                days,
                places,
                linestyle="",
                marker=style.marker,
                markersize=9,
                color=style.colour,
                markeredgecolor=theme.background,
                clip_on=False,
                zorder=4,
                gid=band.value,
            )
            yield _IN_WORDS[band], dots


def _break_even_ticks(own: Axes, theme: Theme, profiles: Sequence[UseProfile]) -> Iterable[tuple[str, Artist]]:
    """Mark the break-even of each line, but those that no term can reach."""
    reached = [
        (profile.break_even_days, number)
        for number, profile in enumerate(profiles)
        if profile.break_even_days is not None and profile.break_even_days <= _DAYS_A_MONTH * len(profile.by_month)
    ]
    if reached:
        days, places = zip(*reached, strict=True)
        [ticks] = own.plot(
            days, places, linestyle="", marker="|", markersize=13, markeredgewidth=2, color=theme.text, zorder=3, gid="break-even"
        )
        yield "break-even: beyond it a seat costs less", ticks


def seat_mix_chart(mix: SeatMix, *, theme: Theme = LIGHT) -> Figure:
    """Return what the cheapest seats and tokens cost, by offer, beside tokens alone, and the least that any plan can cost.

    Args:
        mix: The plan, of `flexlib.planning.seat_mix`.
        theme: The colours.

    .. versionadded:: 0.1.0
    """
    cost = f"cost from {drawing.dated(mix.starts_on)} to before {drawing.dated(mix.ends_on)}"
    figure, own = axes(
        theme, "Seats and tokens, or tokens alone", f"{cost}{f' in {mix.currency}' if mix.currency else ''}", "", (8.0, 3.6)
    )
    own.grid(axis="y", visible=False)
    own.grid(axis="x", color=theme.grid, linewidth=0.8)
    entries: list[tuple[str, Artist]] = []
    start = 0.0
    parts = _parts(mix)
    for number, (name, price) in enumerate(parts, start=1):
        style = theme.series(number % len(parts))  # tokens, the last, are the first series in both bars
        [bar] = own.barh(
            [0],
            [float(price)],
            0.55,
            start,
            color=style.colour,
            hatch=style.hatch,
            edgecolor=theme.background,
            gid=f"part {number}",
        )
        start += float(price)
        entries.append((f"{name}: {drawing.grouped(price)}", bar))
    _tokens_alone(own, theme, mix)
    saved = "" if mix.tokens_only_cost is None else _saved(mix.tokens_only_cost, mix.cost)
    say(own, theme, (float(mix.cost), 0), f"{drawing.grouped(mix.cost)}{saved}", move=(6, 0), bold=True)
    bound = float(mix.lower_bound)
    own.plot([bound, bound], [-0.42, 0.42], color=theme.text, linewidth=1.6, linestyle="--", gid="lower bound")
    words = "no plan can cost less" if mix.is_proven else f"no plan can cost less than {drawing.grouped(mix.lower_bound)}"
    own.set_xlim(0, 1.25 * max(float(mix.cost), float(mix.tokens_only_cost or 0), 1.0))
    say(own, theme, (bound, 0.42), words, across="right" if bound > own.get_xlim()[1] / 2 else "left", up="bottom", move=(0, 2))
    drawing.name_ticks(own.yaxis, theme, [0, 1], ["seats and tokens", "tokens alone"])
    own.set_ylim(-0.6, 1.5)
    drawing.amount_axis(own.xaxis)
    drawing.legend_below(figure, theme, entries)
    return drawing.laid_out(figure)


def _parts(mix: SeatMix) -> list[tuple[str, Decimal]]:
    """Return what is bought with what it costs: the seats of each offer, and last the tokens."""
    numbers = Counter(seat.offer for seat in mix.seats)
    offers = sorted(numbers, key=lambda offer: offer.name)
    seats = [
        (drawing.several(numbers[offer], offer.name), total(seat.price for seat in mix.seats if seat.offer == offer))
        for offer in offers
    ]
    packs = ", ".join(drawing.several(bought.count, bought.offer.name, 16) for bought in mix.packs)
    tokens = f"{drawing.grouped(mix.tokens)} {'token' if mix.tokens == 1 else 'tokens'}{f' from {shortened(packs, 40)}' if packs else ''}"
    return [*seats, (tokens, mix.token_cost)]


def _tokens_alone(own: Axes, theme: Theme, mix: SeatMix) -> None:
    """Draw the bar of tokens alone, in the style of the tokens of the mix."""
    if mix.tokens_only_cost is None:
        say(own, theme, (0, 1), "the packs on offer do not reach for it", move=(6, 0))
        return
    style = theme.series(0)
    own.barh([1], [float(mix.tokens_only_cost)], 0.55, color=style.colour, edgecolor=theme.background, gid="tokens alone")
    say(own, theme, (float(mix.tokens_only_cost), 1), drawing.grouped(mix.tokens_only_cost), move=(6, 0), bold=True)


def _saved(alone: Decimal, cost: Decimal) -> str:
    with exact():
        saved = alone - cost
    return f": {drawing.grouped(saved)} less" if saved > 0 else ""

"""What charts draw alike: texts that are never mathematics, amounts, days, bands and charts of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType

from flexlib.extras import required
from flexlib.reports.charts.style import Theme, axes, legend

with required("plot"):
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.dates import AutoDateLocator, date2num, num2date
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text
    from matplotlib.textpath import TextToPath
    from matplotlib.ticker import Formatter, FuncFormatter

SMALL = 9.0
NO_NAMES: Mapping[str, str] = MappingProxyType({})
_LONGEST_NAME = 28
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LEGEND_TEXT, _LEGEND_BESIDE_TEXT = 10.0, 65.0
_POINTS_AN_INCH = 72


def shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name on one line, with an ellipsis in place of what is too long."""
    line = " ".join(name.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def grouped(amount: Decimal | float) -> str:
    """Return an amount for reading, with commas at thousands: whole from a hundred on, below it to two decimals if it has any."""
    text = f"{amount:,.0f}" if abs(float(amount)) >= 100 else f"{amount:,.2f}"  # noqa: PLR2004  # below it, cents can matter
    return text.removesuffix(".00")


def money(amount: Decimal | float, currency: str | None) -> str:
    """Return an amount of money for reading, with its currency where it is known."""
    return f"{currency} {grouped(amount)}" if currency else grouped(amount)


def percent(share: float) -> str:
    """Return a share between 0 and 1 as a percentage; one that is small but not zero, or short of all, is never rounded to it."""
    if 0 < share < 0.001:  # noqa: PLR2004  # a tenth of a per cent is the last that is shown
        return "<0.1 %"
    if 0.999 < share < 1:  # noqa: PLR2004  # likewise
        return ">99.9 %"
    return f"{100 * share:.3g} %"


def several(count: int, name: str, longest: int = _LONGEST_NAME) -> str:
    """Return how many there are of what has a name."""
    return f"{count} × {shortened(name, longest)}"  # noqa: RUF001  # the sign, and not a letter


def dated(day: date) -> str:
    """Return a day for reading, the same in every locale: 3 Dec 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def share_label(level: Decimal) -> str:
    """Return a level of a quantile as a percentage."""
    return f"{float(level) * 100:g} %"


def say(
    own: Axes,
    theme: Theme,
    place: tuple[float, float],
    text: str,
    *,
    move: tuple[float, float] = (0, 0),
    across: str = "left",
    up: str = "center",
    within: str = "data",
    boxed: bool = False,
    bold: bool = False,
) -> Text:
    """Write a text at a place of the axes, moved by some points; it is never read as mathematics."""
    box = {"facecolor": theme.background, "edgecolor": "none", "alpha": 0.85, "pad": 1.5} if boxed else None
    return own.annotate(
        text,
        place,
        xycoords=within,
        xytext=move,
        textcoords="offset points",
        horizontalalignment=across,
        verticalalignment=up,
        color=theme.text,
        fontsize=SMALL,
        fontweight="bold" if bold else "normal",
        parse_math=False,
        bbox=box,
        annotation_clip=False,
        zorder=6,
    )


def name_ticks(axis: Axis, theme: Theme, places: Sequence[float], names: Sequence[str]) -> None:
    """Put names at the ticks of an axis, as they are."""
    axis.set_ticks(places, names, parse_math=False, color=theme.text, fontsize=SMALL)


def amount_axis(axis: Axis) -> None:
    """Write the amounts of an axis for reading, whatever their size."""
    axis.set_major_formatter(FuncFormatter(lambda amount, _: f"{amount:,.10g}"))


def placed(at: date) -> float:
    """Return where a day's start, or an instant, stands on an axis of days."""
    return float(date2num(at))  # type: ignore[no-untyped-call]  # Matplotlib gives no types for its dates


def _instant(place: float, zone: tzinfo) -> datetime:
    instant: datetime = num2date(place, tz=zone)  # type: ignore[no-untyped-call]  # likewise
    return instant


class _DayFormatter(Formatter):
    """Writes ticks as days or months, the same in every locale, with the year under the first one and where it changes."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def __call__(self, x: float, _pos: int | None = None) -> str:
        instant = _instant(x, self._zone)
        if instant.hour or instant.minute:
            return f"{instant.hour}:{instant.minute:02}"
        month = _MONTHS[instant.month - 1]
        return month if instant.day == 1 else f"{instant.day} {month}"

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        left, right = sorted(self.axis.get_view_interval()) if self.axis else (0.0, 0.0)
        texts, year = [], 0
        for value in values:
            own_year = _instant(value, self._zone).year
            changes = left <= value <= right and own_year != year
            texts.append(f"{self(value)}\n{own_year}" if changes else self(value))
            year = own_year if changes else year
        return texts


def day_axis(own: Axes, theme: Theme, zone: tzinfo = UTC) -> None:
    """Make the axis across one of days, in a zone."""
    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=10)  # type: ignore[no-untyped-call]  # likewise
    own.xaxis.set_major_locator(locator)
    own.xaxis.set_major_formatter(_DayFormatter(zone))
    own.tick_params(axis="x", labelcolor=theme.text, labelsize=SMALL)


def legend_below(figure: Figure, theme: Theme, entries: Sequence[tuple[str, Artist]]) -> None:
    """Put a legend below the axes, in as many columns as there is room for."""
    font, measure = FontProperties(size=_LEGEND_TEXT), TextToPath()
    widest = max(measure.get_text_width_height_descent(name, font, ismath=False)[0] for name, _ in entries)
    room = (figure.get_figwidth() - 0.3) * _POINTS_AN_INCH
    columns = max(1, min(len(entries), int(room // (widest + _LEGEND_BESIDE_TEXT))))
    legend(figure, theme, entries, columns=columns)


def laid_out(figure: Figure) -> Figure:
    """Return a figure whose layout is done and stays: laid out again, it would move by a hair, and its files would differ."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def nothing(theme: Theme, title: str, why: str) -> Figure:
    """Return a chart that says that there is nothing to draw."""
    figure, own = axes(theme, title)
    own.set_axis_off()
    text = say(own, theme, (0.5, 0.5), why, across="center", within="axes fraction")
    text.set_fontsize(SMALL + 2)
    return laid_out(figure)


def apart(places: Sequence[float], gap: float, highest: float) -> list[float]:
    """Return places moved up, and below the highest, until any two are a gap apart; their order stays."""
    moved: list[float] = [0.0] * len(places)
    ranks = sorted(range(len(places)), key=lambda number: (places[number], number))
    least = float("-inf")
    for number in ranks:
        moved[number] = max(places[number], least)
        least = moved[number] + gap
    most = highest
    for number in reversed(ranks):
        moved[number] = min(moved[number], most)
        most = moved[number] - gap
    return moved


def largest(tokens: Iterable[tuple[str, Decimal]], most: int) -> list[str]:
    """Return the names with most tokens, the largest first, and of equal ones by name."""
    return [name for name, _ in sorted(tokens, key=lambda own: (-own[1], own[0]))[:most]]

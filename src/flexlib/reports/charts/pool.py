"""The chart of the pool: what is left of each pack over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from flexlib.extras import required
from flexlib.model.amounts import negated, total
from flexlib.model.instants import as_utc, day_start
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import EntryKind
from flexlib.pool.ledger import Ledger
from flexlib.pool.running import drawing_order
from flexlib.reports.charts import drawing
from flexlib.reports.charts.drawing import say, shortened
from flexlib.reports.charts.style import LIGHT, Theme, axes

with required("plot"):
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PACKS = 12
_MOST_EXPIRIES = 6


def balance_chart(ledger: Ledger, *, until: datetime, zone: tzinfo = UTC, theme: Theme = LIGHT) -> Figure:
    """Return the balance of the pool over time, one area for each pack in the order of drawing: the top one is drawn on first.

    The balance is read at the start of each day of the zone, and at each start and expiry of a pack. Tokens that expired unused and
    days on which the pool was short are marked.

    Args:
        ledger: The ledger.
        until: Up to when it is read, aware.
        zone: Whose days are drawn.
        theme: The colours.

    Raises:
        NaiveDatetimeError: ``until`` is naive.

    .. versionadded:: 0.1.0
    """
    until = as_utc(until)
    packs = [pack for pack in sorted(ledger.packs, key=drawing_order) if pack.starts_at < until]
    if not packs:
        return drawing.nothing(
            theme, "Balance of the pool", f"No pack starts before {drawing.dated(until.astimezone(zone).date())}."
        )
    title = (
        f"Balance of the pool: {drawing.grouped(ledger.balance(until))} tokens on {drawing.dated(until.astimezone(zone).date())}"
    )
    figure, own = axes(theme, title, "", "tokens")
    instants = _instants(packs, until, zone)
    readings = [ledger.balances(instant) for instant in instants]
    entries = _areas(own, theme, packs, [drawing.placed(instant) for instant in instants], readings, zone)
    top = max(float(total(reading.values())) for reading in readings)
    own.set_xlim(drawing.placed(instants[0]), drawing.placed(until))
    own.set_ylim(0, 1.15 * max(top, 1.0))
    _expired(own, theme, ledger, until)
    entries += _short(own, theme, ledger, until)
    drawing.day_axis(own, theme, zone)
    drawing.amount_axis(own.yaxis)
    drawing.legend_below(figure, theme, entries)
    return drawing.laid_out(figure)


def _instants(packs: Sequence[TokenPack], until: datetime, zone: tzinfo) -> list[datetime]:
    """Return when the balance is read, in order: at the start of each day, of each pack and of each expiry, and at the end."""
    first = min(pack.starts_at for pack in packs)
    day = first.astimezone(zone).date()
    days = [day_start(day + timedelta(number), zone) for number in range((until - first).days + 2)]
    turns = [turn for pack in packs for turn in (pack.starts_at, pack.expires_at)]
    return sorted({instant for instant in [*days, *turns, until] if first <= instant <= until})


def _areas(
    own: Axes,
    theme: Theme,
    packs: Sequence[TokenPack],
    places: Sequence[float],
    readings: Sequence[dict[str, Decimal]],
    zone: tzinfo,
) -> list[tuple[str, Artist]]:
    """Draw the areas from the pack that is drawn on last up to the first; small packs beyond twelve are one area."""
    kept = set(
        drawing.largest(((pack.id, pack.tokens) for pack in packs), _MOST_PACKS if len(packs) <= _MOST_PACKS else _MOST_PACKS - 1)
    )
    others = [pack.id for pack in packs if pack.id not in kept]
    groups = [(f"{shortened(pack.id, 18)}, ends {_ends(pack, zone)}", [pack.id]) for pack in packs if pack.id in kept]
    groups += [(f"{len(others)} other packs", others)] if others else []
    base = [0.0] * len(places)
    entries: list[tuple[str, Artist]] = []
    for number, (name, ids) in reversed(list(enumerate(groups))):
        style = theme.series(number)
        top = [low + float(total(reading[own_id] for own_id in ids)) for low, reading in zip(base, readings, strict=True)]
        area = own.fill_between(
            places,
            base,
            top,
            step="post",
            linewidth=0.6,
            facecolor=style.colour,
            hatch=style.hatch,
            edgecolor=theme.background,
            gid=f"area {number}",
        )
        entries.append((name, area))
        base = top
    own.step(places, base, where="post", color=theme.text, linewidth=1.6, gid="balance")
    return entries[::-1]


def _ends(pack: TokenPack, zone: tzinfo) -> str:
    return drawing.dated(pack.expires_at.astimezone(zone).date())


def _expired(own: Axes, theme: Theme, ledger: Ledger, until: datetime) -> None:
    """Mark where tokens expired unused; say how many of the six largest."""
    expiries = [entry for entry in ledger.history() if entry.kind is EntryKind.EXPIRY and entry.at <= until and entry.tokens]
    largest = sorted(expiries, key=lambda entry: (entry.tokens, entry.at, entry.pack_id))[:_MOST_EXPIRIES]
    middle = sum(own.get_xlim()) / 2
    for entry in expiries:
        place = drawing.placed(entry.at)
        own.axvline(place, color=theme.text, linestyle=":", linewidth=1.2, gid=f"expiry {entry.pack_id}")
    for number, entry in enumerate(sorted(largest, key=lambda entry: (entry.at, entry.pack_id))):
        place = drawing.placed(entry.at)
        words = f"{shortened(entry.pack_id, 18)}: {drawing.grouped(negated(entry.tokens))} expired unused"
        height = (0.98 - 0.07 * (number % 3)) * own.get_ylim()[1]
        on_left = place > middle
        say(
            own,
            theme,
            (place, height),
            words,
            move=(-4 if on_left else 4, 0),
            across="right" if on_left else "left",
            up="top",
            boxed=True,
        )


def _short(own: Axes, theme: Theme, ledger: Ledger, until: datetime) -> list[tuple[str, Artist]]:
    """Mark when charges found too few tokens; the entry of the legend tells how many lacked in all."""
    places = sorted({drawing.placed(gap.at) for gap in ledger.shortfalls if gap.kind is EntryKind.DRAW and gap.at <= until})
    if not places:
        return []
    style = theme.series(3)
    [marks] = own.plot(
        places,
        [0.0] * len(places),
        linestyle="",
        marker="X",
        markersize=8,
        color=style.colour,
        markeredgecolor=theme.background,
        markeredgewidth=0.5,
        clip_on=False,
        zorder=5,
        gid="short",
    )
    return [(f"short of {drawing.grouped(ledger.shortfall(until))} tokens in all", marks)]

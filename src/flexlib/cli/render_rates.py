"""Lists of rates and their differences on a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flexlib.cli.console import clock, section, table, titled
from flexlib.cli.rates import Conflict, RateList
from flexlib.cli.rates_diff import Change, Cost, CostLine, ProductChange, RateDiff, Side
from flexlib.cli.values import SetAside
from flexlib.model.amounts import counted, negated, plain, total
from flexlib.model.rates import Rate

_CHANGES = {
    Change.ADDED: "added",
    Change.REMOVED: "removed",
    Change.TOKENS: "other tokens",
    Change.BASIS: "other basis",
    Change.SOURCE: "other source",
    Change.UNDECIDED: "undecided",
    Change.NOT_IN_FORCE: "not in force",
}


def show_rates(listed: RateList, zone: tzinfo, to: Console) -> None:
    """Print a list of rates, with its instants on the clocks of a zone."""
    where = f" in {listed.region}" if listed.region else ""
    to.print(Text(f"Rates in force{where} at {clock(listed.at, zone)}", style="bold"))
    sources = list(dict.fromkeys(_origin(rate) for rate in listed.rates))
    if listed.rates:
        to.print(_rates(listed.rates, sources, zone))
    else:
        to.print("None.")
    section(to, "Sheets and sources", [f"[{number}] {source}" for number, source in enumerate(sources, start=1)])
    section(to, "Without a rate then", [f"{product.product}: {product.reason}" for product in listed.without])
    _show_conflicts(to, "Conflicts", [conflict for conflict in listed.conflicts if conflict.in_force], zone)
    _show_conflicts(to, "Conflicts at other times", [conflict for conflict in listed.conflicts if not conflict.in_force], zone)


def _rates(rates: Iterable[Rate], sources: Sequence[str], zone: tzinfo) -> Table:
    rows = [
        (
            Text(rate.product),
            plain(rate.tokens),
            rate.basis.value,
            _since(rate.effective_from, zone),
            Text(rate.region or "everywhere"),
            f"[{sources.index(_origin(rate)) + 1}]",
        )
        for rate in rates
    ]
    return table(["product", "tokens", "a", "since", "region", "source"], rows, left=(0, 2, 3, 4))


def _origin(rate: Rate) -> str:
    return f"{rate.sheet}: {rate.source or 'no source'}"


def _since(at: datetime, zone: tzinfo) -> str:
    """Return the date that a sheet gives; an instant that is no date of a sheet on the clocks of the zone."""
    return str(at.date()) if at.astimezone(UTC).time() == time() else clock(at, zone)


def _show_conflicts(to: Console, title: str, conflicts: Sequence[Conflict], zone: tzinfo) -> None:
    if conflicts:
        to.print(Text(f"\n{title}", style="bold"))
    for conflict in conflicts:
        until = f" until {_since(conflict.end, zone)}" if conflict.end else ""
        span = f"from {_since(conflict.start, zone)}{until}"
        to.print(Text(f"  {conflict.product} {conflict.region or 'everywhere'} {span}"))
        to.print(Text(f"  {conflict.reason}"), soft_wrap=True)
        to.print(_sides(conflict, zone))


def _sides(conflict: Conflict, zone: tzinfo) -> Table:
    """Return the sides of a conflict beside each other."""
    sides = conflict.sides
    sources = [side.source for side in sides]
    rows = [
        ["", *(f"{plain(side.tokens)} a {side.basis.value}" for side in sides)],
        ["since", *(_since(side.effective_from, zone) for side in sides)],
        ["provider", *(source.provider if source else "no source" for source in sources)],
        ["document", *(source.document if source else "-" for source in sources)],
        ["as of", *(str(source.as_of or "-") if source else "-" for source in sources)],
    ]
    if conflict.winner is not None:
        rows.append(["precedence", *(_verdict(side, conflict) for side in sides)])
    cells = [[Text(cell) for cell in row] for row in rows]
    return table(["sheet", *(side.sheet or "-" for side in sides)], cells, left=range(len(sides) + 1))


def _verdict(side: Rate, conflict: Conflict) -> str:
    if side is conflict.winner:
        return "wins"
    return "loses" if side in conflict.losers else "agrees"


def show_diff(diff: RateDiff, zone: tzinfo, to: Console) -> None:
    """Print a difference of rates, with its instants on the clocks of a zone."""
    where = f" in {diff.region}" if diff.region else ""
    to.print(Text(f"What changes{where} from A to B", style="bold"))
    for sign, side in (("A", diff.a), ("B", diff.b)):
        to.print(Text(f"  {sign}: {side.name}, as of {clock(side.at, zone)}"), soft_wrap=True)
    if diff.changes:
        to.print(_changes(diff.changes))
    to.print(f"Unchanged: {counted(diff.unchanged, 'product')}.")
    section(to, "Sources that changed", [_sources(change) for change in diff.changes if change.change is Change.SOURCE])
    section(to, "Without a rate", [f"{change.product}: {note}" for change in diff.changes for note in change.notes])
    if diff.cost is not None:
        _show_cost(diff.cost, diff, zone, to)


def _changes(changes: Iterable[ProductChange]) -> Table:
    rows = [
        (Text(change.product), _CHANGES[change.change], _short(change.a), _short(change.b), _step(change)) for change in changes
    ]
    return table(["product", "change", "A", "B", "difference"], rows, left=(0, 1))


def _short(rate: Rate | None) -> str:
    return f"{plain(rate.tokens)} a {rate.basis.value}" if rate else "-"


def _step(change: ProductChange) -> str:
    if change.a is None or change.b is None or change.change is not Change.TOKENS:
        return "-"
    return _signed(total([change.b.tokens, negated(change.a.tokens)]))


def _signed(amount: Decimal) -> str:
    return f"+{plain(amount)}" if amount > 0 else plain(amount)


def _sources(change: ProductChange) -> str:
    a, b = (rate.source if rate else None for rate in (change.a, change.b))
    return f"{change.product}: {a or 'no source'} -> {b or 'no source'}"


def _show_cost(cost: Cost, diff: RateDiff, zone: tzinfo, to: Console) -> None:
    to.print(Text(f"\nOn the usage, {cost.uses} sessions and results", style="bold"))
    for sign, side, tokens in (("A", diff.a, cost.a), ("B", diff.b, cost.b)):
        to.print(Text(f"  {counted(tokens, 'token')} under {sign}, {_rated_by(side, zone)}"), soft_wrap=True)
    to.print(f"  {_signed(cost.difference)} tokens from A to B")
    if cost.by_product:
        titled(to, "By product", _cost_lines("product", cost.by_product))
        titled(to, "By user", _cost_lines("user", cost.by_user))
    section(to, "Set aside, and in neither figure", _set_aside(cost.set_aside))


def _set_aside(items: Iterable[SetAside]) -> list[str]:
    """Return a line a reason, with the first row or use that it keeps out and how many more."""
    places: dict[str, list[str]] = defaultdict(list)
    for item in items:
        places[item.reason].append(item.where)
    return [f"{own[0]}{f' and {len(own) - 1} more' if own[1:] else ''}: {reason}" for reason, own in places.items()]


def _rated_by(side: Side, zone: tzinfo) -> str:
    if side.throughout:
        return f"at its rates of {clock(side.at, zone)} throughout"
    return "each use at the rate of its own time"


def _cost_lines(what: str, lines: Iterable[CostLine]) -> Table:
    rows = [(Text(line.name), plain(line.a), plain(line.b), _signed(line.difference)) for line in lines]
    return table([what, "A", "B", "difference"], rows)

"""The passes that match charges and rows of equal tokens: on one day, a day apart, and piece by piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from flexlib.model.amounts import counted
from flexlib.reports.causes import DifferenceCause
from flexlib.reports.leftovers import Charged, Leftovers, Place, Told, tokens_charged, tokens_told
from flexlib.reports.naming import folded, is_masked, may_be_dated

_Line: TypeAlias = tuple[str, str, bool]


def set_repeats_aside(left: Leftovers) -> None:
    """Set aside each further copy of a row, but where the charges of that day come to the sum with the copies."""
    for place, own in sorted(left.rows.items()):
        repeats = _repeats(own)
        if repeats and not (place.paid and tokens_charged(left.charges_at(place)) == tokens_told(list(own))):
            for told in repeats:
                figure = counted(told.row.tokens, "token")
                left.differ(DifferenceCause.DUPLICATE, [], [told], f"the report has this row of {figure} more than once")


def _repeats(rows: Collection[Told]) -> list[Told]:
    if len(rows) == 1:
        return []
    seen: set[tuple[object, ...]] = set()
    repeats = []
    for told in rows:
        row = told.row
        content = (folded(row.product), row.tokens, row.team, row.feature)
        if content in seen and not is_masked(row.user):  # behind stars there may be two users
            repeats.append(told)
        seen.add(content)
    return repeats


def same_day(left: Leftovers) -> None:
    """Match what comes to the same tokens for a user and product on a day."""
    for place, charges, rows in left.shared():
        if not place.paid or tokens_charged(charges) == tokens_told(rows):
            _agree(left, charges, rows)


def pair_equals(left: Leftovers) -> None:
    """Match single charges and rows of equal tokens on a day whose sums differ."""
    for _, charges, rows in left.shared():
        by_team = _pairs(charges, rows, lambda item: item.charge.team, lambda told: told.row.team)
        taken = {id(one) for pair in by_team for one in pair}
        rest = [item for item in charges if id(item) not in taken], [told for told in rows if id(told) not in taken]
        for item, told in [*by_team, *_pairs(*rest, lambda _: None, lambda _: None)]:
            _agree(left, [item], [told])


def _pairs(
    charges: Iterable[Charged],
    rows: Iterable[Told],
    team_charged: Callable[[Charged], str | None],
    team_told: Callable[[Told], str | None],
) -> list[tuple[Charged, Told]]:
    waiting: dict[tuple[Decimal, str | None], list[Told]] = defaultdict(list)
    for told in rows:
        waiting[told.row.tokens, team_told(told)].append(told)
    pairs = []
    for item in sorted(charges, key=_pairing_order):
        equal = waiting[item.charge.tokens, team_charged(item)]
        if equal:
            pairs.append((item, equal.pop(0)))
    return pairs


def _pairing_order(item: Charged) -> tuple[timedelta, datetime]:
    """Leave over, as long as there is a choice, charges near midnight, which another zone may have moved, and of windows the later."""
    at = item.charge.at
    return abs(at - at.replace(hour=12, minute=0, second=0, microsecond=0)), at


def _agree(left: Leftovers, charges: Sequence[Charged], rows: Sequence[Told]) -> None:
    """Record charges and rows of equal tokens: a match, unless the day, the user or the team had to be found."""
    if any(item.moved for item in charges):
        left.differ(DifferenceCause.ANOTHER_DAY, charges, rows, _other_day(charges, rows[0].place))
    elif any(told.hidden for told in rows):
        hidden = next(told.row.user for told in rows if told.hidden)
        said = f"the report hides the user behind {hidden!r}, whose rows fit the charges of {charges[0].charge.user}"
        left.differ(DifferenceCause.PERSONAL_DATA, charges, rows, said)
    else:
        _agree_by_team(left, charges, rows)


def _agree_by_team(left: Leftovers, charges: Sequence[Charged], rows: Sequence[Told]) -> None:
    if len({*(item.charge.team for item in charges), *(told.row.team for told in rows)}) == 1:
        left.match(charges, rows)
        return
    paid, told_of = defaultdict(list), defaultdict(list)
    for item in charges:
        paid[_team(item.charge.team)].append(item)
    for told in rows:
        told_of[_team(told.row.team)].append(told)
    uneven = {team for team in (*paid, *told_of) if tokens_charged(paid[team]) != tokens_told(told_of[team])}
    named = {team for team in uneven if team is not None}
    moved = [item for item in charges if _team(item.charge.team) in uneven]
    rows_moved = [told for told in rows if _team(told.row.team) in uneven]
    if not any(_team(item.charge.team) in named for item in moved) or not any(_team(told.row.team) in named for told in rows_moved):
        left.match(charges, rows)
        return
    if len(moved) < len(charges):
        left.match(
            [item for item in charges if _team(item.charge.team) not in uneven],
            [told for told in rows if _team(told.row.team) not in uneven],
        )
    ours, theirs = (_teams(teams) for teams in ([i.charge.team for i in moved], [t.row.team for t in rows_moved]))
    figure = counted(tokens_told(rows_moved), "token")
    left.differ(DifferenceCause.TEAM_MOVE, moved, rows_moved, f"{figure} charged to {ours} are reported under {theirs}")


def _team(name: str | None) -> str | None:
    return None if name is None or is_masked(name) else folded(name)


def _teams(names: Iterable[str | None]) -> str:
    return " and ".join(sorted({f"team {name}" if name else "no team" for name in names}))


def _other_day(charges: Sequence[Charged], place: Place) -> str:
    moved = next(item for item in charges if item.moved)
    at = moved.charge.at
    start = datetime.fromordinal(place.day).replace(tzinfo=UTC)
    how = (
        f"at UTC{_offset(start - at)} or more" if moved.moved > 0 else f"at less than UTC{_offset(start - at + timedelta(days=1))}"
    )
    day = start.date().isoformat()
    return f"{counted(moved.charge.tokens, 'token')} were charged at {at.isoformat()}; {how} that is on {day}, the day reported"


def _offset(span: timedelta) -> str:
    minutes = abs(span) // timedelta(minutes=1)
    return f"{'-' if span < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"


def another_day(left: Leftovers) -> None:
    """Put charges on the next day or the day before where some zone dates them so and the sums then agree.

    One zone moves the last charges of each day on, or the first of each day back. So from a day whose sums differ, the surplus is
    carried to the day after it, from there what is then too much to the next, until a day comes out even. Where none does, or a
    charge cannot lie on that day in any zone, nothing is moved.
    """
    for line, on_days in _lines(left).items():
        for day in sorted(on_days):
            for item, to in _chain(left, line, day):
                left.redate(item, to)


def _lines(left: Leftovers) -> dict[_Line, list[int]]:
    """Return the days on which a user and product have too many or too few tokens reported, where they have both."""
    uneven: dict[_Line, list[int]] = defaultdict(list)
    signs: dict[_Line, set[bool]] = defaultdict(set)
    for place in {*left.charges, *left.rows}:
        surplus = _surplus(left, place)
        if surplus:
            line = place.user, place.product, place.paid
            uneven[line].append(place.day)
            signs[line].add(surplus > 0)
    return {line: days for line, days in uneven.items() if len(signs[line]) > 1}


def _surplus(left: Leftovers, place: Place) -> Decimal:
    charges, rows = left.charges_at(place), left.rows_at(place)
    return _weight_charged(place, charges) - (tokens_told(rows) if place.paid else Decimal(bool(rows)))


def _weight_charged(place: Place, charges: Sequence[Charged]) -> Decimal:
    """Return what charges weigh: their tokens, or one together where they cost nothing."""
    return tokens_charged(charges) if place.paid else Decimal(bool(charges))


def _chain(left: Leftovers, line: _Line, day: int) -> list[tuple[Charged, int]]:
    """Return which charges to move, and where to, from a day whose sums differ to the day at which they come out even."""
    user, product, paid = line
    due = _surplus(left, Place(user, product, day, paid))
    onwards = due > 0
    moves: list[tuple[Charged, int]] = []
    while due:
        source, target = (day, day + 1) if onwards else (day + 1, day)
        edge = _edge(left.charges_at(Place(user, product, source, paid)), due, target) if (due > 0) == onwards else []
        if not edge:
            return []
        moves += [(item, target) for item in edge]
        day += 1
        due += _surplus(left, Place(user, product, day, paid))
    return moves


def _edge(charges: Sequence[Charged], due: Decimal, target: int) -> list[Charged]:
    """Return the last charges of a day, or for a negative amount the first, that come to the amount and may lie on another day."""
    edge: list[Charged] = []
    for item in reversed(charges) if due > 0 else charges:
        if not may_be_dated(item.charge.at, target):
            return []
        edge.append(item)
        if not item.place.paid and len(edge) < len(charges):
            continue
        if _weight_charged(item.place, edge) >= due.copy_abs():
            break
    return edge if edge and _weight_charged(edge[0].place, edge) == due.copy_abs() else []

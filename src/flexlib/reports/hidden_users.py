"""The pass that finds out whose rows a report holds in which personal data are off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from flexlib.charging.accounts import Outcome, UseAccount
from flexlib.model.amounts import ZERO
from flexlib.reports.leftovers import Leftovers, Told, tokens_charged, tokens_told
from flexlib.reports.naming import MASKED, Days

_Trace: TypeAlias = tuple[str, int, Decimal]
"""A product, a day and the tokens of one user."""


def name_hidden_users(left: Leftovers, accounts: Iterable[UseAccount], days: Days) -> None:
    """Put the rows of hidden users under the names of those whose left-over charges they fit best.

    Hidden is a user whom only the report knows, under a name that is no e-mail. The vendor's hashed id stays one for a user, so all
    rows of it go to one user; rows whose user is ``*****`` are told apart by their own figures alone.
    """
    rows = left.left_rows()
    hashed: dict[str, list[Told]] = defaultdict(list)
    for told in rows:
        user = told.place.user
        if user != MASKED and "@" not in user and not left.names.knows(user):
            hashed[user].append(told)
    if hashed:
        ours = _traces_of_known(left, accounts, days)
        for hidden, user in _best(_traces_of_hidden(left, hashed), ours).items():
            for told in hashed[hidden]:
                left.rename(told, user)
    _name_masked(left, [told for told in rows if told.place.user == MASKED])


def _traces_of_hidden(left: Leftovers, hashed: Iterable[str]) -> dict[str, set[_Trace]]:
    traces: dict[str, set[_Trace]] = {user: set() for user in hashed}
    for place in left.rows:
        if place.user in traces:
            traces[place.user].add((place.product, place.day, tokens_told(left.rows_at(place))))
    return traces


def _traces_of_known(left: Leftovers, accounts: Iterable[UseAccount], days: Days) -> dict[str, set[_Trace]]:
    """Return what is left of each known user's charges, and the free use of those whom the report does not name."""
    traces: dict[str, set[_Trace]] = defaultdict(set)
    for place in left.charges:
        traces[place.user].add((place.product, place.day, tokens_charged(left.charges_at(place))))
    for account in accounts:
        user = left.names.user(account.use.user)
        if user not in left.reported_until and account.outcome not in {Outcome.CHARGED, Outcome.UNRATED}:
            traces[user].add((left.names.product(account.use.product), days.of(account.at), ZERO))
    return traces


def _best(hidden: Mapping[str, set[_Trace]], known: Mapping[str, set[_Trace]]) -> dict[str, str]:
    """Pair hidden and known users one to one: equal traces first, then the most in common, then by name."""
    chosen: dict[str, str] = {}
    equal: dict[frozenset[_Trace], list[str]] = defaultdict(list)
    for user in sorted(known, reverse=True):
        equal[frozenset(known[user])].append(user)
    for user in sorted(hidden):
        same = equal.get(frozenset(hidden[user]))
        if same:
            chosen[user] = same.pop()
    taken = set(chosen.values())
    for _, one, other in sorted(_in_common(_without(hidden, chosen), _without(known, taken))):
        if one not in chosen and other not in taken:
            chosen[one] = other
            taken.add(other)
    return chosen


def _without(group: Mapping[str, set[_Trace]], users: Container[str]) -> dict[str, set[_Trace]]:
    return {user: traces for user, traces in group.items() if user not in users}


def _in_common(hidden: Mapping[str, set[_Trace]], known: Mapping[str, set[_Trace]]) -> Iterator[tuple[int, str, str]]:
    """Yield, below zero, how many traces each two users have in common; as bits of numbers they are counted fast."""
    numbers = {trace: number for number, trace in enumerate({trace for traces in hidden.values() for trace in traces})}

    def bits(traces: Iterable[_Trace]) -> int:
        return sum(1 << numbers[trace] for trace in traces if trace in numbers)

    ours = [(user, bits(traces)) for user, traces in known.items()]
    for user, traces in hidden.items():
        own = bits(traces)
        yield from ((-(own & other).bit_count(), user, name) for name, other in ours if own & other)


def _name_masked(left: Leftovers, rows: Iterable[Told]) -> None:
    waiting: dict[tuple[str, int, bool, Decimal], list[str]] = defaultdict(list)
    for place in sorted(left.charges, reverse=True):
        waiting[place.product, place.day, place.paid, tokens_charged(left.charges_at(place))].append(place.user)
    for told in rows:
        place = told.place
        users = waiting[place.product, place.day, place.paid, told.row.tokens]
        if users:
            left.rename(told, users.pop())

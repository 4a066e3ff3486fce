"""Sessions that are added to the last windows of their groups: which windows they open, and for whom they come late."""

from __future__ import annotations

import hashlib
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import counted
from flexlib.scale.arrays import TICK, UNKNOWN, Codes, Flags, Instants, Names, Places
from flexlib.scale.charging import ChargeColumns, SessionColumns, Terms, chargeable_use, rated, session_ties
from flexlib.scale.groups import (
    CHECKSUM,
    NO_TEAM,
    OPENER,
    SINCE,
    TEAM,
    UNTIL,
    WINDOWS,
    Groups,
    Level,
    Rows,
    gone_on,
    key_of,
    places_of,
    summary,
)
from flexlib.scale.spans import Cover
from flexlib.scale.windows import Windows, open_windows

Pair: TypeAlias = tuple[str, str]

_CHECKED = [SINCE, UNTIL, WINDOWS, CHECKSUM, TEAM]


def texts(names: list[str]) -> pa.StringArray:
    """Return names as an Arrow array."""
    return pa.array(names, pa.string())


@frozen(eq=False)
class Book:
    """Groups under their names, whose places make the keys (`key_of`)."""

    groups: Groups = field(factory=Groups)
    users: pa.StringArray = field(factory=lambda: texts([]))
    products: pa.StringArray = field(factory=lambda: texts([]))
    teams: pa.StringArray = field(factory=lambda: texts([]))


def _places(known: pa.StringArray, names: list[str]) -> Places:
    """Return the places of names among those known, -1 for one that is not."""
    found = pc.index_in(texts(names), value_set=known).fill_null(-1)
    return found.to_numpy(zero_copy_only=False).astype(np.int64)


def _learned(known: pa.StringArray, names: list[str], place: Places, wanted: Places) -> tuple[pa.StringArray, Places]:
    """Return the names known with some of the given ones, and the places of the given ones, which were found before, among them."""
    lacking = place < 0
    new = wanted[lacking[wanted]]
    if not len(new):
        return known, place
    new, place = np.unique(new), place.copy()
    place[new] = np.arange(len(known), len(known) + len(new))
    return pa.concat_arrays([known, texts([names[one] for one in new])]), place


class Feed(NamedTuple):
    """Sessions, the first so many of which are to be added and the others earlier ones, by which groups are replayed.

    The teams are given where any is told; the first of their names stands for none.
    """

    sessions: SessionColumns
    team: Names | None
    added: int

    def with_earlier(self, earlier: SessionColumns, team: Names | None, users: set[str]) -> Feed:
        """Return the sessions with the earlier ones of some users after them."""
        wanted = np.array([name in users for name in earlier.user.names], bool)
        rows = np.flatnonzero(wanted[earlier.user.codes])
        among = np.isin(earlier.idle.owner, rows)
        place = np.searchsorted(rows, earlier.idle.owner[among]) + self.added
        idle = zip(self.sessions.idle, (place, earlier.idle.start[among], earlier.idle.end[among]), strict=True)
        teams = None
        if self.team or team:
            teams = _joined(self.team or _no_team(self.added), _of(team or _no_team(len(earlier.opened)), rows), none=1)
        sessions = SessionColumns(
            _joined(self.sessions.user, _of(earlier.user, rows)),
            _joined(self.sessions.product, _of(earlier.product, rows)),
            np.concatenate((self.sessions.opened, earlier.opened[rows])),
            np.concatenate((self.sessions.closed, earlier.closed[rows])),
            Cover(*(np.concatenate(pair) for pair in idle)),
            (teams.codes,) if teams else (),
        )
        return Feed(sessions, teams, self.added)


def _no_team(rows: int) -> Names:
    return Names([""], np.zeros(rows, np.int32))


def _of(column: Names, rows: Places) -> Names:
    return Names(column.names, column.codes[rows])


def _joined(one: Names, two: Names, *, none: int = 0) -> Names:
    """Return two columns of names as one; the first ``none`` names of each stand for no name."""
    names = sorted({*one.names[none:], *two.names[none:]})
    rank = {name: place + none for place, name in enumerate(names)}
    codes = [np.array([*range(none), *(rank[name] for name in own.names[none:]), 0], np.int32)[own.codes] for own in (one, two)]
    return Names([*one.names[:none], *names], np.concatenate(codes))


class _Use(NamedTuple):
    """Chargeable use: the group, start, end and session of each span, the code of its team, and what decides between equal starts."""

    group: Places
    start: Instants
    end: Instants
    session: Places
    team: Codes
    ties: tuple[Places, ...]


class _Met(NamedTuple):
    """The groups that occur in use, in order; their keys in the book, or less than 0, and their rows; each span's place among them."""

    group: Places
    key: Places
    rows: Rows
    place: Places


class Outcome(NamedTuple):
    """What was charged and withdrawn, and the book afterwards. The openers of the charges are places of sessions in the feed."""

    charges: ChargeColumns
    withdrawn: ChargeColumns
    book: Book


class Step:
    """Sessions beside what a book keeps of their groups."""

    def __init__(self, book: Book, feed: Feed, terms: Terms) -> None:
        self._feed, self._terms = feed, terms
        self._length = terms.policy.window // TICK
        columns = feed.sessions
        use = chargeable_use(columns, terms)
        self._session_group, self._codes = use.group, use.products
        self._width = max(len(use.products), 1)
        spans = use.spans
        kept = np.arange(len(spans.start)) if spans.kept is None else np.flatnonzero(spans.kept)
        session = spans.of_session(kept)
        ties = tuple(tie[kept].astype(np.int64) for tie in session_ties(columns, spans)) if columns.labels else ()
        team = np.zeros(len(session), np.int32) if feed.team is None else feed.team.codes[session]
        self._book = book
        self._use = _Use(spans.group[kept].astype(np.int64), spans.start[kept], spans.end[kept], session, team, ties)
        self._user_place = _places(book.users, columns.user.names)
        self._product_place = _places(book.products, use.products)
        self._team_place = _places(book.teams, self._team_names)
        self._met = self._meet()

    @property
    def _team_names(self) -> list[str]:
        return self._feed.team.names[1:] if self._feed.team else []

    def _meet(self) -> _Met:
        group, place = np.unique(self._use.group, return_inverse=True)
        user, product = np.divmod(group, self._width)
        user, product = self._user_place[user], self._product_place[product]
        key = np.where((user < 0) | (product < 0), -1, key_of(user, product))
        return _Met(group, key, self._book.groups.find(key), place)

    def late(self) -> Places:
        """Return the keys of the groups of which some use, or some opener, may lie before what the book keeps.

        Use before the last unbroken row of windows may lie in a gap. Use in this row changes no window, but where it reaches from one
        into the next and started before the use that opened the last, it, and so its team, may be what opens the next.
        """
        use, place = self._use, self._met.place
        since, opener, team = (self._met.rows[:, column][place] for column in (SINCE, OPENER, TEAM))
        team_of_use = _with_none(self._team_place)[use.team]
        late = use.start < since
        doubtful = np.flatnonzero(~late & (use.start <= opener) & (team_of_use != team))
        start, since = use.start[doubtful], since[doubtful]
        next_start = since - (since - start) // self._length * self._length
        last_start = self._met.rows[:, UNTIL][place[doubtful]] - self._length
        late[doubtful] = (next_start <= last_start) & (next_start < np.maximum(use.end[doubtful], start + 1))
        return np.unique(self._met.key[place[late]])

    def sessions_of(self, key: Places) -> Places:
        """Return the places of the sessions of groups."""
        return np.flatnonzero(np.isin(self._session_group, self._met.group[np.isin(self._met.key, key)]))

    def pairs_of(self, key: Places) -> list[Pair]:
        """Return the user and the product of groups, sorted."""
        user, product = places_of(key)
        names = (self._book.users.take(pa.array(user, pa.int64())), self._book.products.take(pa.array(product, pa.int64())))
        return sorted(zip(*(column.to_pylist() for column in names), strict=True))

    def outcome(self, *, replayed: Places, left: Places) -> Outcome:
        """Return what becomes of the book.

        Args:
            replayed: The keys of the groups whose windows are opened anew out of all their use.
            left: The keys of the groups of which nothing is taken in.

        Raises:
            InvalidValueError: The earlier sessions of a group do not open the windows that the book has of it.
            RateNotFoundError, RateConflictError, InvalidTokensError: As `charge_columns` does.
        """
        anew = np.isin(self._met.key, replayed)
        opened = self._opened(self._clipped(anew, np.isin(self._met.key, left)))
        before = self._opened_before(replayed, anew)
        users, products = self._feed.sessions.user.names, self._codes
        fresh, gone = self._differing(opened, before)
        charges, withdrawn = (
            rated(users, products, found.group[rows], found.start[rows], self._openers(found, rows), self._terms)
            for found, rows in ((opened, fresh), (before, gone))
        )
        return Outcome(charges, withdrawn, self._written(opened, anew) if len(opened.group) else self._book)

    def _openers(self, found: Windows, rows: Places) -> Places | None:
        return self._use.session[found.opener[rows]] if self._feed.team else None

    def _clipped(self, anew: Flags, left: Flags) -> tuple[Instants, Flags]:
        """Return where spans start and which count: what the windows of the book cover does not, nor do earlier sessions."""
        use, place = self._use, self._met.place
        until = np.where(anew, UNKNOWN, self._met.rows[:, UNTIL])[place]
        kept = (use.start >= until) | (use.end > until)
        kept &= ~left[place] & ((use.session < self._feed.added) | anew[place])
        return np.maximum(use.start, until), kept

    def _opened(self, counted_use: tuple[Instants, Flags]) -> Windows:
        """Return the windows of use, by group and start; of use that was clipped to one instant, the first to start opens one."""
        start, kept = counted_use
        found = open_windows(
            self._use.group, start, self._use.end, self._length, kept=kept, ties=(self._use.start, *self._use.ties)
        )
        order = np.argsort(found.group, kind="stable")
        return Windows(*(column[order] for column in found))

    def _opened_before(self, replayed: Places, anew: Flags) -> Windows:
        """Return the windows that the earlier sessions of replayed groups open, once they are found to be those in the book."""
        if not len(replayed):
            return Windows(*(np.empty(0, np.int64) for _ in Windows._fields))
        before = self._opened((self._use.start, (self._use.session >= self._feed.added) & anew[self._met.place]))
        told = np.full((int(anew.sum()), len(_CHECKED)), UNKNOWN)
        if len(before.group):
            level = self._summary(before, self._team_place)
            told[np.searchsorted(self._met.group[anew], level.key)] = level.rows[:, _CHECKED]
        other = (told != self._met.rows[anew][:, _CHECKED]).any(axis=1)
        if other.any():
            user, product = self.pairs_of(self._met.key[anew][other])[0]
            expected = "all that was appended of each late user and product, and nothing else, on the terms of then"
            error = InvalidValueError("history", f"the sessions of {user} in {product}", expected)
            error.add_note(f"so it is with {counted(int(other.sum()), 'group')} of {counted(len(other), 'group')}")
            raise error
        return before

    def _summary(self, found: Windows, team_place: Places) -> Level:
        team = self._use.team[found.opener]
        told = np.array([0, *map(_number, self._team_names)], np.int64)
        return summary(
            found.group, found.start, self._use.start[found.opener], _with_none(team_place)[team], told[team], self._length
        )

    def _differing(self, opened: Windows, before: Windows) -> tuple[Places, Places]:
        """Return the windows that are not among the others, of each; another team makes another window."""
        if not len(before.group):
            return np.arange(len(opened.group)), np.empty(0, np.int64)
        columns = [np.concatenate(pair) for pair in zip(opened, before, strict=True)]
        group, start, team = columns[0], columns[1], self._use.team[columns[2]]
        order = np.lexsort((team, start, group))
        same = np.flatnonzero(np.all([column[order][1:] == column[order][:-1] for column in (group, start, team)], axis=0))
        alone = np.ones(len(order), bool)
        alone[order[same]] = alone[order[same + 1]] = False
        mine = len(opened.group)
        return np.flatnonzero(alone[:mine]), np.flatnonzero(alone[mine:])

    def _written(self, opened: Windows, anew: Flags) -> Book:
        """Return the book with the windows of this step in it."""
        book, wanted = self._book, self._use.team[opened.opener].astype(np.int64)
        teams, team_place = _learned(book.teams, self._team_names, self._team_place, wanted[wanted > 0] - 1)
        added = self._summary(opened, team_place)
        met = np.searchsorted(self._met.group, added.key)
        before = self._met.rows[met]
        before[anew[met]] = UNKNOWN
        rows = gone_on(before, added.rows, opened.start[np.searchsorted(opened.group, added.key)])
        user, product = np.divmod(added.key, self._width)
        users, user_place = _learned(book.users, self._feed.sessions.user.names, self._user_place, user)
        products, product_place = _learned(book.products, self._codes, self._product_place, product)
        key = key_of(user_place[user], product_place[product])
        order = np.argsort(key)
        groups = book.groups.put(Level(key[order], rows[order]))
        return Book(groups, users, products, teams)


def _number(name: str) -> int:
    """Return a number that stands for a name, today and tomorrow."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def _with_none(team_place: Places) -> Places:
    """Return the places of teams in a book by their codes, of which 0 stands for none; one that the book does not know has no place."""
    return np.append([NO_TEAM], np.where(team_place < 0, UNKNOWN, team_place))

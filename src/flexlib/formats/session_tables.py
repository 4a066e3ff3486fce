"""Sessions as columns: the same facts as a list of `Session`, in forty bytes each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from flexlib.model.usage import Session, Span
from flexlib.scale.arrays import UNKNOWN, Instants, Places, as_instant, as_ticks

T = TypeVar("T")

Small = npt.NDArray[np.int32]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # an odd number whose multiples spread over all 64 bits
_HALF = np.uint64(32)


class Coded(NamedTuple, Generic[T]):
    """A column of values that recur: the distinct ones in order, None first, and the place of each row's among them."""

    values: list[T]
    codes: Small

    def taken(self, places: Places) -> Coded[T]:
        """Return the rows at places."""
        return Coded(self.values, self.codes[places])


class SessionTable(NamedTuple):
    """Sessions as columns; instants are microseconds since 1970, and `UNKNOWN` a close that is not known."""

    user: Coded[str]
    product: Coded[str]
    opened: Instants
    closed: Instants
    idle: Coded[tuple[Span, ...]]
    team: Coded[str | None]
    machine: Coded[str | None]
    version: Coded[str | None]

    @classmethod
    def of(cls, sessions: Sequence[Session]) -> SessionTable:
        """Return the table of sessions."""
        builder = TableBuilder()
        builder.add_sessions(sessions)
        return builder.table()

    @classmethod
    def joined(cls, tables: Iterable[SessionTable]) -> SessionTable:
        """Return one table of the sessions of several."""
        builder = TableBuilder()
        for table in tables:
            builder.add(table)
        return builder.table()

    @property
    def columns(self) -> list[npt.NDArray[np.integer]]:
        """The numbers that make a session: two rows in which all are equal are the same fact."""
        return [column.codes if isinstance(column, Coded) else column for column in self]

    def taken(self, places: Places) -> SessionTable:
        """Return the sessions at places."""
        return SessionTable(
            self.user.taken(places),
            self.product.taken(places),
            self.opened[places],
            self.closed[places],
            self.idle.taken(places),
            self.team.taken(places),
            self.machine.taken(places),
            self.version.taken(places),
        )

    def session(self, place: int) -> Session:
        """Return the session at a place as a value."""
        closed = int(self.closed[place])
        return Session(
            self.user.values[self.user.codes[place]],
            self.product.values[self.product.codes[place]],
            as_instant(int(self.opened[place])),
            None if closed == UNKNOWN else as_instant(closed),
            idle=self.idle.values[self.idle.codes[place]],
            team=self.team.values[self.team.codes[place]],
            machine=self.machine.values[self.machine.codes[place]],
            version=self.version.values[self.version.codes[place]],
        )

    def sessions(self) -> list[Session]:
        """Return all of them as values."""
        return [self.session(place) for place in range(len(self.opened))]

    def distinct(self) -> SessionTable:
        """Return each session once. Only rows whose hashes recur are compared."""
        hashes = np.zeros(len(self.opened), np.uint64)
        for column in self.columns:
            hashes ^= column.astype(np.int64).view(np.uint64)
            hashes *= _GOLDEN
            hashes ^= hashes >> _HALF
        ordered = np.sort(hashes)
        recurring = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(recurring):
            return self
        places = np.flatnonzero(np.isin(hashes, recurring, kind="sort"))
        places = places[np.lexsort([column[places] for column in self.columns])]
        same = np.all([column[places[1:]] == column[places[:-1]] for column in self.columns], axis=0)
        kept = np.ones(len(self.opened), bool)
        kept[places[1:][same]] = False
        return self.taken(np.flatnonzero(kept))


class _Coder(Generic[T]):
    """Gives values their places as they are met."""

    def __init__(self) -> None:
        self._places: dict[T, int] = {}
        self._parts: list[Small] = []

    def add(self, values: Iterable[T]) -> None:
        """Add a part of the column row by row."""
        self._parts.append(self._coded(values))

    def add_coded(self, part: Coded[T]) -> None:
        """Add a part of the column that is coded already."""
        self._parts.append(self._coded(part.values)[part.codes])

    def _coded(self, values: Iterable[T]) -> Small:
        known = self._places
        return np.array([known.setdefault(value, len(known)) for value in values], np.int32)

    def column(self) -> Coded[T]:
        """Return the column of all parts, without values that no row has."""
        codes = np.concatenate([np.empty(0, np.int32), *self._parts])
        used = np.bincount(codes, minlength=len(self._places)) > 0
        ordered = sorted(compress(self._places, used.tolist()), key=lambda value: (value is not None, value))
        rank = np.zeros(len(used), np.int32)
        rank[[self._places[value] for value in ordered]] = np.arange(len(ordered))
        return Coded(ordered, rank[codes])


class TableBuilder:
    """A table in the making."""

    def __init__(self) -> None:
        self._opened: list[Instants] = []
        self._closed: list[Instants] = []
        self._names: tuple[_Coder[str], _Coder[str]] = (_Coder(), _Coder())
        self._idle: _Coder[tuple[Span, ...]] = _Coder()
        self._labels: tuple[_Coder[str | None], _Coder[str | None], _Coder[str | None]] = (_Coder(), _Coder(), _Coder())

    def add(self, table: SessionTable) -> None:
        """Add the sessions of a table; its values need not be in order, and may recur."""
        self._opened.append(table.opened)
        self._closed.append(table.closed)
        for name, names in zip(self._names, (table.user, table.product), strict=True):
            name.add_coded(names)
        self._idle.add_coded(table.idle)
        for label, labels in zip(self._labels, (table.team, table.machine, table.version), strict=True):
            label.add_coded(labels)

    def add_sessions(self, sessions: Sequence[Session]) -> None:
        """Add sessions that are values."""
        user, product = self._names
        team, machine, version = self._labels
        self._opened.append(np.array([as_ticks(session.opened_at) for session in sessions], np.int64))
        closes = [UNKNOWN if session.closed_at is None else as_ticks(session.closed_at) for session in sessions]
        self._closed.append(np.array(closes, np.int64))
        user.add(session.user for session in sessions)
        product.add(session.product for session in sessions)
        self._idle.add(session.idle for session in sessions)
        team.add(session.team for session in sessions)
        machine.add(session.machine for session in sessions)
        version.add(session.version for session in sessions)

    def table(self) -> SessionTable:
        """Return the table of all that was added."""
        none = np.empty(0, np.int64)
        user, product = (name.column() for name in self._names)
        team, machine, version = (label.column() for label in self._labels)
        opened, closed = np.concatenate([none, *self._opened]), np.concatenate([none, *self._closed])
        return SessionTable(user, product, opened, closed, self._idle.column(), team, machine, version)

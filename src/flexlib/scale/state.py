"""Charging a day at a time: the state of the last windows of every user and product, to which sessions are appended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from attrs import field, frozen

from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.errors import FlexError, InvalidValueError
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.scale.appending import Book, Feed, Step
from flexlib.scale.arrays import UNKNOWN, Names, Places
from flexlib.scale.charging import ChargeColumns, Terms
from flexlib.scale.frames import REQUIRED, TEAM, charges_table, session_columns
from flexlib.scale.state_files import book_of, read_state, table_of, write_state
from flexlib.scale.tables import INSTANT, Chunk, as_table, coded, instants_column, like, names_column

F = TypeVar("F")


class Past(NamedTuple):
    """Sessions that were appended before, and their idle spans.

    Attributes:
        frame: The sessions, in a data frame of any kind.
        idle: The idle spans, as `charge_frame` takes them; ``session`` is the number of a row of this frame.

    .. versionadded:: 0.1.0
    """

    frame: object
    idle: object | None = None


@frozen(eq=False)
class Appended(Generic[F]):
    """What appending sessions to a state led to.

    Attributes:
        charges: The charges that are new, in time order, as `charge_frame` gives them.
        withdrawn: The charges that hold no more, since late sessions moved the windows; none where no session was late.
        late: The sessions that were not taken in, since some of their user and product are late and no history was given.
        late_idle: The idle spans of these, if any were given.
        state: The state afterwards.

    .. versionadded:: 0.1.0
    """

    charges: F
    withdrawn: F
    late: F
    late_idle: object | None
    state: WindowState


@frozen(eq=False, repr=False)
class WindowState:
    """The last charge windows of every user and product, by which a day's sessions are charged without the year before it.

    A state never changes: `append` returns another one, which shares most of its memory with the first. Make one with `empty`, or
    `load` what was saved.

    Attributes:
        policy: The charge policy; a state has one for good.

    .. versionadded:: 0.1.0
    """

    policy: ChargePolicy
    _book: Book = field(factory=Book)

    @classmethod
    def empty(cls, policy: ChargePolicy = FLEX) -> WindowState:
        """Return the state before any session.

        .. versionadded:: 0.1.0
        """
        return cls(policy)

    @classmethod
    def load(cls, path: str | Path) -> WindowState:
        """Return a state that was saved.

        Raises:
            FormatError: The file cannot be read, or is no such state.

        .. versionadded:: 0.1.0
        """
        policy, table = read_state(Path(path))
        return cls(policy, book_of(table))

    def save(self, path: str | Path) -> None:
        """Save the state, as an Arrow IPC file (``.arrow``) or as Parquet (``.parquet``).

        A file that is there is replaced, and only once the new one is whole.

        Raises:
            FormatError: The suffix is another, or the file cannot be written.

        .. versionadded:: 0.1.0
        """
        write_state(Path(path), self.policy, self.table)

    @property
    def table(self) -> pa.Table:
        """The state as an Arrow table, one row a user and product that was charged, as it is saved.

        ``since`` and ``until`` bound the last unbroken row of windows; ``windows`` counts all windows so far, and ``checksum`` stands
        for their starts and teams, by which a history is checked. ``opener_at`` is when the use began that opened the last window;
        ``team`` is the team of the row of windows, or ``several_teams`` holds.

        .. versionadded:: 0.1.0
        """
        return table_of(self._book)

    def __len__(self) -> int:
        """Return how many pairs of a user and a product were charged."""
        return len(self._book.groups.whole().key)

    def __repr__(self) -> str:
        return f"WindowState({self.policy!r}, groups={len(self)})"

    def append(
        self,
        frame: F,
        rates: RateBook,
        *,
        region: str | None = None,
        seats: Iterable[Seat] = (),
        policy: ChargePolicy | None = None,
        catalog: Catalog | None = None,
        idle: object | None = None,
        history: Past | Callable[[list[tuple[str, str]]], Past] | None = None,
    ) -> Appended[F]:
        """Return what sessions lead to that come after those of the state.

        The charges of all sessions, less those that were withdrawn, are those of `charge_frame` for all of them at once, however they
        were split up. That takes the same region, seats, catalogue and rates of the past each time. A session is late
        where use of it starts before the last unbroken row of windows of its user and product; also where it reaches from one
        window of this row into another, has another team, and so may be what opened that. Sessions that were appended already
        charge nothing again; where windows opened since, they are late.

        Args:
            frame: The sessions, as `charge_frame` takes them.
            rates: The rates.
            region: The region whose rates go first.
            seats: The seats; use that they cover costs nothing (rule C8).
            policy: The charge policy, to make sure that it is that of the state.
            catalog: The products, met under any of their names.
            idle: The idle spans of the sessions (rule C6).
            history: All sessions that were appended before, at least those of the users and products with late sessions, or what
                returns them when it is given these pairs. By them the windows of these pairs are opened anew. Without it,
                no session of such a pair is taken in; they come back as ``late``, to be appended again with a history.

        Raises:
            InvalidValueError: The policy is not that of the state, or the history does not open the windows that were charged.
            FlexError: As `charge_frame` raises. Where it raises, the state is as before.

        .. versionadded:: 0.1.0
        """
        if policy is not None and policy != self.policy:
            raise InvalidValueError(
                "policy", policy, f"{self.policy}, with which the state was begun; another one needs an empty state"
            )
        terms = Terms(rates, region, tuple(seats), self.policy, catalog)
        feed = _feed(frame, idle, self.policy)
        step = Step(self._book, feed, terms)
        late = step.late()
        if not len(late) or history is None:
            outcome = step.outcome(replayed=late[:0], left=late)
            rows = step.sessions_of(late)
        else:
            past = history(step.pairs_of(late)) if callable(history) else history
            earlier = _history_feed(past, self.policy)
            feed = feed.with_earlier(earlier.sessions, earlier.team, {user for user, _ in step.pairs_of(late)})
            outcome, rows = Step(self._book, feed, terms).outcome(replayed=late, left=late[:0]), late[:0]
        withheld = None if idle is None else like(idle, _idle_table(feed, rows))
        charges, withdrawn, late_frame = (
            like(frame, table)
            for table in (
                _charge_table(outcome.charges, self.policy, feed.team),
                _charge_table(outcome.withdrawn, self.policy, feed.team),
                _session_table(feed, rows),
            )
        )
        return Appended(charges, withdrawn, late_frame, withheld, WindowState(self.policy, outcome.book))


def _feed(frame: object, idle: object | None, policy: ChargePolicy) -> Feed:
    table = as_table(frame, REQUIRED, [TEAM])
    sessions = session_columns(table, policy, idle)
    team = coded(table, TEAM, nulls=True) if TEAM in table.column_names else None
    return Feed(sessions, team, table.num_rows)


def _history_feed(past: Past, policy: ChargePolicy) -> Feed:
    try:
        return _feed(past.frame, past.idle, policy)
    except FlexError as error:
        error.add_note("so it is in the history")
        raise


def _charge_table(charged: ChargeColumns, policy: ChargePolicy, team: Names | None) -> pa.Table:
    if not len(charged.start):  # as most often, where it is what was withdrawn
        charged = charged._replace(user=_few(charged.user), product=_few(charged.product))
    table = charges_table(charged, policy, None)
    return table if team is None or charged.opener is None else table.append_column(TEAM, _teams(team, charged.opener))


def _few(column: Names) -> Names:
    """Return a column of names with only those that occur in it."""
    used, codes = np.unique(column.codes, return_inverse=True)
    return Names([column.names[place] for place in used], codes.astype(np.int32))


def _session_table(feed: Feed, rows: Places) -> pa.Table:
    """Return some of the sessions of a feed, under the names of users and products that they came with."""
    user, product, opened, closed, *_ = feed.sessions
    columns = {
        "user": names_column(_few(Names(user.names, user.codes[rows]))),
        "product": names_column(_few(Names(product.names, product.codes[rows]))),
        "opened_at": instants_column(opened[rows]),
        "closed_at": pa.array(closed[rows], mask=closed[rows] == UNKNOWN).cast(INSTANT),
    }
    return pa.table(columns if feed.team is None else {**columns, TEAM: _teams(feed.team, rows)})


def _idle_table(feed: Feed, rows: Places) -> pa.Table:
    """Return the idle spans of some sessions, as spans of the rows of a frame of only these."""
    cover = feed.sessions.idle
    among = np.isin(cover.owner, rows)
    columns = {
        "session": pa.array(np.searchsorted(rows, cover.owner[among])),
        "start": instants_column(cover.start[among]),
        "end": instants_column(cover.end[among]),
    }
    return pa.table(columns)


def _teams(team: Names, rows: Places) -> Chunk:
    codes = team.codes[rows]
    names: Chunk = pa.array([None, *team.names[1:]], pa.string())
    return names.take(pa.array(codes, pa.int32()))

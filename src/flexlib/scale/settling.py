"""Charges in a data frame settled against packs: draws in a data frame of the same kind, and exact readings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from flexlib.errors import InvalidTokensError
from flexlib.model.instants import as_utc
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import EVERY_TEAM, EveryTeam
from flexlib.pool.facts import Facts
from flexlib.scale.arrays import Codes, Instants, Names, Places, as_ticks
from flexlib.scale.charge_rows import MOST, TEAM, ChargeRows
from flexlib.scale.rating import unscaled
from flexlib.scale.sweep import SHORT, DrawRows, Line, Packs, Readings, draw_rows, sweep
from flexlib.scale.tables import Column, instants_column, kind_of, like, tokens_column

F = TypeVar("F")

_CHUNK = 1_000_000
_NEVER = MOST
_TAKE_COLUMNS = {"polars", "pandas"}  # their frames take further columns and keep the rest as it is


@frozen(eq=False)
class SettledFrame(Generic[F]):
    """Charges of a data frame settled against packs, and readings at any instant. Made by `settle_frame`.

    A reading at an instant counts what happens at that very instant; `expired` and `shortfall` are totals up to it. Every reading takes
    a ``team``, None for the common pool, and reads all teams together without one. Instants are aware.

    Attributes:
        charges: The rows that were given, in their order, with ``drawn`` and ``shortfall``; both are null in a row that only repeats
            another.
        draws: What each charge drew on which pack, in the order of drawing: ``charge`` (the number of a row of ``charges``, from 0),
            ``pack`` (its id; null for what no pack paid), ``team`` if it was given (whose pool paid or was short, null for the common
            one), ``at`` and ``tokens``.
        packs: What became of each pack, by start: ``pack``, ``team``, ``tokens`` (its original size), ``drawn``, ``expired`` (what is
            left at its end).

    .. versionadded:: 0.1.0
    """

    charges: F
    draws: F
    packs: F
    _facts: tuple[TokenPack, ...] = field(repr=False)
    _teams: tuple[str | None, ...] = field(repr=False)
    _readings: Readings = field(repr=False)

    def balance(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that are usable at an instant.

        .. versionadded:: 0.1.0
        """
        return self._sum(self._readings.left(_ticks(at)), team)

    def balances(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> dict[str, Decimal]:
        """Return the tokens usable at an instant in each pack, by pack id; zero for a pack not started, used up or expired.

        .. versionadded:: 0.1.0
        """
        left = zip(self._facts, self._readings.left(_ticks(at)), strict=True)
        return {pack.id: unscaled(tokens if team in (EVERY_TEAM, pack.team) else 0) for pack, tokens in left}

    def expired(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that had expired unused by an instant (rule P1).

        .. versionadded:: 0.1.0
        """
        return self._sum(self._readings.expired(_ticks(at)), team)

    def shortfall(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that charges up to an instant lacked; it is final, a later pack does not make it good.

        .. versionadded:: 0.1.0
        """
        short = zip(self._teams, self._readings.short(_ticks(at)), strict=True)
        return unscaled(sum(tokens for owner, tokens in short if team in (EVERY_TEAM, owner)))

    def _sum(self, tokens: Iterable[int], team: str | EveryTeam | None) -> Decimal:
        return unscaled(sum(part for pack, part in zip(self._facts, tokens, strict=True) if team in (EVERY_TEAM, pack.team)))


def settle_frame(frame: F, packs: Iterable[TokenPack]) -> SettledFrame[F]:
    """Return the charges in a data frame drawn on packs, as `flexlib.settle` draws them, some hundred times as fast.

    What happens at one instant happens in the order expiries, starts of packs, charges; charges of one instant by user, product and row.
    Rows that are equal in all the columns named here are one fact, as equal charges are to `flexlib.settle`: the first of them counts. The
    number and order of other columns make no difference. Refunds and transfers are not taken: `flexlib.settle` takes them.

    Args:
        frame: The charges: ``user``, ``product`` (text), ``tokens`` (decimals or whole numbers), and when they were made: ``at`` or
            ``window_start`` (instants with a zone; the first that is there), else ``day`` (dates, each meaning 00:00 UTC). Perhaps
            ``team`` (text, or null), whose pool pays, and ``feature`` (text, or null), which tells rows apart that are else equal. A
            polars or pandas DataFrame, a PyArrow Table, a DuckDB relation, or what else speaks Arrow, for which PyArrow Tables come
            back.
        packs: The packs.

    Raises:
        FormatError: A column is missing or of the wrong type, such as floats for tokens, or rows are wrong, such as tokens of more than
            six decimals; the error says how many and which are the first.
        NaiveDatetimeError: Instants have no zone.
        InvalidTokensError: The charges come to more tokens, or a pack is of more tokens or of more decimals, than columns hold.
        LedgerError: Two packs share an id and differ.

    >>> from datetime import UTC, date, datetime
    >>> import pyarrow
    >>> day = date(2026, 3, 2)
    >>> frame = pyarrow.table({"user": ["ada", "ben"], "product": ["revit", "autocad"], "day": [day, day], "tokens": [10, 7]})
    >>> settled = settle_frame(frame, [TokenPack.purchase("A-1", 500, date(2026, 1, 1))])
    >>> print(settled.balance(datetime(2026, 3, 3, tzinfo=UTC)))
    483

    .. versionadded:: 0.1.0
    """
    known = Facts.of((), packs, (), ()).packs
    held = _held(frame)
    rows = ChargeRows.of(held)
    teams = [None, *sorted({pack.team for pack in known if pack.team is not None})]
    columns = Packs.of(known, [teams.index(pack.team) for pack in known])
    settled = _settle(rows, teams, columns)
    return SettledFrame(
        _with_columns(frame, held, _outcome(rows, settled)),
        like(frame, _draws_table(rows, settled, known, teams)),
        like(frame, _packs_table(known, columns, settled)),
        tuple(known),
        tuple(teams),
        settled.readings,
    )


class _Settled(NamedTuple):
    """What came of charges: draws of rows in the order of drawing, their pools, and the rows that repeat others."""

    draws: DrawRows
    pool: Codes
    repeated: Places
    readings: Readings


def _settle(rows: ChargeRows, teams: list[str | None], packs: Packs) -> _Settled:
    order, tied = rows.in_order()
    repeated = rows.repeated(order, tied)
    tokens = rows.tokens.copy()
    tokens[repeated] = 0
    _check_sum(tokens)
    pool = np.zeros(len(order), np.int32) if rows.team is None else _pools(rows.team, rows.at, teams, packs)[order]
    by_pool = np.arange(len(order)) if rows.team is None else np.argsort(pool, kind="stable")
    places = order[by_pool]
    line = Line.of(rows.at[places], tokens[places], np.searchsorted(pool[by_pool], range(len(teams) + 1)).tolist())
    segments = sweep(line, packs)
    drawn = draw_rows(line, segments)
    if rows.team is not None:
        in_time = np.argsort(by_pool[drawn.charge], kind="stable")
        drawn = DrawRows(drawn.charge[in_time], drawn.pack[in_time], drawn.tokens[in_time])
    draws = DrawRows(places[drawn.charge], drawn.pack, drawn.tokens)
    return _Settled(draws, pool[by_pool][drawn.charge], repeated, Readings(line, packs, segments))


def _pools(team: Names, at: Instants, teams: list[str | None], packs: Packs) -> Codes:
    """Return the pool that pays each row: its team's from the start of that team's first pack on, before the common one."""
    known = {name: number for number, name in enumerate(teams)}
    owners = np.array([0, *(known.get(name, 0) for name in team.names[1:])], np.int32)
    first = np.full(len(teams), _NEVER)
    np.minimum.at(first, packs.pool, packs.start)
    pool = owners[team.codes]
    return np.where(at >= first[pool], pool, 0)


def _check_sum(millionths: Instants) -> None:
    """Raise `InvalidTokensError` where the sum does not fit into 64 bits; the sum is taken in halves, which do."""
    total = (int((millionths >> 32).sum()) << 32) + int((millionths & 0xFFFFFFFF).sum())
    if total > MOST:
        expected = f"charges that come to at most {unscaled(MOST)} tokens in all: columns hold millionths; settle takes more"
        raise InvalidTokensError(unscaled(total), expected)


def _held(frame: object) -> object:
    """Return what else speaks Arrow as a table, once: a relation may give its rows in another order the next time."""
    if kind_of(frame) in _TAKE_COLUMNS or not hasattr(frame, "__arrow_c_stream__"):
        return frame
    try:
        return pa.table(cast("pa.Table", frame))
    except (pa.ArrowException, TypeError, ValueError):  # a lone column, which is refused in the words of all frames
        return frame


def _with_columns(frame: F, held: object, added: pa.Table) -> F:
    """Return a data frame with further columns, in place of any of these names."""
    kind = kind_of(frame)
    own: Any = frame  # Any: a frame of a package that is not imported here
    columns: Any = like(frame, added) if kind in _TAKE_COLUMNS else added  # Any: likewise
    if kind == "polars":
        return cast("F", own.with_columns(columns.get_columns()))
    if kind == "pandas":
        return cast("F", own.assign(**{name: columns[name].array for name in added.column_names}))
    table = cast("pa.Table", held)
    kept = table.select([place for place, name in enumerate(table.column_names) if name not in added.column_names])
    for name in added.column_names:
        kept = kept.append_column(name, added[name])
    return like(frame, kept)


def _outcome(rows: ChargeRows, settled: _Settled) -> pa.Table:
    """Return what was drawn for each row, and what was not, null where it repeats another."""
    missing = settled.draws.pack == SHORT
    short = np.zeros(len(rows.at), np.int64)
    short[settled.draws.charge[missing]] = settled.draws.tokens[missing]
    counts = np.ones(len(rows.at), np.bool_)
    counts[settled.repeated] = False
    drawn, lacking = tokens_column(rows.tokens - short), tokens_column(short)
    if len(settled.repeated):
        drawn, lacking = (pc.if_else(pa.array(counts), column, None) for column in (drawn, lacking))
    return pa.table({"drawn": drawn, "shortfall": lacking})


def _draws_table(rows: ChargeRows, settled: _Settled, packs: list[TokenPack], teams: list[str | None]) -> pa.Table:
    draws = settled.draws
    columns = {"charge": pa.array(draws.charge), "pack": _named([pack.id for pack in packs], draws.pack)}
    if rows.team is not None:
        columns[TEAM] = _named([team or "" for team in teams[1:]], settled.pool.astype(np.int64) - 1)
    columns["at"] = instants_column(rows.at[draws.charge])
    columns["tokens"] = tokens_column(draws.tokens)
    return pa.table(columns)


def _packs_table(packs: list[TokenPack], columns: Packs, settled: _Settled) -> pa.Table:
    drawn, size = np.array(settled.readings.drawn(_NEVER), np.int64), np.array(columns.size, np.int64)
    return pa.table(
        {
            "pack": pa.array([pack.id for pack in packs], pa.string()),
            TEAM: pa.array([pack.team for pack in packs], pa.string()),
            "tokens": tokens_column(size),
            "drawn": tokens_column(drawn),
            "expired": tokens_column(size - drawn),
        }
    )


def _named(names: list[str], codes: Places) -> Column:
    """Return names by their places as text, null where the place is negative, in chunks that Arrow's short offsets can count."""
    texts = pa.array(names, pa.string())
    chunks = [codes[begin : begin + _CHUNK] for begin in range(0, len(codes), _CHUNK)]
    decoded = [
        pa.DictionaryArray.from_arrays(pa.array(chunk, pa.int64(), mask=chunk < 0), texts).dictionary_decode() for chunk in chunks
    ]
    return pa.chunked_array(decoded, pa.string())


def _ticks(at: datetime) -> int:
    return as_ticks(as_utc(at))

"""The columns of a data frame of charges as numbers: instants, tokens in millionths, and the order in which charges are settled."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, cast

import numpy as np
import pyarrow as pa

from flexlib.errors import FormatError
from flexlib.model.amounts import exact
from flexlib.scale.arrays import FIRST, LAST, Codes, Flags, Instants, Names, Places
from flexlib.scale.rating import DECIMALS
from flexlib.scale.tables import Chunk, Column, as_table, coded, refuse, refuse_nulls, ticks

MOST = np.iinfo(np.int64).max
MILLION = 10**DECIMALS
TEAM, FEATURE = "team", "feature"

_INSTANTS = ("at", "window_start", "day")
_EXACT = pa.decimal128(38, DECIMALS)
_DAY = 24 * 60 * 60 * 10**6
_KEY_BITS = 63
_TOO_LARGE = f"it is too large: columns hold tokens in millionths, up to {MOST // MILLION}; settle takes more"


class ChargeRows(NamedTuple):
    """Charges as numbers.

    Attributes:
        at: The instants.
        who: A number for each user and product, in the order of their names.
        tokens: The tokens in millionths.
        team: The teams, where they are given.
        labels: Whatever else tells two charges apart.
    """

    at: Instants
    who: Places
    tokens: Instants
    team: Names | None
    labels: list[Codes]

    @classmethod
    def of(cls, frame: object) -> ChargeRows:
        """Return the charges in a data frame as numbers; what no charge could be raises the errors that `settle_frame` names."""
        table = as_table(frame, ("user", "product", "tokens"), (*_INSTANTS, TEAM, FEATURE))
        instant = next((name for name in _INSTANTS if name in table.column_names), None)
        if instant is None:
            others = " and ".join(_INSTANTS[1:])
            raise FormatError("frame", None, _INSTANTS[0], f"this column is missing, and so are {others}: give one of them")
        user, product = coded(table, "user"), coded(table, "product")
        at = _days(table, instant) if instant == "day" else ticks(table, instant)
        team, feature = (coded(table, name, nulls=True) if name in table.column_names else None for name in (TEAM, FEATURE))
        who = user.codes.astype(np.int64) * max(len(product.names), 1) + product.codes
        return cls(at, who, _millionths(table, "tokens"), team, [label.codes for label in (team, feature) if label])

    def in_order(self) -> tuple[Places, Flags]:
        """Return the rows in order of time, user, product and row, and which of these have all that in common with the one before."""
        at, who = self.at, self.who
        later, same = at[1:] > at[:-1], at[1:] == at[:-1]
        if (later | (same & (who[1:] >= who[:-1]))).all():
            order = np.arange(len(at))
        else:
            order = _sorted_rows(at, who)
            at, who = at[order], who[order]
            same = at[1:] == at[:-1]
        return order, np.concatenate((np.zeros(min(len(at), 1), np.bool_), same & (who[1:] == who[:-1])))

    def repeated(self, order: Places, tied: Flags) -> Places:
        """Return the rows that are equal to an earlier one."""
        if not tied.any():
            return np.empty(0, np.int64)
        alike = np.flatnonzero(tied | np.append(tied[1:], [False]))
        own = order[alike]
        keys = [np.cumsum(~tied)[alike], *(key[own] for key in (self.tokens, *self.labels))]
        by = np.lexsort(keys[::-1])
        equal = np.logical_and.reduce([key[by][1:] == key[by][:-1] for key in keys])
        return own[by][1:][equal]


def _sorted_rows(at: Instants, who: Places) -> Places:
    """Return rows in order of instant, user and product, and row: one sort of keys, and a repair where these are too short."""
    day = _DAY if not at[0] % _DAY and not (at % _DAY).any() else 1
    value = (at - at.min()) // day
    names, place_bits = int(who.max()) + 1, len(at).bit_length()
    fits = (int(value.max()) + 1) * names <= MOST
    if fits:
        value = value * names + who
    coarse = max(int(value.max()).bit_length() + place_bits - _KEY_BITS, 0)
    key = ((value >> coarse) << place_bits) | np.arange(len(at))
    key.sort()
    place: Places = key & ((1 << place_bits) - 1)
    if coarse or not fits:
        key >>= place_bits
        same = key[1:] == key[:-1]
        doubtful = np.flatnonzero(np.append(same, [False]) | np.append([False], same))
        own = place[doubtful]
        place[doubtful] = own[np.lexsort((who[own], at[own]))]
    return place


def _days(table: pa.Table, name: str) -> Instants:
    """Return a column of dates as the instants at which these days begin in UTC."""
    column = table[name]
    refuse_nulls(column, name)
    if not len(column):
        return np.empty(0, np.int64)
    if not pa.types.is_date(column.type):
        raise FormatError("frame", None, name, f"it holds {column.type}: give dates; an instant goes into a column {_INSTANTS[0]}")
    days = column.cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)
    refuse(name, (days < FIRST // _DAY) | (days > LAST // _DAY), "it lies outside of the years 1 to 9999")
    return days * _DAY


def _millionths(table: pa.Table, name: str) -> Instants:
    """Return a column of exact tokens, decimals or whole numbers, as millionths."""
    column = table[name]
    refuse_nulls(column, name)
    if not len(column):
        return np.empty(0, np.int64)
    if not (pa.types.is_decimal(column.type) or pa.types.is_integer(column.type)):
        inexact = " (floats are not exact)" if pa.types.is_floating(column.type) else ""
        raise FormatError("frame", None, name, f"it holds {column.type}: give decimals or whole numbers{inexact}")
    try:
        words = _words(column.cast(_EXACT))
    except pa.ArrowInvalid:
        _refuse_inexact(cast("list[Decimal]", column.to_pylist()), name)  # there are no nulls
        raise
    refuse(name, words[:, 1] < 0, "it is negative: give tokens of zero or more")
    refuse(name, (words[:, 1] > 0) | (words[:, 0] < 0), _TOO_LARGE)
    return np.ascontiguousarray(words[:, 0])


def _refuse_inexact(amounts: Sequence[Decimal], name: str) -> None:
    """Raise `FormatError` with the rows of tokens that are no whole millionths or too large."""
    with exact():
        whole = [amount * MILLION for amount in amounts]
        decimals = [amount != amount.to_integral_value() for amount in whole]
    refuse(name, np.array(decimals), f"it has more than {DECIMALS} decimals: columns hold tokens in millionths; settle takes more")
    refuse(name, np.array([abs(amount) > MOST for amount in whole]), _TOO_LARGE)


def _words(column: Column) -> Instants:
    """Return 128-bit decimals as pairs of words, the low word first."""
    parts = [_pairs(chunk) for chunk in column.chunks if len(chunk)]
    return np.concatenate(parts) if parts else np.empty((0, 2), np.int64)


def _pairs(chunk: Chunk) -> Instants:
    words = np.frombuffer(cast("memoryview", chunk.buffers()[1]), np.int64, 2 * (chunk.offset + len(chunk)))
    return words.reshape(-1, 2)[chunk.offset :]

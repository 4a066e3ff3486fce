"""Sessions in a data frame into charges in a data frame of the same kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pyarrow as pa

from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.model.amounts import counted
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.scale.arrays import LAST, UNKNOWN, Instants, span_ticks
from flexlib.scale.charging import ChargeColumns, SessionColumns, Terms, charge_columns
from flexlib.scale.spans import Cover
from flexlib.scale.tables import (
    Chunk,
    Column,
    as_table,
    coded,
    instants_column,
    like,
    names_column,
    numbers,
    refuse,
    taken,
    ticks,
    tokens_column,
)

F = TypeVar("F")

REQUIRED = ("user", "product", "opened_at", "closed_at")
TEAM = "team"
_IDLE = "idle"


def charge_frame(
    frame: F,
    rates: RateBook,
    *,
    region: str | None = None,
    seats: Iterable[Seat] = (),
    policy: ChargePolicy = FLEX,
    catalog: Catalog | None = None,
    idle: object | None = None,
) -> F:
    """Return the charges of the sessions in a data frame, as a data frame of the same kind.

    The charges are those of `flexlib.charge_usage`, row for row and in its order; no Python value is made for a row.

    Args:
        frame: The sessions: ``user``, ``product`` (text), ``opened_at``, ``closed_at`` (instants with a zone; a null close is not known),
            and perhaps ``team``. A polars or pandas DataFrame, a PyArrow Table, a DuckDB relation, or what else speaks Arrow, for
            which a PyArrow Table comes back.
        rates: The rates.
        region: The region whose rates go first.
        seats: The seats; use that they cover costs nothing (rule C8).
        policy: The charge policy.
        catalog: The products, met under any of their names; the charges have their codes.
        idle: The idle spans, in a data frame of any kind: ``session``, which is the number of a row of ``frame`` from 0, ``start`` and
            ``end`` (rule C6).

    Returns:
        ``user``, ``product``, ``window_start``, ``window_end``, ``tokens`` (a decimal of six places), and ``team`` where it was given.

    Raises:
        FormatError: A column is missing or of the wrong type, or rows are wrong; the error says how many and which are the first.
        NaiveDatetimeError: Instants have no zone.
        RateNotFoundError: A product has no day rate at the start of a window.
        RateConflictError: Sheets disagree on a rate that is needed (rule R3).
        UnknownProductError: The catalogue does not know a product.
        InvalidTokensError: A rate that is needed has more than six decimals, or too many tokens for them.
        InvalidValueError: It is no data frame, or a lazy one.

    .. versionadded:: 0.1.0
    """
    terms = Terms(rates, region, tuple(seats), policy, catalog)
    return like(frame, charge_table(as_table(frame, REQUIRED, [TEAM]), terms, idle))


def charge_table(table: pa.Table, terms: Terms, idle: object | None = None) -> pa.Table:
    """Return the charges of sessions in an Arrow table as another one."""
    charged = charge_columns(session_columns(table, terms.policy, idle), terms)
    return charges_table(charged, terms.policy, None if charged.opener is None else table[TEAM])


def charges_table(charged: ChargeColumns, policy: ChargePolicy, team: Column | None) -> pa.Table:
    """Return charges as an Arrow table, with the teams of the sessions that opened their windows, out of the column of all teams."""
    columns: dict[str, Column | Chunk] = {
        "user": names_column(charged.user),
        "product": names_column(charged.product),
        "window_start": instants_column(charged.start),
        "window_end": instants_column(charged.start + span_ticks(policy.window)),
        "tokens": tokens_column(charged.tokens),
    }
    if team is not None and charged.opener is not None:
        columns[TEAM] = taken(team, charged.opener)
    return pa.table(list(columns.values()), names=list(columns))


def session_columns(table: pa.Table, policy: ChargePolicy, idle: object | None) -> SessionColumns:
    """Return the sessions in an Arrow table as numbers; what no `Session` could be raises `FormatError`."""
    opened, closed = ticks(table, "opened_at"), ticks(table, "closed_at", null=UNKNOWN)
    known = closed != UNKNOWN
    refuse("closed_at", known & (closed < opened), "it lies before opened_at: a session closes when it opens, or later")
    last = LAST - span_ticks(policy.window)
    for name, instants in (("opened_at", opened), ("closed_at", closed)):
        if instants.max(initial=UNKNOWN) > last:
            refuse(name, instants > last, "it lies so near to the end of the year 9999 that a window of it would not end")
    labels = (coded(table, TEAM, nulls=True).codes,) if TEAM in table.column_names else ()
    return SessionColumns(coded(table, "user"), coded(table, "product"), opened, closed, _idle_spans(idle, opened, closed), labels)


def _idle_spans(idle: object | None, opened: Instants, closed: Instants) -> Cover:
    if idle is None:
        return Cover.of(())
    table = as_table(idle, ("session", "start", "end"), of=_IDLE)
    session, start, end = numbers(table, "session", of=_IDLE), ticks(table, "start", of=_IDLE), ticks(table, "end", of=_IDLE)
    absent = (session < 0) | (session >= len(opened))
    refuse("session", absent, f"there is no such row among the {counted(len(opened), 'session')}", of=_IDLE)
    refuse("end", end <= start, "the idle span is empty: it ends after it starts", of=_IDLE)
    close = np.maximum(closed, opened)[session]
    refuse("start", (start < opened[session]) | (end > close), "the idle span is not within its session", of=_IDLE)
    return Cover(session, start, end)

"""The session export of enterprise Token Flex (APS tokenflex/v1) as sessions.

Its times have no zone: they are those of the licence server, whose offset from UTC stands beside them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from flexlib.errors import InvalidValueError
from flexlib.formats.exports.cells import Cell, Unreadable, as_it_is, needed, shown, text_of, text_or_none, user_or_none
from flexlib.formats.exports.columns import WHO
from flexlib.formats.exports.exported import Export, ExportKind, ExportRow
from flexlib.formats.exports.rows import finished, known_users, users_of, who
from flexlib.formats.exports.tables import ExportTable
from flexlib.formats.exports.values import Columns, Convert
from flexlib.formats.times import located, parse_instant
from flexlib.model.usage import Session

SWAPPED_SINCE = date(2021, 12, 1)

_OFFSET = re.compile("([+-]?)([0-9]{1,2}):([0-5][0-9])(?::00)?")
_SWAPPED = re.compile("(arnold|rendernode|vred)\\b", re.IGNORECASE)
_WIDEST = 14  # hours, east of UTC in the Pacific
_NO_USER = "for this product the vendor writes the machine here and the user as machineName, which is blank or not there"


def session_export(table: ExportTable, zone: tzinfo | None) -> Export:
    """Return a session export; times without an offset are read in a zone, where one is named."""
    convert: dict[str, Convert] = {
        "product": needed(text_or_none),
        **dict.fromkeys(("machine", "version"), text_or_none),
        **who(table),
    }
    columns = Columns(table, {**convert, **dict.fromkeys(("session_start", "session_end"), as_it_is)}, {}, None)
    _swap_back(columns)
    users = known_users(columns)
    offsets = columns.get("offset")
    zones = {text: _zone_of(text) for text in set(offsets)}

    def session(
        user: str, product: str, start: Cell, end: Cell | None, offset: str | None, machine: str | None, version: str | None
    ) -> Session | Unreadable:
        stated = zones[offset]
        if isinstance(stated, Unreadable):
            return stated
        opened = _instant(start, stated or zone, "session_start")
        closed = _instant(end or "", stated or zone, "session_end")
        if isinstance(opened, Unreadable) or isinstance(closed, Unreadable):
            return opened if isinstance(opened, Unreadable) else closed  # type: ignore[return-value]  # one of them is
        if opened is None:
            return Unreadable("it is blank", "session_start")
        try:
            return Session(user, product, opened, closed, machine=machine, version=version)
        except InvalidValueError as error:
            return Unreadable(str(error), "session_end")

    parts = map(columns.get, ("product", "session_start", "session_end", "offset", "machine", "version"))
    rows: list[ExportRow] = [*columns.made(session, [users, *parts])]
    return finished(ExportKind.SESSIONS, table, columns, rows)


def _swap_back(columns: Columns) -> None:
    """Give user and machine their places in the rows in which the vendor swaps them; a row that then lacks a user is set aside."""
    if "user_name" not in columns:
        return
    names, machines = columns.get("user_name"), columns.get("machine")
    blank = None if columns.there(WHO) == ["user_name"] else ""  # a name beside an id is read as text
    swapped: list[int] = []
    for row, (product, start) in enumerate(zip(columns.get("product"), columns.get("session_start"), strict=True)):
        if _SWAPPED.match(product) and _written_day(start) >= SWAPPED_SINCE:
            names[row], machines[row] = user_or_none(machines[row] or "") or blank, names[row] or None
            swapped.append(row)
    users = users_of(columns) if swapped else []
    columns.set_aside({row: Unreadable(_NO_USER, "user_name") for row in swapped if users[row] is None})


def _written_day(start: Cell) -> date:
    try:
        return start.date() if isinstance(start, datetime) else date.fromisoformat(text_of(start)[:10])
    except ValueError:
        return date.min  # a start that cannot be read sets its row aside


def _zone_of(offset: str | None) -> tzinfo | Unreadable | None:
    if not offset:
        return None
    if offset.upper() == "Z":
        return UTC
    found = _OFFSET.fullmatch(offset.replace("\u2212", "-"))
    if not found or int(found[2]) > _WIDEST:
        return Unreadable(f"{shown(offset)} is not an offset from UTC such as -8:00 or 5:30", "offset")
    distance = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-distance if found[1] == "-" else distance)


def _instant(cell: Cell, zone: tzinfo | None, meaning: str) -> datetime | Unreadable | None:
    try:
        if isinstance(cell, datetime):
            return located(cell, zone)
        text = text_of(cell)
        return parse_instant(text, zone) if text else None
    except ValueError as error:
        return Unreadable(str(error), meaning)

"""Cells of the vendor's exports into names, days and texts, each distinct cell once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from flexlib.model.amounts import plain

Cell: TypeAlias = str | Decimal | datetime
"""Text, or what a workbook or a JSON document holds as a number, or a workbook as a date."""

DAY_HELP = "write the day as 2026-07-29, or as an instant such as 2026-07-29T21:20:32Z, of which the UTC day counts"

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_DAY_FIRST_OR_LAST = re.compile("[0-9]{1,2}([/. -])[0-9]{1,2}\\1([0-9]{2}|[0-9]{4})")
_LONGEST_SHOWN = 60


@frozen
class Unreadable:
    """A cell, or a row, that cannot be read: the reason, and for a row the meaning of the column at fault."""

    reason: str
    field: str | None = None


class Reading(dict[Cell, object]):
    """What each distinct cell of a column means; a cell that `convert` refuses with a ValueError means an `Unreadable`."""

    def __init__(self, convert: Callable[[Cell], object]) -> None:
        super().__init__()
        self._convert = convert
        self.refused: bool = False

    def __missing__(self, cell: Cell) -> object:
        """Read a cell that was not met before."""
        try:
            value = self._convert(cell)
        except ValueError as error:
            value, self.refused = Unreadable(str(error)), True
        self[cell] = value
        return value


def shown(text: str) -> str:
    """Return a text in quotes, cut where it is long."""
    return repr(text) if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!r}..."


def text_of(cell: Cell) -> str:
    """Return the text of a cell without the blanks around it; "" where it holds nothing or personal data is hidden as asterisks."""
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    text = cell.strip()
    return text if text.strip("*") else ""


def text_or_none(cell: Cell) -> str | None:
    """Return `text_of` a cell, and None for a blank."""
    return text_of(cell) or None


def email_or_none(cell: Cell) -> str | None:
    """Return an e-mail in lower case: the vendor writes one user in several."""
    return text_of(cell).lower() or None


def user_or_none(cell: Cell) -> str | None:
    """Return a user's name or id as it is written, but an e-mail in lower case."""
    text = text_of(cell)
    return (text.lower() if "@" in text else text) or None


def day_or_none(cell: Cell) -> date | None:
    """Return the day of an ISO date, of an instant in UTC or of a workbook's date, and None for a blank.

    Raises:
        ValueError: The cell can be read as several days, or as none.
    """
    if isinstance(cell, datetime):
        return cell.date()
    text = text_of(cell)
    if not text:
        return None
    try:
        if isinstance(cell, str) and _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if isinstance(cell, str) and _INSTANT.fullmatch(text):
            return _day_in_utc(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(text)} is not a day: {error}") from error
    if _DAY_FIRST_OR_LAST.fullmatch(text):
        raise ValueError(f"{shown(text)} is ambiguous, as day and month may stand in either order: {DAY_HELP}")
    raise ValueError(f"{shown(text)} is not a day: {DAY_HELP}")


def _day_in_utc(text: str) -> date:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo:
        return instant.astimezone(UTC).date()
    if instant.time() == time():
        return instant.date()
    raise ValueError(f"it has a time of day but no zone, so its UTC day is not known; {DAY_HELP}")


def month_or_none(cell: Cell) -> date | None:
    """Return a month as its first day, which is how the vendor writes it, and None for a blank."""
    day = day_or_none(cell)
    if day and day.day != 1:
        raise ValueError(f"{day} is not a month: write its first day, {day.replace(day=1)}")
    return day


def needed(convert: Callable[[Cell], object]) -> Callable[[Cell], object]:
    """Return a reader of cells that refuses a blank."""

    def read(cell: Cell) -> object:
        value = convert(cell)
        if value is None:
            raise ValueError("it is blank")
        return value

    return read


def as_it_is(cell: Cell) -> Cell:
    """Return a cell that is read later."""
    return cell

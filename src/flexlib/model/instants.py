"""Instants and dates: aware, in UTC, half-open (rules T1 and P1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo

from dateutil.relativedelta import relativedelta

from flexlib.errors import InvalidValueError, NaiveDatetimeError


def as_utc(instant: datetime) -> datetime:
    """Return an aware datetime as the same instant in UTC (rule T1); a naive one raises `NaiveDatetimeError`."""
    if type(instant) is datetime and instant.tzinfo is UTC:
        return instant
    if not isinstance(instant, datetime):
        raise InvalidValueError("instant", instant, "an aware datetime")
    if instant.utcoffset() is None:
        raise NaiveDatetimeError(instant)
    return instant.astimezone(UTC)


def as_utc_or_none(instant: datetime | None) -> datetime | None:
    """Return `as_utc` of an instant, or None for None."""
    return None if instant is None else as_utc(instant)


def day_start(day: date, zone: tzinfo = UTC) -> datetime:
    """Return the instant at which a calendar day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def from_date_or_instant(value: date) -> datetime:
    """Return an instant; a plain date means 00:00 UTC of that day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return day_start(value)
    return as_utc(value)


def from_date_or_instant_or_none(value: date | datetime | None) -> datetime | None:
    """Return `from_date_or_instant` of a value, or None for None."""
    return None if value is None else from_date_or_instant(value)


def as_day(value: date) -> date:
    """Return a calendar date; a datetime, whose date depends on a zone, is refused."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidValueError("day", value, "a date without a time of day")
    return value


def as_day_or_none(value: date | None) -> date | None:
    """Return `as_day` of a date, or None for None."""
    return None if value is None else as_day(value)


def add_months(day: date, months: int) -> date:
    """Return the date some calendar months later; where that day does not exist, the month's last (rule P1)."""
    return day + relativedelta(months=months)

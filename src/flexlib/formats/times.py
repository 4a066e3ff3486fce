"""Instants and dates out of text: ISO 8601, with a zone or in one that the caller names (rule T1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import parser, tz

from flexlib.formats.limits import shown
from flexlib.model.instants import day_start

ZONE_HELP = "an IANA name such as Europe/London"
DATE_HELP = "a date such as 2026-03-02"
INSTANT_HELP = "an ISO 8601 instant with a zone, such as 2026-03-02T08:00:00Z or 2026-03-02T08:00+01:00"


def parse_day(text: str) -> date:
    """Return the date of an ISO 8601 calendar date; other text raises ValueError."""
    try:
        day = parser.isoparse(text.strip())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(text)} is not {DATE_HELP}") from error
    if len(text.strip()) != len("2026-03-02") or "W" in text:
        raise ValueError(f"{shown(text)} is not {DATE_HELP}")
    return day.date()


def parse_instant(text: str, zone: tzinfo | None = None) -> datetime:
    """Return the instant, in UTC, of an ISO 8601 date and time; one without a zone is read in `zone` where that is given.

    Raises:
        ValueError: The text is no such instant; it has no zone and none is named; or a clock change makes it ambiguous or impossible.
    """
    text = text.strip()
    try:
        instant = parser.isoparse(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(text)} is not {INSTANT_HELP}") from error
    if len(text) <= len("2026-03-02"):
        raise ValueError(f"{shown(text)} has no time of day: give {INSTANT_HELP}")
    return located(instant, zone)


def located(instant: datetime, zone: tzinfo | None) -> datetime:
    """Return an aware datetime in UTC, and a naive one as read on the clocks of `zone`; raise ValueError where that says too little."""
    if instant.tzinfo is None and zone is None:
        raise ValueError(f"{instant.isoformat()} has no zone: give {INSTANT_HELP}, or name the zone of the file")
    try:
        return (instant if instant.tzinfo else _placed(instant, zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{_clock(instant)} lies outside the years that can be held") from error


def _placed(instant: datetime, zone: tzinfo | None) -> datetime:
    placed = instant.replace(tzinfo=zone)
    if not tz.datetime_exists(placed):
        raise ValueError(f"{_clock(instant)} never was in {zone}: the clocks went forward over it")
    if tz.datetime_ambiguous(placed):
        raise ValueError(f"{_clock(instant)} was twice in {zone}, as the clocks went back: give its offset from UTC")
    return placed


def day_start_in(day: date, zone: tzinfo | None) -> datetime:
    """Return the instant at which a calendar day begins in a zone, or in UTC; raise ValueError where it cannot be held."""
    try:
        return day_start(day, zone) if zone else day_start(day)
    except OverflowError as error:
        raise ValueError(f"{day} lies outside the years that can be held") from error


def _clock(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="minutes")


def parse_zone(name: str) -> tzinfo:
    """Return the time zone of an IANA name; any other name raises ValueError."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{shown(name)} is no time zone: give {ZONE_HELP}") from error

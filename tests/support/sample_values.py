"""Short ways to write the values that many tests need: instants of one week, sessions, rates and rate books."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from flexlib import ChargeBasis, ChargePolicy, Rate, RateBook, RateSheet, ResultUse, Session, Source

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NO_GRACE = ChargePolicy(grace=timedelta())
SHEET_DATE = date(2021, 12, 21)


def at(hours: float, *, day: int = 0) -> datetime:
    """Return the instant some hours after 00:00 UTC of a day counted from Monday, 2 March 2026."""
    return MONDAY + timedelta(days=day, hours=hours)


def session(
    opened_at: datetime, closed_at: datetime | None = None, *, user: str = "ada", product: str = "autocad", **rest
) -> Session:
    """Return a session of Ada with AutoCAD unless said otherwise."""
    return Session(user, product, opened_at, closed_at, **rest)


def result(asked_at: datetime, quantity: Decimal | int = 1, *, user: str = "ada", product: str = "cfd", **rest) -> ResultUse:
    """Return results of a CFD solve for Ada unless said otherwise."""
    return ResultUse(user, product, asked_at, quantity, **rest)


def rate(product: str, tokens: Decimal | int, since: date = SHEET_DATE, *, provider: str | None = None, **rest) -> Rate:
    """Return a rate from a date on, with a source where a provider is named."""
    source = Source(provider, "price list") if provider else None
    return Rate(product, tokens, effective_from=since, source=source, **rest)


def per_result(product: str, tokens: Decimal | int, since: date = SHEET_DATE, **rest) -> Rate:
    """Return a rate a result."""
    return rate(product, tokens, since, basis=ChargeBasis.PER_RESULT, **rest)


def book(*rates: Rate, **precedence) -> RateBook:
    """Return a rate book of one sheet."""
    return RateBook([RateSheet("rates", rates)], **precedence)


PUBLISHED = book(rate("autocad", 7), rate("revit", 10), rate("mudbox", 1), rate("viewer", 0), per_result("cfd", 5))


def starts(windows) -> list[datetime]:
    """Return where windows start."""
    return [window.start for window in windows]

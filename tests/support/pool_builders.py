"""Short ways to write the facts of small ledgers: days are counted from `DAY_ZERO`."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flexlib import Charge, LedgerEntry, Rate, RateBook, RateSheet, Refund, Session, TokenPack, Transfer

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def day(number: float) -> datetime:
    """Return an instant some days after the first."""
    return DAY_ZERO + timedelta(days=number)


def pack(name: str, tokens: Decimal | int, start: float, end: float, *, team: str | None = None) -> TokenPack:
    """Return a pack that is usable from one day to another."""
    return TokenPack(name, tokens, day(start), day(end), team=team)


def charge(
    tokens: Decimal | int, at: float, name: str | None = None, *, user: str = "ada", product: str = "revit", team: str | None = None
) -> Charge:
    """Return a charge on a day."""
    return Charge(user, product, day(at), tokens, id=name, team=team)


def refund(name: str, tokens: Decimal | int, at: float, *, number: str | None = None) -> Refund:
    """Return the refund of a charge on a day."""
    return Refund(name, tokens, day(at), id=number)


def transfer(from_team: str | None, to_team: str | None, tokens: Decimal | int, at: float, *, name: str | None = None) -> Transfer:
    """Return a transfer on a day."""
    return Transfer(from_team, to_team, tokens, day(at), id=name)


def session(
    start: float,
    end: float | None,
    *,
    user: str = "ada",
    product: str = "revit",
    team: str | None = None,
    machine: str | None = None,
    idle: tuple[tuple[float, float], ...] = (),
) -> Session:
    """Return a session from one day to another; one without an end has an unknown close."""
    closed = None if end is None else day(end)
    pauses = tuple((day(since), day(until)) for since, until in idle)
    return Session(user, product, day(start), closed, team=team, machine=machine, idle=pauses)


def rates(**tokens: Decimal | int) -> RateBook:
    """Return a book of day rates that hold at all times."""
    return RateBook([RateSheet("test", [Rate(product, rate, effective_from=day(-999)) for product, rate in tokens.items()])])


def movement(entry: LedgerEntry) -> tuple[str, str, str | None, Decimal]:
    """Return what moved in an entry: its kind, pack, team and tokens."""
    return entry.kind.value, entry.pack_id, entry.team, entry.tokens

"""Equal data of charges and the vendor's rows, made up, beside which one difference is planted."""

from datetime import UTC, datetime, timedelta

from flexlib import Charge, ChargeBasis, Rate, RateBook, RateSheet, ReportedUse, Session, charge_usage, explain_usage
from flexlib.reports import Difference, reconcile

ADA, BEN = "ada@studio.example", "ben@studio.example"
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
RATES = RateBook(
    [
        RateSheet(
            "made up",
            [
                Rate("autocad", 7, effective_from=SINCE),
                Rate("autocad", 8, effective_from=datetime(2026, 7, 1, tzinfo=UTC)),
                Rate("revit", 10, effective_from=SINCE),
                Rate("mudbox", 0, effective_from=SINCE),
                Rate("cfd", 5, effective_from=SINCE, basis=ChargeBasis.PER_RESULT),
            ],
        )
    ]
)


def march(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """Return an instant in March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def session(user: str, product: str, opened: datetime, hours: int = 2, **more) -> Session:
    """Return a session of some hours."""
    return Session(user, product, opened, opened + timedelta(hours=hours), **more)


def rows_of(charges: list[Charge]) -> list[ReportedUse]:
    """Return the rows in which the vendor agrees."""
    return [ReportedUse(charge.user, charge.product, charge.at.date(), charge.tokens, team=charge.team) for charge in charges]


USAGE = [session(user, product, march(day)) for user in (ADA, BEN) for product in ("autocad", "revit") for day in (2, 4, 9, 11)]
CHARGES = charge_usage(USAGE, RATES)
ROWS = rows_of(CHARGES)
CONTEXT = {"accounts": explain_usage(USAGE, RATES), "rates": RATES}


def told(usage: list, **more) -> dict[str, object]:
    """Return the context that goes with usage: its accounts and the rates, then more."""
    return {"accounts": explain_usage(usage, RATES, seats=more.get("seats", ())), "rates": RATES, **more}


def found(charges: list[Charge], rows: list[ReportedUse], **context) -> list[tuple[str, str, int]]:
    """Return the causes, users and tokens of the differences beside the equal data, after a check that all closes."""
    result = reconcile([*CHARGES, *charges], [*ROWS, *rows], **context)
    assert result.charged - result.reported == sum(difference.tokens for difference in result.differences)
    assert len(result.matched) >= len(CHARGES)
    return [(difference.cause.name, difference.user, int(difference.tokens)) for difference in result.differences]


def only(charges: list[Charge], rows: list[ReportedUse], **context) -> Difference:
    """Return the one difference."""
    [difference] = reconcile(charges, rows, **context).differences
    return difference

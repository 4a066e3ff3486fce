"""What other processes do in tests; they are started anew, and find it by its name."""

from datetime import date

from flexlib import ReportedUse
from flexlib.history import History


def reported_rows(start, end):
    """Return one reported row for each of some users."""
    return [ReportedUse(f"user {place}", "revit", date(2026, 3, 2), 10) for place in range(start, end)]


def same(value):
    """Return a value as it came."""
    return value


def read_balance(ledger, at):
    """Return a reading of a ledger."""
    return ledger.balance(at)


def add_and_read(path, number, barrier):
    """Add what partly others add too, and see each add as a whole."""
    barrier.wait()
    with History(path) as history:  # whoever is first makes the file
        for start in range(number * 20, number * 20 + 50, 10):
            history.add(reported_rows(start, start + 10))
            known = history.known().reported
            assert len(known) % 10 == 0
            assert {*reported_rows(start, start + 10)} <= set(known)

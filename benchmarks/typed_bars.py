"""The bars of the typed engine and of the import."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import made_up
from made_up import PRODUCT_NAMES, USER_NAMES
from measuring import RUNS, Figure, ratios, seconds

from flexlib import Session, charge_usage
from flexlib.scale.arrays import UNKNOWN

BASELINE_IMPORT = "import attrs, pluggy, dateutil.relativedelta"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = tuple[str, str, str, str]


def figures(sessions: int) -> Iterator[Figure]:
    """Yield the figures of charging so many `Session` objects, and of the import."""
    imports = ratios(lambda: run("import flexlib"), lambda: run(BASELINE_IMPORT), runs=3 * RUNS)
    yield Figure(f"import flexlib / {BASELINE_IMPORT}", imports, at_most=2.5)
    rows = text_rows(sessions)
    for order, given in (("in time order", sorted(rows, key=lambda row: row[2])), ("shuffled", rows)):
        from_text, from_datetimes = zip(*(charging_ratios(given) for _ in range(RUNS)), strict=True)
        yield Figure(f"charge_usage on {sessions:,} sessions {order} / building them from text", from_text, at_most=1.0)
        yield Figure(f"charge_usage on {sessions:,} sessions {order} / building them from datetimes", from_datetimes)


def run(statement: str) -> None:
    """Run a statement in a fresh interpreter."""
    subprocess.run([sys.executable, "-c", statement], check=True)


def text_rows(sessions: int) -> list[Row]:
    """Return the rows of a session log, shuffled: user, product, opening and close in ISO 8601."""
    log = made_up.log(sessions)
    columns = (column.tolist() for column in log)
    return [
        (USER_NAMES[user], PRODUCT_NAMES[product], as_text(opened), "" if closed == UNKNOWN else as_text(closed))
        for user, product, opened, closed in zip(*columns, strict=True)
    ]


def as_text(ticks: int) -> str:
    """Return an instant in ISO 8601."""
    return (EPOCH + timedelta(microseconds=ticks)).isoformat()


def from_text(rows: list[Row]) -> list[Session]:
    """Build sessions as a program does that reads a log: out of text."""
    instant = datetime.fromisoformat
    return [Session(user, product, instant(opened), instant(closed) if closed else None) for user, product, opened, closed in rows]


def charging_ratios(rows: list[Row]) -> tuple[float, float]:
    """Return the seconds of charging sessions over those of building them, from text and from datetimes."""
    book = made_up.rates()
    sessions: list[Session] = []
    building = seconds(lambda: sessions.extend(from_text(rows)))
    parts = [(session.user, session.product, session.opened_at, session.closed_at) for session in sessions]
    bare = seconds(lambda: [Session(*part) for part in parts])
    parts.clear()
    charging = seconds(lambda: charge_usage(sessions, book))
    return charging / building, charging / bare

"""A naive simulator of the vendor: which rows its daily report has for given use, written from the rules and not from the library.

It walks through time in ticks (see `naive_windows`) and takes only sessions whose instants lie on them. All that it reports is made
up.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from random import Random

from naive_windows import naive_windows

from flexlib import FLEX, ReportedUse, ResultUse, Seat, Session

TICK = timedelta(minutes=1)

Steps = Sequence[tuple[datetime, int | Decimal]]
"""A product's rates, each with the instant from which it holds, the earliest first (rule R1)."""


def figure(steps: Steps, at: datetime) -> Decimal:
    """Return the tokens of the last rate that began by an instant."""
    return Decimal([tokens for since, tokens in steps if since <= at][-1])


def vendors_report(
    usage: Iterable[Session | ResultUse],
    prices: Mapping[str, Steps],
    *,
    seats: Iterable[Seat] = (),
    zone: tzinfo = UTC,
    lists_free_use: bool = True,
    tick: timedelta = TICK,
) -> list[ReportedUse]:
    """Return one row per user, product, day and team: tokens by the day on which a window opened (rule T3).

    Use that costs nothing stands there with zero tokens, on the day on which it began, where no tokens do (rules C5, C8, C11).
    """
    usage, seats = list(usage), list(seats)
    sessions = [use for use in usage if isinstance(use, Session)]
    rows: dict[tuple[str, str, date, str | None], Decimal] = {}

    def add(user: str, product: str, at: datetime, team: str | None, tokens: Decimal) -> None:
        key = (user, product, at.astimezone(zone).date(), team)
        rows[key] = rows.get(key, Decimal(0)) + tokens

    for start, user, product in naive_windows(sessions, FLEX, seats, tick=tick):
        add(user, product, start, _team_at(sessions, user, product, start), figure(prices[product], start))
    for use in usage:
        if isinstance(use, ResultUse):
            add(use.user, use.product, use.at, use.team, figure(prices[use.product], use.at) * use.quantity)
    with_tokens = {key[:3] for key in rows}
    for session in sessions if lists_free_use else ():
        free = (session.user, session.product, session.opened_at.astimezone(zone).date())
        if free not in with_tokens:
            rows[*free, session.team] = Decimal(0)
    return [ReportedUse(user, product, day, tokens, team=team) for (user, product, day, team), tokens in rows.items()]


def _team_at(sessions: Iterable[Session], user: str, product: str, at: datetime) -> str | None:
    """Return the team of the session in use at an instant; in these data a user has one team at a time."""
    for session in sessions:
        if (session.user, session.product) == (user, product) and session.opened_at <= at <= (
            session.closed_at or session.opened_at
        ):
            return session.team
    raise AssertionError(f"no session of {user} covers {at}")


def write_daily_export(path: Path, rows: Iterable[ReportedUse]) -> Path:
    """Write rows as the daily usage export of Autodesk Account, the e-mails with capitals, as they come."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Day used", "Email", "Team", "Product", "Tokens used"])
        out.writerows((row.day, row.user.title(), row.team, row.product, row.tokens) for row in rows)
    return path


def a_year_of_use(seed: int) -> list[Session | ResultUse]:
    """Return a made-up year of four users: any hour of the day, launches of a minute and sessions of days, pauses, results."""
    random = Random(seed)
    usage: list[Session | ResultUse] = []
    for number in range(4):
        user, team = f"user{number}@studio.example", ("north", "south", None)[number % 3]
        for day in range(365):
            opened = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=random.randrange(1440))
            length = timedelta(minutes=random.choice([0, 1, 4, 5, 60, 300, 600, 1500, 3000]))
            idle = [(opened + length / 4, opened + length / 2)] if length > timedelta(minutes=5) and random.random() < 0.5 else []
            if random.random() < 0.75:
                product = random.choice(["autocad", "revit", "mudbox"])
                usage.append(Session(user, product, opened, opened + length, idle=idle, team=team))
            if random.random() < 0.1:
                usage.append(ResultUse(user, "cfd", opened, random.choice([1, 2]), team=team))
    return usage

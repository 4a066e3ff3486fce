"""The report on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flexlib.cli.console import clock, section, table, titled
from flexlib.cli.job import EXPORT
from flexlib.cli.report import Line, Report
from flexlib.model.amounts import counted, plain, total

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_OUTCOMES = {
    "charged": "were charged",
    "zero_rate": "were charged at a rate of zero (C11)",
    "within_window": "were free: inside a window that was charged before (C2)",
    "short_launch": "were free: launches of less than five minutes (C5)",
    "seat": "were free: covered by a seat (C8)",
    "idle": "were free: idle from beginning to end (C6)",
    "unrated": "could not be charged: see below",
}


def show(report: Report, zone: tzinfo, to: Console) -> None:
    """Print a report, with its instants on the clocks of a zone."""
    to.print(Text(f"Autodesk Flex tokens at {clock(report.at, zone)}", style="bold"))
    to.print(_summary(report, zone))
    if report.by_product:
        titled(to, "By product", _lines("product", report.by_product, "users"))
        titled(to, "By user", _lines("user", report.by_user, "products"))
        titled(to, f"Tokens by day ({'as reported' if _is_reported(report) else report.zone})", _calendar(report))
    section(to, "Of the sessions and results", _uses(report))
    if report.packs:
        titled(to, "The pool", _pool(report, zone))
        to.print(Text(_balance(report)), soft_wrap=True)
        shortfalls = [f"{clock(gap.at, zone)}: {counted(gap.tokens, 'token')} for {gap.reason}" for gap in report.shortfalls]
        section(to, "Shortfalls", shortfalls)
    else:
        to.print("No packs were given, so all charges are a shortfall.")
    section(to, "To heed", [alert.message for alert in report.alerts])
    section(to, "Set aside, and not in any figure", [f"{item.where}: {item.reason}" for item in report.set_aside])


def page_line(report: Report, file: Path) -> str:
    """Return the line that says where the page of a report is."""
    aside = (
        f"; {counted(len(report.set_aside), 'row or use', 'rows or uses')} set aside, which it lists" if report.set_aside else ""
    )
    return f"{file} holds the report: {counted(report.charged, 'token')} charged, {plain(report.balance)} usable{aside}."


def _summary(report: Report, zone: tzinfo) -> Text:
    if report.first_charge is None or report.last_charge is None:
        return Text("Nothing was charged.")
    span = f"from {clock(report.first_charge, zone)} to {clock(report.last_charge, zone)}"
    if _is_reported(report):
        span = f"from {report.by_day[0].name} to {report.by_day[-1].name}, as the vendor reported"
    later = f"\nNot in this report: {counted(report.charges_later, 'later charge')}." if report.charges_later else ""
    return Text(f"{plain(report.charged)} tokens were charged {span}.{later}")


def _is_reported(report: Report) -> bool:
    return report.charges_from == EXPORT


def _lines(what: str, lines: Sequence[Line], counted: str) -> Table:
    rows = [
        (Text(line.name), plain(line.tokens), str(line.charges), str(line.users if counted == "users" else line.products))
        for line in lines
    ]
    return table([what, "tokens", "charges", counted], rows)


def _calendar(report: Report) -> Table:
    tokens = {date.fromisoformat(line.name): line.tokens for line in report.by_day}
    first, last = min(tokens), max(tokens)
    monday = first - timedelta(days=first.weekday())
    weeks = [monday + timedelta(weeks=week) for week in range((last - monday).days // 7 + 1)]
    return table(["week from", *_DAYS, "week"], [_week(week, tokens) for week in weeks])


def _week(monday: date, tokens: Mapping[date, Decimal]) -> list[str]:
    days = [tokens.get(monday + timedelta(days=day)) for day in range(len(_DAYS))]
    charged = [day for day in days if day is not None]
    return [monday.isoformat(), *("·" if day is None else plain(day) for day in days), plain(total(charged))]


def _uses(report: Report) -> list[str]:
    return [f"{number} {_OUTCOMES[outcome]}" for outcome, number in report.uses.items() if number]


def _pool(report: Report, zone: tzinfo) -> Table:
    soon = report.expiring
    rows = [
        (
            Text(pack.id),
            Text(pack.team or "-"),
            plain(pack.tokens),
            plain(pack.left),
            str(pack.starts_at.astimezone(zone).date()),
            str(pack.expires_at.astimezone(zone).date()),
            f"{plain(soon[pack.id])} within 90 days" if pack.id in soon else "expired" if pack.expires_at <= report.at else "-",
        )
        for pack in report.packs
    ]
    return table(["pack", "team", "tokens", "left", "starts", "ends", "expiring"], rows, left=(0, 1))


def _balance(report: Report) -> str:
    return (
        f"{plain(report.balance)} tokens are usable: {plain(report.purchased)} bought, {plain(report.drawn)} used, "
        f"{plain(report.expired)} expired unused; {plain(report.shortfall)} were lacking."
    )

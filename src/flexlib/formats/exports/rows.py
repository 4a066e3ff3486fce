"""The rows of the vendor's exports into values: use a day, use over a period, and totals."""

from __future__ import annotations

from flexlib.formats.exports.bulk import made_in_bulk
from flexlib.formats.exports.cells import (
    Unreadable,
    day_or_none,
    email_or_none,
    month_or_none,
    needed,
    text_or_none,
    user_or_none,
)
from flexlib.formats.exports.columns import WHO
from flexlib.formats.exports.exported import Export, ExportKind, ExportRow
from flexlib.formats.exports.numbers import Mark, Notation
from flexlib.formats.exports.tables import ExportTable
from flexlib.formats.exports.values import Columns, Convert, Numeric
from flexlib.model.reported import ReportedSummary, ReportedTotal

_SUMMARY_TEXTS = ("version", "team", "group", "access", "seat_assignment", "activity")
_SUMMARY_DAYS = ("assigned_on", "unassigned_on", "last_accessed_on")
_AMOUNTS = ("tokens", "monthly_average")
_COUNTS = ("days_used", "days_inactive")


def export_of(kind: ExportKind, table: ExportTable, told: Mark | None) -> Export:
    """Return the export of a kind, other than sessions, that a table holds."""
    if kind is ExportKind.USAGE_REPORT:
        return _usage_report(table, told)
    return _totals(table, told) if kind is ExportKind.TOTALS else _daily(kind, table, told)


def _daily(kind: ExportKind, table: ExportTable, told: Mark | None) -> Export:
    day = "day" if "day" in table.header.fields else "usage_day"
    product = "product" if "product" in table.header.fields else "offering"
    convert: dict[str, Convert] = {day: needed(day_or_none), product: needed(text_or_none), **who(table)}
    # Without the product within a collection, two rows of a user, day and amount would be taken for one row met twice.
    feature = "child_product" if kind is ExportKind.INSIGHTS and "feature" not in table.header.fields else "feature"
    convert.update(dict.fromkeys(("team", feature), text_or_none))
    columns = Columns(table, convert, {"tokens": lambda notation: needed(notation.tokens)}, told)
    users = known_users(columns)
    parts = map(columns.get, (product, day, "tokens", "team", feature))
    return finished(kind, table, columns, [*made_in_bulk(users, *parts)])


def _usage_report(table: ExportTable, told: Mark | None) -> Export:
    product = "offering" if "offering" in table.header.fields else "product"
    convert: dict[str, Convert] = {product: needed(text_or_none), **who(table)}
    convert.update(dict.fromkeys(_SUMMARY_TEXTS, text_or_none))
    convert.update(dict.fromkeys(_SUMMARY_DAYS, day_or_none))
    columns = Columns(table, convert, {**dict.fromkeys(_AMOUNTS, _amount), **dict.fromkeys(_COUNTS, _count)}, told)
    users = known_users(columns)
    names = (*_AMOUNTS, *_COUNTS, *_SUMMARY_TEXTS, *_SUMMARY_DAYS)
    rows: list[ExportRow] = [
        ReportedSummary(user, offering, **dict(zip(names, values, strict=True)))
        for user, offering, *values in zip(users, columns.get(product), *map(columns.get, names), strict=True)
    ]
    return finished(ExportKind.USAGE_REPORT, table, columns, rows)


def _totals(table: ExportTable, told: Mark | None) -> Export:
    convert: dict[str, Convert] = {"usage_month": month_or_none, **who(table)}
    convert.update(dict.fromkeys(("usage_category", "product"), text_or_none))
    numeric: dict[str, Numeric] = {"tokens_consumed": lambda notation: needed(notation.tokens)}
    columns = Columns(table, convert, numeric | dict.fromkeys(("contract_year", "unique_users"), _count), told)
    names = ("tokens_consumed", "usage_category", "product", "usage_month", "contract_year", "unique_users")
    rows: list[ExportRow] = [
        ReportedTotal(tokens, category, product=product, user=user, month=month, contract_year=year, users=users)
        for user, tokens, category, product, month, year, users in zip(users_of(columns), *map(columns.get, names), strict=True)
    ]
    return finished(ExportKind.TOTALS, table, columns, rows)


def _amount(notation: Notation) -> Convert:
    return notation.tokens


def _count(notation: Notation) -> Convert:
    return notation.count


def who(table: ExportTable) -> dict[str, Convert]:
    """Return how to read the column that names users: the first that there is of e-mail, hashed id, Autodesk id and name."""
    meaning = next((meaning for meaning in WHO if meaning in table.header.fields), None)
    if meaning is None:
        return {}
    return {meaning: email_or_none if meaning == "email" else user_or_none}


def users_of(columns: Columns) -> list[str | None]:
    """Return the user of each row: the e-mail, or the first of the other columns where personal data is off."""
    there = columns.there(WHO)
    users: list[str | None] = columns.get(there[0]) if there else [None] * len(columns.numbers)
    for meaning in there[1:]:
        if None in users:
            users = [user or user_or_none(text) for user, text in zip(users, columns.get(meaning), strict=True)]
    return users


def known_users(columns: Columns) -> list[str]:
    """Return the user of each row; a row without any is set aside."""
    users = users_of(columns)
    if None in users:
        reason = Unreadable("it is blank or hidden, and so is every other column that could tell the user", columns.there(WHO)[0])
        columns.set_aside({row: reason for row, user in enumerate(users) if user is None})
    return [user for user in users if user is not None]


def finished(kind: ExportKind, table: ExportTable, columns: Columns, rows: list[ExportRow]) -> Export:
    """Return an export with all that its rows do not carry."""
    identities: dict[str, str] = {}
    if "email" in columns:
        for meaning in columns.there(("hashed_id", "autodesk_id")):
            for known, email in dict.fromkeys(zip(columns.get(meaning), columns.get("email"), strict=True)):
                if known and email:
                    identities.setdefault(known, email)
    return Export(kind, rows, columns.problems(), table.file, columns.numbers, columns.extra(), identities)

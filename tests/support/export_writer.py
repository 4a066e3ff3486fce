"""Exports as the vendor and spreadsheets write them, out of plain rows; nothing of it knows how they are read.

A row is a dict of what its columns mean. A `Style` says how a file writes rows: the state of its headers, the order of its columns,
its encoding, its marks, whether personal data is on.
"""

import codecs
import csv
import io
import json
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st
from openpyxl import Workbook

# What a column means, and its header in the two states that are known: snake_case and Title Case.
SPELLINGS = {
    "day": ("day_used", "Day used"),
    "email": ("email", "Email"),
    "first_name": ("first_name", "First name"),
    "last_name": ("last_name", "Last name"),
    "hashed_id": ("hashed_autodesk_id", "hashed_autodesk_id"),
    "autodesk_id": ("autodesk_id", "Autodesk ID"),
    "team": ("team_alias", "Team"),
    "group": ("group", "Group"),
    "product": ("product_name", "Product"),
    "offering": ("offering_name", "offering_name"),
    "feature": ("Feature", "Feature"),
    "version": ("version", "version"),
    "tokens": ("tokens_used", "Tokens used"),
    "access": ("access_option", "Access option"),
    "seat_assignment": ("seat_assignment", "seat_assignment"),
    "assigned_on": ("assigned_date", "assigned_date"),
    "unassigned_on": ("unassigned_date", "unassigned_date"),
    "activity": ("user_activity", "user_activity"),
    "days_inactive": ("days_inactive", "days_inactive"),
    "days_used": ("days_used", "days_used"),
    "monthly_average": ("monthly_average", "monthly_average"),
    "last_accessed_on": ("last_accessed", "last_accessed"),
}
CAMEL = {
    "product": "productName",
    "day": "usageDate",
    "month": "usageMonth",
    "version": "version",
    "feature": "childProductName",
    "tokens": "tokens",
    "email": "emailAddress",
    "first_name": "firstName",
    "last_name": "lastName",
    "hashed_id": "hashedUserId",
    "autodesk_id": "userId",
}
COLUMNS = {
    "usage": (
        "day",
        "email",
        "first_name",
        "last_name",
        "hashed_id",
        "autodesk_id",
        "team",
        "group",
        "product",
        "version",
        "tokens",
        "access",
    ),
    "token-usage": ("day", "email", "first_name", "last_name", "hashed_id", "product", "feature", "team", "tokens"),
    "usage-report": (
        "hashed_id",
        "first_name",
        "last_name",
        "email",
        "autodesk_id",
        "team",
        "group",
        "offering",
        "version",
        "seat_assignment",
        "assigned_on",
        "unassigned_on",
        "activity",
        "days_inactive",
        "access",
        "days_used",
        "monthly_average",
        "tokens",
        "last_accessed_on",
    ),
    "insights": tuple(CAMEL),
}
PERSONAL = frozenset({"email", "first_name", "last_name", "autodesk_id"})
HIDDEN = "*****"

ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8-sig": (codecs.BOM_UTF8, "utf-8"),
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "cp1252": (b"", "cp1252"),
}
# Of cp1252, what makes no valid UTF-8 in any order, so that no text of it can be taken for that.
LATIN = "ÄÖÜÅÉÈÑÇØäöüåéèñçøß"
ONLY_CP1252 = {"~": "a€", "^": "oš", "|": "eŠ"}


class Style(NamedTuple):
    """How a file writes its rows; see `styles`."""

    state: str = "snake"
    mixed: int = 0
    order: int = 0
    unknown: tuple[str, ...] = ()
    hidden: bool = False
    case: str = "lower"
    instants: bool = False
    mark: str = "."
    grouped: bool = False
    encoding: str = "utf-8"
    delimiter: str = ","
    sep_line: bool = False
    quoted: bool = False
    newline: str = "\r\n"
    blank_rows: bool = False
    workbook: str = ""


def columns(kind, style):
    """Return what the columns of a file mean, in its order; unknown ones go by their headers."""
    own = [*COLUMNS[kind], *style.unknown]
    if style.order:
        random.Random(style.order).shuffle(own)
    return own


def header(kind, style):
    """Return the header of a file."""
    if kind == "insights":
        return [CAMEL.get(column, column) for column in columns(kind, style)]
    titled = {"snake": 0, "title": -1, "mixed": style.mixed}[style.state]
    spelt = {column: pair[titled >> place & 1] for place, (column, pair) in enumerate(SPELLINGS.items())}
    return [spelt.get(column, column) for column in columns(kind, style)]


def number(amount, style):
    """Return a number with the marks of a country."""
    text = f"{amount:,f}" if style.grouped else f"{amount:f}"
    return text.replace(",", " ").replace(".", ",").replace(" ", ".") if style.mark == "," else text


def text(column, value, style):
    """Return a cell as text."""
    if value is None:
        return ""
    if style.hidden and column in PERSONAL:
        return HIDDEN
    if column == "email":
        return getattr(value, style.case)()
    if isinstance(value, Decimal | int):
        return number(value, style)
    if isinstance(value, date):
        return f"{value.isoformat()}T21:20:32Z" if style.instants else value.isoformat()
    return value


def cells(kind, row, style):
    """Return the cells of a row as text."""
    return [text(column, row.get(column), style) for column in columns(kind, style)]


def table(kind, rows, style):
    """Return a file's header and rows as text cells."""
    return [header(kind, style), *(cells(kind, row, style) for row in rows)]


def row_number(kind, index, style):
    """Return the number under which a spreadsheet shows a row of a file, whose header is row 1; the rows of JSON count from 1."""
    return index + 1 if kind == "insights" else 2 + index * (2 if style.blank_rows else 1)


def as_csv(lines, style):
    """Return the bytes of a CSV file."""
    stream = io.StringIO(newline="")
    if style.sep_line:
        stream.write(f"sep={style.delimiter}{style.newline}")
    quoting = csv.QUOTE_ALL if style.quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, delimiter=style.delimiter, quoting=quoting, lineterminator=style.newline)
    for line in lines:
        writer.writerow(line)
        if style.blank_rows and line is not lines[0]:
            stream.write(style.newline)
    mark, encoding = ENCODINGS[style.encoding]
    return mark + stream.getvalue().encode(encoding)


def as_workbook(lines, style):
    """Return the bytes of an XLSX file, with the vendor's block of filters on a sheet of its own or without."""
    book = Workbook()
    sheet = book.active
    if style.workbook.startswith("filters"):
        for line in (["Report", "Usage"], ["Filters"], ["Product", "All"], ["Team", "All"]):
            sheet.append(line)
        sheet = book.create_sheet("Data")
    for line in lines:
        sheet.append([cell if cell != "" else None for cell in line])
        if style.blank_rows and line is not lines[0]:
            sheet.append([])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def typed_table(kind, rows, style):
    """Return a file's header and rows with numbers as numbers, and days as the style says."""
    typed_rows = ([typed(column, row.get(column), style) for column in columns(kind, style)] for row in rows)
    return [header(kind, style), *typed_rows]


def typed(column, value, style):
    """Return a cell of a workbook."""
    if isinstance(value, Decimal | int):
        return value
    if isinstance(value, date) and style.workbook.endswith("dates"):
        return datetime.combine(value, time(21, 20, 32)) if style.instants else value
    return text(column, value, style)


def as_json(rows, style):
    """Return the bytes of the answer of the insights API: its numbers are numbers, personal data that is off is hidden."""
    lines = [[literal(column, row, style) for column in columns("insights", style)] for row in rows]
    body = ",".join(f"[{','.join(line)}]" for line in lines)
    return f'{{"columns": {json.dumps(header("insights", style))}, "rows": [{body}]}}'.encode()


def literal(column, row, style):
    """Return a cell as JSON."""
    value = row["day"].replace(day=1) if column == "month" else row.get(column)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "null" if value is None else json.dumps(text(column, value, style))


def written(folder: Path, kind, rows, style):
    """Return the path of a file of rows; its name tells nothing of its content."""
    if kind == "insights":
        path, content = folder / "export.json", as_json(rows, style)
    elif style.workbook:
        path, content = folder / "export.xlsx", as_workbook(typed_table(kind, rows, style), style)
    else:
        path, content = folder / "export.csv", as_csv(table(kind, rows, style), style)
    path.write_bytes(content)
    return path


# Words as people write them in cells: no control characters, no blanks around them, no hidden data, no formula.
words = (
    st.text(st.sampled_from(f"abcxyzABC 019.-_&/()'\"{LATIN}{''.join(ONLY_CP1252)}"), min_size=1, max_size=12)
    .map(lambda name: name.strip().translate(str.maketrans(ONLY_CP1252)))
    .filter(bool)
)
any_words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=10).map(
    lambda name: f"n{name}".strip()
)
plain_words = st.sampled_from(["Ada", "Zoë", "Müller", "O'Neil", "Smith; Jr", "A,B", 'the "big" one', "2026", "1.5", "x\ty"])


def people(names):
    """A few people, each with an e-mail and ids of their own."""
    return st.lists(st.tuples(names, names), min_size=1, max_size=3).map(
        lambda pairs: [
            {
                "first_name": first,
                "last_name": last,
                "email": f"user{index}@studio.example",
                "hashed_id": f"hash{index}",
                "autodesk_id": f"ID{index}",
            }
            for index, (first, last) in enumerate(pairs)
        ]
    )


days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
amounts = st.integers(0, 10**9).map(lambda parts: Decimal(parts).scaleb(-2))
fine_amounts = st.integers(0, 10**10).map(lambda parts: Decimal(parts).scaleb(-4))
BOOKS = ["", "", "filters, texts", "filters, dates", "dates"]
averages = st.none() | amounts
counts = st.none() | st.integers(0, 400)


def some(values):
    """Values, or none."""
    return st.none() | values


@st.composite
def styles(draw, *, told=True, books=True):
    """Any way to write a file; without marks between thousands where the reader is not told the decimal mark; shrinks to plain CSV."""
    several = st.tuples(*[st.booleans()] * 6)
    hidden, instants, grouped, sep_line, quoted, blank_rows = draw(several)
    return Style(
        state=draw(st.sampled_from(["snake", "title", "mixed"])),
        mixed=draw(st.integers(0, 2 ** len(SPELLINGS))),
        order=draw(st.integers(0, 10**6)),
        unknown=draw(st.sampled_from([(), ("Cost centre",), ("Bemerkung", "field_7")])),
        hidden=hidden,
        case=draw(st.sampled_from(["lower", "upper", "title"])),
        instants=instants,
        mark=draw(st.sampled_from([".", ","])),
        grouped=grouped and told,
        encoding=draw(st.sampled_from([*ENCODINGS])),
        delimiter=draw(st.sampled_from([",", ";", "\t"])),
        sep_line=sep_line,
        quoted=quoted,
        newline=draw(st.sampled_from(["\r\n", "\n"])),
        blank_rows=blank_rows,
        workbook=draw(st.sampled_from(BOOKS)) if books else "",
    )


@st.composite
def rows_for(draw, kind, style, *, min_size=0, max_size=4):
    """Rows that a style can write: where personal data is off, each user has still an id."""
    names = words if style.encoding == "cp1252" and not style.workbook else plain_words | words | any_words
    crew = draw(people(names))
    parts = {"product": names, "offering": names, "day": days, "tokens": amounts | fine_amounts}
    parts |= dict.fromkeys(["team", "group", "feature", "version", "access", *style.unknown], some(names))
    if kind == "usage-report":
        parts |= {
            "tokens": averages,
            "days_used": counts,
            "days_inactive": counts,
            "monthly_average": averages,
            "seat_assignment": some(names),
            "activity": some(names),
            "assigned_on": some(days),
            "unassigned_on": some(days),
            "last_accessed_on": some(days),
        }
    parts = {name: values for name, values in parts.items() if name in {*COLUMNS[kind], *style.unknown}}
    own = st.builds(lambda person, row: person | row, st.sampled_from(crew), st.fixed_dictionaries(parts))
    return draw(st.lists(own, min_size=min_size, max_size=max_size))


@st.composite
def files(draw, kind, *, told=True, books=True, **limits):
    """A style and rows for it."""
    style = draw(styles(told=told, books=books))
    return style, draw(rows_for(kind, style, **limits))


# The session export of enterprise Token Flex: local times of the licence server, with its offset beside them.
SESSION_COLUMNS = {
    "product": "productName",
    "user": "userName",
    "machine": "machineName",
    "opened": "sessionStartDate",
    "closed": "sessionEndDate",
    "offset": "licenseServerTimeZoneOffset",
    "version": "productVersion",
    "usage_type": "usageType",
    "tokens_consumed": "tokensConsumed",
}
SWAPPED = ("Arnold", "RenderNode", "VRED")


def offset_text(minutes):
    """Return an offset as the vendor writes it: with one digit for the hour, where that will do."""
    return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


def session_cells(session, order):
    """Return the cells of a session that has `user`, `product`, `opened` and `closed` in UTC, `minutes` of offset, and more."""

    def local(instant):
        return instant and (instant + timedelta(minutes=session["minutes"])).replace(tzinfo=None).isoformat()

    user, machine = session["user"], session["machine"]
    if session["product"] in SWAPPED and local(session["opened"])[:10] >= "2021-12-01":
        user, machine = machine, user
    cells_of = session | {
        "user": user,
        "machine": machine,
        "opened": local(session["opened"]),
        "closed": local(session["closed"]),
        "offset": offset_text(session["minutes"]),
        "usage_type": "Normal",
        "tokens_consumed": 60.0,
    }
    return [cells_of[column] for column in order]


def sessions_as_csv(sessions, order, style):
    """Return the bytes of a session export as CSV."""
    lines = [[cell if cell is not None else "" for cell in session_cells(session, order)] for session in sessions]
    return as_csv([[SESSION_COLUMNS[column] for column in order], *lines], style)


def sessions_as_json(sessions, order):
    """Return the bytes of a session export as the API answers it."""
    rows = [session_cells(session, order) for session in sessions]
    result = {"columns": [SESSION_COLUMNS[column] for column in order], "rows": rows, "total": len(rows), "offset": 0, "limit": 100}
    return json.dumps({"status": "DONE", "result": result}).encode()


@st.composite
def flex_sessions(draw):
    """A session of enterprise Token Flex; shrinks to one without a close."""
    near = st.integers(-3, 3).map(lambda halves: datetime(2021, 12, 1, tzinfo=UTC) + timedelta(hours=12 * halves))
    any_time = st.datetimes(datetime(2021, 6, 1), datetime(2022, 6, 1), timezones=st.just(UTC))
    opened = draw(near | any_time).replace(microsecond=0)
    length = draw(st.none() | st.integers(0, 10**6))
    return {
        "user": draw(words),
        "product": draw(st.sampled_from(["Revit", "AutoCAD", *SWAPPED])),
        "machine": draw(words),
        "version": draw(some(words)),
        "opened": opened,
        "closed": opened + timedelta(seconds=length) if length is not None else None,
        "minutes": draw(st.sampled_from([-480, -210, 0, 60, 330, 345, 765])),
    }


session_orders = st.permutations([*SESSION_COLUMNS])
totals = st.fixed_dictionaries(
    {
        "usageMonth": days.map(lambda day: day.replace(day=1).isoformat()),
        "contractYear": st.integers(1, 5),
        "usageCategory": st.sampled_from(["CLOUD_CONSUMPTION", "PRODUCT_CONSUMPTION", "MANUAL_ADJUSTMENT"]),
        "uniqueUsers": st.integers(0, 99),
        "tokensConsumed": st.integers(0, 10**9) | st.sampled_from([0.5, 60.0, 0.1]),
    }
)

"""Users and their assignments out of CSV files, and users into the vendor's form of bulk import (rules A1, A2)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from uuid import uuid4

from attrs import evolve, frozen

from flexlib.errors import FormatError, InvalidValueError
from flexlib.formats import limits
from flexlib.formats.records import RecordProblem, RecordReader
from flexlib.formats.tables import Table, TableRow, read_table
from flexlib.model.people import ALL_PRODUCTS, AllProducts, Assignment, User

MOST_USERS = 5000
"""The users that the vendor takes from one file (rule A2)."""

_VENDOR_COLUMNS = {"first_name": "First name", "last_name": "Last name", "email": "Email address"}
_COLUMNS = {
    **_VENDOR_COLUMNS,
    "team": "Team",
    "groups": "Groups",
    "products": "Products",
    "starts_at": "From",
    "ends_at": "Until",
}
_FORMULA = re.compile("[=+@-].", re.DOTALL)


@frozen
class PeopleFile:
    """What a file of users holds.

    Attributes:
        users: The users, each once, in the order of the file.
        assignments: Their assignments, likewise.
        problems: The rows set aside, each with its number, field and reason; none is dropped without one.

    .. versionadded:: 0.1.0
    """

    users: list[User]
    assignments: list[Assignment]
    problems: list[FormatError]


@frozen
class _PersonRecord:
    email: str
    first_name: str = ""
    last_name: str = ""
    team: str | None = None
    groups: str = ""
    products: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def user(self) -> User:
        groups = _listed(self.groups)
        try:
            return User(self.email, first_name=self.first_name, last_name=self.last_name, team=self.team, groups=groups)
        except InvalidValueError as error:
            raise RecordProblem("email", f"{limits.shown(self.email)} is not {error.expected}") from error

    def assignment(self) -> Assignment | None:
        if self.products is None:
            if self.starts_at or self.ends_at:
                raise RecordProblem(
                    "products", "From and Until say when products are assigned: name the products, or write all or none"
                )
            return None
        try:
            return Assignment(self.email, _products(self.products), self.starts_at, self.ends_at)
        except InvalidValueError as error:
            raise RecordProblem("ends_at", f"{error.value} does not lie after From") from error


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]


def _products(text: str) -> list[str] | AllProducts:
    names = _listed(text)
    words = {name.casefold() for name in names}
    if not names:
        raise RecordProblem("products", f"{limits.shown(text)} names no product: write none where that is meant")
    if len(words) > 1 and not words.isdisjoint({"all", "none"}):
        raise RecordProblem(
            "products", f"{limits.shown(text)} says all or none and names products beside it: write one or the other"
        )
    if words == {"all"}:
        return ALL_PRODUCTS
    return [] if words == {"none"} else names


class _Met:
    """The users and assignments of the rows read so far, each with the number of its row."""

    def __init__(self) -> None:
        self.users: dict[str, tuple[int, User]] = {}
        self.assignments: dict[Assignment, int] = {}

    def take(self, number: int, user: User, assignment: Assignment | None) -> None:
        """Take the user and assignment of a row; raise `RecordProblem` where they add nothing, or contradict a row before."""
        known_number, known = self.users.setdefault(user.email, (number, user))
        for name in ("first_name", "last_name", "team", "groups"):
            said, before = getattr(user, name), getattr(known, name)
            if said and said != before:
                raise RecordProblem(
                    name, f"row {known_number} says otherwise of {user.email}: give both rows the same, or leave this blank"
                )
        if assignment is not None:
            known_number = self.assignments.setdefault(assignment, number)
        if known_number != number:
            raise RecordProblem("email", f"it repeats row {known_number} and counts once")


def read_people(path: str | Path, *, zone: tzinfo | None = None) -> PeopleFile:
    """Return the users and assignments in a CSV file: the vendor's form of bulk import, or flexlib's own assignment file.

    The vendor's form has the columns First name, Last name and Email address (rule A2). flexlib's own may also have Team, Groups,
    Products, From and Until. Columns are found by name, in any case and order; only the e-mail address is required. Groups and
    products are separated by semicolons; ``all`` stands for all products, ``none`` for none at all (rule A1). A date means 00:00 in
    ``zone``, or in UTC. A user with several assignments has a row for each; only the first need repeat the name, team and groups.

    Raises:
        FormatError: The file cannot be read, or its columns are not those. A bad row raises nothing: it is set aside.

    .. versionadded:: 0.1.0
    """
    table = _titled(read_table(Path(path)))
    table.require(list(_COLUMNS.values()), [_COLUMNS["email"]])
    reader = RecordReader(zone)
    met = _Met()
    problems: list[FormatError] = []
    for row in table.rows:
        try:
            record = _record(row, reader)
            met.take(row.number, record.user(), record.assignment())
        except RecordProblem as error:
            column = _COLUMNS[error.field] if error.field else None
            limits.set_aside(problems, FormatError(str(table.path), f"row {row.number}", column, error.problem))
    return PeopleFile([user for _, user in met.users.values()], list(met.assignments), problems)


def _folded(title: str) -> str:
    return " ".join(title.replace("_", " ").casefold().split())


_TITLES = {**{_folded(title): title for title in _COLUMNS.values()}, "email": _COLUMNS["email"]}


def _titled(table: Table) -> Table:
    """Return a table whose columns bear the names that they have here, those that are unknown their own."""
    titles = {column: _TITLES.get(_folded(column), column) for column in table.columns}
    given: dict[str, str] = {}
    for column, title in titles.items():
        if given.setdefault(title, column) != column:
            raise FormatError(str(table.path), "row 1", column, f"the column {given[title]!r} means the same: leave one of the two")
    rows = [evolve(row, cells={titles[column]: cell for column, cell in row.cells.items()}) for row in table.rows]
    return Table(table.path, tuple(titles.values()), rows)


def _record(row: TableRow, reader: RecordReader) -> _PersonRecord:
    if row.problem:
        raise RecordProblem(None, row.problem)
    return reader.structure({name: row.cells[title] for name, title in _COLUMNS.items() if title in row.cells}, _PersonRecord)


def write_bulk_import(users: Iterable[User], path: str | Path) -> list[Path]:
    """Write users as the vendor's form of bulk import, and return the files (rule A2).

    The form is a CSV file with the columns First name, Last name and Email address: UTF-8, one row a user, each user once, at most
    5,000 a file. Up to 5,000 users go to ``path``, more to ``name-1.csv``, ``name-2.csv`` and so on beside it. Each file is there
    whole or not at all, and replaces one of its name. Teams, groups and products have no place in the form.

    Raises:
        InvalidValueError: Two users of one e-mail address differ in their names, or a name or an e-mail address begins with ``=``,
            ``+``, ``-`` or ``@``, so that a spreadsheet would take it for a formula. Nothing is written then.
        FormatError: A file cannot be written.

    .. versionadded:: 0.1.0
    """
    path, rows = Path(path), list(_rows(users))
    parts = [rows[start : start + MOST_USERS] for start in range(0, len(rows), MOST_USERS)] or [rows]
    names = [path] if len(parts) == 1 else [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(parts) + 1)]
    _write({name: _csv(part) for name, part in zip(names, parts, strict=True)})
    return names


def _rows(users: Iterable[User]) -> Collection[tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for user in users:
        row = tuple(_cell(user, name) for name in _VENDOR_COLUMNS)
        known = rows.setdefault(user.email, row)
        if known != row:
            raise InvalidValueError("users", user.email, f"one user an e-mail address, but {known} and {row} differ")
    return rows.values()


def _cell(user: User, name: str) -> str:
    text: str = getattr(user, name)
    if _FORMULA.match(text):
        raise InvalidValueError(
            f"{name} of {user.email}", text, "text that begins with none of = + - @, which a spreadsheet would take for a formula"
        )
    return text


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_VENDOR_COLUMNS.values())
    writer.writerows(rows)
    return text.getvalue().encode()


def _write(contents: Mapping[Path, bytes]) -> None:
    """Write files beside their places, and put them there once all are whole."""
    path, drafts = next(iter(contents)), dict[Path, Path]()
    try:
        for path, content in contents.items():
            drafts[path] = path.with_name(f".{path.name}.{uuid4().hex}")
            drafts[path].write_bytes(content)
        for path, draft in drafts.items():
            draft.replace(path)
    except (OSError, ValueError) as error:  # ValueError: a path that names no file
        reason = getattr(error, "strerror", None) or error
        raise FormatError(str(path), None, None, f"it cannot be written: {reason}") from error
    finally:
        for draft in drafts.values():
            if draft.exists():
                draft.unlink()

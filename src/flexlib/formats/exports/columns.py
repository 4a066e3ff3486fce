"""The columns of the vendor's exports: how their headers are spelt, and which of them make a kind of export.

No public file shows the order of the columns, and the headers exist in several states, so columns are found by name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from flexlib.errors import FormatError, UnknownExportError
from flexlib.formats.exports.exported import ExportKind

# What a column means, and its headers as the vendor writes them; case, blanks, underscores and hyphens make no difference.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "day": ("Day used",),
    "email": ("Email", "emailAddress", "E-mail"),
    "first_name": ("First name",),
    "last_name": ("Last name",),
    "full_name": ("fullName",),
    "hashed_id": ("hashed_autodesk_id", "hashedUserId"),
    "autodesk_id": ("Autodesk ID", "userId"),
    "user_name": ("userName",),
    "team": ("Team", "team_alias"),
    "group": ("Group",),
    "product": ("Product", "product_name"),
    "offering": ("offering_name", "Offering"),
    "feature": ("Feature",),
    "version": ("version", "productVersion"),
    "tokens": ("Tokens used", "tokens"),
    "access": ("Access option",),
    "seat_assignment": ("seat_assignment",),
    "assigned_on": ("assigned_date",),
    "unassigned_on": ("unassigned_date",),
    "activity": ("user_activity",),
    "days_inactive": ("days_inactive",),
    "days_used": ("days_used",),
    "monthly_average": ("monthly_average",),
    "last_accessed_on": ("last_accessed",),
    "usage_day": ("usageDate",),
    "usage_month": ("usageMonth",),
    "child_product": ("childProductName",),
    "session_start": ("sessionStartDate",),
    "session_end": ("sessionEndDate",),
    "offset": ("licenseServerTimeZoneOffset",),
    "machine": ("machineName",),
    "tokens_consumed": ("tokensConsumed",),
    "usage_category": ("usageCategory",),
    "contract_year": ("contractYear",),
    "unique_users": ("uniqueUsers",),
}
WHO = ("email", "hashed_id", "autodesk_id", "user_name")

_CAMEL = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN_WORDS = re.compile("[\\s_-]+")
_LONGEST_COMPARED = 50


@frozen
class Schema:
    """What makes an export of a kind.

    Attributes:
        kind: The kind.
        title: Its name for people.
        needs: The columns it cannot do without: of each entry one.
        without: Columns that it never has.
        typical: Columns by which one is told that lacks something.
    """

    kind: ExportKind
    title: str
    needs: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()
    typical: tuple[str, ...] = ()

    def missing(self, fields: Iterable[str]) -> list[tuple[str, ...]]:
        """Return the needs that columns do not meet."""
        return [need for need in self.needs if not set(need).intersection(fields)]


SCHEMAS = (
    Schema(
        ExportKind.SESSIONS,
        "the tokenflex session export",
        (("session_start",), WHO, ("product",)),
        typical=("session_end", "offset", "machine"),
    ),
    Schema(
        ExportKind.USAGE_REPORT,
        "the Usage Report",
        (("offering", "product"), ("days_used",), WHO),
        without=("day",),
        typical=("offering", "seat_assignment", "activity", "days_inactive", "monthly_average", "last_accessed_on"),
    ),
    Schema(ExportKind.TOKEN_USAGE, "the Token Usage export", (("day",), ("product",), ("feature",), ("tokens",), WHO)),
    Schema(ExportKind.USAGE, "the daily Usage export", (("day",), ("product", "offering"), ("tokens",), WHO)),
    Schema(
        ExportKind.INSIGHTS,
        "the insights usage table",
        (("usage_day",), ("product",), ("tokens",), WHO),
        typical=("usage_month", "child_product", "full_name", "user_name"),
    ),
    Schema(
        ExportKind.TOTALS,
        "the tokenflex totals",
        (("tokens_consumed",), ("usage_category", "product", "usage_month")),
        without=("session_start",),
        typical=("contract_year", "unique_users"),
    ),
)


def normal(label: str) -> str:
    """Return a header as lower-case words with one blank between them."""
    return _BETWEEN_WORDS.sub(" ", _CAMEL.sub(" ", label.strip())).strip().casefold()


_FIELDS = {normal(spelling): meaning for meaning, spellings in HEADERS.items() for spelling in spellings}


@frozen
class Header:
    """The header of a table: each label as written, and the column of each meaning that is known.

    Attributes:
        labels: The labels.
        number: The number of its row; None where the container names the columns.
        fields: The index of the first column of each meaning.
        doubled: Two labels of one meaning, if there are.
    """

    labels: tuple[str, ...]
    number: int | None
    fields: dict[str, int]
    doubled: tuple[str, str] | None

    @classmethod
    def of(cls, labels: Sequence[str], number: int | None) -> Header:
        """Return the header that labels make."""
        fields: dict[str, int] = {}
        doubled = None
        for index, label in enumerate(labels):
            meaning = _FIELDS.get(normal(label)) if len(label) <= _LONGEST_COMPARED else None
            if meaning and meaning in fields:
                doubled = doubled or (labels[fields[meaning]], label)
            elif meaning:
                fields[meaning] = index
        return cls(tuple(labels), number, fields, doubled)

    @property
    def place(self) -> str | None:
        """Where it stands, such as ``row 1``."""
        return None if self.number is None else f"row {self.number}"

    @property
    def schema(self) -> Schema | None:
        """The schema that its columns match."""
        found = self.fields
        return next((one for one in SCHEMAS if not (one.missing(found) or set(one.without).intersection(found))), None)

    def require(self, file: str) -> Schema:
        """Return the schema that its columns match.

        Raises:
            UnknownExportError: They match none.
            FormatError: Two columns mean the same.
        """
        schema = self.schema
        if schema is None:
            raise UnknownExportError(file, self.place, None, self._refusal())
        if self.doubled:
            first, second = self.doubled
            problem = f"it means the same as the column {first!r}: leave one of them out"
            raise FormatError(file, self.place, second, problem)
        return schema

    def _refusal(self) -> str:
        if not self.fields:
            return f"it is no export that is known here, as none of its columns is: {_titles()}"
        schema = self._nearest()
        lacking = "; ".join(self._wanted(need) for need in schema.missing(self.fields))
        return f"it matches no export that is known here. The nearest is {schema.title}, of which it lacks {lacking}"

    def _nearest(self) -> Schema:
        def likeness(schema: Schema) -> tuple[int, int, int]:
            missing = schema.missing(self.fields)
            return len(schema.needs) - len(missing), len(set(schema.typical).intersection(self.fields)), -len(missing)

        return max((one for one in SCHEMAS if not set(one.without).intersection(self.fields)), key=likeness)

    def _wanted(self, need: tuple[str, ...]) -> str:
        first, *others = [HEADERS[meaning][0] for meaning in need]
        column = f"a column {first} (or {', '.join(others)})" if others else f"a column {first}"
        if need == ("usage_day",) and "usage_month" in self.fields:
            return f"{column}: a month holds no days, so ask the API for usageDate"
        spellings = [normal(spelling) for meaning in need for spelling in HEADERS[meaning]]
        unknown = [label for label in self.labels if len(label) <= _LONGEST_COMPARED and normal(label) not in _FIELDS]
        near = next((label for label in unknown if difflib.get_close_matches(normal(label), spellings, n=1, cutoff=0.75)), None)
        return f"{column}, did you mean that by {near!r}?" if near else column


def likeliest(rows: Iterable[Sequence[str]]) -> Header:
    """Return the first row, as a header, that matches a schema, else the first with the most known columns."""
    best = Header.of([], None)
    for number, row in enumerate(rows, start=1):
        header = Header.of(row, number)
        if header.schema:
            return header
        if len(header.fields) > len(best.fields):
            best = header
    return best


def _titles() -> str:
    return ", ".join(schema.title for schema in SCHEMAS)

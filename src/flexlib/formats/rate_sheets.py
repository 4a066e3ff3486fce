"""Rate sheets out of TOML, JSON and CSV files, by one schema."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import attrs
from attrs import frozen

from flexlib.errors import FlexError, FormatError, RateConflictError
from flexlib.formats import limits
from flexlib.formats.json_text import parse_json
from flexlib.formats.records import RecordProblem, RecordReader
from flexlib.formats.tables import Table, read_settings, read_table
from flexlib.model.products import ChargeBasis
from flexlib.model.rates import Rate, RateSheet, Source


@frozen
class SourceRecord:
    """The keys of a source."""

    provider: str
    document: str
    as_of: date | None = None


@frozen
class RateRecord:
    """The keys of a rate; in CSV, the source's keys stand beside them as columns."""

    product: str
    tokens: Decimal
    effective_from: datetime
    effective_until: datetime | None = None
    region: str | None = None
    basis: ChargeBasis = ChargeBasis.PER_DAY
    source: SourceRecord | None = None

    def rate(self, default: SourceRecord | None) -> Rate:
        """Return the rate, with the sheet's source where it has none of its own."""
        source = self.source or default
        return Rate(
            self.product,
            self.tokens,
            effective_from=self.effective_from,
            effective_until=self.effective_until,
            region=self.region,
            basis=self.basis,
            source=Source(source.provider, source.document, source.as_of) if source else None,
        )


@frozen
class _SheetRecord:
    name: str
    rates: list[dict[str, object]]
    source: SourceRecord | None = None


# What the parsers raise at integers of thousands of digits, and at nesting without end.
_UNHELD = (ValueError, RecursionError)

_LONG_KEY = r"""(?<![\w.-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){%d}"""

_SOURCE_COLUMNS = [attribute.name for attribute in attrs.fields(SourceRecord)]
COLUMNS = [attribute.name for attribute in attrs.fields(RateRecord) if attribute.name != "source"] + _SOURCE_COLUMNS


def read_toml_sheet(path: Path) -> RateSheet:
    """Return the rate sheet in a TOML file."""
    return _sheet(path, read_toml(path))


def read_json_sheet(path: Path) -> RateSheet:
    """Return the rate sheet in a JSON file."""
    document = parse_json(str(path), read_settings(path))
    if not isinstance(document, dict):
        raise FormatError(str(path), None, None, "it holds no object with the keys name and rates")
    return _sheet(path, document)


def read_csv_sheet(path: Path) -> RateSheet:
    """Return the rate sheet in a CSV file, named after the file."""
    return sheet_of_table(read_table(path))


def sheet_of_table(table: Table) -> RateSheet:
    """Return the rate sheet in a table, named after its file."""
    path = table.path
    table.require(COLUMNS, ["product", "tokens", "effective_from"])
    reader = RecordReader()
    rates: list[tuple[str, Rate]] = []
    for row in table.rows:
        place = f"row {row.number}"
        if row.problem:
            raise FormatError(str(path), place, None, row.problem)
        record: dict[str, object] = {key: value for key, value in row.cells.items() if key not in _SOURCE_COLUMNS}
        source = {key: value for key, value in row.cells.items() if key in _SOURCE_COLUMNS}
        rates.append((place, _rate(path, place, reader, {**record, "source": source} if source else record, None)))
    return _checked(path, path.stem, rates)


def read_toml(path: Path) -> dict[str, object]:
    """Return the tables of a TOML file; what is no TOML raises `FormatError`, with the line."""
    text = read_settings(path)
    if re.search(_LONG_KEY % limits.MOST_KEY_PARTS, text):
        raise limits.too_much(str(path), f"{limits.MOST_KEY_PARTS} parts with dots between them in one key", "write tables instead")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(str(path), None, None, f"it is not TOML: {error}") from error
    except _UNHELD as error:
        raise FormatError(str(path), None, None, f"it cannot be read: {error}") from error


def _sheet(path: Path, document: Mapping[str, object]) -> RateSheet:
    reader = RecordReader()
    try:
        sheet = reader.structure(document, _SheetRecord)
    except RecordProblem as error:
        raise FormatError(str(path), None, error.field, error.problem) from error
    rates = [(f"rates[{number}]", record) for number, record in enumerate(sheet.rates)]
    return _checked(path, sheet.name, [(place, _rate(path, place, reader, record, sheet.source)) for place, record in rates])


def _rate(path: Path, place: str, reader: RecordReader, record: Mapping[str, object], default: SourceRecord | None) -> Rate:
    try:
        return reader.structure(record, RateRecord).rate(default)
    except RecordProblem as error:
        raise FormatError(str(path), place, error.field, error.problem) from error
    except FlexError as error:
        raise FormatError(str(path), place, getattr(error, "field", None), limits.in_short(error)) from error


def _checked(path: Path, name: str, rates: list[tuple[str, Rate]]) -> RateSheet:
    try:
        return RateSheet(name, [rate for _, rate in rates])
    except RateConflictError as error:
        same = [(place, rate) for place, rate in rates if (rate.product, rate.region) == (error.product, error.region)]
        places = [place for place, rate in same if str(attrs.evolve(rate, sheet=name)) in error.sides]
        problem = f"two rates for {error.product!r} hold at {error.at.isoformat()}: {'; '.join(error.sides)}; leave one"
        raise FormatError(str(path), " and ".join(places), "effective_from", problem) from error
    except FlexError as error:
        raise FormatError(str(path), None, getattr(error, "field", None), limits.in_short(error)) from error

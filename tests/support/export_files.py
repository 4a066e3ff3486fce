"""Exports in small, written by hand, and what is said of them."""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook
from written_files import Complaint, complaint, written

from flexlib import FormatError
from flexlib.formats import Export, read_export

USAGE = "day_used,email,product_name,team_alias,tokens_used\n"


def export(folder: Path, content: str | bytes, *, name: str = "export.csv", **options) -> Export:
    """Return what a file with that content holds; no row of it may be lost or told twice."""
    return read_export(written(folder, name, content), **options)


def aside(found: Export) -> list[Complaint]:
    """Return what is said of each row that was set aside."""
    return [complaint(problem, Path(found.file)) for problem in found.problems]


def refusal(folder: Path, content: str | bytes, *, name: str = "export.csv", **options) -> Complaint:
    """Return what is said of a file that is refused as a whole."""
    path = written(folder, name, content)
    with pytest.raises(FormatError) as caught:
        read_export(path, **options)
    return complaint(caught.value, path)


def workbook(**sheets: list[list[object]]) -> bytes:
    """Return an XLSX workbook with these sheets, each a list of rows."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    book.close()
    return target.getvalue()

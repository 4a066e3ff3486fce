"""The built-in plugin that reads rate sheets out of XLSX workbooks, there where the extra ``excel`` is installed."""

from __future__ import annotations

from pathlib import Path

from flexlib.formats.rate_sheets import sheet_of_table
from flexlib.formats.workbooks import read_workbook
from flexlib.model.rates import RateSheet
from flexlib.providers.hookspecs import hookimpl


@hookimpl
def flexlib_load_rate_sheet(path: Path) -> RateSheet | None:
    """Return the rate sheet on the first sheet of an XLSX workbook; None for any other file."""
    return sheet_of_table(read_workbook(path)) if path.suffix.lower() == ".xlsx" else None

"""The built-in plugin that reads rate sheets out of TOML, JSON and CSV files."""

from __future__ import annotations

from pathlib import Path

from flexlib.formats.rate_sheets import read_csv_sheet, read_json_sheet, read_toml_sheet
from flexlib.model.rates import RateSheet
from flexlib.providers.hookspecs import hookimpl

_READERS = {".toml": read_toml_sheet, ".json": read_json_sheet, ".csv": read_csv_sheet}


@hookimpl
def flexlib_load_rate_sheet(path: Path) -> RateSheet | None:
    """Return the rate sheet in a TOML, JSON or CSV file, told by its suffix; None for any other file."""
    reader = _READERS.get(path.suffix.lower())
    return reader(path) if reader else None

"""FOCUS rows into Parquet files, for which the extra ``parquet`` is installed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from flexlib.errors import InvalidValueError
from flexlib.formats.focus.columns import DECIMALS, FOCUS_COLUMNS, FocusRow

DIGITS = 38  # the most that readers commonly hold


def write_parquet(path: Path, rows: Sequence[FocusRow]) -> None:
    """Write rows: text as strings, amounts as decimals of 38 digits, 18 of them after the point, instants as UTC timestamps.

    Raises:
        InvalidValueError: An amount is too large for such a decimal.
    """
    types = get_type_hints(FocusRow)
    cells = list(zip(*(row.cells() for row in rows), strict=True)) or [()] * len(FOCUS_COLUMNS)
    arrays = {}
    for (name, column), values in zip(FOCUS_COLUMNS.items(), cells, strict=True):
        try:
            arrays[column] = pa.array(values, type=_arrow_type(types[name]))
        except pa.ArrowInvalid as error:
            largest = max((value for value in values if isinstance(value, Decimal)), key=abs)
            raise InvalidValueError(column, largest, f"at most {DIGITS - DECIMALS} digits before the point; write CSV") from error
    with path.open("xb") as file:
        pq.write_table(pa.table(arrays), file)


def _arrow_type(hint: object) -> pa.DataType:
    kinds = (hint, *get_args(hint))
    if Decimal in kinds:
        return pa.decimal128(DIGITS, DECIMALS)
    return pa.timestamp("us", tz="UTC") if datetime in kinds else pa.string()

"""Data frames of every kind, and their rows."""

from datetime import UTC, datetime

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

COLUMNS = ["user", "product", "window_start", "window_end", "tokens"]
KINDS = {
    "polars": (pl.DataFrame, pl.from_arrow),
    "pandas": (pd.DataFrame, pa.Table.to_pandas),
    "pyarrow": (pa.Table, lambda table: table),
    "duckdb": (duckdb.DuckDBPyRelation, duckdb.from_arrow),
}


def rows_of(frame):
    """Return the rows of a data frame of any kind as tuples, instants in UTC."""
    table = pa.Table.from_pandas(frame, preserve_index=False) if isinstance(frame, pd.DataFrame) else pa.table(frame)
    columns = [[_in_utc(value) for value in column.to_pylist()] for column in table.columns]
    return list(zip(*columns, strict=True))


def _in_utc(value):
    return value.astimezone(UTC) if isinstance(value, datetime) else value

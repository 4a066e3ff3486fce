"""Charging on Spark: sessions are dealt out by user and product, and each partition is charged as one table.

The extra ``spark`` is needed, here and on the executors. `flexlib.scale.charge_spark` is the way in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql.types import DataType, NullType, StringType, StructType, TimestampNTZType, TimestampType

from flexlib.errors import FlexError, FormatError, InvalidValueError
from flexlib.model.amounts import counted
from flexlib.model.products import Catalog, known_code
from flexlib.scale.charging import Terms
from flexlib.scale.frames import charge_table

_KEY = ("user", "product")
_TEAM = "team"
_TYPES: dict[str, tuple[type[DataType], ...]] = {
    "user": (StringType,),
    "product": (StringType,),
    "opened_at": (TimestampType,),
    "closed_at": (TimestampType, NullType),
    _TEAM: (StringType,),
}

# A bare "timestamp" would be one without a zone where spark.sql.timestampType says so.
_CHARGES = "user string, product string, window_start timestamp_ltz, window_end timestamp_ltz, tokens decimal(19,6)"

_BATCH = 65_536


def charge(df: DataFrame, terms: Terms, partitions: int | None) -> DataFrame:
    """Return the charges of sessions in a Spark DataFrame as another one; nothing is computed yet, but the columns are checked."""
    if partitions is not None and (not isinstance(partitions, int) or isinstance(partitions, bool) or partitions < 1):
        raise InvalidValueError("partitions", partitions, "a whole number from 1, or None to leave it to Spark")
    columns = _columns(df.schema)
    sessions = df.select(*columns)
    if terms.catalog is not None:
        sessions = sessions.mapInArrow(partial(_under_codes, catalog=terms.catalog), sessions.schema)
    dealt = sessions.repartition(*_KEY) if partitions is None else sessions.repartition(partitions, *_KEY)
    return dealt.mapInArrow(partial(_charged, terms=terms), _CHARGES + (f", {_TEAM} string" if _TEAM in columns else ""))


def _columns(schema: StructType) -> list[str]:
    """Return the columns that are wanted and there; one that is missing, there twice, or of a wrong type raises `FormatError`."""
    wanted = [name for name in _TYPES if name != _TEAM or name in schema.names]
    for name in wanted:
        if name not in schema.names:
            raise FormatError("frame", None, name, f"this column is missing; there are {', '.join(schema.names) or 'none'}")
        if schema.names.count(name) > 1:
            raise FormatError("frame", None, name, f"there are {schema.names.count(name)} columns of this name: keep one")
        _check_type(name, schema[name].dataType)
    return wanted


def _check_type(name: str, kind: DataType) -> None:
    if isinstance(kind, _TYPES[name]):
        return
    if isinstance(kind, TimestampNTZType):
        raise FormatError("frame", None, name, "it holds timestamp_ntz, which has no zone: give timestamp, which is an instant")
    expected = "timestamp, which is an instant" if TimestampType in _TYPES[name] else "text"
    raise FormatError("frame", None, name, f"it holds {kind.simpleString()}: give {expected}")


def _under_codes(batches: Iterable[pa.RecordBatch], catalog: Catalog) -> Iterator[pa.RecordBatch]:
    """Yield sessions with their products under the codes, so that one product goes to one partition, whatever it is called.

    One that is unknown keeps its name, and charging refuses it with the number of its rows.
    """
    codes: dict[str, str] = {}
    for batch in batches:
        product = batch.column("product").dictionary_encode()
        names = [str(name) for name in product.dictionary.to_pylist()]
        codes |= {name: known_code(name, catalog) or name for name in names if name not in codes}
        renamed = pa.array([codes[name] for name in names], product.type.value_type).take(product.indices)
        yield batch.set_column(batch.schema.get_field_index("product"), "product", renamed)


def _charged(batches: Iterable[pa.RecordBatch], terms: Terms) -> Iterator[pa.RecordBatch]:
    """Yield the charges of one partition."""
    whole = list(batches)
    if whole:
        yield from _of_table(pa.Table.from_batches(whole), terms).to_batches(_BATCH)


def _of_table(sessions: pa.Table, terms: Terms) -> pa.Table:
    try:
        return charge_table(sessions, terms)
    except FlexError as error:
        task = TaskContext.get()
        place = f"partition {task.partitionId()}" if task else "a partition"
        error.add_note(f"rows and windows are counted within {place} of the sessions, of {counted(sessions.num_rows, 'row')}")
        raise

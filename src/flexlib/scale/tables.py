"""Data frames in and out as Arrow tables, and their columns as the numbers that the engine works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flexlib.errors import FormatError, InvalidValueError, NaiveDatetimeError
from flexlib.model.amounts import counted
from flexlib.scale.arrays import FIRST, FIRST_ROWS, LAST, Codes, Flags, Instants, Names, Places, as_instant
from flexlib.scale.rating import DECIMALS

F = TypeVar("F")

Column: TypeAlias = "pa.ChunkedArray[Any]"  # Any: a column's type is known when it is read
Chunk: TypeAlias = "pa.Array[Any]"  # Any: likewise
Encoded: TypeAlias = "pa.DictionaryArray[Any, Any]"  # Any: likewise

INSTANT = pa.timestamp("us", "UTC")
TOKENS = pa.decimal128(19, DECIMALS)

TEXT_BYTES = (1 << 31) - 1
"""How much text one chunk of a text column may hold."""

_FRAMES = {("polars", "DataFrame"), ("pandas", "DataFrame"), ("duckdb", "DuckDBPyRelation"), ("_duckdb", "DuckDBPyRelation")}
_TICKS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_FINER = 1_000


def as_table(frame: object, required: Sequence[str], optional: Sequence[str] = (), *, of: str = "frame") -> pa.Table:
    """Return the columns of a data frame that are wanted, as an Arrow table; ``of`` is what an error calls the frame.

    Raises:
        InvalidValueError: It is no data frame that speaks Arrow.
        FormatError: A required column is missing, a column is there twice, or Arrow has no type for its values.
    """
    kind = kind_of(frame)
    source: Any = frame if kind else _from_arrow(frame, of)  # Any: a frame of a package that is not imported here
    names = list(source.columns) if kind else source.column_names
    missing = next((name for name in required if name not in names), None)
    if missing is not None:
        raise FormatError(of, None, missing, f"this column is missing; there are {', '.join(map(str, names)) or 'none'}")
    wanted = [name for name in (*required, *optional) if name in names]
    twice = next((name for name in wanted if names.count(name) > 1), None)
    if twice is not None:
        raise FormatError(of, None, twice, f"there are {names.count(twice)} columns of this name: keep one")
    try:
        return _selected(source, kind, wanted)
    except pa.ArrowException as error:
        raise FormatError(of, None, None, f"its values are not of one type in a column: {error}") from error


def like(frame: F, table: pa.Table) -> F:
    """Return a table as a data frame of the kind of another; an Arrow table where that is of none that is known."""
    return cast("F", _as_kind(kind_of(frame), table))


def coded(table: pa.Table, name: str, *, nulls: bool = False, of: str = "frame") -> Names:
    """Return a column of names; where nulls are allowed, they are the first name, an empty one.

    Raises:
        FormatError: It holds something else than text, or a name is null or blank where that is not allowed.
    """
    column = _without_null_names(table[name])
    if not nulls:
        refuse_nulls(column, name, of)
    if column.null_count == len(column):
        return Names([""] if nulls else [], np.zeros(len(column), np.int32))
    texts, codes = _encoded(column, name, of)
    names, ranks = _ranked(texts, codes)
    if not nulls:
        blank = [place for place, text in enumerate(names) if not text.strip()]
        refuse(name, np.isin(ranks[codes], blank) if blank else np.zeros(1, np.bool_), "it is blank: give a name", of=of)
        return Names(names, ranks[codes])
    return Names(["", *names], np.append(ranks + 1, np.int32(0))[codes])


def ticks(table: pa.Table, name: str, *, null: int | None = None, of: str = "frame") -> Instants:
    """Return a column of instants as microseconds since 1970; what is null becomes ``null``, where that is allowed.

    Raises:
        NaiveDatetimeError: The instants have no zone.
        FormatError: It holds something else than instants, or is null where that is not allowed, or is finer than a microsecond, or lies
            outside of the years 1 to 9999.
    """
    column = table[name]
    if null is None:
        refuse_nulls(column, name, of)
    if column.null_count == len(column):
        return np.full(len(column), null or 0, np.int64)
    if not pa.types.is_timestamp(column.type):
        raise FormatError(of, None, name, f"it holds {column.type}: give instants with a zone, such as timestamps in UTC")
    if column.type.tz is None:
        raise _naive(column, name, of)
    whole = _microseconds(column, name, of)
    filled = whole if null is None else whole.fill_null(_number(null))
    return np.ascontiguousarray(filled.to_numpy(), np.int64)


def numbers(table: pa.Table, name: str, *, of: str = "frame") -> Places:
    """Return a column of whole numbers; anything else, and nulls, raise `FormatError`."""
    column = table[name]
    refuse_nulls(column, name, of)
    if not len(column):
        return np.empty(0, np.int64)
    if not pa.types.is_integer(column.type):
        raise FormatError(of, None, name, f"it holds {column.type}: give whole numbers")
    try:
        return np.ascontiguousarray(column.cast(pa.int64()).to_numpy(), np.int64)
    except pa.ArrowInvalid as error:
        raise FormatError(of, None, name, f"it holds a number that is too large: {error}") from error


def refuse(field: str, wrong: Flags, problem: str, *, of: str = "frame") -> None:
    """Raise `FormatError` with the number and the first of the rows that are wrong, counted from 0; nothing where none is."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        first = ", ".join(str(row) for row in rows[:FIRST_ROWS])
        more = f" and {len(rows) - FIRST_ROWS} more" if len(rows) > FIRST_ROWS else ""
        raise FormatError(of, f"row{'s' if len(rows) > 1 else ''} {first}{more}", field, problem)


def names_column(column: Names) -> Column:
    """Return a column of names as text, in chunks that Arrow's short offsets can count."""
    names = pa.array(column.names, pa.string())
    longest = max(map(len, map(str.encode, column.names)), default=1)
    rows = max(TEXT_BYTES // max(longest, 1), 1)
    parts = [column.codes[begin : begin + rows] for begin in range(0, len(column.codes), rows)]
    return pa.chunked_array([_dictionary(part, names).dictionary_decode() for part in parts], pa.string())


def instants_column(instants: Instants) -> Chunk:
    """Return a column of instants in UTC."""
    return cast("Chunk", pa.array(instants, pa.int64()).cast(INSTANT))


def tokens_column(millionths: Instants) -> Chunk:
    """Return a column of exact tokens out of millionths of them."""
    words = np.zeros((len(millionths), 2), np.int64)  # a 128-bit decimal, the low word first; tokens are never negative
    words[:, 0] = millionths
    return pa.Array.from_buffers(TOKENS, len(millionths), [None, pa.py_buffer(cast("bytes", words))])


def taken(column: Column, places: Places) -> Column:
    """Return the cells of a column at places; Arrow takes none out of its text views."""
    text = column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column
    return cast("Column", text.take(pa.array(places, pa.int64())))


def kind_of(frame: object) -> str:
    """Return which package's data frame it is, or that of a class that it extends; nothing where no such package is known."""
    own = ((kind.__module__.partition(".")[0], kind.__name__) for kind in type(frame).__mro__)
    return next((package.removeprefix("_") for package, name in own if (package, name) in _FRAMES), "")


def _from_arrow(frame: object, of: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    expected = "a polars or pandas DataFrame, a PyArrow Table, a DuckDB relation or what else has __arrow_c_stream__"
    refused = InvalidValueError(of, type(frame).__name__, f"{expected} (collect a lazy one first)")
    if not hasattr(frame, "__arrow_c_stream__"):
        raise refused
    try:
        return pa.table(cast("pa.RecordBatch", frame))
    except (pa.ArrowException, TypeError, ValueError) as error:  # a lone column, such as a Series
        raise refused from error


def _selected(frame: Any, kind: str, names: list[str]) -> pa.Table:  # Any: a frame of a package that is not imported here
    """Return columns of a frame; of the others none is read, as they may hold what Arrow has no type for."""
    if kind == "pandas":
        return pa.Table.from_pandas(frame[names], preserve_index=False)
    if kind == "polars":
        return pa.table(frame.select(names))
    if kind == "duckdb":
        return pa.table(frame.select(*(f'"{name}"' for name in names)))
    return cast("pa.Table", frame.select(names))


def _as_kind(kind: str, table: pa.Table) -> object:
    if kind == "polars":
        import polars as pl  # noqa: PLC0415  # its frame was given

        return pl.from_arrow(table)
    if kind == "pandas":
        from pandas import ArrowDtype  # type: ignore[import-untyped]  # noqa: PLC0415  # its frame was given; it brings no types

        return table.to_pandas(types_mapper=lambda kept: ArrowDtype(kept) if pa.types.is_decimal(kept) else None)
    if kind == "duckdb":
        import duckdb  # noqa: PLC0415  # its relation was given

        return duckdb.from_arrow(table)
    return table


def refuse_nulls(column: Column, name: str, of: str = "frame") -> None:
    """Raise `FormatError` where a column has nulls."""
    if column.null_count:
        refuse(name, column.is_null().to_numpy(), "it is null: give a value in every row", of=of)


def _without_null_names(column: Column) -> Column:
    """Return a column in which no name of a dictionary is null, but the rows that have it."""
    if not (pa.types.is_dictionary(column.type) and any(chunk.dictionary.null_count for chunk in _dictionaries(column))):
        return column
    return pa.chunked_array([pa.array(chunk.to_pylist(), column.type.value_type) for chunk in column.chunks])


def _encoded(column: Column, name: str, of: str) -> tuple[Chunk, Codes]:
    """Return the names of a column, some perhaps unused or twice, and the place of each row's, -1 for a null."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise FormatError(of, None, name, f"it holds {kind}: give text")
    chunks = _dictionaries(column.dictionary_encode().unify_dictionaries())
    codes = [_indices(chunk) for chunk in chunks]
    return chunks[0].dictionary.cast(pa.large_string()), codes[0] if len(codes) == 1 else np.concatenate(codes)


def _ranked(texts: Chunk, codes: Codes) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return the names that are used, sorted, and the place of each text among them; Arrow sorts as Python does, by code points."""
    once = texts.dictionary_encode()
    place = _indices(once)
    used = np.zeros(len(once.dictionary), np.bool_)
    used[place[_occurring(codes, len(texts))]] = True
    names = once.dictionary.filter(pa.array(used))
    order = pc.array_sort_indices(names)
    ranks = np.zeros(len(used), np.int32)
    ranks[np.flatnonzero(used)[order.to_numpy()]] = np.arange(len(order))
    return cast("list[str]", names.take(order).to_pylist()), ranks[place]


def _occurring(codes: Codes, count: int) -> Flags:
    """Tell of each code, up to a count, whether it occurs; -1 is none."""
    occurs = np.zeros(count + 1, np.bool_)
    occurs[codes] = True
    return occurs[:-1]


def _dictionaries(column: Column) -> list[Encoded]:
    return cast("list[Encoded]", column.chunks)


def _indices(chunk: Encoded) -> npt.NDArray[np.int32]:
    """Return the place of each cell's name in a dictionary, -1 for a null."""
    indices = cast("pa.Int32Array", chunk.indices.cast(pa.int32()))
    filled = indices.fill_null(-1) if indices.null_count else indices
    return filled.to_numpy()


def _dictionary(codes: Codes, names: Chunk) -> Encoded:
    return pa.DictionaryArray.from_arrays(codes, names)


def _microseconds(column: Column, name: str, of: str) -> Column:
    """Return timestamps as whole microseconds since 1970, null where they are null."""
    whole: Column = column.cast(pa.int64())
    unit = column.type.unit
    if unit == "ns":
        coarse: Column = pc.divide(whole, _number(_FINER))
        finer = pc.not_equal(pc.multiply(coarse, _number(_FINER)), whole)
        refuse(name, _flags(finer), "it is finer than a microsecond: round it first", of=of)
        return coarse
    first, last = FIRST // _TICKS[unit], LAST // _TICKS[unit]
    lowest, highest = pc.min_max(whole).values()
    if lowest.as_py() < first or highest.as_py() > last:
        outside = pc.or_(pc.less(whole, _number(first)), pc.greater(whole, _number(last)))
        refuse(name, _flags(outside), "it lies outside of the years 1 to 9999", of=of)
    return whole if unit == "us" else pc.multiply(whole, _number(_TICKS[unit]))


def _number(value: int) -> pa.Scalar[Any]:  # Any: the stubs have no type for what takes part in sums with columns of any
    return cast("pa.Scalar[Any]", pa.scalar(value, pa.int64()))


def _flags(column: object) -> Flags:
    """Return a column of truth values, false where they are null."""
    return cast("Flags", cast("Any", column).fill_null(False).to_numpy())  # Any: the stubs take a column out of a sum for one cell


def _naive(column: Column, name: str, of: str) -> NaiveDatetimeError:
    """Return the error of instants without a zone, with the first of them."""
    known = column.cast(pa.int64()).drop_null()
    first = int(known[0].as_py()) * _TICKS.get(column.type.unit, 1) // (_FINER if column.type.unit == "ns" else 1)
    error = NaiveDatetimeError(as_instant(min(max(first, FIRST), LAST)).replace(tzinfo=None))
    error.add_note(f"{of}: {name}: the whole column, {counted(len(known), 'instant')}, has no zone: say in which it is")
    return error

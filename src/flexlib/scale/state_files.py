"""Files of the last windows: Arrow IPC or Parquet, with a version and the policy in the metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flexlib.charging.policy import ChargePolicy
from flexlib.errors import FormatError
from flexlib.replacing import replacing
from flexlib.scale.appending import Book
from flexlib.scale.arrays import FIRST, LAST, TICK, Flags, Instants, Places
from flexlib.scale.groups import (
    CHECKSUM,
    NO_TEAM,
    OPENER,
    SEVERAL_TEAMS,
    SINCE,
    TEAM,
    UNTIL,
    WINDOWS,
    Groups,
    Level,
    key_of,
    places_of,
)
from flexlib.scale.tables import INSTANT, Encoded, instants_column

_META = b"flexlib.window_state"
_VERSION = 1
_NAME = pa.dictionary(pa.int32(), pa.string())
_SCHEMA = pa.schema(
    [
        pa.field("user", _NAME, nullable=False),
        pa.field("product", _NAME, nullable=False),
        pa.field("since", INSTANT, nullable=False),
        pa.field("until", INSTANT, nullable=False),
        pa.field("windows", pa.int64(), nullable=False),
        pa.field("checksum", pa.int64(), nullable=False),
        pa.field("opener_at", INSTANT, nullable=False),
        pa.field("team", _NAME),
        pa.field("several_teams", pa.bool_(), nullable=False),
    ]
)
_SPANS = ("window", "grace", "idle_after")
_KINDS = {".arrow": "Arrow IPC", ".parquet": "Parquet"}


def table_of(book: Book) -> pa.Table:
    """Return a book as a table, one row a group."""
    key, rows = book.groups.whole()
    (user, product), team = places_of(key), rows[:, TEAM]
    columns = [
        _named(user, book.users),
        _named(product, book.products),
        instants_column(rows[:, SINCE]),
        instants_column(rows[:, UNTIL]),
        pa.array(rows[:, WINDOWS]),
        pa.array(rows[:, CHECKSUM]),
        instants_column(rows[:, OPENER]),
        _named(team, book.teams),
        pa.array(team == SEVERAL_TEAMS),
    ]
    return pa.table(columns, schema=_SCHEMA)


def book_of(table: pa.Table) -> Book:
    """Return the book that a table holds."""
    user, users = _codes(table, "user")
    product, products = _codes(table, "product")
    team, teams = _codes(table, "team")
    team[table["several_teams"].to_numpy()] = SEVERAL_TEAMS
    numbers = {name: _numbers(table, name) for name in ("since", "until", "windows", "checksum", "opener_at")}
    key = key_of(user, product)
    order = np.argsort(key, kind="stable")
    rows = np.column_stack([*numbers.values(), team])
    return Book(Groups(most=Level(key[order], rows[order])), users, products, teams)


def write_state(path: Path, policy: ChargePolicy, table: pa.Table) -> None:
    """Write a table of windows beside a file, then put it in its place."""
    suffix = _suffix(path)
    spans = {name: getattr(policy, name) // TICK for name in _SPANS}
    whole = table.replace_schema_metadata({_META: json.dumps({"version": _VERSION, "microseconds": spans}).encode()})
    try:
        with replacing(path) as beside, beside.open("xb") as file:
            _write(file, whole, suffix)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise FormatError(str(path), None, None, f"it cannot be written: {error.strerror or error}") from error


def read_state(path: Path) -> tuple[ChargePolicy, pa.Table]:
    """Return the policy and the table of windows in a file; what holds no such state raises `FormatError`."""
    suffix = _suffix(path)
    try:
        with path.open("rb") as file:
            table = _read(file, suffix)
            table.validate(full=True)
    except pa.ArrowException as error:
        raise FormatError(str(path), None, None, f"it is no whole {_KINDS[suffix]} file: {error}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FormatError(str(path), None, None, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error
    policy = _policy(path, table.schema.metadata or {})
    if not table.schema.equals(_SCHEMA):
        raise FormatError(str(path), None, None, f"its columns are not those of saved windows: {', '.join(_SCHEMA.names)}")
    _refuse_odd(path, table, policy)
    return policy, table


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _KINDS:
        raise FormatError(str(path), None, None, f"its suffix tells no format: let it end in {' or '.join(_KINDS)}")
    return suffix


def _write(file: BufferedWriter, table: pa.Table, suffix: str) -> None:
    if suffix == ".parquet":
        pq.write_table(table, file)
        return
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _read(file: BufferedReader, suffix: str) -> pa.Table:
    return pq.read_table(file) if suffix == ".parquet" else pa.ipc.open_file(file).read_all()


def _policy(path: Path, metadata: Mapping[bytes, bytes]) -> ChargePolicy:
    """Return the policy in the metadata; metadata of no saved windows raise `FormatError`."""
    if _META not in metadata:
        raise FormatError(str(path), None, None, "it holds no saved windows: give a file that WindowState.save wrote")
    try:
        told = json.loads(metadata[_META])
        version, spans = told["version"], told["microseconds"]
        if version == _VERSION:
            return ChargePolicy(**{name: spans[name] * TICK for name in _SPANS})
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FormatError(str(path), None, _META.decode(), f"it does not tell the policy: {error}") from error
    raise FormatError(str(path), None, None, f"it was saved in version {version!r}; this flexlib reads version {_VERSION}")


def _refuse_odd(path: Path, table: pa.Table, policy: ChargePolicy) -> None:
    """Raise `FormatError` where a table cannot be one of windows under a policy."""
    user, product = (_codes(table, column)[0] for column in ("user", "product"))
    nameless = [name for name, place in (("user", user), ("product", product)) if place.min(initial=0) < 0]
    for column in _SCHEMA.names:
        if column != "team" and (table[column].null_count or (column in nameless)):
            raise FormatError(str(path), None, column, "it has nulls: every row has a value")
    since, until, opener = (_numbers(table, column) for column in ("since", "until", "opener_at"))
    row_of_windows = (until > since) & ((until - since) % (policy.window // TICK) == 0)
    for field, right, problem in (
        ("since", (since >= FIRST) & (until <= LAST), "it and until do not lie in the years 1 to 9999"),
        ("until", row_of_windows, f"it is no whole number of windows of {policy.window} after since"),
        ("windows", _numbers(table, "windows") > 0, "it is less than 1"),
        ("opener_at", (since <= opener) & (opener < until), "it does not lie between since and until"),
        ("user", _is_first(key_of(user, product)), "its product is there twice"),
    ):
        if not right.all():
            raise FormatError(str(path), f"row {int(np.argmin(right))}", field, problem)


def _is_first(key: Places) -> Flags:
    """Tell of keys whether they are the first of their kind."""
    order = np.argsort(key, kind="stable")  # they mostly are in order, which this sort is quick to see
    first = np.ones(len(key), bool)
    first[order[1:]] = key[order][1:] != key[order][:-1]
    return first


def _numbers(table: pa.Table, name: str) -> Instants:
    return table[name].cast(pa.int64()).to_numpy()


def _named(places: Places, names: pa.StringArray) -> Encoded:
    codes = pa.array(places, pa.int32(), mask=places < 0)
    return pa.DictionaryArray.from_arrays(codes, names)


def _codes(table: pa.Table, name: str) -> tuple[Places, pa.StringArray]:
    """Return the places of a column's texts, `NO_TEAM` for null, and the texts, each once."""
    whole = cast("Encoded", table[name].unify_dictionaries().combine_chunks())
    if whole.dictionary.null_count or len(whole.dictionary.unique()) < len(whole.dictionary):
        whole = whole.dictionary_decode().dictionary_encode()
    places = whole.indices.fill_null(NO_TEAM).to_numpy(zero_copy_only=False).astype(np.int64)
    return places, cast("pa.StringArray", whole.dictionary)

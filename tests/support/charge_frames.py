"""Charges as data frames of every kind, and what `settle_frame` made of them as plain values."""

import duckdb
import polars as pl
import pyarrow as pa

from flexlib import Charge, settle

SCHEMA = pa.schema(
    [
        ("user", pa.string()),
        ("product", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("tokens", pa.decimal128(20, 6)),
        ("team", pa.string()),
    ]
)
KINDS = {"pyarrow": lambda table: table, "polars": pl.from_arrow, "pandas": pa.Table.to_pandas, "duckdb": duckdb.from_arrow}


def charge_table(charges):
    """Return charges as a PyArrow Table, a row each."""
    return pa.table([[getattr(charge, name) for charge in charges] for name in SCHEMA.names], schema=SCHEMA)


def rows_of(frame):
    """Return the rows of a data frame of any kind as dicts."""
    return pa.table(frame).to_pylist()


def settled_rows(charges, packs):
    """Return the ledger of charges as rows of a frame: each has the number of the first row that is equal for its id."""
    rows = [(charge.user, charge.product, charge.at, charge.tokens, charge.team) for charge in charges]
    numbered = [
        Charge(user, product, at, tokens, id=f"{rows.index(row):06}", team=team)
        for row in rows
        for user, product, at, tokens, team in [row]
    ]
    return settle(numbered, packs)


def draws_of(ledger):
    """Return the draws and shortfalls of a ledger from `settled_rows` in the order of the charges."""
    team_of = {pack.id: pack.team for pack in ledger.packs}
    drawn = [(int(draw.charge_id), draw.pack_id, team_of[draw.pack_id], draw.at, draw.tokens) for draw in ledger.draws]
    short = [(int(gap.reference), None, gap.team, gap.at, gap.tokens) for gap in ledger.shortfalls]
    place = {int(charge.id): number for number, charge in enumerate(ledger.charges)}
    return sorted([*drawn, *short], key=lambda draw: place[draw[0]])  # stable: a shortfall comes last


def draws_in(settled):
    """Return the draws of a settled frame as tuples."""
    return [(row["charge"], row["pack"], row["team"], row["at"], row["tokens"]) for row in rows_of(settled.draws)]

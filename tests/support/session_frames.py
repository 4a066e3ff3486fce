"""Sessions as Arrow tables, and charges as rows that compare."""

import pyarrow as pa

INSTANT = pa.timestamp("us", "UTC")
SESSIONS = pa.schema({"user": pa.string(), "product": pa.string(), "opened_at": INSTANT, "closed_at": INSTANT, "team": pa.string()})
IDLE = pa.schema({"session": pa.int64(), "start": INSTANT, "end": INSTANT})


def sessions_table(sessions, *, teams=True):
    """Return sessions as a table, with or without their teams."""
    schema = SESSIONS if teams else pa.schema(list(SESSIONS)[:-1])
    return pa.table([[getattr(session, name) for session in sessions] for name in schema.names], schema=schema)


def idle_table(sessions):
    """Return the idle spans of sessions as a table."""
    spans = [{"session": number, "start": start, "end": end} for number, one in enumerate(sessions) for start, end in one.idle]
    return pa.Table.from_pylist(spans, schema=IDLE)


def charge_rows(table):
    """Return charges in a table as rows that compare."""
    return [tuple(row.values()) for row in table.to_pylist()]


def typed_rows(charges, *, teams=True):
    """Return charges of the typed engine as the rows of their table."""
    return [(one.user, one.product, one.at, one.window.end, one.tokens, *([one.team] if teams else [])) for one in charges]

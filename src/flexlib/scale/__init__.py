"""The columnar twin of charging and pool, for data frames of millions of rows; it needs the extra ``frames``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.scale.charging import Terms
from flexlib.scale.frames import charge_frame
from flexlib.scale.settling import SettledFrame, settle_frame
from flexlib.scale.state import Appended, Past, WindowState

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Appended", "Past", "SettledFrame", "WindowState", "charge_frame", "charge_spark", "settle_frame"]


def charge_spark(
    df: DataFrame,
    rates: RateBook,
    *,
    region: str | None = None,
    seats: Iterable[Seat] = (),
    policy: ChargePolicy = FLEX,
    catalog: Catalog | None = None,
    partitions: int | None = None,
) -> DataFrame:
    """Return the charges of the sessions in a Spark DataFrame, as another one that Spark computes when it is asked for rows.

    The charges are those of `flexlib.scale.charge_frame`, in no certain order. It needs the extra ``spark``, on the executors too.

    Args:
        df: The sessions: ``user``, ``product`` (text), ``opened_at``, ``closed_at`` (timestamps, which are instants whatever the
            session's zone is; a null close is not known), and perhaps ``team``.
        rates: The rates.
        region: The region whose rates go first.
        seats: The seats; use that they cover costs nothing (rule C8).
        policy: The charge policy.
        catalog: The products, met under any of their names; the charges have their codes.
        partitions: Among how many partitions the sessions are dealt out by user and product; each is held in memory as a whole
            while it is charged. None leaves it to Spark's ``spark.sql.shuffle.partitions``.

    Returns:
        ``user``, ``product``, ``window_start``, ``window_end``, ``tokens`` (a decimal of six places), and ``team`` where it was
        given.

    Raises:
        FormatError: A column is missing, there twice, or of the wrong type, such as a timestamp without a zone.
        InvalidValueError: The number of partitions is none.

    What only the rows tell (nulls, closes before their launches, unknown products, rates that are missing, in conflict or too fine)
    is raised when Spark computes them, as its ``PythonException``, whose message ends with the error that
    `flexlib.scale.charge_frame` would raise.

    .. versionadded:: 0.1.0
    """
    from flexlib.scale.spark import charge  # noqa: PLC0415  # needs the extra `spark`

    return charge(df, Terms(rates, region, tuple(seats), policy, catalog), partitions)

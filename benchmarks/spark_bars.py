"""The bar of charging on Spark: against Spark's own repartition and sort of the same rows, both in one session on this machine.

It needs the extra ``spark`` and Java 17 or newer; ``python benchmarks/spark_bars.py`` runs it alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from made_up import PRODUCT_NAMES, log, rates
from measuring import Figure, ratios
from pyspark.sql import DataFrame, SparkSession

from flexlib import Catalog, Product
from flexlib.scale import charge_spark

ROWS_OF_A_PARTITION = 500_000


def figures(sessions: int) -> Iterator[Figure]:
    """Yield the figures of charging so many sessions, read from a Parquet file, on Spark."""
    parts = max(sessions // ROWS_OF_A_PARTITION, os.cpu_count() or 1)
    catalog = Catalog([Product(name, name.title()) for name in PRODUCT_NAMES])
    with TemporaryDirectory() as folder, _spark_session() as spark:
        path = Path(folder, "sessions.parquet")
        pq.write_table(log(sessions).table(), path, row_group_size=ROWS_OF_A_PARTITION)
        frame = spark.read.parquet(str(path))
        plain = frame.repartition(parts, "user", "product").sortWithinPartitions("user", "product", "opened_at")
        charged = charge_spark(frame, rates(), partitions=parts)
        by_names = charge_spark(frame, rates(), catalog=catalog, partitions=parts)
        for side in (plain, charged, by_names):
            _run(side)  # the first run of each compiles its plan and starts its Python
        what = f"{sessions:,} sessions in {parts} partitions"
        yield Figure(f"charge_spark, {what} / Spark's repartition and sort", _ratios(charged, plain), at_most=1.1)
        yield Figure(f"charge_spark with a catalogue, {what} / the same", _ratios(by_names, plain))


@contextmanager
def _spark_session() -> Iterator[SparkSession]:
    """Give a Spark session on all cores of this machine, which nothing else can reach."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master("local[*]").config(map=settings).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _ratios(one: DataFrame, other: DataFrame) -> list[float]:
    return ratios(lambda: _run(one), lambda: _run(other))


def _run(frame: DataFrame) -> None:
    """Compute every row, and keep none."""
    frame.write.format("noop").mode("overwrite").save()


if __name__ == "__main__":
    for figure in figures(5_000_000):
        print(figure)

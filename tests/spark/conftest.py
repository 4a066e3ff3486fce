"""One Spark session on two cores for all tests of this folder; where Spark cannot run, they are skipped and say why."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED_JAVA = 17


def java_version():
    """The number of the Java that Spark would start, or None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        return None
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found[1]) if found else None


def what_is_missing():
    """What Spark needs and is not there, in words, or None."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed: run tox -e spark"
    java = java_version()
    if java is None:
        return f"there is no Java: Spark needs Java {NEEDED_JAVA} or newer"
    return f"Java {java} is too old: Spark needs Java {NEEDED_JAVA} or newer" if java < NEEDED_JAVA else None


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.log.level": "OFF",  # what fails on purpose is not logged
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = SparkSession.builder.master("local[2]").appName("flexlib's tests").config(map=settings).getOrCreate()
        try:
            yield session
        finally:
            session.stop()

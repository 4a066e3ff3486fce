"""The oldest versions that are promised are those that are tested."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STATED = [*PROJECT["dependencies"], *(need for extra in PROJECT["optional-dependencies"].values() for need in extra)]
BOUNDS = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", need).groups() for need in STATED if ">=" in need)


@pytest.fixture
def oldest():
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")
    stated = tox["testenv:oldest"]["deps"].split() + tox["testenv:spark"]["deps"].split()  # Spark is too large to be in every other
    return dict(line.split("==") for line in stated if "==" in line)


@pytest.mark.parametrize("package", BOUNDS)
def test_the_lower_bound_of_a_package_is_the_version_that_tox_tests(package, oldest):
    assert re.fullmatch(rf"{re.escape(BOUNDS[package])}(\.0)*", oldest[package])


@pytest.mark.parametrize("package", BOUNDS)
def test_the_lower_bound_of_a_package_is_stated_in_the_docs(package):
    page = (ROOT / "docs" / "explanation" / "plugin-stability.md").read_text("utf-8")
    assert any(
        package in [name.strip().casefold() for name in row.split("|")[1].split(",")] and BOUNDS[package] in row
        for row in page.splitlines()
        if row.startswith("| ")
    )

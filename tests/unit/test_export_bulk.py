"""The rows of reported use that an export holds are in every respect those that the constructor makes."""

import copy
import gc
import pickle
import weakref
from datetime import date
from decimal import Decimal

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError
from export_files import export

from flexlib import ReportedUse

HEADER = "Day used,Email,Product,Feature,Team,Tokens used\n"
BUILT = [
    ReportedUse("ada@x.example", "Fusion", date(2026, 7, 29), Decimal("0.5"), team="Design", feature="Study"),
    ReportedUse("bob@x.example", "Revit", date(2026, 7, 30), 0),
]


@pytest.fixture
def made(tmp_path):
    """Return the same rows as read from an export."""
    return export(tmp_path, f"{HEADER}2026-07-29,Ada@x.example,Fusion,Study,Design,0.50\n2026-07-30,bob@x.example,Revit,,,0\n").rows


def test_every_field_equals_that_of_the_constructed_value(made):
    for one, built in zip(made, BUILT, strict=True):
        assert type(one) is ReportedUse
        assert attrs.asdict(one) == attrs.asdict(built)
        assert [type(value) for value in attrs.astuple(one)] == [type(value) for value in attrs.astuple(built)]
        assert (one, hash(one), repr(one)) == (built, hash(built), repr(built))


def test_they_survive_pickling_copying_and_evolving_and_are_frozen(made):
    for one, built in zip(made, BUILT, strict=True):
        assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == attrs.evolve(one) == built
        assert weakref.ref(one)() is one
        with pytest.raises(FrozenInstanceError):
            one.tokens = Decimal(1)


def test_no_row_is_made_that_the_constructor_refuses(tmp_path):
    cells = ["2026-07-29,ada@x.example,Fusion,,,7", ",a,b,,,7", "2026-07-29,,b,,,7", "2026-07-29,a,,,,7", "2026-07-29,a,b,,,-7"]
    rows = export(tmp_path, HEADER + "\n".join([*cells, "2026-07-29,a,b,,,1e20", "2026-07-29,a,b,,,0.1234567890123"])).rows
    assert len(rows) == 1
    assert [attrs.evolve(row) for row in rows] == rows


def test_the_garbage_collector_runs_again_after_reading(made):
    assert made
    assert gc.isenabled()

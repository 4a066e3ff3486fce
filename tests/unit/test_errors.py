"""Every error keeps what it was told, pickles, has its builtin base, and says what would be right."""

import inspect
import pickle
from datetime import UTC, datetime

import pytest

import flexlib
from flexlib import (
    DuplicateProviderError,
    FlexError,
    FormatError,
    HistoryError,
    InvalidTokensError,
    InvalidValueError,
    LateUsageError,
    LedgerError,
    NaiveDatetimeError,
    PluginError,
    PluginLoadError,
    RateConflictError,
    RateNotFoundError,
    UnknownExportError,
    UnknownProductError,
    UnknownRecordError,
    UnknownRegionError,
)
from flexlib.errors import MissingExtraError
from flexlib.extras import required

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAMPLES = [
    (
        NaiveDatetimeError(datetime(2026, 3, 2, 12)),
        ValueError,
        "2026-03-02T12:00:00 has no time zone: give an aware datetime, such as 2026-03-02T12:00:00+00:00",
    ),
    (InvalidTokensError(0.1, "an int"), ValueError, "0.1 is not an amount: give an int"),
    (InvalidValueError("months", 0, "one or more"), ValueError, "months is 0: expected one or more"),
    (
        UnknownRegionError("gb", ["GB"], []),
        LookupError,
        "no one serves the region 'gb'; did you mean GB? Served: none by name",
    ),
    (UnknownProductError("revitt"), LookupError, "no product is known as 'revitt'"),
    (
        UnknownProductError("revitt", ["revit", "rvt"]),
        LookupError,
        "no product is known as 'revitt'; did you mean revit or rvt?",
    ),
    (
        RateNotFoundError("maya", NOON, None, "no sheet names that product"),
        LookupError,
        "no rate for 'maya' at 2026-03-02T12:00:00+00:00: no sheet names that product",
    ),
    (
        RateNotFoundError("maya", NOON, "EU", "no sheet names that product"),
        LookupError,
        "no rate for 'maya' at 2026-03-02T12:00:00+00:00 in region EU: no sheet names that product",
    ),
    (
        RateConflictError("autocad", NOON, None, ["5 (blog)", "7 (Autodesk)"]),
        FlexError,
        (
            "the rates for 'autocad' at 2026-03-02T12:00:00+00:00 disagree: 5 (blog); 7 (Autodesk). "
            "Name the sheet or provider to trust in `precedence`"
        ),
    ),
    (
        LateUsageError("ada", "revit", NOON, NOON.replace(hour=13)),
        ValueError,
        (
            "ada's use of revit from 2026-03-02T12:00:00+00:00 came late: charges before 2026-03-02T13:00:00+00:00 are sealed; "
            "charge the whole usage anew with charge_usage"
        ),
    ),
    (LedgerError("two packs share an id"), FlexError, "two packs share an id"),
    (UnknownRecordError("no charge 'x'"), LookupError, "no charge 'x'"),
    (FormatError("a.csv", "row 3", "tokens", "not a number"), ValueError, "a.csv: row 3: tokens: not a number"),
    (FormatError("a.csv", None, None, "empty"), ValueError, "a.csv: empty"),
    (UnknownExportError("a.csv", "row 1", None, "it is none"), FormatError, "a.csv: row 1: it is none"),
    (HistoryError("flex.history", "it is closed"), FlexError, "flex.history: it is closed"),
    (PluginError("it broke"), FlexError, "it broke"),
    (
        PluginLoadError("eu", "flexlib-eu", "1.0", "import", "no module named x"),
        PluginError,
        "plugin 'eu' of flexlib-eu 1.0 failed at import: no module named x",
    ),
    (PluginLoadError("eu", None, None, "import", "no module"), PluginError, "plugin 'eu' failed at import: no module"),
    (
        DuplicateProviderError("eu", ["one", "two"]),
        PluginError,
        "the name 'eu' is taken twice, by one and by two: block one of them",
    ),
    (
        MissingExtraError("planning", "scipy"),
        ImportError,
        "this needs the package 'scipy': pip install \"flexlib[planning]\"",
    ),
]
samples = pytest.mark.parametrize(("error", "base", "message"), SAMPLES, ids=[type(error).__name__ for error, _, _ in SAMPLES])


@samples
def test_an_error_says_what_is_wrong_and_what_would_be_right(error, base, message):
    assert str(error) == message


@samples
def test_an_error_is_a_flex_error_and_the_builtin_that_fits(error, base, message):
    assert isinstance(error, FlexError)
    assert isinstance(error, base)
    assert not isinstance(error, KeyError)


@samples
def test_an_error_pickles_with_all_that_it_was_told(error, base, message):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (vars(again), again.args, str(again)) == (vars(error), error.args, message)


@samples
def test_an_error_keeps_what_it_was_told_as_attributes(error, base, message):
    if "__init__" not in vars(type(error)):
        return
    names = list(inspect.signature(type(error).__init__).parameters)[1:]
    told = dict(zip(names, error.args, strict=True))
    assert vars(error) == {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}


def test_every_public_error_has_a_sample_here():
    public = {value for value in vars(flexlib).values() if isinstance(value, type) and issubclass(value, FlexError)}
    assert public - {type(error) for error, _, _ in SAMPLES} == {FlexError}


def test_an_unknown_record_is_a_ledger_error():
    assert issubclass(UnknownRecordError, LedgerError)


def test_a_missing_package_is_told_with_the_extra_that_brings_it():
    with pytest.raises(MissingExtraError, match="no_such_package") as told, required("planning"):
        __import__("no_such_package.inner")
    assert (told.value.extra, told.value.package) == ("planning", "no_such_package")


def test_a_module_of_flexlib_that_is_missing_is_no_missing_extra():
    with pytest.raises(ModuleNotFoundError) as told, required("planning"):
        __import__("flexlib.no_such_module")
    assert not isinstance(told.value, MissingExtraError)

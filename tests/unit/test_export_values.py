"""Numbers and days as spreadsheets of several countries leave them in the vendor's exports."""

from datetime import date
from decimal import Decimal

import pytest
from export_files import USAGE, aside, export, workbook
from hypothesis import given
from hypothesis import strategies as st

from flexlib.formats.exports.cells import day_or_none
from flexlib.formats.exports.numbers import Notation, notation_of

COUNTS = "Email;Product;Days used;Days inactive;Tokens used\n"


def numbers(folder, *texts, **options):
    """Return the tokens of a file whose rows hold these texts, and what is said of those set aside."""
    rows = "".join(f"2026-07-29;ada@x.example;AutoCAD;;{text}\n" for text in texts)
    found = export(folder, USAGE.replace(",", ";") + rows, **options)
    return [str(row.tokens) for row in found.rows], [problem.problem for problem in aside(found)]


@pytest.mark.parametrize(
    ("texts", "tokens"),
    [
        (["7", "0", "0010"], ["7", "0", "10"]),
        (["0.5", "1,234"], ["0.5", "1234"]),
        (["0,5", "1.234"], ["0.5", "1234"]),
        (["1.234,5", "1.234", "1,5"], ["1234.5", "1234", "1.5"]),
        (["1,234.5", "1,234", "1.5"], ["1234.5", "1234", "1.5"]),
        (["1,234,567", "1,234"], ["1234567", "1234"]),
        (["1.234.567", "1.234"], ["1234567", "1234"]),
        (["0,123", "1,234"], ["0.123", "1.234"]),
        ([",5", "1,234"], ["0.5", "1.234"]),
        (["1234,567", "1,234"], ["1234.567", "1.234"]),
        (["1 234,5", "1\u00a0234,5", "1\u202f234,5"], ["1234.5"] * 3),
        (["1'234.5", "1\u2019234.5", "1 234"], ["1234.5", "1234.5", "1234"]),
        (["10.50", "10.00", "7,000"], ["10.5", "10", "7000"]),
        (["1.5E+2", "+7", " 7 "], ["150", "7", "7"]),
    ],
)
def test_a_number_that_can_be_read_in_one_way_tells_how_to_read_the_others(tmp_path, texts, tokens):
    assert numbers(tmp_path, *texts) == (tokens, [])


@pytest.mark.parametrize("text", ["1,234", "1.234", "12,345", "999.999"])
def test_without_such_a_number_one_mark_before_three_digits_is_ambiguous(tmp_path, text):
    tokens, [problem] = numbers(tmp_path, text, "7")
    assert tokens == ["7"]
    assert problem == f"{text!r} can be read in two ways: name the mark with decimal='.' or decimal=','"


def test_the_caller_may_name_the_decimal_mark(tmp_path):
    assert numbers(tmp_path, "1,234", decimal=",") == (["1.234"], [])
    assert numbers(tmp_path, "1,234", decimal=".") == (["1234"], [])
    tokens, [problem] = numbers(tmp_path, "0.5", "1.234", decimal=",")
    assert tokens == ["1234"]
    assert problem == "'0.5' is not a number with a decimal comma, which `decimal` names"


def test_where_both_marks_occur_that_of_more_rows_holds(tmp_path):
    tokens, [problem] = numbers(tmp_path, "0.5", "0,5", "1,234", "0.5")
    assert tokens == ["0.5", "1234", "0.5"]
    assert problem == "'0,5' is not a number with a decimal point, which the numbers of this file have"


def test_where_as_many_rows_have_either_mark_both_are_set_aside(tmp_path):
    tokens, problems = numbers(tmp_path, "0.5", "0,5", "7")
    assert tokens == ["7"]
    assert len(problems) == 2
    assert problems[0].startswith("'0.5' has one decimal mark, and as many numbers of this file have the other: name the mark")


def test_one_column_tells_how_the_others_are_written(tmp_path):
    found = export(tmp_path, "Email;Product;Days used;monthly_average;Tokens used\nada@x.example;AutoCAD;3;0,5;1.234\n")
    assert (found.rows[0].monthly_average, found.rows[0].tokens) == (Decimal("0.5"), 1234)


@pytest.mark.parametrize(
    "text", ["1,23,456", "12 34", "1.2.3", "5.", "1,234,56", "0x10", "7 tokens", "\u0667", "1_000", "--7", "1 234'567"]
)
def test_what_is_written_as_no_one_writes_a_number_is_set_aside(tmp_path, text):
    tokens, [problem] = numbers(tmp_path, text)
    assert tokens == []
    assert "is not a number such as 10 or 0.5" in problem


def test_a_long_text_is_cut_in_the_reason(tmp_path):
    _, [problem] = numbers(tmp_path, "x" * 10_000)
    assert len(problem) < 200


@pytest.mark.parametrize(
    ("text", "said"), [("1,5", "'1,5' is not a whole number"), ("-1", "'-1' is not an amount"), ("x", "'x' is not")]
)
def test_days_are_counted_in_whole_numbers(tmp_path, text, said):
    found = export(tmp_path, f"{COUNTS}ada@x.example;AutoCAD;{text};;0,5\nbob@x.example;AutoCAD;3,0;0;0,5\n")
    assert [(row.days_used, row.days_inactive) for row in found.rows] == [(3, 0)]
    [problem] = aside(found)
    assert problem[:2] == ("row 2", "Days used")
    assert said in problem.problem


def test_numbers_of_a_workbook_are_exact_whatever_mark_its_texts_have(tmp_path):
    rows = [
        ["2026-07-29", f"{user}@x.example", "AutoCAD", None, tokens] for user, tokens in (("a", 0.1), ("b", 60.0), ("c", 1.234))
    ]
    text = ["2026-07-29", "d@x.example", "AutoCAD", None, "0,5"]
    found = export(tmp_path, workbook(Data=[USAGE.strip().split(","), *rows, text]))
    assert [str(row.tokens) for row in found.rows] == ["0.1", "60", "1.234", "0.5"]


@given(amount=st.decimals(0, 10**9, places=3), comma=st.booleans())
def test_any_amount_is_read_back_from_its_groups_and_mark(amount, comma):
    text = f"{amount:,f}"
    if comma:
        text = text.translate(str.maketrans(",.", ".,"))
    notation = Notation("," if comma else ".", "as generated")
    assert notation.tokens(text) == amount


@given(amounts=st.lists(st.decimals(0, 10**6, places=2), min_size=1), comma=st.booleans())
def test_numbers_with_two_decimals_tell_their_mark(amounts, comma):
    texts = [f"{amount:,f}".translate(str.maketrans(",.", ".,") if comma else {}) for amount in amounts]
    assert notation_of(set(texts), lambda: texts, None).mark == ("," if comma else ".")


@given(day=st.dates(), hour=st.integers(0, 23), zone=st.integers(-12, 14))
def test_an_instant_counts_on_its_day_in_utc(day, hour, zone):
    text = f"{day}T{hour:02}:30:00{zone:+03}:00"
    shift = (hour * 60 + 30 - zone * 60) // (24 * 60)
    if 1 <= day.toordinal() + shift <= date.max.toordinal():
        assert day_or_none(text) == date.fromordinal(day.toordinal() + shift)
    else:
        with pytest.raises(ValueError, match="is not a day"):
            day_or_none(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-29", date(2026, 7, 29)),
        ("2024-05-10T21:20:32Z", date(2024, 5, 10)),
        ("2024-05-10T21:20:32.123Z", date(2024, 5, 10)),
        ("2024-05-10T21:20:32-05:00", date(2024, 5, 11)),
        ("2024-05-10 00:00:00", date(2024, 5, 10)),
        ("*****", None),
        (" ", None),
    ],
)
def test_a_day_is_a_date_or_an_instant(text, day):
    assert day_or_none(text) == day


@pytest.mark.parametrize(
    "text", ["20260729", "2026-7-29", "29.07.2026", "07/29/26", "2026-07", "46231", Decimal(46231), "2026-07-29T25:00Z"]
)
def test_what_is_not_certainly_a_day_is_refused(text):
    with pytest.raises(ValueError, match=r"is not a day|is ambiguous"):
        day_or_none(text)

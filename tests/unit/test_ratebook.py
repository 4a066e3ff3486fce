"""The rate book: the rate in force, regions, and contradictions (rules R1 to R3)."""

import pickle
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from sample_values import at, book, per_result, rate

from flexlib import InvalidValueError, RateBook, RateConflictError, RateNotFoundError, RateSheet, Source

NEW_YEAR = datetime(2023, 1, 1, tzinfo=UTC)
JUST_BEFORE = NEW_YEAR - timedelta(microseconds=1)

ARTICLE = RateSheet("article", [rate("autocad", 5, provider="blog"), rate("revit", 10, provider="blog")])
VENDOR = RateSheet("vendor 2021", [rate("autocad", 7, provider="Autodesk"), rate("revit", 10, provider="Autodesk")])


def test_r1_a_rate_holds_from_its_date_until_another_replaces_it():
    rates = book(rate("revit", 11, date(2023, 1, 1)), rate("revit", 10))
    assert rates.rate("revit", JUST_BEFORE).tokens == 10
    assert rates.rate("revit", NEW_YEAR).tokens == 11
    assert rates.in_force("revit", JUST_BEFORE)[1] == NEW_YEAR
    assert rates.in_force("revit", NEW_YEAR)[1] is None


def test_r1_a_rate_with_an_end_holds_until_it_and_not_at_it():
    rates = book(rate("revit", 10, effective_until=date(2023, 1, 1)))
    assert rates.rate("revit", JUST_BEFORE).tokens == 10
    assert rates.in_force("revit", JUST_BEFORE)[1] == NEW_YEAR
    with pytest.raises(RateNotFoundError, match="the sheets hold it for everywhere from 2021-12-21"):
        rates.rate("revit", NEW_YEAR)


def test_r1_a_look_up_before_the_first_rate_finds_none():
    with pytest.raises(RateNotFoundError, match=r"no rate for 'revit' at 2021-12-20T23:59:59\+00:00: the sheets hold it") as caught:
        book(rate("revit", 10)).rate("revit", datetime(2021, 12, 20, 23, 59, 59, tzinfo=UTC))
    assert (caught.value.product, caught.value.region) == ("revit", None)


def test_r1_an_unknown_product_is_named_with_the_nearest_and_its_region():
    rates = book(rate("revit", 10), rate("maya", 6))
    with pytest.raises(RateNotFoundError, match=r"in region EU: no sheet names that product; the nearest are revit"):
        rates.rate("revitt", at(0), "EU")
    with pytest.raises(RateNotFoundError) as caught:
        rates.rate("zzz", at(0))
    assert "no sheet names that product; look it up in the vendor's rate sheet, https://" in str(caught.value)


def test_r1_an_unknown_product_is_named_with_the_three_nearest_at_most():
    with pytest.raises(RateNotFoundError, match=r"; the nearest are plant-3d-x, plant-3d-xy, plant-3d; look it up"):
        book(*[rate(f"plant-{size}", 5) for size in ("3", "3d", "3d-x", "3d-xy")]).rate("plant-3d-x1", at(0))


def test_r2_the_regions_own_rate_goes_before_the_one_for_everywhere():
    rates = book(rate("revit", 10), rate("revit", 9, region="EU"))
    assert rates.rate("revit", at(0), "EU").tokens == 9
    assert rates.rate("revit", at(0), "US").tokens == 10
    assert rates.rate("revit", at(0)).tokens == 10


def test_r2_the_rate_for_everywhere_holds_before_and_after_the_regions_own():
    rates = book(rate("revit", 10), rate("revit", 9, date(2022, 1, 1), region="EU", effective_until=date(2023, 1, 1)))
    before = datetime(2021, 12, 31, tzinfo=UTC)
    assert [rates.rate("revit", when, "EU").tokens for when in (before, JUST_BEFORE, NEW_YEAR)] == [10, 9, 10]
    assert rates.in_force("revit", before, "EU")[1] == datetime(2022, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("own_from", "until"), [(date(2022, 6, 1), date(2022, 6, 1)), (date(2024, 1, 1), date(2023, 1, 1))])
def test_r2_a_rate_for_everywhere_holds_until_its_next_or_the_regions_own_whichever_comes_first(own_from, until):
    rates = book(rate("revit", 10), rate("revit", 11, date(2023, 1, 1)), rate("revit", 9, own_from, region="EU"))
    found, ends = rates.in_force("revit", datetime(2022, 1, 1, tzinfo=UTC), "EU")
    assert (found.tokens, ends) == (10, datetime(until.year, until.month, 1, tzinfo=UTC))


def test_r2_a_rate_for_one_region_is_none_for_others_and_the_error_says_where_it_is_held():
    rates = book(rate("revit", 9, region="EU"), rate("revit", 8, region="JP"))
    for region in ("US", None):
        with pytest.raises(RateNotFoundError, match="the sheets hold it for EU from 2021-12-21, JP from 2021-12-21"):
            rates.rate("revit", at(0), region)


@pytest.mark.parametrize("until", [None, date(2021, 1, 1)])
def test_r2_a_rate_that_holds_from_the_first_of_all_dates_is_named_like_any_other(until):
    with pytest.raises(RateNotFoundError, match="the sheets hold it for EU from 0001-01-01"):
        book(rate("revit", 9, date.min, region="EU", effective_until=until)).rate("revit", at(0), "US")


def test_r3_contradictory_rates_are_reported_with_their_span():
    (conflict,) = RateBook([ARTICLE, VENDOR]).conflicts
    assert (conflict.product, conflict.region, conflict.winner) == ("autocad", None, None)
    assert (conflict.start, conflict.end) == (datetime(2021, 12, 21, tzinfo=UTC), None)
    assert {(r.sheet, r.tokens, r.source) for r in conflict.rates} == {
        ("article", 5, Source("blog", "price list")),
        ("vendor 2021", 7, Source("Autodesk", "price list")),
    }


def test_r3_a_look_up_of_contradictory_rates_raises_and_names_both_sources():
    with pytest.raises(RateConflictError, match=r"Name the sheet or provider to trust in `precedence`") as caught:
        RateBook([ARTICLE, VENDOR]).rate("autocad", at(0), "EU")
    told = str(caught.value)
    assert "5 tokens a day from 2021-12-21 (sheet article; blog, price list)" in told
    assert "7 tokens a day from 2021-12-21 (sheet vendor 2021; Autodesk, price list)" in told
    assert len(caught.value.sides) == 2


def test_r3_sheets_that_agree_are_no_conflict():
    rates = RateBook([ARTICLE, VENDOR])
    assert rates.rate("revit", at(0)).tokens == 10
    assert {conflict.product for conflict in rates.conflicts} == {"autocad"}


@pytest.mark.parametrize(
    ("precedence", "tokens"),
    [
        (["vendor 2021"], 7),
        (["Autodesk"], 7),
        ("article", 5),
        (["blog", "Autodesk"], 5),
        (["Autodesk", "article"], 7),
    ],
)
def test_r3_precedence_by_sheet_or_provider_resolves_a_conflict_which_is_still_reported(precedence, tokens):
    for sheets in permutations([ARTICLE, VENDOR]):
        rates = RateBook(sheets, precedence=precedence)
        assert rates.rate("autocad", at(0)).tokens == tokens
        assert [conflict.winner.tokens for conflict in rates.conflicts] == [tokens]


def test_r3_precedence_that_names_none_of_the_sheets_in_conflict_resolves_nothing():
    other = RateSheet("other", [rate("maya", 6)])
    rates = RateBook([ARTICLE, VENDOR, other], precedence=["other"])
    with pytest.raises(RateConflictError):
        rates.rate("autocad", at(0))


def test_r3_precedence_that_names_nothing_in_the_book_is_refused_with_what_there_is():
    with pytest.raises(InvalidValueError, match="a sheet or provider of the book: Autodesk, article, blog, vendor 2021"):
        RateBook([ARTICLE, VENDOR], precedence=["autodesk"])
    with pytest.raises(InvalidValueError, match="a sheet or provider of the book: none"):
        RateBook([], precedence="Autodesk")


def test_r3_precedence_for_a_provider_that_contradicts_itself_at_one_instant_resolves_nothing():
    twice = RateSheet("vendor, again", [rate("autocad", 8, provider="Autodesk")])
    rates = RateBook([VENDOR, twice, ARTICLE], precedence=["Autodesk"])
    with pytest.raises(RateConflictError):
        rates.rate("autocad", at(0))
    assert RateBook([VENDOR, twice, ARTICLE], precedence=["vendor, again"]).rate("autocad", at(0)).tokens == 8


def test_r3_under_one_name_the_sheet_so_called_goes_before_the_provider_so_called():
    namesake = RateSheet("Autodesk", [rate("autocad", 6)])
    for sheets in permutations([VENDOR, namesake]):
        assert RateBook(sheets, precedence="Autodesk").rate("autocad", at(0)).tokens == 6


def test_r3_a_day_rate_and_a_result_rate_of_the_same_tokens_are_a_conflict():
    rates = RateBook([RateSheet("a", [rate("cfd", 5)]), RateSheet("b", [per_result("cfd", 5)])])
    assert len(rates.conflicts) == 1
    with pytest.raises(RateConflictError, match=r"5 tokens a day .* 5 tokens a result"):
        rates.rate("cfd", at(0))


def test_r3_a_conflict_lasts_only_while_the_sheets_disagree():
    rates = RateBook([ARTICLE, VENDOR, RateSheet("article 2023", [rate("autocad", 7, date(2023, 1, 1), provider="blog")])])
    (conflict,) = rates.conflicts
    assert conflict.end == NEW_YEAR
    assert rates.rate("autocad", NEW_YEAR).tokens == 7
    with pytest.raises(RateConflictError):
        rates.rate("autocad", JUST_BEFORE)


def test_r3_stretches_of_one_conflict_are_reported_as_one():
    # A rate that begins elsewhere in the book, or a sheet that repeats what holds, splits no conflict.
    other = RateSheet("other", [rate("autocad", 9, date(2022, 6, 1), effective_until=date(2022, 7, 1), region="EU")])
    assert len(RateBook([ARTICLE, VENDOR, other]).conflicts) == 1


def test_r3_a_third_rate_that_joins_a_conflict_is_another_conflict_of_three():
    third = RateSheet("third", [rate("autocad", 6, date(2022, 6, 1), effective_until=date(2023, 1, 1))])
    conflicts = RateBook([ARTICLE, VENDOR, third]).conflicts
    assert [len(conflict.rates) for conflict in conflicts] == [2, 3, 2]
    assert [conflict.end for conflict in conflicts] == [datetime(2022, 6, 1, tzinfo=UTC), NEW_YEAR, None]


def test_r1_sheets_of_one_provider_are_one_history_in_which_the_later_date_replaces_the_earlier():
    newer = RateSheet("vendor 2023", [rate("autocad", 8, date(2023, 1, 1), provider="Autodesk")])
    for sheets in permutations([VENDOR, newer]):
        rates = RateBook(sheets)
        assert [rates.rate("autocad", when).tokens for when in (JUST_BEFORE, NEW_YEAR)] == [7, 8]
        assert rates.conflicts == ()


def test_r1_sheets_of_one_name_and_no_source_are_one_history():
    rates = RateBook([RateSheet("list", [rate("autocad", 8, date(2023, 1, 1))]), RateSheet("list", [rate("autocad", 7)])])
    assert [rates.rate("autocad", when).tokens for when in (JUST_BEFORE, NEW_YEAR)] == [7, 8]


def test_r3_the_order_of_sheets_that_agree_never_decides_whose_rate_is_cited():
    one, two = (RateSheet("list", [rate("autocad", 7, provider=provider)]) for provider in ("Autodesk", "IMAGINiT"))
    assert RateBook([one, two]).rate("autocad", at(0)).source == RateBook([two, one]).rate("autocad", at(0)).source


@pytest.mark.parametrize(("began", "cited"), [((2022, 2021, 2021), "c"), ((2021, 2021, 2022), "a"), ((2021, 2022, 2022), "a")])
def test_r3_of_rates_that_agree_the_one_that_began_last_is_cited_and_of_several_that_of_the_first_sheet_by_name(began, cited):
    sheets = [RateSheet(name, [rate("maya", 6, date(year, 1, 1))]) for name, year in zip("cba", began, strict=True)]
    assert RateBook(sheets).rate("maya", at(0)).sheet == cited


def test_r3_the_last_name_of_a_precedence_goes_before_what_it_does_not_name():
    a, b, c, other = (RateSheet(name, [rate(product, 5)]) for name, product in [("a", "x"), ("b", "y"), ("c", "maya"), ("d", "z")])
    rates = RateBook([a, b, c, other, RateSheet("unnamed", [rate("maya", 7)])], precedence=["a", "b", "c"])
    assert rates.rate("maya", at(0)).sheet == "c"


def test_r2_a_conflict_in_one_region_leaves_the_others_alone():
    eu = [RateSheet(name, [rate("autocad", tokens, region="EU")]) for name, tokens in (("a", 5), ("b", 7))]
    rates = RateBook([*eu, RateSheet("c", [rate("autocad", 6)])])
    assert rates.rate("autocad", at(0), "US").tokens == 6
    with pytest.raises(RateConflictError) as caught:
        rates.rate("autocad", at(0), "EU")
    assert caught.value.region == "EU"
    assert [conflict.region for conflict in rates.conflicts] == ["EU"]


def test_conflicts_are_sorted_by_product_and_region():
    sheets = [
        RateSheet(name, [rate("maya", tokens), rate("autocad", tokens, region="EU"), rate("autocad", tokens)])
        for name, tokens in (("a", 5), ("b", 7))
    ]
    assert [(c.product, c.region) for c in RateBook(sheets).conflicts] == [("autocad", None), ("autocad", "EU"), ("maya", None)]


def test_a_rate_book_shows_what_it_was_given_and_nothing_else():
    assert repr(RateBook([ARTICLE])) == f"RateBook(sheets=({ARTICLE!r},), precedence=(), groups={{}})"


def test_a_rate_book_survives_pickling():
    rates = RateBook([ARTICLE, VENDOR], precedence="Autodesk")
    again = pickle.loads(pickle.dumps(rates))
    assert again == rates
    assert hash(again) == hash(rates)
    assert again.rate("autocad", at(0)) == rates.rate("autocad", at(0))
    assert again.conflicts == rates.conflicts

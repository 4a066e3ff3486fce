"""Chargeback tags: dated assignments, the most specific first, and the file that holds them."""

from datetime import UTC, date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from pool_builders import charge, day

from flexlib import Catalog, FormatError, InvalidValueError, NaiveDatetimeError, Product
from flexlib.formats import read_tags
from flexlib.reports import ChargebackTags, TagAssignment

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def centre(value, **scope):
    return TagAssignment("cost-centre", value, **scope)


def given(*assignments, at=1, user="ada", product="revit", team="lab"):
    return ChargebackTags(assignments).of(charge(1, at, user=user, product=product, team=team)).get("cost-centre")


def test_the_more_of_a_charge_an_assignment_names_the_earlier_it_decides():
    order = [
        {"user": "ada", "team": "lab", "product": "revit"},
        {"user": "ada", "team": "lab"},
        {"user": "ada", "product": "revit"},
        {"user": "ada"},
        {"team": "lab", "product": "revit"},
        {"team": "lab"},
        {"product": "revit"},
        {},
    ]
    assignments = [centre(str(place), **scope) for place, scope in enumerate(order)]
    for place in range(len(order)):
        assert given(*reversed(assignments[place:])) == str(place)


def test_an_assignment_that_names_another_user_team_or_product_does_not_fit():
    assert given(centre("1", user="bob"), centre("2", team="ops"), centre("3", product="maya")) is None
    assert given(centre("1", team="lab"), team=None) is None


def test_an_assignment_holds_from_its_start_and_up_to_but_not_at_its_end():
    first, second = centre("1", ends_at=day(2)), centre("2", starts_at=day(2), ends_at=day(4))
    assert [given(first, second, at=at) for at in (0, 1, 2, 3, 4)] == ["1", "1", "2", "2", None]


def test_a_date_stands_for_the_start_of_that_day_in_utc():
    assert centre("1", starts_at=date(2026, 3, 1)) == centre("1", starts_at=MARCH)


def test_where_the_more_specific_one_is_over_the_less_specific_one_decides():
    assert given(centre("1", user="ada", ends_at=day(1)), centre("2", team="lab"), at=1) == "2"


def test_each_key_is_decided_by_itself_and_the_tags_are_sorted():
    tags = ChargebackTags([TagAssignment("project", "tower"), centre("1", user="ada"), centre("2", user="bob")])
    assert tags.of(charge(1, 1)) == {"cost-centre": "1", "project": "tower"}
    assert list(tags.of(charge(1, 1))) == ["cost-centre", "project"]


def test_a_charge_that_no_assignment_fits_has_no_tags():
    assert ChargebackTags([]).of(charge(1, 1)) == {}


def test_two_values_for_the_same_at_one_instant_are_an_error_that_names_both():
    both = "cost-centre 1 of user ada and product revit until 2026-01-03.* and cost-centre 2 of user ada and product revit from 2026-01-02"
    with pytest.raises(InvalidValueError, match=both):
        ChargebackTags(
            [
                centre("1", user="ada", product="revit", ends_at=day(2)),
                centre("2", user="ada", product="revit", starts_at=day(1)),
            ]
        )


def test_a_long_assignment_conflicts_with_a_later_one_also_where_a_short_one_of_its_value_lies_between():
    with pytest.raises(InvalidValueError, match="of everyone"):
        ChargebackTags([centre("1"), centre("1", starts_at=day(1), ends_at=day(2)), centre("2", starts_at=day(3))])


def test_the_same_value_twice_and_other_values_one_after_the_other_are_no_conflict():
    tags = [centre("1", ends_at=day(3)), centre("1", starts_at=day(1), ends_at=day(4)), centre("2", starts_at=day(4))]
    for order in (tags, tags[::-1]):
        assert [given(*order, at=at) for at in (0, 3, 4)] == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("scope", "field"),
    [({"user": " "}, "user"), ({"team": ""}, "team"), ({"starts_at": day(2), "ends_at": day(2)}, "ends_at")],
)
def test_an_assignment_that_cannot_mean_anything_is_refused(scope, field):
    with pytest.raises(InvalidValueError) as refused:
        centre("1", **scope)
    assert refused.value.field == field


def test_t1_a_bound_without_a_zone_is_refused():
    with pytest.raises(NaiveDatetimeError):
        centre("1", starts_at=datetime(2026, 3, 1))


def written(folder, *rows, header="key,value,user,team,product,starts_at,ends_at"):
    path = folder / "tags.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_a_file_holds_one_assignment_a_row_and_a_blank_cell_bounds_nothing(tmp_path):
    path = written(tmp_path, "cost-centre,4711,ada,lab,revit,2026-03-01,2026-04-01T12:00Z", "project,tower,,,,,")
    assert read_tags(path).assignments == (
        centre("4711", user="ada", team="lab", product="revit", starts_at=MARCH, ends_at=datetime(2026, 4, 1, 12, tzinfo=UTC)),
        TagAssignment("project", "tower"),
    )


def test_the_columns_but_key_and_value_may_be_left_out(tmp_path):
    assert read_tags(written(tmp_path, "1,cost-centre", header="value,key")).assignments == (centre("1"),)


def test_t1_a_date_in_a_file_is_read_in_the_zone_that_is_named(tmp_path):
    path = written(tmp_path, "cost-centre,1,2026-03-01", header="key,value,starts_at")
    [assignment] = read_tags(path, zone=ZoneInfo("America/New_York")).assignments
    assert assignment.starts_at == datetime(2026, 3, 1, 5, tzinfo=UTC)


def test_a_catalogue_resolves_the_products_of_a_file(tmp_path):
    catalog = Catalog([Product("revit", "Autodesk Revit")])
    path = written(tmp_path, "cost-centre,1,autodesk revit 2026", header="key,value,product")
    assert read_tags(path, catalog=catalog).assignments == (centre("1", product="revit"),)


@pytest.mark.parametrize(
    ("row", "place", "field", "problem"),
    [
        (",1,,,,,", "row 3", "key", "it is missing"),
        ("cost-centre,,,,,,", "row 3", "value", "it is missing"),
        ("cost-centre,1,,,,2026-03-32,", "row 3", "starts_at", "'2026-03-32' is not a date"),
        ("cost-centre,1,,,,2026-03-02,2026-03-01", "row 3", "ends_at", "an instant after starts_at"),
        ("cost-centre,1,,,rivet,,", "row 3", "product", "did you mean revit"),
        ("cost-centre,1", "row 3", None, "2 cells where the header has 7"),
        (
            "project,hall,,,,2026-03-01,",
            "row 3",
            "value",
            "it and row 2 give different values at one instant: project hall of everyone",
        ),
    ],
)
def test_a_wrong_row_is_an_error_that_names_row_and_field(tmp_path, row, place, field, problem):
    path = written(tmp_path, "project,tower,,,,,", row)
    with pytest.raises(FormatError, match=problem) as refused:
        read_tags(path, catalog=Catalog([Product("revit", "Revit")]))
    assert (refused.value.file, refused.value.place, refused.value.field) == (str(path), place, field)


def test_a_misspelt_column_is_an_error_that_names_the_nearest(tmp_path):
    with pytest.raises(FormatError, match="did you mean starts_at"):
        read_tags(written(tmp_path, "a,b,2026-03-01", header="key,value,start_at"))


def test_every_combination_of_scopes_is_told_in_words():
    names = [dict(zip(("user", "team", "product"), chosen, strict=True)) for chosen in product(("x", None), repeat=3)]
    assert len({str(centre("1", **scope)) for scope in names}) == len(names)

"""Users, groups and teams, what they are assigned (rule A1), and use by someone not assigned."""

import pickle
from datetime import date, datetime

import pytest
from sample_values import at, book, rate, result, session

from flexlib import (
    ALL_PRODUCTS,
    AllProducts,
    Assignment,
    Catalog,
    Charge,
    Directory,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    ReportedSummary,
    ReportedUse,
    TeamDefault,
    UnassignedReason,
    UnassignedUse,
    UnknownProductError,
    User,
    charge_reported,
    charge_usage,
)

ADA, BEN = "ada@studio.example", "ben@studio.example"
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
CATALOG = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"]), Product("revit", "Revit")])


def directory(*assignments, team=None, defaults=(), catalog=None):
    """Return a directory of Ada with those assignments."""
    return Directory([User(ADA, team=team)], assignments, defaults, catalog=catalog)


def reasons(uses, known):
    """Return the reason of each use that is returned."""
    return [found.reason for found in known.unassigned(uses)]


def test_an_e_mail_address_is_held_in_lower_case_since_exports_vary_its_case():
    assert User(" Ada@Studio.Example ").email == ADA
    assert User("ADA@studio.example") == User(ADA)
    assert Assignment("ADA@studio.example", "revit").user == ADA


@pytest.mark.parametrize("wrong", ["", "ada", "@studio.example", "ada@", "ada ng@studio.example", "a@b@c", "ada@stu\ndio", None, 7])
def test_what_is_no_e_mail_address_is_refused(wrong):
    with pytest.raises(InvalidValueError, match="an e-mail address such as") as caught:
        User(wrong)
    assert (caught.value.field, caught.value.value) == ("email", wrong)
    with pytest.raises(InvalidValueError):
        Assignment(wrong, "revit")


def test_a_name_is_held_on_one_line():
    user = User(ADA, first_name="  Ada\tMaria ", last_name="de\nla  Cruz")
    assert (user.first_name, user.last_name) == ("Ada Maria", "de la Cruz")
    with pytest.raises(InvalidValueError, match="text, which may be empty"):
        User(ADA, first_name=None)


def test_groups_have_no_order_and_each_counts_once():
    assert User(ADA, groups=["bim", "cad", "bim"]) == User(ADA, groups=("cad", "bim"))
    assert User(ADA, groups="bim").groups == ("bim",)


def test_people_are_values():
    known = directory(Assignment(ADA, "revit", at(0)), team="north", defaults=[TeamDefault("north", "maya")], catalog=None)
    assert pickle.loads(pickle.dumps(known)) == known
    assert hash(known) == hash(directory(Assignment(ADA, ["revit"], at(0)), team="north", defaults=[TeamDefault("north", "maya")]))
    assert directory(Assignment(ADA, ALL_PRODUCTS)) != directory(Assignment(ADA, ["revit"]))


def test_a_directory_shows_what_it_was_given_and_nothing_else():
    known = directory(Assignment(ADA, "revit"))
    shown = f"users=({User(ADA)!r},), assignments=({Assignment(ADA, 'revit')!r},), team_defaults=(), catalog=None"
    assert repr(known) == f"Directory({shown})"


@pytest.mark.parametrize(
    "make", [lambda *span: Assignment(ADA, "revit", *span), lambda *span: TeamDefault("north", "revit", *span)]
)
def test_t1_a_span_is_of_aware_instants_and_not_empty(make):
    assert make(at(1), at(2)).starts_at == at(1)
    with pytest.raises(InvalidValueError, match="ends_at"):
        make(at(1), at(1))
    with pytest.raises(NaiveDatetimeError):
        make(datetime(2026, 3, 2))


def test_all_products_are_a_value_of_their_own_and_no_name():
    assert list(AllProducts) == [ALL_PRODUCTS]
    assert Assignment(ADA, ALL_PRODUCTS).products is ALL_PRODUCTS
    assert Assignment(ADA, "all products").products == ("all products",)


def test_a_product_named_twice_counts_once():
    assert Assignment(ADA, ["revit", "autocad", "revit"]).products == ("revit", "autocad")


def test_a_product_is_assigned_over_a_half_open_span():
    known = directory(Assignment(ADA, "revit", at(8), at(17)))
    assert [known.is_assigned(ADA, "revit", at(hour)) for hour in (7.99, 8, 16.99, 17)] == [False, True, True, False]
    assert not known.is_assigned(ADA, "autocad", at(9))


def test_an_assignment_without_a_beginning_or_an_end_always_held_and_runs_on():
    known = directory(Assignment(ADA, "revit", None, at(8)), Assignment(ADA, "autocad", at(8)))
    assert known.is_assigned(ADA, "revit", at(0, day=-9999))
    assert known.is_assigned(ADA, "autocad", at(0, day=9999))


def test_a_directory_is_asked_in_any_case_and_with_any_zone():
    known = directory(Assignment(ADA, "revit"))
    assert known.user("ADA@Studio.Example ") == User(ADA)
    assert known.is_assigned("ADA@Studio.Example", "revit", at(8))
    with pytest.raises(NaiveDatetimeError):
        known.is_assigned(ADA, "revit", datetime(2026, 3, 2))
    with pytest.raises(NaiveDatetimeError):
        known.assigned_products(ADA, datetime(2026, 3, 2))


def test_several_assignments_that_hold_at_once_add_up():
    known = directory(Assignment(ADA, "revit"), Assignment(ADA, ["maya", "autocad"], at(8)))
    assert known.assigned_products(ADA, at(7)) == ("revit",)
    assert known.assigned_products(ADA, at(8)) == ("autocad", "maya", "revit")


def test_a1_where_all_products_are_chosen_later_ones_come_by_themselves():
    known = directory(Assignment(ADA, ALL_PRODUCTS), Assignment(ADA, "revit"), catalog=CATALOG)
    assert known.assigned_products(ADA, at(8)) is ALL_PRODUCTS
    assert known.is_assigned(ADA, "a product of next year", at(8))
    assert known.unassigned([session(at(8), product="a product of next year", user=ADA)]) == []


def test_a1_under_a_teams_default_later_products_do_not_come_by_themselves():
    default = TeamDefault.of_all("north", CATALOG, at(0))
    later = Catalog([*CATALOG, Product("maya", "Maya")])
    known = directory(team="north", defaults=[default], catalog=later)
    assert default == TeamDefault("north", ("autocad", "revit"), at(0))
    assert known.assigned_products(ADA, at(8)) == ("autocad", "revit")
    assert known.why_not(ADA, "Maya", at(8)) is UnassignedReason.NOT_ASSIGNED
    with pytest.raises(InvalidValueError, match=r"a fixed list \(rule A1\)"):
        TeamDefault("north", ALL_PRODUCTS)


def test_a_teams_default_is_of_a_team_with_a_name():
    with pytest.raises(InvalidValueError, match="team"):
        TeamDefault(" ", "revit")


def test_a_teams_default_is_for_its_users_only():
    users = [User(ADA, team="north"), User(BEN, team="south"), User("cat@studio.example")]
    known = Directory(users, team_defaults=[TeamDefault("north", "revit"), TeamDefault("north", "maya", None, at(8))])
    assert known.assigned_products(ADA, at(7)) == ("maya", "revit")
    assert known.assigned_products(ADA, at(8)) == ("revit",)
    assert known.assigned_products(BEN, at(7)) == known.assigned_products("cat@studio.example", at(7)) == ()


def test_a_users_own_assignment_goes_before_the_teams_default_while_it_holds():
    own = Assignment(ADA, "autocad", at(8), at(17))
    known = directory(own, team="north", defaults=[TeamDefault("north", "revit")])
    assert [known.assigned_products(ADA, at(hour)) for hour in (7, 8, 17)] == [("revit",), ("autocad",), ("revit",)]
    assert known.why_not(ADA, "revit", at(8)) is UnassignedReason.NOT_IN_OWN


def test_an_assignment_of_no_products_takes_away_what_the_teams_default_gives():
    known = directory(Assignment(ADA, ()), team="north", defaults=[TeamDefault("north", "revit")])
    assert known.assigned_products(ADA, at(8)) == ()
    assert known.why_not(ADA, "revit", at(8)) is UnassignedReason.NOT_IN_OWN


def test_each_reason_is_told():
    assignments = [
        Assignment(ADA, "autocad", at(8), at(9)),
        Assignment(ADA, "autocad", at(10), at(11)),
        Assignment(ADA, "maya", at(20)),
    ]
    known = directory(*assignments)
    assert known.why_not(BEN, "autocad", at(8)) is UnassignedReason.UNKNOWN_USER
    assert known.why_not(ADA, "revit", at(8)) is UnassignedReason.NOT_ASSIGNED
    asked = [known.why_not(ADA, "autocad", at(hour)) for hour in (7, 8, 9, 10, 11)]
    no_longer = UnassignedReason.NO_LONGER_ASSIGNED
    assert asked == [UnassignedReason.NOT_YET_ASSIGNED, None, no_longer, None, no_longer]
    assert known.why_not(ADA, "maya", at(19)) is UnassignedReason.NOT_YET_ASSIGNED


def test_with_a_catalogue_products_are_met_under_any_of_their_names():
    known = directory(Assignment(ADA, ["AutoCAD 2024"]), team="north", defaults=[TeamDefault("north", "REVIT")], catalog=CATALOG)
    assert known.assigned_products(ADA, at(8)) == ("autocad",)
    assert known.is_assigned(ADA, "acd", at(8))
    assert known.unassigned([session(at(8), product="ACD 2026", user=ADA)]) == []


def test_a_product_that_the_catalogue_does_not_know_is_refused_in_an_assignment_and_told_of_a_use():
    for wrong in ({"defaults": [TeamDefault("north", "ravit")]}, {}):
        with pytest.raises(UnknownProductError, match="did you mean revit"):
            directory(*[] if wrong else [Assignment(ADA, "ravit")], catalog=CATALOG, **wrong)
    known = directory(Assignment(ADA, "revit"), catalog=CATALOG)
    assert known.why_not(ADA, "ravit", at(8)) is UnassignedReason.UNKNOWN_PRODUCT
    assert reasons([session(at(8), product="ravit", user=ADA)], known) == [UnassignedReason.UNKNOWN_PRODUCT]


def test_two_users_of_one_e_mail_address_are_refused_where_they_differ_and_count_once_where_not():
    assert Directory([User(ADA), User("ADA@studio.example")]).users == (User(ADA),)
    with pytest.raises(InvalidValueError, match="one user an e-mail address") as caught:
        Directory([User(ADA), User(BEN), User(ADA, team="north")])
    assert caught.value.value == ADA


def test_an_assignment_is_of_a_user_who_is_known():
    with pytest.raises(InvalidValueError, match=r"assignments is 'ben@studio\.example'"):
        directory(Assignment(BEN, "revit"))


def test_an_unknown_user_is_none_and_is_assigned_nothing():
    known = directory(Assignment(ADA, ALL_PRODUCTS))
    assert known.user(BEN) is None
    assert known.assigned_products(BEN, at(8)) == ()


def test_the_members_of_a_team_of_a_group_and_of_both_are_found():
    ada, ben, cat = (
        User(ADA, team="north", groups=["bim"]),
        User(BEN, team="north"),
        User("cat@studio.example", groups=["bim", "cad"]),
    )
    known = Directory([cat, ada, ben])
    assert known.members() == [cat, ada, ben]
    assert known.members(team="north") == [ada, ben]
    assert known.members(group="bim") == [cat, ada]
    assert known.members(team="north", group="bim") == [ada]
    assert known.members(group="no such group") == []


def test_use_of_every_kind_is_judged_at_its_instant_and_returned_in_the_order_given():
    known = directory(Assignment(ADA, ["autocad", "cfd"], at(8), at(17)))
    late = [
        session(at(17), user=ADA),
        result(at(7), user=ADA),
        Charge(ADA, "autocad", at(17), 7),
        ReportedUse(ADA, "autocad", TUESDAY, 7),
    ]
    good = [session(at(8), user=ADA), result(at(9), user=ADA), Charge(ADA, "cfd", at(16), 5), ReportedUse(ADA, "cfd", MONDAY, 5)]
    found = known.unassigned([*late, *good, *late[:1]])
    assert [one.use for one in found] == [*late, *late[:1]]
    no_longer = UnassignedReason.NO_LONGER_ASSIGNED
    assert [one.reason for one in found] == [no_longer, UnassignedReason.NOT_YET_ASSIGNED, no_longer, no_longer, no_longer]


def test_an_unassigned_use_says_itself_in_words():
    known = directory(Assignment(ADA, "autocad", None, at(8)))
    launch, row = known.unassigned([session(at(9), user=ADA), ReportedUse(ADA, "revit", MONDAY, 10)])
    assert launch == UnassignedUse(session(at(9), user=ADA), UnassignedReason.NO_LONGER_ASSIGNED)
    said = "ada@studio.example's use of autocad at 2026-03-02T09:00:00+00:00: the product was no longer assigned to the user"
    assert str(launch) == said
    assert str(row) == "ada@studio.example's use of revit on 2026-03-02: the product is not assigned to the user"


def test_a_session_is_judged_at_its_launch_and_its_charges_each_at_their_own_instant():
    known = directory(Assignment(ADA, "autocad", at(0), at(20)))
    usage = [session(at(8), at(9, day=1), user=ADA)]
    charges = charge_usage(usage, book(rate("autocad", 7)))
    assert known.unassigned(usage) == []
    assert [found.use for found in known.unassigned(charges)] == [charges[1]]


def test_t3_a_row_of_a_report_is_returned_only_where_the_product_was_assigned_at_no_instant_of_its_day():
    rows = [ReportedUse(ADA, "revit", date(2026, 3, day), 10) for day in range(1, 6)]
    known = directory(Assignment(ADA, "revit", at(23.99), at(0, day=2)), Assignment(ADA, "revit", at(9, day=3), at(10, day=3)))
    assert [found.use.day.day for found in known.unassigned(rows)] == [1, 4]


def test_a_row_of_a_report_is_judged_by_what_its_user_may_use_where_the_teams_default_holds_for_a_part_of_the_day():
    known = directory(Assignment(ADA, "maya", None, at(8)), team="north", defaults=[TeamDefault("north", "revit", None, at(9))])
    assert known.unassigned([ReportedUse(ADA, "revit", MONDAY, 10)]) == []
    assert reasons([ReportedUse(ADA, "revit", date(2026, 3, 1), 10)], known) == [UnassignedReason.NOT_IN_OWN]


def test_a_row_of_a_report_is_told_the_reason_at_the_beginning_of_its_day_where_it_changes_within_the_day():
    known = directory(Assignment(ADA, "maya"), team="north", defaults=[TeamDefault("north", "revit", None, at(9))])
    assert reasons([ReportedUse(ADA, "revit", MONDAY, 10)], known) == [UnassignedReason.NOT_IN_OWN]
    assert reasons([ReportedUse(ADA, "revit", TUESDAY, 10)], known) == [UnassignedReason.NO_LONGER_ASSIGNED]


def test_a_charge_that_was_read_from_a_report_is_judged_by_its_day():
    known = directory(Assignment(ADA, "revit", at(9)))
    rows = [ReportedUse(ADA, "revit", date(2026, 3, 1), 10), ReportedUse(ADA, "revit", MONDAY, 10)]
    assert [found.use.reported for found in known.unassigned(charge_reported(rows))] == rows[:1]


def test_a_row_of_the_first_and_of_the_last_day_that_can_be_held_is_judged():
    rows = [ReportedUse(ADA, "revit", day, 10) for day in (date.min, date.max)]
    assert reasons(rows, directory()) == [UnassignedReason.NOT_ASSIGNED] * 2
    assert directory(Assignment(ADA, "revit")).unassigned(rows) == []


def test_a_row_of_someone_unknown_is_told():
    assert reasons([ReportedUse(BEN, "revit", MONDAY, 10)], directory()) == [UnassignedReason.UNKNOWN_USER]
    assert reasons([ReportedUse("3f8a", "revit", MONDAY, 10)], directory()) == [UnassignedReason.UNKNOWN_USER]


@pytest.mark.parametrize("wrong", [ReportedSummary(ADA, "revit"), "revit", None, User(ADA)])
def test_what_is_no_dated_use_is_refused(wrong):
    with pytest.raises(InvalidValueError, match="sessions, results, charges and rows of a report by the day"):
        directory().unassigned([wrong])

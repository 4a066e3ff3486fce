"""Who is assigned what, against a naive model; and users and assignments through files and back."""

import csv
import io
import itertools
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexlib import ALL_PRODUCTS, Assignment, Catalog, Directory, FlexError, Product, TeamDefault, User, charge_reported
from flexlib.formats import read_people, write_bulk_import
from flexlib.testing import strategies as own

COLUMNS = ["First name", "Last name", "Email address", "Team", "Groups", "Products", "From", "Until"]
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC)  # so that spans, uses and days meet
HOUR = timedelta(hours=1)

known = own.directories(min_value=FIRST, max_value=LAST)
instants = own.instants(min_value=FIRST, max_value=LAST)
emails = st.sampled_from([*own.EMAILS, "nobody@studio.example"])
products = st.sampled_from([*own.PRODUCTS, "a later product"])
uses = st.one_of(
    own.sessions(users=emails, products=products, min_value=FIRST, max_value=LAST),
    own.result_uses(users=emails, products=products, min_value=FIRST, max_value=LAST),
    own.charges(users=emails, products=products, min_value=FIRST, max_value=LAST),
)
rows = own.reported_uses(users=emails, products=products, min_value=FIRST, max_value=LAST)


@st.composite
def questions(draw):
    """A directory, and a user, a product and an instant to ask it about, often one at which something begins or ends."""
    directory = draw(known)
    given = [*directory.assignments, *directory.team_defaults]
    edges = [edge for one in given for edge in (one.starts_at, one.ends_at) if edge]
    at = draw(st.sampled_from(edges) | instants if edges else instants)
    named = [product for one in given if one.products is not ALL_PRODUCTS for product in one.products]
    product = draw(st.sampled_from(named) | products if named else products)
    some = [user.email for user in directory.users]
    return directory, draw(st.sampled_from(some) | emails if some else emails), product, at


def holds(given, at):
    """Tell whether an assignment or a default holds at an instant."""
    return (given.starts_at is None or given.starts_at <= at) and (given.ends_at is None or at < given.ends_at)


def naive(directory, email, product, at):
    """Tell, by reading all that was given, whether a product is assigned to a user."""
    for user in directory.users:
        if user.email == email:
            decisive = [one for one in directory.assignments if one.user == email and holds(one, at)] or [
                one for one in directory.team_defaults if one.team == user.team and holds(one, at)
            ]
            return any(one.products is ALL_PRODUCTS or product in one.products for one in decisive)
    return False


@given(known, instants)
def test_a1_a_product_is_assigned_just_where_a_naive_reading_says_so(directory, instant):
    given = [*directory.assignments, *directory.team_defaults]
    edges = {edge for one in given for edge in (one.starts_at, one.ends_at) if edge}
    for email, at in itertools.product([*own.EMAILS, "nobody@studio.example"], {instant, *edges}):
        assigned = directory.assigned_products(email, at)
        for product in (*own.PRODUCTS, "a later product"):
            expected = naive(directory, email, product, at)
            assert directory.is_assigned(email, product, at) is expected
            assert (directory.why_not(email, product, at) is None) is expected
            assert (assigned is ALL_PRODUCTS or product in assigned) is expected


@given(known, st.lists(uses, max_size=8))
def test_the_uses_that_are_returned_are_those_that_were_not_assigned_at_their_instant_in_order(directory, used):
    expected = [
        use for use in used if not naive(directory, use.user, use.product, use.opened_at if hasattr(use, "opened_at") else use.at)
    ]
    assert [found.use for found in directory.unassigned(used)] == expected


@given(known, st.lists(rows, max_size=5))
def test_t3_a_row_of_a_report_is_returned_where_no_instant_of_its_day_was_assigned(directory, reported):
    spans = [*directory.assignments, *directory.team_defaults]
    edges = {edge for one in spans for edge in (one.starts_at, one.ends_at) if edge}

    def at_some_instant(row):
        midnight = datetime(row.day.year, row.day.month, row.day.day, tzinfo=UTC)
        inside = {edge for edge in edges if midnight <= edge < midnight + 24 * HOUR}
        return any(naive(directory, row.user, row.product, at) for at in {midnight, *inside})

    expected = [row for row in reported if not at_some_instant(row)]
    assert [found.use for found in directory.unassigned(reported)] == expected
    assert {found.use.reported for found in directory.unassigned(charge_reported(reported))} == set(expected)


@given(questions(), st.randoms(use_true_random=False))
def test_the_order_in_which_all_is_given_makes_no_difference(question, random):
    directory, email, product, at = question
    shuffled = [random.sample(given, len(given)) for given in (directory.users, directory.assignments, directory.team_defaults)]
    again = Directory(*shuffled, catalog=directory.catalog)
    assert again.why_not(email, product, at) is directory.why_not(email, product, at)


@given(questions(), st.integers(-23, 23))
def test_t1_the_zone_of_the_instant_and_the_case_of_the_address_make_no_difference(question, hours):
    directory, email, product, at = question
    local = at.astimezone(timezone(timedelta(hours=hours)))
    assert directory.why_not(email.upper(), product, local) is directory.why_not(email, product, at)


@given(st.sampled_from(["ada@studio.example", None]), instants)
def test_a1_a_new_product_of_the_catalogue_comes_to_all_products_and_not_to_a_teams_default(own_all, at):
    old = Catalog([Product("revit", "Revit")])
    new = Catalog([*old, Product("maya", "Maya")])
    assignments = [Assignment(own_all, ALL_PRODUCTS)] if own_all else []
    default = TeamDefault.of_all("north", old)
    for catalog in (old, new):
        directory = Directory([User("ada@studio.example", team="north")], assignments, [default], catalog=catalog)
        assert directory.is_assigned("ada@studio.example", "revit", at)
        assert directory.is_assigned("ada@studio.example", "maya", at) is bool(own_all)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("people")


letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, max_size=10).map(lambda text: " ".join(text.split()).lstrip("=+-@ "))
words = st.text(st.characters(exclude_categories=["Cs", "Z", "C"], exclude_characters="=+-@"), min_size=1, max_size=10)
addresses = st.builds("{}@{}".format, words, words)
imported = st.lists(st.builds(User, addresses, first_name=texts, last_name=texts), max_size=8, unique_by=lambda user: user.email)


@given(imported)
def test_a2_users_written_for_import_are_read_back_equal(folder, users):
    found = [read_people(path) for path in write_bulk_import(users, folder / "import.csv")]
    assert [user for part in found for user in part.users] == users
    assert [problem for part in found for problem in part.problems] == []


@given(imported)
def test_a2_writing_what_was_read_gives_the_same_file(folder, users):
    [first] = write_bulk_import(users, folder / "first.csv")
    [second] = write_bulk_import(read_people(first).users, folder / "second.csv")
    assert first.read_bytes() == second.read_bytes()


listed = st.text(st.characters(exclude_categories=["Cs", "C", "Z"], exclude_characters=";"), min_size=1, max_size=8)
codes = st.lists(listed.map(lambda text: f"p-{text}"), min_size=1, max_size=3, unique=True)
spans = st.tuples(st.none() | instants, st.none() | st.timedeltas(HOUR, 99 * HOUR)).map(
    lambda drawn: (drawn[0], None if drawn[1] is None else (drawn[0] or FIRST) + drawn[1])
)
people = st.lists(
    st.tuples(
        st.builds(
            User,
            addresses,
            first_name=texts,
            last_name=texts,
            team=st.none() | listed,
            groups=st.lists(listed, max_size=3),
        ),
        st.lists(st.tuples(st.just(ALL_PRODUCTS) | st.just(()) | codes, spans), max_size=3, unique_by=repr),
    ),
    max_size=5,
    unique_by=lambda drawn: drawn[0].email,
)


def cells(user, products, starts_at=None, ends_at=None):
    """Return the cells of a row of an assignment file."""
    named = "all" if products is ALL_PRODUCTS else "none" if products == () else "; ".join(products or ())
    times = [at.isoformat() if at else "" for at in (starts_at, ends_at)]
    return [user.first_name, user.last_name, user.email, user.team, ";".join(user.groups), named, *times]


@given(people)
def test_a_row_for_each_assignment_is_read_back_equal(folder, drawn):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for user, assigned in drawn:
        writer.writerows([cells(user, products, *span) for products, span in assigned] or [cells(user, None)])
    path = folder / "people.csv"
    path.write_bytes(text.getvalue().encode())
    found = read_people(path)
    assert found.problems == []
    assert found.users == [user for user, _ in drawn]
    assert found.assignments == [Assignment(user.email, products, *span) for user, assigned in drawn for products, span in assigned]


some_cells = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["ada@studio.example", "ADA@studio.example", "all", "none", "revit", "2026-01-01", ";", ""]),
)


@given(st.lists(st.lists(some_cells, min_size=8, max_size=8), max_size=6))
def test_no_row_is_lost_whatever_its_cells_hold(folder, table):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *table])
    path = folder / "people.csv"
    path.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
    try:
        found = read_people(path)
    except FlexError:
        return
    filled = [row for row in table if any(cell.strip() for cell in row)]
    told = {problem.place for problem in found.problems}
    assert len(told) == len(found.problems) <= len(filled)
    kept = len(filled) - len(told)
    assert len(found.users) <= kept
    assert len(found.users) + len(found.assignments) >= kept
    Directory(found.users, found.assignments)


@given(st.binary(max_size=80) | st.text(max_size=60).map(lambda text: f"Email address,Products\n{text}".encode("utf-8", "replace")))
def test_any_bytes_end_in_a_result_or_a_flex_error(folder, content):
    path = folder / "people.csv"
    path.write_bytes(content)
    with suppress(FlexError):
        assert all(problem.place and problem.problem for problem in read_people(path).problems)

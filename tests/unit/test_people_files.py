"""Users and assignments in CSV, in the vendor's form and in flexlib's own, and the form of bulk import out (rules A1, A2)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from written_files import complaint, written

from flexlib import ALL_PRODUCTS, Assignment, Directory, FormatError, InvalidValueError, User
from flexlib.formats import read_people, write_bulk_import

VENDOR = "First name,Last name,Email address\n"
OWN = "First name,Last name,Email address,Team,Groups,Products,From,Until\n"
ADA, BEN = "ada@studio.example", "ben@studio.example"


def people(folder, content, **zone):
    """Return what a file of that content holds."""
    return read_people(written(folder, "people.csv", content), **zone)


def set_aside(folder, content, **zone):
    """Return what is said of each row that was set aside."""
    return [complaint(problem, folder / "people.csv") for problem in people(folder, content, **zone).problems]


def people_complaint(folder, content):
    """Return what is said of a file that is wrong as a whole."""
    path = written(folder, "people.csv", content)
    with pytest.raises(FormatError) as caught:
        read_people(path)
    return complaint(caught.value, path)


def test_a2_the_vendors_form_has_a_row_a_user(tmp_path):
    found = people(tmp_path, f"{VENDOR}Ada,Król,Ada@Studio.example\n,,ben@studio.example\n")
    assert found.users == [User(ADA, first_name="Ada", last_name="Król"), User(BEN)]
    assert (found.assignments, found.problems) == ([], [])


@pytest.mark.parametrize(
    "header",
    ["LAST NAME,email address,First Name", "last_name,EMAIL,first_name", " Last  Name , Email Address ,first name"],
)
def test_columns_are_found_by_name_in_any_case_and_order(tmp_path, header):
    assert people(tmp_path, f"{header}\nKról,{ADA},Ada\n").users == [User(ADA, first_name="Ada", last_name="Król")]


def test_a_byte_order_mark_makes_no_difference(tmp_path):
    content = f"{VENDOR}Ada,Król,{ADA}\n"
    assert people(tmp_path, content.encode("utf-8-sig")) == people(tmp_path, content.encode())


def test_only_the_e_mail_address_is_required(tmp_path):
    assert people(tmp_path, f"Email\n{ADA}\n").users == [User(ADA)]


def test_a1_the_assignment_file_says_who_may_use_what_from_when_to_when(tmp_path):
    rows = [
        f"Ada,Król,{ADA},north,cad; bim ,Revit; AutoCAD,2026-01-01,2026-07-01T12:00Z",
        f"Ben,,{BEN},,,ALL,,",
        "Cat,,cat@studio.example,north,,none,2026-03-02T08:00+01:00,",
        "Dan,,dan@studio.example,north,,,,",
    ]
    found = people(tmp_path, OWN + "\n".join(rows))
    assert found.problems == []
    assert found.users == [
        User(ADA, first_name="Ada", last_name="Król", team="north", groups=["bim", "cad"]),
        User(BEN, first_name="Ben"),
        User("cat@studio.example", first_name="Cat", team="north"),
        User("dan@studio.example", first_name="Dan", team="north"),
    ]
    assert found.assignments == [
        Assignment(ADA, ["Revit", "AutoCAD"], datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)),
        Assignment(BEN, ALL_PRODUCTS),
        Assignment("cat@studio.example", (), datetime(2026, 3, 2, 7, tzinfo=UTC)),
    ]
    assert Directory(found.users, found.assignments).is_assigned(ADA, "Revit", datetime(2026, 3, 2, tzinfo=UTC))


def test_dates_and_times_without_a_zone_are_read_in_the_zone_that_is_named(tmp_path):
    content = f"{OWN},,{ADA},,,revit,2026-03-02,2026-03-03T08:00\n"
    [found] = people(tmp_path, content, zone=ZoneInfo("Asia/Tokyo")).assignments
    assert found == Assignment(ADA, "revit", datetime(2026, 3, 1, 15, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC))


def test_a_user_with_several_assignments_has_a_row_for_each_and_counts_once(tmp_path):
    rows = (
        f"Ada,Król,{ADA},north,cad,revit,,2026-03-02\n,,ADA@studio.example,,,autocad,2026-03-02,\nAda,Król,{ADA},north,cad,maya,,\n"
    )
    found = people(tmp_path, OWN + rows)
    assert found.problems == []
    assert found.users == [User(ADA, first_name="Ada", last_name="Król", team="north", groups=["cad"])]
    assert [assignment.products for assignment in found.assignments] == [("revit",), ("autocad",), ("maya",)]


@pytest.mark.parametrize(
    ("row", "repeated"),
    [
        (f"Ada,Król,{ADA},north,cad,revit,,", "row 2"),
        (",,ADA@Studio.example,,,revit,,", "row 2"),
        (f",,{ADA},,,,,", "row 2"),
        (",,ben@studio.example,,,autocad,,", "row 4"),
        (",,ben@studio.example,,,,,", "row 3"),
    ],
)
def test_a_row_that_repeats_another_is_set_aside_with_the_row_that_it_repeats(tmp_path, row, repeated):
    rows = f"Ada,Król,{ADA},north,cad,revit,,\nBen,,{BEN},,,,,\n,,{BEN},,,autocad,,\n"
    content = f"{OWN}{rows}{row}\n"
    assert set_aside(tmp_path, content) == [("row 5", "Email address", f"it repeats {repeated} and counts once")]
    assert len(people(tmp_path, content).users) == 2


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (f"Eve,Król,{ADA},north,cad,maya,,", "First name"),
        (f",Ng,{ADA},north,cad,maya,,", "Last name"),
        (f",,{ADA},south,cad,maya,,", "Team"),
        (f",,{ADA},north,bim,maya,,", "Groups"),
    ],
)
def test_a_row_that_contradicts_one_before_is_set_aside_as_a_whole_with_the_row_that_it_contradicts(tmp_path, row, column):
    content = f"{OWN}Ada,Król,{ADA},north,cad,revit,,\n{row}\n"
    [problem] = set_aside(tmp_path, content)
    assert problem[:2] == ("row 3", column)
    assert problem.problem == f"row 2 says otherwise of {ADA}: give both rows the same, or leave this blank"
    assert [assignment.products for assignment in people(tmp_path, content).assignments] == [("revit",)]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("Eve,Ng,,,,,,", "Email address", "it is missing"),
        ("Eve,Ng,eve,,,,,", "Email address", "'eve' is not an e-mail address such as"),
        ("Eve,Ng,eve@,,,,,", "Email address", "'eve@' is not an e-mail address such as"),
        ("Eve,Ng,eve@studio.example,,,revit,soon,", "From", "'soon' is not a date such as"),
        ("Eve,Ng,eve@studio.example,,,revit,2026-03-02T08:00,", "From", "has no zone"),
        ("Eve,Ng,eve@studio.example,,,revit,,02/03/2026", "Until", "is not a date such as"),
        ("Eve,Ng,eve@studio.example,,,revit,2026-03-02,2026-03-02", "Until", "2026-03-02T00:00:00+00:00 does not lie after From"),
        ("Eve,Ng,eve@studio.example,,,,2026-03-02,", "Products", "name the products, or write all or none"),
        ("Eve,Ng,eve@studio.example,,,,,2026-03-02", "Products", "name the products, or write all or none"),
        ("Eve,Ng,eve@studio.example,,,all;revit,,", "Products", "write one or the other"),
        ("Eve,Ng,eve@studio.example,,,revit; NONE,,", "Products", "write one or the other"),
        ("Eve,Ng,eve@studio.example,,,all;none,,", "Products", "write one or the other"),
        ("Eve,Ng,eve@studio.example,,,;,,", "Products", "';' names no product: write none where that is meant"),
        ("Eve,Ng,eve@studio.example", None, "it has 3 cells where the header has 8"),
    ],
)
def test_a_bad_row_is_set_aside_as_a_whole_with_its_number_field_and_reason(tmp_path, row, column, said):
    content = f"{OWN}Ada,,{ADA},,,revit,,\n{row}\nBen,,{BEN},,,,,\n"
    [problem] = set_aside(tmp_path, content)
    assert problem[:2] == ("row 3", column)
    assert said in problem.problem
    found = people(tmp_path, content)
    assert [user.email for user in found.users] == [ADA, BEN]
    assert len(found.assignments) == 1


@pytest.mark.parametrize(
    ("header", "column", "said"),
    [
        ("First name,Last name", "Email address", "this column is missing"),
        ("Frist name,Email address", "Frist name", "did you mean First name?"),
        (
            "Email address,Phone",
            "Phone",
            "the columns are First name, Last name, Email address, Team, Groups, Products, From, Until",
        ),
        ("Email,Email address", "Email address", "the column 'Email' means the same: leave one of the two"),
        ("Email address,TEAM,team", "team", "the column 'TEAM' means the same"),
        ("Email address,Team,Team", "Team", "two columns have this name"),
        ("Email address;First name", None, "its cells are not separated by commas"),
    ],
)
def test_columns_that_are_no_users_refuse_the_file(tmp_path, header, column, said):
    problem = people_complaint(tmp_path, f"{header}\n")
    assert problem[:2] == ("row 1", column)
    assert said in problem.problem


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(FormatError, match="it cannot be read"):
        read_people(tmp_path / "none.csv")


def crowd(count):
    """Return that many users."""
    return [User(f"user{number}@studio.example", first_name="User", last_name=str(number)) for number in range(count)]


def test_a2_users_are_written_in_the_vendors_form(tmp_path):
    users = [User("Ada@studio.example", first_name="Ada", last_name='Król, "the first"', team="north", groups="cad"), User(BEN)]
    [path] = write_bulk_import(users, tmp_path / "import.csv")
    assert path == tmp_path / "import.csv"
    header = "First name,Last name,Email address"
    rows = [header, f'Ada,"Król, ""the first""",{ADA}', f",,{BEN}"]
    assert path.read_bytes() == "".join(f"{row}\r\n" for row in rows).encode()


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (5000, [5000]), (5001, [5000, 1]), (10001, [5000, 5000, 1])])
def test_a2_more_than_5000_users_are_split(tmp_path, count, sizes):
    users = crowd(count)
    paths = write_bulk_import(users, str(tmp_path / "import.csv"))
    several = [f"import-{number}.csv" for number in range(1, len(sizes) + 1)]
    assert [path.name for path in paths] == (several if len(sizes) > 1 else ["import.csv"])
    parts = [read_people(path) for path in paths]
    assert [len(part.users) for part in parts] == sizes
    assert [user for part in parts for user in part.users] == users
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_user_given_twice_is_written_once_and_counts_once_towards_the_limit(tmp_path):
    users = crowd(5000)
    [path] = write_bulk_import([*users, User(users[0].email, first_name="User", last_name="0", team="north")], tmp_path / "i.csv")
    assert read_people(path).users == users


def test_two_users_of_one_e_mail_address_with_other_names_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InvalidValueError, match="one user an e-mail address"):
        write_bulk_import([User(ADA), User(ADA, first_name="Ada")], tmp_path / "i.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_refused_and_nothing_is_written(tmp_path, sign):
    for name in ("first_name", "last_name"):
        with pytest.raises(InvalidValueError, match=f"{name} of {ADA}") as caught:
            write_bulk_import([User(BEN), User(ADA, **{name: f' {sign}HYPERLINK("http://host.example")'})], tmp_path / "i.csv")
        assert "which a spreadsheet would take for a formula" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sign", ["=", "+", "-"])
def test_so_is_such_an_e_mail_address(tmp_path, sign):
    with pytest.raises(InvalidValueError, match="begins with none of"):
        write_bulk_import([User(f"{sign}1@studio.example")], tmp_path / "i.csv")


def test_a_sign_alone_or_within_a_name_is_no_formula(tmp_path):
    users = [User("ada+cad@studio.example", first_name="Ada-Maria", last_name="-")]
    assert read_people(write_bulk_import(users, tmp_path / "i.csv")[0]).users == users


def test_a_file_of_that_name_is_replaced_as_a_whole(tmp_path):
    path = written(tmp_path, "i.csv", "x" * 9999)
    assert write_bulk_import([User(ADA)], path) == [path]
    assert read_people(path).users == [User(ADA)]


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_no_part_of_it_behind(tmp_path):
    (tmp_path / "i-2.csv").mkdir()
    with pytest.raises(FormatError, match=r"i-2\.csv: it cannot be written"):
        write_bulk_import(crowd(5001), tmp_path / "i.csv")
    assert {path.name for path in tmp_path.iterdir()} <= {"i-1.csv", "i-2.csv"}
    for place in (tmp_path / "none" / "i.csv", tmp_path / "i-1.csv" / "i.csv", ""):
        with pytest.raises(FormatError, match="it cannot be written"):
            write_bulk_import([User(ADA)], place)

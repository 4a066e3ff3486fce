"""Account files: packs, seats, products, refunds and transfers in TOML."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from written_files import account, account_complaint

from flexlib import ChargeBasis, FormatError, Product, Refund, Seat, TokenPack, Transfer
from flexlib.formats.accounts import AccountFile, is_account, read_account

MARCH = datetime(2026, 3, 2, tzinfo=UTC)

WHOLE = """
zone = "Europe/London"

[[packs]]
id = "A-1"
tokens = 500
purchased_on = 2026-05-01
price = "1500.00"
currency = "USD"
team = "design"

[[packs]]
id = "A-2"
tokens = "0.5"
starts_at = 2026-03-02T00:00:00Z
expires_at = "2027-03-02"

[[seats]]
user = "ann"
products = ["autocad", "revit"]
starts_at = 2026-03-02
ends_at = 2026-07-01T09:00:00

[[products]]
code = "cfd"
name = "CFD solve"
basis = "result"
aliases = ["CFD", "Solve"]
idle_aware = false

[[refunds]]
charge_id = "c-1"
tokens = 5
at = 2026-03-02T00:00:00Z
id = "r-1"

[[transfers]]
from_team = "design"
to_team = "build"
tokens = 20
at = 2026-03-02T00:00:00Z
id = "t-1"
"""


def test_a_file_holds_packs_seats_products_refunds_and_transfers(tmp_path):
    assert account(tmp_path, WHOLE) == AccountFile(
        packs=(
            TokenPack.purchase(
                "A-1",
                500,
                date(2026, 5, 1),
                zone=ZoneInfo("Europe/London"),
                price=Decimal("1500.00"),
                currency="USD",
                team="design",
            ),
            TokenPack("A-2", Decimal("0.5"), MARCH, datetime(2027, 3, 2, tzinfo=UTC)),
        ),
        seats=(Seat("ann", ["autocad", "revit"], MARCH, datetime(2026, 7, 1, 8, tzinfo=UTC)),),
        products=(Product("cfd", "CFD solve", basis=ChargeBasis.PER_RESULT, aliases=("CFD", "Solve"), idle_aware=False),),
        refunds=(Refund("c-1", 5, MARCH, id="r-1"),),
        transfers=(Transfer("design", "build", 20, MARCH, id="t-1"),),
    )


def test_an_empty_file_is_an_account_without_anything(tmp_path):
    assert account(tmp_path, "") == AccountFile()


def test_a_file_is_known_as_an_account_by_any_of_its_lists():
    assert all(is_account({key: []}) for key in ("packs", "seats", "products", "refunds", "transfers"))
    assert not is_account({"name": "prices", "rates": [], "zone": "UTC"})


def pack(**fields: str) -> str:
    """Return a file of one pack, with fields put in place of its own; an empty text leaves a field out."""
    return entry("packs", {"id": '"p"', "tokens": "500", "purchased_on": "2026-01-01"} | fields)


def seat(**fields: str) -> str:
    """Return a file of one seat, likewise."""
    return entry("seats", {"user": '"ann"', "products": '["autocad"]', "starts_at": "2026-01-01"} | fields)


def entry(key: str, fields: dict[str, str]) -> str:
    """Return a file of one entry of a list."""
    return f"[[{key}]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items() if value)


def test_p1_a_pack_bought_on_a_date_lasts_twelve_months_from_midnight_utc(tmp_path):
    [found] = account(tmp_path, pack(purchased_on="2024-02-29")).packs
    assert (found.starts_at, found.expires_at) == (datetime(2024, 2, 29, tzinfo=UTC), datetime(2025, 2, 28, tzinfo=UTC))


def test_p1_a_pack_may_last_another_number_of_months(tmp_path):
    [found] = account(tmp_path, pack(months="6")).packs
    assert found.expires_at == datetime(2026, 7, 1, tzinfo=UTC)


def test_p1_the_zone_of_the_file_says_when_its_days_begin(tmp_path):
    [found] = account(tmp_path, 'zone = "America/New_York"\n' + pack(purchased_on="2026-01-01", months="6")).packs
    assert (found.starts_at, found.expires_at) == (datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2026, 7, 1, 4, tzinfo=UTC))


def test_t1_a_local_time_is_read_in_the_zone_of_the_file_which_is_utc_unless_it_says_otherwise(tmp_path):
    content = seat(starts_at="2026-03-02T08:00:00")
    assert account(tmp_path, content).seats[0].starts_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert account(tmp_path, 'zone = "Asia/Tokyo"\n' + content).seats[0].starts_at == datetime(2026, 3, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(("text", "said"), [("2026-03-29T01:30:00", "never was in"), ("2026-10-25T01:30:00", "was twice in")])
def test_t1_a_local_time_within_a_clock_change_is_refused(tmp_path, text, said):
    problem = account_complaint(tmp_path, 'zone = "Europe/London"\n' + seat(starts_at=text))
    assert problem[:2] == ("seats[0]", "starts_at")
    assert said in problem.problem


def test_a_transfer_may_be_from_or_to_the_common_pool(tmp_path):
    fields = {"tokens": "5", "at": "2026-03-02T00:00:00Z"}
    assert account(tmp_path, entry("transfers", fields | {"to_team": '"a"'})).transfers == (Transfer(None, "a", 5, MARCH),)
    assert account(tmp_path, entry("transfers", fields | {"from_team": '"a"'})).transfers == (Transfer("a", None, 5, MARCH),)


ONE_OR_THE_OTHER = "give either purchased_on, or starts_at and expires_at"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"id": ""}, "id", "it is missing"),
        ({"id": '" "'}, "id", "it is blank"),
        ({"tokens": "0"}, "tokens", "give a number above zero"),
        ({"tokens": "-5"}, "tokens", "zero or more"),
        ({"tokens": "500.0"}, "tokens", "is a float, which is not exact"),
        ({"price": "99.5"}, "price", 'write it in quotes, such as "99.5"'),
        ({"price": "-1"}, "price", "zero or more"),
        ({"currency": '"usd"'}, "currency", "expected an ISO 4217 code such as USD"),
        ({"prise": "3"}, "prise", "the keys are id, tokens, purchased_on, months, starts_at, expires_at, price, currency, team"),
        ({"purchased_on": ""}, "purchased_on", ONE_OR_THE_OTHER),
        ({"starts_at": "2026-01-01"}, "purchased_on", ONE_OR_THE_OTHER),
        ({"starts_at": "2026-01-01", "expires_at": "2027-01-01"}, "purchased_on", ONE_OR_THE_OTHER),
        ({"purchased_on": "", "starts_at": "2026-01-01"}, "purchased_on", ONE_OR_THE_OTHER),
        ({"purchased_on": "2026-01-01T00:00:00Z"}, "purchased_on", "has a time of day: give a date such as 2026-01-01"),
        ({"purchased_on": '"soon"'}, "purchased_on", "'soon' is not a date"),
        ({"purchased_on": "9999-12-31"}, "purchased_on", "12 months from 9999-12-31 lie outside the years that can be held"),
        ({"months": "1000000"}, "purchased_on", "1000000 months from 2026-01-01 lie outside the years"),
        ({"months": "0"}, "months", "expected one or more"),
        ({"months": "-1"}, "months", "zero or more"),
        ({"months": '"1.5"'}, "months", "'1.5' is not a whole number"),
        ({"months": '"NaN"'}, "months", "a finite number"),
        ({"months": '"1e999999999"'}, "months", "at most 15 digits"),
        ({"months": "true"}, "months", "True is not a number"),
        (
            {"purchased_on": "", "starts_at": "2026-01-01", "expires_at": "2026-01-01"},
            "expires_at",
            "expected an instant after starts_at",
        ),
    ],
)
def test_a_wrong_pack_is_named_by_its_place_and_field(tmp_path, fields, field, said):
    problem = account_complaint(tmp_path, pack(**fields))
    assert problem[:2] == ("packs[0]", field)
    assert said in problem.problem


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Auckland"])
def test_a_day_that_begins_before_the_years_is_refused(tmp_path, zone):
    of_pack = account_complaint(tmp_path, f'zone = "{zone}"\n' + pack(purchased_on="0001-01-01"))
    of_seat = account_complaint(tmp_path, f'zone = "{zone}"\n' + seat(starts_at="0001-01-01"))
    assert of_pack[:2] == ("packs[0]", "purchased_on")
    assert of_seat == ("seats[0]", "starts_at", "0001-01-01 lies outside the years that can be held")


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"user": ""}, "user", "it is missing"),
        ({"products": ""}, "products", "it is missing"),
        ({"products": '"autocad"'}, "products", "'autocad' is no list: write it in brackets"),
        ({"products": '{autocad = "yes"}'}, "products", "is no list"),
        ({"products": "[]"}, "products", "expected at least one product code"),
        ({"products": '["autocad", 3]'}, "products", "3 is not text"),
        ({"products": '["autocad", " "]'}, "products", "it is blank"),
        ({"ends_at": "2026-01-01"}, "ends_at", "expected an instant after starts_at"),
        ({"starts_at": '"soon"'}, "starts_at", "'soon' is not a date"),
    ],
)
def test_a_wrong_seat_is_named_by_its_place_and_field(tmp_path, fields, field, said):
    problem = account_complaint(tmp_path, seat(**fields))
    assert problem[:2] == ("seats[0]", field)
    assert said in problem.problem


@pytest.mark.parametrize(
    ("key", "fields", "field", "said"),
    [
        ("products", {"code": '"a"'}, "name", "it is missing"),
        ("products", {"code": '"a"', "name": '"A"', "basis": '"week"'}, "basis", "write 'day' or 'result'"),
        ("products", {"code": '"a"', "name": '"A"', "idle_aware": '"no"'}, "idle_aware", "'no' is neither true nor false"),
        ("products", {"code": '"a"', "name": '"A"', "aliases": '"abc"'}, "aliases", "'abc' is no list"),
        ("refunds", {"tokens": "1", "at": "2026-01-01"}, "charge_id", "it is missing"),
        ("refunds", {"charge_id": '"c"', "tokens": "0", "at": "2026-01-01"}, "tokens", "a number above zero"),
        ("transfers", {"tokens": "1", "at": "2026-01-01"}, "to_team", "another team than from_team"),
        ("transfers", {"tokens": "0", "at": "2026-01-01", "to_team": '"a"'}, "tokens", "a number above zero"),
    ],
)
def test_a_wrong_product_refund_or_transfer_is_named_by_its_place_and_field(tmp_path, key, fields, field, said):
    problem = account_complaint(tmp_path, entry(key, fields))
    assert problem[:2] == (f"{key}[0]", field)
    assert said in problem.problem


def test_the_entry_at_fault_is_told_from_those_beside_it(tmp_path):
    assert account_complaint(tmp_path, pack() + pack(id='"q"', tokens="-1"))[:2] == ("packs[1]", "tokens")


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        ("pack = []", "pack", "the keys are zone, packs, seats, products, refunds, transfers"),
        ("packs = 1", "packs", "no list of tables"),
        ("packs = ''", "packs", "no list of tables"),
        ("[packs]\nid = 'a'", "packs", "no list of tables"),
        ("seats = ['ann']", "seats", "no list of tables"),
        ("zone = 5", "zone", "5 is not text"),
        ("zone = 'Nowhere/City'", "zone", "'Nowhere/City' is no time zone: give an IANA name such as Europe/London"),
        ("zone = ''", "zone", "it is blank"),
        ("zone = '/etc/passwd'", "zone", "is no time zone"),
        ("zone = '../UTC'", "zone", "is no time zone"),
        ('zone = "a\\u0000b"', "zone", "is no time zone"),
        ("zone = 'Europe'", "zone", "is no time zone"),
    ],
)
def test_a_wrong_key_of_the_file_is_named(tmp_path, content, field, said):
    problem = account_complaint(tmp_path, content)
    assert problem[:2] == (None, field)
    assert said in problem.problem


@pytest.mark.parametrize("content", ["x = " + "9" * 5000, "x = " + "[" * 100_000], ids=["digits", "depth"])
def test_what_no_parser_can_hold_is_told_as_a_file_that_cannot_be_read(tmp_path, content):
    assert account_complaint(tmp_path, content).problem.startswith("it cannot be read: ")


def test_what_is_no_toml_is_told_with_its_line(tmp_path):
    assert "line 2" in account_complaint(tmp_path, "zone = 'UTC'\n[[packs\n").problem


def test_a_path_may_be_a_text(tmp_path):
    path = tmp_path / "account.toml"
    path.write_text(pack())
    assert len(read_account(str(path)).packs) == 1
    with pytest.raises(FormatError, match="it cannot be read"):
        read_account(str(tmp_path / "other.toml"))

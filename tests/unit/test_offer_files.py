"""Offers files: the prices of seats, packs and tokens in TOML, told from other files by their content."""

import json
from decimal import Decimal
from itertools import permutations

import pytest
from command import RATES, office, run, run_json
from hypothesis import given
from hypothesis import strategies as st
from written_files import Complaint, complaint, written

from flexlib import FormatError, InvalidTokensError, InvalidValueError, load_plugins
from flexlib.cli.inputs import Inputs, read_inputs, read_sheets
from flexlib.formats import OfferFile, merge_offers, read_offers
from flexlib.formats.accounts import is_account
from flexlib.formats.offers import is_offers
from flexlib.planning import PackOffer, SeatOffer

WHOLE = """
token_price = "3"
currency = "USD"

[[seat_offers]]
name = "Collection, annual"
products = ["autocad", "revit"]
price = "3675.50"
months = 12
at_most = 4

[[seat_offers]]
name = "AutoCAD, monthly"
products = ["autocad"]
price = 250
months = 1

[[pack_offers]]
name = "500"
tokens = 500
price = "1500"
months = 12
at_most = 3

[[pack_offers]]
name = "half"
tokens = "0.5"
price = 0
"""


def offers(folder, content, name="offers.toml"):
    return read_offers(written(folder, name, content))


def offers_complaint(folder, content):
    path = written(folder, "offers.toml", content)
    with pytest.raises(FormatError) as caught:
        read_offers(path)
    return complaint(caught.value, path)


def test_p7_a_file_holds_a_token_price_and_seats_and_packs_in_its_currency(tmp_path):
    assert offers(tmp_path, WHOLE) == OfferFile(
        Decimal(3),
        "USD",
        (
            SeatOffer("Collection, annual", ("autocad", "revit"), Decimal("3675.50"), months=12, at_most=4, currency="USD"),
            SeatOffer("AutoCAD, monthly", ("autocad",), Decimal(250), months=1, currency="USD"),
        ),
        (
            PackOffer("500", Decimal(500), Decimal(1500), months=12, at_most=3, currency="USD"),
            PackOffer("half", Decimal("0.5"), Decimal(0), currency="USD"),
        ),
    )


def test_a_file_may_state_any_part_and_a_path_may_be_a_text(tmp_path):
    assert offers(tmp_path, "") == OfferFile()
    assert offers(tmp_path, 'token_price = "2.95"') == OfferFile(Decimal("2.95"))
    path = written(tmp_path, "some.toml", seat())
    assert read_offers(str(path)).seats == (SeatOffer("s", ("autocad",), Decimal(2000)),)
    assert read_offers(str(path)).file == str(path)


def test_an_offers_file_is_known_by_any_of_its_own_keys():
    assert all(is_offers({key: []}) for key in ("token_price", "seat_offers", "pack_offers"))
    assert not any(
        is_offers({key: []}) for key in ("packs", "seats", "products", "refunds", "transfers", "zone", "currency", "name")
    )
    assert not is_offers({"name": "sheet", "rates": [], "token_price": 3})
    assert not any(is_account({key: []}) for key in ("token_price", "currency", "seat_offers", "pack_offers"))


def seat(**fields: str) -> str:
    """Return a file of one seat, with fields put in place of its own; an empty text leaves a field out."""
    return entry("seat_offers", {"name": '"s"', "products": '["autocad"]', "price": "2000"} | fields)


def pack(**fields: str) -> str:
    """Return a file of one pack, likewise."""
    return entry("pack_offers", {"name": '"p"', "tokens": "500", "price": "1500"} | fields)


def entry(key: str, fields: dict[str, str]) -> str:
    """Return a file of one entry of a list."""
    return f"[[{key}]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items() if value)


FLOAT = 'is a float, which is not exact: write it in quotes, such as "99.5"'


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": ""}, "name", "it is missing"),
        ({"name": '" "'}, "name", "it is blank"),
        ({"name": "5"}, "name", "5 is not text"),
        ({"products": ""}, "products", "it is missing"),
        ({"products": '"autocad"'}, "products", "'autocad' is no list: write it in brackets"),
        ({"products": "[]"}, "products", "expected at least one product code"),
        ({"price": ""}, "price", "it is missing"),
        ({"price": "99.5"}, "price", FLOAT),
        ({"price": "-1"}, "price", "zero or more"),
        ({"price": '"1 500"'}, "price", "is not a number such as 10 or 0.5"),
        ({"price": '"NaN"'}, "price", "a finite number"),
        ({"months": "0"}, "months", "expected a whole number, one or more"),
        ({"months": '"1.5"'}, "months", "'1.5' is not a whole number"),
        ({"months": "true"}, "months", "True is not a number"),
        ({"at_most": "0"}, "at_most", "expected a whole number, one or more"),
        ({"at_most": '"many"'}, "at_most", "'many' is not a number"),
        ({"currency": '"USD"'}, "currency", "the keys are name, products, price, months, at_most"),
    ],
)
def test_a_wrong_seat_is_named_by_its_place_and_field(tmp_path, fields, field, said):
    problem = offers_complaint(tmp_path, seat(name='"before"') + seat(**fields))
    assert problem[:2] == ("seat_offers[1]", field)
    assert said in problem.problem


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": ""}, "name", "it is missing"),
        ({"tokens": ""}, "tokens", "it is missing"),
        ({"tokens": "0"}, "tokens", "give a number above zero"),
        ({"tokens": "500.0"}, "tokens", "is a float, which is not exact"),
        ({"tokens": "-5"}, "tokens", "zero or more"),
        ({"price": ""}, "price", "it is missing"),
        ({"price": "99.5"}, "price", FLOAT),
        ({"months": "0"}, "months", "expected a whole number, one or more"),
        ({"at_most": "-1"}, "at_most", "zero or more"),
        ({"prise": "3"}, "prise", "the keys are name, tokens, price, months, at_most"),
    ],
)
def test_a_wrong_pack_is_named_by_its_place_and_field(tmp_path, fields, field, said):
    problem = offers_complaint(tmp_path, pack(**fields))
    assert problem[:2] == ("pack_offers[0]", field)
    assert said in problem.problem


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        ("token_prize = 3", "token_prize", "the keys are token_price, currency, seat_offers, pack_offers"),
        ("seats = []", "seats", "the keys are token_price, currency, seat_offers, pack_offers"),
        ("token_price = 3.0", "token_price", 'is a float, which is not exact: write it in quotes, such as "3.0"'),
        ("token_price = 0", "token_price", "give a number above zero"),
        ("token_price = -3", "token_price", "zero or more"),
        ("token_price = '$3'", "token_price", "'$3' is not a number"),
        ("token_price = '1e400'", "token_price", "at most 15 digits"),
        ("currency = 'usd'", "currency", "expected an ISO 4217 code such as USD"),
        ("currency = 5", "currency", "5 is not text"),
        ("seat_offers = 1", "seat_offers", "no list of tables"),
        ("[pack_offers]\nname = 'p'", "pack_offers", "no list of tables"),
    ],
)
def test_a_wrong_key_of_the_file_is_named(tmp_path, content, field, said):
    problem = offers_complaint(tmp_path, content)
    assert problem[:2] == (None, field)
    assert said in problem.problem


def test_two_seats_or_two_packs_of_one_name_are_refused_and_a_seat_and_a_pack_are_not(tmp_path):
    path = tmp_path / "offers.toml"
    for key, of in (("seat_offers", seat), ("pack_offers", pack)):
        said = f"'x' is the name of {key}[0] in {path} too: give each a name of its own"
        twice = of(name='"x"') + of() + of(name='"x"')
        assert offers_complaint(tmp_path, twice) == Complaint(f"{key}[2]", "name", said)
    assert len(offers(tmp_path, seat(name='"x"') + pack(name='"x"')).packs) == 1


def test_what_is_no_file_or_no_toml_is_told(tmp_path):
    with pytest.raises(FormatError, match="it cannot be read"):
        read_offers(tmp_path / "none.toml")
    assert "line 2" in offers_complaint(tmp_path, "token_price = 3\n[[seat_offers\n").problem


@pytest.mark.parametrize("price", [0, -1, Decimal("NaN"), 3.0])
def test_a_token_price_is_an_exact_number_above_zero(price):
    with pytest.raises(InvalidTokensError):
        OfferFile(price)


def test_a_currency_is_a_code_of_three_capitals():
    with pytest.raises(InvalidValueError, match="expected an ISO 4217 code"):
        OfferFile(3, "dollars")


def test_several_files_hold_their_offers_together_and_what_one_states_holds_for_all(tmp_path):
    parts = [
        offers(tmp_path, seat(), "a.toml"),
        offers(tmp_path, pack(), "b.toml"),
        offers(tmp_path, 'token_price = "3.0"\ncurrency = "EUR"', "c.toml"),
        offers(tmp_path, "token_price = 3", "d.toml"),
    ]
    whole = OfferFile(
        3,
        "EUR",
        (SeatOffer("s", ("autocad",), Decimal(2000), currency="EUR"),),
        (PackOffer("p", Decimal(500), Decimal(1500), currency="EUR"),),
    )
    assert all(merge_offers(order) == whole for order in permutations(parts))
    assert merge_offers([]) == OfferFile()


@pytest.mark.parametrize(
    ("one", "other", "field", "said"),
    [
        ("token_price = 3", "token_price = '2.90'", "token_price", "it is 2.9 here and 3 in "),
        ("token_price = 3\ncurrency = 'USD'", "token_price = 3\ncurrency = 'EUR'", "currency", "it is EUR here and USD in "),
    ],
)
def test_files_that_disagree_are_refused_by_what_both_say(tmp_path, one, other, field, said):
    first, second = written(tmp_path, "one.toml", one), written(tmp_path, "other.toml", other)
    with pytest.raises(FormatError) as caught:
        merge_offers([read_offers(first), read_offers(second)])
    assert complaint(caught.value, second) == (None, field, f"{said}{first}: give offers files that agree")


def test_two_files_with_a_seat_of_one_name_are_refused(tmp_path):
    first, second = written(tmp_path, "one.toml", seat()), written(tmp_path, "other.toml", pack() + seat())
    with pytest.raises(FormatError) as caught:
        merge_offers([read_offers(first), read_offers(second)])
    said = f"'s' is the name of seat_offers[0] in {first} too: give each a name of its own"
    assert complaint(caught.value, second) == ("seat_offers[0]", "name", said)


def test_a_command_reads_the_offers_in_its_folders_and_files(tmp_path):
    office(tmp_path)
    written(tmp_path, "shop.toml", WHOLE)
    more = written(tmp_path, "more.txt", pack()).rename(tmp_path / "more.toml")
    inputs = read_inputs([tmp_path], [], None, load_plugins())
    assert inputs.offers == (merge_offers([read_offers(more), read_offers(tmp_path / "shop.toml")]),)
    assert (len(inputs.offers[0].packs), inputs.offers[0].token_price) == (3, 3)
    assert (len(inputs.packs), len(inputs.sheets), len(inputs.usage), inputs.unread) == (1, 1, 2, ())


def test_files_without_offers_give_none(tmp_path):
    assert read_inputs([office(tmp_path)], [], None, load_plugins()).offers == ()
    assert Inputs().offers == ()


def test_offers_make_no_difference_to_a_report(tmp_path):
    before = run_json("report", office(tmp_path), "--at", "2026-04-01")
    written(tmp_path, "offers.toml", WHOLE)
    assert run_json("report", tmp_path, "--at", "2026-04-01") == before


def test_offers_that_disagree_stop_a_command_with_both_files_named(tmp_path):
    office(tmp_path)
    for name, price in (("one.toml", 3), ("two.toml", 4)):
        written(tmp_path, name, f"token_price = {price}")
    shown = run("report", tmp_path, "--at", "2026-04-01")
    assert shown.exit_code != 0
    assert f"{tmp_path / 'two.toml'}: token_price: it is 4 here and 3 in {tmp_path / 'one.toml'}" in shown.stderr.replace("\n", " ")


def test_a_folder_of_rate_sheets_may_hold_offers(tmp_path):
    written(tmp_path, "offers.toml", WHOLE)
    written(tmp_path, "rates.toml", RATES)
    assert [sheet.name for sheet in read_sheets(tmp_path, load_plugins())] == ["test rates"]


def test_a_file_of_offers_and_packs_is_refused(tmp_path):
    written(tmp_path, "mixed.toml", WHOLE + '[[packs]]\nid = "a"\ntokens = 5\npurchased_on = 2026-01-01\n')
    with pytest.raises(FormatError, match="no such key is known here"):
        read_inputs([tmp_path], [], None, load_plugins())


names = st.text("abcdefgh ", min_size=1, max_size=6).filter(str.strip)
amounts = st.decimals(0, 10**9, places=4)
whole_numbers = st.integers(1, 60)
seat_offers = st.builds(
    SeatOffer,
    names,
    st.lists(names, min_size=1, max_size=3).map(tuple),
    amounts,
    months=whole_numbers,
    at_most=st.none() | whole_numbers,
)
pack_offers = st.builds(PackOffer, names, amounts.filter(bool), amounts, months=whole_numbers, at_most=st.none() | whole_numbers)


def differently_named(strategy):
    return st.lists(strategy, max_size=4, unique_by=lambda offer: offer.name)


def as_toml(value):
    """Return offers as the keys of their file."""
    lines = [f'token_price = "{value.token_price}"'] if value.token_price is not None else []
    for key, offered, own in (("seat_offers", value.seats, "products"), ("pack_offers", value.packs, "tokens")):
        for offer in offered:
            first = list(offer.products) if own == "products" else str(offer.tokens)
            lines += [f"[[{key}]]", f'name = "{offer.name}"', f"{own} = {first!r}", f'price = "{offer.price}"']
            lines += [f"months = {offer.months}", *([f"at_most = {offer.at_most}"] if offer.at_most else [])]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("offers")


@given(
    st.builds(
        OfferFile, st.none() | amounts.filter(bool), seats=differently_named(seat_offers), packs=differently_named(pack_offers)
    )
)
def test_offers_written_as_toml_are_read_back_equal_and_known_as_offers(folder, value):
    assert offers(folder, as_toml(value)) == value


wild = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text("ab,0.\x00", max_size=4)
    | st.sampled_from(["USD", "NaN", "1e400", "autocad", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
wild_entries = st.dictionaries(st.sampled_from(["name", "products", "tokens", "price", "months", "at_most", "x"]), wild, max_size=6)
wild_files = st.fixed_dictionaries(
    {},
    optional={
        "token_price": wild,
        "currency": wild,
        "seat_offers": wild | st.lists(wild_entries, max_size=2),
        "pack_offers": wild | st.lists(wild_entries, max_size=2),
    },
)


def literal(value):
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value) if isinstance(value, bool | str) else str(value)


@given(wild_files)
def test_any_values_are_read_or_refused_by_the_file_and_where_it_is_toml_by_the_key_at_fault(folder, document):
    path = written(folder, "wild.toml", "\n".join(f"{key} = {literal(value)}" for key, value in document.items()))
    try:
        found = read_offers(path)
    except FormatError as error:
        said = complaint(error, path)
        assert said.field is not None or said.problem.startswith("it is not TOML")
    else:
        assert len(found.seats) == len(document.get("seat_offers", []))
        assert len(found.packs) == len(document.get("pack_offers", []))

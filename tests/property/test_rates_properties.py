"""What holds of every rate book (rules R1 to R3)."""

from datetime import UTC, datetime, timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from naive_rates import INSTANTS, PRODUCTS, PROVIDERS, REGIONS, naive_rate, rate_sheets, sheets_and_precedence

from flexlib import Rate, RateBook, RateConflictError, RateNotFoundError, RateSheet

ASKED = [(product, at, region) for product in PRODUCTS for at in INSTANTS for region in (*REGIONS, "US")]
FUTURE = datetime(2040, 1, 1, tzinfo=UTC)


def reading(book, product, at, region):
    try:
        return book.rate(product, at, region).tokens
    except RateNotFoundError:
        return "none"
    except RateConflictError:
        return "conflict"


def readings(book):
    return [reading(book, *asked) for asked in ASKED]


@given(sheets_and_precedence())
def test_r1_r2_r3_at_every_instant_there_is_the_one_rate_of_a_naive_reading_or_its_named_error(drawn):
    sheets, precedence = drawn
    book = RateBook(sheets, precedence=precedence)
    assert readings(book) == [naive_rate(sheets, precedence, *asked) for asked in ASKED]


@given(sheets_and_precedence(), st.randoms(use_true_random=False))
def test_r3_the_order_of_the_sheets_never_matters(drawn, random):
    sheets, precedence = drawn
    mixed = list(sheets)
    random.shuffle(mixed)
    one, other = RateBook(sheets, precedence=precedence), RateBook(mixed, precedence=precedence)
    assert one.conflicts == other.conflicts
    for asked in ASKED:
        if reading(one, *asked) not in {"none", "conflict"}:
            assert one.rate(*asked) == other.rate(*asked)
            assert one.rate(*asked).sheet == other.rate(*asked).sheet
    assert readings(one) == readings(other)


@given(sheets_and_precedence(), st.sampled_from(PRODUCTS), st.sampled_from(REGIONS), st.sampled_from([0, 5, 9]))
def test_r1_adding_a_future_rate_changes_no_earlier_reading(drawn, product, region, tokens):
    sheets, precedence = drawn
    before = readings(RateBook(sheets, precedence=precedence))
    for place, sheet in enumerate(sheets):
        source = sheet.rates[0].source if sheet.rates else None
        future = Rate(product, tokens, effective_from=FUTURE, region=region, source=source)
        longer = RateSheet(sheet.name, [*sheet.rates, future])
        assert readings(RateBook([*sheets[:place], longer, *sheets[place + 1 :]], precedence=precedence)) == before
        assert readings(RateBook([*sheets, RateSheet("new", [future])], precedence=precedence)) == before


@given(st.lists(rate_sheets(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_r3_precedence_is_total_where_it_names_every_sheet_by_a_name_of_its_own(sheets, random):
    own = {sheet.name: sheet for sheet in sheets if sheet.name not in PROVIDERS}
    names = sorted(own)
    random.shuffle(names)
    book = RateBook(own.values(), precedence=names)
    for conflict in book.conflicts:
        assert conflict.winner.sheet == next(name for name in names if name in {rate.sheet for rate in conflict.rates})
    assert "conflict" not in readings(book)


@given(sheets_and_precedence())
def test_r3_a_look_up_raises_a_conflict_exactly_in_the_spans_that_the_conflicts_report_without_a_winner(drawn):
    sheets, precedence = drawn
    book = RateBook(sheets, precedence=precedence)
    for product, at, _ in ASKED:
        spans = [c for c in book.conflicts if (c.product, c.region) == (product, None) and c.start <= at < (c.end or FUTURE)]
        assert len(spans) <= 1
        assert (reading(book, product, at, None) == "conflict") == any(conflict.winner is None for conflict in spans)
        if spans and spans[0].winner:
            assert book.rate(product, at) == spans[0].winner
        assert all(len({rate.tokens for rate in conflict.rates}) > 1 for conflict in spans)


@given(sheets_and_precedence(), st.sampled_from(PRODUCTS), st.sampled_from(REGIONS), st.sampled_from(INSTANTS))
def test_r1_a_rate_is_the_same_until_the_instant_that_in_force_names(drawn, product, region, at):
    sheets, precedence = drawn
    book = RateBook(sheets, precedence=precedence)
    try:
        rate, until = book.in_force(product, at, region)
    except (RateNotFoundError, RateConflictError):
        return
    assert until is None or until > at
    for later in (*INSTANTS, *((until - timedelta(microseconds=1),) if until else (FUTURE,))):
        if at <= later and (until is None or later < until):
            assert book.rate(product, later, region) == rate


@given(rate_sheets())
def test_r1_a_sheet_renamed_holds_the_same_rates(sheet):
    renamed = evolve(sheet, name="another")
    assert renamed.rates == sheet.rates
    assert {rate.sheet for rate in renamed.rates} <= {"another"}
    assert readings(RateBook([renamed])) == readings(RateBook([sheet]))

"""FOCUS rows of any ledger: exact to the cent and the token, and the same in every format."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pool_strategies as pools
import pyarrow.parquet as pq
import pytest
from attrs import evolve
from focus_ledgers import TAGS
from hypothesis import given
from hypothesis import strategies as st

from flexlib import EntryKind
from flexlib.formats import FOCUS_COLUMNS, costs_by_tag, focus_rows, write_focus
from flexlib.reports import UnusedRule, allocate, allocate_prices

CENT = Fraction(1, 100)
PLACE = Fraction(1, 10**18)  # the last one that a file keeps
PRICES = [Decimal(price) for price in ("0", "0.01", "1", "3", "9.99", "100", "1234.56")]

rules = st.sampled_from(UnusedRule)
moments = st.none() | st.sampled_from(pools.GRID)
weights = st.lists(st.integers(-5, 9) | st.sampled_from([Decimal("0.1"), Decimal("2.5"), Decimal("1E+2")]), max_size=8)
quanta = st.sampled_from([Decimal(1), Decimal("0.01"), Decimal("0.001"), Decimal("0.25")])


@st.composite
def ledgers(draw, currencies=("USD",)):
    """A ledger whose packs have prices in cents and one of the currencies; shrinks to nothing at all."""
    facts = draw(pools.pool_facts())
    packs = [evolve(pack, price=draw(st.sampled_from(PRICES)), currency=draw(st.sampled_from(currencies))) for pack in facts.packs]
    return evolve(facts, packs=tuple(packs)).settled()


def rows_of(ledger, until=None, unused=UnusedRule.SEPARATE):
    return focus_rows(ledger, until=until, unused=unused, tags=TAGS, currency="USD")


def total(rows, field):
    return sum((getattr(row, field) for row in rows), Decimal(0))


@given(st.integers(-(10**6), 10**6), weights, quanta)
def test_an_allocation_adds_up_in_whole_quanta_none_of_them_a_quantum_or_more_off_its_exact_share(number, shares, quantum):
    amount, whole = number * quantum, sum(map(Fraction, shares))
    if not whole:
        amount = Decimal(0)
    parts = allocate(amount, shares, quantum=quantum)
    assert sum(parts, Decimal(0)) == amount
    assert all(part % quantum == 0 for part in parts)
    exact = [Fraction(amount) * Fraction(share) / whole if whole else 0 for share in shares]
    assert all(abs(Fraction(part) - share) < Fraction(quantum) for part, share in zip(parts, exact, strict=True))


@given(st.integers(0, 10**6), weights)
def test_no_part_of_an_allocation_that_was_cut_more_than_another_is_rounded_down_while_that_one_is_rounded_up(number, shares):
    whole = sum(map(Fraction, shares))
    if whole:
        exact = [number * Fraction(share) / whole for share in shares]
        over = [int(part) - share for part, share in zip(allocate(Decimal(number), shares, quantum=Decimal(1)), exact, strict=True)]
        up, down = [1 - off for off in over if off > 0], [-off for off in over if off <= 0]
        assert not up or not down or min(up) >= max(down)


@given(ledgers(), moments, rules)
def test_what_is_billed_is_what_was_paid_and_what_it_cost_with_what_is_left_is_the_same_to_the_cent(ledger, until, rule):
    rows = rows_of(ledger, until, rule)
    paid = sum((pack.price for pack in ledger.packs if until is None or pack.starts_at <= until), Decimal(0))
    left = sum(allocate_prices(ledger, until=until, unused=rule).left.values(), Decimal(0))
    assert total(rows, "billed_cost") == paid
    assert total(rows, "effective_cost") + left == paid
    assert all(row.effective_cost % Decimal("0.01") == 0 for row in rows)
    if until is None:
        assert left == 0


@given(ledgers(), moments)
def test_what_is_left_is_worth_the_tokens_of_the_balances_to_within_a_cent_a_pack(ledger, until):
    until = until or pools.GRID[-1]
    left, balances = allocate_prices(ledger, until=until).left, ledger.balances(until)
    for pack in ledger.packs:
        if pack.id in left:
            worth = Fraction(pack.price) * Fraction(balances[pack.id]) / Fraction(pack.tokens)
            assert abs(Fraction(left[pack.id]) - worth) < CENT


@given(ledgers(), moments, rules)
def test_the_token_column_adds_up_to_the_tokens_charged_less_those_returned(ledger, until, rule):
    charged = sum((use.tokens for use in ledger.charges if until is None or use.at <= until), Decimal(0))
    returned = sum((back.tokens for back in ledger.refunds if until is None or back.at <= until), Decimal(0))
    assert total(rows_of(ledger, until, rule), "pricing_currency_effective_cost") == charged - returned


@given(ledgers(), moments)
def test_days_add_up_to_one_a_charge_however_it_is_split(ledger, until):
    rows = [row for row in rows_of(ledger, until) if row.resource_type == "User" and "returned" not in row.charge_description]
    days = defaultdict(Decimal)
    for row in rows:
        days[row.resource_id, row.sku_id, row.sub_account_id, row.charge_period_start] += row.pricing_quantity
    charges = Counter((use.user, use.product, use.team, use.at) for use in ledger.charges if until is None or use.at <= until)
    assert days == charges


@given(ledgers(currencies=("USD", "JPY", "KWD")), moments, rules)
def test_quantity_times_unit_price_is_the_list_cost_which_is_tokens_times_the_price_of_a_token(ledger, until, rule):
    rows = rows_of(ledger, until, rule)
    for row in rows:
        away = abs(Fraction(row.pricing_quantity) * Fraction(row.list_unit_price) - Fraction(row.list_cost))
        assert away <= PLACE * (1 + Fraction(abs(row.pricing_quantity)) + Fraction(row.list_unit_price))
        assert (row.contracted_cost, row.contracted_unit_price) == (row.list_cost, row.list_unit_price)
    drawn = {pack.id: Fraction(0) for pack in ledger.packs}
    for entry in ledger.history():
        if entry.kind in (EntryKind.DRAW, EntryKind.REFUND) and (until is None or entry.at <= until):
            drawn[entry.pack_id] -= Fraction(entry.tokens)
    worth = sum(drawn[pack.id] * Fraction(pack.price) / Fraction(pack.tokens) for pack in ledger.packs)
    users = total([row for row in rows if row.resource_type == "User"], "list_cost")
    assert abs(Fraction(users) - worth) < Fraction(1, 10**12)


def naive_shares(ledger, rule):
    """Return what each user bears by the exact fractions of a rule, and of how many cents parts it is made."""
    shares, parts = defaultdict(Fraction), Counter()
    user_of = {use.id: use.user for use in ledger.charges}
    for pack in ledger.packs:
        own = [entry for entry in ledger.history() if entry.pack_id == pack.id]
        price, used, expired = Fraction(pack.price) / Fraction(pack.tokens), defaultdict(Fraction), Fraction(0)
        for entry in own:
            if entry.kind in (EntryKind.DRAW, EntryKind.REFUND):
                used[user_of[entry.reference]] -= Fraction(entry.tokens)
                parts[user_of[entry.reference]] += 2
            elif entry.kind is EntryKind.EXPIRY:
                expired -= Fraction(entry.tokens)
                parts.update(dict.fromkeys(user_of.values(), 1))
        bearers = {user for user, tokens in used.items() if tokens}
        for user, tokens in used.items():
            shares[user] += tokens * price
            if rule is UnusedRule.BY_TOKENS and bearers:
                shares[user] += expired * price * tokens / sum(used.values())
            elif rule is UnusedRule.BY_USER and user in bearers:
                shares[user] += expired * price / len(bearers)
    return shares, parts


@given(ledgers(), rules)
def test_each_user_bears_what_the_rule_says_to_within_a_cent_a_part(ledger, rule):
    shares, parts = naive_shares(ledger, rule)
    costs = defaultdict(Fraction)
    for row in rows_of(ledger, unused=rule):
        if row.resource_type == "User":
            costs[row.resource_id] += Fraction(row.effective_cost)
    assert all(abs(costs[user] - share) <= CENT * parts[user] for user, share in shares.items())


@given(ledgers(), moments, st.sampled_from([UnusedRule.BY_TOKENS, UnusedRule.BY_USER]))
def test_sharing_the_unused_out_changes_effective_costs_alone(ledger, until, rule):
    def rest(rows):
        return [evolve(row, effective_cost=Decimal(0), charge_description="") for row in rows if row.resource_type == "User"]

    separate, shared = rows_of(ledger, until), rows_of(ledger, until, rule)
    assert rest(separate) == rest(shared)
    purchases = [row for row in separate if row.charge_category == "Purchase"]
    assert purchases == [row for row in shared if row.charge_category == "Purchase"]


@given(ledgers(), moments, rules, st.sampled_from(["project", "cost-centre"]))
def test_the_costs_by_a_tag_add_up_to_all_costs(ledger, until, rule, key):
    rows = rows_of(ledger, until, rule)
    assert sum(costs_by_tag(rows, key).values(), Decimal(0)) == total(rows, "effective_cost")


@given(ledgers(), moments)
def test_the_order_in_which_the_facts_were_given_makes_no_difference(ledger, until):
    again = ledger.extend(reversed(ledger.charges), reversed(ledger.packs))
    assert rows_of(again, until) == rows_of(ledger, until)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("focus")


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)


def read_back(text, value):
    """Return the text of a CSV cell as the kind of value that was written."""
    if isinstance(value, Decimal):
        return Decimal(text)
    if isinstance(value, datetime):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return text or None


@given(ledgers(currencies=("USD", "JPY")), rules, names, names)
def test_what_is_written_as_csv_and_as_parquet_is_read_back_equal(folder, ledger, rule, user, account):
    renamed = ledger.extend([evolve(use, id=f"{use.id} of another", user=user) for use in ledger.charges])
    options = {"unused": rule, "tags": TAGS, "currency": "USD", "billing_account_name": account}
    rows = [row.cells() for row in focus_rows(renamed, **options)]
    for path in (folder / "focus.csv", folder / "focus.parquet"):
        assert write_focus(renamed, path, **options).rows == len(rows)
    with (folder / "focus.csv").open(encoding="utf-8", newline="") as file:
        header, *cells = csv.reader(file)
    assert header == list(FOCUS_COLUMNS.values())
    assert [[read_back(*pair) for pair in zip(line, row, strict=True)] for line, row in zip(cells, rows, strict=True)] == rows
    table = pq.read_table(folder / "focus.parquet")
    assert table.column_names == header
    assert [list(line.values()) for line in table.to_pylist()] == rows

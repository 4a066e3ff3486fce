"""Merging: nothing is lost or counted twice, however the files overlap and in whatever order they come."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from flexlib import ReportedUse
from flexlib.formats import Export, ExportKind, merge_exports

DAYS = [date(2026, 3, 2) + timedelta(days=number) for number in range(6)]
PEOPLE = {f"h{number}": f"user{number}@studio.example" for number in range(3)}

rows = st.builds(
    ReportedUse,
    st.sampled_from([*PEOPLE.values()]),
    st.sampled_from(["Revit", "REVIT", "AutoCAD"]),
    st.sampled_from(DAYS),
    st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("0.10"), Decimal(7), Decimal(10)]),
    team=st.sampled_from([None, "Bridges", "Roads"]),
    feature=st.sampled_from([None, "Render"]),
)
files = st.lists(rows, max_size=8)
several = st.lists(files, max_size=4)


def export(number, own, identities=None):
    """Return an export of rows that stand from row 2 on."""
    return Export(ExportKind.USAGE, list(own), [], f"{number}.csv", list(range(2, len(own) + 2)), {}, identities or {})


def exports(*contents):
    """Return the exports of files, each named after its place."""
    return [export(number, own) for number, own in enumerate(contents)]


def key(row):
    """Return what a row is of."""
    return row.user, row.product.casefold(), row.day


def sums(own):
    """Return the tokens of each user, product and day, equal rows once."""
    found = defaultdict(Decimal)
    for row in set(own):
        found[key(row)] += row.tokens
    return found


@given(files)
def test_a_file_alone_merges_to_its_rows_each_once(own):
    merged = merge_exports(exports(own))
    assert Counter(merged.reported) == Counter(set(own))
    assert (merged.changes, merged.repeated) == ([], len(own) - len(set(own)))


@given(files, st.integers(1, 3))
def test_a_file_merged_with_itself_is_the_file(own, times):
    merged = merge_exports(exports(*[own] * times))
    assert merged.reported == merge_exports(exports(own)).reported
    assert (merged.changes, merged.repeated) == ([], times * len(own) - len(set(own)))


spans = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted), max_size=4)


@given(files, spans, st.randoms(use_true_random=False))
def test_the_days_of_a_file_cut_in_ranges_that_overlap_merge_to_the_whole(own, ranges, chance):
    covered = {number for start, end in ranges for number in range(start, end + 1)}
    ranges = [*ranges, *([number, number] for number in set(range(6)) - covered)]
    chance.shuffle(ranges)
    parts = [[row for row in own if DAYS[start] <= row.day <= DAYS[end]] for start, end in ranges]
    merged = merge_exports(exports(*parts))
    assert set(merged.reported) == set(own)
    assert len(merged.reported) == len(set(own))
    assert merged.changes == []


@given(files, st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_order_of_files_without_a_common_fact_makes_no_difference(own, parts, chance):
    contents = [[row for row in own if DAYS.index(row.day) % parts == part] for part in range(parts)]
    shuffled = chance.sample(contents, parts)
    assert merge_exports(exports(*shuffled)).reported == merge_exports(exports(*contents)).reported


@given(several)
def test_every_row_is_kept_or_replaced_or_was_met_again(contents):
    merged = merge_exports(exports(*contents))
    replaced = sum(len(change.before) for change in merged.changes)
    assert len(merged.reported) + replaced + merged.repeated == sum(map(len, contents))
    assert len(set(merged.reported)) == len(merged.reported)


@given(several)
def test_the_tokens_of_a_user_product_and_day_are_those_of_the_last_file_that_tells_of_them(contents):
    last = {}
    for own in contents:
        last.update(sums(own))
    assert sums(merge_exports(exports(*contents)).reported) == last


@given(several)
def test_every_place_is_among_the_origins_of_what_it_says_or_of_what_replaced_it(contents):
    merged = merge_exports(exports(*contents))
    known = [*merged.reported, *(row for change in merged.changes for row in change.before)]
    met = {place for row in known for place in merged.origins_of(row)}
    assert {str(place) for place in met} == {
        f"{number}.csv: row {row}" for number, own in enumerate(contents) for row in range(2, len(own) + 2)
    }
    for row in known:
        told = {contents[int(place.file.removesuffix(".csv"))][place.row - 2] for place in merged.origins_of(row)}
        assert {key(one) for one in told} == {key(row)}
        assert row in told


@given(several)
def test_changes_form_a_chain_for_each_fact_from_what_one_file_says_to_what_the_next_says(contents):
    merged = merge_exports(exports(*contents))
    chains = defaultdict(list)
    for change in merged.changes:
        chains[key(change.after[0])].append(change)
        assert {key(row) for row in (*change.before, *change.after)} == {key(change)}
        assert change.before_file < change.after_file
        assert set(change.after) == {
            row for row in contents[int(change.after_file.removesuffix(".csv"))] if key(row) == key(change)
        }
    kept = defaultdict(set)
    for row in merged.reported:
        kept[key(row)].add(row)
    for fact, chain in chains.items():
        assert [sums(one.after) for one in chain[:-1]] == [sums(one.before) for one in chain[1:]]
        assert sums(chain[-1].after) == sums(kept[fact])


@given(several, st.lists(st.booleans(), min_size=4, max_size=4), st.integers(0, 4))
def test_personal_data_off_in_some_of_the_files_makes_no_difference_where_another_gives_the_identities(contents, off, place):
    hashes = {email: known for known, email in PEOPLE.items()}
    hidden = [
        [evolve(row, user=hashes[row.user]) for row in own] if hide else own for own, hide in zip(contents, off, strict=False)
    ]
    found = exports(*hidden)
    found.insert(place, export("on", [], PEOPLE))
    assert merge_exports(found).reported == merge_exports(exports(*contents)).reported

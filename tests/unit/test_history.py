"""The history: facts added once, changed by newer versions, and read as they were known."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from pool_builders import charge, pack, refund, transfer
from sample_values import at, result, session

from flexlib import (
    FlexError,
    HistoryError,
    InvalidValueError,
    NaiveDatetimeError,
    ReportedSummary,
    ReportedTotal,
    ReportedUse,
    Seat,
    TokenPack,
    settle,
)
from flexlib.formats.exports.exported import Export, ExportKind
from flexlib.history import Added, Change, ExportedRows, Fact, History, Import, KnownFacts, Origin, is_history

DAY = date(2026, 3, 2)
WEEK = [at(8, day=number) for number in range(7)]


def reported(tokens, *, user="ada", product="revit", day=DAY, **names):
    return ReportedUse(user, product, day, tokens, **names)


def export(file, rows, numbers=None):
    return Export(ExportKind.USAGE, rows, [], file, numbers or list(range(2, len(rows) + 2)))


def seat(ends_at=None, *products):
    return Seat("ada", products or ("autocad",), at(0), ends_at)


EVERY_KIND = [
    session(at(8), at(17), idle=[(at(9), at(10))], team="north", machine="WS-1", version="2026"),
    session(at(7)),
    result(at(8), Decimal("0.5"), team="north", id="r1"),
    reported(10, team="north", feature="rendering"),
    reported(Decimal("0.50"), user="ben"),
    ReportedSummary("ada", "Revit", Decimal("20.5"), 3, monthly_average=Decimal("1.50"), assigned_on=DAY),
    ReportedTotal(Decimal(100), "PRODUCT_CONSUMPTION", product="Revit", month=DAY, contract_year=1, users=3),
    pack("A", 500, 0, 365),
    TokenPack("B", 100, at(0), at(24), price=Decimal("300.00"), currency="USD", team="north"),
    seat(at(40), "autocad", "revit"),
    refund("c1", 1, 2, number="r"),
    transfer("north", None, 5, 1, name="t"),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flex.history"


@pytest.fixture
def history(path):
    with History(path) as opened:
        yield opened


def test_a_new_history_knows_nothing(history, path):
    assert path.exists()
    assert history.known() == KnownFacts()
    assert history.imports() == history.changes() == []


def test_facts_of_every_kind_are_read_back_equal(history):
    assert history.add(EVERY_KIND) == Added(new=len(EVERY_KIND))
    known = history.known()
    assert known == KnownFacts(
        usage=(EVERY_KIND[1], EVERY_KIND[0], EVERY_KIND[2]),
        reported=(EVERY_KIND[3], EVERY_KIND[4]),
        packs=(EVERY_KIND[7], EVERY_KIND[8]),
        seats=(EVERY_KIND[9],),
        refunds=(EVERY_KIND[10],),
        transfers=(EVERY_KIND[11],),
        summaries=(EVERY_KIND[5],),
        totals=(EVERY_KIND[6],),
    )


def test_facts_are_still_there_when_the_file_is_opened_again(path):
    with History(path) as history:
        history.add(EVERY_KIND)
        known = history.known()
    with History(str(path), readonly=True) as again:
        assert again.known() == known


def test_the_same_facts_added_again_leave_the_file_as_it_is(history, path):
    history.add(EVERY_KIND)
    content = path.read_bytes()
    assert history.add(reversed(EVERY_KIND)) == Added(known=len(EVERY_KIND))
    assert history.add([]) == Added()
    assert path.read_bytes() == content


def test_c10_amounts_that_are_equal_are_one_fact_however_they_are_written(history):
    amounts = [Decimal(10), Decimal("10.0"), Decimal("1E+1"), 10]
    assert history.add(result(at(8), amount) for amount in amounts) == Added(new=1, known=3)
    assert [history.add([reported(amount)]).new for amount in amounts] == [1, 0, 0, 0]


def test_t1_instants_that_are_equal_are_one_fact_in_whatever_zone_they_are_written(history):
    berlin = at(8).astimezone(datetime.strptime("+0100", "%z").tzinfo)
    assert history.add([session(at(8)), session(berlin)]) == Added(new=1, known=1)


def test_sessions_that_differ_in_anything_are_several_facts(history):
    assert history.add([session(at(8)), session(at(8), machine="WS-2"), session(at(8), at(9))]).new == 3


def test_a_pack_of_the_same_id_is_another_version_of_it(history):
    history.add([pack("A", 500, 0, 365)], known_at=WEEK[0], source="order")
    added = history.add([pack("A", 510, 0, 365)], known_at=WEEK[1], source="invoice")
    change = Change("pack", "A", (pack("A", 500, 0, 365),), (pack("A", 510, 0, 365),), WEEK[1], "invoice")
    assert added == Added(changed=(change,))
    assert history.changes() == [change]
    assert history.known().packs == (pack("A", 510, 0, 365),)


def test_a_change_of_a_pack_says_all_that_a_pack_has(history):
    history.add([pack("A", 500, 0, 365)])
    (change,) = history.add([pack("A", 500, 0, 366), TokenPack("B", 5, at(0), at(1))]).changed
    history.add([TokenPack("B", 1, at(0), at(1), price=3, currency="USD", team="north")])
    assert str(change) == (
        "pack A: 500 tokens, 2026-01-01T00:00:00+00:00 to 2027-01-01T00:00:00+00:00, "
        "then 500 tokens, 2026-01-01T00:00:00+00:00 to 2027-01-02T00:00:00+00:00"
    )
    assert str(history.changes()[1]).endswith(
        "then 1 token, 2026-03-02T00:00:00+00:00 to 2026-03-02T01:00:00+00:00, for 3 USD, team north"
    )


def test_c8_the_end_of_a_seat_that_is_added_later_is_a_change(history):
    history.add([seat()])
    (change,) = history.add([seat(at(48))]).changed
    assert (change.kind, change.key) == ("seat", "ada, autocad, from 2026-03-02T00:00:00+00:00")
    assert str(change).endswith(": without an end, then until 2026-03-04T00:00:00+00:00")
    assert history.known().seats == (seat(at(48)),)


def test_a_seat_whose_products_are_named_in_another_order_is_the_same(history):
    history.add([seat(None, "autocad", "revit")])
    assert history.add([seat(None, "revit", "autocad")]) == Added(known=1)
    assert history.add([seat(None, "revit")]) == Added(new=1)


def test_a_reported_figure_that_differs_is_a_change_that_says_both(history):
    history.add([reported(10, team="north")])
    (change,) = history.add([reported(20, team="north")], source="april.csv").changed
    assert str(change) == "reported use ada, revit, 2026-03-02: 10 tokens (team north), then 20 tokens (team north)"
    assert (change.source, change.adds_names) == ("april.csv", False)
    assert history.known().reported == (reported(20, team="north"),)


def test_a_reported_team_that_differs_is_a_change(history):
    history.add([reported(10, team="north")])
    assert len(history.add([reported(10, team="south")]).changed) == 1


def test_all_rows_of_a_user_product_and_day_in_one_add_are_one_fact(history):
    both = [reported(10, team="north"), reported(5, team="south")]
    assert history.add([*both, both[0]]) == Added(new=1)
    assert set(history.known().reported) == set(both)
    assert len(history.add(both[:1]).changed) == 1
    assert history.known().reported == (both[0],)


def test_c11_a_row_of_zero_tokens_is_a_fact_and_not_the_lack_of_one(history):
    history.add([reported(10), reported(0, user="ben")])
    assert history.known().reported == (reported(10), reported(0, user="ben"))
    assert len(history.add([reported(0)]).changed) == 1


def test_an_export_that_names_no_team_or_feature_says_the_same_where_its_tokens_do(history):
    history.add([reported(10, team="north", feature="rendering"), reported(5, team="south", feature="rendering")])
    named = history.known()
    assert history.add([reported(15)]) == Added(known=1)
    assert history.add([reported(15, feature="rendering")]) == Added(known=1)
    assert history.add([reported(10, team="north"), reported(5, team="south")]) == Added(known=1)
    assert history.known() == named
    assert len(history.add([reported(5, team="north"), reported(10, team="south")]).changed) == 1
    assert len(history.add([reported(16)]).changed) == 1


def test_of_versions_with_the_same_tokens_the_one_that_names_more_is_kept(history):
    for row in (reported(10), reported(10, team="north"), reported(10, team="north", feature="rendering")):
        history.add([row])
        assert history.known().reported == (row,)
    assert [change.adds_names for change in history.changes()] == [True, True]
    assert history.add([reported(10)]) == history.add([reported(10, team="north")]) == Added(known=1)


def test_a_team_says_more_than_a_feature(history):
    history.add([reported(10, feature="rendering")])
    assert len(history.add([reported(10, team="north")]).changed) == 1
    assert history.add([reported(10, feature="rendering")]) == Added(known=1)
    assert history.known().reported == (reported(10, team="north"),)


def test_an_old_file_added_after_a_newer_one_does_not_bring_the_old_figures_back(history, path):
    history.add([reported(10), reported(7, product="autocad"), pack("A", 500, 0, 365), seat()])
    history.add([reported(20), pack("A", 510, 0, 365), seat(at(48))])
    known, content = history.known(), path.read_bytes()
    old = [reported(10), reported(7, product="autocad"), pack("A", 500, 0, 365), seat()]
    assert history.add(old) == Added(known=1, superseded=3)
    assert history.add([reported(10, team="north")]) == Added(superseded=1)
    assert (history.known(), path.read_bytes()) == (known, content)


def test_an_old_version_that_does_hold_again_is_restored_on_request(history):
    history.add([seat()])
    history.add([seat(at(48))])
    assert len(history.add([seat()], restore=True).changed) == 1
    assert history.known().seats == (seat(),)
    assert history.add([seat()], restore=True) == Added(known=1)
    history.add_export(export("a.csv", [reported(10)]))
    history.add_export(export("b.csv", [reported(12)]))
    assert len(history.add_export(export("c.csv", [reported(10)]), restore=True).changed) == 1
    assert history.known().reported == (reported(10),)


def test_what_was_known_on_a_day_is_read_as_it_was(history):
    steps = [[pack("A", 500, 0, 365)], [pack("A", 510, 0, 365), reported(10)], [reported(12)]]
    for known_at, facts in zip(WEEK, steps, strict=False):
        history.add(facts, known_at=known_at)
    before = WEEK[0] - timedelta(microseconds=1)
    assert history.known(before) == KnownFacts()
    assert (
        history.known(WEEK[0]) == history.known(WEEK[1] - timedelta(microseconds=1)) == KnownFacts(packs=(pack("A", 500, 0, 365),))
    )
    assert history.known(WEEK[1]) == KnownFacts(packs=(pack("A", 510, 0, 365),), reported=(reported(10),))
    assert history.known(WEEK[6]) == history.known() == KnownFacts(packs=(pack("A", 510, 0, 365),), reported=(reported(12),))


def test_t1_an_instant_without_a_zone_is_refused(history):
    with pytest.raises(NaiveDatetimeError):
        history.known(datetime(2026, 3, 2))
    with pytest.raises(NaiveDatetimeError):
        history.add([reported(10)], known_at=datetime(2026, 3, 2))
    assert history.imports() == []


def test_facts_become_known_now_unless_it_is_said(history):
    before = datetime.now(UTC)
    history.add([reported(10)])
    (first,) = history.imports()
    assert before <= first.known_at <= datetime.now(UTC)


def test_what_becomes_known_may_not_lie_before_what_is_known(history):
    history.add([reported(10)], known_at=WEEK[3])
    with pytest.raises(HistoryError, match=r"known_at is 2026-03-04T08:00:00\+00:00, and something .* at 2026-03-05T08:00:00"):
        history.add([reported(12)], known_at=WEEK[2])
    assert history.known().reported == (reported(10),)
    history.add([reported(12)], known_at=WEEK[3])


def test_a_script_that_adds_old_and_new_facts_at_their_instants_can_run_again(history, path):
    def script():
        history.add([reported(10)], known_at=WEEK[0])
        history.add([reported(12)], known_at=WEEK[1])

    script()
    content = path.read_bytes()
    script()
    assert path.read_bytes() == content


def test_a_clock_that_is_behind_what_is_known_does_not_go_back(history):
    far = datetime(9000, 1, 1, tzinfo=UTC)
    history.add([reported(10)], known_at=far)
    history.add([reported(12)])
    assert [one.known_at for one in history.imports()] == [far, far]


def test_imports_tell_what_each_add_brought(history):
    history.add([reported(10), pack("A", 500, 0, 365), seat()], known_at=WEEK[0], source="first")
    history.add([seat(at(48))], known_at=WEEK[1])
    history.add([reported(11), pack("A", 500, 0, 365), seat(), session(at(8))], known_at=WEEK[2], source="third")
    assert history.imports() == [
        Import(1, "first", WEEK[0], 3, 0, 0, 0),
        Import(2, None, WEEK[1], 0, 0, 1, 0),
        Import(3, "third", WEEK[2], 1, 1, 1, 1),
    ]


def test_each_row_of_an_export_keeps_its_file_and_number(history):
    rows = [reported(10, team="north"), session(at(8)), reported(5, team="south"), reported(10, team="north")]
    history.add_export(export("march.csv", rows, [2, 4, 5, 9]), known_at=WEEK[0])
    history.add_export(export("april.csv", rows[:1], [7]), known_at=WEEK[1])
    assert history.origins(rows[0]) == (
        Origin("march.csv", 2, WEEK[0]),
        Origin("march.csv", 9, WEEK[0]),
        Origin("april.csv", 7, WEEK[1]),
    )
    assert history.origins(rows[1]) == (Origin("march.csv", 4, WEEK[0]),)
    assert history.origins(rows[2]) == (Origin("march.csv", 5, WEEK[0]),)
    assert history.origins(reported(11)) == history.origins(reported(1, user="ben")) == ()


def test_facts_that_came_from_no_file_have_an_origin_without_a_row(history):
    history.add([pack("A", 500, 0, 365)], known_at=WEEK[0], source="order 17")
    history.add([pack("A", 510, 0, 365)], known_at=WEEK[1])
    assert history.origins(pack("A", 500, 0, 365)) == (Origin("order 17", None, WEEK[0]),)
    assert history.origins(pack("A", 510, 0, 365)) == (Origin(None, None, WEEK[1]),)
    assert history.origins(pack("A", 520, 0, 365)) == ()


def test_anything_with_rows_numbers_and_a_file_is_an_export(history):
    rows: ExportedRows = SimpleNamespace(rows=[reported(10)], numbers=[12], file="own.csv")
    assert history.add_export(rows).new == 1
    assert history.origins(reported(10))[0].row == 12


def test_the_same_export_added_twice_leaves_the_file_as_it_is(history, path):
    given = export("march.csv", [reported(10), reported(7, user="ben")])
    history.add_export(given)
    content = path.read_bytes()
    assert history.add_export(given) == Added(known=2)
    assert path.read_bytes() == content


@pytest.mark.parametrize("wrong", [charge(1, 1), "ada", None, {}, ReportedUse])
def test_a_value_that_is_no_fact_is_refused_and_nothing_is_added(history, wrong):
    with pytest.raises(InvalidValueError, match=r"expected values of Session, ResultUse, ReportedUse"):
        history.add([reported(10), wrong])
    assert history.known() == KnownFacts()


def test_facts_that_break_off_are_not_added(history):
    def broken():
        yield reported(10)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        history.add(broken())
    assert history.imports() == []


def test_a_source_is_text(history, tmp_path):
    with pytest.raises(InvalidValueError, match="source"):
        history.add([reported(10)], source=tmp_path)
    history.add([reported(10)], source="m\udce4rz.csv")
    assert history.imports()[0].source == "m\\udce4rz.csv"


def test_any_text_can_be_a_name(history):
    names = ["a\x00b", "\ud800", "\u2028x", '"', "é", "e\u0301", " a", "a "]
    facts = [reported(10, user=name, team=name) for name in names] + [TokenPack(name, 5, at(0), at(1)) for name in names]
    assert history.add(facts) == Added(new=16)
    assert set(history.known().reported) == set(facts[:8])
    assert set(history.known().packs) == set(facts[8:])


def test_reported_use_settles_against_packs_from_the_history(history):
    history.add([reported(10), reported(7, product="autocad"), TokenPack.purchase("A", 500, date(2026, 1, 1))])
    known = history.known()
    assert settle(known.reported, known.packs, refunds=known.refunds).balance(at(24)) == 483


def test_nothing_can_be_changed_or_deleted_by_hand(history, path):
    history.add([reported(10), reported(7, user="ben")], known_at=WEEK[1])
    statements = [
        "UPDATE versions SET body = '{}'",
        "DELETE FROM versions",
        "UPDATE imports SET known_at = ''",
        "DELETE FROM imports WHERE id = 1",
        "INSERT OR REPLACE INTO versions SELECT 1, kind, 'other', number, '{}', import_id, file_rows FROM versions LIMIT 1",
        "INSERT OR REPLACE INTO versions SELECT 3, kind, identity, number, '{}', import_id, file_rows FROM versions LIMIT 1",
        "INSERT INTO versions SELECT 9, kind, 'other', number, '{}', import_id, file_rows FROM versions LIMIT 1",
        "INSERT OR REPLACE INTO imports SELECT 1, source, known_at, 9, 9, 9, 9 FROM imports",
        "INSERT INTO imports SELECT 2, source, '2026-03-02T08:00:00.000000+00:00', 0, 0, 0, 0 FROM imports",
    ]
    content = path.read_bytes()
    connection = sqlite3.connect(path)
    for statement in statements:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
        connection.rollback()
    connection.close()
    assert path.read_bytes() == content


def test_a_closed_history_says_so(path):
    history = History(path)
    history.close()
    history.close()
    for use in (history.known, history.imports, history.changes, lambda: history.add([reported(10)])):
        with pytest.raises(HistoryError, match="closed"):
            use()


def test_a_history_names_its_file(history, path):
    assert history.path == path
    assert repr(history) == f"History({str(path)!r})"


def test_a_reader_makes_no_file_and_adds_nothing(path):
    with pytest.raises(HistoryError, match="no such file"):
        History(path, readonly=True)
    assert not path.exists()
    path.touch()
    with pytest.raises(HistoryError, match="empty"):
        History(path, readonly=True)
    with History(path) as history:
        history.add([reported(10)])
    content = path.read_bytes()
    with History(path, readonly=True) as reader:
        with pytest.raises(HistoryError, match="for reading only"):
            reader.add([reported(11)])
        assert reader.known().reported == (reported(10),)
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_history(path):
    path.touch()
    with History(path) as history:
        assert history.add([reported(10)]).new == 1


def test_a_name_that_sqlite_takes_for_memory_is_a_file_like_any_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory", "a b%20#?.history"):
        with History(name) as history:
            history.add([reported(10)])
        with History(name) as again:
            assert len(again.known().reported) == 1


@pytest.mark.parametrize("content", [b"no database" * 100, b"xy", b"SQLite format 3\x00", b"Day used,Email,Product\n"])
@pytest.mark.parametrize("readonly", [True, False])
def test_a_file_that_is_no_history_is_refused_by_name_and_left_alone(path, content, readonly):
    path.write_bytes(content)
    with pytest.raises(HistoryError) as caught:
        History(path, readonly=readonly)
    assert caught.value.file == str(path)
    assert path.read_bytes() == content


def test_another_sqlite_database_is_refused_and_left_alone(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(HistoryError, match="an SQLite database, but no history"):
        History(path)
    assert path.read_bytes() == content


def test_a_history_of_a_newer_schema_is_refused(path):
    History(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(HistoryError, match="written by a newer flexlib: its schema is 2, and this flexlib knows 1"):
        History(path)


@pytest.mark.parametrize("name", [".", "missing/flex.history", "a\x00b"])
def test_a_path_at_which_no_file_can_be_is_refused(tmp_path, name):
    with pytest.raises(HistoryError, match="cannot be opened"):
        History(tmp_path / name)


def test_a_damaged_history_is_named_as_such(path):
    with History(path) as history:
        history.add([reported(10, user=f"user {number}") for number in range(2_000)])
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * (len(content) - 16_384) + content[-8192:])
    with History(path) as history, pytest.raises(HistoryError, match="damaged"):
        history.known()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(HistoryError, match="damaged"), History(path) as history:
        history.known()


def read_all(history):
    return history.known(), history.imports(), history.origins(reported(10, user="mallory"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"tokens": "10"', b'"tokens": "-1"'),
        (b'"mallory", "product"', b'"mallory"  "product"'),
        (b'{"rows": [{"user"', b'{"rows": [],"user"'),
        (b"reported use", b"unheard_of_1"),
        (b"2026-03-03T08:00:00.000000", b"2026-33-03T08:00:00.000000"),
        (b"[[7]]", b"[[7}]"),
        (b"[[7]]", b"[   ]"),
    ],
)
def test_a_part_that_cannot_be_read_is_damage(path, before, after):
    with History(path) as history:
        history.add_export(export("m.csv", [reported(10, user="mallory")], [7]), known_at=WEEK[1])
    content = path.read_bytes()
    assert before in content
    path.write_bytes(content.replace(before, after))
    with History(path) as history, pytest.raises(HistoryError, match="damaged"):
        read_all(history)


def test_a_history_that_stays_locked_is_an_error_after_the_timeout(path):
    short = timedelta(milliseconds=50)
    with History(path, timeout=short) as history:
        history.add([reported(10)])
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for use in (history.known, lambda: history.add([reported(11)]), lambda: History(path, timeout=short)):
            with pytest.raises(HistoryError, match=r"locked for more than 0\.05 seconds"):
                use()
        other.execute("ROLLBACK")
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM imports").fetchone()
        with pytest.raises(HistoryError, match="locked"):
            history.add([reported(12)])
        other.close()
        assert history.known().reported == (reported(10),)
        assert len(history.add([reported(12)]).changed) == 1


def test_a_timeout_is_zero_or_more(path):
    with pytest.raises(InvalidValueError, match="timeout"):
        History(path, timeout=timedelta(seconds=-1))
    for timeout in (timedelta(), timedelta.max):
        History(path, timeout=timeout).close()


def test_threads_may_share_a_history(history):
    parts = [[reported(10, user=f"user {number % 25}", day=DAY + timedelta(days=number))] for number in range(100)]
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(history.add, parts * 2))
        readings = list(threads.map(lambda _: len(history.known().reported), range(8)))
    assert (sum(one.new for one in added), sum(one.known for one in added)) == (100, 100)
    assert readings == [100] * 8


def test_threads_may_each_have_their_own_history(path):
    def write(number):
        with History(path) as own:
            return [own.add([reported(10, user=f"user {place}")]).new for place in range(number, number + 20)]

    with ThreadPoolExecutor(4) as threads:
        added = list(threads.map(write, [0, 5, 10, 15]))
    with History(path) as history:
        assert len(history.known().reported) == sum(map(sum, added)) == 35


def test_threads_that_make_one_file_at_once_make_one_history(tmp_path):
    def write(number):
        with History(tmp_path / f"{number // 8}.history") as own:
            return own.add([reported(10, user=f"user {number}")]).new

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(write, range(160))) == [1] * 160
    for number in range(20):
        with History(tmp_path / f"{number}.history") as history:
            assert len(history.known().reported) == 8


def test_every_error_of_a_history_is_a_flex_error():
    assert issubclass(HistoryError, FlexError)


def test_a_fact_type_stands_for_all_that_a_history_keeps():
    assert {type(fact) for fact in EVERY_KIND} == set(Fact.__args__)


def test_importing_flexlib_loads_no_history():
    probe = "import sys, flexlib; print([name for name in sys.modules if name.startswith(('flexlib.history', 'sqlite3'))])"
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_history_is_known_by_its_content(tmp_path):
    kept = tmp_path / "kept.db"
    with History(kept):
        pass
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (a)")
    (tmp_path / "text.csv").write_text("user,product\n")
    assert [is_history(path) for path in (kept, other, tmp_path / "text.csv", tmp_path, tmp_path / "none", "\0")] == [True] + 5 * [
        False
    ]

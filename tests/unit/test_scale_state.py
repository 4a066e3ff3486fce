"""Charging a day at a time: late sessions, histories, teams, saved states and what is none."""

import json
from datetime import UTC, date, datetime, timedelta
from random import Random

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frame_makers import KINDS, rows_of
from session_frames import charge_rows, idle_table, sessions_table, typed_rows

from flexlib import (
    Catalog,
    ChargePolicy,
    FormatError,
    InvalidValueError,
    Product,
    Rate,
    RateBook,
    RateNotFoundError,
    RateSheet,
    Session,
    charge_usage,
)
from flexlib.scale import Past, WindowState, charge_frame

BOOK = RateBook(
    [RateSheet("2021", [Rate(product, n, effective_from=date(2021, 1, 1)) for product, n in (("autocad", 7), ("revit", 10))])]
)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def session(opens, closes=None, *, user="ada", product="autocad", team=None, idle=()):
    """A session, in hours after midnight on Monday."""
    spans = [(MONDAY + one * HOUR, MONDAY + two * HOUR) for one, two in idle]
    closed = None if closes is None else MONDAY + closes * HOUR
    return Session(user, product, MONDAY + opens * HOUR, closed, team=team, idle=spans)


def after(*sessions, policy=None):
    state = WindowState.empty(policy) if policy else WindowState.empty()
    return state.append(sessions_table(sessions), BOOK, idle=idle_table(sessions)).state


def append(state, *sessions, history=None, **terms):
    past = None if history is None else Past(sessions_table(history), idle_table(history))
    return state.append(sessions_table(sessions), BOOK, idle=idle_table(sessions), history=past, **terms)


def hours(table):
    return [(row["window_start"] - MONDAY) / HOUR for row in table.to_pylist()]


def test_a_state_may_run_ahead_of_the_day_and_what_it_covers_is_not_charged_again():
    step = append(WindowState.empty(), session(8, 58))
    assert hours(step.charges) == [8, 32, 56]
    tuesday = append(step.state, session(33, 34))
    assert (hours(tuesday.charges), tuesday.late.num_rows) == ([], 0)
    wednesday = append(tuesday.state, session(57, 81))
    assert (hours(wednesday.charges), wednesday.late.num_rows) == ([80], 0)


def test_use_that_ends_with_the_last_window_opens_none():
    assert hours(append(after(session(8)), session(31, 32)).charges) == []
    assert hours(append(after(session(8)), session(31, 32.1)).charges) == [32]
    assert hours(append(after(session(8)), session(32)).charges) == [32]


def test_a_late_session_without_a_history_is_left_and_so_are_all_of_its_user_and_product():
    state = after(session(8, 9))
    sessions = [session(2, 3), session(40), session(41, product="revit"), session(42, user="bo")]
    step = append(state, *sessions)
    assert step.late == sessions_table(sessions[:2])
    assert [row[:2] for row in charge_rows(step.charges)] == [("ada", "revit"), ("bo", "autocad")]
    assert step.withdrawn.num_rows == 0
    assert (len(state), len(step.state)) == (1, 3)
    again = append(step.state, *sessions[:2], history=[session(8, 9)])
    assert (hours(again.charges), hours(again.withdrawn)) == ([2, 40], [8])


def test_the_idle_spans_of_sessions_that_are_left_come_back_with_their_new_row_numbers():
    state = after(session(8, 9))
    sessions = [
        session(50, 60, user="bo", idle=[(51, 52)]),
        session(2, 5, idle=[(3, 4)]),
        session(40, 45, idle=[(41, 42), (43, 44)]),
    ]
    step = append(state, *sessions)
    assert step.late_idle == idle_table(sessions[1:])
    assert state.append(sessions_table(sessions), BOOK).late_idle is None


def test_a_late_session_moves_the_windows_after_it():
    before = [session(8, 9), session(34, 35), session(60, 61)]
    step = append(after(*before), session(20, 32.5), history=before)
    assert (hours(step.charges), hours(step.withdrawn)) == ([32], [34])


def test_late_sessions_may_come_again_and_again():
    before = [session(20), session(60)]
    state = after(*before)
    for opens in (10, 5, 2):
        step = append(state, session(opens), history=before)
        before, state = [*before, session(opens)], step.state
        assert state.table == after(*before).table


def test_of_use_that_goes_beyond_the_last_window_what_started_first_opens_the_next():
    resumed, other = session(10, 50, team="north", idle=[(10.75, 30)]), session(12, 50, team="south")
    step = append(after(session(8)), resumed, other)
    assert [row[-1] for row in charge_rows(step.charges)] == ["south"]
    assert charge_rows(step.charges) == typed_rows(charge_usage([session(8), resumed, other], BOOK))[1:]


def test_the_history_may_be_a_function_that_is_told_whose_it_takes():
    before = [session(8, 9), session(8, 9, product="revit"), session(8, 9, user="bo")]
    asked = []

    def read(pairs):
        asked.append(pairs)
        return Past(sessions_table(before))

    late = [session(2, user="bo"), session(2, product="revit"), session(40)]
    step = after(*before).append(sessions_table(late), BOOK, history=read)
    assert asked == [[("ada", "revit"), ("bo", "autocad")]]
    assert (hours(step.charges), hours(step.withdrawn)) == ([2, 2, 40], [8, 8])


def test_a_function_for_the_history_is_not_called_where_nothing_is_late():
    step = after(session(8)).append(sessions_table([session(40)]), BOOK, history=lambda _: pytest.fail("nothing is late"))
    assert hours(step.charges) == [40]


def test_a_history_counts_for_the_late_users_and_products_only():
    before = [session(8, 9), session(8, 9, product="revit"), session(9, 10, user="bo")]
    step = append(after(*before), session(2), history=[*before, session(90, product="revit"), session(91, user="bo")])
    assert (hours(step.charges), hours(step.withdrawn)) == ([2], [8])


def test_products_of_a_history_go_by_the_catalogue_too():
    catalog = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"]), Product("revit", "Revit")])
    state = WindowState.empty().append(sessions_table([session(8, product="ACD")]), BOOK, catalog=catalog).state
    late = sessions_table([session(2, product="AutoCAD 2026")])
    step = state.append(late, BOOK, catalog=catalog, history=lambda pairs: Past(sessions_table([session(8, product=pairs[0][1])])))
    assert (hours(step.charges), hours(step.withdrawn)) == ([2], [8])
    assert state.append(late, BOOK, catalog=catalog).late == late


@pytest.mark.parametrize(
    "history",
    [
        [],
        [session(8, 9, user="bo")],
        [session(60)],
        [session(8), session(60), session(90)],
        [session(9), session(60)],
        [session(8, team="north"), session(60, team="north")],
    ],
)
def test_a_history_that_opens_other_windows_is_refused_by_name(history):
    with pytest.raises(InvalidValueError, match="history is 'the sessions of ada in autocad'") as caught:
        append(after(session(8), session(60)), session(2), history=history)
    assert caught.value.__notes__ == ["so it is with 1 group of 1 group"]


def test_an_error_in_the_history_says_that_it_is_there():
    with pytest.raises(FormatError, match="user: this column is missing") as caught:
        after(session(8)).append(sessions_table([session(2)]), BOOK, history=Past(pa.table({"product": ["autocad"]})))
    assert caught.value.__notes__ == ["so it is in the history"]


def test_an_append_that_raises_leaves_the_state_as_it_was():
    state = after(session(8))
    table = state.table
    with pytest.raises(RateNotFoundError):
        append(state, session(40), session(41, product="unheard of"))
    assert state.table == table


def test_two_days_may_be_appended_to_one_state():
    state = after(session(8))
    one, two = append(state, session(40, user="bo")), append(state, session(41, user="cy", team="north"))
    assert [row["user"] for row in one.state.table.to_pylist()] == ["ada", "bo"]
    assert [row["user"] for row in two.state.table.to_pylist()] == ["ada", "cy"]
    assert hours(append(two.state, session(42, user="bo")).charges) == [42]


def test_an_end_that_becomes_known_charges_what_goes_beyond_the_window():
    state = after(session(8, team="north"))
    step = append(state, session(8, 33, team="north"))
    assert (hours(step.charges), step.late.num_rows) == ([32], 0)
    assert hours(append(state, session(8, 8.01, team="north")).charges) == []


def test_another_team_that_may_have_opened_a_window_makes_a_session_late():
    before = [session(0, 1, team="north"), session(20, 30, team="south")]
    state = after(*before)
    crossing = session(10, 26, team="west")
    assert append(state, crossing).late.num_rows == 1
    step = append(state, crossing, history=before)
    assert (charge_rows(step.charges)[0][-1], charge_rows(step.withdrawn)[0][-1]) == ("west", "south")
    for other in (session(10, 24, team="west"), session(21, 30, team="west"), session(0.5, 10, team="north")):
        assert append(state, other).late.num_rows == 0


def test_no_team_and_an_empty_one_are_two():
    state = after(session(8, team=""), session(9, user="bo"))
    assert state.table["team"].to_pylist() == ["", None]
    assert append(state, session(8), session(9, user="bo", team="")).late == sessions_table(
        [session(8), session(9, user="bo", team="")]
    )


def test_without_a_column_of_teams_charges_have_none():
    state = WindowState.empty().append(sessions_table([session(8)], teams=False), BOOK).state
    step = state.append(sessions_table([session(40)], teams=False), BOOK)
    assert "team" not in step.charges.column_names
    assert "team" not in step.late.column_names


def test_a_history_with_teams_gives_charges_with_teams():
    before = [session(8, team="north"), session(40, team="south")]
    step = after(*before).append(sessions_table([session(2)], teams=False), BOOK, history=Past(sessions_table(before)))
    assert [row[-1] for row in charge_rows(step.charges)] == [None]
    assert [row[-1] for row in charge_rows(step.withdrawn)] == ["north"]


@pytest.mark.parametrize("kind", KINDS)
def test_frames_come_back_as_the_kind_that_was_given(kind):
    cls, make = KINDS[kind]
    state = after(session(8, user="bo"), session(8, user="cy"))
    sessions = [session(40, 45), session(2, 5, user="bo", idle=[(3, 4)]), session(2, user="cy")]
    step = state.append(make(sessions_table(sessions)), BOOK, idle=make(idle_table(sessions)))
    assert all(isinstance(frame, cls) for frame in (step.charges, step.withdrawn, step.late, step.late_idle))
    assert rows_of(step.charges) == typed_rows(charge_usage(sessions[:1], BOOK))
    assert rows_of(step.late_idle) == [(0, MONDAY + 3 * HOUR, MONDAY + 4 * HOUR)]
    history = Past(make(sessions_table([session(8, user="bo"), session(8, user="cy")])))
    again = step.state.append(step.late, BOOK, idle=step.late_idle, history=history)
    assert rows_of(again.charges) == typed_rows(charge_usage(sessions[1:], BOOK))


def test_nothing_appended_to_nothing_is_nothing():
    step = append(WindowState.empty())
    assert [frame.num_rows for frame in (step.charges, step.withdrawn, step.late, step.state.table)] == [0, 0, 0, 0]
    assert len(append(after(session(8))).state) == 1


def test_a_state_tells_its_policy_and_how_many_it_holds():
    assert repr(after(session(8), session(8, product="revit"))).endswith("groups=2)")


def test_another_policy_than_that_of_the_state_is_refused():
    hourly = ChargePolicy(window=HOUR)
    state = after(session(8), policy=hourly)
    assert hours(append(state, session(9), policy=hourly).charges) == [9]
    with pytest.raises(InvalidValueError, match="policy"):
        append(state, session(9), policy=ChargePolicy())


def test_many_groups_over_many_days_are_charged_as_all_at_once():
    random = Random(7)
    users = [f"user{n}" for n in range(1500)]
    sessions = [session(random.randrange(24), user=user) for user in users]
    for _ in range(3000):
        opens = random.randrange(24 * 4, 40 * 24 * 4) / 4
        closes = random.choice([None, opens, opens + random.randrange(1, 40) / 4, opens + 24, opens + random.randrange(20, 90)])
        user, product = random.choices(users, range(1, 1501))[0], random.choice(["autocad", "autocad", "autocad", "revit"])
        sessions.append(session(opens, closes, user=user, product=product))
    state, charges, unmerged = WindowState.empty(), [], 0
    for day in range(40):
        today = [one for one in sessions if day <= (one.opened_at - MONDAY) / DAY < day + 1]
        step = append(state, *today)
        assert step.late.num_rows == 0
        state, charges = step.state, charges + charge_rows(step.charges)
        unmerged += bool(len(state._book.groups.newer.key))
    assert 10 < unmerged < 38
    assert set(charges) == set(charge_rows(charge_frame(sessions_table(sessions), BOOK)))
    assert len(charges) == len(set(charges))
    assert len(state) == len({row[:2] for row in charges})


@pytest.fixture(params=["arrow", "parquet"])
def path(request, tmp_path):
    return tmp_path / f"windows.{request.param}"


def test_a_saved_state_goes_on_where_it_was(path):
    policy = ChargePolicy(window=timedelta(hours=12, microseconds=1), grace=timedelta(0))
    before = [session(8, 30, team="north"), session(9, user="Zoë", team=""), session(1, 40, product="revit"), session(20, team="x")]
    state = after(*before, policy=policy)
    state.save(str(path))
    again = WindowState.load(str(path))
    assert (again.policy, again.table) == (policy, state.table)
    late = [session(0, team="west"), session(70, user="Zoë")]
    one, two = (append(kept, *late, history=before) for kept in (state, again))
    assert (one.charges, one.withdrawn, one.state.table) == (two.charges, two.withdrawn, two.state.table)


def test_an_empty_state_is_saved_and_loaded(path):
    WindowState.empty().save(path)
    assert len(WindowState.load(path)) == 0
    assert hours(append(WindowState.load(path), session(8)).charges) == [8]


def test_saving_replaces_a_file_and_leaves_nothing_beside_it(path):
    after(session(8)).save(path)
    after(session(8), session(8, user="bo")).save(path)
    assert len(WindowState.load(path)) == 2
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_saving_that_fails_leaves_the_file_that_was_there(path, monkeypatch):
    after(session(8)).save(path)
    whole = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FormatError, match="it cannot be written: No space left on device"):
        after(session(8), session(8, user="bo")).save(path)
    assert path.read_bytes() == whole
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["windows", "windows.csv"])
def test_a_name_that_tells_no_format_is_refused(tmp_path, name):
    for act in (WindowState.empty().save, WindowState.load):
        with pytest.raises(FormatError, match=r"its suffix tells no format: let it end in \.arrow or \.parquet"):
            act(tmp_path / name)


def test_a_file_that_is_not_there_or_nowhere_is_said_so(path):
    with pytest.raises(FormatError, match="it cannot be read: No such file or directory"):
        WindowState.load(path)
    with pytest.raises(FormatError, match="it cannot be written: No such file or directory"):
        WindowState.empty().save(path.parent / "none" / path.name)


def test_a_file_of_another_kind_or_cut_off_is_refused(path):
    after(session(8)).save(path)
    whole = path.read_bytes()
    for data in (b"", b"user,product\n", whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="it is no whole"):
            WindowState.load(path)


def write(path, table):
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)


def saved_table(path):
    after(session(8, 40), session(9, user="bo", team="north")).save(path)
    return pq.read_table(path) if path.suffix == ".parquet" else pa.ipc.open_file(path.read_bytes()).read_all()


def test_a_table_that_is_no_state_is_refused(path):
    write(path, pa.table({"user": ["ada"]}))
    with pytest.raises(FormatError, match="it holds no saved windows"):
        WindowState.load(path)


def test_a_state_of_another_version_or_without_its_policy_is_refused(path):
    table = saved_table(path)
    key, told = next(iter(table.schema.metadata.items()))
    for other, problem in (
        ({**json.loads(told), "version": 2}, "it was saved in version 2; this flexlib reads version 1"),
        ({"version": 1}, "it does not tell the policy"),
        ({"version": 1, "microseconds": {"window": 0, "grace": 0, "idle_after": 0}}, "it does not tell the policy"),
        ([], "it does not tell the policy"),
    ):
        write(path, table.replace_schema_metadata({key: json.dumps(other).encode()}))
        with pytest.raises(FormatError, match=problem):
            WindowState.load(path)


def changed(table, name, values):
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(name), pa.array(values).cast(table.schema.field(name).type))


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("since", [-(2**63), 0], "row 0: since: it and until do not lie in the years 1 to 9999"),
        ("until", [MONDAY + 56 * HOUR, MONDAY + 34 * HOUR], "row 1: until: it is no whole number of windows"),
        ("since", [MONDAY + 56 * HOUR, MONDAY + 9 * HOUR], "row 0: until: it is no whole number of windows"),
        ("windows", [2, 0], "row 1: windows: it is less than 1"),
        ("opener_at", [MONDAY, MONDAY + 9 * HOUR], "row 0: opener_at: it does not lie between since and until"),
        ("user", ["ada", "ada"], "row 1: user: its product is there twice"),
    ],
)
def test_a_row_that_is_no_row_of_windows_is_refused(path, name, values, problem):
    write(path, changed(saved_table(path), name, values))
    with pytest.raises(FormatError, match=problem):
        WindowState.load(path)


def test_a_null_where_there_is_a_value_is_refused(path):
    table = saved_table(path)
    for name in ("user", "since"):
        loose = table.set_column(table.column_names.index(name), name, pa.nulls(2, table.schema.field(name).type))
        write(path, loose.replace_schema_metadata(table.schema.metadata))
        with pytest.raises(FormatError, match=r"its columns are not those of saved windows|has nulls"):
            WindowState.load(path)


def test_a_name_that_is_null_is_refused(tmp_path):
    path = tmp_path / "windows.arrow"
    table = saved_table(path)
    nowhere = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array(["ada", None]))
    write(path, table.set_column(0, table.schema.field("user"), nowhere))
    with pytest.raises(FormatError, match="user: it has nulls: every row has a value"):
        WindowState.load(path)


def test_rows_of_a_state_may_come_in_any_order(path):
    state = after(session(8, 40, team="north"), session(9, user="bo", team="north"), session(9, user="ada", product="revit"))
    state.save(path)
    table = state.table.take([2, 0, 1])
    write(path, table.replace_schema_metadata(saved_metadata(path)))
    again = WindowState.load(path)
    assert sorted(map(str, again.table.to_pylist())) == sorted(map(str, state.table.to_pylist()))
    step = append(again, session(33, 60, team="north"), session(10, user="bo"), session(40, product="revit"))
    assert hours(step.charges) == [40, 56]


def saved_metadata(path):
    return pq.read_schema(path).metadata if path.suffix == ".parquet" else pa.ipc.open_file(path.read_bytes()).schema.metadata


def test_a_state_reads_as_a_data_frame():
    frame = pl.from_arrow(after(session(8, 40), session(9, user="bo", team="north")).table)
    assert frame.select("user", "product", "windows", "team").rows() == [("ada", "autocad", 2, None), ("bo", "autocad", 1, "north")]
    assert frame["until"].to_list() == [MONDAY + 56 * HOUR, MONDAY + 33 * HOUR]

"""What holds of charging a day at a time: it is charging all at once, however the sessions were split up."""

from datetime import timedelta
from itertools import groupby, pairwise
from operator import attrgetter

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from session_frames import charge_rows, idle_table, sessions_table, typed_rows
from usage_strategies import BOOK, CATALOG, policies, respelled, seat_lists, session_lists

from flexlib import InvalidValueError, charge_usage
from flexlib.scale import Past, WindowState

opened = attrgetter("opened_at")
cut_lists = st.lists(st.integers(0, 10), max_size=4)


def portions(items, cuts):
    edges = [0, *sorted(min(cut, len(items)) for cut in cuts), len(items)]
    return [items[one:two] for one, two in pairwise(edges)]


def plain(sessions):
    return [evolve(session, idle=()) for session in sessions]


def of_one_group(sessions):
    return [evolve(session, user="ada", product="autocad") for session in sessions]


def append(state, sessions, before=None, *, teams=True, **terms):
    history = None if before is None else Past(sessions_table(before, teams=teams), idle_table(before))
    return state.append(sessions_table(sessions, teams=teams), BOOK, idle=idle_table(sessions), history=history, **terms)


class Books:
    """The charges of a job that takes in what each step gives, and withdraws what each step withdraws."""

    def __init__(self):
        self.rows = set()

    def take_in(self, step):
        added, withdrawn = charge_rows(step.charges), charge_rows(step.withdrawn)
        assert withdrawn == sorted(withdrawn, key=lambda row: (row[2], row[0], row[1]))
        assert added == sorted(added, key=lambda row: (row[2], row[0], row[1]))
        assert len(set(added)) == len(added)
        assert set(withdrawn) <= self.rows
        self.rows -= set(withdrawn)
        assert not self.rows & set(added)
        self.rows |= set(added)


def at_once(sessions, *, teams=True, **terms):
    return set(typed_rows(charge_usage(sessions, BOOK, **terms), teams=teams))


@given(session_lists(), policies(), cut_lists, st.booleans())
def test_sessions_in_any_portions_by_time_are_charged_as_all_at_once(sessions, policy, cuts, teams):
    sessions = plain(sessions)
    instants = [list(own) for _, own in groupby(sorted(sessions, key=opened), opened)]
    state, books = WindowState.empty(policy), Books()
    for portion in portions(instants, cuts):
        step = append(state, [session for own in portion for session in own], teams=teams)
        assert not step.late.num_rows
        assert not step.withdrawn.num_rows
        books.take_in(step)
        state = step.state
    assert books.rows == at_once(sessions, teams=teams, policy=policy)


@given(
    st.one_of(session_lists(max_size=10), session_lists(max_size=10).map(of_one_group)),
    st.tuples(policies(), seat_lists()),
    cut_lists,
    st.tuples(st.booleans(), st.booleans()),
    st.randoms(use_true_random=False),
)
def test_sessions_in_any_portions_and_order_with_their_history_are_charged_as_all_at_once(sessions, terms, cuts, flags, random):
    (policy, seats), (teams, with_catalog) = terms, flags
    random.shuffle(sessions)
    if with_catalog:
        sessions = [respelled(session, random) for session in sessions]
    terms = {"seats": seats, "catalog": CATALOG if with_catalog else None}
    state, books, before = WindowState.empty(policy), Books(), []
    for portion in portions(sessions, cuts):
        step = append(state, portion, before, teams=teams, **terms)
        assert not step.late.num_rows
        books.take_in(step)
        state, before = step.state, before + portion
        assert books.rows == at_once(before, teams=teams, policy=policy, **terms)


@given(session_lists(), st.tuples(policies(), seat_lists()), cut_lists, st.sampled_from(["arrow", "parquet"]), st.booleans())
def test_saving_and_loading_between_portions_makes_no_difference(tmp_path_factory, sessions, terms, cuts, suffix, teams):
    policy, seats = terms
    path = tmp_path_factory.mktemp("state") / f"state.{suffix}"
    state, before = WindowState.empty(policy), []
    for portion in portions(sessions, cuts):
        state.save(path)
        saved = WindowState.load(path)
        assert (saved.policy, saved.table, len(saved)) == (state.policy, state.table, len(state))
        step, again = (append(one, portion, before, teams=teams, seats=seats) for one in (state, saved))
        assert (again.charges, again.withdrawn, again.late) == (step.charges, step.withdrawn, step.late)
        assert again.state.table == step.state.table
        state, before = step.state, before + portion


@given(session_lists(max_size=10), st.tuples(policies(), seat_lists()), cut_lists, st.booleans(), st.randoms(use_true_random=False))
def test_late_sessions_without_a_history_come_back_whole_and_change_nothing_of_their_groups(sessions, terms, cuts, teams, random):
    policy, seats = terms
    random.shuffle(sessions)
    state, books, before, waiting = WindowState.empty(policy), Books(), [], []
    for portion in portions(sessions, cuts):
        step = append(state, portion, teams=teams, seats=seats)
        late = {(row["user"], row["product"]) for row in step.late.to_pylist()}
        withheld = [session for session in portion if (session.user, session.product) in late]
        assert step.late == sessions_table(withheld, teams=teams)
        assert step.late_idle == idle_table(withheld)
        assert not step.withdrawn.num_rows
        taken = [session for session in portion if session not in withheld]
        assert step.state.table == append(state, taken, teams=teams, seats=seats).state.table
        books.take_in(step)
        state, before, waiting = step.state, before + taken, waiting + withheld
    books.take_in(append(state, waiting, before, teams=teams, seats=seats))
    assert books.rows == at_once(sessions, teams=teams, policy=policy, seats=seats)


@given(session_lists(), st.tuples(policies(), seat_lists()), st.booleans())
def test_the_same_sessions_again_charge_nothing_again(sessions, terms, teams):
    policy, seats = terms
    state = append(WindowState.empty(policy), sessions, teams=teams, seats=seats).state
    for before in (None, sessions):
        again = append(state, sessions, before, teams=teams, seats=seats)
        assert not again.charges.num_rows
        assert not again.withdrawn.num_rows


@given(session_lists(), st.tuples(policies(), seat_lists()), st.data())
def test_a_history_that_opens_other_windows_is_refused(sessions, terms, data):
    policy, seats = terms
    state = append(WindowState.empty(policy), sessions, seats=seats).state
    before = data.draw(st.lists(st.sampled_from(sessions), unique=True)) if sessions else []
    same = at_once(before, policy=policy, seats=seats) == at_once(sessions, policy=policy, seats=seats)
    early = [evolve(session, opened_at=opened(session) - timedelta(days=9), closed_at=None, idle=()) for session in sessions]
    charged = {row[:2] for row in at_once(sessions, policy=policy, seats=seats)}
    if same or not charged:
        append(state, early, before, seats=seats)
        return
    with pytest.raises(InvalidValueError, match="history"):
        append(state, early, before, seats=seats)


@given(session_lists(), session_lists(), policies())
def test_a_state_does_not_change_when_sessions_are_appended_to_it(sessions, more, policy):
    state = append(WindowState.empty(policy), sessions).state
    table, expected = state.table, append(state, more, sessions)
    append(state, more[1:], sessions)
    assert state.table == table
    again = append(state, more, sessions)
    assert (again.charges, again.withdrawn, again.state.table) == (expected.charges, expected.withdrawn, expected.state.table)

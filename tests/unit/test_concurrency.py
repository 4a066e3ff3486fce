"""What flexlib promises to threads and processes that work at once: `docs/explanation/concurrency.md`, sentence by sentence.

Threads start at one barrier and are switched as often as Python can. Processes are started anew, with nothing inherited.
"""

import copy
import gc
import multiprocessing
import pickle
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from threading import Barrier

import pytest
from plugin_factory import PluginSite, provider
from sample_values import PUBLISHED, result
from side_processes import add_and_read, read_balance, reported_rows, same

from flexlib import Charge, HistoryError, LateUsageError, Meter, Session, TokenPack, charge_usage, load_plugins, settle
from flexlib.charging.bulk import collector_paused
from flexlib.history import History

THREADS = 6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(autouse=True)
def switching_often():
    """Let Python switch threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work, arguments=range(THREADS)):
    """Do work for each argument in a thread of its own, all begun together, and return what they return."""
    arguments = list(arguments)
    barrier = Barrier(len(arguments))

    def run(argument):
        barrier.wait()
        return work(argument)

    with ThreadPoolExecutor(len(arguments)) as threads:
        return list(threads.map(run, arguments))


def session(number, user="ada"):
    opened = START + number * 7 * HOUR
    return Session(user, "autocad", opened, opened + 6 * HOUR, machine=f"pc {number % 3}")


def in_order(charges):
    return sorted(charges, key=lambda charge: (charge.at, charge.user, charge.product, charge.id))


@pytest.mark.parametrize("_", range(5))
def test_a_meter_fed_by_several_threads_has_the_charges_of_all_that_they_fed(_):
    meter, usage = Meter(PUBLISHED), [session(number) for number in range(THREADS * 20)]

    def feed(thread):
        return [meter.feed([use]) for use in usage[thread::THREADS]]

    changes = [change for own in at_once(feed) for change in own]
    assert meter.charges == charge_usage(usage, PUBLISHED)
    net = {}
    for change in changes:
        for charges, step in ((change.added, 1), (change.withdrawn, -1)):
            for charge in charges:
                net[charge.id] = net.get(charge.id, 0) + step
    assert {id_ for id_, count in net.items() if count} == {charge.id for charge in meter.charges}
    assert set(net.values()) <= {0, 1}


@pytest.mark.parametrize("_", range(5))
def test_a_meter_read_saved_and_sealed_while_it_is_fed_loses_no_charge_and_makes_none_twice(_):
    meter, usage = Meter(PUBLISHED), [session(number, f"user {number % 4}") for number in range(THREADS * 15)]
    sealed, refused, states = [], [], []

    def work(thread):
        if thread == 0:
            for number in range(30):
                sealed.extend(meter.seal(START + number * DAY / 2))
                states.append(meter.save())
            return
        for use in usage[thread - 1 :: THREADS - 1]:
            try:
                meter.feed([use])
            except LateUsageError:
                refused.append(use)

    at_once(work)
    taken = [use for use in usage if use not in refused]
    assert len({charge.id for charge in sealed}) == len(sealed)
    assert in_order(sealed + meter.charges) == charge_usage(taken, PUBLISHED)
    for state in states:
        assert Meter.resume(state, PUBLISHED).save() == state


def test_a_slow_iterator_that_feeds_a_meter_keeps_no_other_thread_waiting():
    meter, barrier = Meter(PUBLISHED), Barrier(2, timeout=30)

    def slowly():
        yield session(0)
        barrier.wait()  # the other thread has begun
        barrier.wait()  # and has ended
        yield session(10)

    def other():
        barrier.wait()
        meter.feed([session(20)])
        barrier.wait()

    at_once(lambda work: work(), [lambda: meter.feed(slowly()), other])
    assert len(meter.charges) == 3


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda meter: pickle.loads(pickle.dumps(meter))])
def test_a_copy_of_a_meter_goes_its_own_way(copied):
    meter = Meter(PUBLISHED)
    meter.feed([session(0)])
    other = copied(meter)
    other.feed([session(10)])
    assert (len(meter.charges), len(other.charges)) == (1, 2)


def test_values_are_shared_by_threads_that_read_them():
    usage = [session(number, f"user {number % 5}") for number in range(60)]
    packs = [TokenPack.purchase(f"pack {number}", 100, date(2026, 2, 1), months=number + 1) for number in range(4)]
    instants = [START + number * DAY for number in range(30)]
    alone = settle(charge_usage(usage, PUBLISHED), packs)
    expected = [(alone.balances(at), alone.expired(at), alone.shortfall(at), alone.expiring(at, 30 * DAY)) for at in instants]

    for _ in range(5):
        shared = settle(charge_usage(usage, PUBLISHED), packs)  # whose readings nobody has asked for

        def read(_, ledger=shared):
            return [
                (ledger.balances(at), ledger.expired(at), ledger.shortfall(at), ledger.expiring(at, 30 * DAY)) for at in instants
            ]

        assert at_once(read) == [expected] * THREADS


def test_charging_and_settling_in_several_threads_gives_each_its_own_result():
    def of_user(number):
        usage = [session(place, f"user {number}") for place in range(30)]
        return settle(charge_usage(usage, PUBLISHED), [TokenPack.purchase("A", 100, date(2026, 3, 1))])

    alone = [of_user(number) for number in range(THREADS)]
    assert at_once(of_user) == alone


def test_values_and_ledgers_go_to_another_process_and_come_back_equal():
    charges = charge_usage([session(0), result(START)], PUBLISHED)
    ledger = settle(charges, [TokenPack.purchase("A", 100, date(2026, 3, 1))])
    with SPAWN.Pool(2) as processes:
        assert processes.starmap(read_balance, [(ledger, START + DAY)] * 2) == [ledger.balance(START + DAY)] * 2
        assert processes.map(same, [charges, ledger, PUBLISHED]) == [charges, ledger, PUBLISHED]


def test_a_history_shared_by_threads_counts_every_fact_once_and_is_read_in_whole_adds(tmp_path):
    seen = []
    with History(tmp_path / "flex.history") as history:

        def work(thread):
            if thread % 2:
                return sum(history.add(reported_rows(start, start + 10)).new for start in range(0, 600, 10))
            for _ in range(60):
                known, imports = history.known().reported, history.imports()
                assert len(known) <= sum(one.new for one in imports)
                seen.append(len(known))
            return 0

        assert sum(at_once(work)) == 600
        assert sorted(history.known().reported, key=lambda row: int(row.user[5:])) == reported_rows(0, 600)
    assert all(count % 10 == 0 for count in seen)


def add_for_ever(history):
    for start in count(10, 10):
        history.add(reported_rows(start, start + 10))


def test_a_history_closed_by_one_thread_ends_the_work_of_another_with_an_error_and_no_half_add(tmp_path):
    path = tmp_path / "flex.history"
    history, done = History(path), Barrier(2, timeout=30)

    def work(thread):
        if thread:
            history.add(reported_rows(0, 10))
            done.wait()
            with pytest.raises(HistoryError, match="closed"):
                add_for_ever(history)
        else:
            done.wait()
            history.close()

    at_once(work, range(2))
    with History(path) as again:
        assert len(again.known().reported) == 10 * len(again.imports())


def test_a_writer_that_waits_longer_than_its_timeout_says_so_and_has_added_nothing(tmp_path):
    path = tmp_path / "flex.history"
    with History(path, timeout=timedelta(seconds=0.05)) as history:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # another process, in the middle of a long add
        with pytest.raises(HistoryError, match=r"locked for more than 0\.05 seconds"):
            history.add(reported_rows(0, 1))
        assert history.known().reported == ()  # readers need not wait for it
        other.close()
        assert history.add(reported_rows(0, 1)).new == 1


def test_processes_that_add_to_and_read_one_history_lose_nothing_and_see_whole_adds(tmp_path):
    path = tmp_path / "flex.history"
    barrier = SPAWN.Barrier(3)
    processes = [SPAWN.Process(target=add_and_read, args=(path, number, barrier)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 3
    with History(path) as history:
        assert {row.user for row in history.known().reported} == {f"user {place}" for place in range(90)}
        assert sum(one.new for one in history.imports()) == 90


def test_registries_loaded_by_several_threads_are_alike_and_each_is_its_own(tmp_path, monkeypatch):
    site = PluginSite(tmp_path, monkeypatch)
    for name in ("alum", "iron", "zinc"):
        site.install(name, provider(name.title()))
    site.install("broken", "raise RuntimeError('broken')")

    def load(_):
        registry = load_plugins(only=site.names)
        book, failures = registry.rate_book()
        return (
            [plugin.name for plugin in registry.plugins],
            [failure.name for failure in registry.failures],
            book.products,
            failures,
        )

    expected = load(None)
    assert (expected[0], expected[1]) == (["alum", "iron", "zinc"], ["broken"])
    assert at_once(load) == [expected] * THREADS
    shared = load_plugins(only=site.names)
    assert len({str(book) for book, _ in at_once(lambda _: shared.rate_book())}) == 1


def test_a_charge_has_one_id_in_every_thread():
    charge = Charge("ada", "autocad", START, 7)
    assert len(set(at_once(lambda _: charge.id))) == 1


def test_the_garbage_collector_rests_until_the_last_of_several_chargings_ends_and_then_runs_again():
    first, other = collector_paused(), collector_paused()
    with first:
        other.__enter__()  # and so the two overlap, as those of threads do
    assert not gc.isenabled()
    other.__exit__(None, None, None)
    assert gc.isenabled()

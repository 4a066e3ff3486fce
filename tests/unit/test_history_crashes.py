"""The history where processes die half-way, write at once, or run out of room: real processes, really killed."""

import json
import subprocess
import sys
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from flexlib import ReportedUse
from flexlib.history import History, KnownFacts

FACTS = """
import json, os, sys, time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from flexlib import HistoryError, ReportedUse, TokenPack
from flexlib.history import History

path, number = sys.argv[1], int(sys.argv[2])

def rows(start, end, tokens=10):
    return [ReportedUse(f"user {place}", "revit", date(2026, 3, 2), tokens) for place in range(start, end)]

def await_start():
    print("ready", flush=True)
    sys.stdin.readline()
"""

DIES_AMONG_ITS_FACTS = """
def facts():
    for place, row in enumerate(rows(0, 1000)):
        if place == number:
            os._exit(9)
        yield row

with History(path) as history:
    history.add(facts())
"""

ADDS_MUCH_AT_ONCE = """
with History(path) as history:
    long = [ReportedUse("long name " * 150 + str(place), "revit", date(2026, 3, 2), 1) for place in range(number)]
    history.add([*rows(0, 100), *rows(0, 10, 12), *long])
"""

ADDS_OFTEN = """
history = History(path)
print("ready", flush=True)
for start in range(0, 1_000_000, 100):
    history.add(rows(start, start + 100))
    time.sleep(0.01)
"""

ADDS_WHAT_OTHERS_ADD = """
await_start()
added = []
with History(path) as history:
    for start in range(number * 40, number * 40 + 200, 20):
        one = history.add(rows(start, start + 600), source=f"writer {number}")
        two = history.add([TokenPack("A", 100 + start, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))])
        added.append([one.new + two.new, len(one.changed + two.changed)])
print(json.dumps(added))
"""

ADDS_ALL_OR_SAYS_WHY = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
with History(path) as history:
    try:
        history.add(rows(0, 5000))
    except HistoryError as error:
        print(error)
    print(len(history.known().reported))
"""


def start(script, path, number=0):
    """Start a process that runs a script on a history."""
    command = [sys.executable, "-c", FACTS + script, str(path), str(number)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def reported(place, tokens=10):
    return ReportedUse(f"user {place}", "revit", date(2026, 3, 2), tokens)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flex.history"


def known_users(path):
    """Return the users of whom a history, opened anew, knows."""
    with History(path) as history:
        rows = history.known().reported
    assert len({row.user for row in rows}) == len(rows)
    return {row.user for row in rows}


@pytest.mark.parametrize("number", [0, 1, 500, 999])
def test_a_process_that_dies_among_its_facts_has_added_none(path, number):
    with start(DIES_AMONG_ITS_FACTS, path, number) as writer:
        assert writer.wait() == 9
    with History(path) as history:
        assert (history.known(), history.imports()) == (KnownFacts(), [])
        assert history.add([reported(1)]).new == 1


@pytest.mark.parametrize("written", [0, 1_000_000, 6_000_000])
def test_a_process_killed_in_the_middle_of_writing_has_added_nothing(path, written):
    with History(path) as history:
        history.add([reported(place) for place in range(50)])
        before = history.known(), history.imports()
    size, journal = path.stat().st_size, Path(f"{path}-journal")
    with start(ADDS_MUCH_AT_ONCE, path, 5_000) as writer:
        while not journal.exists() or path.stat().st_size < size + written:
            assert writer.poll() is None
            time.sleep(0.001)
        writer.kill()
    assert journal.exists()  # it had begun, and not ended
    with History(path, readonly=True) as history:  # a reader comes first, and undoes what was half done
        assert (history.known(), history.imports()) == before
    with History(path) as history:
        assert history.add([reported(place) for place in range(60)]).new == 10


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2, 0.3])
def test_a_process_killed_at_any_time_leaves_only_whole_adds(path, delay):
    with start(ADDS_OFTEN, path) as writer:
        writer.stdout.readline()
        time.sleep(delay)
        writer.kill()
    users = known_users(path)
    with History(path) as history:
        assert [one.new for one in history.imports()] == [100] * (len(users) // 100)
    assert users == {f"user {place}" for place in range(len(users))}


def test_processes_that_write_at_once_lose_nothing_and_count_nothing_twice(path):
    writers = [start(ADDS_WHAT_OTHERS_ADD, path, number) for number in range(4)]
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    added = [pair for writer in writers for pair in json.loads(writer.communicate()[0])]
    assert [writer.returncode for writer in writers] == [0] * 4
    users = {f"user {place}" for number in range(4) for place in range(number * 40, number * 40 + 780)}
    assert known_users(path) == users
    with History(path) as history:
        imports, changes, (pack,) = history.imports(), history.changes(), history.known().packs
    assert sum(new for new, _ in added) == sum(one.new for one in imports) == len(users) + 1
    assert sum(changed for _, changed in added) == sum(one.changed for one in imports) == len(changes)
    assert [one.id for one in imports] == list(range(1, len(imports) + 1))
    assert [one.known_at for one in imports] == sorted(one.known_at for one in imports)
    assert all(earlier.after == later.before for earlier, later in pairwise(changes))
    assert {change.after[0].tokens for change in changes} | {changes[0].before[0].tokens} == set(range(100, 420, 20))
    assert changes[-1].after == (pack,)


def test_a_reader_sees_whole_adds_only_while_another_process_writes(path):
    History(path).close()
    with start(ADDS_OFTEN, path) as writer, History(path, readonly=True) as reader:
        writer.stdout.readline()
        seen = []
        while len(set(seen)) < 5:
            known, imports = reader.known().reported, reader.imports()
            assert {row.user for row in known} == {f"user {place}" for place in range(len(known))}
            assert len(imports) * 100 >= len(known)
            seen.append(len(known))
        writer.kill()
    assert seen == sorted(seen)
    assert all(count % 100 == 0 for count in seen)


def test_where_there_is_no_room_nothing_is_added_and_the_error_says_so(path):
    pytest.importorskip("resource")
    with start(ADDS_ALL_OR_SAYS_WHY, path, 300_000) as writer:
        message, count = writer.stdout.read().splitlines()
    assert message.startswith(f"{path}: the disk ")
    assert count == "0"
    with History(path) as history:
        assert history.add([reported(1)]).new == 1

"""Instants and dates as files write them (rule T1)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from written_files import set_aside, usage

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
HEADER = "user,product,opened_at\n"


def opened(folder, text, **zone):
    """Return the instant that a cell of a usage file is read as."""
    found = usage(folder, f"{HEADER}ann,autocad,{text}\n", **zone)
    assert found.problems == []
    return found.rows[0].opened_at


def refused(folder, text, **zone):
    """Return why a cell of a usage file is no instant."""
    [problem] = set_aside(folder, f"{HEADER}ann,autocad,{text}\n", **zone)
    assert problem[:2] == ("row 2", "opened_at")
    return problem.problem


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00Z",
        "2026-03-02T08Z",
        "2026-03-02 08:00Z",
        "2026-03-02t08:00z",
        "20260302T080000Z",
        "2026-W10-1T08:00Z",
        "2026-061T08:00Z",
        "2026-03-02T09:00+01:00",
        "2026-03-02T09:00+0100",
        "2026-03-02T09+01",
        "2026-03-01T24:00-08:00",
        "2026-03-02T08:00:00.000000Z",
        '"2026-03-02T08:00:00,0Z"',
        "2026-03-02T07:00-01:00",
    ],
)
def test_t1_each_iso_8601_spelling_of_an_instant_is_that_instant_in_utc(tmp_path, text):
    instant = opened(tmp_path, text)
    assert instant == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert instant.tzinfo is UTC


def test_fractions_of_a_second_are_kept_to_the_microsecond(tmp_path):
    assert opened(tmp_path, "2026-03-02T08:00:00.123456789Z").microsecond == 123456


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2026-03-02T08:60Z",
        "2026-03-02T08:00:60Z",
        "2026-02-30T08:00Z",
        "2026-03-02T08:00+25:00",
        "2026-03-02T08:00 +01:00",
        "2026-03T08:00Z",
        "02/03/2026 08:00",
        "0000-01-01T00:00Z",
        "9999-12-31T24:00Z",
        "\uff12\uff10\uff12\uff16-03-02T08:00Z",
        "2026-03-02T08:00Zjunk",
    ],
)
def test_what_is_no_instant_is_refused_with_an_example_of_one(tmp_path, text):
    assert refused(tmp_path, text).startswith(f"{text!r} is not an ISO 8601 instant with a zone, such as 2026-03-02T08:00:00Z")


@pytest.mark.parametrize("text", ["2026-03-02", "20260302", "2026-03", "2026"])
@pytest.mark.parametrize("zone", [None, LONDON])
def test_t1_a_date_without_a_time_of_day_is_no_instant_of_use(tmp_path, text, zone):
    assert refused(tmp_path, text, zone=zone).startswith(f"{text!r} has no time of day: give an ISO 8601 instant")


@pytest.mark.parametrize("text", ["9999-12-31T23:59-01:00", "0001-01-01T00:00+01:00"])
def test_an_instant_outside_the_years_that_python_holds_is_refused(tmp_path, text):
    assert refused(tmp_path, text).endswith("lies outside the years that can be held")


def test_a_local_time_at_the_end_of_the_years_is_refused(tmp_path):
    assert refused(tmp_path, "9999-12-31T23:59", zone=NEW_YORK) == "9999-12-31T23:59 lies outside the years that can be held"


def test_t1_an_instant_without_a_zone_is_refused_where_none_is_named(tmp_path):
    said = refused(tmp_path, "2026-03-02T08:00")
    assert said.startswith("2026-03-02T08:00:00 has no zone: give an ISO 8601 instant with a zone")
    assert said.endswith("or name the zone of the file")


def test_t1_an_instant_without_a_zone_is_read_on_the_clocks_of_the_zone_that_is_named(tmp_path):
    assert opened(tmp_path, "2026-03-02T08:00", zone=NEW_YORK) == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert opened(tmp_path, "2026-07-02T08:00", zone=LONDON) == datetime(2026, 7, 2, 7, tzinfo=UTC)


def test_t1_an_instants_own_zone_goes_before_the_one_that_is_named(tmp_path):
    assert opened(tmp_path, "2026-03-02T08:00Z", zone=NEW_YORK) == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("zone", [tz.gettz("Europe/London"), tz.tzoffset(None, 3600)])
def test_the_zone_may_be_one_of_dateutil(tmp_path, zone):
    assert opened(tmp_path, "2026-07-02T08:00", zone=zone) == datetime(2026, 7, 2, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (LONDON, "2026-03-29T01:00"),
        (LONDON, "2026-03-29T01:59:59.999999"),
        (NEW_YORK, "2026-03-08T02:00"),
        (NEW_YORK, "2026-03-08T02:30"),
    ],
)
def test_t1_a_local_time_that_the_clocks_went_forward_over_is_refused(tmp_path, zone, text):
    assert refused(tmp_path, text, zone=zone) == f"{text[:16]} never was in {zone}: the clocks went forward over it"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (LONDON, "2026-10-25T01:00"),
        (LONDON, "2026-10-25T01:59:59.999999"),
        (NEW_YORK, "2026-11-01T01:00"),
        (NEW_YORK, "2026-11-01T01:30"),
    ],
)
def test_t1_a_local_time_that_the_clocks_showed_twice_is_refused(tmp_path, zone, text):
    said = refused(tmp_path, text, zone=zone)
    assert said == f"{text[:16]} was twice in {zone}, as the clocks went back: give its offset from UTC"


@pytest.mark.parametrize(
    ("zone", "text", "hour", "minute"),
    [
        (LONDON, "2026-03-29T00:59", 0, 59),
        (LONDON, "2026-03-29T02:00", 1, 0),
        (LONDON, "2026-10-25T02:00", 2, 0),
        (NEW_YORK, "2026-03-08T01:59", 6, 59),
        (NEW_YORK, "2026-03-08T03:00", 7, 0),
        (NEW_YORK, "2026-11-01T00:59", 4, 59),
        (NEW_YORK, "2026-11-01T02:00", 7, 0),
    ],
)
def test_t1_the_local_times_on_either_side_of_a_clock_change_are_read(tmp_path, zone, text, hour, minute):
    instant = opened(tmp_path, text, zone=zone)
    assert (instant.hour, instant.minute) == (hour, minute)


@pytest.mark.parametrize("text", ["2026-10-25T01:30+01:00", "2026-10-25T01:30+00:00"])
def test_t1_an_offset_tells_the_two_times_of_a_clock_change_apart(tmp_path, text):
    assert opened(tmp_path, text, zone=LONDON) == datetime.fromisoformat(text)

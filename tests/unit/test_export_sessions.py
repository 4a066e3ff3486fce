"""The session export of enterprise Token Flex: its times, and users and machines where the vendor swaps them."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from export_files import aside, export, workbook

from flexlib import Session
from flexlib.formats import ExportKind

HEADER = "productName,userName,machineName,sessionStartDate,sessionEndDate,licenseServerTimeZoneOffset,productVersion\n"


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def sessions(folder, *rows, **options):
    """Return the sessions of rows, each given as text, none of which is set aside."""
    found = export(folder, HEADER + "".join(f"{row}\n" for row in rows), **options)
    assert (found.kind, found.problems) == (ExportKind.SESSIONS, [])
    return found.sessions


@pytest.mark.parametrize(
    ("offset", "opened"),
    [
        ("0:00", at(8)),
        ("-8:00", at(16)),
        ("-08:00", at(16)),
        ("+5:30", at(2, 30)),
        ("5:30", at(2, 30)),
        ("-0:30", at(8, 30)),
        ("\u22128:00", at(16)),
        ("Z", at(8)),
        ("14:00", datetime(2026, 3, 1, 18, tzinfo=UTC)),
    ],
)
def test_times_are_those_of_the_licence_server(tmp_path, offset, opened):
    [found] = sessions(tmp_path, f"Revit,jdoe,WS-1,2026-03-02 08:00:00,2026-03-02T09:00,{offset},2026")
    assert found == Session("jdoe", "Revit", opened, opened.replace(hour=(opened.hour + 1) % 24), machine="WS-1", version="2026")


def test_times_without_an_offset_are_read_in_the_zone_that_the_caller_names(tmp_path):
    rows = [
        "Revit,jdoe,WS-1,2026-03-02T08:00,,,",
        "Revit,jdoe,WS-1,2026-03-02T08:00,,-8:00,",
        "Revit,jdoe,WS-1,2026-03-02T08:00Z,,,",
    ]
    found = sessions(tmp_path, *rows, zone=ZoneInfo("Europe/Berlin"))
    assert [session.opened_at for session in found] == [at(7), at(16), at(8)]


def test_a_blank_end_is_unknown_c7(tmp_path):
    assert sessions(tmp_path, "Revit,jdoe,,2026-03-02T08:00,,0:00,") == [Session("jdoe", "Revit", at(8))]


def test_what_a_session_does_not_carry_is_kept_beside_it(tmp_path):
    content = (
        f"{HEADER.strip()},usageType,tokensConsumed,usageMinutes\nRevit,jdoe,WS-1,2026-03-02T08:00,,-8:00,2026,Borrowed,60.0,12\n"
    )
    found = export(tmp_path, content)
    assert found.extra == {
        "licenseServerTimeZoneOffset": ["-8:00"],
        "usageType": ["Borrowed"],
        "tokensConsumed": ["60.0"],
        "usageMinutes": ["12"],
    }
    assert found.sessions[0].version == "2026"


@pytest.mark.parametrize("product", ["VRED Professional", "vred", "RenderNode", "Arnold", "ARNOLD GPU"])
def test_user_and_machine_are_given_their_places_where_the_vendor_swaps_them(tmp_path, product):
    [found] = sessions(tmp_path, f"{product},WS-1,Ada@X.example,2021-12-01T00:00,,0:00,")
    assert (found.user, found.machine) == ("ada@x.example", "WS-1")


@pytest.mark.parametrize(
    ("product", "day"),
    [("Arnold", "2021-11-30"), ("Arnoldine", "2026-03-02"), ("Maya with Arnold", "2026-03-02"), ("VREDX", "2026-03-02")],
)
def test_before_december_2021_and_for_other_products_they_stand_in_their_places(tmp_path, product, day):
    [found] = sessions(tmp_path, f"{product},jdoe,WS-1,{day}T23:00,,0:00,")
    assert (found.user, found.machine) == ("jdoe", "WS-1")


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "Arnold,WS-1,,2026-03-02T08:00,,0:00,",
        HEADER + "Arnold,WS-1,***,2026-03-02T08:00,,0:00,",
        "productName,userName,sessionStartDate\nArnold,WS-1,2026-03-02T08:00Z",
    ],
)
def test_a_swapped_row_without_a_machine_names_no_user(tmp_path, content):
    [problem] = aside(export(tmp_path, content))
    assert problem == (
        "row 2",
        "userName",
        "for this product the vendor writes the machine here and the user as machineName, which is blank or not there",
    )


def test_a_user_known_by_an_id_needs_no_machine_where_names_are_swapped(tmp_path):
    found = export(tmp_path, f"userId,{HEADER}A1,Arnold,WS-1,,2026-03-02T08:00,,0:00,\n")
    assert [(one.user, one.machine) for one in found.sessions] == [("A1", "WS-1")]
    assert found.extra["userName"] == [""]


def test_sessions_may_name_users_by_email_alone(tmp_path):
    found = export(tmp_path, "email,productName,machineName,sessionStartDate\nAda@x.example,Arnold,WS-1,2026-03-02T08:00Z\n")
    assert found.rows == [Session("ada@x.example", "Arnold", at(8), machine="WS-1")]


def test_a_user_known_by_email_stays_where_names_are_swapped(tmp_path):
    found = export(tmp_path, f"email,{HEADER}Ada@x.example,Arnold,WS-1,ada,2026-03-02T08:00,,0:00,\n")
    assert [(one.user, one.machine) for one in found.sessions] == [("ada@x.example", "WS-1")]
    assert found.extra["userName"] == ["ada"]


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("Revit,jdoe,WS-1,,,0:00,", "sessionStartDate", "it is blank"),
        ("Revit,jdoe,WS-1,2026-03-02T08:00,,,", "sessionStartDate", "has no zone"),
        ("Revit,jdoe,WS-1,2026-03-02,,0:00,", "sessionStartDate", "has no time of day"),
        ("Revit,jdoe,WS-1,soon,,0:00,", "sessionStartDate", "is not an ISO 8601 instant"),
        ("Revit,jdoe,WS-1,03/02/2026 08:00,,0:00,", "sessionStartDate", "is not an ISO 8601 instant"),
        ("Arnold,jdoe,WS-1,soon,,0:00,", "sessionStartDate", "is not an ISO 8601 instant"),
        ("Revit,jdoe,WS-1,0001-01-01T00:00,,14:00,", "sessionStartDate", "lies outside the years"),
        ("Revit,jdoe,WS-1,2026-03-02T08:00,later,0:00,", "sessionEndDate", "is not an ISO 8601 instant"),
        (
            "Revit,jdoe,WS-1,2026-03-02T08:00,2026-03-02T07:00,0:00,",
            "sessionEndDate",
            "expected 2026-03-02T08:00:00+00:00 or later",
        ),
        ("Revit,jdoe,WS-1,2026-03-02T08:00,,PST,", "licenseServerTimeZoneOffset", "'PST' is not an offset from UTC such as -8:00"),
        ("Revit,jdoe,WS-1,2026-03-02T08:00,,15:00,", "licenseServerTimeZoneOffset", "is not an offset from UTC"),
        ("Revit,jdoe,WS-1,2026-03-02T08:00,,1:60,", "licenseServerTimeZoneOffset", "is not an offset from UTC"),
        ("Revit,,WS-1,2026-03-02T08:00,,0:00,", "userName", "it is blank"),
        (",jdoe,WS-1,2026-03-02T08:00,,0:00,", "productName", "it is blank"),
    ],
)
def test_a_session_that_cannot_be_read_is_set_aside(tmp_path, row, field, said):
    good = "Revit,bob,WS-2,2026-03-02T08:00,,0:00,"
    found = export(tmp_path, f"{HEADER}{good}\n{row}\n{good}\n")
    [problem] = aside(found)
    assert problem[:2] == ("row 3", field)
    assert said in problem.problem
    assert ([one.user for one in found.rows], found.numbers) == (["bob", "bob"], [2, 4])


def test_a_time_that_a_clock_change_makes_impossible_is_set_aside_where_a_zone_is_named(tmp_path):
    found = export(tmp_path, f"{HEADER}Revit,jdoe,WS-1,2026-03-29T02:30,,,\n", zone=ZoneInfo("Europe/Berlin"))
    assert "never was in Europe/Berlin" in aside(found)[0].problem


def test_a_workbook_and_json_give_the_same_sessions(tmp_path):
    header = HEADER.strip().split(",")
    start, end = datetime(2026, 3, 2, 0, 0), datetime(2026, 3, 2, 9, 30)
    book = workbook(Filters=[["x"]], Data=[header, ["Revit", "jdoe", "WS-1", start, end, "-8:00", 2026]])
    rows = [["Revit", "jdoe", "WS-1", start.isoformat(), end.isoformat(), "-8:00", 2026]]
    document = json.dumps({"status": "DONE", "result": {"columns": header, "rows": rows, "total": 1, "offset": 0}})
    expected = [Session("jdoe", "Revit", at(8), at(17, 30), machine="WS-1", version="2026")]
    assert export(tmp_path, book).rows == export(tmp_path, document).rows == expected

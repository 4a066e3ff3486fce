"""``flexlib reconcile``: sessions against the vendor's rows, and the cause of each difference."""

import pytest
from command import ACCOUNT, STUDIO, office, run, run_json
from written_files import written

ADA, BEN = "ada@studio.example", "ben@studio.example"
SESSIONS = f"""user,product,opened_at,closed_at,team
{ADA},AutoCAD 2026,2026-03-02T08:00Z,2026-03-02T17:00Z,design
{ADA},AutoCAD,2026-03-04T08:00Z,2026-03-04T08:03Z,design
{ADA},AutoCAD,2026-03-06T23:30Z,2026-03-06T23:50Z,design
{BEN},AutoCAD,2026-03-02T08:00Z,2026-03-02T17:00Z,design
"""
EXPORT = f"""day_used,email,product_name,team_alias,tokens_used
2026-03-02,Ada@Studio.Example,AutoCAD,design,7
2026-03-04,Ada@Studio.Example,AutoCAD,design,0
2026-03-07,Ada@Studio.Example,AutoCAD,design,7
2026-03-02,{BEN},AutoCAD,design,9
2026-03-09,{BEN},AutoCAD,design,7
"""
AGREED = "\n".join(EXPORT.splitlines()[:2])


def case(folder, *, sessions=SESSIONS, export=EXPORT, **files):
    """A folder with both sides."""
    office(folder, sessions=sessions, **files)
    written(folder, "usage.csv", export)
    return folder


def causes(*arguments):
    made = run_json("reconcile", *arguments)
    return {line["cause"]: (line["differences"], line["charged"], line["reported"]) for line in made["causes"]}


def test_each_difference_is_counted_under_its_cause(tmp_path):
    assert causes(case(tmp_path)) == {
        "another day by zone": (1, "7", "7"),
        "under five minutes": (1, "0", "0"),
        "missing session": (1, "0", "7"),
        "unexplained": (1, "7", "9"),
    }


def test_the_table_shows_the_causes_and_the_list_what_is_unexplained(tmp_path):
    shown = run("reconcile", case(tmp_path))
    assert shown.exit_code == 0
    assert "The sessions cost 21 tokens, the vendor reported 30 tokens; 1 match." in shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["missing", "session", "1", "0", "7", "-7"] in rows
    assert ["unexplained", "1", "7", "9", "-2"] in rows
    assert f"  2026-03-02, {BEN}, autocad: unexplained: 7 tokens charged, 9 reported" in shown.stdout
    assert "  2026-03-09" not in shown.stdout
    assert "Unexplained: 2 tokens." in shown.stdout


def test_all_lists_every_difference_with_its_reason(tmp_path):
    shown = run("reconcile", case(tmp_path), "--all").stdout
    assert "All differences" in shown
    for day, cause in [
        ("02", "unexplained"),
        ("04", "under five minutes"),
        ("07", "another day by zone"),
        ("09", "missing session"),
    ]:
        assert any(line.startswith(f"  2026-03-{day}, ") and f"autocad: {cause}: " in line for line in shown.splitlines())
    assert "the session from 2026-03-04T08:00:00+00:00: it was free: a launch shorter than the grace" in shown


def test_the_sums_close(tmp_path):
    made = run_json("reconcile", case(tmp_path))
    assert (made["charged"], made["reported"], made["unexplained"]) == ("21", "30", "2")
    assert sum(int(line["tokens"]) for line in made["differences"]) == 21 - 30
    assert sum(int(line["charged"]) - int(line["reported"]) for line in made["causes"]) == 21 - 30


def test_the_json_has_just_these_fields(tmp_path):
    made = run_json("reconcile", case(tmp_path))
    assert list(made) == [
        "schema", "charged", "reported", "matched", "unexplained", "causes", "differences", "changes", "set_aside"
    ]  # fmt: skip
    assert made["schema"] == "flexlib-reconcile/1"
    assert made["matched"] == 1
    assert list(made["causes"][0]) == ["cause", "differences", "charged", "reported"]
    assert [(line["day"], line["user"], line["product"], line["tokens"], line["cause"]) for line in made["differences"]] == [
        ("2026-03-02", BEN, "autocad", "-2", "unexplained"),
        ("2026-03-04", ADA, "autocad", "0", "under five minutes"),
        ("2026-03-07", ADA, "autocad", "0", "another day by zone"),
        ("2026-03-09", BEN, "autocad", "-7", "missing session"),
    ]
    assert all(line["reason"] for line in made["differences"])


def test_what_agrees_leaves_no_table(tmp_path):
    shown = run("reconcile", case(tmp_path, sessions="\n".join(SESSIONS.splitlines()[:2]), export=AGREED))
    assert shown.exit_code == 0
    assert shown.stdout.split("\n\n") == [
        "The sessions cost 7 tokens, the vendor reported 7 tokens; 1 match.",
        "Unexplained: 0 tokens.\n",
    ]


def test_t3_the_zone_is_that_in_which_the_vendor_dates_its_rows(tmp_path):
    assert "another day by zone" not in causes(case(tmp_path), "--zone", "Europe/Berlin")


def test_at_says_when_the_export_was_fetched(tmp_path):
    sessions = "\n".join([*SESSIONS.splitlines()[:2], f"{BEN},AutoCAD,2026-03-02T09:00Z,2026-03-02T12:00Z,design"])
    later = f"{AGREED}\n2026-03-20,{ADA},AutoCAD,design,7\n"
    folder = case(tmp_path, sessions=f"{sessions}\n{ADA},AutoCAD,2026-03-20T09:00Z,2026-03-20T12:00Z,design\n", export=later)
    assert "the current month not yet reported" not in causes(folder)
    assert causes(folder, "--at", "2026-03-25") == {"the current month not yet reported": (1, "7", "0")}
    assert "the current month not yet reported" not in causes(folder, "--at", "2026-04-02")


def test_c8_a_seat_is_a_cause(tmp_path):
    seat = f'[[seats]]\nuser = "{BEN}"\nproducts = ["autocad"]\nstarts_at = 2026-01-01\n'
    assert causes(case(tmp_path, account=ACCOUNT + seat))["a seat"] == (2, "0", "16")


def test_r1_a_rate_of_another_sheet_is_a_cause(tmp_path):
    rates = 'name = "two"\n' + "".join(
        f'[[rates]]\nproduct = "autocad"\ntokens = {tokens}\neffective_from = {since}\n'
        for tokens, since in [(7, "2021-12-21"), (9, "2026-06-01")]
    )
    assert causes(case(tmp_path, rates=rates))["a rate change"] == (1, "7", "9")


def test_a_history_is_either_side_or_both(tmp_path):
    folder = case(tmp_path)
    expected = causes(folder)
    run("import", folder / "usage.csv", "--into", tmp_path / "rows.history")
    run("import", folder / "usage.csv", folder / "sessions.csv", "--into", tmp_path / "both.history")
    rest = [folder / "rates.toml", folder / "account.toml"]
    assert causes(tmp_path / "rows.history", folder / "sessions.csv", *rest) == expected
    assert causes(tmp_path / "both.history", *rest) == expected


def test_exports_that_overlap_are_merged_and_what_changed_is_told(tmp_path):
    folder = case(tmp_path)
    later = EXPORT.replace(",9\n", ",7\n") + f"2026-03-10,{ADA},AutoCAD,design,7\n"
    written(folder, "april.csv", later)
    made = run_json("reconcile", folder)
    assert made["unexplained"] == "0"
    (change,) = made["changes"]
    assert change == f"{BEN}, AutoCAD, 2026-03-02: 9 tokens in {folder / 'usage.csv'}, 7 in {folder / 'april.csv'}"
    assert change in run("reconcile", folder).stdout


def test_hashed_ids_are_named_where_another_export_gives_the_e_mail(tmp_path):
    hidden = "day_used,hashed_autodesk_id,product_name,tokens_used\n2026-03-02,4f3a,AutoCAD,7\n"
    named = f"hashed_autodesk_id,email,offering_name,days_used\n4f3a,{ADA},AutoCAD,1\n"
    folder = case(tmp_path, sessions="\n".join(SESSIONS.splitlines()[:2]), export=hidden)
    assert causes(folder) == {"personal data off": (1, "7", "7")}
    written(folder, "summary.csv", named)
    assert causes(folder) == {}


def test_sessions_under_an_id_are_those_of_the_e_mail_that_an_export_gives_beside_it(tmp_path):
    export = f"day_used,autodesk_id,email,product_name,tokens_used\n2026-03-02,A017,{ADA},AutoCAD,7\n"
    folder = case(tmp_path, sessions="\n".join(SESSIONS.splitlines()[:2]).replace(ADA, "A017"), export=export)
    assert causes(folder) == {}


def test_r2_the_rate_of_the_region_is_named(tmp_path):
    rates = 'name = "regions"\n' + "".join(
        f'[[rates]]\nproduct = "autocad"\ntokens = {tokens}\neffective_from = {since}\n{region}'
        for tokens, since, region in [
            (7, "2021-12-21", ""),
            (9, "2027-01-01", 'region = "DE"\n'),
            (9, "2027-01-01", 'region = "FR"\n'),
        ]
    )
    folder = case(tmp_path, rates=rates)
    for region in ("DE", "FR"):
        made = run_json("reconcile", folder, "--region", region)
        (reason,) = [line["reason"] for line in made["differences"] if line["cause"] == "a rate change"]
        assert reason.endswith(f" in {region}")


def test_a_product_that_the_catalogue_does_not_know_keeps_the_vendors_name(tmp_path):
    made = run_json("reconcile", case(tmp_path, export=f"{AGREED}\n2026-03-02,{BEN},SketchUp,design,4\n"))
    assert ("SketchUp", "missing session") in [(line["product"], line["cause"]) for line in made["differences"]]


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("sessions.csv", "there are no sessions or results in"),
        ("usage.csv", "there is no export of the vendor's that holds days in"),
    ],
)
def test_a_side_that_is_missing_is_said(tmp_path, left_out, message):
    (case(tmp_path) / left_out).unlink()
    result = run("reconcile", tmp_path)
    assert result.exit_code == 1
    assert f"{message} {tmp_path}: to reconcile, give both" in result.stderr


def test_a_usage_report_alone_is_no_side_to_compare_with(tmp_path):
    folder = case(tmp_path, export=f"email,offering_name,days_used,tokens_used\n{ADA},AutoCAD,2,14\n")
    assert "there is no export of the vendor's that holds days in" in run("reconcile", folder).stderr


def test_what_is_set_aside_on_either_side_is_told(tmp_path):
    folder = case(
        tmp_path,
        sessions=f"{SESSIONS}{ADA},sketchup,2026-03-02T08:00Z,,\n{ADA},autocad,yesterday,,\n",
        export=f"{EXPORT}2026-03-10,{ADA},AutoCAD,design,\n",
    )
    shown = run("reconcile", folder)
    assert shown.exit_code == 3
    _, _, aside = shown.stdout.partition("Set aside, and not in any figure")
    for said in ("sessions.csv: row 7: opened_at: ", "usage.csv: row 7: tokens_used: ", "no product is known as 'sketchup'"):
        assert said in aside
    assert len(run_json("reconcile", folder)["set_aside"]) == 3


def test_files_of_a_folder_that_are_not_read_are_named(tmp_path):
    written(case(tmp_path), "notes.txt", "x")
    assert run("reconcile", tmp_path).stderr.strip() == f"Not read: {tmp_path / 'notes.txt'}"


def test_names_that_look_like_formulas_or_markup_are_shown_as_they_are(tmp_path):
    export = f"{AGREED}\n2026-03-02,=cmd,[bold]x[/bold],design,4\n"
    shown = run("reconcile", case(tmp_path, export=export), "--all").stdout
    assert "2026-03-02, =cmd, [bold]x[/bold]: " in shown


def test_the_made_up_exports_of_the_studio_hold_just_the_differences_that_were_put_in():
    made = run_json("reconcile", STUDIO, STUDIO.parent / "exports")
    assert [line["cause"] for line in made["causes"]] == ["under five minutes", "a seat", "missing session", "unexplained"]
    with_tokens = [(line["day"], line["tokens"], line["cause"]) for line in made["differences"] if line["tokens"] != "0"]
    assert with_tokens == [("2026-03-14", "-7", "missing session"), ("2026-03-23", "-10", "unexplained")]
    assert len(made["changes"]) == 1
    assert made["set_aside"] == []

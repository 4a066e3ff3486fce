import json
import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread

import pytest

from flexlib import LowBalance, ReportedUse, ResultUse, Session, TokenPack, settle
from flexlib.formats import read_export
from flexlib.history import History

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAM = EXAMPLES / "programs" / "scheduled_alert.py"
ACCOUNT = EXAMPLES / "year" / "account.toml"
LOW = "low-balance: the pool has 1767 tokens left of 20500 in packs that are usable\n"
EXPIRING = "expiring: {} tokens of pack {} expire at {}T00:00:00+00:00\n"


@pytest.fixture(scope="module")
def program():
    spec = spec_from_file_location("scheduled_alert", PROGRAM)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def exports(tmp_path):
    """Return a folder with the year's export."""
    folder = tmp_path / "exports"
    folder.mkdir()
    shutil.copy(EXAMPLES / "year" / "usage.csv", folder)
    return folder


@pytest.fixture
def run(program, exports, tmp_path, capsys):
    """Return a function that runs the program and returns its exit code, output and error output."""

    def runs(at="2026-10-01", *options, facts=exports, account=ACCOUNT):
        state = str(tmp_path / "told.json")
        code = program.main([str(facts), str(account), "--state", state, "--at", f"{at}T00:00Z", *map(str, options)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return runs


@pytest.fixture
def told(tmp_path):
    """Return a function that tells what the state file holds, None where there is none."""
    state = tmp_path / "told.json"
    return lambda: json.loads(state.read_text(encoding="utf-8"))["told"] if state.exists() else None


class Webhook:
    """A web server that keeps what is posted to it and answers with the status that it is told to."""

    def __init__(self):
        self.status, self.posted, self.asked = 200, [], []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.posted.append((self.headers["Content-Type"], json.loads(body)))
                self.send_response(webhook.status)
                self.send_header("Location", f"{webhook.url}/elsewhere")
                self.end_headers()

            def do_GET(self):
                webhook.asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def webhook(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    webhook = Webhook()
    thread = Thread(target=webhook.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield webhook
    webhook.server.shutdown()
    thread.join()
    webhook.server.server_close()


def test_an_alert_is_told_once(run):
    assert run() == (0, LOW, "")
    assert run() == (0, "", "")
    assert run("2026-10-02") == (0, "", "")


def test_an_alert_that_has_gone_is_told_again_when_it_comes_back(run, told):
    assert run("2026-01-26")[1].startswith("low-balance: the pool has 989 tokens left")
    assert run("2026-02-02")[1] == ""
    assert told() == []
    assert run("2026-04-01")[1].startswith("low-balance: the pool has 1998 tokens left")


def test_every_alert_that_is_new_is_told_beside_those_that_stand(run, tmp_path):
    account = tmp_path / "account.toml"
    pack = '[[packs]]\nid = "{}"\ntokens = 20000\npurchased_on = {}\n'
    account.write_text(pack.format("A", "2025-11-10"), encoding="utf-8")
    first = run("2026-08-15", account=account)
    assert first[1].startswith("expiring: ")
    assert "pack A" in first[1]
    with account.open("a", encoding="utf-8") as file:
        file.write(pack.format("B", "2025-11-11"))
    assert run("2026-08-15", account=account) == (0, EXPIRING.format(20000, "B", "2026-11-11"), "")


def test_what_is_told_goes_by_the_exports_that_tell_of_the_latest_day(run, tmp_path):
    account = EXAMPLES / "studio" / "account.toml"
    assert run("2026-03-01", facts=EXAMPLES / "exports", account=account)[0] == 0
    text = "Day used,Email,Product,Tokens used\n{}"
    folder = tmp_path / "overlapping"
    folder.mkdir()
    (folder / "a-newer.csv").write_text(text.format("2026-10-01,ada@x.example,Revit,90\n2026-10-02,ada@x.example,Revit,1\n"))
    (folder / "b-older.csv").write_text(text.format("2026-10-01,ada@x.example,Revit,10\n"))
    (tmp_path / "small.toml").write_text('[[packs]]\nid = "S"\ntokens = 100\npurchased_on = 2026-09-30\n')
    assert run("2026-10-03", facts=folder, account=tmp_path / "small.toml") == (
        0,
        "low-balance: the pool has 9 tokens left of 100 in packs that are usable\n",
        "",
    )


def test_a_history_tells_what_the_exports_in_it_tell(run, exports, tmp_path):
    with History(tmp_path / "firm.history") as history:
        history.add_export(read_export(exports / "usage.csv"))
    assert run(facts=tmp_path / "firm.history") == (0, LOW, "")


def test_the_packs_of_a_history_and_of_the_account_file_are_one_pool(run, tmp_path):
    with History(tmp_path / "firm.history") as history:
        history.add([ReportedUse("ada", "revit", date(2026, 10, 1), 90), TokenPack.purchase("H", 100, date(2026, 9, 30))])
    (tmp_path / "one.toml").write_text('[[packs]]\nid = "S"\ntokens = 5\npurchased_on = 2026-09-30\n')
    shown = run("2026-10-02", facts=tmp_path / "firm.history", account=tmp_path / "one.toml")[1]
    assert shown == "low-balance: the pool has 15 tokens left of 105 in packs that are usable\n"


def test_a_history_of_sessions_alone_is_refused_as_it_holds_no_charges(run, told, tmp_path):
    with History(tmp_path / "sessions.history") as history:
        history.add(
            [Session("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC)), ResultUse("ada", "x", datetime(2026, 3, 2, tzinfo=UTC))]
        )
    code, shown, amiss = run(facts=tmp_path / "sessions.history")
    assert (code, shown, told()) == (1, "", None)
    assert "it holds sessions and no rows of the vendor's" in amiss


def test_rows_that_were_set_aside_are_named_and_fail_the_run_but_the_alerts_are_told(run, told, exports):
    with (exports / "usage.csv").open("a", encoding="utf-8") as file:
        file.write("2026-10-30,ada@firm.example,Ada,Example,A1,visuals,Maya,many\n")
    code, shown, amiss = run()
    assert (code, shown) == (1, LOW)
    assert amiss.startswith(f"error: {exports / 'usage.csv'}: row ")
    assert "many" in amiss
    assert len(told()) == 1


def test_an_export_that_tells_no_days_is_named(run, exports):
    (exports / "report.csv").write_text("Product name,Email,Tokens used,Days used\nRevit,ada@firm.example,20,2\n")
    code, shown, amiss = run()
    assert (code, shown) == (1, LOW)
    assert "which tells no days: export the daily usage" in amiss


@pytest.mark.parametrize("facts", ["nothing-there", "empty", "exports/usage.csv"])
def test_facts_that_cannot_be_read_fail_the_run_and_forget_nothing(run, told, tmp_path, facts):
    (tmp_path / "empty").mkdir()
    run()
    before = told()
    code, shown, amiss = run(facts=tmp_path / facts)
    assert (code, shown, told()) == (1, "", before)
    assert facts in amiss.replace(os.sep, "/")
    assert before


def test_a_state_file_of_something_else_is_left_alone(run, tmp_path):
    (tmp_path / "told.json").write_text('["mine"]')
    code, shown, amiss = run()
    assert (code, shown) == (1, "")
    assert "it is no state file" in amiss
    assert (tmp_path / "told.json").read_text() == '["mine"]'


def test_a_state_that_cannot_be_replaced_fails_the_run_and_leaves_no_rest(program, exports, tmp_path, capsys):
    folder = tmp_path / "states"
    folder.mkdir()
    program.write_told(folder / "told.json", ["old"])
    (folder / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        program.write_told(folder / "taken", ["new"])
    assert sorted(path.name for path in folder.iterdir()) == ["taken", "told.json"]
    assert program.read_told(folder / "told.json") == {"old"}
    missing = tmp_path / "nowhere" / "told.json"
    assert program.main([str(exports), str(ACCOUNT), "--state", str(missing), "--at", "2026-10-01T00:00Z"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_new_alerts_are_posted_to_a_webhook_once(run, webhook):
    for _ in range(2):
        assert run("2026-10-01", "--webhook", webhook.url)[0] == 0
    [(kind, message)] = webhook.posted
    assert kind == "application/json"
    assert message == {
        "text": LOW.removeprefix("low-balance: ").rstrip(),
        "alerts": [
            {
                "kind": "low-balance",
                "subject": "the pool",
                "at": "2026-10-01T00:00:00+00:00",
                "message": LOW.removeprefix("low-balance: ").rstrip(),
            }
        ],
    }


@pytest.mark.parametrize("status", [302, 303, 307, 404, 500])
def test_an_alert_that_the_webhook_did_not_take_is_told_again_on_the_next_run(run, webhook, told, status):
    webhook.status = status
    code, shown, amiss = run("2026-10-01", "--webhook", webhook.url)
    assert (code, shown, told()) == (1, LOW, None)
    assert str(status) in amiss
    assert webhook.asked == []
    webhook.status = 204
    assert run("2026-10-01", "--webhook", webhook.url) == (0, LOW, "")
    assert len(webhook.posted) == 2
    assert told()


def test_a_webhook_that_is_not_there_fails_the_run(run, webhook, told):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    code, _, amiss = run("2026-10-01", "--webhook", address)
    assert (code, told()) == (1, None)
    assert amiss.startswith("error: ")


def test_facts_that_no_one_has_fetched_for_long_are_an_alert(run):
    assert run("2026-11-03", "--stale-after", 7)[1].count("stale: ") == 0
    shown = run("2026-11-20", "--stale-after", 7)[1]
    assert "stale: the exports tell of no charge since 2026-10-31\n" in shown
    assert "stale" not in run("2026-11-21", "--stale-after", 7)[1]


def test_stale_facts_are_those_older_than_the_span(program):
    rule, ledger = program.StaleFacts(timedelta(days=7)), settle([ReportedUse("a", "revit", date(2026, 3, 2), 1)], [])
    at = datetime(2026, 3, 9, tzinfo=UTC)
    assert list(rule.check(ledger, at)) == []
    assert [alert.kind for alert in rule.check(ledger, at + timedelta(microseconds=1))] == ["stale"]
    [alert] = rule.check(ledger, datetime(2026, 3, 1, tzinfo=UTC))
    assert alert.message == "the exports tell of no charge so far"


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--at", "2026-10-01T00:00", "has no time zone"),
        ("--at", "soon", "invalid instant value"),
        ("--webhook", "file:///etc/hosts", "is no web address"),
        ("--webhook", "https://", "is no web address"),
        ("--webhook", "http://127.0.0.1:99999/", "is no web address"),
        ("--stale-after", "0", "is no whole number of one or more"),
    ],
)
def test_an_option_that_says_nothing_is_refused(program, capsys, option, value, problem):
    with pytest.raises(SystemExit) as stopped:
        program.main(["facts", "account", "--state", "state", option, value])
    assert stopped.value.code == 2
    assert problem in capsys.readouterr().err


def test_two_rules_of_one_kind_are_told_apart(program, exports, tmp_path, capsys):
    rules = [LowBalance(share=None, tokens=tokens) for tokens in (3000, 2000)]
    shown = []
    for at in (datetime(2026, 5, 28, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC), datetime(2026, 6, 21, tzinfo=UTC)):
        assert program.tell(exports, ACCOUNT, tmp_path / "told.json", at, rules, None) == []
        shown.append(capsys.readouterr().out.count("low-balance"))
    assert shown == [1, 1, 0]


def test_a_name_that_the_output_cannot_show_does_not_stop_the_alert(exports, tmp_path):
    account = tmp_path / "account.toml"
    account.write_text('[[packs]]\nid = "Zürich"\ntokens = 30000\npurchased_on = 2025-11-10\n', encoding="utf-8")
    command = [sys.executable, str(PROGRAM), str(exports), str(account), "--state", str(tmp_path / "told.json")]
    surroundings = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*command, "--at", "2026-10-01T00:00Z"], capture_output=True, text=True, check=True, env=surroundings)
    assert "of pack Z\\xfcrich expire" in done.stdout


def test_it_runs_as_a_scheduler_runs_it(exports, tmp_path):
    command = [sys.executable, str(PROGRAM), str(exports), str(ACCOUNT), "--state", str(tmp_path / "told.json")]
    for shown in ("stale: the exports tell of no charge since 2026-10-31", ""):
        done = subprocess.run([*command, "--stale-after", "1"], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert shown in done.stdout
        assert shown or not done.stdout

import json
import random
import re
import sqlite3
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Timer
from zoneinfo import ZoneInfo

import pytest

from flexlib import Catalog, HistoryError, InvalidValueError, RateBook, Session, charge_usage, read_rate_sheet, settle
from flexlib.formats.accounts import read_account
from flexlib.formats.usage import read_usage
from flexlib.history import History
from flexlib.model.amounts import plain
from flexlib.reports import summarize

MISSING = [name for name in ("fastapi", "httpx2", "uvicorn") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; run tox -e others")

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAM = EXAMPLES / "programs" / "fastapi_service.py"
STUDIO = EXAMPLES / "studio"
PAGE = EXAMPLES.parent / "docs" / "how-to" / "embed-in-a-service.md"
NOW = datetime(2026, 4, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def program():
    spec = spec_from_file_location("fastapi_service", PROGRAM)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def serve(program):
    from fastapi.testclient import TestClient

    def client(**options):
        return TestClient(program.create_app(clock=lambda: NOW, **options))

    return client


@pytest.fixture
def client(serve):
    with serve() as client:
        yield client


@pytest.fixture
def eager_threads():
    """Let threads take turns so often that what one may do to another shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def session(opened="2026-03-02T08:00:00Z", closed="2026-03-02T17:00:00Z", **more):
    return {"user": "ada", "product": "AutoCAD 2026", "opened_at": opened, "closed_at": closed} | more


def posted(client, *sessions, results=(), **params):
    answer = client.post("/usage", json={"sessions": sessions, "results": results}, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer, status=422):
    assert answer.status_code == status, answer.text
    [problem] = answer.json()["detail"]
    return problem


def as_json(use):
    names = ("user", "product", "team")
    own = {name: getattr(use, name) for name in names}
    if not isinstance(use, Session):
        return own | {"at": use.at.isoformat(), "quantity": plain(use.quantity)}
    return own | {
        "opened_at": use.opened_at.isoformat(),
        "closed_at": use.closed_at and use.closed_at.isoformat(),
        "idle": [[start.isoformat(), end.isoformat()] for start, end in use.idle],
    }


def of_the_studio():
    """Return the studio's usage, and what flexlib makes of it without the service."""
    account = read_account(STUDIO / "account.toml")
    usage = [*read_usage(STUDIO / "sessions.csv").rows, *read_usage(STUDIO / "results.csv").rows]
    rates = RateBook([read_rate_sheet(STUDIO / "rates.toml")])
    charges = charge_usage(usage, rates, seats=account.seats, catalog=Catalog(account.products))
    return usage, settle(charges, account.packs)


def test_c3_a_product_open_at_its_windows_end_is_charged_again_at_that_instant(client):
    posted(client, session())
    changed = posted(client, session("2026-03-03T07:00:00Z", "2026-03-03T17:00:00Z"), at="2026-03-03T08:00:00Z")
    assert [(charge["product"], charge["at"], charge["tokens"]) for charge in changed["added"]] == [
        ("autocad", "2026-03-03T08:00:00Z", "7")
    ]
    assert changed["withdrawn"] == []
    assert changed["balance"] == {
        "at": "2026-03-03T08:00:00Z",
        "tokens": "1836",
        "packs": {"A-2025": "1486", "B-2025": "250", "C-2026": "100"},
        "shortfall": "0",
    }


def test_use_that_comes_late_withdraws_the_charges_whose_windows_it_moves(client):
    [first] = posted(client, session("2026-03-03T09:00:00Z", "2026-03-03T17:00:00Z"))["added"]
    changed = posted(client, session("2026-03-02T20:00:00Z", "2026-03-03T10:00:00Z"))
    assert changed["withdrawn"] == [first]
    assert [charge["at"] for charge in changed["added"]] == ["2026-03-02T20:00:00Z"]


def test_the_same_usage_again_changes_nothing(client):
    before = posted(client, session())
    again = posted(client, session(), session("2026-03-02T09:00:00+01:00", "2026-03-02T18:00:00+01:00"))
    assert (again["added"], again["withdrawn"], again["balance"]) == ([], [], before["balance"])


def test_the_studios_usage_told_in_portions_and_in_any_order_gives_what_flexlib_gives_for_all_of_it(client):
    usage, ledger = of_the_studio()
    random.Random(7).shuffle(usage)
    for start in range(0, len(usage), 100):
        own = usage[start : start + 100]
        sessions = [as_json(use) for use in own if isinstance(use, Session)]
        posted(client, *sessions, results=[as_json(use) for use in own if not isinstance(use, Session)])
    for at in (NOW, NOW - timedelta(days=30)):
        told = client.get("/balance", params={"at": at.isoformat()}).json()
        assert told["packs"] == {pack: plain(tokens) for pack, tokens in ledger.balances(at).items()}
        assert (told["tokens"], told["shortfall"]) == (plain(ledger.balance(at)), plain(ledger.shortfall(at)))
    london = ZoneInfo("Europe/London")
    told = client.get("/spend", params={"by": ["month", "user"], "zone": "Europe/London"}).json()
    assert told == json.loads(summarize(ledger.charges, ("month", "user"), zone=london).to_json())
    assert sum(Decimal(row["tokens"]) for row in told["rows"]) == Decimal(told["total"]["tokens"]) == 1802


def test_usage_told_by_many_clients_at_once_is_all_kept(client, eager_threads):
    users = [f"user-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda user: posted(client, session(user=user)), users))
    assert [[charge["user"] for charge in changed["added"]] for changed in told] == [[user] for user in users]
    assert client.get("/spend").json()["total"]["users"] == len(users)


def test_spend_is_counted_from_an_instant_on_and_before_another(client):
    posted(client, *(session(f"2026-03-0{day}T08:00:00Z", f"2026-03-0{day}T09:00:00Z") for day in (2, 4, 6)))
    span = {"since": "2026-03-02T08:00:00Z", "until": "2026-03-06T08:00:00Z"}
    rows = client.get("/spend", params=span | {"by": "day"}).json()["rows"]
    assert [(row["day"], row["tokens"]) for row in rows] == [("2026-03-02", "7"), ("2026-03-04", "7")]


def test_the_balance_of_a_team_is_that_of_its_own_pool(serve, tmp_path):
    account = (STUDIO / "account.toml").read_text(encoding="utf-8")
    pack = '[[packs]]\nid = "S-1"\ntokens = 50\npurchased_on = 2026-01-01\nteam = "survey"\n'
    (tmp_path / "account.toml").write_text(f"{account}\n{pack}", encoding="utf-8")
    with serve(account=tmp_path / "account.toml") as client:
        posted(client, session(team="survey"))
        balances = [client.get("/balance", params=params).json()["tokens"] for params in ({}, {"team": "survey"})]
        assert balances == ["393", "43"]


def test_tokens_stay_exact(client):
    result = {"user": "ada", "product": "cfd-simple", "at": "2026-03-02T08:00:00Z", "quantity": "0.1000000000001"}
    assert refused(client.post("/usage", json={"results": [result]}))["type"] == "InvalidTokensError"
    [charge] = posted(client, results=[result | {"quantity": "0.100000000001"}])["added"]
    assert charge["tokens"] == "0.500000000005"


def test_a_charge_is_explained_with_the_packs_that_paid_for_it(client):
    [charge] = posted(client, session())["added"]
    reasons = client.get(f"/charges/{charge['id']}").json()
    assert reasons["lines"][0] == "ada was charged 7 tokens for autocad at 2026-03-02T08:00:00+00:00"
    assert any("A-2025" in line for line in reasons["lines"])
    assert "C1" in reasons["rules"]
    problem = refused(client.get("/charges/unknown"), 404)
    assert problem == {"loc": [], "msg": "the ledger holds no charge 'unknown'", "type": "UnknownRecordError"}


@pytest.mark.parametrize(
    ("wrong", "place", "message"),
    [
        (
            {"opened_at": "2026-03-02T08:00:00"},
            ["opened_at"],
            "2026-03-02T08:00:00 has no time zone: give an aware datetime, such as 2026-03-02T08:00:00+00:00",
        ),
        ({"opened_at": 1772438400}, ["opened_at"], "1772438400 is no instant: give ISO 8601 text such as 2026-03-02T08:00:00Z"),
        (
            {"opened_at": "0001-01-01T00:00:00+14:00"},
            ["opened_at"],
            "'0001-01-01T00:00:00+14:00' is no instant: give ISO 8601 text such as 2026-03-02T08:00:00Z",
        ),
        (
            {"closed_at": "2026-03-02T07:00:00Z"},
            [],
            str(InvalidValueError("closed_at", "2026-03-02T07:00:00+00:00", "2026-03-02T08:00:00+00:00 or later")),
        ),
        ({"user": " "}, [], "user is ' ': expected a name that is not blank"),
        ({"closed": "2026-03-02T17:00:00Z"}, ["closed"], "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_session_is_refused_with_its_place_and_flexlibs_words(client, wrong, place, message):
    problem = refused(client.post("/usage", json={"sessions": [session(), session() | wrong]}))
    assert (problem["loc"], problem["msg"]) == (["body", "sessions", 1, *place], message)
    assert client.get("/spend").json()["rows"] == []


@pytest.mark.parametrize("quantity", ["0.5", "true", "null", "[]", '"half"', '"NaN"', "NaN", "0", '"-1"'])
def test_a_quantity_that_is_not_exact_or_not_above_zero_is_refused(client, quantity):
    result = {"user": "ada", "product": "cfd-simple", "at": "2026-03-02T08:00:00Z", "quantity": "?"}
    body = json.dumps({"results": [result]}).replace('"?"', quantity)
    answer = client.post("/usage", content=body, headers={"Content-Type": "application/json"})
    if quantity == "0.5":
        assert refused(answer)["msg"] == '0.5 is no exact amount: give a whole number, or text such as "0.5"'
    refused(answer)
    assert client.get("/spend").json()["rows"] == []


def test_usage_that_cannot_be_charged_is_refused_as_a_whole(client):
    answer = client.post("/usage", json={"sessions": [session(), session(product="autocda")]})
    problem = {"loc": [], "msg": "no product is known as 'autocda'; did you mean autocad?", "type": "UnknownProductError"}
    assert refused(answer) == problem
    early = refused(client.post("/usage", json={"sessions": [session("1999-03-02T08:00:00Z")]}))
    assert early["type"] == "RateNotFoundError"
    assert client.get("/spend").json()["rows"] == []


@pytest.mark.parametrize(
    ("question", "place", "kind"),
    [
        ({"by": ["user", "usr"]}, ["by"], "InvalidValueError"),
        ({"zone": "Europe"}, ["query", "zone"], "ValueError"),
        ({"zone": "Europe/Londn"}, ["query", "zone"], "ValueError"),
        ({"since": "2026-03-02T08:00:00"}, ["query", "since"], "NaiveDatetimeError"),
    ],
)
def test_a_question_that_has_no_answer_is_refused_with_what_is_wrong(client, question, place, kind):
    problem = refused(client.get("/spend", params=question))
    assert (problem["loc"], problem["type"]) == (place, kind)


def test_what_the_service_was_told_is_there_after_a_restart(serve, tmp_path):
    with serve(history=tmp_path / "service.history") as client:
        before = posted(client, session())
    with serve(history=tmp_path / "service.history") as client:
        assert client.get("/balance").json() == before["balance"]
        assert posted(client, session())["added"] == []
        service = client.app.state.service
    with pytest.raises(HistoryError, match="closed"):
        service.add([Session("ben", "revit", NOW)])
    with History(tmp_path / "service.history", readonly=True) as history:
        assert [(use.user, use.product) for use in history.known().usage] == [("ada", "AutoCAD 2026")]


def test_what_cannot_be_kept_is_not_charged_either(serve, tmp_path):
    path = tmp_path / "service.history"
    with serve(history=path) as client:
        posted(client, session())
        other = sqlite3.connect(path)
        other.execute("ALTER TABLE versions RENAME TO away")
        other.close()
        answer = client.post("/usage", json={"sessions": [session(user="ben")]})
        assert refused(answer, 503)["type"] == "HistoryError"
        assert [row["user"] for row in client.get("/spend").json()["rows"]] == ["ada"]


def test_it_does_not_start_with_a_wrong_account(serve, tmp_path):
    (tmp_path / "account.toml").write_text('[[packs]]\nid = "A"\ntokens = -5\npurchased_on = 2026-01-01\n', encoding="utf-8")
    with pytest.raises(ValueError, match="tokens"):
        serve(account=tmp_path / "account.toml")


def test_the_answers_that_its_page_shows_are_those_it_gives(client):
    page = PAGE.read_text(encoding="utf-8")
    [address, sent] = re.search(r"curl -X POST 'http://127.0.0.1:8000(\S+)' .* -d '(.*?)'\n", page, re.DOTALL).groups()
    given, refusal = map(json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    headers = {"Content-Type": "application/json"}
    assert client.post(address, content=sent, headers=headers).json() == given
    naive = sent.replace('"opened_at": "2026-03-02T08:00:00Z"', '"opened_at": "2026-03-02T08:00:00"')
    assert client.post(address, content=naive, headers=headers).json() == refusal


def test_the_command_of_its_docstring_serves(tmp_path):
    command = [sys.executable, str(PROGRAM), "--history", str(tmp_path / "service.history"), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        watchdog = Timer(30, server.kill)
        watchdog.start()
        try:
            address = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
            body = json.dumps({"sessions": [session()]}).encode()
            request = urllib.request.Request(f"{address}/usage", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as answer:
                assert [charge["tokens"] for charge in json.load(answer)["added"]] == ["7"]
            with urllib.request.urlopen(f"{address}/balance?at=2026-03-03T00:00:00Z") as answer:
                assert json.load(answer)["tokens"] == "1843"
        finally:
            watchdog.cancel()
            server.terminate()
            server.communicate()

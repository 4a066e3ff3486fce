"""What `docs/explanation/security.md` promises: data is data, whatever stands in it, and nothing leaves the machine."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

pytest.importorskip("openpyxl", reason="the extra `excel` is not installed")

from export_files import USAGE, export, refusal
from hand_made_workbook import formula, packed, sheet, text
from without_delay import without_delay

import flexlib
from flexlib import ReportedUse, Session
from flexlib.history import History

ROOT = Path(__file__).parents[2]
PACKAGE = Path(flexlib.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
NETWORK = {
    "aiohttp",
    "asyncio",
    "ftplib",
    "http",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "urllib",
    "urllib3",
}
PROGRAMS = {"code", "codeop", "ctypes", "multiprocessing", "pty", "runpy", "subprocess", "webbrowser"}
CODE_IN_DATA = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve", "yaml"}
CALLS = {"__import__", "compile", "eval", "exec"}
METHODS = {
    "execl",
    "execv",
    "execve",
    "fork",
    "import_module",
    "popen",
    "posix_spawn",
    "read_pickle",
    "spawnv",
    "startfile",
    "system",
}
REASONS = {
    ("__init__.py", "import_module"): "names that are loaded late, of a list in the file",
    ("reports/charts/__init__.py", "import_module"): "likewise",
    ("providers/finding.py", "import_module"): "the built-in plugins, of a list in the file",
    ("testing/checks.py", "pickle"): "reads what it has written just before, in a plugin's own tests",
    ("testing/hypothesis_entry.py", "import_module"): "one module, whose name stands in the file",
}


def unsafe(tree: ast.Module) -> set[str]:
    """Return what a module uses by which data could run code, a program start, or a machine be reached."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names} & (NETWORK | PROGRAMS | CODE_IN_DATA)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {(node.module or "").partition(".")[0]} & (NETWORK | PROGRAMS | CODE_IN_DATA)
        elif isinstance(node, ast.Name):
            found |= {node.id} & (CALLS | {"import_module"})
        elif isinstance(node, ast.Attribute):
            found |= {node.attr} & METHODS
        elif isinstance(node, ast.keyword):
            found |= {node.arg or ""} & {"allow_pickle", "shell"}
    return found


def test_no_module_runs_code_out_of_data_starts_a_program_or_reaches_another_machine():
    assert {(name, what) for name, tree in MODULES.items() for what in unsafe(tree)} == REASONS.keys()


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from urllib.request import urlopen",
        "def f():\n    import socket",
        "eval('1')",
        "run = exec",
        "import os\nos.system('ls')",
        "from importlib import import_module\nimport_module(name)",
        "pandas.read_pickle(path)",
        "numpy.load(path, allow_pickle=True)",
    ],
)
def test_the_search_finds_what_is_unsafe(source):
    assert unsafe(ast.parse(source))


def statements(tree: ast.Module) -> list[ast.expr]:
    """Return what a module gives SQLite to run."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return [call.args[0] for call in calls if call.func.attr in {"execute", "executemany", "executescript"}]


def test_sql_holds_no_value_but_constants_of_the_module():
    found = [sql for name, tree in MODULES.items() if name.startswith("history/") for sql in statements(tree)]
    put_in = [part.value for sql in found for part in ast.walk(sql) if isinstance(part, ast.FormattedValue)]
    assert len(found) > 10
    assert all(isinstance(value, ast.Name) and value.id.isupper() for value in put_in)
    assert {type(sql) for sql in found} <= {ast.Constant, ast.JoinedStr, ast.Name}


def test_the_page_names_the_packages_of_the_core():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.match("[a-z-]+", requirement).group() for requirement in project["dependencies"] if "win32" not in requirement]
    page = (ROOT / "docs" / "explanation" / "security.md").read_text("utf-8")
    assert f"besides Python: {', '.join(names[:-1])} and {names[-1]}." in page


PROBE = """
import json, sys
from pathlib import Path

from flexlib import FlexError
from flexlib.formats import read_export, read_offers, read_people, read_tags
from flexlib.formats.accounts import read_account
from flexlib.formats.rate_sheets import read_csv_sheet, read_json_sheet, read_toml_sheet
from flexlib.formats.usage import read_usage
from flexlib.history import History
from flexlib.providers.excel import flexlib_load_rate_sheet

READERS = {
    "usage.csv": read_usage, "people.csv": read_people, "tags.csv": read_tags, "rates.csv": read_csv_sheet, "export.csv": read_export,
    "account.toml": read_account, "offers.toml": read_offers, "rates.toml": read_toml_sheet,
    "rates.json": read_json_sheet, "export.json": read_export, "export.xlsx": read_export, "rates.xlsx": flexlib_load_rate_sheet,
    "kept.history": lambda path: History(path, readonly=True).known(),
}
heard, listening = [], False
HARMLESS = {"array.__new__", "builtins.id", "object.__getattr__", "object.__setattr__", "object.__delattr__", "sqlite3.connect/handle"}


def hear(event, args):
    if listening and event not in HARMLESS:
        first = args[0] if args else ""
        heard.append((event, str(getattr(first, "co_filename", first))))  # a code object is shown with its address


def read(name, folder):
    global listening
    heard.clear()
    listening = True
    try:
        READERS[name](folder / name)
        answer = "read"
    except FlexError as error:
        answer = str(error)
    listening = False
    return {"answer": answer, "heard": sorted({(event, what.replace(str(folder), "")) for event, what in heard})}


sys.addaudithook(hear)
plain, evil = map(Path, sys.argv[1:3])
said = {}
for name in READERS:
    read(name, plain)  # what a reader loads when it is first used
    said[name] = [read(name, plain), read(name, evil)]
print(json.dumps(said))
"""

EVIL = "__import__('os').system('id')"
NAMES = [
    EVIL,
    "!!python/object/apply:os.system",
    "cos\nsystem\n(S'id'\ntR.",
    "=cmd|' /C calc'!A0",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "file:///etc/passwd",
]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def written_out(folder: Path, names: list[str]) -> Path:
    """Write a file of every kind that flexlib reads, with these names in it."""
    folder.mkdir()
    texts = {
        "usage.csv": "user,product,opened_at,closed_at\n"
        + "".join(f"{quoted(name)},{quoted(name)},2026-03-02T08:00Z,\n" for name in names),
        "people.csv": "Email address,First name\n" + "".join(f"{quoted(name)},{quoted(name)}\n" for name in names),
        "tags.csv": "product,key,value\n" + "".join(f"{quoted(name)},cost,{quoted(name)}\n" for name in names),
        "rates.csv": "product,tokens,effective_from\n" + "".join(f"{quoted(name)},7,2026-01-01\n" for name in names),
        "export.csv": USAGE + "".join(f"2026-03-02,{quoted(name)},{quoted(name)},,7\n" for name in names),
        "account.toml": "".join(f"[[products]]\ncode = {json.dumps(name)}\nname = {json.dumps(name)}\n" for name in names),
        "offers.toml": "".join(f"[[pack_offers]]\nname = {json.dumps(name)}\ntokens = 500\nprice = '1'\n" for name in names),
        "rates.toml": 'name = "r"\n'
        + "".join(f"[[rates]]\nproduct = {json.dumps(name)}\ntokens = 7\neffective_from = 2026-01-01\n" for name in names),
        "rates.json": json.dumps(
            {"name": "r", "rates": [{"product": name, "tokens": 7, "effective_from": "2026-01-01"} for name in names]}
        ),
        "export.json": json.dumps(
            {
                "columns": ["usageDate", "userEmail", "productName", "tokensConsumed"],
                "rows": [["2026-03-02", name, name, 7] for name in names],
            }
        ),
    }
    for file, content in texts.items():
        (folder / file).write_text(content, "utf-8")
    (folder / "export.xlsx").write_bytes(table(USAGE.strip().split(","), [["2026-03-02", name, name, "", "7"] for name in names]))
    (folder / "rates.xlsx").write_bytes(
        table(["product", "tokens", "effective_from"], [[name, "7", "2026-01-01"] for name in names])
    )
    with History(folder / "kept.history") as history:
        history.add([Session(name, name, datetime(2026, 3, 2, 8, tzinfo=UTC)) for name in names])
    return folder


def table(header: list[str], rows: list[list[str]], **parts: str) -> bytes:
    lines = ["".join(text(cell.replace("&", "&amp;").replace("<", "&lt;")) for cell in row) for row in [header, *rows]]
    return packed({"xl/worksheets/sheet1.xml": sheet(*lines), **parts})


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    """Return what each reader did while it read names that other programs would run, as the interpreter's audit events tell."""
    folder = tmp_path_factory.mktemp("read")
    plain, evil = written_out(folder / "plain", ["ada"]), written_out(folder / "evil", NAMES)
    done = subprocess.run([sys.executable, "-c", PROBE, plain, evil], capture_output=True, text=True, check=True, cwd=folder)
    said = json.loads(done.stdout)
    assert said.keys() == {path.name for path in evil.iterdir()}
    return said


@pytest.mark.parametrize(
    "name",
    [
        *(f"{kind}.csv" for kind in ("usage", "people", "tags", "rates", "export")),
        *(f"{kind}.toml" for kind in ("account", "offers", "rates")),
        *(f"{kind}.{ending}" for kind in ("rates", "export") for ending in ("json", "xlsx")),
    ],
)
def test_reading_a_file_opens_that_file_and_does_nothing_else(readings, name):
    plain, evil = readings[name]
    assert evil == plain
    assert plain["answer"] == "read"
    assert {what for event, what in plain["heard"] if event == "open"} == {f"/{name}"}
    assert {event for event, _ in plain["heard"]} <= {
        "open",
        "compile",
        "exec",
    }  # cattrs makes code of the fields of our own classes


def test_reading_a_history_opens_it_with_sqlite_and_does_nothing_else(readings):
    said = {"answer": "read", "heard": [["sqlite3.connect", "/kept.history"]]}
    assert readings["kept.history"] == [said, said]


@pytest.mark.parametrize("name", [*NAMES, "'); DROP TABLE versions; --", "a\0b"])
def test_a_history_gives_any_name_back_as_it_was(tmp_path, name):
    kept = Session(name, name, datetime(2026, 3, 2, 8, tzinfo=UTC))
    with History(tmp_path / "kept.history") as history:
        history.add([kept])
        assert list(history.known().usage) == [kept]


HEADER = "".join(map(text, USAGE.strip().split(",")))


def used(tokens: str, user: str = "ada") -> str:
    """Return a sheet of the vendor's usage with one row."""
    return sheet(HEADER, "".join(map(text, ("2026-03-02", user, "AutoCAD", ""))) + tokens)


def test_of_a_formula_the_result_that_is_kept_in_the_file_is_read_and_links_to_files_and_programs_are_not_followed(tmp_path):
    for wording in ("1+6", "cmd|' /C calc'!A0", "[1]Prices!A1", 'WEBSERVICE("https://elsewhere.example")'):
        content = packed({"xl/worksheets/sheet1.xml": used(formula(wording, "7"))})
        assert export(tmp_path, content, name="export.xlsx").rows == [ReportedUse("ada", "AutoCAD", date(2026, 3, 2), 7)]


def test_a_formula_without_a_result_is_a_blank_and_never_computed(tmp_path):
    found = export(tmp_path, packed({"xl/worksheets/sheet1.xml": used(formula("1+6", None))}), name="export.xlsx")
    assert (found.rows, [problem.place for problem in found.problems]) == ([], ["row 2"])


LAUGHS = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 12))
BOMBS = {
    "many entities inside each other": (f'<!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>', "&l11;"),
    "one long entity, many times": (f'<!DOCTYPE x [<!ENTITY long "{"a" * 200_000}">]>', "&long;" * 20_000),
    "another file": ('<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/hostname">]>', "&file;"),
    "another machine": ('<!DOCTYPE x [<!ENTITY far SYSTEM "https://elsewhere.example/">]>', "&far;"),
    "a declaration elsewhere": ('<!DOCTYPE x [<!ENTITY % far SYSTEM "https://elsewhere.example/x.dtd"> %far;]>', "&far;"),
}


@pytest.mark.parametrize("declaration", BOMBS)
def test_entities_in_a_workbook_are_refused_at_once(tmp_path, declaration):
    declared, reference = BOMBS[declaration]
    user = text(reference)
    part = sheet(HEADER, text("2026-03-02") + user + text("AutoCAD") + text("") + text("7"), declaration=declared)
    with without_delay():
        said = refusal(tmp_path, packed({"xl/worksheets/sheet1.xml": part}), name="export.xlsx").problem
    assert len(said) < 500
    assert not (host := Path("/etc/hostname")).exists() or host.read_text().strip() not in said


LISTENER = """
import sys

reached = []
sys.addaudithook(lambda event, args: reached.append(event) if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")) else None)
from click.testing import CliRunner
from flexlib.cli.main import main

studio = sys.argv[1]
for arguments in (
    ["demo"],
    ["report", studio, "--at", "2026-04-03", "--html", "page.html"],
    ["explain", "ada@studio.example", "autocad", "2026-03-03", studio],
    ["rates", "--at", "2026-04-03"],
    ["plugins"],
    ["import", studio + "/account.toml", "--into", "kept.history"],
):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, (arguments, result.output)
print(reached)
"""


def test_no_command_reaches_for_the_network(tmp_path):
    for package in ("click", "rich", "jinja2", "matplotlib"):
        pytest.importorskip(package)
    studio = ROOT / "examples" / "studio"
    done = subprocess.run([sys.executable, "-c", LISTENER, studio], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[]\n"

"""Fuzzes the readers of files, guided by coverage: each gives a result or a `FlexError`, and nothing else, in bounded time and memory.

It needs atheris (``pip install atheris``) beside flexlib with the extras ``excel`` and ``frames``::

    python tests/fuzz/fuzz_readers.py --seconds 60                # every reader, one after the other
    python tests/fuzz/fuzz_readers.py --seconds 600 account       # one of them

The seeds are the files of ``examples/`` and a few small ones. What breaks a reader is kept in ``--corpus``, named ``crash-``,
``timeout-`` or ``oom-`` and a hash; give it as ``--replay`` to see it break again.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
LONGEST_SECONDS = 5
MOST_MEGABYTES = 2_048
MOST_BYTES = 50_000

RATES = b"product,tokens,effective_from,effective_until,region,basis,provider,document,as_of\nrevit,0.5,2026-01-01,,GB,day,p,d,2026-01-01\n"
RATES_TOML = (
    b'name = "s"\n[source]\nprovider = "p"\ndocument = "d"\n[[rates]]\nproduct = "a"\ntokens = 7\neffective_from = 2026-01-01\n'
)
RATES_JSON = b'{"name": "s", "rates": [{"product": "a", "tokens": "7", "effective_from": "2026-01-01", "source": null}]}'
ACCOUNT = b"""zone = "Europe/London"
[[packs]]
id = "p"
tokens = "500.5"
purchased_on = 2026-01-15
months = 12
price = 1500
currency = "USD"
[[seats]]
user = "ada"
products = ["autocad"]
starts_at = 2026-01-01T08:00:00+01:00
[[products]]
code = "a"
name = "A"
aliases = ["b"]
[[refunds]]
charge_id = "c"
tokens = 1
at = "2026-03-02T08:00Z"
[[transfers]]
tokens = 1
at = 2026-03-02
to_team = "t"
"""
OFFERS = b"""token_price = 3
currency = "USD"
[[seat_offers]]
name = "s"
products = ["a"]
price = 2500
[[pack_offers]]
name = "p"
tokens = 500
price = "1500.5"
at_most = 3
"""
USAGE = (
    b"user,product,opened_at,closed_at,idle,team,machine,version\n"
    b'ann,"autocad",2026-03-02T08:00Z,2026-03-02T12:00Z,2026-03-02T09:00Z/2026-03-02T10:00Z,t,m,2024\n'
)
RESULTS = b"user,product,at,quantity,team,id\nann,cfd,2026-03-02T08:00:00+01:00,2.5,t,r1\n"
PEOPLE = b"First name,Last name,Email address,Team,Groups,Products,From,Until\nZoe,Ng,zoe@studio.example,t,g;h,all,2026-01-01,2026-02-01\n"
TAGS = b"key,value,user,team,product,starts_at,ends_at\ncost,42,ann,,,2026-01-01,\ncost,43,,t,revit,,2026-02-01T00:00Z\n"
EXPORTS = (
    b"Day used,Email,Product,Feature,Team,Tokens used\n2026-03-02,zoe@studio.example,Revit,,Bridges,10.50\n",
    b"sep=;\nday_used;email;product_name;tokens_used\n2026-03-02;zoe@studio.example;Revit;10,50\n2026-03-02;a@b.c;Revit;1.000\n",
    b'hashed_autodesk_id,offering_name,days_used,tokens_used,email\n"h",Revit,3,30,zoe@studio.example\n',
    b"productName,userName,sessionStartDate,sessionEndDate,licenseServerTimeZoneOffset\nRevit,ann,2018-01-02T08:00:00,2018-01-02T09:00:00,-8:00\n",
)
ANSWERS = (
    b'[{"usageMonth":"2015-01-01","contractYear":1,"usageCategory":"CLOUD","uniqueUsers":2,"tokensConsumed":5}]',
    b'{"status":"DONE","result":{"columns":["usageCategory","tokensConsumed"],"rows":[["A",60.0]],"total":1,"offset":0}}',
    b'{"columns":["usageDate","productName","tokens","emailAddress"],"rows":[["2026-03-02","Revit",1.5,"a@b.c"]]}',
    b'{"id": "x", "requestStatus": "SUBMITTED", "reports": []}',
    b'{"fields": ["usageDate"], "metrics": ["tokens"], "where": ""}',
)
ODD = (
    b"[" * 2_000,
    b'{"a":' * 2_000,
    b"a." * 50 + b"a = 1",
    b"a = 0x" + b"f" * 5_000,
    b'["\\ud800"]',
    b"\xff\xfe\0\xd8",
    b"," * 2_000,
)
METADATA = b"Metadata-Version: 2.1\nName: flexlib-x\nVersion: 1.0\n\0[flexlib]\nx = nowhere.at_all:plugin\n"


def found(*patterns: str) -> list[bytes]:
    """Return the examples of some names that are small enough to be seeds."""
    paths = [path for pattern in patterns for path in sorted(EXAMPLES.glob(pattern))]
    return [path.read_bytes() for path in paths if path.stat().st_size < MOST_BYTES]


def parts() -> dict[str, bytes]:
    """Return the parts of a workbook that is an export and a rate sheet."""
    from openpyxl import Workbook

    book = Workbook()
    for row in (["product", "tokens", "effective_from"], ["revit", 10, "2026-01-01"], ["autocad", 0.5, "2026-01-01"]):
        book.active.append(row)
    sheet = book.create_sheet("usage")
    for row in (["day_used", "email", "product_name", "tokens_used"], ["2026-03-02", "a@b.example", "Revit", 10.5]):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist())}


def workbook_of(data: bytes, whole: dict[str, bytes]) -> bytes:
    """Return a workbook after changes: each names a part, a place in it, how much is cut there, and the bytes that are put in."""
    changed = dict(whole)
    rest = io.BytesIO(data)
    while head := rest.read(5):
        part, high, low, cut, length = head.ljust(5, b"\0")
        name = list(whole)[part % len(whole)]
        start = (high << 8 | low) % (len(changed[name]) + 1)
        changed[name] = changed[name][:start] + rest.read(length) + changed[name][start + cut :]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in changed.items():
            archive.writestr(name, content)
    return stream.getvalue()


def changes(whole: dict[str, bytes]) -> Iterator[bytes]:
    """Yield changes of each part: a tag put in at its beginning, and one in its middle."""
    tag = b'<a b="c"/>'
    for number, content in enumerate(whole.values()):
        for start in (0, content.find(b"><", len(content) // 2) + 1):
            yield bytes([number, start >> 8, start & 255, 0, len(tag)]) + tag


def states() -> Iterator[bytes]:
    """Yield saved windows, in each of the formats."""
    from datetime import UTC, datetime, timedelta

    import pyarrow as pa

    from flexlib import Rate, RateBook, RateSheet
    from flexlib.scale import WindowState

    rates = RateBook([RateSheet("s", [Rate("a", 7, effective_from=datetime(2026, 1, 1, tzinfo=UTC))])])
    opened = [datetime(2026, 3, day, 8, tzinfo=UTC) for day in (2, 3)]
    frame = pa.table(
        {
            "user": ["ann", "bob"],
            "product": ["a", "a"],
            "opened_at": opened,
            "closed_at": [at + timedelta(hours=2) for at in opened],
        }
    )
    state = WindowState.empty().append(frame, rates).state
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".arrow", ".parquet"):
            path = Path(folder, f"state{suffix}")
            state.save(path)
            yield path.read_bytes()


def meters() -> list[bytes]:
    """Return the saved state of a meter."""
    from datetime import UTC, datetime

    from flexlib import Meter, Rate, RateBook, RateSheet, Session

    start = datetime(2026, 1, 1, tzinfo=UTC)
    meter = Meter(RateBook([RateSheet("s", [Rate("a", 7, effective_from=start)])]))
    meter.feed([Session("ann", "a", start, start.replace(hour=9))])
    return [meter.save().encode()]


def read_metadata(data: bytes, folder: Path) -> None:
    """Load the plugins of a distribution with any metadata: those of it that fail are reported, and none raises."""
    from flexlib import load_plugins

    home = folder / "flexlib_x-1.0.dist-info"
    home.mkdir(exist_ok=True)
    about, _, points = data.partition(b"\0")
    (home / "METADATA").write_bytes(about)
    (home / "entry_points.txt").write_bytes(points)
    sys.path.insert(0, str(folder))
    try:
        for failure in load_plugins().failures:
            str(failure)
    finally:
        sys.path.remove(str(folder))


def of_file(read: Callable[[Path], object], suffix: str, folder: Path) -> Callable[[bytes], None]:
    """Return what gives some bytes to a reader of files."""
    path = folder / f"input{suffix}"

    def take(data: bytes) -> None:
        path.write_bytes(data)
        read(path)

    return take


def target(name: str, folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Return what takes the bytes of an input, and the seeds."""
    from flexlib import Meter, RateBook
    from flexlib.formats import rate_sheets, read_export, read_exports, read_offers, read_people, read_tags
    from flexlib.formats.accounts import read_account
    from flexlib.formats.usage import read_usage

    if name in {"rates-xlsx", "export-xlsx"}:
        from flexlib.formats.workbooks import read_workbook

        read = read_export if name == "export-xlsx" else lambda path: rate_sheets.sheet_of_table(read_workbook(path))
        whole = parts()
        take = of_file(read, ".xlsx", folder)
        return lambda data: take(workbook_of(data, whole)), list(changes(whole))
    if name.startswith("state"):
        from flexlib.scale import WindowState

        suffix = name.removeprefix("state")
        return of_file(WindowState.load, suffix, folder), list(states())
    if name == "large-usage":
        return of_file(large_and_typed, ".csv", folder), [USAGE, *found("*/*sessions*.csv", "*/usage*.csv")]
    if name == "meter":
        return lambda data: Meter.resume(data.decode("utf-8", "surrogateescape"), RateBook([])), meters()
    if name == "plugins":
        return lambda data: read_metadata(data, folder), [METADATA]
    readers = {
        "rates-toml": (rate_sheets.read_toml_sheet, ".toml", [RATES_TOML, *found("*/*rates*.toml")]),
        "rates-json": (rate_sheets.read_json_sheet, ".json", [RATES_JSON, *found("*/*rates*.json")]),
        "rates-csv": (rate_sheets.read_csv_sheet, ".csv", [RATES, *found("*/*rates*.csv")]),
        "account": (read_account, ".toml", [ACCOUNT, *found("*/*account*.toml")]),
        "offers": (read_offers, ".toml", [OFFERS, *found("*/*offers*.toml")]),
        "usage": (read_usage, ".csv", [USAGE, RESULTS, *found("*/usage*.csv")]),
        "people": (read_people, ".csv", [PEOPLE, *found("*/*people*.csv")]),
        "tags": (read_tags, ".csv", [TAGS, *found("*/*tags*.csv")]),
        "export-csv": (lambda path: read_exports([path, path]), ".csv", [*EXPORTS, *found("exports/*.csv")]),
        "export-json": (lambda path: read_exports([path, path]), ".json", [*ANSWERS, *found("exports/*.json")]),
    }
    read, suffix, seeds = readers[name]
    return of_file(read, suffix, folder), seeds


def large_and_typed(path: Path) -> None:
    """Read a file in columns and as values, which must hold the same."""
    from flexlib.formats.large_usage import read_large_usage
    from flexlib.formats.session_header import session_header
    from flexlib.formats.usage import read_usage

    header = session_header(path)
    large = read_large_usage(path, header, None) if header else None
    if large:
        typed = read_usage(path)
        assert large.table.sessions() == typed.rows
        assert [str(problem) for problem in large.problems] == [str(problem) for problem in typed.problems]


NAMES = [
    *("rates-toml", "rates-json", "rates-csv", "rates-xlsx", "account", "offers", "usage", "large-usage", "people", "tags"),
    *("export-csv", "export-json", "export-xlsx", "state.arrow", "state.parquet", "meter", "plugins"),
]


def fuzz(name: str, arguments: list[str]) -> None:
    """Fuzz a reader in this process, with arguments for libFuzzer."""
    import atheris

    with atheris.instrument_imports(include=["flexlib", "tomllib", "json", "openpyxl"]):
        from flexlib import FlexError

        folder = Path(tempfile.mkdtemp())
        take, _ = target(name, folder)

    def one(data: bytes) -> None:
        try:
            take(data)
        except FlexError as error:
            str(error)

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def say(text: str) -> None:
    """Print a text at once."""
    print(text, flush=True)  # noqa: T201  # it is a program


def main() -> int:
    """Fuzz some readers, each in a process of its own; return how many broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", choices=[[], *NAMES], help="the readers; all without any")
    parser.add_argument("--seconds", type=int, default=60, help="how long each is fuzzed")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir(), "flexlib-fuzz"), help="where inputs are kept")
    parser.add_argument("--replay", type=Path, help="an input to give to one reader, instead of fuzzing")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = given.readers or NAMES
    if given.replay:
        with tempfile.TemporaryDirectory() as folder:
            target(names[0], Path(folder))[0](given.replay.read_bytes())
        return 0
    if given.inside:
        corpus = given.corpus / names[0]
        limits = [f"-timeout={LONGEST_SECONDS}", f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={MOST_BYTES}"]
        fuzz(
            names[0],
            [*limits, f"-max_total_time={given.seconds}", "-print_final_stats=1", f"-artifact_prefix={corpus}-", str(corpus)],
        )
    broken = []
    for name in names:
        corpus = given.corpus / name
        corpus.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for number, seed in enumerate([*ODD, *target(name, Path(folder))[1]]):
                (corpus / f"seed-{number}").write_bytes(seed)
        command = [sys.executable, __file__, name, "--inside", "--seconds", str(given.seconds), "--corpus", str(given.corpus)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
        told = [line for line in done.stderr.splitlines() if line.startswith(("stat::number_of_executed", "stat::peak_rss"))]
        last = [line for line in done.stderr.splitlines() if " cov: " in line][-1:]
        say(json.dumps({"reader": name, "code": done.returncode, "stats": told, "last": last}))
        if done.returncode:
            broken.append(name)
            say(f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    return len(broken)


if __name__ == "__main__":
    sys.exit(main())

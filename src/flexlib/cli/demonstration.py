"""``flexlib demo``: the report on a made-up firm, for which no file is needed."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from flexlib.cli.console import console
from flexlib.cli.job import Job
from flexlib.cli.options import PATH, instant, json_option, write_json
from flexlib.cli.pages import PageFile, html_option
from flexlib.cli.render import show
from flexlib.cli.report import make_report
from flexlib.errors import FlexError

FILES = Path(__file__).parent / "demo"
ZONE = "Europe/London"
AT = "2026-04-03"
_MADE_UP = (
    "A demo: twelve people who do not exist, a quarter of sessions and three packs, all made up. The rates are published ones.\n"
)
_TITLE = "Autodesk Flex tokens of a made-up studio"


@click.command()
@html_option
@click.option(
    "--into",
    type=PATH,
    metavar="FOLDER",
    help="Write the demo's files into a folder, to try the other commands on; none is replaced.",
)
@json_option
def demo(*, html: Path | None, into: Path | None, as_json: bool) -> None:
    """Report on a made-up studio: a first look, for which no file is needed."""
    if into is not None and as_json:
        raise click.UsageError("--json writes the report, and with --into there is none: leave one of them out.")
    page = PageFile(html) if html else None
    if into is not None:
        _write_files(into)
        click.echo(_what_next(into))
    if page is None and into is not None:
        return
    zone = ZoneInfo(ZONE)
    at = instant(date.fromisoformat(AT), zone)
    case = Job((FILES,), (), (), None, zone, None, None).case()
    if page is not None:
        page.write(case, at, zone, title=_TITLE)
    if as_json:
        write_json(make_report(case, at, zone).as_json())
    elif page is not None:
        click.echo(f"{page.path} holds the report on a made-up studio: open it in a browser.")
    else:
        click.echo(_MADE_UP)
        show(make_report(case, at, zone), zone, console())


def _write_files(folder: Path) -> None:
    """Write the demo's files into a folder, all or none where one of them is there."""
    there = [path for path in (folder / file.name for file in sorted(FILES.iterdir())) if path.exists()]
    if there:
        raise FlexError(f"{there[0]} is there already, and the demo replaces nothing: name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES.iterdir():
            with (folder / file.name).open("xb") as copy:
                copy.write(file.read_bytes())
    except OSError as error:
        raise FlexError(f"the demo cannot be written into {folder}: {error.strerror or error}") from error


def _what_next(folder: Path) -> str:
    name = shlex.quote(str(folder))
    return (
        f"A made-up studio is in {folder}. Try:\n"
        f"  flexlib report {name} --at {AT} --zone {ZONE}\n"
        f"  flexlib report {name} --at {AT} --zone {ZONE} --html page.html\n"
        f"  flexlib summary {name} --by month,team --zone {ZONE}\n"
        f"  flexlib explain ada@studio.example autocad 2026-03-03 {name} --zone {ZONE}"
    )

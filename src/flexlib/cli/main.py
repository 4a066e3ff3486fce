"""The ``flexlib`` command: its options, its exit codes, and what it says where something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import click

from flexlib.cli.completion import completion
from flexlib.cli.console import console, printable, say
from flexlib.cli.demonstration import demo
from flexlib.cli.explaining import find_use
from flexlib.cli.exporting import export
from flexlib.cli.importing import import_
from flexlib.cli.job import Job
from flexlib.cli.jobs import JobGroup
from flexlib.cli.options import (
    SET_ASIDE,
    Moment,
    MomentType,
    at_option,
    instant,
    instant_or_now,
    name_unread,
    usage_options,
    write_json,
)
from flexlib.cli.pages import PageFile, html_option
from flexlib.cli.plan_commands import plan
from flexlib.cli.rates_commands import plugins, rates
from flexlib.cli.reconciling import reconcile_
from flexlib.cli.render import page_line, show
from flexlib.cli.reporting import report_of, report_with_page
from flexlib.cli.summary import summary
from flexlib.errors import FlexError


class _Flexlib(JobGroup):
    """Says what went wrong in one message on standard error, with exit code 1 and no traceback."""

    jobs: ClassVar[Mapping[str, Sequence[str]]] = {
        "See what was charged": ["demo", "report", "summary", "explain"],
        "Check it against the vendor": ["reconcile"],
        "Plan": ["plan"],
        "Keep it and pass it on": ["import", "export"],
        "Rates and plugins": ["rates", "plugins"],
        "This command": ["completion"],
    }

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FlexError as error:
            raise click.ClickException(printable(str(error))) from error
        except UnicodeEncodeError as error:  # a lone surrogate out of a JSON file, or a terminal that knows few letters
            letters = ascii(error.object[error.start : error.end])
            raise click.ClickException(f"{letters} cannot be written in the encoding {error.encoding}") from error


@click.group(cls=_Flexlib, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("flexlib"), prog_name="flexlib")
def main() -> None:
    """Autodesk Flex tokens: what was charged, why, and what is left.

    Start with `flexlib demo`, which needs no file, or with `flexlib report` and an export from Autodesk Account.

    Exit codes: 0 all well; 1 it could not be done; 2 the command was given wrongly; 3 done, but rows were set aside.
    """


@main.command()
@usage_options
@at_option
@html_option
@click.pass_context
def report(ctx: click.Context, /, at: Moment | None, *, html: Path | None, as_json: bool, **given: object) -> None:
    """Report what was charged, by product, user and day, and what the pool holds: as tables, a page or JSON.

    PATHS are files, or folders of files: sessions and results (CSV), the vendor's exports (CSV, XLSX, JSON), histories, packs, seats and
    products (TOML), rate sheets (TOML, JSON, CSV, XLSX). Sessions without a rate sheet are charged by the installed rate providers; an
    export says itself what was charged.
    """
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    moment = instant_or_now(at, job.zone)
    if html is None:
        made, unread = report_of(job, moment, quiet=as_json)
    else:
        made, unread = report_with_page(job, moment, PageFile(html), quiet=as_json)
    if as_json:
        write_json(made.as_json())
    elif html is not None:
        click.echo(page_line(made, html))
        name_unread(unread)
    else:
        show(made, job.zone, console())
        name_unread(unread)
    if made.set_aside:
        ctx.exit(SET_ASIDE)


@main.command()
@click.argument("user")
@click.argument("product")
@click.argument("time", type=MomentType())
@usage_options
@click.pass_context
def explain(ctx: click.Context, /, user: str, product: str, time: Moment, *, as_json: bool, **given: object) -> None:
    """Explain what a user's use of a product at a time cost, or why it was free.

    TIME is an instant, or a date for all use that day. PATHS are the same as for report. Of an export, the rows of the day are explained.
    """
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    case = job.case()
    start = instant(time, job.zone)
    end = instant(time + timedelta(days=1), job.zone) if isinstance(time, date) else start + timedelta(microseconds=1)
    day = time if isinstance(time, date) else start.date()
    found = find_use(case, user, product, start, end, day)
    if as_json:
        write_json({"schema": "flexlib-explain/1", "uses": found.as_json()})
    else:
        for text in found.in_words():
            say(text)
    if case.inputs.problems or any(account.error for account in found.accounts):
        ctx.exit(SET_ASIDE)


main.add_command(completion)
main.add_command(demo)
main.add_command(export)
main.add_command(import_)
main.add_command(plan)
main.add_command(plugins)
main.add_command(rates)
main.add_command(reconcile_)
main.add_command(summary)

"""``flexlib export``: what flexlib knows, in the forms that other programs read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs
import click
from rich.text import Text

from flexlib.cli.console import console, section
from flexlib.cli.job import Job
from flexlib.cli.jobs import JobGroup
from flexlib.cli.options import PATH, SET_ASIDE, Moment, MomentType, instant, name_unread, usage_options, write_json
from flexlib.cli.values import as_json as json_value
from flexlib.cli.values import rows_set_aside, uses_set_aside
from flexlib.errors import FlexError
from flexlib.formats import read_tags, write_focus
from flexlib.formats.focus.writing import BILLING_ACCOUNT_ID
from flexlib.model.amounts import ZERO, counted, plain
from flexlib.reports import UnusedRule

SCHEMA = "flexlib-focus/1"


@click.group(cls=JobGroup)
def export() -> None:
    """Write what was charged in a form that other programs read."""


def _refuse_among_inputs(out: Path, paths: Iterable[Path]) -> None:
    """Raise `FlexError` where a CSV file would be read with the others of its folder the next time."""
    folder = next((path for path in paths if path.is_dir() and path.resolve() == out.resolve().parent), None)
    if folder is not None and out.suffix.lower() == ".csv":
        raise FlexError(f"{out} would be read with the other files of {folder} the next time: write it to another folder")


@export.command()
@usage_options
@click.option("--out", type=PATH, required=True, metavar="FILE", help="The file to write: .csv or .parquet.")
@click.option("--until", type=MomentType(), help="Leave out what happens later; without it, the whole life of the packs.")
@click.option(
    "--unused",
    type=click.Choice([rule.value for rule in UnusedRule]),
    default=UnusedRule.SEPARATE.value,
    show_default=True,
    help="Who bears what expired unused.",
)
@click.option("--tags", type=PATH, metavar="FILE", help="A CSV file of projects, cost centres and other tags.")
@click.option(
    "--billing-account", metavar="ID", default=BILLING_ACCOUNT_ID, show_default=True, help="The id of the account with the vendor."
)
@click.option("--currency", metavar="CODE", help="The currency of charges that no pack paid; that of the first pack unless given.")
@click.pass_context
def focus(
    ctx: click.Context,
    /,
    *,
    out: Path,
    until: Moment | None,
    unused: str,
    tags: Path | None,
    billing_account: str,
    currency: str | None,
    as_json: bool,
    **given: object,
) -> None:
    """Write a FOCUS 1.2 file of costs and usage, for cost tools and chargeback.

    PATHS are the same as for report; each pack needs its price and currency.
    """
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    _refuse_among_inputs(out, (*job.paths, *job.rate_files))
    case = job.case()
    written = write_focus(
        case.ledger,
        out,
        billing_account_id=billing_account,
        currency=currency,
        until=None if until is None else instant(until, job.zone),
        unused=UnusedRule(unused),
        tags=read_tags(tags, catalog=case.inputs.catalog, zone=job.zone) if tags else None,
        catalog=case.inputs.catalog,
    )
    set_aside = [*rows_set_aside(case.inputs.problems), *uses_set_aside(case.accounts)]
    if as_json:
        write_json(json_value({"schema": SCHEMA, **attrs.asdict(written), "set_aside": [attrs.asdict(item) for item in set_aside]}))
    else:
        to = console()
        rows, tokens = counted(written.rows, "row"), counted(written.tokens, "token")
        to.print(Text(f"{rows} with {tokens} written to {out}."), soft_wrap=True)
        for code, billed in written.billed.items():
            effective, left = written.effective.get(code, ZERO), written.left.get(code, ZERO)
            to.print(Text(f"{plain(billed)} {code} billed, {plain(effective)} effective, {plain(left)} still unused."))
        section(to, "Set aside, and not in the file", [f"{item.where}: {item.reason}" for item in set_aside])
        name_unread(case.inputs.unread)
    if set_aside:
        ctx.exit(SET_ASIDE)

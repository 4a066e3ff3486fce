"""``flexlib summary``: what was charged, by whatever it is grouped by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import click
from attrs import evolve, frozen
from rich.console import Console
from rich.text import Text

from flexlib.charging.explanation import JsonValue
from flexlib.cli.console import console, say, section, table
from flexlib.cli.job import Case, Job
from flexlib.cli.options import PATH, SET_ASIDE, name_unread, usage_options, write_json
from flexlib.cli.planning import DayType
from flexlib.cli.reporting import case_of
from flexlib.cli.values import SetAside, as_json, rows_set_aside, uses_set_aside
from flexlib.errors import InvalidValueError
from flexlib.formats import read_tags
from flexlib.reports import PriceAllocation, Summary, SummaryRow, allocate_prices, summarize
from flexlib.reports.page.wording import money
from flexlib.reports.summary_forms import Cell, as_text, hour_name

SCHEMA = "flexlib-summary/1"
TABLE, CSV, JSON, MARKDOWN = "table", "csv", "json", "markdown"


@frozen
class _Made:
    """A summary, and what is in none of its figures."""

    summary: Summary
    zone: str
    charges_from: str
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        rows = json.loads(self.summary.to_json())
        head = {"schema": SCHEMA, "by": self.summary.by, "zone": self.zone, "charges_from": self.charges_from}
        return as_json({**head, **rows, "set_aside": [attrs.asdict(item) for item in self.set_aside]})


@click.command()
@usage_options
@click.option(
    "--by",
    default="product",
    show_default=True,
    metavar="NAMES",
    help="What to group by: product, user, team, day, week, month, hour (of the week), or the tags of --tags; several with commas.",
)
@click.option("--first-day", type=DayType(), help="Leave out what was charged before this day.")
@click.option("--last-day", type=DayType(), help="Leave out what was charged after this day.")
@click.option("--tags", type=PATH, metavar="FILE", help="A CSV file of projects, cost centres and other tags.")
@click.option("--largest-first", is_flag=True, help="List the rows with the most tokens first.")
@click.option("--format", "form", type=click.Choice([TABLE, CSV, JSON, MARKDOWN]), help="How it is written; a table unless given.")
@click.pass_context
def summary(
    ctx: click.Context,
    /,
    *,
    by: str,
    first_day: date | None,
    last_day: date | None,
    tags: Path | None,
    largest_first: bool,
    form: str | None,
    as_json: bool,
    **given: object,
) -> None:
    """Sum up what was charged by product, user, month, project or whatever you name, as a table, CSV, JSON or Markdown.

    PATHS are the same as for report. Where every pack has a price, the rows tell what the tokens cost, too.
    """
    if as_json and form not in {None, JSON}:
        raise click.UsageError(f"--json and --format {form} are two forms: leave one of them out.")
    form = JSON if as_json else form or TABLE
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    case = case_of(job, quiet=form == JSON)
    charges = [
        charge for charge in case.ledger.charges if (first_day or date.min) <= charge.day(job.zone) <= (last_day or date.max)
    ]
    known = read_tags(tags, catalog=case.inputs.catalog, zone=job.zone) if tags else None
    try:
        made = summarize(charges, _names(by), zone=job.zone, tags=known, prices=_prices(case))
    except InvalidValueError as error:
        raise click.BadParameter(str(error), param_hint="'--by'") from error
    made = _with_names(made, {product.code: product.name for product in case.inputs.products})
    made = made.largest_first() if largest_first else made
    set_aside = [*rows_set_aside(case.inputs.problems), *uses_set_aside(case.accounts)]
    _write(_Made(made, str(job.zone), case.source, set_aside), form)
    if form != JSON:
        name_unread(case.inputs.unread)
    if set_aside:
        ctx.exit(SET_ASIDE)


def _names(by: str) -> list[str]:
    """Return names that have commas between them."""
    return [name.strip() for name in by.split(",") if name.strip()]


def _prices(case: Case) -> PriceAllocation | None:
    """Return what tokens cost; None where no pack has a price, and, with a line on standard error, where only some have."""
    packs = case.ledger.packs
    unpriced = [pack.id for pack in packs if pack.price is None or pack.currency is None]
    if not unpriced:
        return allocate_prices(case.ledger) if packs else None
    if len(unpriced) < len(packs):
        say(f"No costs are told, as these packs have no price or no currency: {', '.join(unpriced)}", err=True)
    return None


def _with_names(made: Summary, names: Mapping[str, str]) -> Summary:
    """Return a summary in which products have their names instead of their codes."""
    if "product" not in made.by:
        return made
    place = made.by.index("product")
    rows = [
        evolve(row, key=(*row.key[:place], names.get(str(row.key[place]), str(row.key[place])), *row.key[place + 1 :]))
        for row in made.rows
    ]
    return Summary(made.by, tuple(sorted(rows, key=_order)), made.total)


def _order(row: SummaryRow) -> list[tuple[bool, str]]:
    return [(part is not None, f"{part:03}" if isinstance(part, int) else str(part)) for part in row.key]


def _write(made: _Made, form: str) -> None:
    if form == JSON:
        write_json(made.as_json())
    elif form == TABLE:
        _show(made, console())
    else:
        click.echo(made.summary.to_csv() if form == CSV else made.summary.to_markdown(), nl=False)
        for item in made.set_aside:
            say(f"Set aside: {item.where}: {item.reason}", err=True)


def _show(made: _Made, to: Console) -> None:
    keys, columns = made.summary.by, made.summary.columns
    titles = [f"cost {name[5:].upper()}" if name.startswith("cost_") else name for name in columns]
    rows = [[Text(_shown(name, row[name])) for name in columns] for row in made.summary.as_rows()]
    shown = table(titles, rows, left=range(len(keys)))
    if keys:
        [whole] = Summary((), (made.summary.total,), made.summary.total).as_rows()
        shown.add_section()
        shown.add_row("all", *[""] * (len(keys) - 1), *(_shown(*cell) for cell in whole.items()), style="bold")
    to.print(shown)
    section(to, "Set aside, and not in any figure", [f"{item.where}: {item.reason}" for item in made.set_aside])


def _shown(column: str, cell: Cell) -> str:
    if column.startswith("cost_") and isinstance(cell, Decimal):
        return money(cell, column[5:].upper())
    return hour_name(cell) if column == "hour" and isinstance(cell, int) else as_text(cell)

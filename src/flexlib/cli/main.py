"""The ``flexlib`` command: its options, its exit codes, and what it says where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from attrs import evolve, frozen

from flexlib.charging.accounts import UseAccount, explain_usage
from flexlib.charging.explanation import Explanation
from flexlib.cli.inputs import Inputs, read_inputs
from flexlib.cli.render import console, show
from flexlib.cli.report import ledger_of, make_report
from flexlib.errors import FlexError
from flexlib.formats.times import parse_day, parse_instant
from flexlib.model.instants import day_start
from flexlib.model.ratebook import RateBook
from flexlib.model.usage import Session
from flexlib.pool.ledger import Ledger
from flexlib.providers.guard import PluginFailure
from flexlib.providers.published import products_of
from flexlib.providers.registry import load_plugins

SET_ASIDE = 3

F = TypeVar("F", bound=Callable[..., object])


class _Flexlib(click.Group):
    """Says what went wrong in one message on standard error, with exit code 1 and no traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FlexError as error:
            raise click.ClickException(str(error)) from error


class _Zone(click.ParamType[tzinfo]):
    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        if isinstance(value, tzinfo):
            return value
        try:
            return UTC if value == "UTC" else ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone: give an IANA name such as Europe/London", param, ctx)


class _Moment(click.ParamType[date | str]):
    """A date, which the zone of the command makes an instant, or an instant with a zone of its own."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date | str:
        if isinstance(value, date):
            return value
        text = str(value)
        try:
            return parse_day(text) if len(text) == len("2026-03-02") else text
        except ValueError as error:
            self.fail(str(error), param, ctx)


@frozen
class _Options:
    paths: tuple[Path, ...]
    rate_files: tuple[Path, ...]
    precedence: tuple[str, ...]
    region: str | None
    zone: tzinfo
    times_in: tzinfo | None

    def read(self) -> tuple[Inputs, RateBook]:
        plugins = load_plugins()
        inputs = read_inputs(self.paths, self.rate_files, self.times_in, plugins)
        if not inputs.usage and not inputs.problems:
            raise click.ClickException(f"no sessions or results in {', '.join(map(str, self.paths))}: give a CSV file of them")
        failures: list[PluginFailure] = []
        if inputs.sheets:
            book = RateBook(inputs.sheets, precedence=self.precedence, groups=plugins.groups)
        else:
            book, failures = plugins.rate_book(self.region, self.precedence)
            inputs = inputs if inputs.products else evolve(inputs, products=products_of(book))
        for failure in (*plugins.failures, *failures):
            click.echo(f"Warning: {failure}", err=True)
        return inputs, book

    def instant(self, moment: date | str) -> datetime:
        if isinstance(moment, date):
            return day_start(moment, self.zone)
        try:
            return parse_instant(moment, self.zone)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error


def _shared(command: F) -> F:
    options = [
        click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path)),
        click.option(
            "--rates", "rate_files", multiple=True, type=click.Path(path_type=Path), help="A rate sheet; may be repeated."
        ),
        click.option("--precedence", multiple=True, metavar="NAME", help="The sheet or provider to trust where rates disagree."),
        click.option("--region", help="The region whose rates go first."),
        click.option("--zone", type=_Zone(), default="UTC", show_default=True, help="The zone of days and dates."),
        click.option("--times-in", type=_Zone(), help="The zone of times in the files that name none."),
        click.option("--json", "as_json", is_flag=True, help="Write JSON instead of tables."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=_Flexlib, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("flexlib"), prog_name="flexlib")
def main() -> None:
    """Autodesk Flex tokens: what was charged, why, and what is left.

    Exit codes: 0 all well; 1 it could not be done; 2 the command was given wrongly; 3 done, but rows were set aside.
    """


@main.command()
@_shared
@click.option("--at", type=_Moment(), help="The instant of the report: a date, or an instant with a zone. Now unless given.")
@click.pass_context
def report(ctx: click.Context, /, at: date | str | None, *, as_json: bool, **given: object) -> None:
    """Report what was charged, by product, user and day, and what the pool holds.

    PATHS are files, or folders of files: sessions and results (CSV), packs, seats and products (TOML), rate sheets (TOML, JSON, CSV).
    Without a rate sheet, the installed rate providers are asked.
    """
    options = _Options(**given)  # type: ignore[arg-type]  # click gives what the options above say
    inputs, rates = options.read()
    moment = datetime.now(UTC) if at is None else options.instant(at)
    made = make_report(inputs, rates, moment, options.zone, options.region)
    if as_json:
        click.echo(json.dumps(made.as_json(), indent=2, ensure_ascii=False))
    else:
        show(made, options.zone, console())
        _name_unread(inputs)
    if made.set_aside:
        ctx.exit(SET_ASIDE)


@main.command()
@click.argument("user")
@click.argument("product")
@click.argument("time", type=_Moment())
@_shared
@click.pass_context
def explain(ctx: click.Context, /, user: str, product: str, time: date | str, *, as_json: bool, **given: object) -> None:
    """Explain what a user's use of a product at a time cost, or why it was free.

    TIME is an instant, or a date for all use that day. PATHS are the same as for report.
    """
    options = _Options(**given)  # type: ignore[arg-type]  # click gives what the options above say
    inputs, rates = options.read()
    catalog = inputs.catalog
    code = catalog.resolve(product).code if catalog else product
    accounts = explain_usage(inputs.usage, rates, region=options.region, seats=inputs.seats, catalog=catalog)
    ledger = ledger_of(inputs, accounts)
    start = options.instant(time)
    end = options.instant(time + timedelta(days=1)) if isinstance(time, date) else start + timedelta(microseconds=1)
    own = [account for account in accounts if account.use.user == user and _code(account, inputs) == code]
    found = [account for account in own if _in_use(account, start, end)]
    if not found:
        raise click.ClickException(_nothing_found(user, product, start, own))
    if as_json:
        uses = [
            {**account.explain().data, "charges": [dict(ledger.explain(charge).data) for charge in account.charges]}
            for account in found
        ]
        click.echo(json.dumps({"schema": "flexlib-explain/1", "uses": uses}, indent=2, ensure_ascii=False))
    else:
        for account in found:
            click.echo(_in_words(account, ledger))
    if inputs.problems or any(account.error for account in found):
        ctx.exit(SET_ASIDE)


def _in_words(account: UseAccount, ledger: Ledger) -> str:
    """Return the account of a use, and after it how each of its charges was paid."""
    use = account.explain()
    paid = [ledger.explain(charge) for charge in account.charges]
    lines = [*use.lines, *(line for explanation in paid for line in explanation.lines if line not in use.lines)]
    rules = [*use.rules, *(rule for explanation in paid for rule in explanation.rules)]
    return str(Explanation(tuple(lines), tuple(rules), use.data))


def _code(account: UseAccount, inputs: Inputs) -> str:
    catalog = inputs.catalog
    return catalog.resolve(account.use.product).code if catalog and not account.error else account.use.product


def _in_use(account: UseAccount, start: datetime, end: datetime) -> bool:
    closed = account.use.closed_at if isinstance(account.use, Session) else None
    return account.at < end and (account.at >= start or (closed is not None and closed > start))


def _nothing_found(user: str, product: str, at: datetime, own: list[UseAccount]) -> str:
    if not own:
        return f"{user} never used {product} in these files"
    nearest = min(own, key=lambda account: abs(account.at - at))
    return f"{user} did not use {product} at {at.isoformat()}; the nearest use began at {nearest.at.isoformat()}"


def _name_unread(inputs: Inputs) -> None:
    if inputs.unread:
        click.echo(f"Not read: {', '.join(str(path) for path in inputs.unread)}", err=True)

"""The ``flexlib`` command: its options, its exit codes, and what it says where something is wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from importlib.metadata import version
from pathlib import Path

import click
from attrs import evolve, frozen

from flexlib.charging.accounts import UseAccount, explain_usage
from flexlib.charging.explanation import Explanation, JsonValue
from flexlib.cli.console import console
from flexlib.cli.inputs import Inputs, read_inputs, require_usage
from flexlib.cli.options import (
    SET_ASIDE,
    Moment,
    MomentType,
    at_option,
    instant,
    instant_or_now,
    name_unread,
    usage_options,
    warn,
    write_json,
)
from flexlib.cli.rates_commands import plugins, rates
from flexlib.cli.render import show
from flexlib.cli.report import ledger_of, make_report
from flexlib.errors import FlexError
from flexlib.model.ratebook import RateBook
from flexlib.model.usage import Session
from flexlib.pool.ledger import Ledger
from flexlib.providers.guard import PluginFailure
from flexlib.providers.published import products_of
from flexlib.providers.registry import load_plugins


class _Flexlib(click.Group):
    """Says what went wrong in one message on standard error, with exit code 1 and no traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except FlexError as error:
            raise click.ClickException(str(error)) from error


@frozen
class _Options:
    paths: tuple[Path, ...]
    rate_files: tuple[Path, ...]
    precedence: tuple[str, ...]
    region: str | None
    zone: tzinfo
    times_in: tzinfo | None

    def read(self) -> tuple[Inputs, RateBook]:
        registry = load_plugins()
        inputs = read_inputs(self.paths, self.rate_files, self.times_in, registry)
        require_usage(inputs, self.paths)
        failures: list[PluginFailure] = []
        if inputs.sheets:
            book = RateBook(inputs.sheets, precedence=self.precedence, groups=registry.groups)
            if self.region is not None:
                book.check_region(self.region)
        else:
            book, failures = registry.rate_book(self.region, self.precedence)
            inputs = inputs if inputs.products else evolve(inputs, products=products_of(book))
        warn((*registry.failures, *failures))
        return inputs, book


@click.group(cls=_Flexlib, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("flexlib"), prog_name="flexlib")
def main() -> None:
    """Autodesk Flex tokens: what was charged, why, and what is left.

    Exit codes: 0 all well; 1 it could not be done; 2 the command was given wrongly; 3 done, but rows were set aside.
    """


@main.command()
@usage_options
@at_option
@click.pass_context
def report(ctx: click.Context, /, at: Moment | None, *, as_json: bool, **given: object) -> None:
    """Report what was charged, by product, user and day, and what the pool holds.

    PATHS are files, or folders of files: sessions and results (CSV), packs, seats and products (TOML), rate sheets (TOML, JSON, CSV).
    Without a rate sheet, the installed rate providers are asked.
    """
    options = _Options(**given)  # type: ignore[arg-type]  # click gives what the options above say
    inputs, book = options.read()
    moment = instant_or_now(at, options.zone)
    made = make_report(inputs, book, moment, options.zone, options.region)
    if as_json:
        write_json(made.as_json())
    else:
        show(made, options.zone, console())
        name_unread(inputs.unread)
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

    TIME is an instant, or a date for all use that day. PATHS are the same as for report.
    """
    options = _Options(**given)  # type: ignore[arg-type]  # click gives what the options above say
    inputs, book = options.read()
    catalog = inputs.catalog
    code = catalog.resolve(product).code if catalog else product
    accounts = explain_usage(inputs.usage, book, region=options.region, seats=inputs.seats, catalog=catalog)
    ledger = ledger_of(inputs, accounts)
    start = instant(time, options.zone)
    end = instant(time + timedelta(days=1), options.zone) if isinstance(time, date) else start + timedelta(microseconds=1)
    own = [account for account in accounts if account.use.user == user and _code(account, inputs) == code]
    found = [account for account in own if _in_use(account, start, end)]
    if not found:
        raise click.ClickException(_nothing_found(user, product, start, own))
    if as_json:
        uses: list[JsonValue] = [
            {**account.explain().data, "charges": [dict(ledger.explain(charge).data) for charge in account.charges]}
            for account in found
        ]
        write_json({"schema": "flexlib-explain/1", "uses": uses})
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


main.add_command(plugins)
main.add_command(rates)

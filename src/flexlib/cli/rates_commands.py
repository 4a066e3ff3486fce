"""``flexlib plugins`` and ``flexlib rates``: their options, exit codes and output."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

import click
from attrs import evolve
from click.core import ParameterSource

from flexlib.cli.console import console, say
from flexlib.cli.inputs import Inputs, read_inputs, require_usage
from flexlib.cli.jobs import JobGroup
from flexlib.cli.options import (
    PATH,
    SET_ASIDE,
    WRONG,
    Moment,
    MomentType,
    at_option,
    instant,
    instant_or_now,
    json_option,
    name_unread,
    only_option,
    precedence_option,
    rates_option,
    region_option,
    times_in_option,
    warn,
    write_json,
    zone_option,
)
from flexlib.cli.plugins import list_plugins
from flexlib.cli.rates import check_sheet, checks_as_json, list_rates
from flexlib.cli.rates_diff import Side, compare
from flexlib.cli.render_plugins import show_plugins
from flexlib.cli.render_rates import show_diff, show_rates
from flexlib.cli.sheets import INSTALLED, Origin, book_of, both_books, check_region, in_files, installed
from flexlib.model.ratebook import RateBook
from flexlib.providers.published import products_of
from flexlib.providers.registry import PluginRegistry, load_plugins


@click.command()
@json_option
@click.pass_context
def plugins(ctx: click.Context, /, *, as_json: bool) -> None:
    """List the plugins, the rate providers that they bring, and the plugins that failed.

    Exit code 3 where a plugin failed.
    """
    listed = list_plugins(load_plugins())
    if as_json:
        write_json(listed.as_json())
    else:
        show_plugins(listed, console())
    if listed.failures:
        ctx.exit(SET_ASIDE)


@click.group(cls=JobGroup, invoke_without_command=True)
@at_option
@region_option
@click.option("--product", "products", multiple=True, metavar="NAME", help="List only this product; may be repeated.")
@rates_option
@precedence_option
@only_option
@zone_option
@json_option
@click.pass_context
def rates(
    ctx: click.Context,
    /,
    *,
    at: Moment | None,
    region: str | None,
    products: tuple[str, ...],
    rate_files: tuple[Path, ...],
    precedence: tuple[str, ...],
    only: tuple[str, ...],
    zone: tzinfo,
    as_json: bool,
) -> None:
    """List the rates in force, and the conflicts among them; or compare or check rate sheets with a command below.

    The rates are those of the files that --rates names, else those of the installed providers.
    Exit code 3 where sheets disagree on the rate of a product and no --precedence says which to trust.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options_before(ctx, ctx.invoked_subcommand)
        return
    if only and rate_files:
        raise click.UsageError("--only chooses among the installed providers, which are not asked where --rates names files.")
    registry = load_plugins(only=only or None)
    moment = instant_or_now(at, zone)
    origin = in_files(rate_files, registry) if rate_files else installed(registry, region)
    check_region(region, (origin,), registry)
    failures = [*registry.failures, *origin.failures]
    warn(failures)
    listed = list_rates(book_of(origin, precedence, registry), moment, region, products, failures)
    if as_json:
        write_json(listed.as_json())
    else:
        show_rates(listed, zone, console())
    if listed.undecided:
        ctx.exit(SET_ASIDE)


def _refuse_options_before(ctx: click.Context, command: str) -> None:
    for parameter in ctx.command.params:
        if parameter.name and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[0]} is no option of `rates {command}`, or stands before its name.")


@rates.command()
@click.argument("a")
@click.argument("b")
@click.option("--at-a", type=MomentType(), help="The instant of A's rates: a date, or an instant with a zone. Now unless given.")
@click.option("--at-b", type=MomentType(), help="The instant of B's rates. Now unless given.")
@region_option
@precedence_option
@click.option("--usage", multiple=True, type=PATH, help="Usage to charge under both: files or folders; may be repeated.")
@zone_option
@times_in_option
@json_option
@click.pass_context
def diff(
    ctx: click.Context,
    /,
    a: str,
    b: str,
    *,
    at_a: Moment | None,
    at_b: Moment | None,
    region: str | None,
    precedence: tuple[str, ...],
    usage: tuple[Path, ...],
    zone: tzinfo,
    times_in: tzinfo | None,
    as_json: bool,
) -> None:
    """Show what changes from the rates of A to those of B, and what the change would have cost.

    A and B are rate sheet files, folders of them, or the word installed for the installed providers. Of each, the rates in force at
    one instant are compared. --usage is charged under both: each use at the rate of its own time, but where --at-a or --at-b is given,
    at that side's rates of that instant throughout. Exit code 3 where rows or uses were set aside, or a rate is
    undecided.
    """
    registry = load_plugins()
    origins = [installed(registry, region) if name == INSTALLED else in_files([Path(name)], registry) for name in (a, b)]
    check_region(region, origins, registry)
    failures = [*registry.failures, *dict.fromkeys(failure for origin in origins for failure in origin.failures)]
    warn(failures)
    book_a, book_b = both_books(origins[0], origins[1], precedence, registry)
    now = instant_or_now(None, zone)
    side_a = Side(a, now if at_a is None else instant(at_a, zone), at_a is not None, book_a)
    side_b = Side(b, now if at_b is None else instant(at_b, zone), at_b is not None, book_b)
    inputs = _read_usage(usage, times_in, origins, registry) if usage else None
    made = compare(side_a, side_b, region, inputs, failures)
    if as_json:
        write_json(made.as_json())
    else:
        show_diff(made, zone, console())
        name_unread(inputs.unread if inputs else ())
    if made.incomplete:
        ctx.exit(SET_ASIDE)


def _read_usage(paths: tuple[Path, ...], times_in: tzinfo | None, origins: list[Origin], registry: PluginRegistry) -> Inputs:
    """Return the usage in files; its products are known by the published names only where the installed providers are asked."""
    inputs = read_inputs(paths, (), times_in, registry)
    require_usage(inputs, paths)
    if not inputs.products and INSTALLED in (origin.name for origin in origins):
        sheets = [sheet for origin in origins for sheet in origin.sheets]
        inputs = evolve(inputs, products=products_of(RateBook(sheets)))
    return inputs


@rates.command()
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@json_option
@click.pass_context
def check(ctx: click.Context, /, *, files: tuple[Path, ...], as_json: bool) -> None:
    """Check that rate sheet files can be read, and warn of rates without a source.

    Exit code 1 where a file is wrong.
    """
    registry = load_plugins()
    warn(registry.failures)
    checks = [check_sheet(file, registry) for file in files]
    if as_json:
        write_json(checks_as_json(checks))
    else:
        for line in (line for checked in checks for line in checked.lines):
            say(line)
    if any(checked.error is not None for checked in checks):
        ctx.exit(WRONG)

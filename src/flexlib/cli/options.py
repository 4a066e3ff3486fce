"""What the commands share: the kinds of their options, the options, their exit codes, and how they write JSON and warnings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Protocol, TypeVar

import click

from flexlib.charging.explanation import JsonValue
from flexlib.cli.console import say
from flexlib.formats.times import parse_day, parse_instant, parse_zone
from flexlib.model.instants import day_start
from flexlib.providers.guard import PluginFailure

WRONG = 1
SET_ASIDE = 3

Moment = date | str
F = TypeVar("F", bound=Callable[..., object])


class Decorator(Protocol):
    """Gives a command an option."""

    def __call__(self, command: F, /) -> F:
        """Return the command with the option."""
        ...


class ZoneType(click.ParamType[tzinfo]):
    """A time zone by its IANA name."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """Return the zone of that name."""
        try:
            return parse_zone(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class MomentType(click.ParamType[Moment]):
    """A date, which the zone of the command makes an instant, or an instant with a zone of its own."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """Return the date, or the text of an instant, which is read once the zone is known."""
        text = str(value)
        try:
            return parse_day(text) if len(text) == len("2026-03-02") else text
        except ValueError as error:
            self.fail(str(error), param, ctx)


def instant(moment: Moment, zone: tzinfo) -> datetime:
    """Return the instant that is meant; of a date, its beginning in the zone."""
    if isinstance(moment, date):
        return day_start(moment, zone)
    try:
        return parse_instant(moment, zone)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def instant_or_now(moment: Moment | None, zone: tzinfo) -> datetime:
    """Return the instant that is meant, or now."""
    return datetime.now(UTC) if moment is None else instant(moment, zone)


PATH = click.Path(path_type=Path)

at_option: Decorator = click.option("--at", type=MomentType(), help="A date, or an instant with a zone. Now unless given.")
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of tables.")
only_option: Decorator = click.option("--only", multiple=True, metavar="PLUGIN", help="Load only this plugin; may be repeated.")
precedence_option: Decorator = click.option(
    "--precedence", multiple=True, metavar="NAME", help="The sheet or provider to trust where rates disagree."
)
rates_option: Decorator = click.option(
    "--rates", "rate_files", multiple=True, type=PATH, help="A rate sheet, or a folder of them; may be repeated."
)
region_option: Decorator = click.option("--region", help="The region whose rates go first.")
times_in_option: Decorator = click.option("--times-in", type=ZoneType(), help="The zone of times in the files that name none.")
zone_option: Decorator = click.option(
    "--zone", type=ZoneType(), default="UTC", show_default=True, help="The zone of days and dates."
)


decimal_option: Decorator = click.option(
    "--decimal", type=click.Choice([".", ","]), help="The decimal mark of the exports; told from their figures unless given."
)
charges_from_option: Decorator = click.option(
    "--charges-from", type=click.Choice(["sessions", "export"]), help="What was charged, where there are both."
)
paths_argument: Decorator = click.argument("paths", nargs=-1, required=True, type=PATH)


def given(*options: Decorator) -> Decorator:
    """Return one decorator for several options, which the help lists in this order."""

    def decorated(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


both_options: Decorator = given(
    paths_argument, rates_option, precedence_option, region_option, zone_option, times_in_option, decimal_option, json_option
)
"""The files of usage and of the vendor's exports, and what a command needs to rate and to show them."""

usage_options: Decorator = given(both_options, charges_from_option)
"""The same, and which of sessions and exports are the charges."""


def write_json(made: JsonValue) -> None:
    """Write JSON on standard output."""
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


def warn(failures: Iterable[PluginFailure]) -> None:
    """Name the plugins that failed, on standard error."""
    for failure in failures:
        say(f"Warning: {failure}", err=True)


def name_unread(files: Iterable[Path]) -> None:
    """Name the files of a folder that were not read, on standard error."""
    names = ", ".join(str(file) for file in files)
    if names:
        say(f"Not read: {names}", err=True)

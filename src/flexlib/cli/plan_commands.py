"""``flexlib plan``: its commands, their options and their exit codes."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import click

from flexlib.cli.console import console
from flexlib.cli.job import Job
from flexlib.cli.jobs import JobGroup
from flexlib.cli.options import Moment, at_option, usage_options
from flexlib.cli.plan_changes import Asked, change_options, changes_of, facts_of
from flexlib.cli.plan_charts import ChartFile, chart_options
from flexlib.cli.plan_forecast import forecast_answer
from flexlib.cli.plan_purchase import Terms, purchase_answer
from flexlib.cli.plan_seat_answer import PACKS, PRICE, SeatQuestion, seat_answer
from flexlib.cli.plan_what_if import what_if_answer
from flexlib.cli.planning import (
    AmountType,
    DayType,
    ShareType,
    finish,
    look_ahead,
    missing_in,
    model_options,
    names_of,
    offers_of,
    pool_of,
    required_offers,
    set_aside_in,
)
from flexlib.cli.render_plan_forecast import show_forecast
from flexlib.cli.render_plan_purchase import show_purchase
from flexlib.cli.render_plan_seats import show_seats
from flexlib.cli.render_plan_what_if import show_what_if
from flexlib.cli.waiting import PatientCommand
from flexlib.planning import BurnModel, Reassign, what_if
from flexlib.reports import charts

USERS, MIX = "users", "seat-mix"


class _Plans(JobGroup):
    command_class: type[click.Command] | None = PatientCommand


@click.group(cls=_Plans)
def plan() -> None:
    """Plan seats and packs: what to buy, when the pool runs out, and what would have been otherwise."""


@plan.command()
@usage_options
@click.option("--start", type=DayType(), help="The first day of the term; that of the month of the first charge unless given.")
@click.option("--months", type=click.IntRange(1, 120), default=12, show_default=True, metavar="N", help="The length of the term.")
@click.option("--seat-budget", type=AmountType(), metavar="MONEY", help="The most that seats may cost together.")
@click.option(
    "--reassign",
    type=click.Choice(names_of(Reassign)),
    default=Reassign.NAMED.value,
    show_default=True,
    help="Whether a seat stays with its user, or passes to another each day.",
)
@click.option(
    "--token-side",
    type=click.Choice([PRICE, PACKS]),
    help="What pays for tokens: the price of a token, or whole packs. The price unless given, where there is one.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="When the search stops; the plan then tells how far it may be from the cheapest.",
)
@chart_options
@click.option(
    "--chart-of",
    type=click.Choice([MIX, USERS]),
    default=MIX,
    show_default=True,
    help="What the chart shows: what the plan costs, or each user's days of use.",
)
@click.pass_context
def seats(
    ctx: click.Context,
    /,
    *,
    start: date | None,
    months: int,
    seat_budget: Decimal | None,
    reassign: str,
    token_side: str | None,
    time_limit: float,
    chart: Path | None,
    theme: str,
    chart_of: str,
    as_json: bool,
    **given: object,
) -> None:
    """Plan who should have a seat, and what stays on tokens, so that a term's use costs least.

    PATHS are the same as for report, and an offers file (TOML) of the seats and packs that can be bought.
    """
    file = ChartFile(chart, theme)
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    case = job.case()
    offers = required_offers(case, job)
    if chart is not None and chart_of == USERS and offers.token_price is None:
        raise missing_in(offers, "token_price", 'token_price = "3"')
    asked = SeatQuestion(start, months, seat_budget, Reassign(reassign), token_side, time_limit)
    found = seat_answer(asked, case, offers, job.zone)
    if chart_of == MIX:
        file.write(lambda colours: charts.seat_mix_chart(found.mix, theme=colours))
    else:
        file.write(lambda colours: charts.users_chart(found.profiles, theme=colours))
    finish(ctx, found.plan, case.inputs.unread, lambda: show_seats(found.plan, console()), as_json=as_json)


@plan.command("what-if")
@usage_options
@change_options
@click.pass_context
def what_if_(
    ctx: click.Context,
    /,
    *,
    machines: tuple[tuple[str, str], ...],
    close_at: time | None,
    reopen_at: time | None,
    at_most: float | None,
    other_rates: Path | None,
    other_packs: Path | None,
    products: tuple[str, ...],
    seat_names: tuple[str, ...],
    as_json: bool,
    **given: object,
) -> None:
    """Tell what the same use would have cost under changes, and whom they concern.

    PATHS are the same as for report; an offers file among them tells what a token is worth, and what seats cost. Several changes are
    applied one after another, in the order of the options below. Changes of sessions need sessions, and not an export.
    """
    asked = Asked(machines, close_at, reopen_at, at_most, other_rates, other_packs, products, seat_names)
    asked.check()
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    case, facts = facts_of(job, asked)
    offers = offers_of(case, job)
    found = what_if(facts, *changes_of(asked, job, facts, offers))
    made = what_if_answer(found, set_aside_in(case), offers=offers.file if offers else None)
    finish(ctx, made, case.inputs.unread, lambda: show_what_if(made, job.zone, console()), as_json=as_json)


@plan.command("forecast")
@usage_options
@at_option
@click.option(
    "--days", type=click.IntRange(1, 3660), default=365, show_default=True, metavar="N", help="How many days to look ahead."
)
@model_options
@chart_options
@click.pass_context
def forecast_(
    ctx: click.Context,
    /,
    *,
    at: Moment | None,
    days: int,
    model: str,
    number: int,
    seed: int,
    team: str | None,
    chart: Path | None,
    theme: str,
    as_json: bool,
    **given: object,
) -> None:
    """Forecast the burn, when the pool runs out, and what expires unused.

    PATHS are the same as for report. The charges are taken to be complete up to --at, which is the first instant of the forecast.
    """
    file = ChartFile(chart, theme)
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    case = job.case()
    look = look_ahead(at, job.zone, BurnModel(model), number, seed, team)
    found = forecast_answer(look, days, pool_of(case, team), set_aside_in(case))
    file.write(lambda colours: charts.forecast_chart(found.forecast, theme=colours))
    finish(ctx, found.shown, case.inputs.unread, lambda: show_forecast(found.shown, job.zone, console()), as_json=as_json)


@plan.command("purchase")
@usage_options
@at_option
@click.option(
    "--lead-time", type=click.IntRange(0, 366), default=0, show_default=True, metavar="DAYS", help="How long an order takes."
)
@click.option("--blocked-day-cost", type=AmountType(), metavar="MONEY", help="What a day without tokens costs.")
@click.option(
    "--service", type=ShareType(), default="0.95", show_default=True, metavar="P", help="With which probability tokens are to last."
)
@click.option(
    "--top-up", metavar="NAME", help="The pack on offer that is bought in small numbers; the dearest a token unless given."
)
@model_options
@chart_options
@click.pass_context
def purchase(
    ctx: click.Context,
    /,
    *,
    at: Moment | None,
    lead_time: int,
    blocked_day_cost: Decimal | None,
    service: Decimal,
    top_up: str | None,
    model: str,
    number: int,
    seed: int,
    team: str | None,
    chart: Path | None,
    theme: str,
    as_json: bool,
    **given: object,
) -> None:
    """Plan which packs to buy in bulk, and when, so that tokens cost least on average.

    PATHS are the same as for report, and an offers file (TOML) of the packs that can be bought.
    """
    file = ChartFile(chart, theme)
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    case = job.case()
    look = look_ahead(at, job.zone, BurnModel(model), number, seed, team)
    terms = Terms(lead_time, blocked_day_cost, service, top_up)
    found = purchase_answer(look, terms, pool_of(case, team), required_offers(case, job), set_aside_in(case))
    file.write(lambda colours: charts.purchase_chart(found.plan, theme=colours))
    finish(ctx, found.shown, case.inputs.unread, lambda: show_purchase(found.shown, job.zone, console()), as_json=as_json)

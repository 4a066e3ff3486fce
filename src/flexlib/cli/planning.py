"""What the commands of ``flexlib plan`` share: options, the facts that are planned with, and how results are written."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click
from attrs import evolve, frozen
from rich.console import Console

from flexlib.charging.charges import Charge
from flexlib.charging.explanation import JsonValue
from flexlib.cli.console import section
from flexlib.cli.job import Case, Job, product_code
from flexlib.cli.options import SET_ASIDE, Decorator, Moment, given, instant_or_now, name_unread, write_json
from flexlib.cli.values import SetAside, rows_set_aside, uses_set_aside
from flexlib.cli.waiting import stop_waiting
from flexlib.errors import FlexError, FormatError, InvalidTokensError
from flexlib.formats.offers import OfferFile
from flexlib.formats.times import parse_day
from flexlib.model.amounts import as_tokens, counted, exact
from flexlib.model.packs import Refund, TokenPack
from flexlib.planning import BurnModel, Estimate, burn_paths
from flexlib.pool.ledger import Ledger, settle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STALE = timedelta(days=7)
LAST_YEAR = 9900


class AmountType(click.ParamType[Decimal]):
    """An exact amount of money or tokens, zero or more."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the amount."""
        try:
            return as_tokens(Decimal(str(value)))
        except (InvalidOperation, InvalidTokensError):
            self.fail(f"{str(value)!r} is no amount such as 1250.50", param, ctx)


class ShareType(click.ParamType[Decimal]):
    """A probability above zero and below one."""

    name = "probability"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the probability."""
        try:
            share = Decimal(str(value))
        except InvalidOperation:
            share = Decimal(0)
        if not (share.is_finite() and 0 < share < 1):
            self.fail(f"{str(value)!r} is no probability between 0 and 1 such as 0.95", param, ctx)
        return share


class DayType(click.ParamType[date]):
    """A date."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date."""
        try:
            return parse_day(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def names_of(kind: type[enum.Enum]) -> list[str]:
    """Return the names by which an option gives a value of a kind."""
    return [str(value.value) for value in kind]


model_options: Decorator = given(
    click.option(
        "--model",
        type=click.Choice(names_of(BurnModel)),
        default=BurnModel.BOOTSTRAP.value,
        show_default=True,
        help="How the days to come are drawn from those gone by.",
    ),
    click.option(
        "--paths",
        "number",
        type=click.IntRange(1, 20_000),
        default=1000,
        show_default=True,
        metavar="N",
        help="How many paths of the days to come are simulated.",
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="Where the random numbers start."
    ),
    click.option("--team", metavar="NAME", help="Only this team's charges and packs."),
)
"""How burn is forecast, and of which pool."""


@frozen
class Look:
    """From when a plan looks ahead, and how."""

    at: datetime
    zone: tzinfo
    model: BurnModel
    paths: int
    seed: int
    team: str | None


def look_ahead(at: Moment | None, zone: tzinfo, model: BurnModel, paths: int, seed: int, team: str | None) -> Look:
    """Return how a plan looks ahead, from now unless it is said; from an instant at the end of the calendar it cannot."""
    moment = instant_or_now(at, zone)
    if moment.year > LAST_YEAR:
        raise click.BadParameter(f"{moment.date()} lies beyond the year {LAST_YEAR}", param_hint="'--at'")
    return Look(moment, zone, model, paths, seed, team)


@frozen
class Pool:
    """The charges, packs and refunds of one pool, and their ledger."""

    charges: list[Charge]
    packs: list[TokenPack]
    refunds: list[Refund]
    ledger: Ledger

    def burn(self, look: Look, days: int) -> NDArray[np.float64]:
        """Return the paths of its burn, as the look says, for so many days."""
        return burn_paths(
            self.charges,
            at=look.at,
            days=days,
            zone=look.zone,
            model=look.model,
            paths=look.paths,
            seed=look.seed,
            refunds=self.refunds,
        )


def pool_of(case: Case, team: str | None) -> Pool:
    """Return the pool of all teams or of one; packs of several teams, and transfers between teams, raise `FlexError`."""
    inputs, charges = case.inputs, list(case.ledger.charges)
    if inputs.transfers:
        raise FlexError(
            "tokens were transferred between teams, and a plan of one pool does not follow them: leave the transfers out"
        )
    if team is None:
        teams = sorted({pack.team or "no team" for pack in inputs.packs})
        if len(teams) > 1:
            raise FlexError(f"the packs are those of several teams ({', '.join(teams)}), each a pool of its own: say --team NAME")
        return Pool(charges, list(inputs.packs), list(inputs.refunds), case.ledger)
    own = [charge for charge in charges if charge.team == team]
    if not own:
        known = ", ".join(sorted({charge.team for charge in charges if charge.team})) or "none"
        raise FlexError(f"nothing was charged to a team {team!r}; the teams are: {known}")
    ids = {charge.id for charge in own}
    packs = [pack for pack in inputs.packs if pack.team == team]
    refunds = [refund for refund in inputs.refunds if refund.charge_id in ids]
    return Pool(own, packs, refunds, settle(own, packs, refunds=refunds))


def offers_of(case: Case, job: Job) -> OfferFile | None:
    """Return the offers of the given files, with products under the catalogue's codes, None where there are none."""
    if not case.inputs.offers:
        return None
    [offers] = case.inputs.offers
    catalog = case.inputs.catalog
    seats = [
        evolve(seat, products=dict.fromkeys(product_code(product, catalog, strict=False) for product in seat.products))
        for seat in offers.seats
    ]
    return evolve(offers, seats=seats, file=offers.file or ", ".join(map(str, job.paths)))


def required_offers(case: Case, job: Job) -> OfferFile:
    """Return the offers; where there are none `FlexError` says how to give them."""
    offers = offers_of(case, job)
    if offers is None:
        named = ", ".join(map(str, job.paths))
        raise FlexError(
            f"there is no offers file in {named}: give a TOML file with token_price, [[seat_offers]] and [[pack_offers]]"
        )
    return offers


def missing_in(offers: OfferFile, key: str, example: str) -> FormatError:
    """Return the error for what an offers file does not state."""
    return FormatError(offers.file, None, key, f"it is missing, and this plan needs it: write {example}")


def age_note(charges: Iterable[Charge], at: datetime) -> list[str]:
    """Return a note where the charges end well before an instant, up to which they are taken to be complete."""
    last = max((charge.at for charge in charges if charge.at <= at), default=None)
    if last is None or at - last <= STALE:
        return []
    days, end = counted((at - last).days, "day"), (last + timedelta(days=1)).date()
    gap = f"The last charge is of {last.date()}, {days} before this plan begins, and they count as days without use."
    return [f"{gap} If the files end there, say --at {end}."]


def set_aside_in(case: Case) -> list[SetAside]:
    """Return the rows and uses that are in no figure."""
    return [*rows_set_aside(case.inputs.problems), *uses_set_aside(case.accounts)]


def less(amount: Decimal, other: Decimal) -> Decimal:
    """Return an exact difference."""
    with exact():
        return amount - other


def rounded(figure: float) -> Decimal:
    """Return an estimate to four decimals, so that it can stand in JSON as text."""
    return Decimal(f"{figure:.4f}")


@frozen
class Figures:
    """The mean and the quantiles of a figure over the paths, rounded."""

    mean: Decimal
    quantiles: list[Decimal]

    @classmethod
    def of(cls, estimate: Estimate) -> Figures:
        """Return those of an estimate."""
        return cls(rounded(estimate.mean), [rounded(figure) for figure in estimate.quantiles])


class Made(Protocol):
    """What a command of `plan` made."""

    @property
    def set_aside(self) -> list[SetAside]:
        """What is in no figure."""
        ...

    def as_json(self) -> JsonValue:
        """Return it as JSON values."""
        ...


def finish(ctx: click.Context, made: Made, unread: Iterable[Path], show: Callable[[], None], *, as_json: bool) -> None:
    """Write what a command made, and leave with the exit code that fits."""
    stop_waiting(ctx)
    if as_json:
        write_json(made.as_json())
    else:
        show()
        name_unread(unread)
    if made.set_aside:
        ctx.exit(SET_ASIDE)


def closing(to: Console, set_aside: Iterable[SetAside]) -> None:
    """Print what is in no figure."""
    section(to, "Set aside, and not in any figure", [f"{item.where}: {item.reason}" for item in set_aside])

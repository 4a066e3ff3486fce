"""The changes of ``flexlib plan what-if``: from its options to the library's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import click
from attrs import frozen

from flexlib.cli.job import Case, Job, product_code
from flexlib.cli.options import PATH, Decorator, given
from flexlib.cli.planning import offers_of
from flexlib.cli.sheets import book_of, in_files
from flexlib.errors import FlexError
from flexlib.formats.accounts import read_account
from flexlib.formats.offers import OfferFile
from flexlib.model.amounts import exact
from flexlib.model.instants import add_months
from flexlib.model.usage import Session
from flexlib.planning import Change, Facts, MovedToSeats, NoneLeftOpen, OtherPacks, OtherRates, SeatOffer, WithoutMachine
from flexlib.providers.registry import load_plugins


class HourType(click.ParamType[time]):
    """A time of day."""

    name = "HH:MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> time:
        """Return the time of day."""
        if isinstance(value, time):
            return value
        try:
            return datetime.strptime(str(value), "%H:%M").time()  # noqa: DTZ007  # a time of day, whose zone is that of the command
        except ValueError:
            self.fail(f"{str(value)!r} is no time of day such as 20:00", param, ctx)


class MachineType(click.ParamType[tuple[str, str]]):
    """A user and one of their machines."""

    name = "user=machine"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the user and the machine."""
        user, sign, machine = str(value).partition("=")
        if not (sign and user.strip() and machine.strip()):
            self.fail(f"{str(value)!r} is no user and machine such as ada@firm.example=laptop-7", param, ctx)
        return user.strip(), machine.strip()


change_options: Decorator = given(
    click.option(
        "--without-machine",
        "machines",
        multiple=True,
        type=MachineType(),
        metavar="USER=MACHINE",
        help="Leave out a user's sessions on a machine; may be repeated.",
    ),
    click.option("--close-at", type=HourType(), metavar="HH:MM", help="Close the sessions that are open at this hour of --zone."),
    click.option(
        "--reopen-at", type=HourType(), metavar="HH:MM", help="With --close-at: when those still in use are opened again."
    ),
    click.option(
        "--at-most",
        type=click.FloatRange(0, 8784, min_open=True),
        metavar="HOURS",
        help="Close each session once it has lasted so long.",
    ),
    click.option("--other-rates", type=PATH, metavar="PATH", help="Rate by this sheet, or by this folder of them."),
    click.option("--other-packs", type=PATH, metavar="FILE", help="Have the packs of this account file instead."),
    click.option(
        "--move-to-seats",
        "products",
        multiple=True,
        metavar="PRODUCT",
        help="Give a seat to everyone who pays tokens for this product; may be repeated.",
    ),
    click.option(
        "--seat-offer",
        "seat_names",
        multiple=True,
        metavar="NAME",
        help="Which seat of the offers file: the one that costs least over the use, unless given; may be repeated.",
    ),
)
"""What can be otherwise, in the order in which it is applied."""


@frozen
class Asked:
    """What is to be otherwise, as the options say it."""

    machines: tuple[tuple[str, str], ...]
    close_at: time | None
    reopen_at: time | None
    at_most: float | None
    other_rates: Path | None
    other_packs: Path | None
    products: tuple[str, ...]
    seat_names: tuple[str, ...]

    def check(self) -> None:
        """Raise `UsageError` where nothing is to be otherwise, or an option lacks the one that it goes with."""
        if self.reopen_at is not None and self.close_at is None:
            raise click.UsageError("--reopen-at goes with --close-at.")
        if self.seat_names and not self.products:
            raise click.UsageError("--seat-offer goes with --move-to-seats.")
        hours = self.close_at is not None or self.at_most is not None
        if not (self.machines or hours or self.other_rates or self.other_packs or self.products):
            raise click.UsageError(
                "Say what would be otherwise: --close-at, --at-most, --move-to-seats, --other-rates, --other-packs or --without-machine."
            )


def facts_of(job: Job, asked: Asked) -> tuple[Case, Facts]:
    """Return the facts of the given files; uses that cannot be charged are not in them.

    Raises:
        FlexError: There is nothing that could be charged.
    """
    inputs, book = job.given()
    rates = book
    if book is None and asked.other_rates:  # the rows are rated anew, for which the rates that made them have to be known
        inputs, rates = job.rated(inputs, load_plugins())
    case = job.case_of(inputs, book)
    usage = [account.use for account in case.accounts if not account.error]
    charges = case.ledger.charges if book is None else ()
    if not (usage or charges):
        raise FlexError(f"nothing could be charged of what is in {', '.join(map(str, job.paths))}")
    offers = offers_of(case, job)
    return case, Facts(
        usage=usage,
        charges=charges,
        rates=rates,
        packs=inputs.packs,
        refunds=inputs.refunds,
        transfers=inputs.transfers,
        seats=inputs.seats,
        region=job.region,
        catalog=inputs.catalog,
        token_price=offers.token_price if offers else None,
        currency=offers.currency if offers else None,
    )


def changes_of(asked: Asked, job: Job, facts: Facts, offers: OfferFile | None) -> list[Change]:
    """Return the changes, in the order in which they are applied.

    Raises:
        FlexError: A file, machine, product or offer is not there.
    """
    changes: list[Change] = [_without(user, machine, facts) for user, machine in dict.fromkeys(asked.machines)]
    if asked.close_at is not None:
        changes.append(NoneLeftOpen(close_at=asked.close_at, reopen_at=asked.reopen_at, zone=job.zone))
    if asked.at_most is not None:
        changes.append(NoneLeftOpen(at_most=timedelta(hours=asked.at_most)))
    if asked.other_rates is not None:
        changes.append(_other_rates(asked.other_rates, job))
    if asked.other_packs is not None:
        changes.append(OtherPacks(read_account(asked.other_packs).packs))
    return [*changes, *_seats(asked, job, facts, offers)]


def _without(user: str, machine: str, facts: Facts) -> WithoutMachine:
    machines = {use.machine for use in facts.usage if isinstance(use, Session) and use.user == user}
    if facts.usage and machine not in machines:
        known = ", ".join(sorted(filter(None, machines))) or "none"
        raise FlexError(f"no session of {user} was on a machine {machine!r}; the machines of {user} are: {known}")
    return WithoutMachine(user, machine)


def _other_rates(path: Path, job: Job) -> OtherRates:
    plugins = load_plugins()
    origin = in_files([path], plugins)
    trusted = [name for name in job.precedence if name in origin.trusted]
    return OtherRates(book_of(origin, trusted, plugins))


def _seats(asked: Asked, job: Job, facts: Facts, offers: OfferFile | None) -> Iterator[MovedToSeats]:
    """Yield the move to each seat, once, also where it is for several of the products."""
    if not asked.products:
        return
    if offers is None or not offers.seats:
        raise FlexError(
            f"there is no seat on offer in {', '.join(map(str, job.paths))}: give an offers file (TOML) with [[seat_offers]]"
        )
    named = [_by_name(name, offers) for name in asked.seat_names]
    codes = [product_code(product, facts.catalog, strict=True) for product in asked.products]
    for offer in named:
        if not set(offer.products) & set(codes):
            raise FlexError(f"the seat {offer.name!r} covers {', '.join(offer.products)}, and none of the products to move")
    cost = _Cost.over(facts)
    chosen = [_cheapest(code, named, cost) or _cheapest(code, offers.seats, cost) for code in codes]
    uncovered = [code for code, seat in zip(codes, chosen, strict=True) if seat is None]
    if uncovered:
        raise FlexError(f"no seat on offer in {offers.file} covers {', '.join(uncovered)}")
    yield from (MovedToSeats(seat) for seat in dict.fromkeys(chosen) if seat is not None)


def _by_name(name: str, offers: OfferFile) -> SeatOffer:
    for offer in offers.seats:
        if offer.name == name:
            return offer
    raise FlexError(f"there is no seat {name!r} in {offers.file}; it has: {', '.join(repr(seat.name) for seat in offers.seats)}")


def _cheapest(product: str, offers: Iterable[SeatOffer], cost: _Cost) -> SeatOffer | None:
    covering = [offer for offer in offers if product in offer.products]
    return min(covering, key=lambda offer: (cost.of(offer), len(offer.products), offer.months, offer.name), default=None)


@frozen
class _Cost:
    """What a seat costs from the first day of use to the last, in whole terms."""

    first: date
    last: date

    @classmethod
    def over(cls, facts: Facts) -> _Cost:
        spans = facts.spans()
        return cls(min(start for start, _ in spans).date(), max(end for _, end in spans).date())

    def of(self, offer: SeatOffer) -> Decimal:
        terms = next(terms for terms in count(1) if add_months(self.first, terms * offer.months) > self.last)
        with exact():
            return terms * offer.price

"""Sessions as columns into charges as columns: the columnar twin of `flexlib.charge_usage`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from flexlib.charging.policy import ChargePolicy
from flexlib.charging.rating import charge_usage
from flexlib.charging.spans import FOREVER
from flexlib.errors import FlexError, UnknownProductError
from flexlib.model.amounts import counted
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.model.usage import Session
from flexlib.scale.arrays import FIRST_ROWS, UNKNOWN, Codes, Flags, Instants, Names, Places, as_instant, as_ticks, span_ticks
from flexlib.scale.ordering import places_by_start, sort_by_start
from flexlib.scale.rating import UNSCALED, scaled, tokens_of
from flexlib.scale.spans import Cover, Spans, Uses, chargeable, pauses
from flexlib.scale.windows import Windows, open_windows


class Terms(NamedTuple):
    """On what terms use is charged."""

    rates: RateBook
    region: str | None
    seats: Sequence[Seat]
    policy: ChargePolicy
    catalog: Catalog | None


class SessionColumns(NamedTuple):
    """Sessions: their users and products, each as a place among sorted names, launches, and closes or `UNKNOWN`.

    ``idle`` holds the idle spans, each of the session at a place; ``labels`` decide between sessions that open and close at the same
    instants, and where there are any, the opener of each window is told.
    """

    user: Names
    product: Names
    opened: Instants
    closed: Instants
    idle: Cover
    labels: tuple[Codes, ...] = ()


class ChargeColumns(NamedTuple):
    """Charges of windows: the places of user and product, the start, the tokens in millionths, and the place of the opening session."""

    user: Names
    product: Names
    start: Instants
    tokens: Instants
    opener: Places | None


class ChargeableUse(NamedTuple):
    """What of sessions is chargeable: the group of each session, the codes of the products, and the spans of use."""

    group: Places
    products: list[str]
    spans: Spans


def charge_columns(sessions: SessionColumns, terms: Terms) -> ChargeColumns:
    """Return the charges of sessions, in time order, then by user and product.

    Raises:
        RateNotFoundError, RateConflictError: As `flexlib.charge_usage` does, with a note of how many windows have no rate.
        UnknownProductError: The catalogue does not know a product, with a note of how many sessions name it.
        InvalidTokensError: A rate that is needed has more decimals than columns hold, or too many tokens.
        InvalidValueError: A session lies outside of the years 1 to 9999.
    """
    products, found, opener = _opened(sessions, terms)
    return rated(sessions.user.names, products, found.group, found.start, opener, terms)


def _opened(sessions: SessionColumns, terms: Terms) -> tuple[list[str], Windows, Places | None]:
    """Return the codes of the products, the windows, and the sessions that opened them; what they were made of is let go of."""
    use = chargeable_use(sessions, terms)
    ties = session_ties(sessions, use.spans) if sessions.labels else ()
    group, start, end, kept, _ = use.spans
    found = open_windows(group, start, end, span_ticks(terms.policy.window), kept=kept, ties=ties)
    return use.products, found, use.spans.of_session(found.opener) if ties else None


def chargeable_use(sessions: SessionColumns, terms: Terms) -> ChargeableUse:
    """Return the chargeable use of sessions, its group being the place of the user, times the number of products, plus the product's.

    As there are less than 2^31 users and products, a group takes at most 62 bits.
    """
    products = _by_code(sessions.product, terms.catalog)
    group = sessions.user.codes.astype(np.int64)
    group *= max(len(products.names), 1)
    group += products.codes
    spans = chargeable(
        Uses(group, sessions.opened, sessions.closed),
        span_ticks(terms.policy.grace),
        pauses(_of_aware(sessions, terms.catalog), span_ticks(terms.policy.idle_after)),
        _seat_cover(terms, sessions.user.names, products.names),
    )
    return ChargeableUse(group, products.names, spans)


def rated(
    users: list[str], products: list[str], group: Places, start: Instants, opener: Places | None, terms: Terms
) -> ChargeColumns:
    """Return the charges of windows, in time order; where no rate is in force, it raises as `charge_columns` does.

    The arrays of groups and starts are its own to work in.
    """
    opener = _sort_by_time(group, start, opener)
    width = max(len(products), 1)
    user = group // width
    group -= user * width
    of_user, of_product = Names(users, user.astype(np.int32)), Names(products, group.astype(np.int32))
    del user
    tokens = tokens_of(terms.rates, terms.region, products, of_product.codes, start)
    charged = ChargeColumns(of_user, of_product, start, tokens, opener)
    _refuse_unrated(charged, terms)
    return charged


def _by_code(product: Names, catalog: Catalog | None) -> Names:
    """Return the products under their codes; one that the catalogue does not know raises `UnknownProductError`."""
    if catalog is None:
        return product
    codes = [_code(name, place, product.codes, catalog) for place, name in enumerate(product.names)]
    ordered = sorted(set(codes))
    rank = {code: place for place, code in enumerate(ordered)}
    return Names(ordered, np.array([rank[code] for code in codes], np.int32)[product.codes])


def _code(name: str, place: int, codes: Codes, catalog: Catalog) -> str:
    try:
        return catalog.resolve(name).code
    except UnknownProductError as error:
        rows = np.flatnonzero(codes == place)
        first = ", ".join(map(str, rows[:FIRST_ROWS].tolist()))
        error.add_note(f"in {counted(len(rows), 'row')}, the first being {first} (counted from 0)")
        raise


def _of_aware(sessions: SessionColumns, catalog: Catalog | None) -> Cover:
    """Return the idle spans in sessions of products that pause charges while they are idle (rule C6)."""
    if catalog is None or not len(sessions.idle.owner):
        return sessions.idle
    aware = np.array([catalog.resolve(name).idle_aware for name in sessions.product.names])
    kept = aware[sessions.product.codes[sessions.idle.owner]]
    return Cover(*(column[kept] for column in sessions.idle))


def _seat_cover(terms: Terms, users: Sequence[str], products: Sequence[str]) -> Cover:
    """Return the spans of the seats of users and products that occur, by their group (rule C8)."""
    seated = {seat.user for seat in terms.seats}
    user = {name: place for place, name in enumerate(users) if name in seated} if seated else {}
    product = {name: place for place, name in enumerate(products)} if seated else {}
    return Cover.of(
        (user[seat.user] * len(products) + product[code], as_ticks(seat.starts_at), as_ticks(seat.ends_at or FOREVER))
        for seat in terms.seats
        for code in [terms.catalog.resolve(name).code if terms.catalog else name for name in seat.products]
        if seat.user in user and code in product
    )


def session_ties(sessions: SessionColumns, spans: Spans) -> tuple[Codes | Instants | Flags, ...]:
    """Return what decides between spans of use that start at one instant: the order of their sessions in the typed engine."""
    columns = (sessions.opened, np.maximum(sessions.closed, sessions.opened), sessions.closed == UNKNOWN, *sessions.labels)
    return columns if spans.session is None else tuple(column[spans.session] for column in columns)


def _sort_by_time(group: Places, start: Instants, opener: Places | None) -> Places | None:
    """Put windows in order of start and group, in place, and return the sessions that opened them in that order."""
    if opener is None:
        sort_by_start(start, group)
        return None
    order = places_by_start(start, group)
    start[:], group[:] = start[order], group[order]
    return opener[order]


def _refuse_unrated(charged: ChargeColumns, terms: Terms) -> None:
    """Raise the error of the first window whose tokens are not known, as no day rate is in force or columns cannot hold them."""
    wrong = np.flatnonzero(charged.tokens < 0)
    if not len(wrong):
        return
    first = int(wrong[0])
    same = int(np.count_nonzero(charged.tokens == charged.tokens[first]))
    user, product = (names.names[names.codes[first]] for names in (charged.user, charged.product))
    at = as_instant(int(charged.start[first]))
    try:
        if charged.tokens[first] == UNSCALED:
            scaled(terms.rates.rate(product, at, terms.region).tokens)
        charge_usage([Session(user, product, at)], terms.rates, region=terms.region, policy=terms.policy)
    except FlexError as error:
        windows = f"{counted(same, 'window')} of {len(charged.start)}"
        error.add_note(f"so it is with {windows}, the first being {user}'s at {at.isoformat()}")
        raise

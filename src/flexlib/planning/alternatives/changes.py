"""Changes of the facts that a what-if is asked of: how use, seats, rates or packs might have been otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import count
from typing import Protocol

from attrs import evolve, field, frozen
from attrs.converters import optional

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import exact
from flexlib.model.instants import add_months, day_start
from flexlib.model.names import as_names, not_blank
from flexlib.model.packs import TokenPack
from flexlib.model.products import Catalog, ChargeBasis, code_resolver
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.model.usage import Session, Span, Use
from flexlib.planning.alternatives.facts import BoughtSeat, Facts
from flexlib.planning.alternatives.rerating import rerated
from flexlib.planning.offers import SeatOffer


class Change(Protocol):
    """A change of the facts; any value with these two is one, also one of your own.

    .. versionadded:: 0.1.0
    """

    @property
    def title(self) -> str:
        """What is otherwise, in words.

        .. versionadded:: 0.1.0
        """
        ...

    def apply(self, facts: Facts) -> Facts:
        """Return the facts as they would be; a pure function.

        .. versionadded:: 0.1.0
        """
        ...


@frozen
class OtherRates:
    """The same use at the rates of another book (rule R1).

    Given charges are rated anew where that is exact: a charge is so many days, or results, at its rate in the book of the facts, and
    they are charged at that of this book.

    Attributes:
        rates: The other book.

    .. versionadded:: 0.1.0
    """

    rates: RateBook = field(repr=False)

    @property
    def title(self) -> str:
        """What is otherwise, in words.

        .. versionadded:: 0.1.0
        """
        return f"other rates ({', '.join(sorted({sheet.name for sheet in self.rates.sheets})) or 'none'})"

    def apply(self, facts: Facts) -> Facts:
        """Return the facts with this book.

        Raises:
            InvalidValueError: A given charge cannot be rated anew exactly, or the facts hold no rates by which it was made.
            RateNotFoundError: A book has no rate for a given charge.

        .. versionadded:: 0.1.0
        """
        if not facts.charges:
            return evolve(facts, rates=self.rates)
        if facts.rates is None:
            raise InvalidValueError("rates", None, "the rate book by which the given charges were made")
        charges = [rerated(charge, facts.rates, self.rates, facts.region) for charge in facts.charged()]
        return evolve(facts, rates=self.rates, charges=charges)


@frozen
class OtherPacks:
    """Another purchase of packs: other sizes, dates or prices.

    In which order the packs are drawn is the vendor's rule and no one's choice (rule P2).

    Attributes:
        packs: All packs there would be.

    .. versionadded:: 0.1.0
    """

    packs: tuple[TokenPack, ...] = field(converter=tuple[TokenPack, ...])

    @property
    def title(self) -> str:
        """What is otherwise, in words.

        .. versionadded:: 0.1.0
        """
        return f"other packs ({', '.join(sorted(pack.id for pack in self.packs)) or 'none'})"

    def apply(self, facts: Facts) -> Facts:
        """Return the facts with these packs.

        .. versionadded:: 0.1.0
        """
        return evolve(facts, packs=self.packs)


@frozen
class WithoutMachine:
    """A user without one of their machines: its sessions are left out.

    A second machine costs nothing of its own (rule C2), so this shows what only it was used for.

    Attributes:
        user: The user.
        machine: The machine, as the sessions name it.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    machine: str = field(validator=not_blank)

    @property
    def title(self) -> str:
        """What is otherwise, in words.

        .. versionadded:: 0.1.0
        """
        return f"without {self.user}'s machine {self.machine}"

    def apply(self, facts: Facts) -> Facts:
        """Return the facts without the sessions of that user on that machine; results name no machine and stay.

        Raises:
            InvalidValueError: The facts hold charges and no sessions.

        .. versionadded:: 0.1.0
        """
        gone = (self.user, self.machine)
        usage = _usage_of(facts)
        return evolve(facts, usage=[use for use in usage if not (isinstance(use, Session) and (use.user, use.machine) == gone)])


@frozen(kw_only=True)
class NoneLeftOpen:
    """No session left open overnight: each is closed at a local hour, or once it has lasted some time.

    With ``close_at``, a session is closed at that hour of the day on which it opened, or of the next where it opened at that hour or
    later. With ``at_most``, it is closed once it has lasted that long. The use after that is left out, so the saving is the most there
    can be; ``reopen_at`` has whoever was still using it launch it again at that hour, or when an idle span that covers the hour ends,
    for as long as the session really lasted. A session of unknown end stays as it is (rule C7), and so do results.

    Attributes:
        at_most: The longest that a session lasts.
        close_at: The local hour; one that the clocks show twice is the first of the two.
        reopen_at: The local hour at which a session that was closed goes on, None for never.
        zone: The zone of the hours; UTC where none is named.

    Raises:
        InvalidValueError: Neither ``at_most`` nor ``close_at`` is given, or both; ``at_most`` is not above zero, goes with another
            hour or zone, or an hour has a zone of its own.

    .. versionadded:: 0.1.0
    """

    at_most: timedelta | None = None
    close_at: time | None = None
    reopen_at: time | None = None
    zone: tzinfo | None = None

    def __attrs_post_init__(self) -> None:
        if (self.at_most is None) == (self.close_at is None):
            raise InvalidValueError("close_at", self.close_at, "either close_at or at_most")
        if self.at_most is not None and self.at_most <= timedelta():
            raise InvalidValueError("at_most", self.at_most, "a span of time above zero")
        if self.at_most is not None and (self.reopen_at, self.zone) != (None, None):
            raise InvalidValueError("at_most", self.at_most, "no reopen_at or zone with it: they go with close_at")
        for name, hour in (("close_at", self.close_at), ("reopen_at", self.reopen_at)):
            if hour is not None and hour.tzinfo is not None:
                raise InvalidValueError(name, hour, "a time of day without a zone, and the zone in `zone`")

    @property
    def title(self) -> str:
        """What is otherwise, in words.

        .. versionadded:: 0.1.0
        """
        if self.close_at is None:
            return f"no session open for longer than {self.at_most}"
        again = f" until {self.reopen_at:%H:%M}" if self.reopen_at else ""
        return f"no session left open after {self.close_at:%H:%M}{again} ({self.zone or UTC})"

    def apply(self, facts: Facts) -> Facts:
        """Return the facts with the sessions so closed.

        Raises:
            InvalidValueError: The facts hold charges and no sessions.

        .. versionadded:: 0.1.0
        """
        usage: list[Use] = []
        for use in _usage_of(facts):
            usage += self._closed(use) if isinstance(use, Session) and use.closed_at else [use]
        return evolve(facts, usage=usage)

    def _closed(self, session: Session) -> Iterator[Session]:
        """Yield what is left of a session whose end is known."""
        start, end = session.opened_at, session.closed_at or session.opened_at
        close = self._close(start, end)
        yield _part(session, start, close)
        while self.reopen_at is not None and close < end:
            start = _past_idle(session, self._next(self.reopen_at, close))
            if start >= end:
                return
            close = self._close(start, end)
            yield _part(session, start, close)

    def _close(self, opened: datetime, end: datetime) -> datetime:
        lengths = [end - opened]
        if self.close_at is not None:
            lengths.append(self._next(self.close_at, opened) - opened)
        if self.at_most is not None:
            lengths.append(self.at_most)
        return opened + min(lengths)

    def _next(self, hour: time, after: datetime) -> datetime:
        """Return the first instant after another at which the clocks show an hour."""
        zone = self.zone or UTC
        day = after.astimezone(zone).date()
        instants = (datetime.combine(day + timedelta(days=number), hour, zone).astimezone(UTC) for number in count())
        return next(instant for instant in instants if instant > after)


def _part(session: Session, start: datetime, end: datetime) -> Session:
    if (start, end) == (session.opened_at, session.closed_at):
        return session
    idle = [(max(since, start), min(until, end)) for since, until in session.idle if since < end and start < until]
    return evolve(session, opened_at=start, closed_at=end, idle=idle)


def _past_idle(session: Session, at: datetime) -> datetime:
    """Return an instant, or the end of the idle spans that cover it."""
    for start, end in session.idle:
        if start <= at < end:
            at = end
    return at


@frozen
class MovedToSeats:
    """Products moved from tokens to seats: who pays tokens for them gets a seat over the whole usage (rule C8).

    Each seat starts at 00:00 UTC of the day of the first use of all and is renewed, term after term, until the last use is covered;
    each term is paid in full, and without any use none is bought. The seats pay for days, not for results (rule C10): of given
    charges, those of results stay where the charge or the catalogue of the facts says that they are.

    Attributes:
        offer: The seat: its products, its price and its term.
        users: Who gets one, also without use of the products; None for everyone who is charged tokens for days of them.

    .. versionadded:: 0.1.0
    """

    offer: SeatOffer
    users: tuple[str, ...] | None = field(default=None, converter=optional(as_names), kw_only=True)

    @property
    def title(self) -> str:
        """What is otherwise, in words.

        .. versionadded:: 0.1.0
        """
        whose = "" if self.users is None else f" for {', '.join(sorted(set(self.users)))}"
        return f"{', '.join(self.offer.products)} on seats ({self.offer.name}){whose}"

    def apply(self, facts: Facts) -> Facts:
        """Return the facts with the seats bought.

        Raises:
            InvalidValueError: The offer has fewer seats than users.
            UnknownProductError: The catalogue does not know a product.

        .. versionadded:: 0.1.0
        """
        codes = frozenset(code_resolver(facts.catalog, self.offer.products).values())
        charges = facts.charged()
        days = [charge for charge in charges if charge.product in codes and not _of_result(charge, facts.catalog)]
        users = sorted({charge.user for charge in days if charge.tokens} if self.users is None else set(self.users))
        if self.offer.at_most is not None and len(users) > self.offer.at_most:
            raise InvalidValueError("users", len(users), f"at most {self.offer.at_most}, the seats that the offer has")
        spans = facts.spans()
        bought = self._bought(users, spans) if users and spans else []
        if facts.charges:
            seated = set(users)
            gone = {charge.id for charge in days if charge.user in seated}
            facts = evolve(facts, charges=[charge for charge in charges if charge.id not in gone])
        return evolve(facts, bought=[*facts.bought, *bought])

    def _bought(self, users: list[str], spans: list[Span]) -> list[BoughtSeat]:
        first = min(start for start, _ in spans).date()
        last_start, last_end = max(start for start, _ in spans), max(end for _, end in spans)
        ends = ((terms, day_start(add_months(first, terms * self.offer.months))) for terms in count(1))
        terms, end = next((terms, end) for terms, end in ends if last_start < end and last_end <= end)
        with exact():
            cost = terms * self.offer.price
        start = day_start(first)
        return [BoughtSeat(Seat(user, self.offer.products, start, end), cost, currency=self.offer.currency) for user in users]


def _of_result(charge: Charge, catalog: Catalog | None) -> bool:
    """Tell whether a charge is known to pay for results."""
    if charge.result is not None:
        return True
    basis = charge.rate.basis if charge.rate else catalog.resolve(charge.product).basis if catalog else None
    return basis is ChargeBasis.PER_RESULT


def _usage_of(facts: Facts) -> tuple[Use, ...]:
    """Return the usage of facts; charges that are given in its place raise `InvalidValueError`."""
    if facts.charges:
        raise InvalidValueError("charges", f"{len(facts.charges)} given", "usage in their place: this change is one of sessions")
    return facts.usage

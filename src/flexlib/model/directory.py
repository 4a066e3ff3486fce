"""The directory: who may use what at an instant, and which use was by someone not assigned (rule A1)."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from attrs import Factory, field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.instants import as_utc, day_start
from flexlib.model.people import ALL_PRODUCTS, AllProducts, Assignment, Products, TeamDefault, User, folded_email
from flexlib.model.products import Catalog, known_code
from flexlib.model.reported import ReportedUse
from flexlib.model.usage import Session


class UnassignedReason(enum.Enum):
    """Why a use is one by someone not assigned; the value says it in words.

    .. versionadded:: 0.1.0
    """

    UNKNOWN_USER = "no such user is known"
    UNKNOWN_PRODUCT = "the catalogue knows no such product"
    NOT_ASSIGNED = "the product is not assigned to the user"
    NOT_YET_ASSIGNED = "the product was not yet assigned to the user"
    NO_LONGER_ASSIGNED = "the product was no longer assigned to the user"
    NOT_IN_OWN = "the user's own assignment, which goes before the team's default, does not include the product"


class DatedUse(Protocol):
    """A use at an instant: a result or a charge."""

    @property
    def user(self) -> str:
        """The user."""
        ...

    @property
    def product(self) -> str:
        """The product."""
        ...

    @property
    def at(self) -> object:  # an instant; pyright takes the field of an attrs class with a converter for no datetime
        """The instant."""
        ...


U = TypeVar("U", bound=Session | ReportedUse | DatedUse)


@frozen
class UnassignedUse(Generic[U]):
    """A use by someone to whom the product was not assigned.

    Attributes:
        use: The session, result, charge or row of the vendor's report.
        reason: Why it is one.

    .. versionadded:: 0.1.0
    """

    use: U
    reason: UnassignedReason

    def __str__(self) -> str:
        when = _when(self.use)
        at = f"at {when.isoformat()}" if isinstance(when, datetime) else f"on {when}"
        return f"{self.use.user}'s use of {self.use.product} {at}: {self.reason.value}"


class _Grant(NamedTuple):
    """Products over a span, by code; None stands for all of them."""

    codes: frozenset[str] | None
    starts_at: datetime | None
    ends_at: datetime | None

    def holds(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and not self.ended(at)

    def ended(self, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at

    def includes(self, code: str | None) -> bool:
        return self.codes is None or code in self.codes


class _Grants(NamedTuple):
    """What a user is granted: by assignments of their own, and by the defaults of their team."""

    own: tuple[_Grant, ...]
    default: tuple[_Grant, ...]

    def in_force(self, at: datetime) -> list[_Grant]:
        own = [grant for grant in self.own if grant.holds(at)]
        return own or [grant for grant in self.default if grant.holds(at)]

    def edges(self, day: date) -> list[datetime]:
        """Return the instants of a UTC day between which nothing changes, its beginning first."""
        found = (edge for grant in (*self.own, *self.default) for edge in (grant.starts_at, grant.ends_at))
        return sorted({day_start(day), *(edge for edge in found if edge is not None and edge.date() == day)})

    def why_not(self, code: str | None, at: datetime) -> UnassignedReason | None:
        if any(grant.includes(code) for grant in self.in_force(at)):
            return None
        if code is None:
            return UnassignedReason.UNKNOWN_PRODUCT
        if any(grant.holds(at) and grant.includes(code) for grant in self.default):
            return UnassignedReason.NOT_IN_OWN
        named = [grant for grant in (*self.own, *self.default) if grant.includes(code)]
        if any(grant.ended(at) for grant in named):
            return UnassignedReason.NO_LONGER_ASSIGNED
        return UnassignedReason.NOT_YET_ASSIGNED if named else UnassignedReason.NOT_ASSIGNED


def _as_users(users: Iterable[User]) -> tuple[User, ...]:
    known: dict[str, User] = {}
    for user in users:
        if known.setdefault(user.email, user) != user:
            raise InvalidValueError("users", user.email, f"one user an e-mail address, but {known[user.email]} and {user} differ")
    return tuple(known.values())


@frozen
class Directory:
    """The users of a firm and the products that they are assigned (rule A1).

    A user's own assignments that hold at an instant decide; where none holds, the defaults of the team do. E-mail addresses are
    compared in lower case. With a catalogue, products are met under any of their names.

    Attributes:
        users: The users; the same given twice counts once.
        assignments: Their own assignments.
        team_defaults: The default assignments of teams.
        catalog: The catalogue, if there is one.

    Raises:
        InvalidValueError: Two users of one e-mail address differ, or an assignment's user is not among the users.
        UnknownProductError: The catalogue does not know a product that is assigned.

    >>> from datetime import datetime
    >>> directory = Directory([User("Ada@studio.example")], [Assignment("ada@studio.example", ["revit"])])
    >>> monday = datetime.fromisoformat("2026-03-02T08:00Z")
    >>> directory.is_assigned("ada@studio.example", "revit", monday), directory.is_assigned("ada@studio.example", "maya", monday)
    (True, False)

    .. versionadded:: 0.1.0
    """

    users: tuple[User, ...] = field(converter=_as_users)
    assignments: tuple[Assignment, ...] = field(default=(), converter=tuple[Assignment, ...])
    team_defaults: tuple[TeamDefault, ...] = field(default=(), converter=tuple[TeamDefault, ...])
    catalog: Catalog | None = field(default=None, kw_only=True)
    _by_email: dict[str, tuple[User, _Grants]] = field(
        default=Factory(lambda self: self._index(), takes_self=True), init=False, repr=False, eq=False
    )

    def _index(self) -> dict[str, tuple[User, _Grants]]:
        own: dict[str, list[_Grant]] = {user.email: [] for user in self.users}
        for assignment in self.assignments:
            if assignment.user not in own:
                raise InvalidValueError("assignments", assignment.user, "the e-mail address of one of the users")
            own[assignment.user].append(self._grant(assignment))
        defaults: dict[str | None, list[_Grant]] = defaultdict(list)
        for default in self.team_defaults:
            defaults[default.team].append(self._grant(default))
        return {user.email: (user, _Grants(tuple(own[user.email]), tuple(defaults[user.team]))) for user in self.users}

    def _grant(self, given: Assignment | TeamDefault) -> _Grant:
        if isinstance(given.products, AllProducts):
            return _Grant(None, given.starts_at, given.ends_at)
        codes = (self.catalog.resolve(name).code if self.catalog else name for name in given.products)
        return _Grant(frozenset(codes), given.starts_at, given.ends_at)

    def _code(self, product: str) -> str | None:
        """Return the code of a product, None where the catalogue does not know it."""
        return known_code(product, self.catalog)

    def user(self, email: str) -> User | None:
        """Return the user of an e-mail address, in any case, or None.

        .. versionadded:: 0.1.0
        """
        known = self._by_email.get(folded_email(email))
        return known and known[0]

    def members(self, *, team: str | None = None, group: str | None = None) -> list[User]:
        """Return the users of a team, of a group, or of both where both are named, in the order given; all where neither is.

        .. versionadded:: 0.1.0
        """
        return [user for user in self.users if team in (None, user.team) and (group is None or group in user.groups)]

    def assigned_products(self, user: str, at: datetime) -> Products:
        """Return the codes of the products that a user is assigned at an instant, sorted, or `ALL_PRODUCTS`; none for an unknown user.

        .. versionadded:: 0.1.0
        """
        known = self._by_email.get(folded_email(user))
        grants = known[1].in_force(as_utc(at)) if known else []
        if any(grant.codes is None for grant in grants):
            return ALL_PRODUCTS
        return tuple(sorted({code for grant in grants for code in grant.codes or ()}))

    def is_assigned(self, user: str, product: str, at: datetime) -> bool:
        """Tell whether a product is assigned to a user at an instant; `why_not` tells why it is not.

        .. versionadded:: 0.1.0
        """
        return self.why_not(user, product, at) is None

    def why_not(self, user: str, product: str, at: datetime) -> UnassignedReason | None:
        """Return why a product is not assigned to a user at an instant, None where it is.

        Of a user with all products, it is None for every product, also for one that the catalogue does not know yet.

        .. versionadded:: 0.1.0
        """
        return self._judge(user, self._code(product), as_utc(at))

    def unassigned(self, uses: Iterable[U]) -> list[UnassignedUse[U]]:
        """Return the uses by someone not assigned, in the order given, each with its reason.

        A session is judged at its launch: where the assignment ends half-way, judge the charges of the session instead. A result or a
        charge is judged at its instant. A row of the vendor's report, and a charge made of one, names no instant but a day: it is
        returned only where the product was assigned at no instant of that day in UTC.

        Raises:
            InvalidValueError: A value is no session, result, charge or row of a report by the day.

        .. versionadded:: 0.1.0
        """
        judged = [(use, _when(use)) for use in uses]
        codes = {product: self._code(product) for product in {use.product for use, _ in judged}}
        reasons = ((use, self._judge(use.user, codes[use.product], when)) for use, when in judged)
        return [UnassignedUse(use, reason) for use, reason in reasons if reason is not None]

    def _judge(self, user: str, code: str | None, when: date) -> UnassignedReason | None:
        """Return why a product is not assigned at an instant, or at any instant of a day."""
        known = self._by_email.get(folded_email(user))
        if known is None:
            return UnassignedReason.UNKNOWN_USER
        grants = known[1]
        instants = [when] if isinstance(when, datetime) else grants.edges(when)
        reasons = [grants.why_not(code, at) for at in instants]
        return None if None in reasons else reasons[0]


def _when(use: Session | ReportedUse | DatedUse) -> date:
    """Return the instant at which a use is judged, or the day where no instant is known."""
    if isinstance(use, Session):
        return use.opened_at
    row = use if isinstance(use, ReportedUse) else getattr(use, "reported", None)  # of a charge that was read from a report
    if isinstance(row, ReportedUse):
        return row.day
    at = getattr(use, "at", None)
    if isinstance(at, datetime):
        return as_utc(at)
    raise InvalidValueError("uses", use, "sessions, results, charges and rows of a report by the day")

"""What is not matched yet, and what was decided: the working state of a reconciliation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from attrs import define

from flexlib.charging.charges import Charge
from flexlib.model.amounts import ZERO
from flexlib.model.reported import ReportedUse
from flexlib.reports.causes import DifferenceCause
from flexlib.reports.differences import Difference, Match
from flexlib.reports.naming import Names


class Place(NamedTuple):
    """Where charges and rows meet: a user, a product and a day, those of no tokens apart from those that cost something."""

    user: str
    product: str
    day: int
    paid: bool


@define(eq=False)
class Charged:
    """A charge at its place; ``moved`` says by how many days that is off the day of its instant in the zone."""

    place: Place
    charge: Charge
    moved: int = 0


@define(eq=False)
class Told:
    """A row at its place; ``hidden`` where the report did not name the user."""

    place: Place
    row: ReportedUse
    hidden: bool = False


class Leftovers:
    """Charges and rows by place, and what became of those that are no longer here.

    ``agreed_until`` has the last day on which tokens of a product agreed, ``reported_until`` the last day of a user's rows.
    """

    def __init__(self, charges: Sequence[Charged], rows: Sequence[Told], names: Names) -> None:
        self.charges: defaultdict[Place, dict[Charged, None]] = defaultdict(dict)
        self.rows: defaultdict[Place, dict[Told, None]] = defaultdict(dict)
        for item in charges:
            self.charges[item.place][item] = None
        for told in rows:
            self.rows[told.place][told] = None
        self.names = names
        self.matched: list[tuple[Place, Match]] = []
        self.differences: list[tuple[Place, Difference]] = []
        self.agreed_until: dict[str, int] = {}
        self.reported_until: dict[str, int] = {}
        for told in rows:
            self._note(told)

    def charges_at(self, place: Place) -> list[Charged]:
        """Return the charges at a place, in time order."""
        return list(self.charges[place]) if place in self.charges else []

    def rows_at(self, place: Place) -> list[Told]:
        """Return the rows at a place, in a fixed order."""
        return list(self.rows[place]) if place in self.rows else []

    def shared(self) -> Iterator[tuple[Place, list[Charged], list[Told]]]:
        """Yield, in order, the places that have both; what is taken meanwhile does no harm."""
        for place in sorted(place for place in self.charges if place in self.rows):
            yield place, self.charges_at(place), self.rows_at(place)

    def left_rows(self) -> list[Told]:
        """Return all rows in order of their places."""
        return [told for place in sorted(self.rows) for told in self.rows[place]]

    def left_charges(self) -> list[Charged]:
        """Return all charges in order of their places."""
        return [item for place in sorted(self.charges) for item in self.charges[place]]

    def redate(self, item: Charged, day: int) -> None:
        """Put a charge on another day."""
        self._take([item], [])
        item.place, item.moved = item.place._replace(day=day), item.moved + day - item.place.day
        own = [*self.charges[item.place], item]
        self.charges[item.place] = dict.fromkeys(sorted(own, key=lambda other: other.charge.at))

    def rename(self, told: Told, user: str) -> None:
        """Put a row of a hidden user under a known user's name."""
        self._take([], [told])
        told.place, told.hidden = told.place._replace(user=user), True
        self.rows[told.place][told] = None
        self._note(told)

    def match(self, charges: Iterable[Charged], rows: Iterable[Told]) -> None:
        """Record that charges and rows agree."""
        charges, rows = list(charges), list(rows)
        place = self._take(charges, rows)
        self.matched.append((place, Match(tuple(item.charge for item in charges), tuple(told.row for told in rows))))
        if place.paid:
            self.agreed_until[place.product] = max(place.day, self.agreed_until.get(place.product, place.day))

    def differ(self, cause: DifferenceCause, charges: Iterable[Charged], rows: Iterable[Told], reason: str) -> None:
        """Record a difference and its cause."""
        charges, rows = list(charges), list(rows)
        place = self._take(charges, rows)
        user = charges[0].charge.user if charges else self.names.written_user(place.user, rows[0].row.user)
        product = charges[0].charge.product if charges else self.names.written_product(place.product, rows[0].row.product)
        own, told = tuple(item.charge for item in charges), tuple(row.row for row in rows)
        self.differences.append((place, Difference(cause, user, product, date.fromordinal(place.day), own, told, reason)))

    def _note(self, told: Told) -> None:
        user, day = told.place.user, told.place.day
        self.reported_until[user] = max(day, self.reported_until.get(user, day))

    def _take(self, charges: Sequence[Charged], rows: Sequence[Told]) -> Place:
        """Take charges and rows out; return the place of the last, which is a row's where there is one."""
        for item in charges:
            del self.charges[item.place][item]
            if not self.charges[item.place]:
                del self.charges[item.place]
        for told in rows:
            del self.rows[told.place][told]
            if not self.rows[told.place]:
                del self.rows[told.place]
        return rows[-1].place if rows else charges[-1].place


def tokens_charged(charges: Sequence[Charged]) -> Decimal:
    """Return the sum of charges; it is taken in an exact context."""
    return charges[0].charge.tokens if len(charges) == 1 else sum((item.charge.tokens for item in charges), start=ZERO)


def tokens_told(rows: Sequence[Told]) -> Decimal:
    """Return the sum of rows; it is taken in an exact context."""
    return rows[0].row.tokens if len(rows) == 1 else sum((told.row.tokens for told in rows), start=ZERO)

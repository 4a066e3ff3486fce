"""The names under which users, products and days of charges and reported rows are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from flexlib.model.products import Catalog, known_code

MASKED = "*****"

_DAY, _HOUR = 86_400, 3_600
_WEST, _EAST = 12 * _HOUR, 14 * _HOUR
_JUST_BEFORE = timedelta(microseconds=1)


def folded(text: str) -> str:
    """Return a name without what writers vary: case and blanks."""
    return " ".join(text.casefold().split())


def is_masked(text: str) -> bool:
    """Tell whether a field was hidden by stars."""
    return not text.strip().strip("*")


class Names:
    """Brings each spelling of a user or product to one, and remembers how known ones were written."""

    def __init__(self, catalog: Catalog | None, identities: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._identities = {folded(hidden): folded(shown) for hidden, shown in identities.items()}
        self._users: dict[str, str] = {}
        self._products: dict[str, str] = {}
        self._written_users: dict[str, str] = {}
        self._written_products = {product.code: product.code for product in catalog or ()}

    def user(self, written: str) -> str:
        """Return the user of a spelling; ``*****`` stands for all whose names are hidden by stars."""
        known = self._users.get(written)
        if known is None:
            name = folded(written)
            known = self._users[written] = MASKED if is_masked(name) else self._identities.get(name, name)
        return known

    def product(self, written: str) -> str:
        """Return the product of a spelling: the catalogue's code, or the folded name where it knows none."""
        known = self._products.get(written)
        if known is None:
            code = known_code(written, self._catalog) if self._catalog else None
            known = code or folded(written)  # the report lists what a catalogue of one's own may lack
            self._products[written] = known
        return known

    def know(self, users: Iterable[str], products: Iterable[str] = ()) -> None:
        """Note users and products that are not only in the report, as they are written there."""
        for written in set(users):
            user = self.user(written)
            self._written_users[user] = min(written, self._written_users.get(user, written))
        for written in set(products):
            product = self.product(written)
            self._written_products[product] = min(written, self._written_products.get(product, written))

    def knows(self, user: str) -> bool:
        """Tell whether a user was noted."""
        return user in self._written_users

    def written_user(self, user: str, reported: str) -> str:
        """Return how a user is written where they are known, else as the report writes them."""
        return self._written_users.get(user, reported)

    def written_product(self, product: str, reported: str) -> str:
        """Return how a product is written where it is known, else as the report writes it."""
        return self._written_products.get(product, reported)


class Days:
    """Days as numbers, in a zone."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def of(self, at: datetime) -> int:
        """Return the day of an instant."""
        return (at if self.zone is UTC else at.astimezone(self.zone)).toordinal()

    def last(self, starts_at: datetime, ends_at: datetime) -> int:
        """Return the last day of a span that is half-open, or of an instant."""
        return self.of(max(starts_at, ends_at - _JUST_BEFORE) if ends_at > starts_at else starts_at)


def may_be_dated(at: datetime, day: int) -> bool:
    """Tell whether some zone of the world, UTC-12 to UTC+14, has an instant in UTC on a day."""
    second = at.toordinal() * _DAY + at.hour * _HOUR + at.minute * 60 + at.second
    return (second - _WEST) // _DAY <= day <= (second + _EAST) // _DAY

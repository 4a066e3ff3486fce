"""People: users, and the products that they are assigned (rules A1, A2)."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.instants import as_utc_or_none
from flexlib.model.names import as_names, not_blank
from flexlib.model.products import Catalog

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class AllProducts(enum.Enum):
    """Stands for all products, also those that come later (rule A1).

    .. versionadded:: 0.1.0
    """

    ALL_PRODUCTS = "all products"


ALL_PRODUCTS = AllProducts.ALL_PRODUCTS
"""All products, also those that come later.

.. versionadded:: 0.1.0
"""

Products: TypeAlias = tuple[str, ...] | AllProducts


def folded_email(email: str) -> str:
    """Return an e-mail address as it is compared: without blanks around it, and in lower case, since exports vary its case."""
    return email.strip().lower()


def _as_email(email: str) -> str:
    folded = folded_email(email) if isinstance(email, str) else ""
    if not _EMAIL.fullmatch(folded):
        raise InvalidValueError("email", email, "an e-mail address such as ada@studio.example")
    return folded


def _as_line(text: str) -> str:
    if not isinstance(text, str):
        raise InvalidValueError("name", text, "text, which may be empty")
    return " ".join(text.split())


def _as_groups(groups: str | Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(as_names(groups))))


def _as_products(products: str | Iterable[str] | AllProducts) -> Products:
    return products if isinstance(products, AllProducts) else tuple(dict.fromkeys(as_names(products)))


def _as_fixed_products(products: str | Iterable[str] | AllProducts) -> tuple[str, ...]:
    fixed = _as_products(products)
    if isinstance(fixed, AllProducts):
        raise InvalidValueError("products", products, "a fixed list (rule A1), such as TeamDefault.of_all makes")
    return fixed


def _check_span(starts_at: datetime | None, ends_at: datetime | None) -> None:
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidValueError("ends_at", ends_at.isoformat(), "an instant after starts_at")


@frozen
class User:
    """A person, known by an e-mail address, to whom products can be assigned (rules A1, A2).

    Attributes:
        email: The e-mail address, in lower case.
        first_name: The first name, on one line.
        last_name: The last name, likewise.
        team: The team whose default assignment applies.
        groups: The groups, sorted.

    Raises:
        InvalidValueError: The e-mail address is none: nothing before or after an @, or blanks within it.

    .. versionadded:: 0.1.0
    """

    email: str = field(converter=_as_email)
    first_name: str = field(default="", converter=_as_line, kw_only=True)
    last_name: str = field(default="", converter=_as_line, kw_only=True)
    team: str | None = field(default=None, kw_only=True)
    groups: tuple[str, ...] = field(default=(), converter=_as_groups, kw_only=True)


@frozen
class Assignment:
    """The products that a user may use over ``[starts_at, ends_at)`` (rule A1).

    While it holds, it goes before the default of the user's team, also where it names fewer products; flexlib's choice, since rule A1
    does not say. Several that hold at once add up.

    Attributes:
        user: The user's e-mail address.
        products: The products' codes, or any of their names where a catalogue goes with them; none at all to take away what the
            team's default gives; `ALL_PRODUCTS` for all, to which later products come by themselves.
        starts_at: Its first instant, None where it always held.
        ends_at: The first instant after it, None while it runs.

    Raises:
        InvalidValueError: The e-mail address is none, or it ends before it starts.

    .. versionadded:: 0.1.0
    """

    user: str = field(converter=_as_email)
    products: Products = field(converter=_as_products)
    starts_at: datetime | None = field(default=None, converter=as_utc_or_none)
    ends_at: datetime | None = field(default=None, converter=as_utc_or_none)

    def __attrs_post_init__(self) -> None:
        _check_span(self.starts_at, self.ends_at)


@frozen
class TeamDefault:
    """The products that the users of a team may use without an assignment of their own, over ``[starts_at, ends_at)`` (rule A1).

    Its products are a fixed list: under a team's default, later products do not come by themselves.

    Attributes:
        team: The team.
        products: The products' codes, or any of their names where a catalogue goes with them.
        starts_at: Its first instant, None where it always held.
        ends_at: The first instant after it, None while it runs.

    Raises:
        InvalidValueError: The team is blank, the products are `ALL_PRODUCTS`, or it ends before it starts.

    .. versionadded:: 0.1.0
    """

    team: str = field(validator=not_blank)
    products: tuple[str, ...] = field(converter=_as_fixed_products)
    starts_at: datetime | None = field(default=None, converter=as_utc_or_none)
    ends_at: datetime | None = field(default=None, converter=as_utc_or_none)

    def __attrs_post_init__(self) -> None:
        _check_span(self.starts_at, self.ends_at)

    @classmethod
    def of_all(cls, team: str, catalog: Catalog, starts_at: datetime | None = None, ends_at: datetime | None = None) -> TeamDefault:
        """Return the default of all the products that a catalogue holds now; what it holds later is no part of it (rule A1).

        .. versionadded:: 0.1.0
        """
        return cls(team, tuple(product.code for product in catalog), starts_at, ends_at)

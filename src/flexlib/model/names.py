"""Names: users, products, teams, sheets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flexlib.errors import InvalidValueError

if TYPE_CHECKING:
    from attrs import Attribute


def not_blank(_instance: object, attribute: Attribute[str], value: object) -> None:
    """Refuse, as an attrs validator, a name that is empty or no string."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidValueError(attribute.name, value, "a name that is not blank")


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return names as a tuple; a lone string is one name."""
    return (names,) if isinstance(names, str) else tuple(names)

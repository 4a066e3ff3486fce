"""What the commands' values share: how they become JSON, and what is set aside."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from attrs import frozen

from flexlib.charging.accounts import UseAccount
from flexlib.charging.explanation import JsonValue
from flexlib.errors import FormatError
from flexlib.model.amounts import plain


@frozen
class SetAside:
    """A row, or a use, that is not in the figures, and why."""

    where: str
    reason: str


def rows_set_aside(problems: Iterable[FormatError]) -> list[SetAside]:
    """Return the rows that could not be read, each with its reason."""
    return [
        SetAside(": ".join(part for part in (error.file, error.place, error.field) if part), error.problem) for error in problems
    ]


def use_set_aside(account: UseAccount, reason: str) -> SetAside:
    """Return a use that could not be charged, with the reason."""
    return SetAside(f"{account.use.user}'s {account.use.product} from {account.at.isoformat()}", reason)


def uses_set_aside(accounts: Iterable[UseAccount]) -> list[SetAside]:
    """Return the uses that could not be charged, each with its reason."""
    return [use_set_aside(account, str(account.error)) for account in accounts if account.error]


def as_json(value: object) -> JsonValue:
    """Return what `attrs.asdict` gives as JSON values: instants and dates in ISO 8601, tokens as decimal digits."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value if isinstance(value, str | int | None) else str(value)

"""Seats: named-user subscriptions, and trials, that cover use without tokens (rule C8)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.instants import as_utc, as_utc_or_none
from flexlib.model.names import as_names, not_blank


@frozen
class Seat:
    """A user's subscription to products over ``[starts_at, ends_at)``: their use in it costs no tokens (rule C8, flex-access).

    Attributes:
        user: The user who is named.
        products: The product codes that it covers: several for a collection.
        starts_at: Its first instant.
        ends_at: The first instant after it, None while it runs.

    Raises:
        InvalidValueError: It covers no product, or ends before it starts.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    products: tuple[str, ...] = field(converter=as_names)
    starts_at: datetime = field(converter=as_utc)
    ends_at: datetime | None = field(default=None, converter=as_utc_or_none)

    def __attrs_post_init__(self) -> None:
        if not self.products:
            raise InvalidValueError("products", self.products, "at least one product code")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise InvalidValueError("ends_at", self.ends_at.isoformat(), "an instant after starts_at")

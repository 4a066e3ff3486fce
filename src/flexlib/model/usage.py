"""Usage: sessions and results."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ONE, as_positive
from flexlib.model.instants import as_utc, as_utc_or_none
from flexlib.model.names import not_blank

Span: TypeAlias = tuple[datetime, datetime]


def _as_pauses(pauses: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(sorted((as_utc(start), as_utc(end)) for start, end in pauses)) if pauses else ()


@frozen
class Session:
    """One user's use of one product from its launch to its close, half-open ``[opened_at, closed_at)`` (rule T1).

    Attributes:
        user: The user, one spelling a person.
        product: The product's code, or any of its names where a catalogue goes with it.
        opened_at: The launch.
        closed_at: The close; None where it is unknown, and the session then counts as use at its launch only (rule C7).
        idle: Spans ``(start, end)`` within the session without meaningful use (rule C6), as met by who watches the user; spans that
            touch or overlap are one pause.
        team: The team whose pool pays.
        machine: The machine; it makes no difference to charges (rule C2).
        version: The product's version; it makes no difference to charges (rule C2).

    Raises:
        NaiveDatetimeError: An instant has no zone.
        InvalidValueError: A name is blank, the session closes before it opens, or an idle span is empty or lies outside the session.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    product: str = field(validator=not_blank)
    opened_at: datetime = field(converter=as_utc)
    closed_at: datetime | None = field(default=None, converter=as_utc_or_none)
    idle: tuple[Span, ...] = field(default=(), converter=_as_pauses, kw_only=True)
    team: str | None = field(default=None, kw_only=True)
    machine: str | None = field(default=None, kw_only=True)
    version: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.closed_at is not None and self.closed_at < self.opened_at:
            raise InvalidValueError("closed_at", self.closed_at.isoformat(), f"{self.opened_at.isoformat()} or later")
        if self.idle:
            self._check_idle()

    def _check_idle(self) -> None:
        close = self.closed_at or self.opened_at
        if not all(self.opened_at <= start < end <= close for start, end in self.idle):
            spans = ", ".join(f"{start.isoformat()}/{end.isoformat()}" for start, end in self.idle)
            raise InvalidValueError("idle", spans, "spans inside the session, none empty")


@frozen
class ResultUse:
    """Results of a service that is charged per result (rule C10).

    Two equal values are one fact: give ``id`` where a user really had two results of one kind at one instant.

    Attributes:
        user: The user.
        product: The code of the service, one for each kind of result that has a rate of its own.
        at: The instant at which it was asked for.
        quantity: How many results, above zero; fractions are exact decimals.
        team: The team whose pool pays.
        id: What tells it from an equal one.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    product: str = field(validator=not_blank)
    at: datetime = field(converter=as_utc)
    quantity: Decimal = field(default=ONE, converter=as_positive)
    team: str | None = field(default=None, kw_only=True)
    id: str | None = field(default=None, kw_only=True)


Use: TypeAlias = Session | ResultUse


def began(use: Use) -> datetime:
    """Return the instant at which a use begins: a session's launch, or when the result was asked for."""
    return use.opened_at if isinstance(use, Session) else use.at

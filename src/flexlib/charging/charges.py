"""Charge windows, and the charges that open them."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from attrs import field, frozen

from flexlib.charging.explanation import Explanation
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import as_tokens, counted, plain
from flexlib.model.instants import as_utc
from flexlib.model.names import not_blank
from flexlib.model.products import ChargeBasis
from flexlib.model.rates import Rate
from flexlib.model.reported import ReportedUse
from flexlib.model.usage import ResultUse, Session


class WindowCause(enum.Enum):
    """Why a window opened when it did; the value is the id of the rule.

    .. versionadded:: 0.1.0
    """

    LAUNCH = "C1"
    STILL_OPEN = "C3"
    RESUMED = "C6"
    SEAT_ENDED = "C8"


_CAUSE_IN_WORDS = {
    WindowCause.LAUNCH: "the user launched the product and no window was running",
    WindowCause.STILL_OPEN: "the product was still in use when the window before it ended",
    WindowCause.RESUMED: "meaningful use came back after an idle pause and no window was running",
    WindowCause.SEAT_ENDED: "the seat that covered the use ended and no window was running",
}


@frozen(weakref_slot=False)  # charging.bulk makes these, too
class ChargeWindow:
    """The 24 hours of one user and product that one day rate pays for, ``[start, end)`` (rules C1 to C4).

    Attributes:
        user: The user.
        product: The product's code.
        start: The instant at which it opens and is charged.
        end: The instant at which it ends.
        opened_by: The session that opened it; no part of equality.
        cause: Why it opened then; no part of equality.

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    product: str = field(validator=not_blank)
    start: datetime = field(converter=as_utc)
    end: datetime = field(converter=as_utc)
    opened_by: Session | None = field(default=None, kw_only=True, eq=False, repr=False)
    cause: WindowCause = field(default=WindowCause.LAUNCH, kw_only=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidValueError("end", self.end.isoformat(), f"an instant after {self.start.isoformat()}")


@frozen(weakref_slot=False)  # charging.bulk makes these, too
class Charge:
    """Tokens charged to a user for a product at an instant: a window's day rate, or results (rules C1, C10).

    Attributes:
        user: The user.
        product: The product's code.
        at: The instant of the charge: the window's start, or when the result was asked for (rule T3).
        tokens: The tokens, exact; zero is a charge like any other (rule C11).
        team: The team whose pool pays.
        window: The window that it pays for, None for results.
        rate: The rate that was applied, with its sheet and source.
        result: The results that it pays for, None for a window.
        reported: The row of the vendor's report that it was read from, None where it was computed.

    Raises:
        InvalidTokensError: The tokens are a float, negative or not finite.
        NaiveDatetimeError: ``at`` is naive.

    >>> from datetime import UTC, datetime
    >>> charge = Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10)
    >>> charge.id == Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10).id
    True

    .. versionadded:: 0.1.0
    """

    user: str = field(validator=not_blank)
    product: str = field(validator=not_blank)
    at: datetime = field(converter=as_utc)
    tokens: Decimal = field(converter=as_tokens)
    _id: str | None = field(default=None, kw_only=True, repr=False)
    team: str | None = field(default=None, kw_only=True)
    window: ChargeWindow | None = field(default=None, kw_only=True, repr=False)
    rate: Rate | None = field(default=None, kw_only=True, repr=False)
    result: ResultUse | None = field(default=None, kw_only=True, repr=False)
    reported: ReportedUse | None = field(default=None, kw_only=True, repr=False)

    @property
    def id(self) -> str:
        """The id that was given, else one derived from the content, so that the same charge computed twice has the same id.

        .. versionadded:: 0.1.0
        """
        if self._id is not None:
            return self._id
        from hashlib import sha256  # noqa: PLC0415  # it loads OpenSSL, and `import flexlib` does without

        result = (plain(self.result.quantity), self.result.id) if self.result else None
        content: tuple[object, ...] = (self.user, self.product, self.at.isoformat(), plain(self.tokens), self.team, result)
        if self.reported:
            content = (*content, "reported", self.reported.feature)
        return sha256(repr(content).encode()).hexdigest()[:20]

    @property
    def opened_by(self) -> Session | ResultUse | None:
        """The use that caused the charge, where it is known.

        .. versionadded:: 0.1.0
        """
        return self.window.opened_by if self.window else self.result

    def day(self, zone: tzinfo = UTC) -> date:
        """Return the day of the charge: the vendor's own where it was reported, else that of its instant in a zone (rule T3).

        .. versionadded:: 0.1.0
        """
        return self.reported.day if self.reported else self.at.astimezone(zone).date()

    def explain(self) -> Explanation:
        """Return why this was charged: the use that caused it, the window, the rate with its source, and the rules.

        .. versionadded:: 0.1.0
        """
        lines = [f"{self.user} was charged {counted(self.tokens, 'token')} for {self.product} at {self.at.isoformat()}"]
        rules = ["T3"]
        if self.window:
            lines.append(f"it opened a window until {self.window.end.isoformat()}: {_CAUSE_IN_WORDS[self.window.cause]}")
            rules += ["C1", self.window.cause.value] if self.window.cause is not WindowCause.LAUNCH else ["C1"]
        if isinstance(self.opened_by, Session):
            closed = self.opened_by.closed_at.isoformat() if self.opened_by.closed_at else "an unknown instant"
            lines.append(f"the use was a session from {self.opened_by.opened_at.isoformat()} to {closed}")
            rules += [] if self.opened_by.closed_at else ["C7"]
        if self.result:
            lines.append(f"it paid for {counted(self.result.quantity, 'result')}")
            rules.append("C10")
        if self.reported:
            feature = f" ({self.reported.feature})" if self.reported.feature else ""
            lines.append(
                f"the vendor reported it for {self.reported.day.isoformat()}{feature}; at which instant of the day is not known"
            )
        lines.append(f"the rate was {self.rate}" if self.rate else "no rate is recorded with it")
        rules += ["R1"] if self.rate else []
        rules += ["R2"] if self.rate and self.rate.region else []
        rules += [] if self.tokens else ["C11"]
        return Explanation(tuple(lines), tuple(rules), self._as_data())

    def _as_data(self) -> dict[str, str | None]:
        use = self.opened_by
        source = self.rate.source if self.rate else None
        return {
            "id": self.id,
            "user": self.user,
            "product": self.product,
            "team": self.team,
            "at": self.at.isoformat(),
            "tokens": plain(self.tokens),
            "window_end": self.window.end.isoformat() if self.window else None,
            "cause": self.window.cause.name.lower() if self.window else None,
            "opened_at": use.opened_at.isoformat() if isinstance(use, Session) else None,
            "closed_at": use.closed_at.isoformat() if isinstance(use, Session) and use.closed_at else None,
            "quantity": plain(self.result.quantity) if self.result else None,
            "rate": plain(self.rate.tokens) if self.rate else None,
            "basis": (self.rate.basis if self.rate else ChargeBasis.PER_DAY).value,
            "effective_from": self.rate.effective_from.isoformat() if self.rate else None,
            "region": self.rate.region if self.rate else None,
            "sheet": self.rate.sheet if self.rate else None,
            "source": str(source) if source else None,
        }

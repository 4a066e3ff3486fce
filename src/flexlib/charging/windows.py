"""Charge windows: the fewest 24-hour spans that cover the chargeable use of each user and product (rules C1 to C4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias, TypeVar

from flexlib.charging.bulk import bulk_window, collector_paused
from flexlib.charging.charges import ChargeWindow, WindowCause
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.spans import UseRules, UseSpan, sort_by_time
from flexlib.model.products import Catalog
from flexlib.model.seats import Seat
from flexlib.model.usage import Session

T = TypeVar("T")

WindowMaker: TypeAlias = Callable[[str, datetime, datetime, Session, WindowCause], T]
"""Makes something of a window's product, start, end, opening session and cause."""

WindowEnds: TypeAlias = dict[str, dict[str, datetime]]
"""The end of the last window of each product and user."""


def charge_windows(
    sessions: Iterable[Session],
    *,
    policy: ChargePolicy = FLEX,
    seats: Iterable[Seat] = (),
    catalog: Catalog | None = None,
) -> list[ChargeWindow]:
    """Return the charge windows that sessions open, sorted by start, user and product (rules C1 to C8).

    A window opens at the first chargeable use of a user and product at or after the end of their last window. The order and
    repetition of the sessions, and the zones in which their instants were written, make no difference. With a catalogue, products are
    met under any of their names and the windows carry their codes.

    Raises:
        UnknownProductError: The catalogue does not know a session's or a seat's product.
        InvalidValueError: A session lies so near to the end of the year 9999 that its window would not end.

    >>> from datetime import UTC, datetime
    >>> monday = Session("ada", "autocad", datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 17, tzinfo=UTC))
    >>> tuesday = Session("ada", "autocad", datetime(2026, 3, 3, 7, tzinfo=UTC), datetime(2026, 3, 3, 17, tzinfo=UTC))
    >>> [str(window.start) for window in charge_windows([monday, tuesday])]
    ['2026-03-02 08:00:00+00:00', '2026-03-03 08:00:00+00:00']

    .. versionadded:: 0.1.0
    """
    sessions = list(sessions)
    rules = UseRules.of({session.product for session in sessions}, policy, seats, catalog)
    with collector_paused():
        windows = list(open_windows(rules.in_order(sessions), rules, {}, bulk_window))
        sort_by_time(windows, attrgetter("start"), attrgetter("user", "product"))
    return windows


def open_windows(spans: Iterable[UseSpan], rules: UseRules, ends: WindowEnds, make: WindowMaker[T]) -> Iterator[T]:
    """Yield what `make` makes of each window that chargeable spans open.

    The spans come in order of their starts; a window that opens because the one before it ended is yielded with its span, thus not
    always in order. `ends` is read and brought up to date.
    """
    length, codes = rules.policy.window, rules.codes
    for start, close, session, cause in spans:
        product = codes[session.product]
        ends_of_product = ends.get(product)
        if ends_of_product is None:
            ends_of_product = ends[product] = {}
        end = ends_of_product.get(session.user)
        if end is None or start >= end:
            end = start + length
            yield make(product, start, end, session, cause)
        while close > end:
            end += length
            yield make(product, end - length, end, session, WindowCause.STILL_OPEN)
        ends_of_product[session.user] = end

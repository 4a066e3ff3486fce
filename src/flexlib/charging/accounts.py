"""Accounts of use: what each session or result cost, and why, also where it cost nothing."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from flexlib.charging.bulk import bulk_window
from flexlib.charging.charges import Charge, ChargeWindow, WindowCause
from flexlib.charging.explanation import Explanation
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.rating import Rater, both, split_usage
from flexlib.charging.spans import UseRules, label_order, session_order
from flexlib.charging.windows import open_windows
from flexlib.errors import FlexError, RateConflictError, RateNotFoundError, UnknownProductError
from flexlib.model.amounts import plain, total
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session, Use, began


class Outcome(enum.Enum):
    """What became of a use; the value says it in words.

    .. versionadded:: 0.1.0
    """

    CHARGED = "it was charged"
    ZERO_RATE = "it opened a window, or gave a result, at a rate of zero"
    WITHIN_WINDOW = "it was free: it lies in a window that was charged before"
    SHORT_LAUNCH = "it was free: a launch shorter than the grace costs nothing and opens no window"
    SEAT = "it was free: a seat covers it"
    IDLE = "it was free: it was idle from beginning to end"
    UNRATED = "it could not be charged"


_RULES = {
    Outcome.CHARGED: (),
    Outcome.ZERO_RATE: ("C11",),
    Outcome.WITHIN_WINDOW: ("C2",),
    Outcome.SHORT_LAUNCH: ("C5",),
    Outcome.SEAT: ("C8",),
    Outcome.IDLE: ("C6",),
    Outcome.UNRATED: ("R1", "R3"),
}


@frozen
class UseAccount:
    """What one session or result cost, and why.

    Attributes:
        use: The session or result.
        outcome: What became of it.
        charges: The charges that it caused, in time order.
        windows: The windows in which its chargeable use lies, also those that other sessions opened.
        error: Why it could not be charged, for `Outcome.UNRATED`.

    .. versionadded:: 0.1.0
    """

    use: Use
    outcome: Outcome
    charges: tuple[Charge, ...] = ()
    windows: tuple[ChargeWindow, ...] = ()
    error: FlexError | None = None

    @property
    def at(self) -> datetime:
        """The instant at which the use began.

        .. versionadded:: 0.1.0
        """
        return began(self.use)

    def explain(self) -> Explanation:
        """Return the account in words and as data, with the explanation of each charge.

        .. versionadded:: 0.1.0
        """
        kind = "session" if isinstance(self.use, Session) else "result"
        lines = [f"{self.use.user}'s {kind} of {self.use.product} from {self.at.isoformat()}: {self.outcome.value}"]
        lines += [str(self.error)] if self.error else []
        lines += [line for charge in self.charges for line in charge.explain().lines]
        lines += [
            f"it lies in the window {window.start.isoformat()} to {window.end.isoformat()}" + _opener(window, self.use)
            for window in self.windows
        ]
        rules = [*_RULES[self.outcome], *(rule for charge in self.charges for rule in charge.explain().rules)]
        return Explanation(
            tuple(lines),
            tuple(dict.fromkeys(rules)),
            {
                "user": self.use.user,
                "product": self.use.product,
                "at": self.at.isoformat(),
                "outcome": self.outcome.name.lower(),
                "tokens": plain(total(charge.tokens for charge in self.charges)),
                "charges": [dict(charge.explain().data) for charge in self.charges],
                "windows": [{"start": window.start.isoformat(), "end": window.end.isoformat()} for window in self.windows],
                "error": str(self.error) if self.error else None,
            },
        )


def explain_usage(
    usage: Iterable[Use],
    rates: RateBook,
    *,
    region: str | None = None,
    seats: Iterable[Seat] = (),
    policy: ChargePolicy = FLEX,
    catalog: Catalog | None = None,
) -> list[UseAccount]:
    """Return an account of every distinct session and result, in time order: the charges of `charge_usage` and the reasons.

    Where `charge_usage` stops at a product that has no rate, a rate in conflict or a product that the catalogue does not know, this
    sets the use aside as `Outcome.UNRATED` with the error, and goes on.

    Raises:
        UnknownProductError: The catalogue does not know a seat's product.

    .. versionadded:: 0.1.0
    """
    sessions, results = split_usage(usage)
    sessions, results = list(dict.fromkeys(sessions)), list(dict.fromkeys(results))
    unknown = _unknown_products({use.product for use in both(sessions, results)}, catalog)
    accounts = [
        UseAccount(use, Outcome.UNRATED, error=unknown[use.product]) for use in both(sessions, results) if use.product in unknown
    ]
    sessions = [session for session in sessions if session.product not in unknown]
    results = [result for result in results if result.product not in unknown]
    rules = UseRules.of({use.product for use in both(sessions, results)}, policy, seats, catalog)
    rater = Rater(rates, region)
    accounts += _of_sessions(sessions, rules, rater)
    accounts += [_of_result(result, rater) for result in rules.distinct(results)]
    return sorted(accounts, key=_account_order)


def _account_order(account: UseAccount) -> tuple[object, ...]:
    use = account.use
    own = session_order(use) if isinstance(use, Session) else (use.quantity, *label_order(use.team, use.id))
    return (account.at, use.user, use.product, isinstance(use, ResultUse), own)


def _of_sessions(sessions: list[Session], rules: UseRules, rater: Rater) -> list[UseAccount]:
    charges: dict[Session, list[Charge]] = defaultdict(list)
    errors: dict[Session, FlexError] = {}
    windows: dict[tuple[str, str], list[ChargeWindow]] = defaultdict(list)

    def rate(product: str, start: datetime, end: datetime, session: Session, cause: WindowCause) -> None:
        windows[session.user, product].append(bulk_window(product, start, end, session, cause))
        try:
            charges[session].append(rater.charge_window(product, start, end, session, cause))
        except (RateNotFoundError, RateConflictError) as error:
            errors[session] = error

    for _ in open_windows(rules.in_order(sessions), rules, {}, rate):
        pass
    return [_of_session(session, rules, charges[session], errors.get(session), windows) for session in sessions]


def _of_session(
    session: Session,
    rules: UseRules,
    charges: list[Charge],
    error: FlexError | None,
    windows: dict[tuple[str, str], list[ChargeWindow]],
) -> UseAccount:
    spans = rules.chargeable(session)
    own = windows[session.user, rules.codes[session.product]]
    inside = tuple(
        window
        for window in own
        if any(start < window.end and (window.start < end or start == end >= window.start) for start, end, _, _ in spans)
    )
    if error:
        outcome = Outcome.UNRATED
    elif charges:
        outcome = Outcome.CHARGED if any(charge.tokens for charge in charges) else Outcome.ZERO_RATE
    elif rules.is_short(session):
        outcome = Outcome.SHORT_LAUNCH
    elif spans:
        outcome = Outcome.WITHIN_WINDOW
    else:
        outcome = Outcome.SEAT if rules.has_seat(session) else Outcome.IDLE
    return UseAccount(session, outcome, tuple(charges), inside, error)


def _of_result(result: ResultUse, rater: Rater) -> UseAccount:
    try:
        charge = rater.charge_result(result)
    except (RateNotFoundError, RateConflictError) as error:
        return UseAccount(result, Outcome.UNRATED, error=error)
    return UseAccount(result, Outcome.CHARGED if charge.tokens else Outcome.ZERO_RATE, (charge,))


def _unknown_products(products: Iterable[str], catalog: Catalog | None) -> dict[str, FlexError]:
    unknown: dict[str, FlexError] = {}
    if catalog is None:
        return unknown
    for product in products:
        try:
            catalog.resolve(product)
        except UnknownProductError as error:
            unknown[product] = error
    return unknown


def _opener(window: ChargeWindow, use: Use) -> str:
    session = window.opened_by
    if session is None or session == use:
        return ""
    machine = f" on {session.machine}" if session.machine else ""
    return f", which the session from {session.opened_at.isoformat()}{machine} opened"

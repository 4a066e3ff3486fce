"""Alerts: pure rules over a ledger at an instant, which can be replayed over its history (rule P6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal, Protocol

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ONE, as_positive, as_tokens, as_tokens_or_none, exact, plain, total
from flexlib.model.instants import as_utc
from flexlib.model.usage import Session
from flexlib.pool.entries import EVERY_TEAM, EntryKind, EveryTeam
from flexlib.pool.ledger import Ledger


@frozen
class Alert:
    """What a rule has to say at an instant.

    Attributes:
        kind: The rule's kind, such as ``low-balance``.
        subject: What it is about: a pack, a user, a team or the pool.
        at: The instant.
        message: What there is to know, in words.
        tokens: The tokens in question.

    .. versionadded:: 0.1.0
    """

    kind: str
    subject: str
    at: datetime
    message: str
    tokens: Decimal


class AlertRule(Protocol):
    """A rule: what it has to say of a ledger at an instant, from nothing that happens later.

    .. versionadded:: 0.1.0
    """

    def check(self, ledger: Ledger, at: datetime) -> Iterable[Alert]:
        """Return the alerts at an instant.

        .. versionadded:: 0.1.0
        """
        ...


def _pool(team: str | EveryTeam | None) -> str:
    return "the pool" if team is EVERY_TEAM else f"the pool of {team}" if team else "the common pool"


def _usable(ledger: Ledger, at: datetime, team: str | EveryTeam | None) -> Decimal:
    """Return the tokens that came into a pool in packs that are usable at an instant: bought, and moved in less moved out."""
    usable = {pack.id for pack in ledger.packs if pack.starts_at <= at < pack.expires_at}
    kinds = (EntryKind.PURCHASE, EntryKind.TRANSFER)
    return total(
        entry.tokens for entry in ledger.history(team=team) if entry.at <= at and entry.kind in kinds and entry.pack_id in usable
    )


@frozen(kw_only=True)
class LowBalance:
    """Few tokens are left: a share or less of those bought in packs that are usable, or an amount or less (rule P6: 20 %).

    Attributes:
        share: The share at or below which it speaks, as an exact decimal; None to go by ``tokens`` only.
        tokens: The amount at or below which it speaks; None to go by ``share`` only.
        team: The pool it watches; all together by default.

    .. versionadded:: 0.1.0
    """

    share: Decimal | None = field(default=Decimal("0.2"), converter=as_tokens_or_none)
    tokens: Decimal | None = field(default=None, converter=as_tokens_or_none)
    team: str | EveryTeam | None = EVERY_TEAM

    def check(self, ledger: Ledger, at: datetime) -> Iterator[Alert]:
        """Yield the alert where the balance is low; before the pool's first tokens there is none to speak of."""
        at = as_utc(at)
        if not any(entry.at <= at for entry in ledger.history(team=self.team)):
            return
        usable = _usable(ledger, at, self.team)
        balance = ledger.balance(at, team=self.team)
        with exact():
            under_share = self.share is not None and balance <= self.share * usable
        if under_share or (self.tokens is not None and balance <= self.tokens):
            message = f"{_pool(self.team)} has {plain(balance)} tokens left of {plain(usable)} in packs that are usable"
            yield Alert("low-balance", _pool(self.team), at, message, balance)


@frozen(kw_only=True)
class ExpiringTokens:
    """A pack with tokens left expires soon (rule P6: 90 days before).

    Attributes:
        within: How long before the expiry it speaks.
        at_least: The tokens below which it keeps silent.

    .. versionadded:: 0.1.0
    """

    within: timedelta = timedelta(days=90)
    at_least: Decimal = field(default=ONE, converter=as_tokens)

    def check(self, ledger: Ledger, at: datetime) -> Iterator[Alert]:
        """Yield an alert for each such pack, soonest first."""
        at = as_utc(at)
        ends = {pack.id: pack.expires_at for pack in ledger.packs}
        for pack_id, tokens in ledger.expiring(at, self.within).items():
            if tokens >= self.at_least:
                message = f"{plain(tokens)} tokens of pack {pack_id} expire at {ends[pack_id].isoformat()}"
                yield Alert("expiring", pack_id, at, message, tokens)


@frozen(kw_only=True)
class Reserve:
    """The tokens that will still be usable after a while are fewer than a reserve to be kept.

    Attributes:
        tokens: The reserve.
        after: How far ahead the tokens must still be usable; zero for any that are usable now.
        team: The pool it watches; all together by default.

    .. versionadded:: 0.1.0
    """

    tokens: Decimal = field(converter=as_positive)
    after: timedelta = timedelta()
    team: str | EveryTeam | None = EVERY_TEAM

    def check(self, ledger: Ledger, at: datetime) -> Iterator[Alert]:
        """Yield the alert where the reserve is not there."""
        at = as_utc(at)
        with exact():
            lasting = ledger.balance(at, team=self.team) - total(ledger.expiring(at, self.after, team=self.team).values())
        if lasting < self.tokens:
            when = f" that last until {(at + self.after).isoformat()}" if self.after else ""
            message = f"{_pool(self.team)} has {plain(lasting)} tokens{when}, below the reserve of {plain(self.tokens)}"
            yield Alert("reserve", _pool(self.team), at, message, lasting)


@frozen(kw_only=True)
class Budget:
    """A user or a team was charged more in the running day, month or year than a budget.

    Attributes:
        tokens: The budget.
        user: The user it is for; give this or ``team``.
        team: The team it is for.
        per: The calendar period.
        zone: The zone in which the period begins.

    Raises:
        InvalidValueError: Both a user and a team are given, or neither.

    .. versionadded:: 0.1.0
    """

    tokens: Decimal = field(converter=as_tokens)
    user: str | None = None
    team: str | None = None
    per: Literal["day", "month", "year"] = "month"
    zone: tzinfo = UTC

    def __attrs_post_init__(self) -> None:
        if bool(self.user) == bool(self.team):
            raise InvalidValueError("user", self.user, "either a user or a team, by a name that is not blank")

    def check(self, ledger: Ledger, at: datetime) -> Iterator[Alert]:
        """Yield the alert where the budget is exceeded by the charges up to the instant."""
        at = as_utc(at)
        since = self._period_start(at)
        spent = total(
            charge.tokens
            for charge in ledger.charges
            if since <= charge.at <= at and (charge.user == self.user if self.user else charge.team == self.team)
        )
        if spent > self.tokens:
            who = self.user or f"team {self.team}"
            message = f"{who} was charged {plain(spent)} tokens this {self.per}, over the budget of {plain(self.tokens)}"
            yield Alert("budget", who, at, message, spent)

    def _period_start(self, at: datetime) -> datetime:
        midnight = at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if self.per != "day":
            midnight = midnight.replace(day=1)
        if self.per == "year":
            midnight = midnight.replace(month=1)
        return as_utc(midnight)


def _as_sessions(sessions: Iterable[Session]) -> tuple[Session, ...]:
    return tuple(sessions)


@frozen
class RunningOn:
    """A session is open whose window ends soon: if it stays open, it is charged again (rule C3).

    Attributes:
        sessions: The sessions; one without a close is taken as open.
        within: How long before the window's end it speaks.

    .. versionadded:: 0.1.0
    """

    sessions: tuple[Session, ...] = field(converter=_as_sessions, repr=False)
    within: timedelta = field(default=timedelta(hours=1), kw_only=True)

    def check(self, ledger: Ledger, at: datetime) -> Iterator[Alert]:
        """Yield an alert for each user and product whose window is about to end under an open session."""
        at = as_utc(at)
        open_now = {
            (session.user, session.product)
            for session in self.sessions
            if session.opened_at <= at and (session.closed_at is None or at < session.closed_at)
        }
        for charge in ledger.charges:
            window = charge.window
            if window and window.start <= at < window.end <= at + self.within and (window.user, window.product) in open_now:
                message = f"{window.user} still has {window.product} open: at {window.end.isoformat()} it is charged again"
                yield Alert("running-on", f"{window.user}: {window.product}", at, message, charge.tokens)


STANDARD_RULES: tuple[AlertRule, ...] = (LowBalance(), ExpiringTokens())
"""The two warnings that the vendor gives itself (rule P6).

.. versionadded:: 0.1.0
"""


def alerts(ledger: Ledger, at: datetime, rules: Iterable[AlertRule] = STANDARD_RULES) -> list[Alert]:
    """Return what rules have to say of a ledger at an instant, in the order of the rules.

    .. versionadded:: 0.1.0
    """
    return [alert for rule in rules for alert in rule.check(ledger, at)]


def replay_alerts(ledger: Ledger, instants: Iterable[datetime], rules: Iterable[AlertRule] = STANDARD_RULES) -> list[Alert]:
    """Return what rules would have said over history: each alert at the first of the instants at which it stood.

    An alert that had gone and comes back is said again.

    .. versionadded:: 0.1.0
    """
    rules = list(rules)
    said: list[Alert] = []
    standing: set[tuple[int, str]] = set()
    for at in sorted(as_utc(instant) for instant in instants):
        now = [(number, alert) for number, rule in enumerate(rules) for alert in rule.check(ledger, at)]
        said += [alert for number, alert in now if (number, alert.subject) not in standing]
        standing = {(number, alert.subject) for number, alert in now}
    return said

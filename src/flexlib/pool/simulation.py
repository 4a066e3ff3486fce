"""Usage against a pool that refuses openings: windows and balance run together (rule P4)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from attrs import frozen

from flexlib.charging.charges import Charge, ChargeWindow, WindowCause
from flexlib.charging.explanation import Explanation
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.rating import Rater, both, sort_charges, split_usage
from flexlib.charging.spans import UseRules, UseSpan, session_order
from flexlib.model.amounts import exact, plain
from flexlib.model.packs import TokenPack, Transfer
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session, Use
from flexlib.pool.facts import Facts
from flexlib.pool.ledger import Ledger, settle
from flexlib.pool.running import RunningPool


@frozen
class Refusal:
    """Use that the pool refused (rule P4).

    Attributes:
        use: The session, refused from ``at`` on, or the result.
        at: The instant: the session's opening, or the end of a window in which it was open.
        needed: The tokens that the charge would have been.
        balance: The tokens that the pool had.

    .. versionadded:: 0.1.0
    """

    use: Use
    at: datetime
    needed: Decimal
    balance: Decimal

    def explain(self) -> Explanation:
        """Return why the use was refused.

        .. versionadded:: 0.1.0
        """
        began_before = isinstance(self.use, Session) and self.use.opened_at < self.at
        what = "could not go on using" if began_before else "could not open"
        lines = (
            f"{self.use.user} {what} {self.use.product} at {self.at.isoformat()}",
            f"it needs {plain(self.needed)} tokens and the pool had {plain(self.balance)}",
        )
        return Explanation(
            lines,
            ("P4",),
            {
                "user": self.use.user,
                "product": self.use.product,
                "at": self.at.isoformat(),
                "needed": plain(self.needed),
                "balance": plain(self.balance),
            },
        )


@frozen
class Simulation:
    """What usage would have cost and what the pool would have refused.

    Attributes:
        charges: The charges that the pool paid in full, in time order.
        windows: The windows that opened, in time order.
        refusals: What was refused, in time order.
        ledger: The charges settled against the packs; it has no shortfall.

    .. versionadded:: 0.1.0
    """

    charges: list[Charge]
    windows: list[ChargeWindow]
    refusals: list[Refusal]
    ledger: Ledger


def simulate(
    usage: Iterable[Use],
    rates: RateBook,
    packs: Iterable[TokenPack],
    *,
    transfers: Iterable[Transfer] = (),
    region: str | None = None,
    seats: Iterable[Seat] = (),
    policy: ChargePolicy = FLEX,
    catalog: Catalog | None = None,
) -> Simulation:
    """Return what becomes of usage where the pool refuses what it cannot pay (rule P4).

    A charge is refused where the pool has fewer tokens than it needs, or none at all; a refused opening opens no window. Every
    session of that user and product that is in use at that instant is refused from it on; later sessions try anew. That a session which
    is open at a window's end is refused there is flexlib's choice, as rule P4 leaves it open. Use that needs no charge (inside a
    window, under a seat, a short launch) is never refused.

    Raises:
        RateNotFoundError, RateConflictError, UnknownProductError: As `charge_usage`.
        LedgerError: As `settle`.

    .. versionadded:: 0.1.0
    """
    facts = Facts.of((), packs, (), transfers)
    sessions, results = split_usage(usage)
    rules = UseRules.of({use.product for use in both(sessions, results)}, policy, seats, catalog)
    run = _Run(RunningPool(facts.packs), Rater(rates, region), rules, facts.transfers)
    with exact():
        run.all_of(_claims(sessions, rules), rules.distinct(results))
    sort_charges(run.charges)
    windows = [charge.window for charge in run.charges if charge.window]
    return Simulation(run.charges, windows, run.refusals, settle(run.charges, facts.packs, transfers=facts.transfers))


class _Claim:
    """The use of one user and product that may still need a window."""

    def __init__(self, user: str, product: str) -> None:
        self.user = user
        self.product = product
        self.spans: list[UseSpan] = []
        self.window_end: datetime | None = None

    def next_need(self) -> datetime | None:
        """Return the first instant of use at or after the end of the last window, and drop the use that lies before it."""
        while self.spans:
            start, close, _, _ = self.spans[0]
            if self.window_end is None or start >= self.window_end:
                return start
            if close > self.window_end:
                return self.window_end
            del self.spans[0]
        return None

    def refuse(self, at: datetime) -> list[Session]:
        """Drop every session that is in use at an instant, and return them."""
        refused = {session for start, close, session, _ in self.spans if start <= at < close or start == close == at}
        self.spans = [span for span in self.spans if span[2] not in refused]
        return sorted(refused, key=lambda session: (session.opened_at, *session_order(session)))


def _claims(sessions: Iterable[Session], rules: UseRules) -> list[_Claim]:
    claims: dict[tuple[str, str], _Claim] = {}
    for span in rules.in_order(dict.fromkeys(sessions)):
        key = (span[2].user, rules.codes[span[2].product])
        claims.setdefault(key, _Claim(*key)).spans.append(span)
    return list(claims.values())


class _Run:
    def __init__(self, pool: RunningPool, rater: Rater, rules: UseRules, transfers: list[Transfer]) -> None:
        self.pool = pool
        self.rater = rater
        self.rules = rules
        self.transfers = transfers[::-1]
        self.charges: list[Charge] = []
        self.refusals: list[Refusal] = []

    def all_of(self, claims: Iterable[_Claim], results: Iterable[ResultUse]) -> None:
        """Take every need for a charge in the order in which `settle` takes charges."""
        needs: list[tuple[datetime, str, str, str, int, _Claim | Charge]] = []
        for number, claim in enumerate(claims):
            needs.append((claim.spans[0][0], claim.user, claim.product, "", number, claim))
        for number, result in enumerate(results):
            charge = self.rater.charge_result(result)
            needs.append((charge.at, charge.user, charge.product, charge.id, number, charge))
        heapq.heapify(needs)
        while needs:
            at, user, product, _, number, need = heapq.heappop(needs)
            self._bring_forward(at)
            if isinstance(need, Charge):
                self._pay(need)
                continue
            self._open(need, at)
            following = need.next_need()
            if following is not None:
                heapq.heappush(needs, (following, user, product, "", number, need))

    def _bring_forward(self, at: datetime) -> None:
        while self.transfers and self.transfers[-1].at <= at:
            transfer = self.transfers.pop()
            self.pool.advance(transfer.at)
            self.pool.transfer(transfer.from_team, transfer.to_team, transfer.tokens, transfer.at)
        self.pool.advance(at)

    def _open(self, claim: _Claim, at: datetime) -> None:
        start, _, session, cause = claim.spans[0]
        end = at + self.rules.policy.window
        charge = self.rater.charge_window(claim.product, at, end, session, cause if start == at else WindowCause.STILL_OPEN)
        if self._pay(charge):
            claim.window_end = end
        else:
            refused = claim.refuse(at)
            balance = self.pool.balance(charge.team)
            self.refusals += [Refusal(other, at, charge.tokens, balance) for other in refused]

    def _pay(self, charge: Charge) -> bool:
        balance = self.pool.balance(charge.team)
        if balance <= 0 or balance < charge.tokens:
            if charge.result:
                self.refusals.append(Refusal(charge.result, charge.at, charge.tokens, balance))
            return False
        self.pool.draw(charge.team, charge.tokens, charge.at, charge.id)
        self.charges.append(charge)
        return True

"""The ledger: what charges drew on which packs, and every balance at any instant (rules P1 to P5)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from attrs import field, frozen

from flexlib.charging.charges import Charge
from flexlib.charging.explanation import Explanation
from flexlib.errors import UnknownRecordError
from flexlib.model.amounts import ZERO, exact, negated
from flexlib.model.instants import as_utc
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.reported import ReportedUse
from flexlib.model.wire import from_json, to_json
from flexlib.pool.entries import EVERY_TEAM, Draw, EntryKind, EveryTeam, LedgerEntry, Shortfall
from flexlib.pool.explaining import explain_charge, explain_pack
from flexlib.pool.facts import Facts
from flexlib.pool.running import Lot, RunningPool
from flexlib.pool.verification import verify_ledger


class _Line(NamedTuple):
    """A running total over time."""

    instants: list[datetime]
    totals: list[Decimal]

    @classmethod
    def of(cls, steps: Sequence[tuple[datetime, Decimal]]) -> _Line:
        with exact():
            return cls([at for at, _ in steps], list(accumulate(tokens for _, tokens in steps)))

    def at(self, instant: datetime) -> Decimal:
        place = bisect_right(self.instants, instant)
        return self.totals[place - 1] if place else ZERO


@frozen
class _SavedFacts:
    charges: list[Charge]
    packs: list[TokenPack]
    refunds: list[Refund]
    transfers: list[Transfer]


@frozen
class Ledger:
    """Charges settled against packs: draws, shortfalls, and readings at any instant. Made by `settle`.

    A reading at an instant counts what happens at that very instant; `expired`, `drawn`, `purchased` and `shortfall` are totals up to
    it. Every reading takes a ``team``, None for the common pool, and reads all teams together without one. Instants are aware.

    Attributes:
        charges: The charges, in time order.
        packs: The packs, by start.
        refunds: The refunds, in time order.
        transfers: The transfers between teams, in time order.
        draws: What each charge drew on which pack, in the order of drawing.
        shortfalls: The parts of charges and transfers for which the pool had no tokens.

    .. versionadded:: 0.1.0
    """

    charges: tuple[Charge, ...]
    packs: tuple[TokenPack, ...]
    refunds: tuple[Refund, ...]
    transfers: tuple[Transfer, ...]
    draws: tuple[Draw, ...] = field(repr=False)
    shortfalls: tuple[Shortfall, ...] = field(repr=False)
    _entries: tuple[LedgerEntry, ...] = field(repr=False)
    _lines: dict[object, _Line] = field(factory=dict, init=False, repr=False, eq=False)

    def balance(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that are usable at an instant.

        .. versionadded:: 0.1.0
        """
        return self._total(at, team, frozenset(EntryKind))

    def balances(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> dict[str, Decimal]:
        """Return the tokens usable at an instant in each pack, by pack id; zero for a pack not started, used up or expired.

        .. versionadded:: 0.1.0
        """
        return {pack.id: self._total(at, team, frozenset(EntryKind), pack.id) for pack in self.packs}

    def purchased(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens of all packs that had started by an instant.

        .. versionadded:: 0.1.0
        """
        return self._total(at, team, frozenset({EntryKind.PURCHASE}))

    def drawn(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that charges had drawn by an instant, less those refunded.

        .. versionadded:: 0.1.0
        """
        return negated(self._total(at, team, frozenset({EntryKind.DRAW, EntryKind.REFUND})))

    def expired(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that had expired unused by an instant (rule P1).

        .. versionadded:: 0.1.0
        """
        return negated(self._total(at, team, frozenset({EntryKind.EXPIRY})))

    def shortfall(self, at: datetime, *, team: str | EveryTeam | None = EVERY_TEAM) -> Decimal:
        """Return the tokens that charges up to an instant lacked; it is final, a later pack does not make it good.

        .. versionadded:: 0.1.0
        """
        key = ("shortfall", team)
        if key not in self._lines:
            charged = [gap for gap in self.shortfalls if gap.kind is EntryKind.DRAW]
            own = [gap for gap in charged if team is EVERY_TEAM or gap.team == team]
            self._lines[key] = _Line.of([(gap.at, gap.tokens) for gap in own])
        return self._lines[key].at(as_utc(at))

    def expiring(self, at: datetime, within: timedelta, *, team: str | EveryTeam | None = EVERY_TEAM) -> dict[str, Decimal]:
        """Return the tokens left at an instant in packs that expire after it and within a span of it, by pack id, soonest first.

        .. versionadded:: 0.1.0
        """
        at = as_utc(at)
        soon = sorted(
            (pack for pack in self.packs if at < pack.expires_at <= at + within), key=lambda pack: (pack.expires_at, pack.id)
        )
        left = {pack.id: self._total(at, team, frozenset(EntryKind), pack.id) for pack in soon}
        return {pack_id: tokens for pack_id, tokens in left.items() if tokens}

    def history(self, *, team: str | EveryTeam | None = EVERY_TEAM) -> list[LedgerEntry]:
        """Return every movement of tokens in time order: purchases, draws, refunds, transfers and expiries.

        .. versionadded:: 0.1.0
        """
        return [entry for entry in self._entries if team is EVERY_TEAM or entry.team == team]

    def explain(self, charge: Charge | str) -> Explanation:
        """Return why a charge was made and which packs paid for it; a charge is given whole or by its id.

        Raises:
            UnknownRecordError: The ledger holds no such charge.

        .. versionadded:: 0.1.0
        """
        charge_id = charge if isinstance(charge, str) else charge.id
        own = next((known for known in self.charges if known.id == charge_id), None)
        if own is None:
            raise UnknownRecordError(f"the ledger holds no charge {charge_id!r}")
        return explain_charge(own, self._entries, self.shortfalls)

    def explain_pack(self, pack_id: str) -> Explanation:
        """Return what became of a pack's tokens: drawn by whom, refunded, moved and expired. The mirror of `explain`.

        Raises:
            UnknownRecordError: The ledger holds no such pack.

        .. versionadded:: 0.1.0
        """
        own = next((pack for pack in self.packs if pack.id == pack_id), None)
        if own is None:
            raise UnknownRecordError(f"the ledger holds no pack {pack_id!r}")
        return explain_pack(own, self._entries, {charge.id: charge for charge in self.charges})

    def verify(self) -> None:
        """Check the ledger against its invariants, from its entries alone.

        Purchased tokens are left, drawn or expired; draws and shortfall make each charge; no pack falls below zero; nothing is drawn
        outside a pack's span, nor while a pack that ranks before it has tokens (rules P1 to P3).

        Raises:
            LedgerError: One does not hold.

        .. versionadded:: 0.1.0
        """
        verify_ledger(self.charges, self.packs, self._entries, self.draws, self.shortfalls)

    def extend(
        self,
        charges: Iterable[Charge | ReportedUse] = (),
        packs: Iterable[TokenPack] = (),
        *,
        refunds: Iterable[Refund] = (),
        transfers: Iterable[Transfer] = (),
    ) -> Ledger:
        """Return the ledger of these facts and more; facts that come late are placed where they belong in time.

        .. versionadded:: 0.1.0
        """
        return settle(
            [*self.charges, *charges],
            [*self.packs, *packs],
            refunds=[*self.refunds, *refunds],
            transfers=[*self.transfers, *transfers],
        )

    def save(self) -> str:
        """Return the ledger's facts as JSON text; balances are derived anew by `resume`.

        .. versionadded:: 0.1.0
        """
        return to_json(_SavedFacts(list(self.charges), list(self.packs), list(self.refunds), list(self.transfers)))

    @classmethod
    def resume(cls, state: str) -> Ledger:
        """Return the ledger of the facts that `save` returned.

        Raises:
            FormatError: The text is no such state.

        .. versionadded:: 0.1.0
        """
        facts = from_json(state, _SavedFacts, "ledger state")
        return settle(facts.charges, facts.packs, refunds=facts.refunds, transfers=facts.transfers)

    def _total(
        self, at: datetime, team: str | EveryTeam | None, kinds: frozenset[EntryKind], pack_id: str | None = None
    ) -> Decimal:
        key = (team, kinds)
        if (key, pack_id) not in self._lines:
            steps: dict[str | None, list[tuple[datetime, Decimal]]] = defaultdict(list, {pack.id: [] for pack in self.packs})
            steps[None] = []
            for entry in self._entries:
                if entry.kind in kinds and (team is EVERY_TEAM or entry.team == team):
                    steps[None].append((entry.at, entry.tokens))
                    steps[entry.pack_id].append((entry.at, entry.tokens))
            self._lines.update({(key, pack): _Line.of(own) for pack, own in steps.items()})
        return self._lines[key, pack_id].at(as_utc(at))


def settle(
    charges: Iterable[Charge | ReportedUse],
    packs: Iterable[TokenPack],
    *,
    refunds: Iterable[Refund] = (),
    transfers: Iterable[Transfer] = (),
) -> Ledger:
    """Return the ledger of charges drawn on packs: earliest end first, then smallest original size (rule P2).

    Rows of the vendor's report are charges at 00:00 UTC of their day, as `charge_reported` makes them.

    A charge draws as far as its team's pool goes, on several packs where need be (rule P3); the rest is its shortfall, which is final.
    Until its first tokens, of a pack or a transfer, a team draws on the packs without a team. The order of the arguments makes no difference:
    what happens at one instant happens in the order expiries, starts of packs, transfers, charges (by user, product, id),
    refunds. The same fact given twice counts once.

    Raises:
        LedgerError: Two charges or two packs share an id and differ, or a refund exceeds its charge, lies before it or names none.
        InvalidValueError: A value is neither a charge nor a row of the vendor's report.

    >>> from datetime import UTC, date, datetime
    >>> ledger = settle([Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10)], [TokenPack.purchase("A-1", 500, date(2026, 1, 1))])
    >>> print(ledger.balance(datetime(2026, 3, 3, tzinfo=UTC)))
    490

    .. versionadded:: 0.1.0
    """
    facts = Facts.of(charges, packs, refunds, transfers)
    run = _Settlement(RunningPool(facts.packs))
    with exact():
        for event in _in_time_order(facts):
            run.take(event)
        run.finish(facts.packs)
    return Ledger(
        tuple(facts.charges),
        tuple(facts.packs),
        tuple(facts.refunds),
        tuple(facts.transfers),
        tuple(run.draws),
        tuple(run.shortfalls),
        tuple(run.pool.entries),
    )


def _in_time_order(facts: Facts) -> Iterator[Charge | Refund | Transfer]:
    """Yield what happens in time order; at one instant transfers, then charges, then refunds."""
    events: list[Charge | Refund | Transfer] = [*facts.transfers, *facts.charges, *facts.refunds]
    yield from sorted(events, key=lambda event: event.at)


class _Settlement:
    def __init__(self, pool: RunningPool) -> None:
        self.pool = pool
        self.draws: list[Draw] = []
        self.shortfalls: list[Shortfall] = []
        self._drawn: dict[str, list[tuple[Lot, Decimal]]] = {}

    def take(self, event: Charge | Refund | Transfer) -> None:
        self.pool.advance(event.at)
        if isinstance(event, Charge):
            self._charge(event)
        elif isinstance(event, Refund):
            self._refund(event)
        else:
            self._transfer(event)

    def finish(self, packs: Sequence[TokenPack]) -> None:
        if packs:
            self.pool.advance(max(pack.expires_at for pack in packs))

    def _charge(self, charge: Charge) -> None:
        charge_id, lacking = charge.id, charge.tokens
        taken = self.pool.draw(charge.team, charge.tokens, charge.at, charge_id)
        self._drawn[charge_id] = taken
        for lot, part in taken:
            self.draws.append(Draw(charge_id, lot.pack.id, part, charge.at))
            lacking -= part
        self._lack(EntryKind.DRAW, lacking, charge_id, charge.at, self.pool.pool_of(charge.team))

    def _refund(self, refund: Refund) -> None:
        """Return tokens to the packs last drawn first; the part of a charge that was a shortfall has nothing to return."""
        drawn, due = self._drawn[refund.charge_id], refund.tokens
        while due and drawn:
            lot, part = drawn.pop()
            back = min(part, due)
            due -= back
            if part > back:
                drawn.append((lot, part - back))
            self.pool.give_back(lot, back, refund.at, refund.charge_id)

    def _transfer(self, transfer: Transfer) -> None:
        moved = self.pool.transfer(transfer.from_team, transfer.to_team, transfer.tokens, transfer.at)
        name = transfer.id or f"transfer from {transfer.from_team or 'the common pool'} to {transfer.to_team or 'the common pool'}"
        self._lack(EntryKind.TRANSFER, transfer.tokens - moved, name, transfer.at, transfer.from_team)

    def _lack(self, kind: EntryKind, tokens: Decimal, reference: str, at: datetime, team: str | None) -> None:
        if tokens:
            self.shortfalls.append(Shortfall(kind, reference, tokens, at, team))

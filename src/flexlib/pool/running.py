"""The pool as it runs: tokens come in, are drawn in the vendor's order, return, move and expire (rules P1 to P5)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from attrs import define

from flexlib.model.amounts import ZERO
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import EntryKind, LedgerEntry

DrawingOrder: TypeAlias = tuple[datetime, Decimal, datetime, str]


def drawing_order(pack: TokenPack) -> DrawingOrder:
    """Return the place of a pack in the order of drawing: earliest end, smallest original size, earliest start, id (rule P2)."""
    return (pack.expires_at, pack.tokens, pack.starts_at, pack.id)


@define
class Lot:
    """The tokens of one pack in one team's pool."""

    pack: TokenPack
    team: str | None
    left: Decimal = ZERO
    queued: bool = False


class RunningPool:
    """All teams' pools, brought forward from instant to instant; ``entries`` is what has happened so far.

    A team has a pool of its own from its first tokens on, of a pack or a transfer, and keeps it when they are gone; before, it draws on
    the common pool of the packs without a team.
    """

    def __init__(self, packs: Iterable[TokenPack]) -> None:
        self.entries: list[LedgerEntry] = []
        self._coming = sorted(packs, key=lambda pack: (pack.starts_at, pack.id), reverse=True)
        self._balance = ZERO
        self._balances: dict[str | None, Decimal] = defaultdict(lambda: ZERO)
        self._lots: dict[tuple[str, str | None], Lot] = {}
        self._queues: dict[str | None, list[tuple[DrawingOrder, Lot]]] = defaultdict(list)

    def pool_of(self, team: str | None) -> str | None:
        """Return the pool on which a team draws now: its own, or the common one."""
        return team if team in self._balances else None

    def advance(self, until: datetime) -> None:
        """Let every pack start and every lot expire whose instant is at or before `until`, in order; at one instant expiries first."""
        while True:
            starts = self._coming[-1].starts_at if self._coming else None
            expiring = self._next_to_expire()
            if expiring and expiring.pack.expires_at <= until and (starts is None or expiring.pack.expires_at <= starts):
                self._expire(expiring)
            elif starts is not None and starts <= until:
                pack = self._coming.pop()
                self._add(self._lot(pack, pack.team), pack.tokens, pack.starts_at, EntryKind.PURCHASE)
            else:
                return

    def balance(self, team: str | None) -> Decimal:
        """Return the usable tokens of the pool on which a team draws."""
        return self._balances.get(self.pool_of(team), ZERO)

    def draw(self, team: str | None, tokens: Decimal, at: datetime, charge_id: str) -> list[tuple[Lot, Decimal]]:
        """Draw tokens for a charge in the order of rule P2, as far as the pool goes, and return what came from where."""
        taken = list(self._take(self.pool_of(team), tokens))
        for lot, part in taken:
            self._enter(lot, -part, at, EntryKind.DRAW, charge_id)
        return taken

    def give_back(self, lot: Lot, tokens: Decimal, at: datetime, charge_id: str) -> None:
        """Return tokens to the lot from which they were drawn; what returns to an expired pack expires at once."""
        self._add(lot, tokens, at, EntryKind.REFUND, charge_id)
        if lot.pack.expires_at <= at:
            self._expire(lot, at)

    def transfer(self, from_team: str | None, to_team: str | None, tokens: Decimal, at: datetime) -> Decimal:
        """Move tokens between teams, drawn in the order of rule P2, and return how many could be moved."""
        moved = ZERO
        for lot, part in list(self._take(from_team, tokens)):
            self._enter(lot, -part, at, EntryKind.TRANSFER, to_team)
            self._add(self._lot(lot.pack, to_team), part, at, EntryKind.TRANSFER, from_team)
            moved += part
        return moved

    def _take(self, team: str | None, tokens: Decimal) -> Iterator[tuple[Lot, Decimal]]:
        queue = self._queues[team]
        while tokens and queue:
            lot = queue[0][1]
            part = min(lot.left, tokens)
            lot.left -= part
            tokens -= part
            if not lot.left:
                self._unqueue(lot)
            yield lot, part

    def _lot(self, pack: TokenPack, team: str | None) -> Lot:
        return self._lots.setdefault((pack.id, team), Lot(pack, team))

    def _add(self, lot: Lot, tokens: Decimal, at: datetime, kind: EntryKind, reference: str | None = None) -> None:
        lot.left += tokens
        if not lot.queued:
            lot.queued = True
            heapq.heappush(self._queues[lot.team], (drawing_order(lot.pack), lot))
        self._enter(lot, tokens, at, kind, reference)

    def _unqueue(self, lot: Lot) -> None:
        """Take the first lot of a queue out of it."""
        heapq.heappop(self._queues[lot.team])
        lot.queued = False

    def _next_to_expire(self) -> Lot | None:
        firsts = [queue[0] for queue in self._queues.values() if queue]
        return min(firsts, key=lambda first: first[0])[1] if firsts else None

    def _expire(self, lot: Lot, at: datetime | None = None) -> None:
        left, lot.left = lot.left, ZERO
        self._unqueue(lot)
        self._enter(lot, -left, at or lot.pack.expires_at, EntryKind.EXPIRY, None)

    def _enter(self, lot: Lot, tokens: Decimal, at: datetime, kind: EntryKind, reference: str | None) -> None:
        self._balance += tokens
        self._balances[lot.team] += tokens
        self.entries.append(LedgerEntry(at, kind, lot.pack.id, lot.team, tokens, reference, self._balance))

"""The check of a ledger against its invariants, from its entries and not from how they were made."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from flexlib.charging.charges import Charge
from flexlib.errors import LedgerError
from flexlib.model.amounts import ZERO, exact
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import Draw, EntryKind, LedgerEntry, Shortfall
from flexlib.pool.running import DrawingOrder, drawing_order


def verify_ledger(
    charges: Iterable[Charge],
    packs: Iterable[TokenPack],
    entries: Sequence[LedgerEntry],
    draws: Iterable[Draw],
    shortfalls: Iterable[Shortfall],
) -> None:
    """Raise `LedgerError` where an invariant does not hold."""
    with exact():
        _check_charges(charges, draws, shortfalls)
        _check_draws(entries, draws)
        known = {pack.id: pack for pack in packs}
        _check_packs(known, entries)
        _check_pools(known, entries)


def _check_charges(charges: Iterable[Charge], draws: Iterable[Draw], shortfalls: Iterable[Shortfall]) -> None:
    paid: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for draw in draws:
        paid[draw.charge_id] += draw.tokens
    for gap in shortfalls:
        if gap.kind is EntryKind.DRAW:
            paid[gap.reference] += gap.tokens
    for charge in charges:
        if paid[charge.id] != charge.tokens:
            raise LedgerError(f"charge {charge.id} is of {charge.tokens} tokens, but draws and shortfall make {paid[charge.id]}")


def _check_draws(entries: Iterable[LedgerEntry], draws: Iterable[Draw]) -> None:
    entered = [(entry.reference, entry.pack_id, -entry.tokens, entry.at) for entry in entries if entry.kind is EntryKind.DRAW]
    if entered != [(draw.charge_id, draw.pack_id, draw.tokens, draw.at) for draw in draws]:
        raise LedgerError("the draws are not those of the history")


def _check_packs(packs: dict[str, TokenPack], entries: Iterable[LedgerEntry]) -> None:
    bought: dict[str, Decimal] = {}
    for entry in entries:
        if entry.pack_id not in packs:
            raise LedgerError(f"the history names a pack {entry.pack_id}, which is not among the packs")
        pack = packs[entry.pack_id]
        if entry.kind is EntryKind.PURCHASE and (entry.at, entry.pack_id in bought) == (pack.starts_at, False):
            bought[entry.pack_id] = entry.tokens
        elif entry.kind is EntryKind.PURCHASE:
            raise LedgerError(f"pack {pack.id} comes in at {entry.at.isoformat()}, not once at its start")
        if entry.kind is EntryKind.EXPIRY and entry.at < pack.expires_at:
            raise LedgerError(f"tokens of pack {pack.id} expire at {entry.at.isoformat()}, before its end")
    for pack in packs.values():
        if bought.get(pack.id) != pack.tokens:
            raise LedgerError(f"pack {pack.id} is of {pack.tokens} tokens, but {bought.get(pack.id, ZERO)} come in")


def _check_pools(packs: dict[str, TokenPack], entries: Iterable[LedgerEntry]) -> None:
    left: dict[tuple[str, str | None], Decimal] = defaultdict(lambda: ZERO)
    ranked: dict[str | None, list[DrawingOrder]] = defaultdict(list)
    for entry in entries:
        pack = packs[entry.pack_id]
        lot, order, queue = (pack.id, entry.team), drawing_order(pack), ranked[entry.team]
        taken_in_turn = entry.kind is EntryKind.DRAW or (entry.kind is EntryKind.TRANSFER and entry.tokens < 0)
        if taken_in_turn and not pack.starts_at <= entry.at < pack.expires_at:
            raise LedgerError(f"pack {pack.id} was drawn on at {entry.at.isoformat()}, outside its span")
        if taken_in_turn and (not queue or queue[0] != order):
            raise LedgerError(f"pack {pack.id} was drawn on at {entry.at.isoformat()} before a pack that ranks first")
        before, after = left[lot], left[lot] + entry.tokens
        if after < 0:
            raise LedgerError(f"pack {pack.id} falls to {after} tokens at {entry.at.isoformat()}")
        left[lot] = after
        if not before and after:
            insort(queue, order)
        elif before and not after:
            del queue[bisect_left(queue, order)]
    for (pack_id, team), tokens in left.items():
        if tokens:
            raise LedgerError(f"{tokens} tokens of pack {pack_id} in the pool of {team} neither drawn nor expired by its end")

"""Explanations of a charge and of a pack, out of a ledger's entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flexlib.charging.charges import Charge
from flexlib.charging.explanation import Explanation
from flexlib.model.amounts import counted, negated, plain, total
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import EntryKind, LedgerEntry, Shortfall


def explain_charge(charge: Charge, entries: Iterable[LedgerEntry], shortfalls: Iterable[Shortfall]) -> Explanation:
    """Return why a charge was made and which packs paid for it."""
    why = charge.explain()
    own = [entry for entry in entries if entry.reference == charge.id and entry.kind in (EntryKind.DRAW, EntryKind.REFUND)]
    drawn = [entry for entry in own if entry.kind is EntryKind.DRAW]
    back = [entry for entry in own if entry.kind is EntryKind.REFUND]
    missing = [gap for gap in shortfalls if gap.reference == charge.id and gap.kind is EntryKind.DRAW]
    lines = [
        f"{plain(negated(entry.tokens))} tokens were drawn on pack {entry.pack_id}, the first to end that had any"
        for entry in drawn
    ]
    lines += [f"{plain(gap.tokens)} tokens were missing: the pool had no more" for gap in missing]
    lines += [f"{plain(entry.tokens)} tokens were returned to pack {entry.pack_id} at {entry.at.isoformat()}" for entry in back]
    rules = [*why.rules, "P2", *(["P3"] if len(drawn) > 1 else []), *(["P4"] if missing else []), *(["P5"] if back else [])]
    return Explanation(
        (*why.lines, *lines),
        tuple(rules),
        {
            **why.data,
            "draws": [{"pack": entry.pack_id, "tokens": plain(negated(entry.tokens))} for entry in drawn],
            "shortfall": plain(total(gap.tokens for gap in missing)),
            "refunds": [{"pack": entry.pack_id, "tokens": plain(entry.tokens), "at": entry.at.isoformat()} for entry in back],
        },
    )


def explain_pack(pack: TokenPack, entries: Iterable[LedgerEntry], charges: Mapping[str, Charge]) -> Explanation:
    """Return what became of a pack's tokens."""
    own = [entry for entry in entries if entry.pack_id == pack.id]
    sums = {kind: total(entry.tokens for entry in own if entry.kind is kind) for kind in EntryKind}
    drawn, returned, expired = negated(sums[EntryKind.DRAW]), sums[EntryKind.REFUND], negated(sums[EntryKind.EXPIRY])
    lines = [
        f"pack {pack.id} of {counted(pack.tokens, 'token')}, usable from {pack.starts_at.isoformat()} to {pack.expires_at.isoformat()}",
        f"{plain(drawn)} tokens were drawn, {plain(returned)} returned, {plain(expired)} expired unused",
    ]
    lines += [_movement(entry, charges) for entry in own if entry.kind is not EntryKind.PURCHASE]
    return Explanation(
        tuple(lines),
        ("P1", "P2", "P3", "P5"),
        {
            "pack": pack.id,
            "tokens": plain(pack.tokens),
            "starts_at": pack.starts_at.isoformat(),
            "expires_at": pack.expires_at.isoformat(),
            "drawn": plain(drawn),
            "returned": plain(returned),
            "expired": plain(expired),
            "entries": [
                {"at": entry.at.isoformat(), "kind": entry.kind.value, "tokens": plain(entry.tokens), "reference": entry.reference}
                for entry in own
            ],
        },
    )


def _movement(entry: LedgerEntry, charges: Mapping[str, Charge]) -> str:
    charge = charges.get(entry.reference) if entry.reference and entry.kind is not EntryKind.TRANSFER else None
    whose = f" for {charge.user}'s {charge.product}" if charge else ""
    team = f" in the pool of {entry.team}" if entry.team else ""
    return f"{entry.at.isoformat()}: {entry.kind.value} {plain(entry.tokens)}{whose}{team}"

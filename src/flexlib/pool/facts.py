"""The facts of a ledger, checked and put in order."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, TypeVar

from flexlib.charging.charges import Charge
from flexlib.charging.rating import sort_charges
from flexlib.charging.reported import as_charge
from flexlib.errors import LedgerError
from flexlib.model.amounts import plain, total
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.reported import ReportedUse

T = TypeVar("T", TokenPack, Refund, Transfer)


class Facts(NamedTuple):
    """Charges, packs, refunds and transfers, each distinct and in a fixed order, so that the order given makes no difference."""

    charges: list[Charge]
    packs: list[TokenPack]
    refunds: list[Refund]
    transfers: list[Transfer]

    @classmethod
    def of(
        cls,
        charges: Iterable[Charge | ReportedUse],
        packs: Iterable[TokenPack],
        refunds: Iterable[Refund],
        transfers: Iterable[Transfer],
    ) -> Facts:
        """Check the facts: the same fact twice counts once, contradictory ones raise `LedgerError`."""
        facts = cls(
            _distinct_charges(charges),
            sorted(_distinct_packs(packs), key=lambda pack: (pack.starts_at, pack.id)),
            sorted(dict.fromkeys(refunds), key=lambda refund: (refund.at, refund.charge_id, refund.id or "", refund.tokens)),
            sorted(dict.fromkeys(transfers), key=_transfer_order),
        )
        _check_refunds(facts)
        return facts


def _transfer_order(transfer: Transfer) -> tuple[object, ...]:
    return (transfer.at, transfer.from_team or "", transfer.to_team or "", transfer.id or "", transfer.tokens)


def _distinct_charges(charges: Iterable[Charge | ReportedUse]) -> list[Charge]:
    distinct: dict[str, Charge] = {}
    for charge in map(as_charge, charges):
        known = distinct.setdefault(charge.id, charge)
        if known is not charge and _content(known) != _content(charge):
            raise LedgerError(f"two charges with the id {charge.id!r} differ: {known} and {charge}; give each an id of its own")
    ordered = list(distinct.values())
    sort_charges(ordered)
    return ordered


def _content(charge: Charge) -> tuple[object, ...]:
    return (charge.user, charge.product, charge.at, charge.tokens, charge.team)


def _distinct_packs(packs: Iterable[TokenPack]) -> list[TokenPack]:
    distinct: dict[str, TokenPack] = {}
    for pack in packs:
        if distinct.setdefault(pack.id, pack) != pack:
            raise LedgerError(
                f"two packs with the id {pack.id!r} differ: {distinct[pack.id]} and {pack}; give each an id of its own"
            )
    return list(distinct.values())


def _check_refunds(facts: Facts) -> None:
    if not facts.refunds:
        return
    charges = {charge.id: charge for charge in facts.charges}
    refunded: dict[str, list[Decimal]] = {}
    for refund in facts.refunds:
        charge = charges.get(refund.charge_id)
        if charge is None:
            raise LedgerError(f"a refund names the charge {refund.charge_id!r}, which is not among the charges")
        if refund.at < charge.at:
            raise LedgerError(
                f"the refund of {charge.id!r} at {refund.at.isoformat()} lies before the charge at {charge.at.isoformat()}"
            )
        refunded.setdefault(charge.id, []).append(refund.tokens)
    for charge_id, parts in refunded.items():
        if total(parts) > charges[charge_id].tokens:
            raise LedgerError(f"the refunds of {charge_id!r} come to {plain(total(parts))}, more than the charge")

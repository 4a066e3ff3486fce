"""A pack's price over everything that became of its tokens, exact to the smallest unit of its currency."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from attrs import evolve, frozen

from flexlib.errors import InvalidTokensError, InvalidValueError
from flexlib.model.amounts import MAX_DIGITS, ONE, ZERO, exact, negated, total
from flexlib.model.instants import as_utc_or_none
from flexlib.model.packs import TokenPack
from flexlib.pool.entries import EntryKind, LedgerEntry
from flexlib.pool.ledger import Ledger

# The minor units of ISO 4217, list one, where they are not two decimals.
_DECIMALS = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_LEAST_QUANTUM = Decimal("1E-30")
_ALLOCATED = (EntryKind.DRAW, EntryKind.REFUND, EntryKind.EXPIRY)


class UnusedRule(enum.Enum):
    """Who bears the price of tokens that expired unused.

    A pack on which nobody drew has no one to bear it: its price stays separate under every rule.

    .. versionadded:: 0.1.0
    """

    SEPARATE = "separate"
    """Nobody; it stays a cost of its own."""

    BY_TOKENS = "by-tokens"
    """The charges that drew on the pack, in proportion to their tokens."""

    BY_USER = "by-user"
    """The users who drew on the pack, in equal parts."""


@frozen
class TokenCost:
    """Tokens of a pack that went one way, and what they cost.

    Attributes:
        pack: The pack.
        kind: A draw, a refund or an expiry.
        at: When they went.
        tokens: The tokens; negative where they were returned.
        cost: Their part of the pack's price, in its currency; negative where they were returned.
        charge_id: The charge that drew them or whose refund returned them, None for an expiry.
        team: The team whose pool held them.
        unused: The share of what expired unused of the pack that a draw bears beyond its cost.

    .. versionadded:: 0.1.0
    """

    pack: TokenPack
    kind: EntryKind
    at: datetime
    tokens: Decimal
    cost: Decimal
    charge_id: str | None = None
    team: str | None = None
    unused: Decimal = ZERO


@frozen
class PriceAllocation:
    """The prices of packs over what became of their tokens; costs, shares of the unused and what is left add up to the prices.

    Attributes:
        costs: What each draw, refund and expiry cost, by pack and in time order.
        left: What the tokens left in each pack are worth, by pack id.

    .. versionadded:: 0.1.0
    """

    costs: list[TokenCost]
    left: dict[str, Decimal]

    def by_charge(self) -> dict[str, dict[str, Decimal]]:
        """Return what each charge cost, by its id and by currency, with its share of unused tokens and less what was returned.

        .. versionadded:: 0.1.0
        """
        parts: dict[str, dict[str, list[Decimal]]] = {}
        for cost in self.costs:
            if cost.charge_id is not None and cost.pack.currency is not None:
                parts.setdefault(cost.charge_id, {}).setdefault(cost.pack.currency, []).extend((cost.cost, cost.unused))
        return {charge: {currency: total(own) for currency, own in amounts.items()} for charge, amounts in parts.items()}


def allocate(amount: Decimal, weights: Sequence[Decimal | int], *, quantum: Decimal = Decimal("0.01")) -> list[Decimal]:
    """Return an amount divided in proportion to weights into parts of whole quanta that add up to it (largest remainder).

    Each part is its exact share rounded down; the quanta that are then missing go one each to the parts that were cut most, the first
    among equals. A negative weight takes a negative part. So no part is a whole quantum or more off its exact share.

    Raises:
        InvalidTokensError: The amount or a weight is not finite or has more than 15 digits before the point, or the quantum is below 1E-30.
        InvalidValueError: The amount is no multiple of the quantum, or the weights of an amount come to zero.

    >>> [str(part) for part in allocate(Decimal(100), [1, 1, 1])]
    ['33.34', '33.33', '33.33']

    .. versionadded:: 0.1.0
    """
    for number in (amount, *weights):
        _check_size(number)
    if not quantum.is_finite() or quantum < _LEAST_QUANTUM:
        raise InvalidTokensError(quantum, f"a finite number of {_LEAST_QUANTUM} or more")
    with exact():
        if amount % quantum:
            raise InvalidValueError("amount", amount, f"a multiple of {quantum}")
        quanta = int(amount / quantum)
        shares = _whole(weights)
        whole = sum(shares)
        if not whole and quanta:
            raise InvalidValueError("weights", list(weights), "weights that do not come to zero")
        if not quanta:
            return [ZERO for _ in shares]
        parts = [divmod(quanta * share, whole) if whole > 0 else divmod(-quanta * share, -whole) for share in shares]
        missing = quanta - sum(part for part, _ in parts)
        raised = set(sorted(range(len(parts)), key=lambda place: -parts[place][1])[:missing])
        return [(part + (place in raised)) * quantum for place, (part, _) in enumerate(parts)]


def _check_size(number: Decimal | int) -> None:
    amount = Decimal(number)
    if not amount.is_finite() or amount.adjusted() >= MAX_DIGITS:
        raise InvalidTokensError(number, f"a finite number with at most {MAX_DIGITS} digits before the point")


def _whole(weights: Sequence[Decimal | int]) -> list[int]:
    """Return weights as whole numbers in the same proportion."""
    given = [Decimal(weight) for weight in weights]
    exponents = [exponent for exponent in (weight.as_tuple().exponent for weight in given) if isinstance(exponent, int)]
    decimals = max(0, *(-exponent for exponent in exponents)) if exponents else 0
    return [int(weight.scaleb(decimals)) for weight in given]


def smallest_unit(price: Decimal, currency: str) -> Decimal:
    """Return the unit in which a price is allocated: the currency's minor unit by ISO 4217, or the price's own decimals if finer.

    .. versionadded:: 0.1.0
    """
    exponent = price.as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return ONE.scaleb(-max(own, _DECIMALS.get(currency, 2)))


def allocate_prices(ledger: Ledger, *, until: datetime | None = None, unused: UnusedRule = UnusedRule.SEPARATE) -> PriceAllocation:
    """Return the price of each pack of a ledger over its draws, refunds, expiries and what is left of it.

    Without ``until`` it is the whole life of the packs, at whose end nothing is left; with it, what happened up to that very instant,
    of the packs that had started by then.

    Raises:
        InvalidValueError: A pack has no price or no currency; the error names each such pack.

    .. versionadded:: 0.1.0
    """
    until = as_utc_or_none(until)
    packs = [pack for pack in ledger.packs if until is None or pack.starts_at <= until]
    unpriced = [pack.id for pack in packs if pack.price is None or pack.currency is None]
    if unpriced:
        raise InvalidValueError("packs", ", ".join(unpriced), "a price and a currency for each of them")
    entries: dict[str, list[LedgerEntry]] = {pack.id: [] for pack in packs}
    for entry in ledger.history():
        if entry.kind in _ALLOCATED and (until is None or entry.at <= until):
            entries[entry.pack_id].append(entry)
    users = {charge.id: charge.user for charge in ledger.charges}
    costs: list[TokenCost] = []
    left: dict[str, Decimal] = {}
    for pack in packs:
        own, left[pack.id] = _allocated(pack, entries[pack.id])
        costs += _shared(own, users, unused)
    return PriceAllocation(costs, left)


def _priced(pack: TokenPack) -> tuple[Decimal, Decimal]:
    """Return the price of a pack that has one, and its smallest unit."""
    price = pack.price or ZERO
    return price, smallest_unit(price, pack.currency or "")


def _allocated(pack: TokenPack, entries: Sequence[LedgerEntry]) -> tuple[list[TokenCost], Decimal]:
    """Return what each movement out of a pack, or back into it, cost, and what the tokens left in it are worth."""
    price, unit = _priced(pack)
    moved = [negated(entry.tokens) for entry in entries]
    with exact():
        left = pack.tokens - total(moved)
    *parts, value = allocate(price, [*moved, left], quantum=unit)
    costs = [
        TokenCost(pack, entry.kind, entry.at, tokens, cost, None if entry.kind is EntryKind.EXPIRY else entry.reference, entry.team)
        for entry, tokens, cost in zip(entries, moved, parts, strict=True)
    ]
    return costs, value


def _shared(costs: list[TokenCost], users: Mapping[str, str], rule: UnusedRule) -> list[TokenCost]:
    """Return the costs of one pack with those of its expiries borne as a rule says."""
    expired = [cost for cost in costs if cost.kind is EntryKind.EXPIRY]
    used = _net_tokens(costs)
    if rule is UnusedRule.SEPARATE or not expired or not used:
        return costs
    unit = _priced(expired[0].pack)[1]
    amount = total(cost.cost for cost in expired)
    shares = _by_tokens(amount, used, unit) if rule is UnusedRule.BY_TOKENS else _by_user(amount, used, users, unit)
    return [
        evolve(cost, unused=shares.get(cost.charge_id or "", ZERO)) if cost.kind is EntryKind.DRAW else cost
        for cost in costs
        if cost.kind is not EntryKind.EXPIRY
    ]


def _net_tokens(costs: Iterable[TokenCost]) -> dict[str, Decimal]:
    """Return the tokens that each charge drew and kept, by charge id."""
    used: dict[str, Decimal] = {}
    with exact():
        for cost in costs:
            if cost.charge_id is not None:
                used[cost.charge_id] = used.get(cost.charge_id, ZERO) + cost.tokens
    return {charge_id: tokens for charge_id, tokens in used.items() if tokens}


def _by_tokens(amount: Decimal, used: Mapping[str, Decimal], unit: Decimal) -> dict[str, Decimal]:
    return dict(zip(used, allocate(amount, list(used.values()), quantum=unit), strict=True))


def _by_user(amount: Decimal, used: Mapping[str, Decimal], users: Mapping[str, str], unit: Decimal) -> dict[str, Decimal]:
    charges: dict[str, dict[str, Decimal]] = {}
    for charge_id, tokens in used.items():
        charges.setdefault(users[charge_id], {})[charge_id] = tokens
    shares: dict[str, Decimal] = {}
    for own, part in zip(charges.values(), allocate(amount, [1] * len(charges), quantum=unit), strict=True):
        shares |= _by_tokens(part, own, unit)
    return shares

"""The same use under other facts: the difference in tokens and money, and the users behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter

from attrs import evolve

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.amounts import ZERO, counted, exact, plain, total
from flexlib.model.instants import as_utc
from flexlib.model.packs import Refund
from flexlib.planning.alternatives.changes import Change
from flexlib.planning.alternatives.facts import Facts
from flexlib.planning.alternatives.rerating import proportion
from flexlib.planning.alternatives.values import ProductDifference, UsageOutcome, UserDifference, WhatIf
from flexlib.pool.ledger import Ledger, settle


def what_if(facts: Facts, *changes: Change, token_price: Decimal | int | None = None, at: datetime | None = None) -> WhatIf:
    """Return what the same use would come to under changes, applied in order, beside what it comes to as it is.

    A refund follows its charge: it falls away with it, and where the charge has other tokens it returns the same part of them.

    Args:
        facts: The facts as they are.
        changes: What would be otherwise.
        token_price: What a token is worth, in place of the price of the facts.
        at: The instant of the readings of the pool; by default the last at which something is used, charged, refunded or moved.

    Raises:
        InvalidValueError: A change does not fit the facts, part of a refund is no exact decimal, or a bought seat has another
            currency than the token price.
        FlexError: What `flexlib.charge_usage` and `flexlib.settle` raise.

    >>> from datetime import UTC, date, datetime, time
    >>> from flexlib import Rate, RateBook, RateSheet, Session
    >>> from flexlib.planning.alternatives.changes import NoneLeftOpen
    >>> rates = RateBook([RateSheet("2021", [Rate("autocad", 7, effective_from=date(2021, 12, 21))])])
    >>> session = Session("ada", "autocad", datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC))
    >>> answer = what_if(Facts(usage=[session], rates=rates, token_price=3), NoneLeftOpen(close_at=time(20)))
    >>> print(answer.before.tokens, answer.after.tokens, answer.tokens, answer.money)
    14 7 -7 -21

    .. versionadded:: 0.1.0
    """
    facts = facts if token_price is None else evolve(facts, token_price=token_price)
    changed = facts
    for change in changes:
        changed = _applied(change, changed)
    charges, others = facts.charged(), changed.charged()
    instant = _last_instant(facts, changed) if at is None else as_utc(at)
    before = _outcome(facts, charges, facts.refunds, instant)
    after = _outcome(changed, others, _following(changed.refunds, charges, others), instant)
    return WhatIf(
        tuple(change.title for change in changes),
        before,
        after,
        _less(after.tokens, before.tokens),
        _less_or_none(after.money, before.money),
        _less_or_none(after.paid, before.paid),
        _users(before, after),
        _products(before, after),
    )


def _applied(change: Change, facts: Facts) -> Facts:
    changed: object = change.apply(facts)
    if not isinstance(changed, Facts):
        raise InvalidValueError("changes", changed, f"facts, as what {change.title!r} makes of facts")
    return changed


def _last_instant(*several: Facts) -> datetime:
    instants = [end for facts in several for _, end in facts.spans()]
    instants += [refund.at for facts in several for refund in facts.refunds]
    instants += [transfer.at for facts in several for transfer in facts.transfers]
    return max(instants, default=datetime.min.replace(tzinfo=UTC))


def _outcome(facts: Facts, charges: Iterable[Charge], refunds: Iterable[Refund], at: datetime) -> UsageOutcome:
    _check_currency(facts)
    ledger = settle(charges, facts.packs, refunds=refunds, transfers=facts.transfers)
    tokens = _less(total(charge.tokens for charge in ledger.charges), total(refund.tokens for refund in ledger.refunds))
    seats = total(bought.cost for bought in facts.bought)
    return UsageOutcome(
        facts,
        ledger,
        at,
        tokens,
        ledger.drawn(at),
        ledger.expired(at),
        ledger.shortfall(at),
        ledger.balance(at),
        seats,
        _money(facts, tokens, seats),
        _paid(facts, seats),
    )


def _check_currency(facts: Facts) -> None:
    named = {facts.currency, *(bought.currency for bought in facts.bought)} - {None}
    if facts.token_price is not None and len(named) > 1:
        raise InvalidValueError("currency", ", ".join(sorted(map(str, named))), "one currency of tokens and bought seats")


def _money(facts: Facts, tokens: Decimal, seats: Decimal) -> Decimal | None:
    if facts.token_price is None:
        return None
    with exact():
        return tokens * facts.token_price + seats


def _paid(facts: Facts, seats: Decimal) -> Decimal | None:
    prices = [pack.price for pack in dict.fromkeys(facts.packs) if pack.price is not None]
    currencies = {pack.currency for pack in facts.packs} | {bought.currency for bought in facts.bought}
    if any(pack.price is None for pack in facts.packs) or len(currencies - {None}) > 1:
        return None
    return total([*prices, seats])


def _following(refunds: Iterable[Refund], charges: Iterable[Charge], others: Iterable[Charge]) -> list[Refund]:
    """Return the refunds of charges as refunds of what those charges became; one that names no charge of before stays as it is."""
    refunds = list(refunds)
    if not refunds:
        return refunds
    before = {charge.id: charge for charge in charges}
    by_id = {charge.id: charge for charge in others}
    by_place = {_place(charge): charge for charge in by_id.values()}
    followed: list[Refund] = []
    for refund in refunds:
        own = before.get(refund.charge_id)
        if own is None:
            followed.append(refund)
            continue
        other = by_id.get(refund.charge_id) or by_place.get(_place(own))
        if other is not None and other.tokens:
            followed.append(evolve(refund, charge_id=other.id, tokens=_same_part(refund, own, other)))
    return followed


def _place(charge: Charge) -> tuple[object, ...]:
    """Return what tells a charge of usage from every other, whatever its tokens."""
    return (charge.user, charge.product, charge.at, charge.result)


def _same_part(refund: Refund, own: Charge, other: Charge) -> Decimal:
    tokens = proportion(refund.tokens, own.tokens, other.tokens)
    if tokens is None:
        part = f"{plain(refund.tokens)} of {plain(own.tokens)}"
        raise InvalidValueError("refunds", part, f"a part that is an exact decimal also of {counted(other.tokens, 'token')}")
    return tokens


def _users(before: UsageOutcome, after: UsageOutcome) -> tuple[UserDifference, ...]:
    old, new = _net(before.ledger, attrgetter("user")), _net(after.ledger, attrgetter("user"))
    old_seats, new_seats = _seats_by_user(before.facts), _seats_by_user(after.facts)
    differences: list[UserDifference] = []
    for user in old.keys() | new.keys() | old_seats.keys() | new_seats.keys():
        was, would = old.get(user, ZERO), new.get(user, ZERO)
        money = _less_or_none(
            _money(after.facts, would, new_seats.get(user, ZERO)), _money(before.facts, was, old_seats.get(user, ZERO))
        )
        differences.append(UserDifference(user, was, would, _less(would, was), money))
    return tuple(sorted(differences, key=lambda one: (*_rank(one.money, one.tokens), one.user)))


def _products(before: UsageOutcome, after: UsageOutcome) -> tuple[ProductDifference, ...]:
    old, new = _net(before.ledger, attrgetter("product")), _net(after.ledger, attrgetter("product"))
    differences: list[ProductDifference] = []
    for product in old.keys() | new.keys():
        was, would = old.get(product, ZERO), new.get(product, ZERO)
        money = _less_or_none(_money(after.facts, would, ZERO), _money(before.facts, was, ZERO))
        differences.append(ProductDifference(product, was, would, _less(would, was), money))
    return tuple(sorted(differences, key=lambda one: (*_rank(one.money, one.tokens), one.product)))


def _net(ledger: Ledger, name: Callable[[Charge], str]) -> dict[str, Decimal]:
    """Return the tokens charged, less those refunded, under each name of a charge."""
    names = {charge.id: name(charge) for charge in ledger.charges} if ledger.refunds else {}
    net: dict[str, Decimal] = defaultdict(lambda: ZERO)
    with exact():
        for charge in ledger.charges:
            net[name(charge)] += charge.tokens
        for refund in ledger.refunds:
            net[names[refund.charge_id]] -= refund.tokens
    return net


def _seats_by_user(facts: Facts) -> dict[str, Decimal]:
    costs: dict[str, Decimal] = defaultdict(lambda: ZERO)
    with exact():
        for bought in facts.bought:
            costs[bought.seat.user] += bought.cost
    return costs


def _rank(money: Decimal | None, tokens: Decimal) -> tuple[Decimal, Decimal]:
    return ((money or ZERO).copy_abs().copy_negate(), tokens.copy_abs().copy_negate())


def _less(amount: Decimal, other: Decimal) -> Decimal:
    with exact():
        return amount - other


def _less_or_none(amount: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if amount is None or other is None else _less(amount, other)

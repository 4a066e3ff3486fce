"""An independent model of buying packs: each path is lived through day by day, in plain Python, for every combination of packs.

Packs are lists ``[end, size, start, tokens left, new]`` with days counted from the first, drawn in the vendor's order.
"""

from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from flexlib import Charge, TokenPack, settle
from flexlib.model.instants import add_months


class Life(NamedTuple):
    """What happened on one path: what was short on each day, the balances at the start of each, and the new packs' unused tokens."""

    short: list
    balances: list
    unused: object


def live(path, packs):
    """Live through one path of demand with packs, each drawn on its days only."""
    packs = [list(pack) for pack in sorted(packs)]
    short, balances = [], []
    for day, demand in enumerate(path):
        need = demand
        usable = [pack for pack in packs if pack[2] <= day < pack[0]]
        balances.append(sum(pack[3] for pack in usable))
        for pack in usable:
            drawn = min(pack[3], need)
            pack[3] -= drawn
            need -= drawn
        short.append(need)
    return Life(short, balances, sum(pack[3] for pack in packs if pack[4]))


def live_with_settle(path, packs, today, zone=UTC):
    """Live through one path with the real ledger: each day's demand is a charge at noon."""
    noons = [datetime.combine(today + timedelta(days=number), time(12), zone) for number in range(len(path))]
    charges = [Charge("ada", "revit", noon, tokens, id=str(noon)) for noon, tokens in zip(noons, path, strict=True) if tokens]
    ledger = settle(charges, packs)
    gaps = {gap.reference: gap.tokens for gap in ledger.shortfalls}
    balances = [ledger.balance(noon - timedelta(hours=12)) for noon in noons]
    unused = sum(entry.tokens for entry in ledger.history() if entry.kind.value == "expiry" and entry.pack_id.startswith("new"))
    return Life([gaps.get(str(noon), 0) for noon in noons], balances, -unused)


def new_packs(counts, offers, arrives):
    """Return the real packs of an order."""
    return [
        TokenPack.purchase(f"new {offer.name} {number}", offer.tokens, arrives, months=offer.months)
        for offer, count in zip(offers, counts, strict=True)
        for number in range(count)
    ]


def days_without_tokens(life, path, arrival, lead, reorder_point):
    """Count the days with demand from the first lack in the term until the top-up comes that was ordered at the reorder point."""
    lacks = [day for day in range(arrival, len(path)) if life.short[day]]
    if not lacks:
        return 0
    order = next(day for day in range(arrival, len(path)) if life.balances[day] <= reorder_point or life.short[day])
    return sum(1 for day in range(lacks[0], min(order + lead, len(path))) if path[day])


def first_lack(life):
    """Return the first day on which tokens lack, None if none does."""
    return next((day for day, tokens in enumerate(life.short) if tokens), None)


def safe_day(paths, held, service):
    """Return the last day until which the tokens in hand last on enough paths, by trying each; the number of days if they always do."""
    days = len(paths[0])
    lacks = [first_lack(live(path, held)) for path in paths]
    lasting = [sum(lack is None or lack >= day for lack in lacks) for day in range(days + 1)]
    return max(day for day in range(days + 1) if lasting[day] >= service * len(paths))


def lead_time_demand(paths, days, service):
    """Return the demand of some days in a row that enough paths stay within, whatever the first day."""
    answers = []
    for start in range(len(paths[0]) - days + 1):
        sums = [sum(path[start : start + days]) for path in paths]
        answers.append(min(level for level in sums if sum(own <= level for own in sums) >= service * len(paths)))
    return max(answers)


class Outcome(NamedTuple):
    """What an order leads to, in the order of merit: failure first, then cost, then tokens."""

    fails: object
    cost: object
    tokens: object
    price: object
    short: object
    blocked: object
    unused: object


def outcome(paths, held, order, *, arrival, lead, token_price, blocked_day_cost, service, reorder_point):
    """Return what an order ``[(count, tokens, price, end)]`` leads to on average."""
    new = [[end, tokens, arrival, count * tokens, True] for count, tokens, _, end in order]
    lives = [live(path, held + new) for path in paths]
    n = len(paths)
    blocked = [0] * n
    early = 0
    if lead:
        blocked = [days_without_tokens(life, path, arrival, lead, reorder_point) for life, path in zip(lives, paths, strict=True)]
        early = sum(1 for life in lives for day in range(arrival) if life.short[day])
    short = Fraction(sum(sum(life.short) for life in lives), n)
    days = Fraction(sum(blocked) + early, n)
    price = sum(count * Fraction(price) for count, _, price, _ in order)
    cost = price + token_price * short + Fraction(blocked_day_cost or 0) * days
    share = Fraction(sum(map(bool, blocked)), n)
    fails = share if blocked_day_cost is None and 1 - share < Fraction(service) else 0
    tokens = sum(count * tokens for count, tokens, _, _ in order)
    return Outcome(fails, cost, tokens, price, short, days, Fraction(sum(life.unused for life in lives), n))


def every_outcome(paths, held, offers, today, *, arrival, **terms):
    """Return the outcome of every combination of packs, of each size as many as hold all demand at most."""
    ends = [ordered(1, offer, today, arrival)[3] for offer in offers]
    term = [path[: max(ends)] for path in paths]
    most = max(map(sum, term))
    ranges = [range(min(offer.at_most or 10**6, -(-most // int(offer.tokens))) + 1) for offer in offers]
    for counts in product(*ranges):
        order = [ordered(count, offer, today, arrival) for count, offer in zip(counts, offers, strict=True) if count]
        yield outcome(term, held, order, arrival=arrival, **terms)


def ordered(count, offer, today, arrival):
    """Return some packs of an offer as an order writes them: how many, their tokens and price, and the day on which they end."""
    end = add_months(today + timedelta(days=arrival), offer.months) - today
    return count, int(offer.tokens), offer.price, end.days

"""Measures the seat mix of a made-up firm: seconds on the clock and of the processor, peak memory of the process, and how far the plan is from proven.

Run with ``python benchmarks/seat_mix.py``; ``--users 100`` for a quick look. It needs the extra ``planning``. Each case runs in a process of
its own, which also makes the charges; the seconds are those of `seat_mix` alone. Usage, rates and prices are made up.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import random
import resource
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import scipy

from flexlib import Charge
from flexlib.planning import PackOffer, SeatOffer, seat_mix

PRODUCTS = 20
FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
PACKS = [PackOffer("large", 5000, 13_500), PackOffer("medium", 500, 1500), PackOffer("small", 33, 99)]
RATES = [random.Random(7).choice([1, 2, 4, 5, 6, 7, 9, 10, 12]) for _ in range(PRODUCTS)]


class Case(NamedTuple):
    """What is asked for beside the charges and the offers."""

    name: str
    asked: dict[str, Any]
    limited: bool = False


def charges(users: int) -> list[Charge]:
    """Return a year's charges: each user has a few products, busy and quiet months, and days off."""
    rng = random.Random(1)
    found = []
    days = [day for day in range(365) if (FIRST + timedelta(days=day)).weekday() < 5]
    for number in range(users):
        for product in rng.sample(range(PRODUCTS), rng.randint(1, 10)):
            usual = rng.betavariate(0.8, 1.2)
            busy = [min(1.0, usual * rng.choice([0.2, 0.6, 1.0, 1.6])) for _ in range(12)]
            found += [
                Charge(f"user{number:04}", f"product{product:02}", at, RATES[product])
                for at in (FIRST + timedelta(days=day) for day in days)
                if rng.random() < busy[at.month - 1]
            ]
    return found


def offers(*, limited: bool) -> list[SeatOffer]:
    """Return annual and monthly seats for each product and for two collections; the annual ones limited in number, if wanted."""
    rng = random.Random(3)
    most = 20 if limited else None
    found = []
    for product, rate in enumerate(RATES):
        price = rate * rng.randint(250, 330) // 5 * 5
        code = f"product{product:02}"
        found += [SeatOffer(f"{code} annual", (code,), price, at_most=most)]
        found += [SeatOffer(f"{code} monthly", (code,), price // 8 // 5 * 5 or 5, months=1)]
    for name, products in (("collection A", range(8)), ("collection B", range(6, 14))):
        codes = tuple(f"product{product:02}" for product in products)
        found += [SeatOffer(f"{name} annual", codes, 4295, at_most=most), SeatOffer(f"{name} monthly", codes, 540, months=1)]
    return found


def cases(budget: Decimal) -> list[Case]:
    """Return what is measured."""
    return [
        Case("token price", {"token_price": 3}),
        Case("token price, budget", {"token_price": 3, "seat_budget": budget}),
        Case("token price, limited annual seats", {"token_price": 3}, limited=True),
        Case("token price, limited annual seats, budget", {"token_price": 3, "seat_budget": budget}, limited=True),
        Case("packs", {"packs": PACKS}),
        Case("packs, budget", {"packs": PACKS, "seat_budget": budget}),
        Case("packs, limited annual seats, budget", {"packs": PACKS, "seat_budget": budget}, limited=True),
    ]


def measured(case: Case, users: int) -> str:
    """Return the line of a case."""
    given = charges(users)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    start, start_of_work = time.perf_counter(), time.process_time()
    mix = seat_mix(given, offers(limited=case.limited), start=date(2026, 1, 1), **case.asked)
    seconds, work = time.perf_counter() - start, time.process_time() - start_of_work
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    gap = f"{mix.gap} ({float(mix.gap / mix.cost) if mix.cost else 0:.5%})"
    return (
        f"{case.name:<44} {seconds:8.1f} s ({work:.1f} s of work)  gap {gap:<22} {peak:6} MB (charges {before} MB)  {len(given)} charges, "
        f"{len(mix.seats)} seats, seats {mix.seat_cost} + tokens {mix.token_cost} = {mix.cost}, tokens only {mix.tokens_only_cost}"
    )


def main() -> None:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--only", default="", help="a part of the name of the cases to measure")
    given = parser.parse_args()
    print(
        f"{platform.node()}, {platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"SciPy {scipy.__version__}; {given.users} users, {PRODUCTS} products, 12 months",
        flush=True,
    )
    context = multiprocessing.get_context("spawn")
    for case in cases(Decimal(700 * given.users)):
        if given.only in case.name:
            with context.Pool(1) as pool:
                print(pool.apply(measured, (case, given.users)), flush=True)


if __name__ == "__main__":
    main()

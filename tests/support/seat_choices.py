"""Small questions for a seat mix, and what each of its searches finds alone."""

import math
import time
from datetime import UTC, date, datetime
from decimal import Decimal

from flexlib import Charge
from flexlib.planning import SeatOffer
from flexlib.planning.seats import programme, search, token_front
from flexlib.planning.seats.cells import Term, usage_of
from flexlib.planning.seats.choices import choices_of
from flexlib.planning.seats.model import model_of

START = date(2026, 1, 1)
MONTHS = 2


def use(user, tokens, name="revit", month=1):
    """One charge."""
    return Charge(user, name, datetime(2026, month, 5, 9, tzinfo=UTC), tokens)


def seat(name, price, at_most=None, months=MONTHS):
    """An offer for the products whose first letters its name begins with."""
    return SeatOffer(
        name, tuple({"r": "revit", "m": "maya"}[letter] for letter in name.split()[0]), price, months=months, at_most=at_most
    )


def asked_for(side, budget):
    return {"start": START, "months": MONTHS, "seat_budget": budget, **side}


def choices_for(charges, offers, asked):
    """What `seat_mix` chooses among."""
    term = Term.of(START, MONTHS, UTC, offers)
    budget = asked["seat_budget"]
    return choices_of(
        usage_of(charges, term),
        offers,
        term,
        token_price=asked.get("token_price"),
        packs=asked.get("packs", ()),
        budget=None if budget is None else Decimal(budget),
    )


def by_sums(choices, token_price, budget_price):
    """What the sums find alone when they are weighed by some prices."""
    weights = token_front.weights_of(choices, token_price, budget_price if choices.budget is not None else 0.0)
    return token_front.cheapest(choices, weights, time.monotonic() + 60)


def by_solver(choices):
    """What the solver finds alone."""
    model, _ = model_of(choices)
    return search.by_solver(choices, model, programme.relaxed(model, full(model), 60), time.monotonic() + 60)


def full(model):
    """The ranges of columns that leave all open."""
    return [(0, most) for most in model.most]


UNKNOWN = programme.Relaxed(-math.inf, [], [])
"""What is known where no solution in parts of seats was found in its time."""

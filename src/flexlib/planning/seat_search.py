"""The search for the cheapest seats where users are coupled: by sums where those suffice, else through a solver."""

from __future__ import annotations

import math
import time

from flexlib.planning import programme, token_front
from flexlib.planning.closed_form import TooManyCasesError
from flexlib.planning.seat_choices import Choices, Verdict, judged
from flexlib.planning.seat_model import Coupling, Model, model_of, picked_in

_NOTHING = Verdict(None, None, 0)


def search(choices: Choices, deadline: float) -> Verdict:
    """Return the cheapest choice that is found until a deadline of `time.monotonic`."""
    model, coupling = model_of(choices)
    verdict = _NOTHING
    if choices.packs is not None or choices.budget is not None:
        now = time.monotonic()
        verdict = _by_sums(choices, model, coupling, now + (deadline - now) / 2 if choices.limits else deadline)
    left = deadline - time.monotonic()
    return verdict if verdict.is_proven or left <= 0 else verdict.joined(by_solver(choices, model, left))


def _by_sums(choices: Choices, model: Model, coupling: Coupling, deadline: float) -> Verdict:
    """Return what is found when the numbers of seats are left out of account."""
    weights = token_front.weights_of(choices, *_dual_prices(choices, model, coupling))
    try:
        verdict = token_front.cheapest(choices, weights, deadline)
    except TooManyCasesError:
        return _NOTHING
    if verdict.picked is None:
        return verdict
    return judged(choices, verdict.picked, verdict.lower_bound)


def _dual_prices(choices: Choices, model: Model, coupling: Coupling) -> tuple[float, float]:
    """Return what a unit of tokens, and of the budget, is worth at the margin."""
    sizes = choices.packs.sizes if choices.packs else ()
    if choices.budget is None and all(size.at_most is None for size in sizes):
        return min(float(size.rate) for size in sizes), 0.0
    prices = programme.prices(model)
    tokens = 0.0 if coupling.tokens is None else prices[coupling.tokens]
    return tokens, 0.0 if coupling.budget is None else prices[coupling.budget]


def by_solver(choices: Choices, model: Model, time_limit: float) -> Verdict:
    """Return what the solver finds in so many seconds."""
    solution = programme.solve(model, time_limit)
    lower_bound = 0
    if solution.bound is not None and math.isfinite(solution.bound):
        # Every cost is a whole number of the divisor, so that what the solver's floats leave open can be rounded up.
        lower_bound = model.constant + model.divisor * math.ceil(solution.bound - 1e-6 - 1e-9 * abs(solution.bound))
    if solution.values is None:
        return Verdict(None, None, lower_bound)
    return judged(choices, picked_in(model, solution.values, choices), lower_bound)

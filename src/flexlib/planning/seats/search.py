"""The search for the cheapest seats where users are coupled: by sums where those suffice, else through a solver."""

from __future__ import annotations

import math
import time

from flexlib.planning.seats import programme, token_front
from flexlib.planning.seats.choices import Choices, Verdict, judged
from flexlib.planning.seats.closed_form import TooManyCasesError
from flexlib.planning.seats.model import Coupling, Model, model_of, picked_in
from flexlib.planning.seats.programme import Ranges, Relaxed

_NOTHING = Verdict(None, None, 0)
_FIRST_SLACK = 2.0**-17
_WIDER = 8
_TOLERANCE = 1e-9


def search(choices: Choices, deadline: float) -> Verdict:
    """Return the cheapest choice that is found until a deadline of `time.monotonic`."""
    model, coupling = model_of(choices)
    ranges: Ranges = [(0, most) for most in model.most]
    relaxed = programme.relaxed(model, ranges, max(1.0, deadline - time.monotonic()))
    if relaxed.cost == math.inf:
        return _NOTHING
    verdict = _NOTHING
    if choices.packs is not None or not choices.limits:
        until = (time.monotonic() + deadline) / 2 if choices.limits else deadline
        verdict = _by_sums(choices, relaxed, coupling, until)
    if verdict.is_proven:
        return verdict
    return verdict.joined(by_solver(choices, model, relaxed, deadline))


def _by_sums(choices: Choices, relaxed: Relaxed, coupling: Coupling, deadline: float) -> Verdict:
    """Return what is found when the numbers of seats are left out of account."""
    prices = relaxed.row_prices
    tokens = prices[coupling.tokens] if prices and coupling.tokens is not None else math.inf
    budget = prices[coupling.budget] if prices and coupling.budget is not None else 0.0
    try:
        verdict = token_front.cheapest(choices, token_front.weights_of(choices, tokens, budget), deadline)
    except TooManyCasesError:
        return _NOTHING
    return verdict if verdict.picked is None else judged(choices, verdict.picked, verdict.lower_bound)


def by_solver(choices: Choices, model: Model, relaxed: Relaxed, deadline: float) -> Verdict:
    """Return what the solver finds until a deadline.

    A column whose price shows that it makes a plan dearer by more than a slack is left as the relaxed solution has it. The plan found so is
    proven if it costs no more than the slack above that solution, else the slack is widened.
    """
    verdict = _NOTHING
    # Whole packs lie far above fractions of them: a small slack would only cost time.
    slack = math.inf if choices.packs is not None else abs(relaxed.cost) * _FIRST_SLACK + 1
    while (left := deadline - time.monotonic()) > 0 and not verdict.is_proven:
        solution = programme.solve(model, within(model, relaxed, slack), left)
        bound = solution.bound if math.isinf(slack) else min(solution.bound, relaxed.cost + slack)
        lower_bound = whole_bound(model, bound) if math.isfinite(bound) else 0
        found = Verdict(None, None, lower_bound)
        if solution.values is not None:
            found = judged(choices, picked_in(model, solution.values, choices), lower_bound)
        verdict = verdict.joined(found)
        if math.isinf(slack):
            break
        slack = slack * _WIDER if slack < abs(relaxed.cost) else math.inf
    return verdict


def within(model: Model, relaxed: Relaxed, slack: float) -> Ranges:
    """Return the range of each column in plans that cost at most the slack more than the relaxed solution."""
    if math.isinf(slack):
        return [(0, most) for most in model.most]
    most_price = slack * (1 + _TOLERANCE) + 1e-6
    ranges: Ranges = []
    for most, price in zip(model.most, relaxed.column_prices, strict=True):
        moves = math.inf if not price else most_price / abs(price)
        if most is None or moves >= most:
            ranges.append((0, most))
        elif price > 0:
            ranges.append((0, math.floor(moves)))
        else:
            ranges.append((most - math.floor(moves), most))
    return ranges


def whole_bound(model: Model, bound: float) -> int:
    """Return a bound in units of money. Costs are whole numbers of the divisor, so what the solver's floats leave open is rounded up."""
    return model.constant + model.divisor * math.ceil(bound - 1e-6 - _TOLERANCE * abs(bound))

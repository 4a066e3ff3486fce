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
    verdict = _NOTHING
    if relaxed is not None and math.isinf(relaxed.cost):
        return verdict
    if choices.packs is not None or not choices.limits:
        now = time.monotonic()
        verdict = _by_sums(choices, relaxed, coupling, now + (deadline - now) / 2 if choices.limits else deadline)
    if verdict.is_proven or time.monotonic() > deadline:
        return verdict
    return verdict.joined(by_solver(choices, model, relaxed, deadline))


def _by_sums(choices: Choices, relaxed: Relaxed | None, coupling: Coupling, deadline: float) -> Verdict:
    """Return what is found when the numbers of seats are left out of account."""
    row_prices = relaxed.row_prices if relaxed else []
    tokens = row_prices[coupling.tokens] if row_prices and coupling.tokens is not None else math.inf
    budget = row_prices[coupling.budget] if row_prices and coupling.budget is not None else 0.0
    try:
        verdict = token_front.cheapest(choices, token_front.weights_of(choices, tokens, budget), deadline)
    except TooManyCasesError:
        return _NOTHING
    return verdict if verdict.picked is None else judged(choices, verdict.picked, verdict.lower_bound)


def by_solver(choices: Choices, model: Model, relaxed: Relaxed | None, deadline: float) -> Verdict:
    """Return what the solver finds until a deadline.

    A column whose price shows that it makes a plan dearer by more than a slack is left as the relaxed solution has it. The plan found so is
    proven if it costs no more than the slack above that solution, else the slack is widened.
    """
    verdict = _NOTHING
    # Whole packs lie far above fractions of them: a small slack would only cost time.
    slack = math.inf if relaxed is None or choices.packs is not None else abs(relaxed.cost) * _FIRST_SLACK + 1
    while (left := deadline - time.monotonic()) > 0 and not verdict.is_proven:
        solution = programme.solve(model, _within(model, relaxed, slack), left)
        bound = solution.bound if relaxed is None else min(solution.bound, relaxed.cost + slack)
        lower_bound = _whole_bound(model, bound) if math.isfinite(bound) else 0
        found = Verdict(None, None, lower_bound)
        if solution.values is not None:
            found = judged(choices, picked_in(model, solution.values, choices), lower_bound)
        verdict = verdict.joined(found)
        if math.isinf(slack):
            break
        slack = slack * _WIDER if slack < abs(relaxed.cost if relaxed else 0) else math.inf
    return verdict


def _within(model: Model, relaxed: Relaxed | None, slack: float) -> Ranges:
    """Return the range of each column in plans that cost at most the slack more than the relaxed solution."""
    if relaxed is None or math.isinf(slack):
        return [(0, most) for most in model.most]
    most_price = slack * (1 + _TOLERANCE) + 1e-6
    ranges: Ranges = []
    for most, price in zip(model.most, relaxed.column_prices, strict=True):
        moves = math.inf if not price else most_price / abs(price)
        if math.isinf(moves) or (most is not None and moves >= most):
            ranges.append((0, most))
        elif price > 0:
            ranges.append((0, math.floor(moves)))
        else:
            ranges.append((0 if most is None else most - math.floor(moves), most))
    return ranges


def _whole_bound(model: Model, bound: float) -> int:
    """Return a bound in units of money. Costs are whole numbers of the divisor, so what the solver's floats leave open is rounded up."""
    return model.constant + model.divisor * math.ceil(bound - 1e-6 - _TOLERANCE * abs(bound))

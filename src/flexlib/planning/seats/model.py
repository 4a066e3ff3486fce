"""The choice of seats as a linear programme in whole numbers, for a solver: columns, rows and what they stand for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

from attrs import frozen

from flexlib.planning.seats.choices import Choices, Picked, pick
from flexlib.planning.seats.closed_form import Kind, Option, tokens_in


class Row(NamedTuple):
    """A row of a programme: the columns with their factors come to at most a limit.

    Attributes:
        factors: By column.
        at_most: The limit.

    """

    factors: dict[int, int]
    at_most: int

    def scaled(self) -> tuple[Row, int]:
        """Return the row divided by what divides all of its factors, and that divisor; whole columns still allow the same."""
        divisor = gcd(*self.factors.values()) or 1
        return Row({column: factor // divisor for column, factor in self.factors.items()}, self.at_most // divisor), divisor


class _Place(NamedTuple):
    """Which seat a column stands for: of which kind, of which of its users (None for so many of them), at which place."""

    kind: Kind
    copy: int | None
    seat: int


@frozen
class Model:
    """A programme: the least of cost times columns, each column a whole number or a fraction from zero to its most.

    Attributes:
        costs: Of each column, divided by ``divisor``.
        most: Of each column, None for any number.
        whole: Whether a column must be a whole number.
        rows: The rows.
        constant: What is added to the cost, not divided.
        divisor: What the costs were divided by: every cost is a whole number of it beyond the constant.
        seats: What the columns of seats stand for, by column.

    """

    costs: list[int]
    most: list[int | None]
    whole: list[bool]
    rows: list[Row]
    constant: int
    divisor: int
    seats: dict[int, _Place]


class Coupling(NamedTuple):
    """The rows that couple users, by their place; None where there is none."""

    tokens: int | None
    budget: int | None


def model_of(choices: Choices) -> tuple[Model, Coupling]:
    """Return the programme of choices, and which of its rows couple users."""
    builder = _Builder(choices)
    for kind, users in choices.kinds.items():
        if len(kind.seats) == 1:
            builder.add_alike(kind, len(users))
        else:
            for copy in range(len(users)):
                builder.add_one(kind, copy)
    return builder.done()


class _Builder:
    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._rate = choices.rate
        self._costs: list[int] = []
        self._most: list[int | None] = []
        self._whole: list[bool] = []
        self._seats: dict[int, _Place] = {}
        self._covering: list[Row] = []
        self._budget: dict[int, int] = {}
        self._limits: dict[int, dict[int, int]] = {}
        self._lacking: dict[int, int] = {}  # the tokens that a column leaves to packs
        self._needed = choices.tokens
        self._constant = self._rate * choices.tokens

    def add_alike(self, kind: Kind, users: int) -> None:
        """Add users who may each have one seat: one column counts how many do."""
        tokens = sum(kind.tokens)
        column = self._seat(_Place(kind, None, 0), users)
        self._tokens(column, -tokens)
        self._needed += users * tokens
        self._constant += self._rate * users * tokens

    def add_one(self, kind: Kind, copy: int) -> None:
        """Add a user with several seats to choose from: a column a seat, and one a cell that tells how much of it stays on tokens."""
        seats = [self._seat(_Place(kind, copy, place), 1) for place in range(len(kind.seats))]
        for cell, tokens in enumerate(kind.tokens):
            column = self._column(0, 1, whole=False)
            self._tokens(column, tokens)
            covering = [seats[place] for place, seat in enumerate(kind.seats) if seat.covers >> cell & 1]
            self._covering.append(Row(dict.fromkeys([column, *covering], -1), -1))

    def done(self) -> tuple[Model, Coupling]:
        """Return what was added as a programme."""
        coupling: list[Row] = []
        packs = self._choices.packs
        if packs is not None:
            for size in packs.sizes:
                self._lacking[self._column(size.price, size.at_most, whole=True)] = -size.tokens
            coupling.append(Row(self._lacking, -self._needed))
        if self._choices.budget is not None:
            coupling.append(Row(self._budget, self._choices.budget))
        limits = [Row(columns, self._choices.limits[offer]) for offer, columns in self._limits.items()]
        divisor = gcd(*self._costs) or 1
        costs = [cost // divisor for cost in self._costs]
        rows = [*coupling, *limits, *self._covering]
        model = Model(costs, self._most, self._whole, rows, self._constant, divisor, self._seats)
        places = itertools.count()
        return model, Coupling(None if packs is None else next(places), None if self._choices.budget is None else next(places))

    def _seat(self, place: _Place, most: int) -> int:
        seat = place.kind.seats[place.seat]
        column = self._column(seat.price, most, whole=True)
        self._seats[column] = place
        self._budget[column] = seat.price
        if seat.limit is not None:
            self._limits.setdefault(seat.limit, {})[column] = 1
        return column

    def _column(self, cost: int, most: int | None, *, whole: bool) -> int:
        self._costs.append(cost)
        self._most.append(most)
        self._whole.append(whole)
        return len(self._costs) - 1

    def _tokens(self, column: int, tokens: int) -> None:
        """Note that a column puts tokens onto the tokens to buy."""
        self._costs[column] += self._rate * tokens
        self._lacking[column] = tokens


def picked_in(model: Model, values: Sequence[float], choices: Choices) -> Picked:
    """Return the choice that the columns of a solution stand for."""
    counts: dict[Kind, int] = {}
    had: dict[tuple[Kind, int], list[int]] = {}
    for column, place in model.seats.items():
        count = round(values[column])
        if place.copy is None:
            counts[place.kind] = count
        elif count:
            had.setdefault((place.kind, place.copy), []).append(place.seat)
    chosen: dict[Kind, list[tuple[int, Option]]] = {}
    for kind, users in choices.kinds.items():
        if len(kind.seats) == 1:
            chosen[kind] = [(counts[kind], option_of(kind, (0,))), (len(users) - counts[kind], option_of(kind, ()))]
        else:
            chosen[kind] = [(1, option_of(kind, had.get((kind, copy), ()))) for copy in range(len(users))]
    return pick(choices, chosen)


def option_of(kind: Kind, seats: Sequence[int]) -> Option:
    """Return the choice of some seats of a kind."""
    covered = 0
    for place in seats:
        covered |= kind.seats[place].covers
    left = (1 << len(kind.tokens)) - 1 & ~covered
    return Option(tokens_in(kind.tokens, left), sum(kind.seats[place].price for place in seats), tuple(seats))

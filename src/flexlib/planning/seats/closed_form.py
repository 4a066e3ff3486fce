"""What one user's products cost at best, by cases: each choice of seats that is not plainly worse, without a solver.

A `Kind` is a group of cells and of the seats that cover them, which no other seat connects to the rest of the user's cells. In it a seat is
either had or not; with it its cells are covered, without it the rest may fall apart into smaller kinds. So few cases are looked at, and
none is left out but where a seat costs more than all that it covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

MOST_CASES = 20_000

Name = TypeVar("Name")


class TooManyCasesError(Exception):
    """So many seats overlap that a solver is the better way."""


class Seat(NamedTuple):
    """A seat that a user may have.

    Attributes:
        price: What it costs.
        covers: The cells of its kind that it covers, as the bits of a number.
        limit: The place of its offer where the number of its seats is limited, else None.

    """

    price: int
    covers: int
    limit: int | None = None


class Kind(NamedTuple):
    """Cells and seats that belong together; users whose figures are the same share one.

    Attributes:
        tokens: The tokens of each cell.
        seats: The seats.

    """

    tokens: tuple[int, ...]
    seats: tuple[Seat, ...]


class Option(NamedTuple):
    """A choice of seats.

    Attributes:
        tokens: What stays on tokens.
        price: What the seats cost.
        seats: The places of the seats in their kind, ascending.

    """

    tokens: int
    price: int
    seats: tuple[int, ...] = ()


class Weights(NamedTuple):
    """What choices are weighed by.

    Attributes:
        money: The weight of a unit of money that is spent on seats.
        tokens: The weight of a unit of tokens.

    """

    money: int
    tokens: int


def tokens_in(tokens: Sequence[int], cells: int) -> int:
    """Return the tokens of some cells."""
    found = 0
    while cells:
        lowest = cells & -cells
        found += tokens[lowest.bit_length() - 1]
        cells ^= lowest
    return found


def options(kind: Kind, weights: Weights, slack: int = 0) -> list[Option]:
    """Return the choices that weigh at most ``slack`` more than the lightest one, none of them worse in tokens and price than another.

    The lightest comes first; of equally light ones, that with the cheapest seats. Without a slack only this one is returned.

    Raises:
        TooManyCasesError: There are too many cases to look at.

    """
    found = _Cases(kind, weights, slack).run(list(enumerate(kind.seats)), (1 << len(kind.tokens)) - 1)
    return [option for _, option in found]


class _Cases:
    def __init__(self, kind: Kind, weights: Weights, slack: int) -> None:
        self._tokens = kind.tokens
        self._weights = weights
        self._slack = slack
        self._left = MOST_CASES

    def run(self, seats: list[tuple[int, Seat]], cells: int) -> list[tuple[int, Option]]:
        """Return the weights and choices for some cells, when only some seats may be had."""
        found = [(0, Option(0, 0))]
        for group, covered in groups(self._of_use(seats, cells)):
            found = self._plus(found, self._of_group(group, covered))
            cells &= ~covered
        tokens = tokens_in(self._tokens, cells)
        if not tokens:
            return found
        heavier = self._weights.tokens * tokens
        return [(weight + heavier, Option(option.tokens + tokens, option.price, option.seats)) for weight, option in found]

    def _of_use(self, seats: list[tuple[int, Seat]], cells: int) -> list[tuple[int, Seat]]:
        """Return the seats that save so much that they may be had within the slack, each with what it covers of the cells."""
        useful: list[tuple[int, Seat]] = []
        for place, seat in seats:
            covers = seat.covers & cells
            if not covers:
                continue
            pays = self._weights.tokens * tokens_in(self._tokens, covers) - self._weights.money * seat.price
            if pays > 0 or (self._slack and pays + self._slack >= 0):
                useful.append((place, seat if covers == seat.covers else seat._replace(covers=covers)))
        return useful

    def _of_group(self, seats: list[tuple[int, Seat]], cells: int) -> list[tuple[int, Option]]:
        """Return the choices for cells that the seats connect: with the widest of the seats, and without it."""
        place, widest = max(seats, key=lambda seat: seat[1].covers.bit_count())
        weight, price = self._weights.money * widest.price, widest.price
        if len(seats) == 1:
            having = [(weight, Option(0, price, (place,)))]
            if not self._slack:
                return having
            tokens = tokens_in(self._tokens, cells)
            return self._best([*having, (self._weights.tokens * tokens, Option(tokens, 0))])
        others = [seat for seat in seats if seat[0] != place]
        having = [
            (rest + weight, Option(option.tokens, option.price + price, tuple(sorted((*option.seats, place)))))
            for rest, option in self.run(others, cells & ~widest.covers)
        ]
        return self._best([*having, *self.run(others, cells)])

    def _plus(self, some: list[tuple[int, Option]], more: list[tuple[int, Option]]) -> list[tuple[int, Option]]:
        self._left -= len(some) * len(more)
        if self._left < 0:
            raise TooManyCasesError
        return self._best(
            [
                (one + two, Option(left.tokens + right.tokens, left.price + right.price, tuple(sorted(left.seats + right.seats))))
                for one, left in some
                for two, right in more
            ]
        )

    def _best(self, found: list[tuple[int, Option]]) -> list[tuple[int, Option]]:
        """Return of choices those within the slack that none is worse than another, the lightest first."""
        if len(found) == 1:
            return found
        found.sort(key=lambda choice: (choice[0], choice[1].price, choice[1].seats))
        if not self._slack:
            return found[:1]
        most = found[0][0] + self._slack
        near = [choice for choice in found if choice[0] <= most]
        near.sort(key=lambda choice: choice[1])
        kept, price = [], None
        for choice in near:
            if price is None or choice[1].price < price:
                kept.append(choice)
                price = choice[1].price
        kept.sort(key=lambda choice: (choice[0], choice[1].price, choice[1].seats))
        return kept


def groups(seats: list[tuple[Name, Seat]]) -> Iterator[tuple[list[tuple[Name, Seat]], int]]:
    """Yield seats in groups that share no cell, each with the cells that it covers."""
    left = seats
    while left:
        first, *left = left
        group, covered = [first], first[1].covers
        while touching := [seat for seat in left if seat[1].covers & covered]:
            left = [seat for seat in left if not seat[1].covers & covered]
            group += touching
            for _, seat in touching:
                covered |= seat.covers
        yield group, covered

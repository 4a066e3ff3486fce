"""Rates as of many instants: one binary search on the lines of all products (rules R1, R2)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np

from flexlib.errors import InvalidTokensError, RateConflictError, RateNotFoundError
from flexlib.model.amounts import exact
from flexlib.model.products import ChargeBasis
from flexlib.model.ratebook import RateBook
from flexlib.scale.arrays import Codes, Instants, as_instant, as_ticks

DECIMALS = 6
_MOST = 1 << 62

TABLE = 1 << 20
"""How many cells a table of the tokens by product and time may have; one beyond that is searched, which takes many times as long."""

UNRATED = -1
"""Stands for the tokens of a window for which no day rate is in force."""

UNSCALED = -2
"""Stands for tokens that columns cannot hold."""


def scaled(tokens: Decimal) -> int:
    """Return tokens in millionths, exactly; what has more decimals, or is too large for sums of it, raises `InvalidTokensError`."""
    with exact():
        number = tokens.scaleb(DECIMALS)
        whole = number.to_integral_value()
    if number != whole:
        raise InvalidTokensError(tokens, f"at most {DECIMALS} decimals: columns hold tokens in millionths; charge_usage takes more")
    if number >= _MOST:
        raise InvalidTokensError(tokens, f"less than {_MOST // 10**DECIMALS}: columns hold tokens in millionths")
    return int(number)


@lru_cache(1_000)  # charges are of few amounts
def unscaled(millionths: int) -> Decimal:
    """Return millionths as an exact amount of tokens, without zeros after the point that say nothing."""
    whole, rest = divmod(millionths, 10**DECIMALS)
    with exact():
        return whole + Decimal(rest).scaleb(-DECIMALS).normalize() if rest else Decimal(whole)


def tokens_of(book: RateBook, region: str | None, products: Sequence[str], product: Codes, at: Instants) -> Instants:
    """Return the tokens, in millionths, of the day rates in force for products at instants.

    They are `UNRATED` where no such rate is in force, and `UNSCALED` where its tokens do not fit. Instants are counted by the changes of
    any rate before them, so that a product's place and theirs, side by side, are at most 62 bits long.
    """
    if not len(at):
        return np.empty(0, np.int64)
    changes = _changes(book, int(at.min()), int(at.max()))
    times = sorted({time for own in changes.values() for time in own})
    lines = [_line(book, region, name, int(at.min()), changes.get(name, [])) for name in products]
    tokens = np.array([amount for line in lines for _, amount in line], np.int64)
    width = len(times) + 1
    starts = np.array(
        [place * width + bisect_right(times, since) for place, line in enumerate(lines) for since, _ in line], np.int64
    )
    where = np.searchsorted(np.array(times, np.int64), at, "right")
    where += np.multiply(product, width, dtype=np.int64)
    if len(products) * width <= TABLE:
        return np.repeat(tokens, np.diff(starts, append=len(products) * width))[where]
    return tokens[np.searchsorted(starts, where, "right") - 1]


def _changes(book: RateBook, first: int, last: int) -> dict[str, list[int]]:
    """Return the instants, after the first and up to the last, at which a rate of a product begins or ends, in order."""
    found: dict[str, set[int]] = defaultdict(set)
    for sheet in book.sheets:
        for rate in sheet.rates:
            found[rate.product].update(
                as_ticks(bound) for bound in (rate.effective_from, rate.effective_until) if bound is not None
            )
    ordered = {name: sorted(times) for name, times in found.items()}
    return {name: times[bisect_right(times, first) : bisect_right(times, last)] for name, times in ordered.items()}


def _line(book: RateBook, region: str | None, product: str, first: int, changes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the instants from which a product may have other tokens, with these."""
    return [(since, _tokens(book, region, product, since)) for since in (first, *changes)]


def _tokens(book: RateBook, region: str | None, product: str, at: int) -> int:
    try:
        rate = book.rate(product, as_instant(at), region)
        return scaled(rate.tokens) if rate.basis is ChargeBasis.PER_DAY else UNRATED
    except (RateNotFoundError, RateConflictError):
        return UNRATED
    except InvalidTokensError:
        return UNSCALED

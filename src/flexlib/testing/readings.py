"""The checks of what is read from a provider's sheets through a `RateBook`, each a function that yields what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from statistics import median
from time import perf_counter
from typing import TypeAlias

from attrs import evolve

from flexlib.errors import RateConflictError, RateNotFoundError
from flexlib.model.amounts import ONE, ZERO
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate, RateSheet
from flexlib.testing.offers import Offer

SHEETS_WITHIN = timedelta(seconds=2)
"""How long a call of ``rate_sheets`` may take.

.. versionadded:: 0.1.0
"""

LOOKUP_WITHIN = timedelta(milliseconds=1)
"""How long a look-up of a rate may take in a book of the provider's sheets, at the median of 200.

.. versionadded:: 0.1.0
"""

LOOKUPS = 200
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_DAY = timedelta(days=1)

Question: TypeAlias = tuple[str, datetime, str | None]


def stability(offer: Offer) -> Iterator[str]:
    """No rate that is added later, and no order of the sheets, changes a reading; each rate holds from its beginning (rule R1)."""
    book, questions = offer.book(), _questions(offer)
    readings = {question: _reading(book, question) for question in questions}
    others = {
        "in a book made anew": offer.book(offer.sheets[::-1]),
        "once a future rate is added": offer.book([*offer.sheets, *_future(offer)]),
    }
    for what, other in others.items():
        for question, reading in readings.items():
            if _reading(other, question) != reading:
                yield f"{_asked(question)} is {_reading(other, question)} {what}, and was {reading}: later facts must not change it"
    for rate in offer.rates:
        reading = readings[rate.product, rate.effective_from, rate.region]
        if not isinstance(reading, str) and reading[0] != rate.tokens:
            yield f"{rate.product!r} is not at {rate.tokens} tokens at {rate.effective_from}, where that rate begins: date it anew"
        if reading == "not found":
            yield f"{_asked((rate.product, rate.effective_from, rate.region))} is not found, where one begins: let it end later"


def gaps(offer: Offer) -> Iterator[str]:
    """Between two rates of a product and region there is no span without one."""
    histories: dict[tuple[str, str | None], dict[str, list[Rate]]] = defaultdict(lambda: defaultdict(list))
    for sheet in offer.sheets:
        for rate in sheet.rates:
            histories[rate.product, rate.region][sheet.history].append(rate)
    for (product, region), own in histories.items():
        reach = None
        for start, end in sorted(span for rates in own.values() for span in _spans(rates)):
            if reach is not None and start > reach:
                where = region or "every region"
                yield f"{product!r} has no rate in {where} from {reach} until {start}: let the earlier one hold until then"
            reach = end if reach is None else max(reach, end)


def overlaps(offer: Offer) -> Iterator[str]:
    """Its sheets do not contradict each other (rule R3)."""
    for conflict in offer.book().conflicts:
        where, sides = conflict.region or "every region", "; ".join(map(str, conflict.rates))
        yield (
            f"its sheets disagree on {conflict.product!r} in {where} from {conflict.start}: {sides}. "
            "Leave one out, or give all its rates one Source.provider, so that a later date replaces an earlier one"
        )


def speed(offer: Offer) -> Iterator[str]:
    """Its sheets come soon, and a rate is found in them soon."""
    limit = SHEETS_WITHIN.total_seconds()
    for region, answer in offer.answers.items():
        if answer.seconds > limit:
            yield f"rate_sheets({region!r}) took {answer.seconds:.2f} seconds: let it take {limit:g} at most, by keeping what is slow"
    book, limit = offer.book(), LOOKUP_WITHIN.total_seconds()
    found = median([_seconds(book, question) for question in islice(cycle(_questions(offer)), LOOKUPS)] or [0])
    if found > limit:
        yield f"a look-up in its sheets takes {found * 1000:.2f} ms: let it take {limit * 1000:g} at most, with fewer rates or groups"


def _questions(offer: Offer) -> list[Question]:
    """Return what may be asked of the rates: each product and region, at each of its beginnings and ends."""
    instants = {(rate.product, at, rate.region) for rate in offer.rates for at in (rate.effective_from, rate.effective_until) if at}
    return sorted(instants, key=lambda question: (question[0], question[1], question[2] or ""))


def _reading(book: RateBook, question: Question) -> tuple[Decimal, str] | str:
    try:
        rate = book.rate(*question)
    except RateConflictError:
        return "in conflict"
    except (RateNotFoundError, StopIteration):  # the latter of a product without a rate at any instant
        return "not found"
    return rate.tokens, rate.basis.value


def _seconds(book: RateBook, question: Question) -> float:
    begun = perf_counter()
    _reading(book, question)
    return perf_counter() - begun


def _asked(question: Question) -> str:
    product, at, region = question
    return f"the rate of {product!r} in {region or 'every region'} at {at}"


def _future(offer: Offer) -> Iterator[RateSheet]:
    """Yield a sheet for each of the provider's with its latest rates changed, a day after all that the provider knows."""
    known = [at for _, at, _ in _questions(offer)]
    if not known or max(known) >= _END_OF_TIME - _DAY:
        return
    for sheet in offer.sheets:
        latest = {(rate.product, rate.region): rate for rate in sheet.rates}.values()
        changed = [
            evolve(rate, tokens=ZERO if rate.tokens else ONE, effective_from=max(known) + _DAY, effective_until=None)
            for rate in latest
        ]
        yield RateSheet(sheet.name, changed)


def _spans(history: list[Rate]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans in which the rates of a history hold: up to an end or the next beginning."""
    starts = sorted({rate.effective_from for rate in history})
    following = dict(zip(starts, [*starts[1:], _END_OF_TIME], strict=True))
    for rate in history:
        yield rate.effective_from, min(following[rate.effective_from], rate.effective_until or _END_OF_TIME)

"""A second, naive reading of the rate rules R1 to R3: every rate is asked whether it holds, written from the rules.

Also the strategy of rate books whose sheets contradict one another.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from hypothesis import strategies as st

from flexlib import Rate, RateSheet, Source

PRODUCTS = ("autocad", "civil")
REGIONS = (None, "EU")
PROVIDERS = (None, "vendor", "reseller")
SHEETS = ("vendor", "list a", "list b", "list c")
DATES = tuple(datetime(2022 + year, 1, 1, tzinfo=UTC) for year in range(5))
INSTANTS = tuple(date + timedelta(microseconds=step) for date in DATES for step in (-1, 0))


def naive_rate(sheets: Sequence[RateSheet], precedence: Sequence[str], product: str, at: datetime, region: str | None) -> object:
    """Return the tokens of the rate in force, or "none" or "conflict"."""
    for where in [region, None] if region else [None]:
        holding = _holding(sheets, product, at, where)
        if not holding:
            continue
        if len({rate.tokens for rate in holding}) == 1:
            return holding[0].tokens
        for trusted in precedence:
            # A name is that of a sheet first, and else that of a provider.
            of_sheet = {rate.tokens for rate in holding if rate.sheet == trusted}
            amounts = of_sheet or {rate.tokens for rate in holding if rate.source and rate.source.provider == trusted}
            if amounts:
                return amounts.pop() if len(amounts) == 1 else "conflict"
        return "conflict"
    return "none"


def _holding(sheets: Sequence[RateSheet], product: str, at: datetime, region: str | None) -> list[Rate]:
    """Return the rates that hold: of each history those that began last, unless they ended."""
    begun: dict[str, list[Rate]] = {}
    for sheet in sheets:
        providers = {rate.source.provider if rate.source else None for rate in sheet.rates}
        history = next(iter(providers)) if len(providers) == 1 and None not in providers else sheet.name
        for rate in sheet.rates:
            if rate.product == product and rate.region == region and rate.effective_from <= at:
                begun.setdefault(history, []).append(rate)
    last = [rate for rates in begun.values() for rate in rates if rate.effective_from == max(r.effective_from for r in rates)]
    return [rate for rate in last if rate.effective_until is None or at < rate.effective_until]


@st.composite
def rate_sheets(draw) -> RateSheet:
    """Return a sheet of one provider or none, with rates that do not overlap; shrinks to an empty one."""
    provider = draw(st.sampled_from(PROVIDERS))
    source = Source(provider, draw(st.sampled_from(["page", "letter"]))) if provider else None
    rates = []
    for product in PRODUCTS:
        for region in REGIONS:
            dates = sorted(draw(st.sets(st.sampled_from(DATES), max_size=3)))
            for date, following in zip_longest(dates, dates[1:]):
                last = following or datetime(2030, 1, 1, tzinfo=UTC)
                until = draw(st.sampled_from([None, None, date + (last - date) / 2, last]))
                tokens = draw(st.sampled_from([5, 7, 7]))
                rates.append(Rate(product, tokens, effective_from=date, effective_until=until, region=region, source=source))
    return RateSheet(draw(st.sampled_from(SHEETS)), rates)


@st.composite
def sheets_and_precedence(draw) -> tuple[list[RateSheet], list[str]]:
    """Return sheets and names of some of their sheets and providers."""
    sheets = draw(st.lists(rate_sheets(), max_size=4))
    names = {sheet.name for sheet in sheets} | {rate.source.provider for sheet in sheets for rate in sheet.rates if rate.source}
    chosen = draw(st.lists(st.sampled_from(sorted(names)), max_size=3, unique=True)) if names else []
    return sheets, chosen

"""The checks of what a provider offers, each a function that yields what is wrong."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from flexlib.errors import InvalidTokensError
from flexlib.model.amounts import as_tokens
from flexlib.model.rates import Rate, RateSheet, Source
from flexlib.model.regions import COUNTRIES, levels
from flexlib.testing.offers import Answer, Offer, ask, content, unserved


def regions(offer: Offer) -> Iterator[str]:
    """Its regions, and those of its rates, are countries or groups that it declares."""
    if offer.groups_problem:
        yield offer.groups_problem
        return
    for region in offer.regions:
        if region not in COUNTRIES and region not in offer.groups:
            yield f"{region!r} is no ISO 3166-1 alpha-2 code, such as 'DE', and no group in its region_groups: declare it there"
    named = {*offer.regions, *offer.groups}
    for region in sorted({rate.region for rate in offer.rates if rate.region is not None and rate.region not in named}):
        yield f"it gives rates for {region!r}, which is not among its regions: add it there"


def determinism(offer: Offer) -> Iterator[str]:
    """Asked again, and in another order of regions, it gives equal sheets."""
    for region, answer in _again(offer).items():
        if _sorted(answer) != _sorted(offer.answers[region]):
            yield f"rate_sheets({region!r}) gives other sheets when it is called again: let them depend on the region only"


def mutation(offer: Offer) -> Iterator[str]:
    """What it gave stays as it was given when it is asked again."""
    _again(offer)
    for region, answer in offer.answers.items():
        if content(answer.sheets) != answer.content:
            yield f"the sheets given by rate_sheets({region!r}) changed when it was called later: make new ones instead"


def exactness(offer: Offer) -> Iterator[str]:
    """Its tokens are exact decimals (rule C10)."""
    for rate in offer.rates:
        tokens: object = rate.tokens
        if not isinstance(tokens, Decimal):
            yield f"{_named(rate)} has the tokens {tokens!r}: give a Decimal or an int to the constructor of Rate"
            continue
        try:
            as_tokens(tokens)
        except InvalidTokensError as error:
            yield f"{_named(rate)} has wrong tokens: {error}"


def sources(offer: Offer) -> Iterator[str]:
    """Each of its rates says where it was read (rule R3)."""
    for rate in offer.rates:
        source: object = rate.source
        if not isinstance(source, Source):
            yield f"{_named(rate)} has {'no source' if source is None else f'the source {source!r}'}: give it a Source"
            continue
        for name, text in (("provider", source.provider), ("document", source.document)):
            if not isinstance(text, str) or not text.strip():
                yield f"the source of {_named(rate)} has the {name} {text!r}: give text that is not blank"
        if source.as_of is not None and (isinstance(source.as_of, datetime) or not isinstance(source.as_of, date)):
            yield f"the source of {_named(rate)} has as_of {source.as_of!r}: give a date, or None"


def fallback(offer: Offer) -> Iterator[str]:
    """For a region it gives that region's rates, its groups' and everywhere's: all that it gives for None, and no others (rule R2)."""
    if offer.groups_problem:
        return
    stranger = unserved(offer)
    answers = {region: answer.sheets for region, answer in offer.answers.items() if region is not None}
    answers[stranger] = ask(offer.provider, stranger).sheets
    everything = set(offer.rates)
    for region, sheets in answers.items():
        given, where = {rate for sheet in sheets for rate in sheet.rates}, levels(region, offer.groups)
        for rate in _ordered({rate for rate in given if rate.region not in where}):
            yield f"rate_sheets({region!r}) gives {_named(rate)}: leave out other regions' rates"
        for rate in _ordered({rate for rate in given - everything if rate.region in where}):
            yield f"rate_sheets({region!r}) gives {_named(rate)}, which rate_sheets(None) does not: give all rates for None"
        for rate in _ordered({rate for rate in everything - given if rate.region in where}):
            yield f"rate_sheets({region!r}) lacks {_named(rate)}, which rate_sheets(None) gives and which holds there: add it"


def pickling(offer: Offer) -> Iterator[str]:
    """Its sheets can be pickled, and come back equal."""
    for sheet in offer.sheets:
        back = pickle.loads(pickle.dumps(sheet))  # noqa: S301  # written just before
        if back != sheet:
            yield f"the sheet {sheet.name!r} comes back from pickle as {back!r}: make it of flexlib's own values"


def _again(offer: Offer) -> dict[str | None, Answer]:
    return {region: ask(offer.provider, region) for region in reversed(list(offer.answers))}


def _sorted(answer: Answer) -> list[RateSheet]:
    return sorted(answer.sheets, key=repr)


def _ordered(rates: set[Rate]) -> list[Rate]:
    return sorted(rates, key=repr)


def _named(rate: Rate) -> str:
    return f"the rate of {rate.product!r} in {rate.region or 'every region'} from {rate.effective_from.date()}"

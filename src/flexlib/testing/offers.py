"""What a rate provider offers: its name, regions and groups, and the sheets that it gave when it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from time import perf_counter
from typing import TypeVar

from attrs import astuple, frozen

from flexlib.errors import PluginError
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import Rate, RateSheet
from flexlib.model.regions import COUNTRIES, RegionGroups, as_groups
from flexlib.providers.guard import MAX_ITEMS, in_words
from flexlib.providers.hookspecs import RateProvider

T = TypeVar("T")


@frozen
class Answer:
    """The sheets given for a region, what they held when they were given, and how many seconds it took."""

    sheets: tuple[RateSheet, ...]
    content: tuple[object, ...]
    seconds: float


@frozen(eq=False)
class Offer:
    """A provider that keeps the contract so far: all that it gave when it was asked once.

    Attributes:
        provider: The provider.
        regions: Its regions.
        groups: Its groups of countries; none where they are wrong.
        groups_problem: What is wrong with them.
        answers: What it gave for None, for each of its regions, and for one country of each of its groups.
    """

    provider: RateProvider
    regions: tuple[str, ...]
    groups: RegionGroups
    groups_problem: str | None
    answers: Mapping[str | None, Answer]

    @property
    def sheets(self) -> tuple[RateSheet, ...]:
        """All its sheets."""
        return self.answers[None].sheets

    @property
    def rates(self) -> Iterator[Rate]:
        """All its rates."""
        return (rate for sheet in self.sheets for rate in sheet.rates)

    def book(self, sheets: Iterable[RateSheet] | None = None) -> RateBook:
        """Return a new book of all its sheets, or of others."""
        return RateBook(self.sheets if sheets is None else sheets, groups=self.groups)


def ask(provider: RateProvider, region: str | None) -> Answer:
    """Return what a provider gives for a region; anything but sheets that end raises `PluginError`."""
    call = f"rate_sheets({region!r})"
    begun = perf_counter()
    sheets = read(provider.rate_sheets(region), f"what {call} returns is", "an iterable of RateSheets")
    seconds = perf_counter() - begun
    found: list[RateSheet] = []
    for sheet in sheets:
        if not isinstance(sheet, RateSheet):
            raise PluginError(f"{call} gives {sheet!r}: give RateSheets only")
        found.append(sheet)
    return Answer(tuple(found), content(found), seconds)


def content(sheets: Iterable[RateSheet]) -> tuple[object, ...]:
    """Return what sheets hold as plain tuples, which stay as they are if the sheets change."""
    return tuple(astuple(sheet) for sheet in sheets)


def read(items: object, what: str, wanted: str) -> list[object]:
    """Return the items of an iterable; none, text, or one of more items than the registry reads raises `PluginError`."""
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise PluginError(f"{what} {items!r}: give {wanted}")
    found = list(islice(items, MAX_ITEMS + 1))
    if len(found) > MAX_ITEMS:
        raise PluginError(f"{what} more than {MAX_ITEMS} items and may never stop: give no more than that")
    return found


def examine(provider: RateProvider) -> Offer | list[str]:
    """Return what a provider offers, or what is wrong with it where it does not keep the contract."""
    problems: list[str] = []
    _tried(partial(_check_name, provider), "its name cannot be read", problems)
    regions = _tried(partial(_regions, provider), "its regions cannot be read", problems)
    groups, groups_problem = _groups(provider)
    countries = [min(members) for _, members in sorted(groups.items())]
    answers: dict[str | None, Answer] = {}
    for region in dict.fromkeys([None, *(regions or ()), *countries]):
        answer = _tried(partial(ask, provider, region), f"rate_sheets({region!r}) fails", problems)
        if answer is not None:
            answers[region] = answer
    return problems or Offer(provider, regions or (), groups, groups_problem, answers)


def unserved(offer: Offer) -> str:
    """Return a country for which a provider has no rates of its own."""
    served = {*offer.regions, *(country for members in offer.groups.values() for country in members)}
    return min(COUNTRIES - served, default="nowhere")


def _tried(function: Callable[[], T], what: str, problems: list[str]) -> T | None:
    try:
        return function()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  # a plugin may raise anything, SystemExit too
        problems.append(str(error) if isinstance(error, PluginError) else f"{what}: {in_words(error)}")
        return None


def _check_name(provider: RateProvider) -> None:
    name: object = provider.name
    if not isinstance(name, str) or not name.strip():
        raise PluginError(f"its name is {name!r}: give text that is not blank")


def _regions(provider: RateProvider) -> tuple[str, ...]:
    regions: object = provider.regions
    wanted = "a tuple of texts, empty where its rates are for everywhere only"
    if isinstance(regions, Iterator):
        raise PluginError(f"its regions are {regions!r}, which is empty when read again: give {wanted}")
    found = read(regions, "its regions are", wanted)
    texts = tuple(region for region in found if isinstance(region, str) and region.strip())
    if len(texts) < len(found):
        raise PluginError(f"its regions are {found!r}: give {wanted}")
    return texts


def _groups(provider: RateProvider) -> tuple[RegionGroups, str | None]:
    problems: list[str] = []
    groups = _tried(lambda: as_groups(getattr(provider, "region_groups", {})), "its region_groups cannot be read", problems)
    return ({}, problems[0]) if groups is None else (groups, None)

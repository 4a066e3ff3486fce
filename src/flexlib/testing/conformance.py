"""Whether a rate provider keeps its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from flexlib.errors import InvalidValueError
from flexlib.model.names import as_names
from flexlib.providers.guard import in_words
from flexlib.providers.hookspecs import RateProvider
from flexlib.testing import checks, readings
from flexlib.testing.faults import ConformanceError, Fault
from flexlib.testing.offers import Offer, examine

Check: TypeAlias = Callable[[Offer], Iterator[str]]

MOST_FAULTS = 10

_OF_SHEETS: Mapping[str, Check] = {
    "regions": checks.regions,
    "determinism": checks.determinism,
    "mutation": checks.mutation,
    "exactness": checks.exactness,
    "sources": checks.sources,
    "pickling": checks.pickling,
    "fallback": checks.fallback,
}
_OF_READINGS: Mapping[str, Check] = {
    "stability": readings.stability,
    "gaps": readings.gaps,
    "overlaps": readings.overlaps,
    "speed": readings.speed,
}

CHECKS: Mapping[str, str] = MappingProxyType(
    {
        "contract": "It has a name, regions, and a method rate_sheets that returns rate sheets and ends.",
        **{name: (check.__doc__ or "").strip() for name, check in {**_OF_SHEETS, **_OF_READINGS}.items()},
    }
)
"""The names of the checks, in the order in which they run, each with what it asks for.

.. versionadded:: 0.1.0
"""


def check_rate_provider(provider: RateProvider, *, allow: Iterable[str] = ()) -> None:
    """Raise where a rate provider breaks its contract.

    Args:
        provider: The provider; it is asked for its sheets several times.
        allow: The names of checks whose faults are meant, such as ``"gaps"``.

    Raises:
        ConformanceError: It has faults; the error holds all of them that are not allowed.
        InvalidValueError: ``allow`` names no check.

    .. versionadded:: 0.1.0
    """
    allowed = known_checks("allow", allow)
    _raise(provider, [fault for fault in rate_provider_faults(provider) if fault.check not in allowed])


def rate_provider_faults(provider: RateProvider) -> list[Fault]:
    """Return all that is wrong with a rate provider, none where it keeps its contract.

    Where the check ``contract`` fails, nothing else can be judged, and only its faults are returned. What the provider raises is a
    fault like any other; only ``KeyboardInterrupt`` reaches the caller.

    .. versionadded:: 0.1.0
    """
    offer = examine(provider)
    return [fault for check in CHECKS for fault in _faults_of(check, offer)]


def check_one(provider: RateProvider, check: str, *, allow: Iterable[str] = ()) -> None:
    """Raise what `check_rate_provider` raises, for the faults of one check."""
    if check not in known_checks("allow", allow):
        _raise(provider, _faults_of(check, examine(provider)))


def known_checks(field: str, names: Iterable[str]) -> frozenset[str]:
    """Return the names of checks; one that is unknown raises `InvalidValueError`."""
    found = as_names(names)
    for name in found:
        if name not in CHECKS:
            raise InvalidValueError(field, name, f"the name of a check: {', '.join(CHECKS)}")
    return frozenset(found)


def _raise(provider: RateProvider, faults: list[Fault]) -> None:
    if faults:
        raise ConformanceError(_named(provider), faults)


def _named(provider: RateProvider) -> str:
    try:
        return repr(provider.name)
    except Exception:  # noqa: BLE001  # a provider without a name has its fault elsewhere
        return f"of {type(provider).__name__}"


def _faults_of(check: str, offer: Offer | list[str]) -> list[Fault]:
    if not isinstance(offer, Offer):
        return [Fault(check, problem) for problem in offer] if check == "contract" else []
    if check == "contract" or (check in _OF_READINGS and not _readable(check, offer)):
        return []
    return _found(check, {**_OF_SHEETS, **_OF_READINGS}[check], offer)


def _readable(check: str, offer: Offer) -> bool:
    """Tell whether rates can be read from the sheets at all; where not, and nothing else says so, ``stability`` does."""
    return not _found("", _book, offer) or (check == "stability" and not any(_found("", wrong, offer) for wrong in _TELLING))


def _book(offer: Offer) -> Iterator[str]:
    offer.book()
    yield from ()


_TELLING: tuple[Check, ...] = (checks.exactness, checks.sources)


def _found(name: str, check: Check, offer: Offer) -> list[Fault]:
    found: list[str] = []
    messages = check(offer)
    try:
        found += islice(messages, MOST_FAULTS)
        more = sum(1 for _ in messages)
        found += [f"and {more} more like these"] if more else []
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  # a plugin may raise anything, SystemExit too
        found.append(f"it cannot be checked, since this was raised: {in_words(error)}")
    return [Fault(name, message) for message in found]

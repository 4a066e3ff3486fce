"""Where the rates of the ``rates`` commands come from: rate sheet files, folders of them, or the installed providers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen

from flexlib.cli.inputs import read_sheets
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import RateSheet
from flexlib.providers.guard import PluginFailure
from flexlib.providers.registry import PluginRegistry

INSTALLED = "installed"


@frozen
class Origin:
    """Rate sheets, what they are called, the regions that they serve, and the plugins that failed to give theirs."""

    name: str
    sheets: tuple[RateSheet, ...]
    regions: frozenset[str] = frozenset()
    failures: tuple[PluginFailure, ...] = ()

    @property
    def trusted(self) -> set[str]:
        """The names by which a precedence may trust these sheets: their own, and those of the providers of their rates."""
        providers = {rate.source.provider for sheet in self.sheets for rate in sheet.rates if rate.source}
        return {sheet.name for sheet in self.sheets} | providers


def installed(plugins: PluginRegistry, region: str | None) -> Origin:
    """Return the sheets of the installed providers for a region."""
    sheets, failures = plugins.rate_sheets(region)
    regions = frozenset(name for names in plugins.regions.values() for name in names)
    return Origin(INSTALLED, tuple(sheets), regions, tuple(failures))


def in_files(paths: Iterable[Path], plugins: PluginRegistry) -> Origin:
    """Return the sheets in files, and in folders of them."""
    paths = tuple(paths)
    sheets = tuple(sheet for path in paths for sheet in read_sheets(path, plugins))
    return Origin(", ".join(str(path) for path in paths), sheets)


def check_region(region: str | None, origins: Sequence[Origin], plugins: PluginRegistry) -> None:
    """Raise `UnknownRegionError` where none of these sheets serves a region (rule R2)."""
    if region is not None:
        sheets = [sheet for origin in origins for sheet in origin.sheets]
        RateBook(sheets, groups=plugins.groups).check_region(region, [name for origin in origins for name in origin.regions])


def book_of(origin: Origin, precedence: Iterable[str], plugins: PluginRegistry) -> RateBook:
    """Return the book of the sheets, with the groups of countries that the providers name."""
    return RateBook(origin.sheets, precedence=precedence, groups=plugins.groups)


def both_books(a: Origin, b: Origin, precedence: Iterable[str], plugins: PluginRegistry) -> tuple[RateBook, RateBook]:
    """Return the books of two origins; a precedence need be known to one of them only.

    Raises:
        InvalidValueError: Neither has a sheet or provider of a name in ``precedence``.
    """
    RateBook([*a.sheets, *b.sheets], precedence=precedence, groups=plugins.groups)

    def own(origin: Origin) -> RateBook:
        known = origin.trusted
        names = [name for name in precedence if name in known or name.rpartition("@")[0] in known]
        return book_of(origin, names, plugins)

    return own(a), own(b)

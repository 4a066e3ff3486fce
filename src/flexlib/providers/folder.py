"""A rate provider of the sheets in a folder, for those who keep their rates in files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import field, frozen

from flexlib.model.names import as_names, not_blank
from flexlib.model.rates import RateSheet
from flexlib.model.regions import RegionGroups, as_groups
from flexlib.providers.registry import load_plugins

if TYPE_CHECKING:
    from pathlib import Path


@frozen
class FolderRateProvider:
    """Provides the rate sheets in a folder: every file of a kind that an installed plugin reads, such as TOML, JSON, CSV and XLSX.

    The files are read when the sheets are asked for, in order of their names, and not in folders below. A plugin returns one from
    `flexlib_rate_providers`, or a program asks it itself.

    Attributes:
        name: The provider's name.
        folder: The folder.
        regions: The regions for which the sheets have rates of their own.
        region_groups: Countries by the name of their group.
        suffixes: The suffixes of the files to read.

    .. versionadded:: 0.1.0
    """

    name: str = field(validator=not_blank)
    folder: Path
    regions: tuple[str, ...] = field(default=(), converter=as_names, kw_only=True)
    region_groups: RegionGroups = field(factory=dict, converter=as_groups, kw_only=True, hash=False)
    suffixes: tuple[str, ...] = field(default=(".toml", ".json", ".csv", ".xlsx"), converter=as_names, kw_only=True)

    def rate_sheets(self, region: str | None) -> Iterable[RateSheet]:
        """Return the sheets of the folder, with the rates that may hold in a region; None asks for all.

        Raises:
            FormatError: A file is wrong.

        .. versionadded:: 0.1.0
        """
        plugins = load_plugins()
        files = [file for file in sorted(self.folder.iterdir()) if file.suffix.lower() in self.suffixes]
        return [plugins.read_rate_sheet(file).for_region(region, self.region_groups) for file in files]

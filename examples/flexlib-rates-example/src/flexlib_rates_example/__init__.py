"""A rate plugin for flexlib, to be copied. All its rates are made up."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

from flexlib import PluginRegistry, RateProvider, RateSheet, hookimpl, load_plugins

SHEET = Path(__file__).with_name("rates.toml")


class ExampleRates:
    """Rates for everywhere, for a country and for a group of countries, out of the sheet in this package."""

    name = "example"
    regions = ("DACH", "GB")
    region_groups: ClassVar[Mapping[str, Sequence[str]]] = {"DACH": ("AT", "CH", "DE")}

    def rate_sheets(self, region: str | None) -> Iterable[RateSheet]:
        """Return the rates that hold in a region; None asks for all."""
        return [reader().read_rate_sheet(SHEET).for_region(region, self.region_groups)]


@cache
def reader() -> PluginRegistry:
    """Return what reads rate sheets: flexlib's own plugin for files, and no other."""
    return load_plugins(only=["files"], strict=True)


@hookimpl
def flexlib_rate_providers() -> Iterable[RateProvider]:
    """Return the rate providers of this plugin."""
    return [ExampleRates()]

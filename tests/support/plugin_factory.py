"""Real plugins for the loader to find: a module and its distribution's metadata, laid out on ``sys.path`` as pip lays them out."""

import importlib
import itertools
from pathlib import Path

import pytest

_SERIAL = itertools.count(1)

PROVIDER = """
from datetime import date

import flexlib
from flexlib import Rate, RateSheet, Source


class Provider:
    name = {name!r}
    regions = ("EMEA",)

    def rate_sheets(self, region):
        {sheets}


def sheet(tokens, product="autocad", **rest):
    source = Source({name!r}, "price list")
    return RateSheet({name!r} + " sheet", [Rate(product, tokens, effective_from=date(2021, 12, 21), source=source, **rest)])


@flexlib.hookimpl
def flexlib_rate_providers():
    {providers}
"""

READER = """
import flexlib
from flexlib import FormatError, RateSheet


@flexlib.hookimpl
def flexlib_load_rate_sheet(path):
    if path.suffix == ".foo":
        {reading}
"""


def provider(name: str, *, sheets: str = "return [sheet(7)]", providers: str = "return [Provider()]") -> str:
    """Return the source of a plugin with a rate provider: AutoCAD at 7, unless the statements say otherwise."""
    return PROVIDER.format(name=name, sheets=sheets, providers=providers)


def reader(reading: str = "return RateSheet(path.stem, [])") -> str:
    """Return the source of a plugin that reads ``.foo`` files by a statement."""
    return READER.format(reading=reading)


class PluginSite:
    """A folder of installed plugins, and no others, for one test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self.names: list[str] = []
        monkeypatch.syspath_prepend(str(self.folder))

    def install(self, name: str, source: str, *, distribution: str | None = None, version: str = "1.0", entry: str = "") -> str:
        """Install a plugin; return its module's name. Its distribution is ``flexlib-<name>`` unless another is given."""
        module = f"{name}_{next(_SERIAL)}"
        (self.folder / f"{module}.py").write_text(source)
        self.register(name, module + entry, distribution=distribution, version=version)
        return module

    def register(self, name: str, value: str, *, distribution: str | None = None, version: str = "1.0") -> None:
        """Install a distribution with one entry point of flexlib's group."""
        distribution = distribution or f"flexlib-{name}"
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[flexlib]\n{name} = {value}\n")
        self.names.append(name)
        importlib.invalidate_caches()

"""What the command is given: files and folders, told apart by their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from pathlib import Path

from attrs import evolve, field, frozen

from flexlib.errors import FlexError, FormatError
from flexlib.formats.accounts import is_account, read_account
from flexlib.formats.rate_sheets import COLUMNS as RATE_COLUMNS
from flexlib.formats.rate_sheets import read_toml
from flexlib.formats.tables import read_table
from flexlib.formats.usage import is_usage, read_usage_table
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.products import Catalog, Product
from flexlib.model.rates import RateSheet
from flexlib.model.seats import Seat
from flexlib.model.usage import Use
from flexlib.providers.registry import PluginRegistry

_READ_IN_FOLDERS = {".csv", ".toml", ".json"}
_SHEETS_IN_FOLDERS = {*_READ_IN_FOLDERS, ".xlsx"}


@frozen
class Inputs:
    """The facts in the given files, the rows set aside, and the files of a folder that were left unread."""

    usage: tuple[Use, ...] = ()
    sheets: tuple[RateSheet, ...] = ()
    packs: tuple[TokenPack, ...] = ()
    seats: tuple[Seat, ...] = ()
    products: tuple[Product, ...] = ()
    refunds: tuple[Refund, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    problems: tuple[FormatError, ...] = ()
    unread: tuple[Path, ...] = field(default=())

    @property
    def catalog(self) -> Catalog | None:
        """The catalogue of the products that the files describe, None where they describe none."""
        return Catalog(self.products) if self.products else None

    def merged(self, other: Inputs) -> Inputs:
        """Return the facts of both."""
        names = [attribute for attribute in self.__annotations__ if attribute != "catalog"]
        return evolve(self, **{name: getattr(self, name) + getattr(other, name) for name in names})


def read_inputs(paths: Iterable[Path], rate_files: Iterable[Path], zone: tzinfo | None, plugins: PluginRegistry) -> Inputs:
    """Read files, and of folders the CSV, TOML and JSON files in them; `zone` is that of times without one.

    Raises:
        FormatError: A path is missing, a file is of no known kind, or a file that balances depend on is wrong.
    """
    inputs = Inputs()
    for path in paths:
        for file in _files(path):
            if path.is_dir() and file.suffix.lower() not in _READ_IN_FOLDERS:
                inputs = inputs.merged(Inputs(unread=(file,)))
            else:
                inputs = inputs.merged(_read(file, zone, plugins))
    return inputs.merged(Inputs(sheets=tuple(sheet for path in rate_files for sheet in read_sheets(path, plugins))))


def require_usage(inputs: Inputs, paths: Iterable[Path]) -> None:
    """Raise `FlexError` where files hold neither usage nor rows of usage that were set aside."""
    if not inputs.usage and not inputs.problems:
        raise FlexError(f"no sessions or results in {', '.join(map(str, paths))}: give a CSV file of them")


def read_sheets(path: Path, plugins: PluginRegistry) -> list[RateSheet]:
    """Return the rate sheet in a file; of a folder, those in its TOML, JSON, CSV and XLSX files that hold neither usage nor accounts.

    Raises:
        FormatError: The file is missing, of no plugin's kind or wrong, or there is no rate sheet in the folder.
    """
    if not path.is_dir():
        return [plugins.read_rate_sheet(file) for file in _files(path)]
    files = [file for file in _files(path) if file.suffix.lower() in _SHEETS_IN_FOLDERS and not _is_other(file)]
    if not files:
        raise FormatError(str(path), None, None, "there is no rate sheet in this folder")
    return [plugins.read_rate_sheet(file) for file in files]


def _is_other(file: Path) -> bool:
    """Tell whether a file holds usage or an account, and no rates."""
    kind = file.suffix.lower()
    return (kind == ".csv" and is_usage(read_table(file).columns, RATE_COLUMNS)) or (
        kind == ".toml" and is_account(read_toml(file))
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(child for child in path.iterdir() if child.is_file() and not child.name.startswith("."))
    elif path.exists():
        yield path
    else:
        raise FormatError(str(path), None, None, "there is no such file or folder")


def _read(file: Path, zone: tzinfo | None, plugins: PluginRegistry) -> Inputs:
    kind = file.suffix.lower()
    if kind == ".csv":
        table = read_table(file)
        if is_usage(table.columns, RATE_COLUMNS):
            usage = read_usage_table(table, zone)
            return Inputs(usage=tuple(usage.rows), problems=tuple(usage.problems))
    elif kind == ".toml" and is_account(read_toml(file)):
        account = read_account(file)
        return Inputs(
            packs=account.packs,
            seats=account.seats,
            products=account.products,
            refunds=account.refunds,
            transfers=account.transfers,
        )
    return Inputs(sheets=(plugins.read_rate_sheet(file),))

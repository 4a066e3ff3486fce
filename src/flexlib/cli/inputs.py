"""What the command is given: files and folders, told apart by their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import evolve, field, fields, frozen

from flexlib.errors import FlexError, FormatError, UnknownExportError
from flexlib.formats import Export, ExportKind, ReportedChange, merge_exports, read_export
from flexlib.formats.accounts import AccountFile, is_account, read_account
from flexlib.formats.offers import OfferFile, is_offers, merge_offers, read_offers
from flexlib.formats.rate_sheets import COLUMNS as RATE_COLUMNS
from flexlib.formats.rate_sheets import read_toml
from flexlib.formats.tables import read_table
from flexlib.formats.usage import is_usage, read_usage_table
from flexlib.history import History, is_history
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.products import Catalog, Product
from flexlib.model.rates import RateSheet
from flexlib.model.reported import ReportedUse
from flexlib.model.seats import Seat
from flexlib.model.usage import Use
from flexlib.providers.registry import PluginRegistry

if TYPE_CHECKING:
    from flexlib.formats.session_tables import SessionTable  # it needs NumPy, which is an extra

Decimals = Literal[".", ","]

_EXPORTS = {".csv", ".xlsx", ".json"}
_TEXTS = {".txt", ".tsv"}  # spreadsheets save tables as such; what else they hold a plugin may know, so folders leave them alone
_READ_IN_FOLDERS = {*_EXPORTS, ".toml"}
_WITHOUT_DAYS = {
    ExportKind.USAGE_REPORT: "a Usage Report holds no days, so no charge can be read from it: export the daily usage",
    ExportKind.TOTALS: "it holds totals of all users, so no charge can be read from it: export the sessions or the daily usage",
}


@frozen
class Inputs:
    """The facts in the given files, the rows set aside, and the files of a folder that were left unread.

    The sessions of large files are in `tables`, and not in `usage`. Where files were read together, `offers` holds one at most.
    """

    usage: tuple[Use, ...] = ()
    tables: tuple[SessionTable, ...] = field(default=(), eq=False)
    exports: tuple[Export, ...] = ()
    reported: tuple[ReportedUse, ...] = ()
    changes: tuple[ReportedChange, ...] = ()
    sheets: tuple[RateSheet, ...] = ()
    packs: tuple[TokenPack, ...] = ()
    seats: tuple[Seat, ...] = ()
    products: tuple[Product, ...] = ()
    refunds: tuple[Refund, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    offers: tuple[OfferFile, ...] = ()
    problems: tuple[FormatError, ...] = ()
    unread: tuple[Path, ...] = field(default=())

    @property
    def has_usage(self) -> bool:
        """Tell whether there are sessions or results."""
        return bool(self.usage or self.tables)

    @property
    def catalog(self) -> Catalog | None:
        """The catalogue of the products that the files describe, None where they describe none."""
        return Catalog(self.products) if self.products else None

    @property
    def identities(self) -> dict[str, str]:
        """The e-mail of each hashed id that one of the exports tells."""
        return {hashed: email for export in self.exports for hashed, email in export.identities.items()}

    def merged(self, other: Inputs) -> Inputs:
        """Return the facts of both."""
        names = [attribute.name for attribute in fields(Inputs)]
        return evolve(self, **{name: getattr(self, name) + getattr(other, name) for name in names})


LargeReader: TypeAlias = Callable[[Path], Inputs | None]
"""Returns what is in a large file of sessions, None of any other."""


def read_inputs(
    paths: Iterable[Path],
    rate_files: Iterable[Path],
    zone: tzinfo | None,
    plugins: PluginRegistry,
    *,
    decimal: Decimals | None = None,
    large: LargeReader | None = None,
) -> Inputs:
    """Read files, and of folders the CSV, XLSX, TOML and JSON files in them.

    Exports that overlap are merged, those that tell of the latest day last. ``zone`` is that of times without one, ``decimal`` the
    decimal mark of exports, told from their figures unless given. ``large`` is asked first of each file.

    Raises:
        FormatError: A path is missing, a file is of no known kind, one that balances depend on is wrong, or offers disagree.
    """
    inputs = Inputs()
    for _, read in read_each(paths, zone, plugins, decimal=decimal, large=large):
        inputs = inputs.merged(read)
    inputs = inputs.merged(Inputs(sheets=tuple(sheet for path in rate_files for sheet in read_sheets(path, plugins))))
    return _with_offers_merged(_with_exports_merged(inputs))


def read_each(
    paths: Iterable[Path],
    zone: tzinfo | None,
    plugins: PluginRegistry,
    *,
    decimal: Decimals | None = None,
    large: LargeReader | None = None,
) -> Iterator[tuple[Path, Inputs]]:
    """Yield each file, also those in folders, with what is in it."""
    for path in paths:
        for file in _files(path):
            if path.is_dir() and file.suffix.lower() not in _READ_IN_FOLDERS:
                yield file, Inputs(unread=(file,))
            else:
                yield file, (large(file) if large else None) or _read(file, zone, plugins, decimal)


def last_day(export: Export) -> date:
    """Return the last day that an export tells of: it was not fetched before, so that this puts exports in order of their age."""
    return max((row.day for row in export.reported), default=date.min)


def _with_exports_merged(inputs: Inputs) -> Inputs:
    merged = merge_exports(sorted(inputs.exports, key=last_day))
    useless = [
        FormatError(export.file, None, None, _WITHOUT_DAYS[export.kind])
        for export in inputs.exports
        if export.kind in _WITHOUT_DAYS
    ]
    return evolve(
        inputs,
        usage=inputs.usage + tuple(merged.sessions),
        reported=tuple(merged.reported),
        changes=tuple(merged.changes),
        problems=(*inputs.problems, *merged.problems, *useless),
    )


def _with_offers_merged(inputs: Inputs) -> Inputs:
    return evolve(inputs, offers=(merge_offers(inputs.offers),)) if inputs.offers else inputs


def require_usage(inputs: Inputs, paths: Iterable[Path]) -> None:
    """Raise `FlexError` where files hold neither usage nor rows of usage that were set aside."""
    if not inputs.usage and not inputs.problems:
        raise FlexError(f"no sessions or results in {', '.join(map(str, paths))}: give a CSV file of them")


def read_sheets(path: Path, plugins: PluginRegistry) -> list[RateSheet]:
    """Return the rate sheet in a file; of a folder, those in its TOML, JSON, CSV and XLSX files of no other kind, such as usage.

    Raises:
        FormatError: The file is missing, of no plugin's kind or wrong, or there is no rate sheet in the folder.
    """
    if not path.is_dir():
        return [plugins.read_rate_sheet(file) for file in _files(path)]
    files = [file for file in _files(path) if file.suffix.lower() in _READ_IN_FOLDERS and not _is_other(file)]
    if not files:
        raise FormatError(str(path), None, None, "there is no rate sheet in this folder")
    return [plugins.read_rate_sheet(file) for file in files]


def _is_other(file: Path) -> bool:
    """Tell whether a file holds usage, an export, an account or offers, and no rates."""
    kind = file.suffix.lower()
    if kind == ".toml":
        document = read_toml(file)
        return is_account(document) or is_offers(document)
    return isinstance(_export(file, None, None), Export) or (kind == ".csv" and is_usage(read_table(file).columns, RATE_COLUMNS))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(child for child in path.iterdir() if child.is_file() and not child.name.startswith("."))
    elif path.exists():
        yield path
    else:
        raise FormatError(str(path), None, None, "there is no such file or folder")


def _read(file: Path, zone: tzinfo | None, plugins: PluginRegistry, decimal: Decimals | None) -> Inputs:
    if is_history(file):
        return _of_history(file)
    if file.suffix.lower() not in _EXPORTS | _TEXTS:
        return _read_own(file, zone, plugins)
    export = _export(file, zone, decimal)
    if isinstance(export, Export):
        return Inputs(exports=(export,))
    try:
        return _read_own(file, zone, plugins)
    except FormatError as error:
        if error.place not in {None, "row 1"}:
            raise
        problem = f"{error.problem}; and as an export of the vendor's: {export.problem}"
        raise FormatError(error.file, error.place, error.field, problem) from error


def _read_own(file: Path, zone: tzinfo | None, plugins: PluginRegistry) -> Inputs:
    """Return what is in a file of flexlib's own kinds, or of a plugin's."""
    kind = file.suffix.lower()
    if kind == ".csv":
        table = read_table(file)
        if is_usage(table.columns, RATE_COLUMNS):
            usage = read_usage_table(table, zone)
            return Inputs(usage=tuple(usage.rows), problems=tuple(usage.problems))
    elif kind == ".toml":
        document = read_toml(file)
        if is_account(document):
            return _of_account(read_account(file))
        if is_offers(document):
            return Inputs(offers=(read_offers(file),))
    return Inputs(sheets=(plugins.read_rate_sheet(file),))


def _of_account(account: AccountFile) -> Inputs:
    return Inputs(
        packs=account.packs,
        seats=account.seats,
        products=account.products,
        refunds=account.refunds,
        transfers=account.transfers,
    )


def _export(file: Path, zone: tzinfo | None, decimal: Decimals | None) -> Export | FormatError:
    """Return the vendor's export in a file, or why it is none; one that cannot be read raises `FormatError`."""
    try:
        return read_export(file, zone=zone, decimal=decimal)
    except UnknownExportError as error:
        return error
    except FormatError as error:
        if file.suffix.lower() in _TEXTS:
            return error
        raise


def _of_history(file: Path) -> Inputs:
    with History(file, readonly=True) as history:
        known = history.known()
    kept = Export(ExportKind.USAGE, list(known.reported), [], str(file), list(range(1, len(known.reported) + 1)))
    return Inputs(
        usage=known.usage,
        exports=(kept,),
        packs=known.packs,
        seats=known.seats,
        refunds=known.refunds,
        transfers=known.transfers,
    )

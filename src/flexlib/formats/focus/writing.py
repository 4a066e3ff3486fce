"""FOCUS 1.2 cost-and-usage files of a ledger and its packs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from attrs import frozen

from flexlib.errors import FormatError, InvalidValueError
from flexlib.formats.focus.columns import FOCUS_COLUMNS, FocusRow, written
from flexlib.formats.focus.rows import RowMaker
from flexlib.model.amounts import as_currency, total
from flexlib.model.instants import as_utc_or_none
from flexlib.model.products import Catalog
from flexlib.pool.ledger import Ledger
from flexlib.replacing import replacing
from flexlib.reports.allocation import UnusedRule, allocate_prices
from flexlib.reports.chargeback import ChargebackTags

BILLING_ACCOUNT_ID = "autodesk-account"
BILLING_ACCOUNT_NAME = "Autodesk account"


@frozen
class FocusFile:
    """What a FOCUS file that was written adds up to; money by currency.

    Attributes:
        rows: How many rows it has.
        billed: The sum of the billed costs: the prices of its packs.
        effective: The sum of the effective costs.
        left: What the tokens left in the packs are worth; with the effective costs it comes to the billed ones.
        tokens: The tokens charged, less those returned.

    .. versionadded:: 0.1.0
    """

    rows: int
    billed: Mapping[str, Decimal]
    effective: Mapping[str, Decimal]
    left: Mapping[str, Decimal]
    tokens: Decimal


def focus_rows(
    ledger: Ledger,
    *,
    billing_account_id: str = BILLING_ACCOUNT_ID,
    billing_account_name: str = BILLING_ACCOUNT_NAME,
    currency: str | None = None,
    until: datetime | None = None,
    unused: UnusedRule = UnusedRule.SEPARATE,
    tags: ChargebackTags | None = None,
    catalog: Catalog | None = None,
) -> list[FocusRow]:
    """Return a ledger as FOCUS 1.2 rows, by the start of their charge period; the arguments are those of `write_focus`.

    Raises:
        InvalidValueError: A pack has no price or currency, or there are charges and no currency.

    .. versionadded:: 0.1.0
    """
    account = (billing_account_id, billing_account_name)
    return _maker(ledger, account, currency, until, unused, tags, catalog).rows()


def write_focus(
    ledger: Ledger,
    path: str | Path,
    *,
    billing_account_id: str = BILLING_ACCOUNT_ID,
    billing_account_name: str = BILLING_ACCOUNT_NAME,
    currency: str | None = None,
    until: datetime | None = None,
    unused: UnusedRule = UnusedRule.SEPARATE,
    tags: ChargebackTags | None = None,
    catalog: Catalog | None = None,
) -> FocusFile:
    """Write a FOCUS 1.2 cost-and-usage file of a ledger and its packs, and return its sums.

    The suffix tells the format: ``.csv`` or ``.parquet``, for which the extra ``parquet`` is installed. The file is there whole or
    not at all.

    Args:
        ledger: The ledger; each of its packs needs a price and a currency.
        path: The file.
        billing_account_id: The id of the account with the vendor.
        billing_account_name: Its name.
        currency: The billing currency of charges that drew on no pack; without it, that of the first pack.
        until: The last instant that counts; without it, the whole life of the packs.
        unused: Who bears what expired unused.
        tags: The tags of charges.
        catalog: The products, for their names.

    Raises:
        FormatError: The suffix is another, pyarrow is missing, or the file cannot be written.
        InvalidValueError: A pack has no price or currency, or there are charges and no currency; nothing is written.

    .. versionadded:: 0.1.0
    """
    path = Path(path)
    write = _writer(path)
    maker = _maker(ledger, (billing_account_id, billing_account_name), currency, until, unused, tags, catalog)
    rows = maker.rows()
    _replace(path, rows, write)
    currencies = {pack.id: pack.currency or "" for pack in ledger.packs}
    return FocusFile(
        len(rows),
        _sums((row.billing_currency, row.billed_cost) for row in rows),
        _sums((row.billing_currency, row.effective_cost) for row in rows),
        _sums((currencies[pack_id], value) for pack_id, value in maker.allocation.left.items()),
        total(row.pricing_currency_effective_cost for row in rows),
    )


def _maker(
    ledger: Ledger,
    account: tuple[str, str],
    currency: str | None,
    until: datetime | None,
    unused: UnusedRule,
    tags: ChargebackTags | None,
    catalog: Catalog | None,
) -> RowMaker:
    for field, name in zip(("billing_account_id", "billing_account_name"), account, strict=True):
        if not name.strip():
            raise InvalidValueError(field, name, "a name that is not blank")
    until = as_utc_or_none(until)
    billing = as_currency(currency) or next((pack.currency for pack in ledger.packs if pack.currency), None)
    if billing is None and ledger.charges:
        raise InvalidValueError("currency", currency, "an ISO 4217 code such as USD, as no pack has one")
    names = {product.code: product.name for product in catalog or ()}
    allocation = allocate_prices(ledger, until=until, unused=unused)
    return RowMaker(ledger, allocation, until, account, billing or "", tags or ChargebackTags(()), names)


def _writer(path: Path) -> Callable[[Path, Sequence[FocusRow]], None]:
    """Return what writes the format that a suffix tells."""
    if path.suffix.lower() == ".csv":
        return _write_csv
    if path.suffix.lower() != ".parquet":
        raise FormatError(str(path), None, None, "its suffix tells no format: let it end in .csv or .parquet")
    try:
        from flexlib.formats.focus.parquet import write_parquet  # noqa: PLC0415  # the extra may not be installed
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        problem = "Parquet needs pyarrow: install flexlib with its extra `parquet`, or write CSV"
        raise FormatError(str(path), None, None, problem) from error
    return write_parquet


def _write_csv(path: Path, rows: Sequence[FocusRow]) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # its line ends have both characters, so that it quotes text with either of them
        writer.writerow(FOCUS_COLUMNS.values())
        writer.writerows([written(cell) for cell in row.cells()] for row in rows)


def _replace(path: Path, rows: Sequence[FocusRow], write: Callable[[Path, Sequence[FocusRow]], None]) -> None:
    """Write rows beside a file, then put what was written in its place, so that it never holds half of them."""
    try:
        with replacing(path) as beside:
            write(beside, rows)
    except OSError as error:
        raise FormatError(str(path), None, None, f"it cannot be written: {error.strerror or error}") from error
    except UnicodeEncodeError as error:
        raise FormatError(str(path), None, None, f"{error.object!r} is no text that UTF-8 can hold") from error


def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    by_currency: dict[str, list[Decimal]] = {}
    for currency, amount in amounts:
        by_currency.setdefault(currency, []).append(amount)
    return {currency: total(own) for currency, own in sorted(by_currency.items())}

"""Packs, seats, products, refunds and transfers out of TOML files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from attrs import evolve, field, frozen

from flexlib.errors import FlexError, FormatError
from flexlib.formats import limits
from flexlib.formats.rate_sheets import read_toml
from flexlib.formats.records import Entry, RecordProblem, RecordReader, of_entry
from flexlib.formats.times import parse_zone
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.products import ChargeBasis, Product
from flexlib.model.seats import Seat

T = TypeVar("T")
V = TypeVar("V")


@frozen
class AccountFile:
    """What a firm's account file holds.

    .. versionadded:: 0.1.0
    """

    packs: tuple[TokenPack, ...] = ()
    seats: tuple[Seat, ...] = ()
    products: tuple[Product, ...] = ()
    refunds: tuple[Refund, ...] = ()
    transfers: tuple[Transfer, ...] = ()


@frozen
class _AccountRecord:
    zone: str = "UTC"
    packs: list[dict[str, object]] = field(factory=list)
    seats: list[dict[str, object]] = field(factory=list)
    products: list[dict[str, object]] = field(factory=list)
    refunds: list[dict[str, object]] = field(factory=list)
    transfers: list[dict[str, object]] = field(factory=list)


@frozen
class _PackRecord:
    id: str
    tokens: Decimal
    purchased_on: date | None = None
    months: int = 12
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    price: Decimal | None = None
    currency: str | None = None
    team: str | None = None

    def pack(self, zone: tzinfo) -> TokenPack:
        if self.purchased_on is not None and self.starts_at is None and self.expires_at is None:
            pack = self._purchase(self.purchased_on, zone)
        elif self.purchased_on is None and self.starts_at is not None and self.expires_at is not None:
            pack = TokenPack(self.id, self.tokens, self.starts_at, self.expires_at)
        else:
            raise RecordProblem("purchased_on", "give either purchased_on, or starts_at and expires_at")
        return evolve(pack, price=self.price, currency=self.currency, team=self.team)

    def _purchase(self, day: date, zone: tzinfo) -> TokenPack:
        try:
            return TokenPack.purchase(self.id, self.tokens, day, months=self.months, zone=zone)
        except FlexError:
            raise
        except (ValueError, OverflowError) as error:
            problem = f"{self.months} months from {day} lie outside the years that can be held"
            raise RecordProblem("purchased_on", problem) from error


@frozen
class _SeatRecord:
    user: str
    products: list[str]
    starts_at: datetime
    ends_at: datetime | None = None


@frozen
class _ProductRecord:
    code: str
    name: str
    basis: ChargeBasis = ChargeBasis.PER_DAY
    aliases: list[str] = field(factory=list)
    idle_aware: bool = True


@frozen
class _RefundRecord:
    charge_id: str
    tokens: Decimal
    at: datetime
    id: str | None = None


@frozen
class _TransferRecord:
    tokens: Decimal
    at: datetime
    from_team: str | None = None
    to_team: str | None = None
    id: str | None = None


def is_account(document: Mapping[str, object]) -> bool:
    """Tell from its keys whether a TOML document is an account file."""
    return not {"packs", "seats", "products", "refunds", "transfers"}.isdisjoint(document)


def read_account(path: str | Path) -> AccountFile:
    """Return the packs, seats, products, refunds and transfers in a TOML file.

    A date stands for 00:00 in the file's ``zone``, UTC unless it names another (rule P1). A wrong entry raises, since every balance
    would be wrong without it.

    Raises:
        FormatError: The file cannot be read, or an entry is wrong; the error names its key.

    .. versionadded:: 0.1.0
    """
    path = Path(path)
    try:
        record = RecordReader().structure(read_toml(path), _AccountRecord)
    except RecordProblem as error:
        raise FormatError(str(path), None, error.field, error.problem) from error
    try:
        zone = parse_zone(record.zone)
    except ValueError as error:
        raise FormatError(str(path), None, "zone", limits.in_short(error)) from error

    reader = RecordReader(zone)

    def entries(key: str, found: list[dict[str, object]], kind: type[T], make: Callable[[T], V]) -> tuple[V, ...]:
        def made(entry: Entry) -> V:
            return make(reader.structure(entry, kind))

        return tuple(of_entry(path, f"{key}[{number}]", entry, made) for number, entry in enumerate(found))

    return AccountFile(
        packs=entries("packs", record.packs, _PackRecord, lambda pack: pack.pack(zone)),
        seats=entries(
            "seats", record.seats, _SeatRecord, lambda seat: Seat(seat.user, seat.products, seat.starts_at, seat.ends_at)
        ),
        products=entries("products", record.products, _ProductRecord, _product),
        refunds=entries(
            "refunds",
            record.refunds,
            _RefundRecord,
            lambda refund: Refund(refund.charge_id, refund.tokens, refund.at, id=refund.id),
        ),
        transfers=entries("transfers", record.transfers, _TransferRecord, _transfer),
    )


def _product(record: _ProductRecord) -> Product:
    return Product(record.code, record.name, basis=record.basis, aliases=record.aliases, idle_aware=record.idle_aware)


def _transfer(record: _TransferRecord) -> Transfer:
    return Transfer(record.from_team, record.to_team, record.tokens, record.at, id=record.id)

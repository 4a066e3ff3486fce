"""Seats and packs on offer, and the price of a token, out of TOML files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from attrs import evolve, field, frozen

from flexlib.errors import FlexError, FormatError, InvalidTokensError
from flexlib.formats import limits
from flexlib.formats.rate_sheets import read_toml
from flexlib.formats.records import Entry, RecordProblem, RecordReader, of_entry
from flexlib.model.amounts import as_currency, as_positive, plain
from flexlib.planning.offers import PackOffer, SeatOffer

V = TypeVar("V", Decimal, str)


def _as_price(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else as_positive(value)


@frozen
class OfferFile:
    """What can be bought, at the prices that an offers file states (rule P7).

    Attributes:
        token_price: The price of one token, above zero, None where the file states none.
        currency: The ISO 4217 code of every price of the file, None where it states none.
        seats: The seats on offer, in the file's order.
        packs: The token packs on offer, likewise.
        file: The file, for messages; empty where there is none. It makes no difference to equality.

    Raises:
        InvalidTokensError: The token price is a float, zero, negative or not finite.
        InvalidValueError: The currency is no ISO 4217 code.

    .. versionadded:: 0.1.0
    """

    token_price: Decimal | None = field(default=None, converter=_as_price)
    currency: str | None = field(default=None, converter=as_currency)
    seats: tuple[SeatOffer, ...] = field(default=(), converter=tuple[SeatOffer, ...])
    packs: tuple[PackOffer, ...] = field(default=(), converter=tuple[PackOffer, ...])
    file: str = field(default="", kw_only=True, eq=False)


@frozen
class _OfferRecord:
    token_price: Decimal | None = None
    currency: str | None = None
    seat_offers: list[dict[str, object]] = field(factory=list)
    pack_offers: list[dict[str, object]] = field(factory=list)


@frozen
class _SeatRecord:
    name: str
    products: list[str]
    price: Decimal
    months: int = 12
    at_most: int | None = None

    def offer(self, currency: str | None) -> SeatOffer:
        return SeatOffer(self.name, self.products, self.price, months=self.months, at_most=self.at_most, currency=currency)


@frozen
class _PackRecord:
    name: str
    tokens: Decimal
    price: Decimal
    months: int = 12
    at_most: int | None = None

    def offer(self, currency: str | None) -> PackOffer:
        return PackOffer(self.name, self.tokens, self.price, months=self.months, at_most=self.at_most, currency=currency)


def is_offers(document: Mapping[str, object]) -> bool:
    """Tell from its keys whether a TOML document is an offers file."""
    return "rates" not in document and not {"token_price", "seat_offers", "pack_offers"}.isdisjoint(document)


def read_offers(path: str | Path) -> OfferFile:
    """Return the seats and packs on offer in a TOML file, each in the file's currency.

    A wrong entry raises, since every plan would be wrong without it.

    Raises:
        FormatError: The file cannot be read, an entry is wrong, or two seats or two packs have one name; the error names the entry
            and its key.

    .. versionadded:: 0.1.0
    """
    path = Path(path)
    reader = RecordReader()
    try:
        record = reader.structure(read_toml(path), _OfferRecord)
    except RecordProblem as error:
        raise FormatError(str(path), None, error.field, error.problem) from error
    try:
        head = OfferFile(record.token_price, record.currency, file=str(path))
    except InvalidTokensError as error:
        raise FormatError(str(path), None, "token_price", limits.in_short(error)) from error
    except FlexError as error:
        raise FormatError(str(path), None, getattr(error, "field", None), limits.in_short(error)) from error

    def seat(entry: Entry) -> SeatOffer:
        return reader.structure(entry, _SeatRecord).offer(head.currency)

    def pack(entry: Entry) -> PackOffer:
        return reader.structure(entry, _PackRecord).offer(head.currency)

    seats = [of_entry(path, f"seat_offers[{number}]", entry, seat) for number, entry in enumerate(record.seat_offers)]
    packs = [of_entry(path, f"pack_offers[{number}]", entry, pack) for number, entry in enumerate(record.pack_offers)]
    return merge_offers([evolve(head, seats=seats, packs=packs)])


def merge_offers(files: Iterable[OfferFile]) -> OfferFile:
    """Return the offers of several files as those of one.

    A price of the token, or a currency, that only some of the files state holds for all of them.

    Raises:
        FormatError: Two files state different prices of the token or different currencies, or two seats or two packs have one name.

    .. versionadded:: 0.1.0
    """
    files = tuple(files)
    _require_own_names("seat_offers", [(file, file.seats) for file in files])
    _require_own_names("pack_offers", [(file, file.packs) for file in files])
    currency = _agreed("currency", [(file, file.currency) for file in files])
    return OfferFile(
        _agreed("token_price", [(file, file.token_price) for file in files]),
        currency,
        [evolve(seat, currency=currency) for file in files for seat in file.seats],
        [evolve(pack, currency=currency) for file in files for pack in file.packs],
        file=", ".join(file.file for file in files),
    )


def _require_own_names(key: str, offers: Sequence[tuple[OfferFile, Sequence[SeatOffer | PackOffer]]]) -> None:
    met: dict[str, str] = {}
    for file, own in offers:
        for number, offer in enumerate(own):
            place = f"{key}[{number}]"
            if offer.name in met:
                problem = f"{offer.name!r} is the name of {met[offer.name]} too: give each a name of its own"
                raise FormatError(file.file, place, "name", problem)
            met[offer.name] = f"{place} in {file.file}" if file.file else place


def _agreed(key: str, stated: Sequence[tuple[OfferFile, V | None]]) -> V | None:
    """Return what those files say that say it at all."""
    said = [(file, value) for file, value in stated if value is not None]
    for file, value in said:
        first, other = said[0]
        if value != other:
            problem = f"it is {_shown(value)} here and {_shown(other)} in {first.file}: give offers files that agree"
            raise FormatError(file.file, None, key, problem)
    return said[0][1] if said else None


def _shown(value: Decimal | str) -> str:
    return plain(value) if isinstance(value, Decimal) else value

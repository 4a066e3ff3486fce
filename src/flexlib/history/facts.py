"""The facts that a history keeps: what makes two of them one fact, when two say the same, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import TypeAlias, TypeVar, cast

import attrs
from attrs import define, frozen

from flexlib.errors import FormatError, HistoryError, InvalidValueError
from flexlib.model.amounts import plain
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse, named, say_the_same
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session
from flexlib.model.wire import from_json, to_json

Fact: TypeAlias = Session | ResultUse | ReportedUse | ReportedSummary | ReportedTotal | TokenPack | Seat | Refund | Transfer
"""What a history keeps."""

F = TypeVar("F", bound=Fact)

# What the file calls each kind; the names are part of its schema.
KINDS: Mapping[type[Fact], str] = {
    Session: "session",
    ResultUse: "result",
    ReportedUse: "reported use",
    ReportedSummary: "reported summary",
    ReportedTotal: "reported total",
    TokenPack: "pack",
    Seat: "seat",
    Refund: "refund",
    Transfer: "transfer",
}
TYPES: Mapping[str, type[Fact]] = {name: kind for kind, name in KINDS.items()}

_AMOUNTS = {kind: [field.name for field in attrs.fields(kind) if "Decimal" in str(field.type)] for kind in KINDS}

_ORDERS: Mapping[type[Fact], Callable[..., tuple[object, ...]]] = {
    Session: lambda use: (use.opened_at, use.user, use.product),
    ResultUse: lambda use: (use.at, use.user, use.product),
    ReportedUse: lambda row: (row.day, row.user, row.product),
    ReportedSummary: lambda row: (row.user, row.product),
    ReportedTotal: lambda row: (row.month or date.min, row.product or "", row.user or ""),
    TokenPack: lambda pack: (pack.starts_at, pack.id),
    Seat: lambda seat: (seat.starts_at, seat.user),
    Refund: lambda refund: (refund.at, refund.charge_id),
    Transfer: lambda transfer: (transfer.at, transfer.from_team or "", transfer.to_team or ""),
}


@frozen
class _Group:
    """What the vendor reported of one user, product and day."""

    rows: tuple[ReportedUse, ...]


@frozen
class Content:
    """One version of a fact: a single value, or all reported rows of one user, product and day.

    ``numbers`` holds, for each value, the numbers of the rows of a file that gave it.
    """

    kind: str
    identity: str
    facts: tuple[Fact, ...]
    numbers: tuple[tuple[int, ...], ...]
    body: str


def agree(one: tuple[Fact, ...], other: tuple[Fact, ...]) -> bool:
    """Tell whether two versions of one fact say the same.

    Reported rows do where their tokens are the same by all that both name of team and feature; seats where they end alike.
    """
    if isinstance(one[0], ReportedUse):
        return say_the_same(cast("tuple[ReportedUse, ...]", one), cast("tuple[ReportedUse, ...]", other))
    if isinstance(one[0], Seat):
        return one[0].ends_at == cast("Seat", other[0]).ends_at
    return one == other


def rank(facts: tuple[Fact, ...]) -> tuple[bool, bool]:
    """Return how much reported rows name of team and feature."""
    return named(fact for fact in facts if isinstance(fact, ReportedUse))


def contents_of(facts: Iterable[tuple[object, int | None]]) -> list[Content]:
    """Return facts, each with the number of its row, as contents; reported rows of one user, product and day are one.

    Raises:
        InvalidValueError: A value is no fact that a history keeps.
    """
    met: list[Content | _Rows] = []
    groups: dict[str, _Rows] = {}
    for given, number in facts:
        fact = _plain(given)
        if not isinstance(fact, ReportedUse):
            met.append(_content(KINDS[type(fact)], (fact,), [[number]]))
            continue
        identity = _identity(fact, "")
        if identity not in groups:
            groups[identity] = _Rows({})
            met.append(groups[identity])
        groups[identity].numbers.setdefault(fact, []).append(number)
    return [entry if isinstance(entry, Content) else entry.content() for entry in met]


def read_facts(kind: str, body: str, file: str) -> tuple[Fact, ...]:
    """Return the facts of a body that a file holds; one that holds none raises `HistoryError`."""
    try:
        fact_type = TYPES[kind]
        facts: tuple[Fact, ...] = (
            from_json(body, _Group, file).rows if fact_type is ReportedUse else (from_json(body, fact_type, file),)
        )
    except (FormatError, LookupError, TypeError, ValueError) as error:  # whatever the bytes of a damaged file have become
        raise damaged(file, error) from error
    if not facts:
        raise damaged(file, "reported rows without a row")
    return facts


def damaged(file: str, problem: object) -> HistoryError:
    """Return the error for a file of which a part cannot be what was written."""
    return HistoryError(file, f"it is damaged ({problem}): restore it from a copy")


def fact_order(fact: Fact) -> tuple[object, ...]:
    """Return what puts facts of one kind in order, but for ties."""
    return _ORDERS[type(fact)](fact)


@define
class _Rows:
    """Reported rows as they are met, each with the numbers at which it stood."""

    numbers: dict[ReportedUse, list[int | None]]

    def content(self) -> Content:
        rows = sorted(self.numbers, key=_row_order)
        return _content(KINDS[ReportedUse], tuple(rows), [self.numbers[row] for row in rows])


def _content(kind: str, facts: tuple[Fact, ...], numbers: Iterable[Iterable[int | None]]) -> Content:
    body = to_json(_Group(cast("tuple[ReportedUse, ...]", facts)) if isinstance(facts[0], ReportedUse) else facts[0])
    known = tuple(tuple(number for number in own if number is not None) for own in numbers)
    return Content(kind, _identity(facts[0], body), facts, known, body)


def _identity(fact: Fact, body: str) -> str:
    """Return what is the same in all versions of a fact."""
    if isinstance(fact, ReportedUse):
        return json.dumps([fact.user, fact.product, fact.day.isoformat()])
    if isinstance(fact, TokenPack):
        return json.dumps([fact.id])
    if isinstance(fact, Seat):
        return json.dumps([fact.user, sorted(set(fact.products)), fact.starts_at.isoformat()])
    return sha256(body.encode()).hexdigest()[:32]  # such a fact has one version, and its body is long


def _plain(given: object) -> Fact:
    """Return a fact with its amounts in plain digits, so that equal facts are written alike."""
    if type(given) not in KINDS:
        raise InvalidValueError("facts", given, f"values of {', '.join(kind.__name__ for kind in KINDS)}")
    fact = cast("Fact", given)
    amounts = {name: getattr(fact, name) for name in _AMOUNTS[type(fact)]}
    odd = {name: Decimal(plain(amount)) for name, amount in amounts.items() if amount is not None and str(amount) != plain(amount)}
    return attrs.evolve(fact, **odd) if odd else fact  # type: ignore[arg-type]  # the names are those of the fact's own type


def _row_order(row: ReportedUse) -> tuple[object, ...]:
    return (row.team is not None, row.team or "", row.feature is not None, row.feature or "", row.tokens)

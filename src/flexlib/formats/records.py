"""Records of a file into values: every key known, every value exact, and each problem named by its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeAlias, TypeVar

import attrs
from cattrs import BaseValidationError, ClassValidationError, Converter
from cattrs.errors import ForbiddenExtraKeysError

from flexlib.errors import FlexError, FormatError, InvalidTokensError
from flexlib.formats import limits
from flexlib.formats.limits import is_small, shown
from flexlib.formats.times import DATE_HELP, day_start_in, located, parse_day, parse_instant
from flexlib.model.amounts import MAX_DECIMALS, MAX_DIGITS, as_tokens
from flexlib.model.products import ChargeBasis

T = TypeVar("T")

Entry: TypeAlias = Mapping[str, object]
"""A table of a list in a file, as the parser gives it."""


class RecordProblem(Exception):  # noqa: N818  # it becomes a FormatError where the file is known
    """What is wrong with a record: the field, and what would be right."""

    def __init__(self, field: str | None, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class RecordReader:
    """Reads the records of one file; times without a zone are read in `zone`, and so are days, where these may stand for instants."""

    def __init__(self, zone: tzinfo | None = None, *, days: bool = True) -> None:
        self._converter = _converter(zone, days=days)  # made once a file, as making it takes longer than reading many records

    def structure(self, record: Entry, kind: type[T]) -> T:
        """Return a record as an attrs value.

        Raises:
            RecordProblem: The first thing that is wrong with it.
        """
        try:
            return self._converter.structure(record, kind)
        except BaseValidationError as error:
            field, problem = _first_problem(error, kind)
            raise RecordProblem(field, problem) from error


def of_entry(path: Path, place: str, entry: Entry, make: Callable[[Entry], T]) -> T:
    """Return what is made of an entry of a file; what is wrong with it raises `FormatError` with its place and field."""
    try:
        return make(entry)
    except RecordProblem as error:
        raise FormatError(str(path), place, error.field, error.problem) from error
    except InvalidTokensError as error:  # of the amounts, only tokens must be above zero
        raise FormatError(str(path), place, "tokens", limits.in_short(error)) from error
    except FlexError as error:
        raise FormatError(str(path), place, getattr(error, "field", None), limits.in_short(error)) from error


def _converter(zone: tzinfo | None, *, days: bool) -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook_func(lambda kind: kind == list[dict[str, object]], lambda value, _: _tables(value))
    converter.register_structure_hook_func(lambda kind: kind == list[str], lambda value, _: _texts(value))
    converter.register_structure_hook(Decimal, lambda value, _: _number(value))
    converter.register_structure_hook(str, lambda value, _: _text(value))
    converter.register_structure_hook(int, lambda value, _: _whole(value))
    converter.register_structure_hook(bool, lambda value, _: _flag(value))
    converter.register_structure_hook(ChargeBasis, lambda value, _: _basis(value))
    converter.register_structure_hook(datetime, lambda value, _: _instant(value, zone, days=days))
    converter.register_structure_hook(date, lambda value, _: _day(value))
    return converter


def _first_problem(error: BaseException, kind: type) -> tuple[str | None, str]:
    """Return the field and the text of the first problem in what the converter raised."""
    if not isinstance(error, ClassValidationError):
        return _plain_problem(error, kind)
    noted, others = error.group_exceptions()
    if not noted:
        return _first_problem(others[0], kind)
    problem, note = noted[0]
    field, text = _first_problem(problem, _type_of(kind, note.name))
    return f"{note.name}.{field}" if field else note.name, text


def _plain_problem(error: BaseException, kind: type) -> tuple[str | None, str]:
    if isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(attribute.name for attribute in attrs.fields(kind))
        return limits.cut(min(error.extra_fields)), f"no such key is known here; the keys are {known}"
    if isinstance(error, KeyError):
        return None, "it is missing"
    if isinstance(error, AttributeError):  # the converter asked for its keys
        return None, "it is no table of keys and values"
    return None, limits.in_short(error)


def _type_of(kind: type, field: str) -> type:
    declared = getattr(attrs.fields(kind), field).type
    inner = [argument for argument in getattr(declared, "__args__", ()) if attrs.has(argument)]
    return inner[0] if inner else declared


def _tables(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise TypeError("it is no list of tables of keys and values")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f'{shown(value)} is no list: write it in brackets, such as ["autocad"]')
    return [_text(entry) for entry in value]


def _number(value: object) -> Decimal:
    if isinstance(value, float):
        raise TypeError(f'{shown(value)} is a float, which is not exact: write it in quotes, such as "{value!r}"')
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"{shown(value)} is not a number such as 10 or 0.5")
    if not (is_small(value) if isinstance(value, int) else len(value) <= limits.LONGEST_NUMBER):
        raise ValueError(
            f"{shown(value)} is not an amount: give at most {MAX_DIGITS} digits before the point and {MAX_DECIMALS} after it"
        )
    try:
        return as_tokens(Decimal(value))
    except InvalidOperation:
        raise ValueError(f"{shown(value)} is not a number such as 10 or 0.5") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)} is not text: write it in quotes")
    if not value.strip():
        raise ValueError("it is blank: give text, or leave it out")
    return value


def _whole(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError(f"{shown(value)} is not a whole number")
    return int(number)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{shown(value)} is neither true nor false")
    return value


def _basis(value: object) -> ChargeBasis:
    try:
        return ChargeBasis(value)
    except ValueError:
        raise ValueError(f"{shown(value)} is no basis: write {' or '.join(repr(basis.value) for basis in ChargeBasis)}") from None


def _day(value: object) -> date:
    if isinstance(value, datetime):
        raise TypeError(f"{value.isoformat()} has a time of day: give a date such as {value.date().isoformat()}")
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)} is not {DATE_HELP}")
    return parse_day(value)


def _instant(value: object, zone: tzinfo | None, *, days: bool) -> datetime:
    """Return an instant; a day alone, where it may stand for one, means 00:00 in the zone, or in UTC."""
    if isinstance(value, datetime):
        return located(value, zone)
    if isinstance(value, str) and (not days or len(value.strip()) > len("2026-03-02")):
        return parse_instant(value, zone)
    return day_start_in(_day(value), zone)

"""Values to JSON and back, exactly: tokens as decimal digits, instants in ISO 8601."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from flexlib.errors import FlexError, FormatError
from flexlib.model.instants import as_utc

if TYPE_CHECKING:
    from cattrs.preconf.json import JsonConverter

T = TypeVar("T")


@cache
def _converter() -> JsonConverter:
    # cattrs and json take a third of the time of `import flexlib`, and few who import it save state.
    from cattrs.preconf.json import make_converter  # noqa: PLC0415  # see above

    converter = make_converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    converter.register_structure_hook(datetime, lambda text, _: as_utc(datetime.fromisoformat(text)))
    # A plain date would swallow the datetimes of `date | datetime` fields; only true dates are written as dates.
    converter.register_unstructure_hook(date, lambda day: day.isoformat())
    converter.register_unstructure_hook(datetime, lambda instant: instant.isoformat())
    return converter


def to_json(value: object) -> str:
    """Return an attrs value as JSON text."""
    return _converter().dumps(value)


def from_json(text: str, kind: type[T], what: str) -> T:
    """Return the value that `to_json` wrote; text that holds none raises `FormatError`, which names it as `what`."""
    import json  # noqa: PLC0415  # as above

    from cattrs import BaseValidationError, transform_error  # noqa: PLC0415  # as above

    try:
        document = json.loads(text)
        if not isinstance(document, dict):
            raise FormatError(what, None, None, "it holds no object")
        return _converter().structure(document, kind)
    except json.JSONDecodeError as error:
        raise FormatError(what, f"line {error.lineno}", None, f"not JSON: {error.msg}") from error
    except BaseValidationError as error:
        raise FormatError(what, None, None, "; ".join(transform_error(error, path="state"))) from error
    except FlexError as error:
        raise FormatError(what, None, None, str(error)) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or nesting without end
        raise FormatError(what, None, None, f"it cannot be read: {error}") from error

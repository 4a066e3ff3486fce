"""Explanations: why something was charged, free or refused, in words and as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

JsonValue: TypeAlias = "str | int | bool | list[JsonValue] | dict[str, JsonValue] | None"


def _as_dict(data: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return dict(data)


@frozen
class Explanation:
    """Why something is as it is.

    Attributes:
        lines: The reasons in words, the first one the outcome.
        rules: The ids of the rules that apply.
        data: The same as JSON values: instants in ISO 8601, tokens as decimal digits.

    .. versionadded:: 0.1.0
    """

    lines: tuple[str, ...]
    rules: tuple[str, ...]
    data: Mapping[str, JsonValue] = field(converter=_as_dict)

    def __str__(self) -> str:
        rules = [f"rules: {', '.join(dict.fromkeys(self.rules))}"] if self.rules else []
        return "\n  ".join([*self.lines, *rules])

"""What is wrong with a rate provider, as values and as an error."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from flexlib.errors import FlexError


@frozen
class Fault:
    """One thing that is wrong with a rate provider.

    Attributes:
        check: The name of the check that found it, one of `CHECKS`.
        message: What is wrong, and what would be right.

    .. versionadded:: 0.1.0
    """

    check: str
    message: str

    def __str__(self) -> str:
        return f"{self.check}: {self.message}"


class ConformanceError(FlexError, AssertionError):
    """A rate provider breaks its contract; ``faults`` holds all that was found.

    .. versionadded:: 0.1.0
    """

    def __init__(self, provider: str, faults: Iterable[Fault]) -> None:
        found = tuple(faults)
        super().__init__(provider, found)
        self.provider = provider
        self.faults = found

    def __str__(self) -> str:
        number = f"{len(self.faults)} faults" if len(self.faults) > 1 else "a fault"
        return "\n- ".join([f"the rate provider {self.provider} has {number}:", *map(str, self.faults)])

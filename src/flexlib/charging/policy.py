"""The charge policy: the choices that the rules leave open, or that another agreement may set otherwise."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from flexlib.errors import InvalidValueError


@frozen
class ChargePolicy:
    """How use becomes charge windows.

    Attributes:
        window: The length of a charge window, in elapsed time (rules C1, T2).
        grace: A launch strictly shorter than this is free and opens no window; zero for none (rule C5).
        idle_after: How long a pause must last before it stops counting as use; this first part still counts (rule C6).

    .. versionadded:: 0.1.0
    """

    window: timedelta = field(default=timedelta(hours=24))
    grace: timedelta = field(default=timedelta(minutes=5))
    idle_after: timedelta = field(default=timedelta(minutes=15))

    def __attrs_post_init__(self) -> None:
        nothing = timedelta()
        if self.window <= nothing:
            raise InvalidValueError("window", self.window, "a span of time above zero")
        for name, span in (("grace", self.grace), ("idle_after", self.idle_after)):
            if span < nothing:
                raise InvalidValueError(name, span, "a span of time, zero or more")


FLEX = ChargePolicy()
"""The policy of Autodesk Flex: 24-hour windows, five minutes of grace, a pause after fifteen idle minutes (rules C1, C5, C6).

.. versionadded:: 0.1.0
"""

"""Why computed charges and the vendor's report differ."""

from __future__ import annotations

import enum


class DifferenceCause(enum.Enum):
    """Why charges and reported rows differ; the value says it in words.

    .. versionadded:: 0.1.0
    """

    ANOTHER_DAY = "another day by zone"
    SHORT_LAUNCH = "under five minutes"
    ZERO_FEATURE = "zero by feature"
    IDLE_PAUSE = "idle pause"
    RATE_CHANGE = "a rate change"
    SEAT = "a seat"
    PERSONAL_DATA = "personal data off"
    TEAM_MOVE = "a team move"
    NOT_YET_REPORTED = "the current month not yet reported"
    DUPLICATE = "duplicate"
    MISSING_SESSION = "missing session"
    UNEXPLAINED = "unexplained"

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that the cause stands on.

        .. versionadded:: 0.1.0
        """
        return _RULES.get(self, ())


_RULES = {
    DifferenceCause.ANOTHER_DAY: ("T3",),
    DifferenceCause.SHORT_LAUNCH: ("C5",),
    DifferenceCause.ZERO_FEATURE: ("C11",),
    DifferenceCause.IDLE_PAUSE: ("C6",),
    DifferenceCause.RATE_CHANGE: ("R1",),
    DifferenceCause.SEAT: ("C8",),
    DifferenceCause.TEAM_MOVE: ("P5",),
    DifferenceCause.MISSING_SESSION: ("C1",),
}

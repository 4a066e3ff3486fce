"""What an export holds: its kind, its rows, and what was set aside."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias, TypeVar

from attrs import field, frozen

from flexlib.errors import FormatError
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse
from flexlib.model.usage import Session

ExportRow: TypeAlias = ReportedUse | ReportedSummary | ReportedTotal | Session
RowsOf = TypeVar("RowsOf", ReportedUse, ReportedSummary, ReportedTotal, Session)


class ExportKind(StrEnum):
    """The kinds of the vendor's exports that are told apart by what is in them.

    .. versionadded:: 0.1.0
    """

    USAGE = "usage"
    TOKEN_USAGE = "token-usage"  # noqa: S105  # tokens that are paid with
    USAGE_REPORT = "usage-report"
    INSIGHTS = "insights"
    SESSIONS = "tokenflex-sessions"
    TOTALS = "tokenflex-totals"
    REQUEST = "export-request"
    STATUS = "export-status"


@frozen
class Export:
    """What a file of the vendor's holds.

    Every row that is not blank is either in ``rows`` or set aside in ``problems``.

    Attributes:
        kind: Which export it is.
        rows: Its rows in the order of the file, all of one type: `~flexlib.ReportedUse` where the kind is daily (usage, token usage,
            insights), `~flexlib.ReportedSummary` for a Usage Report, `~flexlib.Session` for the session export,
            `~flexlib.ReportedTotal` for totals; none for a request or a status.
        problems: The rows set aside, each with its number, field and reason; and what is amiss with the file as a whole.
        file: The file, as it was named.
        numbers: The number in the file of each of ``rows``.
        extra: The columns that the rows do not carry, by header as the file writes it: one text for each of ``rows``, "" for blank.
        identities: The e-mail of each hashed or Autodesk id, where the file gives both.

    .. versionadded:: 0.1.0
    """

    kind: ExportKind
    rows: list[ExportRow]
    problems: list[FormatError]
    file: str
    numbers: list[int]
    extra: dict[str, list[str]] = field(factory=dict)
    identities: dict[str, str] = field(factory=dict)

    @property
    def reported(self) -> list[ReportedUse]:
        """The rows of a daily export; none of another kind."""
        return self._rows_of(ReportedUse)

    @property
    def summaries(self) -> list[ReportedSummary]:
        """The rows of a Usage Report; none of another kind."""
        return self._rows_of(ReportedSummary)

    @property
    def totals(self) -> list[ReportedTotal]:
        """The totals of an enterprise query; none of another kind."""
        return self._rows_of(ReportedTotal)

    @property
    def sessions(self) -> list[Session]:
        """The sessions of an enterprise export; none of another kind."""
        return self._rows_of(Session)

    def origin(self, index: int) -> str:
        """Return where the row of that index stands, such as ``july.csv: row 12``."""
        return f"{self.file}: row {self.numbers[index]}"

    def _rows_of(self, kind: type[RowsOf]) -> list[RowsOf]:
        return [row for row in self.rows if isinstance(row, kind)]

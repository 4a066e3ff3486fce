"""What a reconciliation says: matches, differences, and their sums."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from attrs import field, frozen

from flexlib.charging.charges import Charge
from flexlib.charging.explanation import Explanation
from flexlib.model.amounts import exact, plain, total
from flexlib.model.reported import ReportedUse
from flexlib.reports.causes import DifferenceCause


def _less(one: Decimal, other: Decimal) -> Decimal:
    with exact():
        return one - other


def charged_tokens(charges: Iterable[Charge]) -> Decimal:
    """Return the exact sum of charges."""
    return total(charge.tokens for charge in charges)


def reported_tokens(rows: Iterable[ReportedUse]) -> Decimal:
    """Return the exact sum of rows."""
    return total(row.tokens for row in rows)


@frozen
class Match:
    """Charges and reported rows of one user, product and day that come to the same tokens.

    Attributes:
        charges: The charges; none where the row is of use that costs nothing by both accounts, such as use inside a window.
        reported: The rows.

    .. versionadded:: 0.1.0
    """

    charges: tuple[Charge, ...]
    reported: tuple[ReportedUse, ...]

    @property
    def tokens(self) -> Decimal:
        """The tokens of either side.

        .. versionadded:: 0.1.0
        """
        return reported_tokens(self.reported)


@frozen
class Difference:
    """Charges and rows of one user and product that do not agree, and why.

    Attributes:
        cause: The cause.
        user: The user, as the charges write the name; as the report does where there is no charge of that user.
        product: The product, likewise.
        day: The day that the report gives, else that of the charge.
        charges: The charges; none where the vendor alone has something.
        reported: The reported rows; none where the vendor has nothing.
        reason: What tells the cause, in a sentence with the figures.

    .. versionadded:: 0.1.0
    """

    cause: DifferenceCause
    user: str
    product: str
    day: date
    charges: tuple[Charge, ...]
    reported: tuple[ReportedUse, ...]
    reason: str

    @property
    def charged(self) -> Decimal:
        """The sum of the charges.

        .. versionadded:: 0.1.0
        """
        return charged_tokens(self.charges)

    @property
    def tokens(self) -> Decimal:
        """The sum of the charges less that of the rows, above zero where the vendor reports too little.

        .. versionadded:: 0.1.0
        """
        return _less(self.charged, reported_tokens(self.reported))

    def explain(self) -> Explanation:
        """Return the difference in words and as data.

        .. versionadded:: 0.1.0
        """
        told = reported_tokens(self.reported)
        figures = f"{plain(self.charged)} charged, {plain(told)} reported"
        return Explanation(
            (f"{self.user}, {self.product}, {self.day.isoformat()}: {self.cause.value} ({figures})", self.reason),
            self.cause.rules,
            {
                "cause": self.cause.name.lower(),
                "user": self.user,
                "product": self.product,
                "day": self.day.isoformat(),
                "charged": plain(self.charged),
                "reported": plain(told),
                "tokens": plain(self.tokens),
                "charges": [charge.id for charge in self.charges],
                "rows": len(self.reported),
                "reason": self.reason,
            },
        )


@frozen
class CauseTotal:
    """The differences of one cause together.

    Attributes:
        count: How many differences.
        charged: The sum of their charges.
        reported: The sum of their rows.

    .. versionadded:: 0.1.0
    """

    count: int
    charged: Decimal
    reported: Decimal

    @property
    def tokens(self) -> Decimal:
        """The sum of the charges less that of the rows.

        .. versionadded:: 0.1.0
        """
        return _less(self.charged, self.reported)


@frozen
class Reconciliation:
    """Charges matched to the vendor's report. Made by `reconcile`.

    Every charge and every row lies in exactly one match or difference, so ``charged - reported`` is the sum of the differences'
    tokens, exactly.

    Attributes:
        charged: The sum of the charges.
        reported: The sum of the rows.
        matched: What agrees, in order of the day, the user and the product.
        differences: What does not, in the same order.

    .. versionadded:: 0.1.0
    """

    charged: Decimal
    reported: Decimal
    matched: tuple[Match, ...] = field(repr=False)
    differences: tuple[Difference, ...]

    def by_cause(self) -> dict[DifferenceCause, CauseTotal]:
        """Return the sums of each cause that was met, in the order of `DifferenceCause`.

        .. versionadded:: 0.1.0
        """
        found: dict[DifferenceCause, list[Difference]] = {cause: [] for cause in DifferenceCause}
        for difference in self.differences:
            found[difference.cause].append(difference)
        return {
            cause: CauseTotal(
                len(own),
                total(difference.charged for difference in own),
                total(reported_tokens(difference.reported) for difference in own),
            )
            for cause, own in found.items()
            if own
        }

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """The differences without a cause, which are what to look at.

        .. versionadded:: 0.1.0
        """
        return tuple(difference for difference in self.differences if difference.cause is DifferenceCause.UNEXPLAINED)

    @property
    def unexplained_tokens(self) -> Decimal:
        """The unexplained differences' tokens, each without its sign, so that too much and too little do not cancel out.

        .. versionadded:: 0.1.0
        """
        return total(difference.tokens.copy_abs() for difference in self.unexplained)

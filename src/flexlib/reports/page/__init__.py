"""The page: one HTML file with a ledger's figures, charts, tables and reasons, to be sent to someone and opened anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from flexlib.charging.accounts import UseAccount
from flexlib.errors import FormatError
from flexlib.extras import required
from flexlib.model.products import Catalog
from flexlib.pool.ledger import Ledger
from flexlib.reports.allocation import PriceAllocation
from flexlib.reports.page.content import page_content
from flexlib.reports.page.values import PageChart

__all__ = ["PageChart", "page"]


def page(
    ledger: Ledger,
    *,
    at: datetime,
    zone: tzinfo = UTC,
    title: str = "Autodesk Flex tokens",
    catalog: Catalog | None = None,
    accounts: Iterable[UseAccount] = (),
    charts: Iterable[PageChart] = (),
    prices: PriceAllocation | None = None,
    set_aside: Iterable[FormatError] = (),
) -> str:
    """Return a page about a ledger at an instant, as the text of one HTML file.

    The page holds everything that it shows: it loads nothing, and runs no script but its own. Its tables sort and filter, each charge
    opens to its explanation, and it prints. Without scripts everything but the list of charges can be read.

    Args:
        ledger: The ledger. What happened after ``at`` is not shown.
        at: The instant of the readings.
        zone: The zone of the days, months and times. A reported charge keeps the vendor's day (rule T3).
        title: The heading.
        catalog: The products, whose names are shown instead of their codes.
        accounts: What became of each use, as `flexlib.explain_usage` gives it: counted by outcome; those that could not be charged are listed.
        charts: The charts, shown in this order.
        prices: What the tokens cost up to ``at``, as `flexlib.reports.allocate_prices` gives it for this ledger; None for what the packs' prices say,
            where every pack that had started has one.
        set_aside: The rows that could not be read, as `flexlib.formats.read_export` and the like give them in their ``problems``.

    Raises:
        InvalidValueError: The prices hold costs after ``at``.
        NaiveDatetimeError: ``at`` is naive.
        MissingExtraError: The extra ``page`` is not installed.

    >>> from datetime import date
    >>> from flexlib import Charge, TokenPack, settle
    >>> ledger = settle(
    ...     [Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10)], [TokenPack.purchase("A-1", 500, date(2026, 1, 1))]
    ... )
    >>> print(page(ledger, at=datetime(2026, 4, 1, tzinfo=UTC), title="Studio & partners")[:45])
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta

    .. versionadded:: 0.1.0
    """
    content = page_content(
        ledger,
        at=at,
        zone=zone,
        title=title,
        catalog=catalog,
        accounts=tuple(accounts),
        charts=tuple(charts),
        prices=prices,
        set_aside=set_aside,
    )
    with required("page"):
        from flexlib.reports.page.rendering import render  # noqa: PLC0415  # it needs the extra page
    return render(content)

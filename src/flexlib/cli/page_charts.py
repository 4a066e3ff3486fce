"""The charts of a page; they need the extra ``plot``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from functools import partial

from attrs import frozen
from matplotlib.figure import Figure

from flexlib.cli.job import SESSIONS, Case
from flexlib.reports.charts import DARK, LIGHT, balance_chart, burn_chart, chart_svg, use_heat_map
from flexlib.reports.page import PageChart


@frozen
class _Drawing:
    """A chart that is drawn once a theme is given."""

    title: str
    description: str
    draw: Callable[..., Figure]

    def for_page(self) -> PageChart:
        return PageChart(self.title, self.description, chart_svg(self.draw(theme=LIGHT)), chart_svg(self.draw(theme=DARK)))


def page_charts(case: Case, at: datetime, zone: tzinfo) -> list[PageChart]:
    """Return the charts of a case at an instant: the balance, the burn, and on which days of the week it falls."""
    return [drawing.for_page() for drawing in _drawings(case, at, zone)]


def _drawings(case: Case, at: datetime, zone: tzinfo) -> Iterator[_Drawing]:
    charges = [charge for charge in case.ledger.charges if charge.at <= at]
    names = {product.code: product.name for product in case.inputs.products}
    if case.ledger.packs:
        yield _Drawing(
            "Balance",
            "The tokens left of each pack over time, with what expired unused and the days on which tokens were lacking.",
            partial(balance_chart, case.ledger, until=at, zone=zone),
        )
    if not charges:
        return
    yield _Drawing(
        "Burn by month and product",
        "The tokens charged in each month, by product. The tables by month and by product have the figures.",
        partial(burn_chart, charges, zone=zone, names=names),
    )
    if case.source == SESSIONS:
        yield _Drawing(
            "Burn by weekday and hour",
            "The tokens charged on each weekday at each hour of the day, at which the windows opened.",
            partial(use_heat_map, charges, zone=zone),
        )
    else:  # the vendor reports days, and no hours
        yield _Drawing(
            "Burn by weekday and month",
            "The tokens charged on each weekday in each month.",
            partial(use_heat_map, charges, across="month", zone=zone),
        )
